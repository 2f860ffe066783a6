//! The way of one request: what is refused at once, which rule it meets, who answers it, and what
//! the client reads when nobody does.

use std::sync::Arc;

use standin_kernel::{
    Address, Caller, Cx, Duration, ExchangeId, Fact, Finish, Identity, LegRequest, LinkFailure,
    Method, Out, Request, Response, ServiceName, Time, Version,
};

use super::Balancer;
use super::desync::{Class, Verdict};
use super::error::{Own, of_failure};
use super::redirect::Url;
use super::request_head::{for_target, is_hop_by_hop};
use super::rule::Asked;
use super::stickiness::{Stick, has_app_cookie, set_cookies};
use super::target_group::{Group, key_of};
use super::{fixed_response, x_forwarded};
use crate::config::{
    Action, Condition, Forward, Listener, LoadBalancer, Protocol, Redirect, Rule, TargetGroup,
    TargetType,
};

/// How long a connection to a target may take to open (ALB-ER-05).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest URL, and longest single header (ALB-ER-07).
const LINE_BYTES_MAX: usize = 16 * 1024;

/// A request that a target was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    /// ARN.
    load_balancer: Arc<str>,
    listener: Arc<Listener>,
    /// When the target was asked.
    asked: Time,
    /// Of the target group, as they were then.
    pub(super) settings: Arc<TargetGroup>,
    /// The registration.
    pub(super) number: u64,
    /// The target, as faults and traces name it.
    pub(super) link: Arc<str>,
    stick: Stick,
    to_head: bool,
    close: bool,
    answered: bool,
}

/// One request and where it came in.
#[derive(Debug)]
struct Visit<'a> {
    exchange: ExchangeId,
    balancer: &'a LoadBalancer,
    listener: &'a Arc<Listener>,
    to_head: bool,
}

/// The resource and the property of an action, for facts.
#[derive(Clone, Copy, Debug)]
struct Place<'a> {
    resource: &'a str,
    property: &'static str,
}

impl Balancer {
    pub(super) fn serve(
        &mut self,
        cx: &mut Cx<'_>,
        exchange: ExchangeId,
        balancer: &LoadBalancer,
        port: u16,
        request: Request,
    ) {
        if self.exchanges.contains_key(&exchange) {
            return;
        }
        let to_head = request.head.method == Method::Head;
        let Some(listener) = balancer.listener(port) else {
            self.nobody_listens(cx, exchange, balancer, port);
            return;
        };
        let visit = Visit { exchange, balancer, listener, to_head };
        self.log.begin(cx.now, exchange, balancer, listener, &request);
        let class = Class::of(&request);
        let verdict = class.verdict(balancer.attributes.desync_mitigation);
        if class != Class::Compliant {
            cx.note(|| desync_fact(balancer, class, verdict));
            self.meters.of(cx, &balancer.arn).not_compliant += 1;
            self.log.note(exchange, |entry| entry.classified(class.name(), class.reason()));
        }
        if let Some((status, row, says)) = refusal(&request, verdict) {
            cx.note(|| fact("error", says).setting(&listener.arn, "Port").row(row));
            self.own(cx, &visit, |own| own.error(status));
            return;
        }
        let asked = Asked::new(&request);
        let rule = listener.rule(&asked);
        let place = Place::of(listener, rule);
        cx.note(|| rule_fact(listener, rule, place));
        self.log.note(exchange, |entry| {
            entry.ruled(rule.map_or(0, |rule| rule.priority), listener.action(rule).name());
        });
        match listener.action(rule) {
            Action::FixedResponse(action) => {
                let status = action.status;
                cx.note(|| {
                    let says = format!("the action answers {status} itself");
                    let property = format!("{}.FixedResponseConfig", place.property);
                    fact("fixed response", says).setting(place.resource, property).row("ALB-AC-05")
                });
                self.meters.of(cx, &balancer.arn).fixed_responses += 1;
                self.own(cx, &visit, |own| fixed_response::answer(own, action));
            }
            Action::Redirect(redirect) => self.redirect(cx, &visit, &request, redirect, place),
            Action::Forward(forward) => {
                let close = verdict == Verdict::ForwardAndClose;
                self.forward(cx, &visit, request, forward, (place, close));
            }
        }
    }

