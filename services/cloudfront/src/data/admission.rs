//! Decides whether a viewer's request may be made at all, before anything is looked up (CF-REQ-*,
//! CF-BEH-10 to CF-BEH-13, CF-ORG-10).

use std::sync::Arc;

use standin_kernel::{Cx, Method, Request, Response};

use super::fetch::{Purpose, Visit, Wanted};
use super::generated_page::{self, Reason};
use super::names::RequestId;
use super::viewer::Viewer;
use super::viewer_protocol::{self, Verdict};
use super::{Edge, behavior, fact};
use crate::config::{Distribution, ViewerProtocol};

/// Longest URL, in bytes (CF-ORG-10).
const URL_BYTES_MAX: usize = 8192;

/// Most distributions one behind the other (CF-REQ-15).
const CHAIN_MAX: usize = 2;

impl Edge {
    /// The visit that is to be served, or the answer that says no.
    pub(super) fn admit(
        &mut self,
        cx: &mut Cx<'_>,
        request: Box<Request>,
        distribution: Option<Arc<Distribution>>,
        id: RequestId,
    ) -> Result<Visit, Box<Response>> {
        let refuse =
            |status, why| Err(Box::new(generated_page::error(&self.names, &id, status, why)));
        if request.head.target.len() > URL_BYTES_MAX {
            return refuse(414, Reason::UrlTooLong);
        }
        let Some(distribution) = distribution else {
            return refuse(403, Reason::NoDistribution);
        };
        if !distribution.enabled {
            cx.note(|| {
                fact("distribution", "it is disabled")
                    .setting(&distribution.id, "DistributionConfig.Enabled")
                    .row("CF-REQ-06")
            });
            return refuse(403, Reason::NoDistribution);
        }
        let passed = request.head.headers.get_all("Via");
        if passed.map(|line| line.matches("(CloudFront)").count()).sum::<usize>() >= CHAIN_MAX {
            return refuse(403, Reason::Chain);
        }
        let viewer = Viewer { edge: self.names.edge(), ..viewer(request, distribution, id) };
        note_behavior(cx, &viewer);
        if let Some(response) = self.by_protocol(cx, &viewer) {
            return Err(Box::new(response));
        }
        if let Some(why) = refusal(cx, &viewer) {
            return refuse(403, why);
        }
        Ok(Visit { wanted: wanted(&viewer), viewer })
    }

    fn by_protocol(&self, cx: &mut Cx<'_>, viewer: &Viewer) -> Option<Response> {
        let policy = viewer.behavior().viewer_protocol;
        let verdict = viewer_protocol::check(policy, viewer.https, &viewer.request.head);
        if policy != ViewerProtocol::AllowAll {
            note_protocol(cx, viewer, &verdict);
        }
        let mut response = match verdict {
            Verdict::Serve => return None,
            Verdict::Redirect { status, location } => {
                generated_page::redirect(&self.names, &viewer.id, status, &location)
            }
            Verdict::Refuse => {
                generated_page::error(&self.names, &viewer.id, 403, Reason::HttpsOnly)
            }
        };
        if *viewer.method() == Method::Head {
            response.head_length = std::mem::take(&mut response.body).length();
        }
        Some(response)
    }
}

fn viewer(request: Box<Request>, distribution: Arc<Distribution>, id: RequestId) -> Viewer {
    let root = behavior::with_root_object(&distribution, &request.head.target);
    let target = root.as_deref().unwrap_or(&request.head.target);
    let path = target.split_once('?').map_or(target, |(path, _)| path);
    let behavior = behavior::choose(&distribution, path);
    let https = request.tls || distribution.assume_https;
    Viewer { distribution, request, https, id, behavior, root, edge: 0 }
}

fn wanted(viewer: &Viewer) -> Wanted {
    let method = viewer.method().clone();
    let behavior = viewer.behavior();
    let cacheable = behavior.caches(&method) && !behavior.cache.disabled();
    Wanted {
        purpose: Purpose::Object,
        behavior: viewer.behavior,
        method,
        cacheable,
        key: None,
        stores: cacheable,
        solo: false,
    }
}

/// Why the behavior does not take the request.
fn refusal(cx: &mut Cx<'_>, viewer: &Viewer) -> Option<Reason> {
    let method = viewer.method();
    let behavior = viewer.behavior();
    if !behavior.allowed_methods.has(method) {
        cx.note(|| {
            fact("method", format!("{method} is not among the allowed methods"))
                .setting(&viewer.distribution.id, format!("{}.AllowedMethods", behavior.property))
                .row("CF-BEH-10")
        });
        return Some(Reason::MethodNotAllowed);
    }
    if viewer.request.has_body && matches!(method, Method::Get | Method::Head) {
        cx.note(|| fact("method", format!("{method} with a body is refused")).row("CF-BEH-13"));
        return Some(Reason::BodyNotAllowed);
    }
    None
}

fn note_behavior(cx: &mut Cx<'_>, viewer: &Viewer) {
    cx.note(|| {
        let behavior = viewer.behavior();
        let path = viewer.target();
        let default = viewer.behavior + 1 == viewer.distribution.behaviors.len();
        let (says, property) = if default {
            let says = format!("{path} fits no path pattern: the default behavior");
            (says, behavior.property.to_string())
        } else {
            let says = format!("{path} fits {} first", behavior.pattern.as_str());
            (says, format!("{}.PathPattern", behavior.property))
        };
        fact("behavior", says).setting(&viewer.distribution.id, property).row("CF-BEH-01")
    });
}

fn note_protocol(cx: &mut Cx<'_>, viewer: &Viewer, verdict: &Verdict) {
    cx.note(|| {
        let (says, row) = match verdict {
            Verdict::Serve if viewer.request.tls => ("the viewer came over HTTPS", "CF-REQ-10"),
            Verdict::Serve => ("the viewer counts as one over HTTPS", "CF-REQ-10"),
            Verdict::Redirect { .. } => ("HTTP is sent to HTTPS", "CF-REQ-09"),
            Verdict::Refuse => ("HTTP is refused", "CF-REQ-10"),
        };
        let property = format!("{}.ViewerProtocolPolicy", viewer.behavior().property);
        fact("viewer protocol", says).setting(&viewer.distribution.id, property).row(row)
    });
}
