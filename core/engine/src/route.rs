//! Where a request goes: which service of this engine a name belongs to, or the outside.

use std::borrow::Cow;
use std::sync::Arc;

use standin_kernel::{ExchangeId, Fact, Identity, Request, ServiceName};

use crate::faults::Verdict;
use crate::io::Effect;
use crate::{Engine, EngineTimer, Work};

/// Where a name and port lead.
#[derive(Debug)]
pub(crate) enum Destination {
    Service {
        service: ServiceName,
        at: Option<Arc<str>>,
    },
    /// A name of ours, but nothing listens on the port.
    Refused,
    Outside,
}

impl Engine {
    /// The service that a name in lower case belongs to.
    pub(crate) fn service_at(&self, host: &str) -> Option<ServiceName> {
        let with_names =
            [ServiceName::Elbv2, ServiceName::S3, ServiceName::Lambda, ServiceName::CloudFront];
        with_names.into_iter().find(|name| self.services.get(*name).serves(host))
    }

    /// What a service reaches under a name (data goes by address, as on AWS).
    pub(crate) fn destination(&self, host: &str, port: u16) -> Destination {
        let services = &self.services;
        let host = &*lower(host);
        let Some(service) = self.service_at(host) else { return Destination::Outside };
        let listens = match service {
            ServiceName::Elbv2 => services.elbv2.has_listener(host, port),
            ServiceName::S3 => services.s3.listens(host, port),
            // Function URLs speak TLS only (LAM-UR-01).
            ServiceName::Lambda => port == 443,
            _ => true,
        };
        match listens {
            true => {
                let at = (service == ServiceName::Elbv2).then(|| host.into());
                Destination::Service { service, at }
            }
            false => Destination::Refused,
        }
    }

    /// A viewer asks on the edge's port: load balancers and buckets under their own names, all else
    /// is a matter for the edge, which knows its names and refuses the rest (CF-REQ-04).
    pub(crate) fn viewer_asks(
        &mut self,
        exchange: ExchangeId,
        mut request: Box<Request>,
        trace: bool,
    ) {
        if self.exchanges.get(exchange.0).is_none() {
            return;
        }
        if trace {
            self.traces.insert(exchange, Vec::new());
        }
        let has_body = request.has_body;
        if let Identity::Workload(workload) = request.identity {
            if let Some(entry) = self.exchanges.get_mut(exchange.0) {
                (entry.service, entry.has_body) = (Some(workload.service()), has_body);
            }
            self.work.push_back(Work::Serve { exchange, request });
            return;
        }
        let host = lower(request.head.host().unwrap_or("")).into_owned();
        let Some(host) = self.arrives_at(exchange, host) else {
            let refused = Verdict::Fail(standin_kernel::LinkFailure::Refused);
            return self.broken_for_viewer(exchange, request, refused);
        };
        let service = self.service_at(&host).unwrap_or(ServiceName::CloudFront);
        let mut at = None;
        if service == ServiceName::Elbv2 {
            request.port = self.services.elbv2.viewer_port(&host, request.port, request.tls);
            at = Some(Arc::from(&*host));
        }
        if let Some(entry) = self.exchanges.get_mut(exchange.0) {
            entry.has_body = has_body;
            entry.service = Some(service);
            entry.at = at;
        }
        match self.viewer_verdict(service, &host, request.tls) {
            Verdict::Pass => {
                self.work.push_back(Work::Serve { exchange, request });
            }
            verdict => self.broken_for_viewer(exchange, request, verdict),
        }
    }

    /// The host that a viewer arrives at: the one whose address name servers gave out, or the one
    /// behind a name of a hosted zone, else the name itself. `None`: nobody is at the address any
    /// more.
    fn arrives_at(&mut self, exchange: ExchangeId, host: String) -> Option<String> {
        let address = self.exchanges.get(exchange.0).and_then(|entry| entry.address);
        let Some(address) = address else {
            return Some(self.host_behind(exchange, &host).unwrap_or(host));
        };
        let behind = self.host_at(address).filter(|behind| self.is_there(behind))?;
        if let Some(facts) = self.traces.get_mut(&exchange) {
            let says = format!("name servers gave out {address}, which is {behind}");
            facts.push(Fact::new(ServiceName::Route53, "address", says).row("R53-TM-02"));
        }
        Some(behind)
    }

    /// What a fault does to a viewer who asks the broken thing itself.
    fn broken_for_viewer(&mut self, exchange: ExchangeId, request: Box<Request>, verdict: Verdict) {
        match verdict {
            Verdict::Pass => {}
            Verdict::Hold(by) => {
                if let Some(entry) = self.exchanges.get_mut(exchange.0) {
                    entry.held = Some(request);
                }
                let timer = EngineTimer::HeldRequest(exchange);
                self.timers.set(timer, self.now + by, "slowed by a fault");
            }
            Verdict::Hang => {
                if let Some(entry) = self.exchanges.get_mut(exchange.0) {
                    entry.held = Some(request);
                }
            }
            Verdict::Fail(_) | Verdict::FailAfter(..) => {
                self.effects.push(Effect::Abort { exchange });
                if let Some(entry) = self.exchanges.get_mut(exchange.0) {
                    entry.service = None;
                }
                self.finish(exchange, standin_kernel::Finish::ViewerGone);
            }
            Verdict::Answer(response) => {
                // The service never saw the request, so it need not hear of its end.
                if let Some(entry) = self.exchanges.get_mut(exchange.0) {
                    entry.held = Some(request);
                }
                self.respond(exchange, *response);
            }
        }
    }

    pub(crate) fn release_request(&mut self, exchange: ExchangeId) {
        let Some(entry) = self.exchanges.get_mut(exchange.0) else { return };
        if let Some(request) = entry.held.take() {
            self.work.push_back(Work::Serve { exchange, request });
        }
    }
}

/// A name in lower case; most come so.
pub(crate) fn lower(host: &str) -> Cow<'_, str> {
    match host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(host.to_ascii_lowercase()),
        false => Cow::Borrowed(host),
    }
}
