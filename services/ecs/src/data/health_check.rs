//! Runs a container's health check and decides what its results mean.

use standin_kernel::workload::{Exec, WorkloadId};
use standin_kernel::{Cx, Duration, Out, Time};

use super::view::Health;
use crate::config::HealthCheck;

/// The check of one container, from the container's start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checking {
    pub(crate) status: Health,
    failures_in_a_row: u32,
    under_way: Option<UnderWay>,
}

#[derive(Clone, Copy, Debug)]
struct UnderWay {
    ticket: u64,
    since: Time,
}

impl HealthCheck {
    pub(crate) const fn interval(&self) -> Duration {
        Duration::from_secs(self.interval_s as u64)
    }

    /// Program and arguments (ECS-HC-01).
    fn program(&self) -> Vec<String> {
        match self.command.split_first() {
            Some((word, rest)) if word == "CMD-SHELL" => {
                vec!["/bin/sh".into(), "-c".into(), rest.join(" ")]
            }
            Some((word, rest)) if word == "CMD" => rest.to_vec(),
            _ => self.command.clone(),
        }
    }
}

impl Checking {
    pub(crate) fn run(
        &mut self,
        cx: &mut Cx<'_>,
        check: &HealthCheck,
        workload: WorkloadId,
        ticket: u64,
    ) {
        self.under_way = Some(UnderWay { ticket, since: cx.now });
        let timeout = Duration::from_secs(u64::from(check.timeout_s));
        let exec = Exec { ticket, command: check.program(), timeout };
        cx.emit(Out::Exec { workload, exec });
    }

    /// A check ended with `code`, or ran out of time. Says whether it was the one waited for.
    pub(crate) fn done(
        &mut self,
        check: &HealthCheck,
        container_started: Time,
        ticket: u64,
        code: Option<i32>,
    ) -> bool {
        let Some(run) = self.under_way.filter(|run| run.ticket == ticket) else { return false };
        self.under_way = None;
        if code == Some(0) {
            self.status = Health::Healthy;
            self.failures_in_a_row = 0;
            return true;
        }
        // A container that was healthy once is past its start, whatever the start period says
        // (ECS-HC-03).
        let start_period = Duration::from_secs(u64::from(check.start_period_s));
        let starting =
            self.status == Health::Unknown && run.since.since(container_started) < start_period;
        if !starting {
            self.failures_in_a_row += 1;
            if self.failures_in_a_row >= check.retries {
                self.status = Health::Unhealthy;
            }
        }
        true
    }
}

/// The health of a task from those of its essential containers with a check (ECS-HC-06).
pub(crate) fn of_task(healths: impl Iterator<Item = Health>) -> Health {
    healths.reduce(worse).unwrap_or_default()
}

fn worse(one: Health, other: Health) -> Health {
    match (one, other) {
        (Health::Unhealthy, _) | (_, Health::Unhealthy) => Health::Unhealthy,
        (Health::Unknown, _) | (_, Health::Unknown) => Health::Unknown,
        (Health::Healthy, Health::Healthy) => Health::Healthy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(command: &[&str]) -> HealthCheck {
        HealthCheck {
            command: command.iter().map(ToString::to_string).collect(),
            interval_s: 5,
            timeout_s: 2,
            retries: 3,
            start_period_s: 0,
        }
    }

    fn fail_at(checking: &mut Checking, check: &HealthCheck, second: u64, code: Option<i32>) {
        let since = Time::from_seconds(second);
        checking.under_way = Some(UnderWay { ticket: 1, since });
        assert!(checking.done(check, Time(0), 1, code));
    }

    #[test]
    fn ecs_hc_01_cmd_shell_goes_through_the_shell_and_cmd_does_not() {
        assert_eq!(check(&["CMD-SHELL", "exit 1"]).program(), ["/bin/sh", "-c", "exit 1"]);
        assert_eq!(check(&["CMD", "/bin/true"]).program(), ["/bin/true"]);
        assert_eq!(check(&["/bin/true", "x"]).program(), ["/bin/true", "x"]);
    }

    #[test]
    fn ecs_hc_01_unhealthy_after_retries_in_a_row_and_healthy_after_one_success() {
        let check = check(&["CMD", "x"]);
        let mut checking = Checking::default();
        fail_at(&mut checking, &check, 5, Some(1));
        fail_at(&mut checking, &check, 10, None);
        assert_eq!(checking.status, Health::Unknown);
        fail_at(&mut checking, &check, 15, Some(2));
        assert_eq!(checking.status, Health::Unhealthy);
        fail_at(&mut checking, &check, 20, Some(0));
        assert_eq!(checking.status, Health::Healthy);
        fail_at(&mut checking, &check, 25, Some(1));
        assert_eq!(checking.status, Health::Healthy);
    }

    #[test]
    fn ecs_hc_03_failures_of_the_start_period_do_not_count() {
        let check = HealthCheck { start_period_s: 10, retries: 1, ..check(&["CMD", "x"]) };
        let mut checking = Checking::default();
        fail_at(&mut checking, &check, 5, Some(1));
        assert_eq!(checking.status, Health::Unknown);
        fail_at(&mut checking, &check, 10, Some(1));
        assert_eq!(checking.status, Health::Unhealthy);
    }

    #[test]
    fn ecs_hc_03_after_a_success_failures_count_even_in_the_start_period() {
        let check = HealthCheck { start_period_s: 60, retries: 1, ..check(&["CMD", "x"]) };
        let mut checking = Checking::default();
        fail_at(&mut checking, &check, 5, Some(0));
        fail_at(&mut checking, &check, 10, Some(1));
        assert_eq!(checking.status, Health::Unhealthy);
    }

    #[test]
    fn ecs_hc_06_any_unhealthy_then_any_unknown_then_healthy() {
        use Health::{Healthy, Unhealthy, Unknown};
        assert_eq!(of_task([Unknown, Unhealthy, Healthy].into_iter()), Unhealthy);
        assert_eq!(of_task([Healthy, Unknown].into_iter()), Unknown);
        assert_eq!(of_task([Healthy, Healthy].into_iter()), Healthy);
        assert_eq!(of_task([].into_iter()), Unknown);
    }
}
