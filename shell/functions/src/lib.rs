//! Runs CloudFront Functions in QuickJS: the same code, event and clock give the same outcome, on
//! the real machine and under virtual time.
//!
//! Each run has an interpreter of its own, as on AWS nothing stays from one run to the next.
//! Reading order: this file, `run` (one run), `natives` (what JavaScript may call), `syntax` (what
//! the runtimes of CloudFront do not read), `js/` (their globals and modules).

mod digest;
mod natives;
mod run;
mod syntax;
#[cfg(test)]
mod tests;

use standin_kernel::{Evaluated, Evaluation, Evaluator};

/// Runs functions, on the thread that asks.
#[derive(Clone, Copy, Debug, Default)]
pub struct QuickJs;

impl Evaluator for QuickJs {
    fn evaluate(&self, evaluation: &Evaluation) -> Evaluated {
        run::run(evaluation)
    }
}
