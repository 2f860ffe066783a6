//! Who asked whom, and what becomes of the answer: a viewer's exchange at the edge has a leg to the
//! balancer, which is an exchange there, which has a leg to a task.

use standin_kernel::{Body, ExchangeId, Finish, Request, Response, ServiceName};

use crate::io::{Effect, LegId, RelayEnd, Respond};
use crate::legs::Route;
use crate::{Engine, Work};

/// One request being served.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// Who serves it; `None` until it has been routed.
    pub(crate) service: Option<ServiceName>,
    /// The load balancer's name, when that is who serves it.
    pub(crate) at: Option<std::sync::Arc<str>>,
    pub(crate) from: From,
    /// The request it has under way, if any.
    pub(crate) leg: Option<LegId>,
    pub(crate) depth: u8,
    pub(crate) responded: bool,
    /// A copy of the body that the service asked for.
    pub(crate) keep: Option<u64>,
    /// A request that a fault holds back.
    pub(crate) held: Option<Box<Request>>,
    /// The point of presence that the viewer reached.
    pub(crate) edge: u8,
    /// The address that the viewer's connection leads to, when it is one that name servers give
    /// out.
    pub(crate) address: Option<std::net::IpAddr>,
    /// Whether the request came with a body.
    pub(crate) has_body: bool,
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum From {
    Viewer,
    /// A leg of another exchange, on behalf of the viewer named, if there is one.
    Leg {
        leg: LegId,
        root: Option<ExchangeId>,
    },
}

impl Exchange {
    pub(crate) const fn viewer() -> Self {
        Self {
            service: None,
            at: None,
            from: From::Viewer,
            leg: None,
            depth: 0,
            responded: false,
            keep: None,
            held: None,
            edge: 0,
            address: None,
            has_body: false,
        }
    }
}

impl Engine {
    /// The viewer at the start of the chain that `exchange` belongs to.
    pub(crate) fn root(&self, exchange: ExchangeId) -> Option<ExchangeId> {
        match self.exchanges.get(exchange.0)?.from {
            From::Viewer => Some(exchange),
            From::Leg { root, .. } => root,
        }
    }

    /// Hands a routed request to its service.
    pub(crate) fn serve(&mut self, exchange: ExchangeId, request: Box<Request>) {
        let Some(entry) = self.exchanges.get(exchange.0) else { return };
        let Some(name) = entry.service else { return };
        let (edge, at) = (entry.edge, entry.at.clone());
        let root = self.root(exchange);
        let mut outs = std::mem::take(&mut self.outs);
        let mut cx = cx!(self, name, root, outs);
        match (name, at) {
            (ServiceName::Elbv2, Some(at)) => {
                self.services.elbv2.request_at(&mut cx, exchange, &at, *request);
            }
            (ServiceName::CloudFront, _) => {
                self.services.cloudfront.request_at(&mut cx, exchange, edge, request);
            }
            _ => self.services.get_mut(name).request(&mut cx, exchange, *request),
        }
        self.take_up_all(name, outs);
    }

    /// A service wants the whole body of an exchange: it is the viewer's, if it was sent along.
    pub(crate) fn collect(&mut self, exchange: ExchangeId, limit_bytes: u64) {
        let has_body = self.exchanges.get(exchange.0).is_some_and(|entry| entry.has_body);
        match self.root(exchange) {
            Some(viewer) if has_body => {
                self.effects.push(Effect::Collect { viewer, exchange, limit_bytes });
            }
            _ => {
                let body = Some(standin_kernel::Bytes::new());
                self.work.push_back(Work::Collected { exchange, body });
            }
        }
    }

    pub(crate) fn collected(&mut self, exchange: ExchangeId, body: Option<standin_kernel::Bytes>) {
        let Some(name) = self.exchanges.get(exchange.0).and_then(|entry| entry.service) else {
            return;
        };
        let root = self.root(exchange);
        self.with(name, root, |service, cx| service.collected(cx, exchange, body));
    }

