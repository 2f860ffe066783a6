//! Keeps a service at its desired count: looks how its tasks stand, and carries out the plan.

use standin_kernel::{Cx, Duration, Time};

use super::deployment::{Cause, Deployment};
use super::desk::ServiceTimer;
use super::plan::{self, Census, Member, Plan, Rank, Share};
use super::service::Service;
use super::standing::Standing;
use super::task::{NewTask, Task};
use super::view::{RolloutState, ServiceStatus, StopCode};
use super::{SHOWN_FOR, Scheduler, events, task_arn};

/// "Has reached a steady state" is repeated this often while nothing changes (ECS-EV-02).
const STEADY_EVERY: Duration = Duration::from_secs(6 * 3600);

impl Scheduler {
    pub(super) fn reconcile(&mut self, cx: &mut Cx<'_>, arn: &str) {
        self.judge(cx, arn);
        let Some(census) = self.census(cx, arn) else { return };
        let plan = census.plan();
        self.carry_out(cx, arn, &census, &plan);
        self.conclude(cx, arn);
        if let Some(service) = self.services.get_mut(arn) {
            service.store(cx);
        }
    }

    /// How the service's tasks stand now.
    pub(super) fn census(&self, cx: &Cx<'_>, arn: &str) -> Option<Census> {
        let service = self.services.get(arn)?;
        let settings = &service.kept.settings;
        let desired = settings.desired_count;
        let shares = service.kept.deployments.iter().enumerate().map(|(index, deployment)| {
            let desired = if index == 0 { desired } else { deployment.share.min(desired) };
            Share {
                desired: usize::try_from(desired).unwrap_or(usize::MAX),
                open: deployment.throttle.opens_at() <= cx.now,
                failed: deployment.rollout == RolloutState::Failed,
            }
        });
        let bounds = &settings.deployment;
        Some(Census {
            desired: usize::try_from(desired).unwrap_or(usize::MAX),
            floor: plan::floor(desired, bounds.minimum_healthy_percent),
            ceiling: plan::ceiling(desired, bounds.maximum_percent),
            shares: shares.collect(),
            members: self.living(arn).map(|task| member(cx, service, task)).collect(),
        })
    }

    /// Says which tasks have become unhealthy, counts them, and notes which have become healthy.
    fn judge(&mut self, cx: &mut Cx<'_>, arn: &str) {
        let Some(service) = self.services.get_mut(arn) else { return };
        service.events.flush(cx, arn);
        let grace = service.kept.settings.health_check_grace_period_s;
        let desired = service.kept.settings.desired_count;
        let breaker = service.kept.settings.deployment.circuit_breaker.clone();
        let resets = breaker.as_ref().is_none_or(|breaker| breaker.reset_on_healthy_task);
        let mine = |task: &&mut Task| task.service_arn.as_deref() == Some(arn);
        for task in self.tasks.values_mut().filter(mine) {
            let standing = task.standing(cx, grace);
            let id = task.deployment.clone().unwrap_or_default();
            match standing {
                Standing::Unhealthy(cause) if !task.found_unhealthy => {
                    task.found_unhealthy = true;
                    service.say(cx, &events::unhealthy(&task.id, &cause));
                    service.steady = false;
                    let Some(deployment) = service.deployment(&id) else { continue };
                    if deployment.rollout == RolloutState::InProgress && !task.counted {
                        task.counted = true;
                        deployment.failed_tasks += 1;
                        service.dirty = true;
                    }
                }
                Standing::Healthy => {
                    task.found_unhealthy = false;
                    let first = !std::mem::replace(&mut task.was_healthy, true);
                    let Some(deployment) = service.deployment(&id) else { continue };
                    if first && resets && deployment.rollout == RolloutState::InProgress {
                        deployment.failed_tasks = 0;
                        service.dirty = true;
                    }
                }
                _ => {}
            }
        }
        if service.primary().trips(breaker.as_ref(), desired) {
            service.trip(cx, breaker.is_some_and(|breaker| breaker.rollback), Cause::Tasks);
        }
    }

