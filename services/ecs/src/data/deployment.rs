//! A deployment of a service: which task definition, how far it has come, and when it has failed.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use standin_kernel::{Rng, Time};

use super::alarm::Watch;
use super::throttle::Throttle;
use super::view::RolloutState;
use crate::config::{CircuitBreaker, LoadBalancer, TaskDefinition, Threshold};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Deployment {
    /// `ecs-svc/` and 19 digits.
    pub(crate) id: String,
    #[serde(with = "super::shared")]
    pub(crate) definition: Arc<TaskDefinition>,
    pub(crate) load_balancers: Vec<LoadBalancer>,
    pub(crate) created_at: Time,
    pub(crate) updated_at: Time,
    pub(crate) rollout: RolloutState,
    pub(crate) rollout_reason: String,
    pub(crate) failed_tasks: u32,
    /// For an older deployment: how many tasks it still keeps.
    pub(crate) share: u32,
    /// The circuit breaker went back to it; it does not watch it (ECS-CB-05).
    pub(crate) is_rollback: bool,
    /// Over its alarms, if it has some.
    #[serde(default)]
    pub(crate) watch: Watch,
    #[serde(skip)]
    pub(crate) throttle: Throttle,
    /// It was reported that the bounds leave no room (ECS-SV-03).
    #[serde(skip)]
    pub(crate) said_stuck: bool,
}

/// What fails a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The circuit breaker (ECS-CB-01).
    Tasks,
    /// ECS-AL-01
    Alarm,
}

impl Cause {
    const fn method(self) -> &'static str {
        match self {
            Self::Tasks => "ECS deployment circuit breaker",
            Self::Alarm => "ECS deployment alarms",
        }
    }

    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Tasks => "tasks failed to start",
            Self::Alarm => "alarm detected",
        }
    }
}

impl Deployment {
    pub(crate) fn new(
        rng: &mut Rng,
        now: Time,
        definition: Arc<TaskDefinition>,
        load_balancers: Vec<LoadBalancer>,
    ) -> Self {
        let id = format!("ecs-svc/{}{}", 1 + rng.below(9), rng.text(18, b"0123456789"));
        let rollout_reason = format!("ECS deployment {id} in progress.");
        Self {
            id,
            definition,
            load_balancers,
            created_at: now,
            updated_at: now,
            rollout: RolloutState::InProgress,
            rollout_reason,
            failed_tasks: 0,
            share: 0,
            is_rollback: false,
            watch: Watch::default(),
            throttle: Throttle::default(),
            said_stuck: false,
        }
    }

    pub(crate) fn complete(&mut self, now: Time) {
        self.rollout = RolloutState::Completed;
        self.rollout_reason = format!("ECS deployment {} completed.", self.id);
        self.updated_at = now;
        self.is_rollback = false;
    }

    pub(crate) fn fail(&mut self, now: Time, cause: Cause) {
        self.rollout = RolloutState::Failed;
        self.rollout_reason = format!("{}: {}.", cause.method(), cause.words());
        self.updated_at = now;
    }

    /// The circuit breaker, or an alarm, leads back to it.
    pub(crate) fn roll_back_to(&mut self, now: Time, cause: Cause) {
        self.rollout = RolloutState::InProgress;
        self.rollout_reason =
            format!("{}: rolling back to deploymentId {}.", cause.method(), self.id);
        self.updated_at = now;
        self.failed_tasks = 0;
        self.is_rollback = true;
        self.throttle = Throttle::default();
        self.said_stuck = false;
    }

    /// Whether the circuit breaker gives this deployment up (ECS-CB-01).
    pub(crate) fn trips(&self, breaker: Option<&CircuitBreaker>, desired: u32) -> bool {
        let watched = self.rollout == RolloutState::InProgress && !self.is_rollback;
        watched && breaker.is_some_and(|breaker| self.failed_tasks >= breaker.tasks(desired))
    }
}

impl CircuitBreaker {
    /// How many failed tasks are too many (ECS-CB-02, ECS-CB-03).
    fn tasks(&self, desired: u32) -> u32 {
        match self.threshold {
            Threshold::Default => desired.div_ceil(2).clamp(3, 200),
            Threshold::Count(count) => count.max(1),
            Threshold::Percent(percent) => {
                let tasks = (u64::from(desired) * u64::from(percent)).div_ceil(100);
                u32::try_from(tasks).unwrap_or(u32::MAX).max(1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threshold(threshold: Threshold, desired: u32) -> u32 {
        CircuitBreaker { rollback: false, threshold, reset_on_healthy_task: true }.tasks(desired)
    }

    #[test]
    fn ecs_cb_02_half_of_the_desired_count_between_3_and_200() {
        let all = [1, 25, 400].map(|desired| threshold(Threshold::Default, desired));
        assert_eq!(all, [3, 13, 200]);
    }

    #[test]
    fn ecs_cb_03_a_count_or_a_percentage_has_no_bounds() {
        assert_eq!(threshold(Threshold::Count(1), 400), 1);
        assert_eq!(threshold(Threshold::Percent(75), 400), 300);
        assert_eq!(threshold(Threshold::Percent(10), 4), 1);
    }
}
