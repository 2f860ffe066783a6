//! Requests that services make of other places: where each stands, its timeout, its outcome.

use standin_kernel::{
    Address, Body, Caller, ExchangeId, LegRequest, LinkFailure, Request, Response,
};
use standin_kernel::{Duration, ServiceName, Time};

use crate::exchange::{Exchange, From};
use crate::faults::Verdict;
use crate::io::{Effect, LegId};
use crate::route::Destination;
use crate::{Engine, EngineTimer, Work};

/// One request made by a service.
#[derive(Clone, Debug)]
pub(crate) struct Leg {
    service: ServiceName,
    caller: Caller,
    pub(crate) route: Route,
    /// When it times out; `None` while a connection is being opened and after the head has come.
    times_out: Option<Time>,
    response_timeout: Duration,
    /// Held back by a fault.
    held: Option<Box<LegRequest>>,
}

/// Where it went.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Route {
    /// To a service of this engine, as this exchange.
    Inside(ExchangeId),
    /// To the driver.
    Outside,
    /// Nowhere (yet): a fault keeps it.
    Nowhere,
}

impl Leg {
    /// The exchange it was made for, unless the service made it on its own account.
    pub(crate) const fn exchange(&self) -> Option<ExchangeId> {
        match self.caller {
            Caller::Exchange(exchange) => Some(exchange),
            Caller::Own(_) => None,
        }
    }
}

impl Engine {
    pub(crate) fn send(
        &mut self,
        service: ServiceName,
        caller: Caller,
        mut request: Box<LegRequest>,
    ) {
        self.cancel(service, caller);
        if let Caller::Exchange(exchange) = caller
            && self.exchanges.get(exchange.0).is_none()
        {
            return;
        }
        let leg = LegId(self.legs.insert(Leg {
            service,
            caller,
            route: Route::Nowhere,
            times_out: None,
            response_timeout: request.response_timeout,
            held: None,
        }));
        match caller {
            Caller::Exchange(exchange) => {
                if let Some(entry) = self.exchanges.get_mut(exchange.0) {
                    entry.leg = Some(leg);
                }
            }
            Caller::Own(number) => {
                self.own_legs.insert((service, number), leg);
            }
        }
        self.arm_timeout(leg);
        if !self.resolve(&mut request) {
            let failure = LinkFailure::NameNotFound;
            self.work.push_back(Work::Failed { leg, failure });
            return;
        }
        match self.verdict(&request) {
            Verdict::Pass => self.go(leg, request),
            Verdict::Hold(by) => {
                if let Some(entry) = self.legs.get_mut(leg.0) {
                    entry.held = Some(request);
                }
                self.timers.set(EngineTimer::HeldLeg(leg), self.now + by, "slowed by a fault");
            }
            Verdict::Hang => {}
            Verdict::Fail(failure) => self.work.push_back(Work::Failed { leg, failure }),
            Verdict::FailAfter(failure, after) => {
                // Like a timeout, but the connection's: counted from now and named differently.
                if let Some(entry) = self.legs.get_mut(leg.0) {
                    entry.times_out = None;
                    entry.held = Some(request);
                }
                debug_assert_eq!(failure, LinkFailure::ConnectTimeout);
                self.timers.set(EngineTimer::HeldLeg(leg), self.now + after, "connect timeout");
            }
            Verdict::Answer(response) => self.work.push_back(Work::Answered { leg, response }),
        }
    }

    /// Sends a leg on its way: into a service of this engine, or out.
    fn go(&mut self, leg: LegId, request: Box<LegRequest>) {
        let Some(entry) = self.legs.get(leg.0) else { return };
        let root = entry.exchange().and_then(|exchange| self.root(exchange));
        let (depth, edge) = entry
            .exchange()
            .and_then(|exchange| self.exchanges.get(exchange.0))
            .map_or((0, 0), |exchange| (exchange.depth + 1, exchange.edge));
        let destination = match &request.to {
            Address::Socket(_) => Destination::Outside,
            Address::Name { host, port } => self.destination(host, *port),
        };
        let (service, at) = match destination {
            Destination::Outside => {
                if let Some(entry) = self.legs.get_mut(leg.0) {
                    entry.route = Route::Outside;
                }
                self.effects.push(Effect::Send { leg, viewer: root, request });
                return;
            }
            Destination::Refused => {
                let failure = LinkFailure::Refused;
                self.work.push_back(Work::Failed { leg, failure });
                return;
            }
            Destination::Service { service, at } => (service, at),
        };
        if usize::from(depth) > standin_kernel::limits::EXCHANGE_DEPTH_MAX {
            self.work.push_back(Work::Failed { leg, failure: LinkFailure::Closed });
            return;
        }
        let exchange = ExchangeId(self.exchanges.insert(Exchange {
            service: Some(service),
            at,
            from: From::Leg { leg, root },
            depth,
            edge,
            has_body: request.with_body,
            ..Exchange::viewer()
        }));
        if let Some(entry) = self.legs.get_mut(leg.0) {
            entry.route = Route::Inside(exchange);
        }
        let port = match &request.to {
            Address::Name { port, .. } => *port,
            Address::Socket(socket) => socket.port(),
        };
        let LegRequest { head, tls, with_body, identity, .. } = *request;
        let peer = std::net::SocketAddr::from((INSIDE, 0));
        let request = Request { head, peer, tls, has_body: with_body, identity, port };
        self.work.push_back(Work::Serve { exchange, request: Box::new(request) });
    }

