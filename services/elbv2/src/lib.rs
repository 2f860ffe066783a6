//! Elastic Load Balancing: application load balancers, their listeners, rules and target groups.
//!
//! [`state`] is what is kept. `api/` holds the operations, `resources/` the CloudFormation types.
//! [`live`] and [`compile`] bring what is kept to [`config`], the form the data plane goes by;
//! [`zones`] asks EC2 about the place of a load balancer; `dns` says whether name servers may lead
//! to it.
//! `data/` decides about requests: `rule` (which rule applies), `redirect`, `fixed_response`,
//! `forward` (what it does), `algorithm` and `stickiness` (which target), `target_health` and
//! `health_check` (who is fit), `x_forwarded` (what the target reads), `function` (a target that is
//! a Lambda function), `error`.

mod api;
mod compile;
mod config;
mod data;
mod delivery;
mod dns;
mod error;
mod live;
mod metrics;
mod resources;
mod state;
#[cfg(test)]
mod tests;
mod zones;

use std::collections::BTreeMap;
use std::sync::Arc;

use standin_kernel::control::Record;
use standin_kernel::resource::ResourceType;
use standin_kernel::{
    ApiError, Bytes, Caller, Cx, Deadline, ExchangeId, Fact, Finish, Heard, LinkFailure, Need,
    Request, Response, Service, ServiceName, Timers, Value,
};

use crate::config::{LoadBalancer, Protocol};
use crate::data::Balancer;
use crate::state::{Listener, ListenerProtocol, State};
use crate::zones::Asked;

/// All load balancers and target groups of the account.
#[derive(Clone, Debug, Default)]
pub struct Elbv2 {
    state: State,
    balancer: Balancer,
    /// ARN of each load balancer by its DNS name.
    names: BTreeMap<String, String>,
    /// Those that are active, by DNS name.
    serving: BTreeMap<String, Arc<LoadBalancer>>,
    /// ARNs of those that become active later.
    provisioning: Timers<String>,
    /// What EC2 has been asked, by ticket.
    asked: BTreeMap<u64, Asked>,
    /// Files of access logs on their way: bucket and key, by ticket.
    deliveries: BTreeMap<u64, String>,
    last_ticket: u64,
}

impl Elbv2 {
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether an active load balancer of the name (lower case) listens on the port.
    pub fn has_listener(&self, host: &str, port: u16) -> bool {
        self.serving(host).is_some_and(|balancer| balancer.listener(port).is_some())
    }

    /// The listener a viewer means who came in on `port` of the machine: the one on that port, else
    /// the one on port 80, else the lowest HTTP one, else the lowest. Over TLS it is the HTTPS one
    /// on that port, else the one on 443, else the lowest HTTPS one.
    pub fn viewer_port(&self, host: &str, port: u16, tls: bool) -> u16 {
        if tls {
            let same = self.ports(host).contains(&(port, true));
            return if same { port } else { self.https(host).map_or(443, |one| one.port) };
        }
        let Some(balancer) = self.serving(host) else { return port };
        if let Some(same) = [port, 80].into_iter().find(|port| balancer.listener(*port).is_some()) {
            return same;
        }
        let listeners = balancer.listeners.iter();
        let lowest = listeners.min_by_key(|one| (one.protocol == Protocol::Https, one.port));
        lowest.map_or(port, |listener| listener.port)
    }

    /// The ports that an active load balancer of the name listens on, and whether TLS is spoken
    /// there.
    pub fn ports(&self, host: &str) -> Vec<(u16, bool)> {
        let Some(balancer) = self.serving(host) else { return Vec::new() };
        let listeners = balancer.listeners.iter();
        listeners.map(|one| (one.port, one.protocol == Protocol::Https)).collect()
    }

    /// ARNs of the certificates of the listener that viewers mean who come over TLS, the default
    /// one first; `None`: nobody speaks TLS at the load balancer.
    pub fn certificates(&self, host: &str) -> Option<&[String]> {
        Some(&self.https(host)?.certificates)
    }

    fn https(&self, host: &str) -> Option<&Listener> {
        let balancer = self.serving(host)?;
        let listeners = self.state.listeners_of(&balancer.arn);
        let https = listeners.filter(|one| one.protocol == ListenerProtocol::Https);
        https.min_by_key(|one| (one.port != 443, one.port))
    }

