//! The data plane: what becomes of each request, and which targets are fit to get one.

pub(crate) mod access_log;
mod algorithm;
mod deregistration;
mod desync;
mod error;
mod exchange;
mod fixed_response;
mod forward;
mod function;
mod health_check;
pub(crate) mod meter;
pub(crate) mod path;
pub(crate) mod pattern;
pub(crate) mod redirect;
mod request_head;
mod rule;
mod slow_start;
mod stickiness;
mod target_group;
mod target_health;
#[cfg(test)]
mod tests;
mod trace_id;
mod x_forwarded;

use std::collections::BTreeMap;
use std::sync::Arc;

use standin_kernel::{Caller, Cx, Deadline, ExchangeId, Finish, LinkFailure, Request, Response};

use access_log::AccessLog;
use error::Date;
use exchange::Open;
use function::FunctionCalls;
use meter::Meters;
use target_group::{TargetGroups, Timer};

use crate::config::{LoadBalancer, Target, TargetGroup};

pub(crate) use function::{PRINCIPAL, is_function_call};
pub(crate) use target_group::{Hosts, StillDraining, TargetHealth};

/// All load balancers' requests under way, and all target groups' targets. The settings come with
/// each call; this keeps what is live.
#[derive(Clone, Debug, Default)]
pub(crate) struct Balancer {
    groups: TargetGroups,
    exchanges: BTreeMap<ExchangeId, Open>,
    functions: FunctionCalls,
    date: Date,
    pub(crate) meters: Meters,
    pub(crate) log: AccessLog,
}

impl Balancer {
    /// A request on the listener at `port`; answered now or later.
    pub(crate) fn request(
        &mut self,
        cx: &mut Cx<'_>,
        exchange: ExchangeId,
        balancer: &LoadBalancer,
        port: u16,
        request: Request,
    ) {
        self.serve(cx, exchange, balancer, port, request);
    }

    /// A target answered, a request or a check.
    pub(crate) fn response(&mut self, cx: &mut Cx<'_>, caller: Caller, response: Response) {
        match caller {
            Caller::Exchange(exchange) => self.answered(cx, exchange, response),
            Caller::Own(number) => self.groups.check_answered(cx, number, &response),
        }
    }

    /// A target gave no answer.
    pub(crate) fn failed(&mut self, cx: &mut Cx<'_>, caller: Caller, failure: LinkFailure) {
        match caller {
            Caller::Exchange(exchange) => self.broke(cx, exchange, failure),
            Caller::Own(number) => self.groups.check_lost(cx, number, failure),
        }
    }

    /// An exchange is over.
    pub(crate) fn finished(&mut self, cx: &mut Cx<'_>, exchange: ExchangeId, finish: Finish) {
        self.over(cx, exchange, finish);
        self.log.finish(cx, exchange, finish);
    }

    pub(crate) fn deadline(&self) -> Option<Deadline> {
        self.groups.timers.deadline()
    }

    pub(crate) fn on_deadline(&mut self, cx: &mut Cx<'_>) {
        while let Some(timer) = self.groups.timers.pop(cx.now) {
            match timer {
                Timer::HealthCheck(number) => self.groups.check(cx, number),
                Timer::HealthCheckTimeout(number) => self.groups.check_timed_out(cx, number),
                Timer::DeregistrationDelay(number) => {
                    self.groups.drop_member(cx, number);
                    self.give_up(cx, &[number]);
                }
            }
        }
    }

    /// A new target group, or new settings of one: checks follow at once. After a restart the
    /// control plane tells of every group, target and use again; targets begin as `initial`.
    pub(crate) fn set_target_group(&mut self, cx: &mut Cx<'_>, settings: Arc<TargetGroup>) {
        self.groups.set(cx, settings);
    }

    /// A target group is deleted, its targets with it.
    pub(crate) fn remove_target_group(&mut self, cx: &mut Cx<'_>, arn: &str) {
        self.groups.remove(cx, arn);
    }

    /// Whether some listener's rule or default action forwards to the group. A group begins as not
    /// in use; saying the same twice does nothing.
    pub(crate) fn in_use(&mut self, cx: &mut Cx<'_>, arn: &str, in_use: bool) {
        self.groups.in_use(cx, arn, in_use);
        self.meters.begin(cx);
    }

    /// Registers a target; one that is registered already stays as it is. An ip target that is
    /// still draining is refused.
    pub(crate) fn register(
        &mut self,
        cx: &mut Cx<'_>,
        arn: &str,
        target: Target,
    ) -> Result<(), StillDraining> {
        self.meters.begin(cx);
        self.groups.register(cx, arn, target)
    }

    /// Deregisters every registration of `id`, or only that with `port`; an absent one is no error.
    pub(crate) fn deregister(&mut self, cx: &mut Cx<'_>, arn: &str, id: &str, port: Option<u16>) {
        let gone = self.groups.deregister(cx, arn, id, port);
        self.give_up(cx, &gone);
    }

    /// The group's targets in the order of their registration, draining ones included.
    pub(crate) fn health(&self, arn: &str) -> Vec<TargetHealth> {
        self.groups.health(arn)
    }

    /// How many targets of each group in use were fit, since this was asked last (ALB-LG-08).
    pub(crate) fn take_hosts(&mut self) -> Vec<(Arc<str>, Hosts)> {
        let used = self.groups.groups.values_mut().filter(|group| group.in_use);
        used.filter_map(|group| Some((Arc::clone(&group.settings.arn), group.take_hosts()?)))
            .collect()
    }
}
