//! Which alarms AWS has that are not evaluated here, and why: they stay in the state they have.

use super::alarm::AlarmSettings;
use super::evaluate::Operator;
use super::query::{no_statistic, plan};
use super::statistic::Statistic;

/// How the refusals end of what AWS can do and Standin cannot.
pub(super) const UNSUPPORTED: &str = "is not supported by Standin";

/// Whether a refusal is one of those.
pub(super) fn is_unsupported(message: &str) -> bool {
    message.ends_with(UNSUPPORTED)
}

impl AlarmSettings {
    /// Why the alarm is recorded only; `None` when it is evaluated.
    pub(super) fn unsupported(&self) -> Option<String> {
        let is = |what: &str| Some(format!("{what} {UNSUPPORTED}"));
        let operator = self.comparison_operator.as_deref();
        if self.evaluation_criteria.is_some() {
            return is("an alarm on a query");
        }
        if self.threshold_metric_id.is_some() || operator.and_then(Operator::parse).is_none() {
            return is("anomaly detection");
        }
        if self.evaluation_window.as_ref().is_some_and(|one| !one["WallClockWindow"].is_null()) {
            return is("a window by the wall clock");
        }
        if self.evaluation_interval.is_some() {
            return is("an evaluation interval");
        }
        if self.warm_up_configuration.is_some() {
            return is("a warm-up period");
        }
        if let Some(name) = self.stat()
            && Statistic::parse(name).is_none()
        {
            return Some(no_statistic(name));
        }
        plan(&self.queries()).err()
    }
}