    /// A service answers an exchange.
    pub(crate) fn respond(&mut self, exchange: ExchangeId, mut response: Response) {
        let Some(entry) = self.exchanges.get_mut(exchange.0) else { return };
        if entry.responded {
            return;
        }
        entry.responded = true;
        let (from, service) = (entry.from, entry.service);
        let relayed = response.body.is_relay();
        if let Body::Relay { keep, .. } = &mut response.body {
            entry.keep = keep.take();
        }
        match from {
            From::Viewer => {
                let relay = if relayed { self.outermost_leg(exchange) } else { None };
                let keep = self.keeper(exchange);
                let facts = self.traces.remove(&exchange).unwrap_or_default();
                let respond = Respond { exchange, response, relay, keep, facts };
                let body_bytes = respond.response.body.length().unwrap_or(0);
                self.effects.push(Effect::Respond(Box::new(respond)));
                debug_assert!(service.is_some(), "only a service responds");
                if !relayed {
                    self.finish(exchange, Finish::Complete { body_bytes });
                }
            }
            From::Leg { leg, .. } => {
                let body_bytes = response.body.length().unwrap_or(0);
                self.work.push_back(Work::Answered { leg, response: Box::new(response) });
                if !relayed {
                    self.detach(leg);
                    self.finish(exchange, Finish::Complete { body_bytes });
                }
            }
        }
    }

    /// The leg to the outside that a relayed body comes from.
    fn outermost_leg(&self, exchange: ExchangeId) -> Option<LegId> {
        let mut leg = self.exchanges.get(exchange.0)?.leg?;
        loop {
            match self.legs.get(leg.0)?.route {
                Route::Inside(inner) => leg = self.exchanges.get(inner.0)?.leg?,
                Route::Outside => return Some(leg),
                Route::Nowhere => return None,
            }
        }
    }

    /// Who along the chain wants a copy of the body: the one nearest the viewer.
    fn keeper(&self, exchange: ExchangeId) -> Option<(ServiceName, u64)> {
        let mut next = Some(exchange);
        while let Some(exchange) = next {
            let entry = self.exchanges.get(exchange.0)?;
            if let (Some(service), Some(keep)) = (entry.service, entry.keep) {
                return Some((service, keep));
            }
            next = match self.legs.get(entry.leg?.0)?.route {
                Route::Inside(inner) => Some(inner),
                Route::Outside | Route::Nowhere => None,
            };
        }
        None
    }

    /// Forgets an exchange and everything it still has under way, and tells its service.
    pub(crate) fn finish(&mut self, exchange: ExchangeId, finish: Finish) {
        let Some(entry) = self.exchanges.remove(exchange.0) else { return };
        self.traces.remove(&exchange);
        if let Some(leg) = entry.leg {
            self.drop_leg(leg);
        }
        if let (Some(name), None) = (entry.service, &entry.held) {
            self.with(name, None, |service, cx| service.finished(cx, exchange, finish));
        }
    }

    /// A relayed body ended: every exchange of the chain is over.
    pub(crate) fn relay_done(&mut self, leg: LegId, end: RelayEnd, body_bytes: u64) {
        let finish = match end {
            RelayEnd::Complete => Finish::Complete { body_bytes },
            RelayEnd::ViewerGone => Finish::ViewerGone,
            RelayEnd::OriginGone => Finish::OriginGone,
        };
        let mut next = Some(leg);
        while let Some(leg) = next {
            let Some(gone) = self.legs.remove(leg.0) else { return };
            let Some(exchange) = gone.exchange() else {
                self.own_legs.retain(|_, own| *own != leg);
                return;
            };
            let Some(entry) = self.exchanges.get_mut(exchange.0) else { return };
            entry.leg = None;
            next = match entry.from {
                From::Viewer => None,
                From::Leg { leg, .. } => Some(leg),
            };
            self.finish(exchange, finish);
        }
    }
}
