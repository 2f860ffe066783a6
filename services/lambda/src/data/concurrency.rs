//! How many runs there may be at once: the account's limit, what is reserved for one function, and
//! what must stay unreserved (LAM-IN-06 to LAM-IN-08).

use standin_kernel::{ApiError, Cx};

use super::invocation::{Refusal, fact};
use crate::Lambda;
use crate::error::invalid;

/// Runs at once in an account by default.
pub(crate) const ACCOUNT: u32 = 1000;
/// Of those, how many cannot be reserved.
pub(crate) const UNRESERVED_MIN: u32 = 100;

impl Lambda {
    /// How many runs of a function there are.
    pub(crate) fn running(&self, function: &str) -> usize {
        let held = self.live.held.values().filter(|one| one.function == function).count();
        let environments = self.live.environments.values();
        held + environments.filter(|one| one.function == function && one.run.is_some()).count()
    }

    /// What is left to functions without a reservation.
    pub(crate) fn unreserved(&self) -> u32 {
        let functions = self.state.functions.values();
        let reserved: u32 = functions.filter_map(|one| one.reserved_concurrency).sum();
        ACCOUNT.saturating_sub(reserved)
    }

    /// Whether one more may run.
    pub(crate) fn check_concurrency(&self, cx: &mut Cx<'_>, function: &str) -> Result<(), Refusal> {
        let reserved = self.state.functions.get(function).and_then(|one| one.reserved_concurrency);
        let (running, limit) = match reserved {
            Some(limit) => (self.running(function), limit),
            None => {
                let shared = self.state.functions.values();
                let shared = shared.filter(|one| one.reserved_concurrency.is_none());
                (shared.map(|one| self.running(&one.name)).sum(), self.unreserved())
            }
        };
        let room = usize::try_from(limit).is_ok_and(|limit| running < limit);
        if room {
            return Ok(());
        }
        cx.note(|| {
            let says = format!("{running} of {limit} runs at once are under way: throttled");
            fact("concurrency", says)
                .setting(function, "ReservedConcurrentExecutions")
                .row("LAM-IN-06")
        });
        Err(Refusal::Throttled { reserved_zero: reserved == Some(0) })
    }

    /// Whether so much may be reserved for a function.
    pub(crate) fn check_reservation(&self, function: &str, wanted: u32) -> Result<(), ApiError> {
        let own = self.state.functions.get(function).and_then(|one| one.reserved_concurrency);
        let left = self.unreserved() + own.unwrap_or(0);
        if wanted == 0 || left.checked_sub(wanted).is_some_and(|left| left >= UNRESERVED_MIN) {
            return Ok(());
        }
        Err(invalid(format!(
            "Specified ReservedConcurrentExecutions for function decreases account's \
             UnreservedConcurrentExecution below its minimum value of [{UNRESERVED_MIN}]."
        )))
    }
}
