//! Events of viewer-request functions that were made lately: most viewers ask with the headers of
//! those before them, and an event is the same then.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

use standin_kernel::{RequestHead, Value};

use super::{EventType, event};
use crate::config::Distribution;
use crate::data::viewer::Viewer;

/// As many as a page has parts, for a few kinds of viewers.
const KEPT_MAX: usize = 16;

/// The latest events, each with all that it was made of.
#[derive(Clone, Debug, Default)]
pub(in crate::data) struct Events {
    latest: VecDeque<Made>,
}

#[derive(Clone, Debug)]
struct Made {
    distribution: Arc<Distribution>,
    behavior: usize,
    head: RequestHead,
    peer: SocketAddr,
    https: bool,
    edge: u8,
    event: Arc<Value>,
}

impl Events {
    /// What a viewer-request function is given for this viewer.
    pub(super) fn viewer_request(&mut self, viewer: &Viewer) -> Arc<Value> {
        if let Some(made) = self.latest.iter().find(|made| made.is_of(viewer)) {
            return Arc::clone(&made.event);
        }
        let event = Arc::new(event::request_event(viewer, EventType::ViewerRequest));
        if self.latest.len() >= KEPT_MAX {
            self.latest.pop_front();
        }
        self.latest.push_back(Made {
            distribution: Arc::clone(&viewer.distribution),
            behavior: viewer.behavior,
            head: viewer.request.head.clone(),
            peer: viewer.request.peer,
            https: viewer.https,
            edge: viewer.edge,
            event: Arc::clone(&event),
        });
        event
    }
}

impl Made {
    fn is_of(&self, viewer: &Viewer) -> bool {
        self.head.target == viewer.request.head.target
            && Arc::ptr_eq(&self.distribution, &viewer.distribution)
            && (self.behavior, self.https, self.edge)
                == (viewer.behavior, viewer.https, viewer.edge)
            && self.peer == viewer.request.peer
            && self.head == viewer.request.head
    }
}
