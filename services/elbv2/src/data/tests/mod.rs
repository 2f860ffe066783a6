//! Tests of the data plane through its door, as the engine uses it.

mod defaults;
mod failure;
mod headers;
mod health_check;
mod listener;
mod random;
mod sticky;
mod target_group;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use standin_kernel::{
    Address, Body, Caller, Cx, Duration, Env, ExchangeId, Fact, Finish, Headers, Identity,
    LegRequest, LinkFailure, Method, Out, Request, RequestHead, Response, ResponseHead, Rng, Time,
    Version,
};

use super::{Balancer, StillDraining, TargetHealth};
use crate::config::{
    Action, Forward, HealthCheck, Listener, ListenerAttributes, LoadBalancer,
    LoadBalancerAttributes, Protocol, Rule, Target, TargetGroup, TargetGroupAttributes, TargetType,
    WeightedTargetGroup,
};

pub(super) const TG: &str = "arn:aws:elasticloadbalancing:r:1:targetgroup/blue/1";
pub(super) const GREEN: &str = "arn:aws:elasticloadbalancing:r:1:targetgroup/green/2";

/// The data plane with a load balancer, and everything it asked for.
pub(super) struct Bench {
    pub(super) balancer: Balancer,
    pub(super) settings: LoadBalancer,
    pub(super) now: Time,
    pub(super) facts: Vec<Fact>,
    pub(super) log: Vec<String>,
    rng: Rng,
    env: Env,
    last_exchange: u64,
    /// Requests under way, in the order they were sent.
    legs: Vec<(Caller, LegRequest)>,
    answers: Vec<(ExchangeId, Response)>,
}

/// How targets behave that are asked for a check.
pub(super) type Checked = fn(&SocketAddr) -> Result<u16, LinkFailure>;

impl Bench {
    /// A listener on port 80 whose default action forwards to an empty group in use.
    pub(super) fn new() -> Self {
        Self::with_action(forward())
    }

    pub(super) fn with_action(default_action: Action) -> Self {
        let mut bench = Self {
            balancer: Balancer::default(),
            settings: balancer(vec![listener(80, default_action, Vec::new())]),
            now: Time::from_seconds(1_800_000_000),
            facts: Vec::new(),
            log: Vec::new(),
            rng: Rng::new(11),
            env: Env::default(),
            last_exchange: 0,
            legs: Vec::new(),
            answers: Vec::new(),
        };
        bench.set_group(group(TG, |_| {}));
        bench.with(|balancer, cx| balancer.in_use(cx, TG, true));
        bench
    }

    /// The same with `count` targets that have passed their first check.
    pub(super) fn healthy(count: u8) -> Self {
        let mut bench = Self::new();
        for last in 1..=count {
            bench.register(TG, last).unwrap();
        }
        bench.checks(Duration::from_secs(30), |_| Ok(200));
        assert!(bench.states(TG).iter().all(|state| *state == "healthy"));
        bench
    }

    pub(super) fn rules(rules: Vec<Rule>) -> Self {
        let mut bench = Self::new();
        let default = fixed(404, "default");
        bench.settings.listeners = vec![listener(80, default, rules)];
        bench
    }

    pub(super) fn with<R>(&mut self, work: impl FnOnce(&mut Balancer, &mut Cx<'_>) -> R) -> R {
        let mut out = Vec::new();
        let mut cx = Cx {
            now: self.now,
            rng: &mut self.rng,
            env: &self.env,
            out: &mut out,
            facts: Some(&mut self.facts),
            asked_by: None,
        };
        let result = work(&mut self.balancer, &mut cx);
        for out in out {
            self.take_up(out);
        }
        result
    }

    fn take_up(&mut self, out: Out) {
        match out {
            Out::Send { caller, request } => {
                assert!(self.legs.iter().all(|(other, _)| *other != caller), "one at a time");
                self.legs.push((caller, *request));
            }
            Out::Cancel { caller } => self.legs.retain(|(other, _)| *other != caller),
            Out::Respond { exchange, response } => {
                let twice = self.answers.iter().any(|(other, _)| *other == exchange);
                assert!(!twice, "{exchange:?} is answered twice");
                self.answers.push((exchange, *response));
            }
            Out::Log { line, .. } => self.log.push(line),
            other => panic!("the data plane asks for {other:?}"),
        }
    }

    pub(super) fn set_group(&mut self, settings: TargetGroup) {
        self.with(|balancer, cx| balancer.set_target_group(cx, Arc::new(settings)));
    }

    pub(super) fn register(&mut self, arn: &str, last: u8) -> Result<(), StillDraining> {
        self.with(|balancer, cx| balancer.register(cx, arn, target(last, 8080)))
    }

    pub(super) fn deregister(&mut self, arn: &str, last: u8) {
        let id = target(last, 8080).id;
        self.with(|balancer, cx| balancer.deregister(cx, arn, &id, Some(8080)));
    }

    pub(super) fn health(&self, arn: &str) -> Vec<TargetHealth> {
        self.balancer.health(arn)
    }

    pub(super) fn states(&self, arn: &str) -> Vec<&'static str> {
        self.health(arn).iter().map(|target| target.state).collect()
    }