    fn carry_out(&mut self, cx: &mut Cx<'_>, arn: &str, census: &Census, plan: &Plan) {
        let Some(service) = self.services.get_mut(arn) else { return };
        for (deployment, share) in service.kept.deployments.iter_mut().zip(&plan.shares).skip(1) {
            let share = u32::try_from(*share).unwrap_or(u32::MAX);
            service.dirty |= deployment.share != share;
            deployment.share = share;
        }
        for (deployment, share) in service.kept.deployments.iter().zip(&census.shares) {
            if !share.open {
                let at = deployment.throttle.opens_at();
                self.desk.set_service_by(arn, ServiceTimer::Reconcile, at);
            }
        }
        if plan.stuck && !std::mem::replace(&mut service.primary().said_stuck, true) {
            service.say(
                cx,
                " was unable to stop or start tasks during a deployment because of the service \
                 deployment configuration. Update the minimumHealthyPercent or maximumPercent \
                 value and try again.",
            );
        }
        let unhealthy = census.total(Rank::Unhealthy);
        for (share, count) in plan.start.iter().enumerate().filter(|(_, count)| **count > 0) {
            self.start_tasks(cx, arn, share, *count, unhealthy);
        }
        self.stop_tasks(cx, arn, &plan.stop);
        if !plan.make_room.is_empty() {
            let at = cx.rng.below(plan.make_room.len() as u64);
            let chosen = plan.make_room[usize::try_from(at).unwrap_or(0)].clone();
            self.stop_tasks(cx, arn, &[chosen]);
        }
    }

    fn start_tasks(
        &mut self,
        cx: &mut Cx<'_>,
        arn: &str,
        share: usize,
        count: usize,
        unhealthy: usize,
    ) {
        let Some(service) = self.services.get_mut(arn) else { return };
        let settings = service.kept.settings.clone();
        let deployment = &mut service.kept.deployments[share];
        let attempt = deployment.throttle.attempt();
        let new = deployment.clone();
        let mut started = Vec::new();
        for _ in 0..count {
            let serial = self.desk.numbers.task(cx);
            let Some(address) = self.desk.addresses.take(cx.env, serial) else { break };
            let id = cx.rng.hex(32);
            started.push(id.clone());
            let task = new_task(&settings, &new, NewIds { id, serial, attempt, address });
            self.begin(cx, Task::new(task, cx.now));
        }
        let Some(service) = self.services.get_mut(arn) else { return };
        service.steady = false;
        if started.len() < count {
            service.say(
                cx,
                " was unable to place a task. Reason: Capacity is unavailable at this time. Please \
                 try again later.",
            );
            let again = cx.now + Duration::from_secs(60);
            self.desk.set_service_by(arn, ServiceTimer::Reconcile, again);
        }
        if !started.is_empty() {
            let replaced = unhealthy.min(started.len());
            service.say(cx, &events::started(&started, replaced));
        }
    }

    fn stop_tasks(&mut self, cx: &mut Cx<'_>, arn: &str, tasks: &[String]) {
        let Some(service) = self.services.get_mut(arn) else { return };
        let grace = service.kept.settings.health_check_grace_period_s;
        let scaling =
            format!("Scaling activity initiated by (deployment {})", service.primary().id);
        let ids = tasks.iter().filter_map(|task| self.tasks.get(task)).map(|task| task.id.clone());
        let ids: Vec<_> = ids.collect();
        if ids.is_empty() {
            return;
        }
        service.steady = false;
        service.say(cx, &events::stopped(&ids));
        for key in tasks {
            let Some(task) = self.tasks.get_mut(key) else { continue };
            let reason = match task.standing(cx, grace) {
                Standing::Unhealthy(cause) => cause.stopped_reason(),
                _ => scaling.clone(),
            };
            task.begin_stop(cx, &mut self.desk, StopCode::ServiceSchedulerInitiated, reason);
            self.after(cx, key);
        }
    }

