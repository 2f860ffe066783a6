//! CloudFront: distributions, what they refer to, and the edge that serves them.
//!
//! `state` is what is kept. `api/` holds the operations and their documents, `check/` what is
//! refused in a distribution, `policies/` what distributions refer to, `resources/` the
//! CloudFormation types. `compile/` makes `config`, what the edge decides on; `rollout` says when
//! the edge has it and `names` for which hosts. `data/` decides about requests.

mod api;
mod check;
mod compile;
mod config;
mod data;
mod error;
mod functions;
mod names;
mod policies;
mod resources;
mod rollout;
mod served;
mod standard_log;
mod state;
mod stores;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use standin_kernel::control::Record;
use standin_kernel::resource::ResourceType;
use standin_kernel::{
    ApiError, Bytes, Caller, Cx, Deadline, Evaluated, ExchangeId, Fact, Finish, Heard, LinkFailure,
    Need, Request, Response, Service, ServiceName, Value,
};

use crate::config::{Distribution, ViewerProtocol};
use crate::data::Edge;
use crate::served::Served;
use crate::state::{State, far_group};

/// For so long a change of the configuration is what answers differ by, in seconds.
const JUST_S: u64 = 30;

/// All distributions of the account and the edge in front of them.
#[derive(Clone, Debug)]
pub struct CloudFront {
    state: State,
    edge: Edge,
    served: Served,
}

impl Default for CloudFront {
    fn default() -> Self {
        Self { state: State::new(), edge: Edge::default(), served: Served::default() }
    }
}

impl CloudFront {
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the distribution that viewers of the host mean does not serve the path without TLS.
    pub fn wants_tls(&self, host: &str, path: &str) -> bool {
        let Some(distribution) = self.state.names.of_viewer(host) else { return false };
        let behavior = &distribution.behaviors[data::choose_behavior(distribution, path)];
        !distribution.assume_https && behavior.viewer_protocol != ViewerProtocol::AllowAll
    }

    /// The page that CloudFront itself answers with when a request's head cannot be read.
    pub fn generated_error(&mut self, cx: &mut Cx<'_>, status: u16) -> Response {
        self.edge.generated_error(cx, status)
    }

    /// A viewer asks at the point of presence number `edge`; 0 is the nearest one, the only one
    /// that exists on one machine.
    pub fn request_at(
        &mut self,
        cx: &mut Cx<'_>,
        exchange: ExchangeId,
        edge: u8,
        request: Box<Request>,
    ) {
        let distribution = self.choose(cx, edge, &request);
        if let Some(distribution) = &distribution {
            self.served.begin(cx.now, exchange, &request, distribution);
        }
        self.work(cx, |all, cx| all.request_at(cx, exchange, edge, request, distribution));
    }

    /// Lets the edge work, and notes the answers that it gives.
    fn work(&mut self, cx: &mut Cx<'_>, work: impl FnOnce(&mut Edge, &mut Cx<'_>)) {
        let before = cx.out.len();
        work(&mut self.edge, cx);
        self.served.look(cx.now, &cx.out[before..]);
    }

    /// CF-REQ-01: the `Host` decides; nothing else does.
    fn choose(&self, cx: &mut Cx<'_>, edge: u8, request: &Request) -> Option<Arc<Distribution>> {
        let host = request.head.host().unwrap_or("");
        let names = match far_group(edge) {
            None => &self.state.names,
            Some(group) => &self.state.far_names[group],
        };
        let found = names.of_viewer(host);
        cx.note(|| self.why(host, found));
        if let Some(fact) = cx.facts.as_ref().and(found).and_then(|found| self.age(cx, edge, found))
        {
            cx.note(|| fact);
        }
        found.cloned()
    }

    /// CF-DEP-02: whether a point of presence still has an old configuration, or has just taken a
    /// new one.
    fn age(&self, cx: &Cx<'_>, edge: u8, found: &Distribution) -> Option<Fact> {
        let (has, arriving) = self.state.distributions.get(&*found.id)?.at_edge(edge);
        let ago_s = |at| cx.now.since(at).as_secs();
        let fact = |step: &'static str, says: String| {
            let fact = Fact::new(ServiceName::CloudFront, step, says).row("CF-DEP-02");
            Some(fact.setting(&found.id, "DistributionConfig"))
        };
        if let Some(next) = arriving.front() {
            let sent = ago_s(next.sent);
            let says = format!("this point of presence has not taken the change of {sent} s ago");
            return fact("configuration", says);
        }
        let has = has.filter(|has| has.is_change && ago_s(has.at) < JUST_S)?;
        let after = has.at.since(has.sent).as_secs();
        let says = format!("this point of presence took a change {after} s after it was made");
        fact("configuration change", says)
    }

    fn why(&self, host: &str, found: Option<&Arc<Distribution>>) -> Fact {
        let fact = |says: String| Fact::new(ServiceName::CloudFront, "distribution", says);
        let Some(found) = found else {
            return fact(format!("{host} is a name of no distribution")).row("CF-REQ-04");
        };
        if !self.serves(&host.to_ascii_lowercase()) {
            return fact(format!("{host} is this machine, which shows the oldest, {}", found.id));
        }
        let fact = fact(format!("{host} is a name of {}", found.id)).row("CF-REQ-01");
        match self.state.alias_index(&found.id, host) {
            Some(index) => fact.setting(&found.id, format!("DistributionConfig.Aliases[{index}]")),
            None => fact,
        }
    }
}