    /// Asks; the exchange stays open.
    pub(super) fn send(&mut self, request: Request) -> ExchangeId {
        self.last_exchange += 1;
        let exchange = ExchangeId(self.last_exchange);
        let port = request.port;
        let settings = std::mem::replace(&mut self.settings, balancer(Vec::new()));
        self.with(|balancer, cx| balancer.request(cx, exchange, &settings, port, request));
        self.settings = settings;
        exchange
    }

    /// The answer to an exchange, once it is there.
    pub(super) fn answer(&mut self, exchange: ExchangeId) -> Option<Response> {
        let at = self.answers.iter().position(|(other, _)| *other == exchange)?;
        Some(self.answers.remove(at).1)
    }

    /// The request under way for an exchange.
    pub(super) fn leg(&self, exchange: ExchangeId) -> Option<&LegRequest> {
        let caller = Caller::Exchange(exchange);
        self.legs.iter().find(|(other, _)| *other == caller).map(|(_, leg)| leg)
    }

    /// Which target was asked, by the last octet of its address.
    pub(super) fn target_of(&self, exchange: ExchangeId) -> Option<u8> {
        self.leg(exchange).map(|leg| last_octet(&leg.to))
    }

    /// The target of an exchange answers.
    pub(super) fn target_answers(&mut self, exchange: ExchangeId, response: Response) {
        let caller = Caller::Exchange(exchange);
        self.legs.retain(|(other, _)| *other != caller);
        self.with(|balancer, cx| balancer.response(cx, caller, response));
    }

    pub(super) fn target_fails(&mut self, exchange: ExchangeId, failure: LinkFailure) {
        let caller = Caller::Exchange(exchange);
        self.legs.retain(|(other, _)| *other != caller);
        self.with(|balancer, cx| balancer.failed(cx, caller, failure));
    }

    pub(super) fn finish(&mut self, exchange: ExchangeId, finish: Finish) {
        self.with(|balancer, cx| balancer.finished(cx, exchange, finish));
    }

    /// An answer of the load balancer's own.
    pub(super) fn own(&mut self, request: Request) -> Response {
        let exchange = self.send(request);
        let answer = self.answer(exchange).expect("answered at once");
        self.finish(exchange, Finish::Complete { body_bytes: 0 });
        answer
    }

    /// A whole exchange with a target that answers 200; which target it was.
    pub(super) fn served(&mut self, request: Request) -> (u8, Response) {
        let exchange = self.send(request);
        let target = self.target_of(exchange).expect("a target was asked");
        self.target_answers(exchange, ok());
        let answer = self.answer(exchange).expect("answered");
        self.finish(exchange, Finish::Complete { body_bytes: 2 });
        (target, answer)
    }

    /// Lets time pass; checks are answered at once as `checked` says.
    pub(super) fn checks(&mut self, lasts: Duration, checked: Checked) {
        let end = self.now + lasts;
        loop {
            self.answer_checks(checked);
            let due = self.balancer.deadline().map(|deadline| deadline.at);
            let Some(at) = due.filter(|at| *at <= end) else { break };
            self.now = at.max(self.now);
            self.with(Balancer::on_deadline);
        }
        self.now = end;
    }

    /// Lets time pass; checks that begin stay unanswered.
    pub(super) fn silence(&mut self, lasts: Duration) {
        let end = self.now + lasts;
        while let Some(at) = self.balancer.deadline().map(|deadline| deadline.at) {
            if at > end {
                break;
            }
            self.now = at.max(self.now);
            self.with(Balancer::on_deadline);
        }
        self.now = end;
    }

