//! Alarms that fail a deployment, and how long they are watched after its tasks are all there
//! (ECS-AL-01 to ECS-AL-04).

use serde::{Deserialize, Serialize};
use standin_kernel::{ApiError, Cx, Duration, Time, Value, json};

use super::Scheduler;
use super::deployment::Cause;
use super::desk::{Call, ServiceTimer};
use super::service::Service;
use super::view::RolloutState;
use crate::config::Alarms;

/// Time between two looks at the alarms.
const BETWEEN_LOOKS: Duration = Duration::from_secs(5);

/// How the alarms of a deployment are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Watch {
    /// They have not been seen yet.
    #[default]
    Begins,
    /// They count, and will for so long after the tasks are all there.
    Watching { bake: Duration },
    /// All tasks are there.
    Baking { until: Time },
    /// One was in ALARM when the deployment began: none counts (ECS-AL-03).
    Ignored,
}

impl Scheduler {
    /// A deployment has begun, or goes on after a restart.
    pub(super) fn watch_alarms(&mut self, cx: &Cx<'_>, arn: &str) {
        if self.services.get(arn).is_some_and(Service::watches_alarms) {
            self.desk.set_service(arn, ServiceTimer::LookAtAlarms, cx.now);
        }
    }

    pub(super) fn look_at_alarms(&mut self, cx: &mut Cx<'_>, arn: &str) {
        let Some(service) = self.services.get(arn).filter(|one| one.watches_alarms()) else {
            return;
        };
        let Some(alarms) = &service.kept.settings.deployment.alarms else { return };
        let types = ["MetricAlarm", "CompositeAlarm"];
        let input = json!({"AlarmNames": alarms.names, "AlarmTypes": types});
        let deployment = service.kept.deployments[0].id.clone();
        let call = Call::Alarms { service: arn.to_owned(), deployment };
        self.desk.set_service(arn, ServiceTimer::LookAtAlarms, cx.now + BETWEEN_LOOKS);
        self.desk.call(cx, call, "cloudwatch:DescribeAlarms", input);
    }

    /// What CloudWatch says of the alarms of a deployment.
    pub(super) fn alarms_seen(
        &mut self,
        cx: &mut Cx<'_>,
        (arn, deployment): (&str, &str),
        reply: &Result<Value, ApiError>,
    ) {
        let Some(service) = self.services.get_mut(arn).filter(|one| one.watches_alarms()) else {
            return;
        };
        let Some(Alarms { rollback, .. }) = service.kept.settings.deployment.alarms else { return };
        if service.primary().id != deployment {
            return;
        }
        let seen = reply.as_ref().map(shown).unwrap_or_default();
        let ringing = seen.iter().find(|alarm| alarm["StateValue"] == "ALARM");
        let ringing = ringing.and_then(|alarm| alarm["AlarmName"].as_str());
        match (service.primary().watch, ringing) {
            (Watch::Begins, Some(name)) => {
                service.primary().watch = Watch::Ignored;
                let id = &service.primary().id;
                let line = format!("(deployment {id}) {name} is in ALARM: no alarm counts for it");
                cx.log("ecs", line);
            }
            (Watch::Begins, None) => {
                let bake = seen.iter().map(span).max().unwrap_or_default();
                service.primary().watch = Watch::Watching { bake };
            }
            (_, Some(_)) => service.trip(cx, rollback, Cause::Alarm),
            (_, None) => return,
        }
        service.dirty = true;
        self.reconcile_soon(cx, arn);
    }
}

impl Service {
    /// Whether the newest deployment's alarms count now. One that is a way back is not watched, as
    /// the circuit breaker does not watch it.
    pub(super) fn watches_alarms(&self) -> bool {
        let newest = &self.kept.deployments[0];
        self.kept.settings.deployment.alarms.is_some()
            && newest.rollout == RolloutState::InProgress
            && !newest.is_rollback
            && newest.watch != Watch::Ignored
    }

    /// All tasks are there: until when the deployment still waits; `None`: it is complete
    /// (ECS-AL-04). `Time(u64::MAX)`: until its alarms have been seen.
    pub(super) fn bakes_until(&mut self, now: Time) -> Option<Time> {
        if !self.watches_alarms() {
            return None;
        }
        let until = match self.primary().watch {
            Watch::Begins => return Some(Time(u64::MAX)),
            Watch::Watching { bake } => now + bake,
            Watch::Baking { until } => until,
            Watch::Ignored => return None,
        };
        if until <= now {
            return None;
        }
        self.dirty |= self.primary().watch != Watch::Baking { until };
        self.primary().watch = Watch::Baking { until };
        Some(until)
    }
}

fn shown(reply: &Value) -> Vec<Value> {
    let lists = ["MetricAlarms", "CompositeAlarms"];
    lists.iter().filter_map(|list| reply[*list].as_array()).flatten().cloned().collect()
}

/// How long a metric alarm looks back; a composite one does not.
fn span(alarm: &Value) -> Duration {
    let number = |name: &str| alarm[name].as_u64();
    let of_metrics = || {
        let metrics = alarm["Metrics"].as_array().into_iter().flatten();
        metrics.filter_map(|one| one["MetricStat"]["Period"].as_u64()).max()
    };
    let period_s = number("Period").or_else(of_metrics).unwrap_or(0);
    Duration::from_secs(period_s.saturating_mul(number("EvaluationPeriods").unwrap_or(0)))
}
