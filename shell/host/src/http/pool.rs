//! Connections to origins and targets that are kept open for the next request (ALB-LS-03).

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::task::Poll;

use bytes::BytesMut;
use tokio::net::TcpStream;

use super::body::poll_fill;

/// A connection to another place.
#[derive(Debug)]
pub(crate) struct Upstream {
    pub(crate) stream: TcpStream,
    pub(crate) buffer: BytesMut,
    pub(crate) to: SocketAddr,
    pub(crate) reused: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Pool {
    idle: BTreeMap<SocketAddr, Vec<Idle>>,
}

#[derive(Debug)]
struct Idle {
    upstream: Upstream,
    since_s: u64,
}

/// How long a connection may lie idle before it is closed.
const IDLE_S: u64 = 20;
/// Most idle connections to one address.
const IDLE_PER_ADDRESS_MAX: usize = 256;

impl Pool {
    /// An idle connection that the other end has not closed in the meantime, the youngest first.
    pub(crate) async fn take(pool: &std::cell::RefCell<Self>, to: SocketAddr) -> Option<Upstream> {
        loop {
            let mut idle = pool.borrow_mut().idle.get_mut(&to)?.pop()?;
            let silent = poll_fn(|cx| {
                let upstream = &mut idle.upstream;
                Poll::Ready(poll_fill(cx, &mut upstream.stream, &mut upstream.buffer).is_pending())
            })
            .await;
            if silent {
                idle.upstream.reused = true;
                return Some(idle.upstream);
            }
        }
    }

    pub(crate) fn give_back(&mut self, upstream: Upstream, now_s: u64) {
        if !upstream.buffer.is_empty() {
            return;
        }
        let idle = self.idle.entry(upstream.to).or_default();
        if idle.len() < IDLE_PER_ADDRESS_MAX {
            idle.push(Idle { upstream, since_s: now_s });
        }
    }

    /// Closes what has been idle for too long.
    pub(crate) fn sweep(&mut self, now_s: u64) {
        self.idle.retain(|_, idle| {
            idle.retain(|one| now_s < one.since_s + IDLE_S);
            !idle.is_empty()
        });
    }
}
