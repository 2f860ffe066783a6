//! Runs a function at the edge, where somebody is there to run it.

use std::sync::Arc;

use standin_kernel::evaluation::FailureKind;
use standin_kernel::{Evaluated, Evaluation, Evaluator};

/// Runs a function, if there is somebody who can.
pub(crate) fn evaluate(
    evaluator: Option<&dyn Evaluator>,
    evaluation: &Evaluation,
) -> Arc<Evaluated> {
    match evaluator {
        Some(evaluator) => evaluator.evaluate(evaluation),
        None => {
            let why = "nobody runs functions here";
            Arc::new(Evaluated::failed(FailureKind::NoEvaluator, why))
        }
    }
}