    /// A fault's delay is over.
    pub(crate) fn release_leg(&mut self, leg: LegId) {
        let Some(entry) = self.legs.get_mut(leg.0) else { return };
        let Some(request) = entry.held.take() else { return };
        if entry.times_out.is_some() {
            self.go(leg, request);
        } else {
            let failure = LinkFailure::ConnectTimeout;
            self.work.push_back(Work::Failed { leg, failure });
        }
    }

    /// A new connection is being opened; the driver watches over that.
    pub(crate) fn connecting(&mut self, leg: LegId) {
        if let Some(entry) = self.legs.get_mut(leg.0) {
            entry.times_out = None;
        }
    }

    pub(crate) fn arm_timeout(&mut self, leg: LegId) {
        let Some(after) = self.legs.get(leg.0).map(|entry| entry.response_timeout) else { return };
        let legs = &self.legs;
        let waiting =
            |at: Time, leg: LegId| legs.get(leg.0).is_some_and(|entry| entry.times_out == Some(at));
        let at = self.timeouts.set(self.now, after, leg, waiting);
        if let Some(entry) = self.legs.get_mut(leg.0) {
            entry.times_out = Some(at);
        }
    }

    pub(crate) fn timed_out(&mut self, at: Time, leg: LegId) {
        let Some(entry) = self.legs.get_mut(leg.0) else { return };
        if entry.times_out != Some(at) {
            return;
        }
        entry.times_out = None;
        self.leave(leg);
        self.work.push_back(Work::Failed { leg, failure: LinkFailure::ResponseTimeout });
    }

    /// A leg's answer arrives at the service that asked.
    pub(crate) fn answered(&mut self, leg: LegId, response: Response) {
        let Some(entry) = self.legs.get_mut(leg.0) else { return };
        entry.times_out = None;
        let (service, caller) = (entry.service, entry.caller);
        let root = entry.exchange().and_then(|exchange| self.root(exchange));
        if !response.body.is_relay() {
            self.forget_leg(leg);
        }
        match service {
            ServiceName::Route53 => self.answer_checker(caller, response),
            _ => self.with(service, root, |service, cx| service.response(cx, caller, response)),
        }
        if let Caller::Own(_) = caller {
            // Nobody relays the body of an answer to a probe.
            self.drop_leg(leg);
        }
    }

    pub(crate) fn leg_failed(&mut self, leg: LegId, failure: LinkFailure) {
        let Some(entry) = self.legs.get(leg.0) else { return };
        let (service, caller) = (entry.service, entry.caller);
        let root = entry.exchange().and_then(|exchange| self.root(exchange));
        self.forget_leg(leg);
        self.with(service, root, |service, cx| service.failed(cx, caller, failure));
    }

    /// Drops what `caller` has under way.
    pub(crate) fn cancel(&mut self, service: ServiceName, caller: Caller) {
        let leg = match caller {
            Caller::Exchange(exchange) => {
                self.exchanges.get(exchange.0).and_then(|entry| entry.leg)
            }
            Caller::Own(number) => self.own_legs.get(&(service, number)).copied(),
        };
        if let Some(leg) = leg {
            self.drop_leg(leg);
        }
    }

    /// Stops and forgets a leg.
    pub(crate) fn drop_leg(&mut self, leg: LegId) {
        self.leave(leg);
        self.forget_leg(leg);
    }

    /// Stops what a leg has caused further along.
    fn leave(&mut self, leg: LegId) {
        let Some(entry) = self.legs.get_mut(leg.0) else { return };
        match std::mem::replace(&mut entry.route, Route::Nowhere) {
            Route::Inside(exchange) => {
                self.finish(exchange, standin_kernel::Finish::ViewerGone);
            }
            Route::Outside => self.effects.push(Effect::Cancel { leg }),
            Route::Nowhere => {}
        }
    }

    /// The exchange at a leg's other end is over; its answer is on the way.
    pub(crate) fn detach(&mut self, leg: LegId) {
        if let Some(entry) = self.legs.get_mut(leg.0) {
            entry.route = Route::Nowhere;
        }
    }

    fn forget_leg(&mut self, leg: LegId) {
        let Some(entry) = self.legs.remove(leg.0) else { return };
        match entry.caller {
            Caller::Exchange(exchange) => {
                if let Some(exchange) = self.exchanges.get_mut(exchange.0)
                    && exchange.leg == Some(leg)
                {
                    exchange.leg = None;
                }
            }
            Caller::Own(number) => {
                self.own_legs.remove(&(entry.service, number));
            }
        }
        if entry.held.is_some() {
            self.timers.clear(&EngineTimer::HeldLeg(leg));
        }
    }
}

/// The address one service of this engine shows another.
const INSIDE: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// A whole small body as the engine makes it for faults.
pub(crate) fn fault_answer(status: u16) -> Response {
    let mut response = Response::text(status, "text/plain", "broken on purpose\n");
    if status == 204 || status == 304 {
        response.body = Body::Empty;
    }
    response
}
