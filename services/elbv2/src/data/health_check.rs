//! How targets are checked: a GET at an interval, on a phase of its own for each target.

use std::sync::Arc;

use standin_kernel::{
    Address, ApiError, Body, Bytes, Caller, Cx, Duration, Headers, Identity, LegRequest,
    LinkFailure, Out, RequestHead, Response, ResponseHead, Value,
};

use super::function;
use super::target_group::{TargetGroups, Timer};
use super::target_health::{Failure, State, Thresholds};
use crate::config::{Protocol, TargetGroup, TargetType};

/// How checks name themselves (ALB-HC-07).
const USER_AGENT: &str = "ELB-HealthChecker/2.0";
/// How checks name their source to faults and traces.
const FROM: &str = "elb-health-checker";

impl TargetGroups {
    /// The first check comes at a moment of its own within the interval.
    pub(super) fn schedule_first(&mut self, cx: &mut Cx<'_>, number: u64, interval: Duration) {
        let nanos = u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX);
        let phase = Duration::from_nanos(cx.rng.below(nanos));
        self.timers.set(Timer::HealthCheck(number), cx.now + phase, "health check");
    }

    /// A check is due, and so is the next one an interval later, however slowly the target answers
    /// (ALB-HC-08).
    pub(super) fn check(&mut self, cx: &mut Cx<'_>, number: u64) {
        self.check_timed_out(cx, number);
        let Some((group, at)) = self.find(number) else { return };
        let member = &mut group.members[at];
        if !member.is_checked() {
            return;
        }
        member.checking = true;
        member.health.check_begins();
        let member = &group.members[at];
        let settings = Arc::clone(&group.settings);
        let check = &settings.health_check;
        let (timeout, interval) = (check.timeout, check.interval);
        let socket = member.check_socket(&settings);
        let link = member.link.clone();
        // The timeout is for the whole check, the connection included. Set first, it also comes
        // first when it ends with the interval.
        let timer = Timer::HealthCheckTimeout(number);
        self.timers.set(timer, cx.now + timeout, "health check timeout");
        self.timers.set(Timer::HealthCheck(number), cx.now + interval, "health check");
        let mut head = RequestHead::get(&socket.to_string(), &check.path);
        if settings.target_type == TargetType::Lambda {
            head.headers = Headers::from_iter([("User-Agent", USER_AGENT)]);
            return self.check_function(cx, number, &settings, &head);
        }
        head.headers.append("User-Agent", USER_AGENT);
        let request = LegRequest {
            to: Address::Socket(socket),
            tls: check.protocol == Protocol::Https,
            head,
            with_body: false,
            identity: Identity::Anonymous,
            connect_timeout: check.timeout,
            response_timeout: check.timeout,
            from: FROM.into(),
            link,
        };
        cx.send(Caller::Own(number), request);
    }

    /// A function is checked by an event like that of a request.
    fn check_function(
        &mut self,
        cx: &mut Cx<'_>,
        number: u64,
        settings: &TargetGroup,
        head: &RequestHead,
    ) {
        self.last_check += 1;
        let ticket = function::FOR_CHECKS | self.last_check;
        self.checks.insert(ticket, number);
        let Some(member) = self.member(number) else { return };
        let event = function::event(settings, head, &Bytes::new());
        function::invoke(cx, ticket, settings, &member.target.id, &event);
    }

    /// A function has answered a check.
    pub(super) fn check_replied(
        &mut self,
        cx: &mut Cx<'_>,
        ticket: u64,
        reply: Result<Value, ApiError>,
    ) {
        let Some(number) = self.checks.remove(&ticket) else { return };
        let Some((group, _)) = self.find(number) else { return };
        match function::answer(&group.settings, reply) {
            Ok(answer) => {
                let head = ResponseHead::new(answer.status);
                self.check_answered(cx, number, &Response::new(head, Body::Empty));
            }
            Err(_) => self.check_lost(cx, number, LinkFailure::BadResponse),
        }
    }

    /// Nobody waits any more for what comes of a check.
    fn drop_check(&mut self, cx: &mut Cx<'_>, number: u64) {
        let before = self.checks.len();
        self.checks.retain(|_, of| *of != number);
        if self.checks.len() == before {
            cx.emit(Out::Cancel { caller: Caller::Own(number) });
        }
    }

    /// A check was answered.
    pub(crate) fn check_answered(&mut self, cx: &mut Cx<'_>, number: u64, response: &Response) {
        let Some((group, at)) = self.find(number) else { return };
        if !std::mem::take(&mut group.members[at].checking) {
            return;
        }
        let status = response.head.status;
        let result = match group.settings.health_check.matcher.accepts(status) {
            true => Ok(()),
            false => Err(Failure::Code(status)),
        };
        self.timers.clear(&Timer::HealthCheckTimeout(number));
        self.judge(cx, number, result);
    }

    /// A check came to nothing.
    pub(crate) fn check_lost(&mut self, cx: &mut Cx<'_>, number: u64, failure: LinkFailure) {
        let Some((group, at)) = self.find(number) else { return };
        if !std::mem::take(&mut group.members[at].checking) {
            return;
        }
        self.timers.clear(&Timer::HealthCheckTimeout(number));
        let failure = match failure {
            LinkFailure::ConnectTimeout | LinkFailure::ResponseTimeout => Failure::Timeout,
            LinkFailure::NameNotFound
            | LinkFailure::Refused
            | LinkFailure::Tls
            | LinkFailure::Closed
            | LinkFailure::BadResponse
            | LinkFailure::HeadTooLarge => Failure::Failed,
        };
        self.judge(cx, number, Err(failure));
    }

    /// A check that is still under way is given up.
    pub(super) fn check_timed_out(&mut self, cx: &mut Cx<'_>, number: u64) {
        let Some((group, at)) = self.find(number) else { return };
        if std::mem::take(&mut group.members[at].checking) {
            self.drop_check(cx, number);
            self.timers.clear(&Timer::HealthCheckTimeout(number));
            self.judge(cx, number, Err(Failure::Timeout));
        }
    }

    fn judge(&mut self, cx: &mut Cx<'_>, number: u64, result: Result<(), Failure>) {
        let now = cx.now;
        let Some((group, at)) = self.find(number) else { return };
        let check = &group.settings.health_check;
        let thresholds =
            Thresholds { healthy: check.healthy_threshold, unhealthy: check.unhealthy_threshold };
        let health = &mut group.members[at].health;
        let before = health.state();
        match result {
            Ok(()) => health.passed(thresholds),
            Err(failure) => health.failed(failure, thresholds),
        }
        let after = health.state();
        if before.name() == after.name() {
            return;
        }
        let was_open = group.fails_open();
        if after == State::Healthy {
            group.enter_slow_start(at, now);
        } else {
            group.members[at].slow_since = None;
        }
        group.count();
        let (name, link) = (&group.settings.name, &group.members[at].link);
        let why = after.description().map(|why| format!(": {why}")).unwrap_or_default();
        cx.log("elbv2", format!("target {link} in {name} is {}{why}", after.name()));
        if group.fails_open() && !was_open {
            let line = format!("{name} has too few healthy targets: requests go to all of them");
            cx.log("elbv2", line);
        }
    }

    /// No more checks of this target; one under way is dropped.
    pub(super) fn stop_checks(&mut self, cx: &mut Cx<'_>, number: u64) {
        if let Some((group, at)) = self.find(number) {
            group.members[at].checking = false;
        }
        self.timers.clear(&Timer::HealthCheck(number));
        if self.timers.at(&Timer::HealthCheckTimeout(number)).is_some() {
            self.timers.clear(&Timer::HealthCheckTimeout(number));
            self.drop_check(cx, number);
        }
    }

    /// A registration is gone.
    pub(super) fn forget_timers(&mut self, cx: &mut Cx<'_>, number: u64) {
        self.stop_checks(cx, number);
        self.timers.clear(&Timer::DeregistrationDelay(number));
        self.owners.remove(&number);
    }
}
