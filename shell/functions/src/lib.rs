//! Runs CloudFront Functions in QuickJS: the same code, event and clock give the same outcome, on
//! the real machine and under virtual time.
//!
//! Each run has an interpreter of its own, as on AWS nothing stays from one run to the next.
//! Reading order: this file, `run` (one run), `natives` (what JavaScript may call), `remembered`
//! (runs that need not be made again), `syntax` (what the runtimes of CloudFront do not read),
//! `js/` (their globals and modules).

mod digest;
mod natives;
mod remembered;
mod run;
mod syntax;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use standin_kernel::{Evaluated, Evaluation, Evaluator};

use remembered::Remembered;

/// Runs functions, on the thread that asks. A run that looked at nothing but what an earlier one
/// looked at has the same outcome, and is not made again.
#[derive(Debug, Default)]
pub struct QuickJs {
    remembered: Remembered,
}

impl Evaluator for QuickJs {
    fn evaluate(&self, evaluation: &Evaluation) -> Arc<Evaluated> {
        if let Some(outcome) = self.remembered.outcome(evaluation) {
            return outcome;
        }
        let (outcome, looked) = run::run(evaluation);
        let outcome = Arc::new(outcome);
        self.remembered.keep(evaluation, looked, &outcome);
        outcome
    }
}