impl Service for CloudFront {
    fn name(&self) -> ServiceName {
        ServiceName::CloudFront
    }

    fn resource_types(&self) -> &'static [&'static dyn ResourceType] {
        resources::ALL
    }

    fn call(&mut self, cx: &mut Cx<'_>, operation: &str, input: &Value) -> Result<Value, ApiError> {
        self.call_knowing(cx, operation, input, &[])
    }

    fn needs(&self, operation: &str, input: &Value, heard: &[Heard]) -> Option<Need> {
        api::needs(&self.state, operation, input, heard)
    }

    fn call_knowing(
        &mut self,
        cx: &mut Cx<'_>,
        operation: &str,
        input: &Value,
        heard: &[Heard],
    ) -> Result<Value, ApiError> {
        let reply = api::call(&mut self.state, cx, operation, input, heard);
        self.state.catch_up(cx, &mut self.edge);
        reply
    }

    fn reply(&mut self, cx: &mut Cx<'_>, ticket: u64, reply: Result<Value, ApiError>) {
        self.served.log.delivered(cx, ticket, reply.err().map(|error| error.to_string()));
    }

    /// Names of distributions; the machine's own names are a matter of viewers.
    fn serves(&self, host: &str) -> bool {
        self.state.names.listed(host).is_some()
    }

    fn request(&mut self, cx: &mut Cx<'_>, exchange: ExchangeId, request: Request) {
        self.request_at(cx, exchange, 0, Box::new(request));
    }

    fn response(&mut self, cx: &mut Cx<'_>, caller: Caller, response: Response) {
        self.served.origin(caller, Ok(response.head.status));
        self.work(cx, |edge, cx| edge.response(cx, caller, response));
    }

    fn failed(&mut self, cx: &mut Cx<'_>, caller: Caller, failure: LinkFailure) {
        self.served.origin(caller, Err(failure));
        self.work(cx, |edge, cx| edge.failed(cx, caller, failure));
    }

    fn finished(&mut self, cx: &mut Cx<'_>, exchange: ExchangeId, finish: Finish) {
        self.served.finish(cx, exchange, finish);
        self.work(cx, |edge, cx| edge.finished(cx, exchange, finish));
    }

    fn kept(&mut self, cx: &mut Cx<'_>, keep: u64, body: Option<Bytes>) {
        self.work(cx, |edge, cx| edge.kept(cx, keep, body));
    }

    fn evaluated(&mut self, cx: &mut Cx<'_>, ticket: u64, evaluated: &Evaluated) {
        self.work(cx, |edge, cx| edge.evaluated(cx, ticket, evaluated));
    }

    fn deadline(&self) -> Option<Deadline> {
        let edge = Deadline::earliest(self.edge.deadline(), self.served.deadline());
        Deadline::earliest(self.state.timers.deadline(), edge)
    }

    fn on_deadline(&mut self, cx: &mut Cx<'_>) {
        self.state.catch_up(cx, &mut self.edge);
        self.work(cx, Edge::on_deadline);
        self.served.tell(cx);
    }

    fn restore(&mut self, record: &Record) -> Result<(), String> {
        self.state.restore(record)
    }

    fn restored(&mut self, cx: &mut Cx<'_>) {
        self.state.restored(cx);
        self.state.restore_values(&mut self.edge);
    }
}
