//! Whether a target is fit for requests: its state, and what each check's result makes of it.

use std::fmt::Write;

/// A target's health, as a machine of its own: results go in, a state comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Health {
    state: State,
    /// Consecutive results that speak against the state (ALB-HC-16).
    against: u32,
}

/// AWS's names (ALB-HC-09).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// No listener leads to its group (ALB-HC-13).
    Unused,
    /// Registered; the first check has not begun.
    Registering,
    /// Its first checks are under way.
    Checking,
    Healthy,
    Unhealthy(Failure),
    /// Nobody checks it: a function (ALB-HC-14).
    Unavailable,
    Draining,
}

/// Why a check failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// A status that the matcher does not name.
    Code(u16),
    Timeout,
    /// No connection, no TLS, or no HTTP.
    Failed,
}

/// `HealthyThresholdCount` and `UnhealthyThresholdCount`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thresholds {
    pub(crate) healthy: u32,
    pub(crate) unhealthy: u32,
}

impl Health {
    /// Of a target just registered. `checked`: whether its group has checks.
    pub(crate) const fn new(in_use: bool, checked: bool) -> Self {
        let state = match (in_use, checked) {
            (false, _) => State::Unused,
            (true, true) => State::Registering,
            (true, false) => State::Unavailable,
        };
        Self { state, against: 0 }
    }

    pub(crate) const fn state(&self) -> State {
        self.state
    }

    /// The first check is on its way.
    pub(crate) fn check_begins(&mut self) {
        if self.state == State::Registering {
            self.state = State::Checking;
        }
    }

    /// A check passed. The first one is enough for a new target (ALB-HC-04); one that was
    /// unhealthy needs as many in a row as the threshold says.
    pub(crate) fn passed(&mut self, thresholds: Thresholds) {
        match self.state {
            State::Registering | State::Checking => self.turn(State::Healthy),
            State::Unhealthy(_) => {
                self.against += 1;
                if self.against >= thresholds.healthy {
                    self.turn(State::Healthy);
                }
            }
            State::Healthy => self.against = 0,
            State::Unused | State::Unavailable | State::Draining => {}
        }
    }

    /// A check failed. The last failure is the one that is told.
    pub(crate) fn failed(&mut self, failure: Failure, thresholds: Thresholds) {
        match self.state {
            State::Registering | State::Checking | State::Healthy => {
                self.against += 1;
                if self.against >= thresholds.unhealthy {
                    self.turn(State::Unhealthy(failure));
                }
            }
            State::Unhealthy(_) => self.turn(State::Unhealthy(failure)),
            State::Unused | State::Unavailable | State::Draining => {}
        }
    }

    /// Its group began, or ceased, to be reached by a listener, or to be checked.
    pub(crate) fn used(&mut self, in_use: bool, checked: bool) {
        let fresh = Self::new(in_use, checked).state;
        match (self.state, fresh) {
            (State::Draining, _) => {}
            (State::Unused | State::Unavailable, _) | (_, State::Unused | State::Unavailable)
                if self.state != fresh =>
            {
                self.turn(fresh);
            }
            _ => {}
        }
    }

    pub(crate) fn drain(&mut self) {
        self.turn(State::Draining);
    }

    fn turn(&mut self, state: State) {
        self.state = state;
        self.against = 0;
    }
}

impl State {
    /// `TargetHealth.State`
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Unused => "unused",
            Self::Registering | Self::Checking => "initial",
            Self::Healthy => "healthy",
            Self::Unhealthy(_) => "unhealthy",
            Self::Unavailable => "unavailable",
            Self::Draining => "draining",
        }
    }

    /// `TargetHealth.Reason`; a healthy target has none (ALB-HC-09, ALB-HC-10, ALB-HC-12).
    pub(crate) const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Unused => Some("Target.NotInUse"),
            Self::Registering => Some("Elb.RegistrationInProgress"),
            Self::Checking => Some("Elb.InitialHealthChecking"),
            Self::Healthy => None,
            Self::Unhealthy(Failure::Code(_)) => Some("Target.ResponseCodeMismatch"),
            Self::Unhealthy(Failure::Timeout) => Some("Target.Timeout"),
            Self::Unhealthy(Failure::Failed) => Some("Target.FailedHealthChecks"),
            Self::Unavailable => Some("Target.HealthCheckDisabled"),
            Self::Draining => Some("Target.DeregistrationInProgress"),
        }
    }

    /// `TargetHealth.Description` (ALB-HC-11).
    pub(crate) fn description(self) -> Option<String> {
        let text = match self {
            Self::Healthy => return None,
            Self::Unhealthy(failure) => return Some(failure.description()),
            Self::Unused => {
                "Target group is not configured to receive traffic from the load balancer"
            }
            Self::Registering => "Target registration is in progress",
            Self::Checking => "Initial health checks in progress",
            Self::Unavailable => "Health checks are not enabled for this target",
            Self::Draining => "Target deregistration is in progress",
        };
        Some(text.into())
    }
}

