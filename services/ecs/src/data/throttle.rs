//! Decides when the next tasks may be started: soon after one has stopped, later and later when
//! they cannot start at all (ECS-SV-08).

use standin_kernel::{Duration, Env, Time};

/// AWS names the largest delay, 27 minutes, and that the delay grows; the first one and the
/// doubling are ours.
const FIRST_DELAY: Duration = Duration::from_secs(5);
const LARGEST_DELAY: Duration = Duration::from_secs(27 * 60);

/// The throttle of one deployment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Throttle {
    /// Attempts in a row that did not bring a task to RUNNING.
    failures: u32,
    /// Numbers the attempts, so that the tasks started together count once.
    attempt: u64,
    open_at: Time,
}

impl Throttle {
    /// When tasks may be started again.
    pub(crate) fn opens_at(&self) -> Time {
        self.open_at
    }

    /// Tasks are being started; gives the number of the attempt.
    pub(crate) fn attempt(&mut self) -> u64 {
        self.attempt += 1;
        self.attempt
    }

    /// A task reached RUNNING.
    pub(crate) fn started(&mut self) {
        self.failures = 0;
    }

    /// A task that had been running stopped: no throttle, only the scheduler's own pace.
    pub(crate) fn stopped(&mut self, now: Time, env: &Env) {
        let soon = env.paced(Duration::from_secs(1), Duration::from_secs(5));
        self.open_at = self.open_at.max(now + soon);
    }

    /// A task of `attempt` stopped without having been RUNNING. Says whether the delay grew, which
    /// is when AWS reports it.
    pub(crate) fn failed(&mut self, attempt: u64, now: Time, env: &Env) -> bool {
        if attempt != self.attempt {
            return false;
        }
        self.attempt += 1;
        self.failures += 1;
        let delay = self.delay();
        if delay.is_zero() {
            self.stopped(now, env);
        } else {
            self.open_at = now + delay;
        }
        !delay.is_zero()
    }

    /// One failure is no "repeatedly".
    fn delay(&self) -> Duration {
        match self.failures {
            0 | 1 => Duration::ZERO,
            failures => {
                let doublings = (failures - 2).min(16);
                (FIRST_DELAY * 2_u32.pow(doublings)).min(LARGEST_DELAY)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail_once(throttle: &mut Throttle, now: Time) -> (bool, Duration) {
        let attempt = throttle.attempt();
        let grew = throttle.failed(attempt, now, &Env::default());
        (grew, throttle.opens_at().since(now))
    }

    #[test]
    fn ecs_sv_08_attempts_come_further_apart_up_to_27_minutes() {
        let mut throttle = Throttle::default();
        let waits: Vec<_> = (0..14)
            .map(|n| fail_once(&mut throttle, Time::from_seconds(n * 10_000)).1.as_secs())
            .collect();
        assert_eq!(waits[..5], [1, 5, 10, 20, 40]);
        assert!(waits.is_sorted());
        assert_eq!(waits.last(), Some(&(27 * 60)));
    }

    #[test]
    fn tasks_started_together_count_once() {
        let mut throttle = Throttle::default();
        fail_once(&mut throttle, Time::from_seconds(1));
        let (now, env) = (Time::from_seconds(2), Env::default());
        let attempt = throttle.attempt();
        assert!(throttle.failed(attempt, now, &env));
        assert!(!throttle.failed(attempt, now, &env));
        assert_eq!(throttle.opens_at(), now + FIRST_DELAY);
    }

    #[test]
    fn ecs_sv_08_a_task_that_was_running_is_not_throttled() {
        let mut throttle = Throttle::default();
        for second in 0..10 {
            let now = Time::from_seconds(second * 100);
            throttle.attempt();
            throttle.started();
            throttle.stopped(now, &Env::default());
            assert_eq!(throttle.opens_at(), now + Duration::from_secs(1));
        }
    }
}