    /// A request for the load balancer named `at`, on the listener at `request.port`.
    pub fn request_at(
        &mut self,
        cx: &mut Cx<'_>,
        exchange: ExchangeId,
        at: &str,
        request: Request,
    ) {
        let port = request.port;
        match self.serving.get(bare(at)) {
            Some(balancer) if balancer.listener(port).is_some() => {
                let balancer = Arc::clone(balancer);
                self.balancer.request(cx, exchange, &balancer, port, request);
            }
            _ => nobody_listens(cx, exchange, at, port),
        }
    }

    fn serving(&self, host: &str) -> Option<&Arc<LoadBalancer>> {
        self.serving.get(bare(host))
    }
}

/// On AWS nothing would answer at all. Who comes here came by a way on which something has to.
fn nobody_listens(cx: &mut Cx<'_>, exchange: ExchangeId, at: &str, port: u16) {
    let says = format!("nothing listens on port {port} of {at}");
    cx.note(|| Fact::new(ServiceName::Elbv2, "listener", says.clone()).row("ALB-LS-01"));
    let mut response = Response::text(502, "text/plain", says + "\n");
    response.close = true;
    cx.respond(exchange, response);
}

/// The DNS name in a host: `.localhost` behind it leads to this machine, `dualstack.` before it is
/// another name for the same on AWS.
fn bare(host: &str) -> &str {
    let host = host.strip_suffix(".localhost").unwrap_or(host);
    host.strip_prefix("dualstack.").unwrap_or(host)
}

impl Service for Elbv2 {
    fn name(&self) -> ServiceName {
        ServiceName::Elbv2
    }

    fn resource_types(&self) -> &'static [&'static dyn ResourceType] {
        resources::ALL
    }

    fn call(&mut self, cx: &mut Cx<'_>, operation: &str, input: &Value) -> Result<Value, ApiError> {
        api::call(self, cx, operation, input, &[])
    }

    fn needs(&self, operation: &str, input: &Value, heard: &[Heard]) -> Option<Need> {
        if operation == delivery::LOGS_ON {
            return if heard.is_empty() { self.test_object(input) } else { None };
        }
        api::needs(&self.state, operation, input, heard)
    }

    fn call_knowing(
        &mut self,
        cx: &mut Cx<'_>,
        operation: &str,
        input: &Value,
        heard: &[Heard],
    ) -> Result<Value, ApiError> {
        if operation == delivery::LOGS_ON {
            delivery::check_test_object(heard)?;
        }
        api::call(self, cx, operation, input, heard)
    }

    fn concerns(&self, ticket: u64) -> Option<ExchangeId> {
        self.balancer.concerns(ticket)
    }

    fn reply(&mut self, cx: &mut Cx<'_>, ticket: u64, reply: Result<Value, ApiError>) {
        if data::is_function_call(ticket) {
            self.balancer.replied(cx, ticket, reply);
        } else if !self.delivered(cx, ticket, &reply) {
            self.told(cx, ticket, reply);
        }
    }

    fn serves(&self, host: &str) -> bool {
        self.names.contains_key(bare(host))
    }

    fn request(&mut self, cx: &mut Cx<'_>, exchange: ExchangeId, request: Request) {
        let host = request.head.host().unwrap_or_default().to_ascii_lowercase();
        self.request_at(cx, exchange, &host, request);
    }

    fn response(&mut self, cx: &mut Cx<'_>, caller: Caller, response: Response) {
        self.balancer.response(cx, caller, response);
    }

    fn failed(&mut self, cx: &mut Cx<'_>, caller: Caller, failure: LinkFailure) {
        self.balancer.failed(cx, caller, failure);
    }

    fn collected(&mut self, cx: &mut Cx<'_>, exchange: ExchangeId, body: Option<Bytes>) {
        self.balancer.collected(cx, exchange, body);
    }

    fn finished(&mut self, cx: &mut Cx<'_>, exchange: ExchangeId, finish: Finish) {
        self.balancer.finished(cx, exchange, finish);
    }

    fn deadline(&self) -> Option<Deadline> {
        let serving = Deadline::earliest(self.provisioning.deadline(), self.balancer.deadline());
        let told =
            Deadline::earliest(self.balancer.meters.deadline(), self.balancer.log.deadline());
        Deadline::earliest(serving, told)
    }

    fn on_deadline(&mut self, cx: &mut Cx<'_>) {
        self.provisioned(cx);
        self.balancer.on_deadline(cx);
        self.tell_metrics(cx);
        self.deliver_logs(cx);
    }

    fn restore(&mut self, record: &Record) -> Result<(), String> {
        self.state.restore(record)
    }

    fn restored(&mut self, cx: &mut Cx<'_>) {
        self.rebuild(cx);
    }
}