impl Failure {
    fn description(self) -> String {
        match self {
            Self::Code(code) => {
                let mut text = String::from("Health checks failed with these codes: ");
                let _ = write!(text, "[{code}]");
                text
            }
            Self::Timeout => "Request timed out".into(),
            Self::Failed => "Health checks failed".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const THRESHOLDS: Thresholds = Thresholds { healthy: 5, unhealthy: 2 };

    fn after(results: &[bool]) -> Health {
        let mut health = Health::new(true, true);
        for passed in results {
            health.check_begins();
            match passed {
                true => health.passed(THRESHOLDS),
                false => health.failed(Failure::Timeout, THRESHOLDS),
            }
        }
        health
    }

    #[test]
    fn alb_hc_04_one_pass_makes_a_new_target_healthy_and_five_an_unhealthy_one() {
        assert_eq!(after(&[]).state(), State::Registering);
        assert_eq!(after(&[true]).state(), State::Healthy);
        assert_eq!(after(&[false, true]).state(), State::Healthy);
        let mut results = vec![true, false, false];
        assert_eq!(after(&results).state(), State::Unhealthy(Failure::Timeout));
        results.extend([true; 4]);
        assert_eq!(after(&results).state(), State::Unhealthy(Failure::Timeout));
        results.push(true);
        assert_eq!(after(&results).state(), State::Healthy);
    }

    #[test]
    fn alb_hc_03_two_failures_in_a_row_make_a_target_unhealthy() {
        assert_eq!(after(&[true, false]).state(), State::Healthy);
        assert_eq!(after(&[true, false, false]).state().name(), "unhealthy");
        assert_eq!(after(&[false]).state(), State::Checking);
        assert_eq!(after(&[false, false]).state().name(), "unhealthy");
    }

    #[test]
    fn alb_hc_16_results_that_alternate_change_nothing() {
        assert_eq!(after(&[true, false, true, false, true, false]).state(), State::Healthy);
        let down = [true, false, false, true, true, true, true, false, true, true, true, true];
        assert_eq!(after(&down).state().name(), "unhealthy");
    }

    #[test]
    fn alb_hc_10_alb_hc_11_reasons_and_descriptions_are_awss() {
        let said = |failure| {
            let state = State::Unhealthy(failure);
            (state.reason(), state.description())
        };
        let codes = "Health checks failed with these codes: [404]".to_owned();
        assert_eq!(said(Failure::Code(404)), (Some("Target.ResponseCodeMismatch"), Some(codes)));
        let timeout = (Some("Target.Timeout"), Some("Request timed out".to_owned()));
        assert_eq!(said(Failure::Timeout), timeout);
        let failed = (Some("Target.FailedHealthChecks"), Some("Health checks failed".to_owned()));
        assert_eq!(said(Failure::Failed), failed);
    }

    #[test]
    fn alb_hc_09_a_healthy_target_has_neither_reason_nor_description() {
        assert_eq!(State::Healthy.reason(), None);
        assert_eq!(State::Healthy.description(), None);
    }

    proptest! {
        /// The model looks at the whole history each time instead of counting along.
        #[test]
        fn agrees_with_a_model_of_the_whole_history(
            results in prop::collection::vec(any::<bool>(), 0..60),
            healthy in 2_u32..=10,
            unhealthy in 2_u32..=10,
        ) {
            let thresholds = Thresholds { healthy, unhealthy };
            let mut health = Health::new(true, true);
            let (mut up, mut begun) = (false, 0);
            for (at, passed) in results.iter().enumerate() {
                health.check_begins();
                match passed {
                    true => health.passed(thresholds),
                    false => health.failed(Failure::Failed, thresholds),
                }
                let history = &results[begun..=at];
                let run = history.iter().rev().take_while(|result| *result == passed).count();
                let new = !up && begun == 0;
                let needed = match (*passed, new) {
                    (true, true) => 1,
                    (true, false) => healthy as usize,
                    (false, _) => unhealthy as usize,
                };
                let against = *passed != up || new;
                if against && run >= needed {
                    up = *passed;
                    begun = at + 1;
                }
                let expected = match (up, begun) {
                    (true, _) => "healthy",
                    (false, 0) => "initial",
                    (false, _) => "unhealthy",
                };
                prop_assert_eq!(health.state().name(), expected);
            }
        }
    }
}