    /// Completes the deployment, says that the service is steady, ends a deleted service.
    fn conclude(&mut self, cx: &mut Cx<'_>, arn: &str) {
        let Some(census) = self.census(cx, arn) else { return };
        let Some(service) = self.services.get_mut(arn) else { return };
        let older = census.members.iter().any(|member| member.share > 0);
        if service.kept.status != ServiceStatus::Active {
            if census.members.is_empty() && service.kept.status == ServiceStatus::Draining {
                service.kept.status = ServiceStatus::Inactive;
                service.kept.inactive_since = Some(cx.now);
                service.dirty = true;
                self.desk.clear_service(arn, ServiceTimer::StillSteady);
                self.desk.set_service(arn, ServiceTimer::Forget, cx.now + SHOWN_FOR);
            }
            return;
        }
        let healthy = census.count(0, Rank::Healthy);
        let all_healthy = healthy == census.desired;
        if all_healthy && !older {
            match service.bakes_until(cx.now) {
                None => service.complete(cx),
                Some(until) if until < Time(u64::MAX) => {
                    self.desk.set_service_by(arn, ServiceTimer::Reconcile, until);
                }
                Some(_) => {}
            }
        }
        let settled = all_healthy && census.members.len() == healthy;
        let completed = service.primary().rollout == RolloutState::Completed;
        if settled && completed && !service.steady {
            service.steady = true;
            service.say(cx, " has reached a steady state.");
            self.desk.set_service(arn, ServiceTimer::StillSteady, cx.now + STEADY_EVERY);
        }
    }

    pub(super) fn still_steady(&mut self, cx: &mut Cx<'_>, arn: &str) {
        let Some(service) = self.services.get_mut(arn) else { return };
        if service.steady {
            service.say(cx, " has reached a steady state.");
            self.desk.set_service(arn, ServiceTimer::StillSteady, cx.now + STEADY_EVERY);
        }
    }
}

impl Service {
    /// All tasks of the newest deployment are healthy and none of an older one is left (ECS-CB-06).
    fn complete(&mut self, cx: &mut Cx<'_>) {
        let before = self.kept.deployments.len();
        self.kept.deployments.truncate(1);
        self.dirty |= self.kept.deployments.len() != before;
        if self.primary().rollout == RolloutState::InProgress {
            self.primary().complete(cx.now);
            self.kept.completed = Some(self.primary().clone());
            self.dirty = true;
            let text = format!(" (deployment {}) deployment completed.", self.primary().id);
            self.say(cx, &text);
        }
    }
}

fn member(cx: &Cx<'_>, service: &Service, task: &Task) -> Member {
    let of = |deployment: &Deployment| task.deployment.as_deref() == Some(&deployment.id);
    // A deployment is kept as long as there are tasks of it.
    let share = service.kept.deployments.iter().position(of).unwrap_or(0);
    let rank = match task.standing(cx, service.kept.settings.health_check_grace_period_s) {
        Standing::Pending => Rank::Pending,
        Standing::Running => Rank::Running,
        Standing::Healthy => Rank::Healthy,
        Standing::Unhealthy(_) => Rank::Unhealthy,
        Standing::Leaving => Rank::Leaving,
    };
    Member { task: task.arn.clone(), share, rank, serial: task.serial }
}

struct NewIds {
    id: String,
    serial: u64,
    attempt: u64,
    address: std::net::Ipv4Addr,
}

fn new_task(settings: &crate::config::Service, deployment: &Deployment, ids: NewIds) -> NewTask {
    NewTask {
        arn: task_arn(&settings.cluster_arn, &ids.id),
        id: ids.id,
        cluster_arn: settings.cluster_arn.clone(),
        service_arn: Some(settings.arn.clone()),
        deployment: Some(deployment.id.clone()),
        definition: deployment.definition.clone(),
        group: format!("service:{}", settings.name),
        started_by: Some(deployment.id.clone()),
        overrides: serde_json::Value::Null,
        address: ids.address,
        serial: ids.serial,
        attempt: ids.attempt,
        load_balancers: deployment.load_balancers.clone(),
    }
}