    fn answer_checks(&mut self, checked: Checked) {
        for (number, leg) in self.checks_under_way() {
            let caller = Caller::Own(number);
            let Address::Socket(socket) = leg.to else { panic!("checks go to addresses") };
            self.legs.retain(|(other, _)| *other != caller);
            match checked(&socket) {
                Ok(status) => {
                    let response = Response::new(ResponseHead::new(status), Body::Empty);
                    self.with(|balancer, cx| balancer.response(cx, caller, response));
                }
                Err(failure) => self.with(|balancer, cx| balancer.failed(cx, caller, failure)),
            }
        }
    }

    pub(super) fn checks_under_way(&self) -> Vec<(u64, LegRequest)> {
        let own = |(caller, leg): &(Caller, LegRequest)| match caller {
            Caller::Own(number) => Some((*number, leg.clone())),
            Caller::Exchange(_) => None,
        };
        self.legs.iter().filter_map(own).collect()
    }

    pub(super) fn says(&self, row: &str) -> bool {
        self.facts.iter().any(|fact| fact.row.as_deref() == Some(row))
    }
}

pub(super) fn balancer(listeners: Vec<Arc<Listener>>) -> LoadBalancer {
    LoadBalancer {
        arn: "arn:aws:elasticloadbalancing:r:1:loadbalancer/app/front/1".into(),
        name: "front".into(),
        dns_name: "front-1.r.elb.amazonaws.com".into(),
        attributes: LoadBalancerAttributes::default(),
        listeners,
    }
}

pub(super) fn listener(port: u16, default_action: Action, rules: Vec<Rule>) -> Arc<Listener> {
    Arc::new(Listener {
        arn: "arn:listener".into(),
        port,
        protocol: Protocol::Http,
        default_action,
        rules,
        attributes: ListenerAttributes::default(),
    })
}

/// The action that names the group and nothing else.
pub(super) fn forward() -> Action {
    let target_groups = vec![WeightedTargetGroup { arn: TG.into(), weight: 1 }];
    Action::Forward(Forward { target_groups, stickiness: None })
}

pub(super) fn group(arn: &str, change: impl FnOnce(&mut TargetGroup)) -> TargetGroup {
    let mut group = TargetGroup {
        arn: arn.into(),
        name: arn.rsplit('/').nth(1).unwrap_or(arn).into(),
        protocol: Protocol::Http,
        target_type: TargetType::Ip,
        health_check: HealthCheck::default(),
        attributes: TargetGroupAttributes::default(),
    };
    change(&mut group);
    group
}

/// 10.0.0.`last`
pub(super) fn target(last: u8, port: u16) -> Target {
    let address = Ipv4Addr::new(10, 0, 0, last);
    Target { id: address.to_string().into(), port, address: IpAddr::V4(address) }
}

pub(super) fn last_octet(to: &Address) -> u8 {
    match to {
        Address::Socket(SocketAddr::V4(socket)) => socket.ip().octets()[3],
        other => panic!("{other:?} is no IPv4 address"),
    }
}

pub(super) fn fixed(status: u16, body: &'static str) -> Action {
    Action::FixedResponse(crate::config::FixedResponse {
        status,
        content_type: Some("text/plain".into()),
        body: body.into(),
    })
}

/// A GET from 192.0.2.7:4444 on port 80.
pub(super) fn get(target: &str) -> Request {
    Request {
        head: RequestHead::get("www.example.com", target),
        peer: SocketAddr::from(([192, 0, 2, 7], 4444)),
        tls: false,
        has_body: false,
        identity: Identity::Anonymous,
        port: 80,
    }
}

pub(super) fn get_with(target: &str, lines: &[(&str, &str)]) -> Request {
    let mut request = get(target);
    for (name, value) in lines {
        request.head.headers.append(name, value);
    }
    request
}

pub(super) fn method(method: &str) -> Request {
    let mut request = get("/");
    request.head.method = Method::parse(method);
    request
}

pub(super) fn ok() -> Response {
    Response::text(200, "text/plain", "ok")
}

pub(super) fn lines(headers: &Headers) -> Vec<(String, String)> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    headers.iter().map(|(name, value)| (name.to_owned(), text(value))).collect()
}

pub(super) fn body(response: &Response) -> String {
    match &response.body {
        Body::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Body::Empty => String::new(),
        other => panic!("{other:?} has no bytes"),
    }
}

pub(super) fn old() -> Version {
    Version::Http10
}

pub(super) const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