    /// On AWS the connection would be refused; here it is open already.
    fn nobody_listens(
        &mut self,
        cx: &mut Cx<'_>,
        exchange: ExchangeId,
        balancer: &LoadBalancer,
        port: u16,
    ) {
        cx.note(|| {
            let says = format!("{} has no listener on port {port}", balancer.name);
            fact("listener", says).setting(&balancer.arn, "Name")
        });
        let body = format!("{} has no listener on port {port}\n", balancer.name);
        let mut response = Response::text(503, "text/plain", body);
        response.close = true;
        cx.respond(exchange, response);
    }

    /// Answers with something the load balancer makes itself.
    fn own(&mut self, cx: &mut Cx<'_>, visit: &Visit<'_>, make: impl FnOnce(&Own<'_>) -> Response) {
        let date = self.date.at(cx.now);
        let own = Own { listener: visit.listener, date, to_head: visit.to_head };
        let response = make(&own);
        self.meters.of(cx, &visit.balancer.arn).own(response.head.status);
        self.log.note(visit.exchange, |entry| entry.answers(&response));
        cx.respond(visit.exchange, response);
    }

    fn redirect(
        &mut self,
        cx: &mut Cx<'_>,
        visit: &Visit<'_>,
        request: &Request,
        redirect: &Redirect,
        place: Place<'_>,
    ) {
        let head = &request.head;
        let location = redirect.location(Url {
            protocol: visit.listener.protocol,
            host: head.host().unwrap_or(&visit.balancer.dns_name),
            port: visit.listener.port,
            path: head.path(),
            query: head.query().unwrap_or(""),
        });
        cx.note(|| {
            let (says, row) = match &location {
                Some(to) => (format!("the action redirects to {to}"), "ALB-AC-06"),
                None => ("the Location would be longer than 8 K".to_owned(), "ALB-AC-09"),
            };
            let property = format!("{}.RedirectConfig", place.property);
            fact("redirect", says).setting(place.resource, property).row(row)
        });
        let counts = self.meters.of(cx, &visit.balancer.arn);
        match &location {
            Some(_) => counts.redirects += 1,
            None => counts.redirects_too_long += 1,
        }
        self.log.note(visit.exchange, |entry| entry.redirected(location.as_deref()));
        self.own(cx, visit, |own| match &location {
            Some(location) => own.redirect(redirect.status, location),
            None => own.error(507),
        });
    }

    fn forward(
        &mut self,
        cx: &mut Cx<'_>,
        visit: &Visit<'_>,
        request: Request,
        forward: &Forward,
        (place, close): (Place<'_>, bool),
    ) {
        let (now, headers) = (cx.now, &request.head.headers);
        let chosen = forward.choose(headers, cx.rng, now);
        let arn = chosen.map(|at| &forward.target_groups[at].arn);
        cx.note(|| group_fact(forward, chosen, place));
        let group = arn.and_then(|arn| self.groups.groups.get_mut(arn));
        let Some((group, (at, stuck))) = group.and_then(|group| {
            let stuck = group.stuck_to(headers, now);
            let at = stuck.or_else(|| group.choose(cx.rng, now))?;
            Some((group, (at, stuck.is_some())))
        }) else {
            let arn = arn.map_or("", |arn| &**arn);
            cx.note(|| {
                let says = "the target group has no registered target that could be asked";
                fact("target", says).setting(arn, "Targets").row("ALB-ER-01")
            });
            self.own(cx, visit, |own| own.error(503));
            return;
        };
        cx.note(|| target_fact(group, at, stuck));
        let settings = Arc::clone(&group.settings);
        let counts = self.meters.of_group(cx, &visit.balancer.arn, &settings.arn);
        counts.requests += 1;
        counts.unhealthy_routing += u64::from(group.fails_open());
        let member = &mut group.members[at];
        member.outstanding += 1;
        let stick = Stick {
            group: forward.stickiness.map(|lasts| (key_of(&settings.arn), lasts)),
            target: member.key,
            renew_app: !stuck && has_app_cookie(&settings, headers),
        };
        let (number, socket, link) = (member.number, member.socket, member.link.clone());
        let with_body = request.has_body;
        let head = for_target(request, visit.balancer, visit.listener, cx.rng, now);
        let (tls, kind) = (settings.protocol == Protocol::Https, settings.target_type);
        let open = Open {
            load_balancer: Arc::clone(&visit.balancer.arn),
            listener: Arc::clone(visit.listener),
            asked: now,
            settings,
            number,
            link: Arc::clone(&link),
            stick,
            to_head: visit.to_head,
            close,
            answered: false,
        };
        self.log.note(visit.exchange, |entry| {
            let trace_id = head.headers.get("X-Amzn-Trace-Id");
            entry.forwarded(&open.settings.arn, &open.link, now, trace_id);
        });
        self.exchanges.insert(visit.exchange, open);
        if kind == TargetType::Lambda {
            return self.ask_function(cx, visit.exchange, head);
        }
        let leg = LegRequest {
            to: Address::Socket(socket),
            tls,
            head,
            with_body,
            identity: Identity::Anonymous,
            connect_timeout: CONNECT_TIMEOUT,
            response_timeout: visit.balancer.attributes.idle_timeout,
            from: Arc::clone(&visit.balancer.name),
            link,
        };
        cx.send(Caller::Exchange(visit.exchange), leg);
    }

    /// A target's answer goes to the client.
    pub(super) fn answered(&mut self, cx: &mut Cx<'_>, id: ExchangeId, mut response: Response) {
        let Some(open) = self.exchanges.get_mut(&id) else { return };
        if std::mem::replace(&mut open.answered, true) {
            return;
        }
        let headers = &mut response.head.headers;
        headers.retain(|name, _| !is_hop_by_hop(name));
        set_cookies(cx, &open.stick, &open.settings, headers);
        for (name, value) in &open.listener.attributes.response_headers {
            headers.set(name, value.as_bytes());
        }
        // The client's connection outlives the target's.
        response.close = open.close;
        let (status, link) = (response.head.status, &open.link);
        let counts = self.meters.of_group(cx, &open.load_balancer, &open.settings.arn);
        counts.answered(status, cx.now.since(open.asked));
        self.log.note(id, |entry| {
            entry.target_answered(cx.now, status);
            entry.answers(&response);
        });
        cx.note(|| fact("answer", format!("{link} answered {status}")));
        cx.respond(id, response);
    }

    /// A target gave no answer; nobody else is asked (ALB-ER-15).
    pub(super) fn broke(&mut self, cx: &mut Cx<'_>, id: ExchangeId, failure: LinkFailure) {
        let (status, row) = of_failure(failure);
        if let Some(open) = self.exchanges.get(&id).filter(|open| !open.answered) {
            self.meters.of_group(cx, &open.load_balancer, &open.settings.arn).failed(failure);
            self.log.note(id, |entry| entry.target_failed(failure));
        }
        self.error(cx, id, status, || (failure.words().to_owned(), row));
    }

    /// The registrations are gone: what is under way on them has failed (ALB-TG-08). Bodies that
    /// are on their way to a client already are left to come to their end.
    pub(super) fn give_up(&mut self, cx: &mut Cx<'_>, numbers: &[u64]) {
        if numbers.is_empty() {
            return;
        }
        let waiting = |open: &Open| !open.answered && numbers.contains(&open.number);
        let lost: Vec<ExchangeId> =
            self.exchanges.iter().filter(|(_, open)| waiting(open)).map(|(id, _)| *id).collect();
        for id in lost {
            self.functions.forget(id);
            cx.emit(Out::Cancel { caller: Caller::Exchange(id) });
            let says = || ("the deregistration delay is over".to_owned(), "ALB-TG-08");
            self.error(cx, id, 502, says);
        }
    }

    pub(super) fn error(
        &mut self,
        cx: &mut Cx<'_>,
        id: ExchangeId,
        status: u16,
        why: impl FnOnce() -> (String, &'static str),
    ) {
        let Some(open) = self.exchanges.get_mut(&id) else { return };
        if std::mem::replace(&mut open.answered, true) {
            return;
        }
        let link = &open.link;
        cx.note(|| {
            let (why, row) = why();
            fact("error", format!("{link}: {why}; the answer is {status}")).row(row)
        });
        let mut response = open.own(self.date.at(cx.now)).error(status);
        response.close = open.close;
        self.meters.of(cx, &open.load_balancer).own(status);
        self.log.note(id, |entry| entry.answers(&response));
        cx.respond(id, response);
    }

    /// An exchange is over; its target has one request less.
    pub(super) fn over(&mut self, cx: &mut Cx<'_>, id: ExchangeId, finish: Finish) {
        let Some(open) = self.exchanges.remove(&id) else { return };
        self.functions.forget(id);
        self.groups.done(open.number);
        if finish == Finish::ViewerGone && !open.answered {
            // Nobody reads the status any more; the log does (ALB-ER-09).
            self.meters.of(cx, &open.load_balancer).own(460);
            let line = format!("460: the client left before {} had answered", open.link);
            cx.log("elbv2", line);
        }
    }
}

impl Open {
    /// For an answer of the load balancer's own making.
    pub(super) fn own<'a>(&'a self, date: &'a str) -> Own<'a> {
        Own { listener: &self.listener, date, to_head: self.to_head }
    }
}

impl<'a> Place<'a> {
    fn of(listener: &'a Listener, rule: Option<&'a Rule>) -> Self {
        match rule {
            Some(rule) => Self { resource: &rule.arn, property: "Actions[0]" },
            None => Self { resource: &listener.arn, property: "DefaultActions[0]" },
        }
    }
}

/// What never reaches a rule: the status, the row and the reason.
fn refusal(request: &Request, verdict: Verdict) -> Option<(u16, &'static str, &'static str)> {
    if verdict == Verdict::Refuse {
        return Some((400, "ALB-HD-11", "the request does not comply with HTTP"));
    }
    if request.head.target.len() > LINE_BYTES_MAX {
        return Some((414, "ALB-ER-08", "the URL is longer than 16 K"));
    }
    let headers = &request.head.headers;
    if headers.iter().any(|(name, value)| name.len() + value.len() > LINE_BYTES_MAX) {
        return Some((400, "ALB-ER-07", "a header is longer than 16 K"));
    }
    if request.head.version == Version::Http11 && !headers.contains("Host") {
        return Some((400, "ALB-ER-07", "the request has no Host"));
    }
    if matches!(&request.head.method, Method::Other(method) if **method == *"TRACE") {
        return Some((405, "ALB-LS-04", "TRACE is not allowed"));
    }
    if x_forwarded::addresses(headers) > x_forwarded::ADDRESSES_MAX {
        return Some((463, "ALB-ER-10", "X-Forwarded-For has more than 30 addresses"));
    }
    None
}

fn fact(step: &'static str, says: impl Into<String>) -> Fact {
    Fact::new(ServiceName::Elbv2, step, says)
}

fn desync_fact(balancer: &LoadBalancer, class: Class, verdict: Verdict) -> Fact {
    let then = match verdict {
        Verdict::Forward => "it is let through",
        Verdict::ForwardAndClose => "it is let through and the connection closed",
        Verdict::Refuse => "it is refused",
    };
    fact("desync mitigation", format!("the request is {}; {then}", class.reason()))
        .setting(&balancer.arn, "LoadBalancerAttributes")
        .row("ALB-HD-11")
}

fn rule_fact(listener: &Listener, rule: Option<&Rule>, place: Place<'_>) -> Fact {
    let Some(rule) = rule else {
        let says = match listener.rules.len() {
            0 => "the listener has no rules; its default action applies".to_owned(),
            count => format!("none of {count} rules matches; the default action applies"),
        };
        return fact("rule", says).setting(place.resource, "DefaultActions").row("ALB-RU-01");
    };
    let fields: Vec<&str> = rule.conditions.iter().map(Condition::field).collect();
    let says = format!("priority {} matches: {}", rule.priority, fields.join(", "));
    fact("rule", says).setting(place.resource, "Conditions").row("ALB-RU-01")
}

fn group_fact(forward: &Forward, chosen: Option<usize>, place: Place<'_>) -> Fact {
    let says = match chosen {
        None => "every target group of the action has weight 0".to_owned(),
        Some(at) => {
            let group = &forward.target_groups[at];
            let total: u32 = forward.target_groups.iter().map(|group| group.weight).sum();
            let name = group.arn.rsplit('/').nth(1).unwrap_or(&group.arn);
            match forward.target_groups.len() {
                1 => format!("the action forwards to {name}"),
                _ => format!("the action forwards to {name}, weight {} of {total}", group.weight),
            }
        }
    };
    fact("target group", says).setting(place.resource, place.property).row("ALB-AC-02")
}

fn target_fact(group: &Group, at: usize, stuck: bool) -> Fact {
    let member = &group.members[at];
    let state = member.health.state().name();
    let (says, row) = if stuck {
        (format!("{} is the client's own by its cookie", member.link), "ALB-TG-13")
    } else if group.fails_open() {
        let (healthy, all) = (group.healthy, group.registered);
        let says = format!(
            "{} is {state} and gets it all the same: {healthy} of {all} targets are healthy, \
             so all of them are asked",
            member.link
        );
        (says, "ALB-FO-01")
    } else {
        let (healthy, all) = (group.healthy, group.registered);
        (format!("{} of {healthy} healthy targets ({all} registered)", member.link), "ALB-TG-11")
    };
    fact("target", says).setting(&group.settings.arn, "TargetGroupAttributes").row(row)
}
