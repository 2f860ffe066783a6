//! Functions at the edge run on a thread of their own, so that no viewer waits for another's code.

use std::io;
use std::sync::{Arc, mpsc};

use standin_engine::RunId;
use standin_kernel::evaluation::FailureKind;
use standin_kernel::{Evaluated, Evaluation, Evaluator};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What came of a run.
pub(crate) type Outcome = (RunId, Arc<Evaluated>);

/// Takes runs and passes them to the thread.
#[derive(Debug)]
pub(crate) struct Functions {
    runs: Option<mpsc::Sender<(RunId, Box<Evaluation>)>>,
    outcomes: UnboundedSender<Outcome>,
}

impl Functions {
    /// Starts the thread; outcomes come in the order of the runs. It ends with the sender.
    pub(crate) fn start(
        evaluator: Option<Arc<dyn Evaluator>>,
    ) -> io::Result<(Self, UnboundedReceiver<Outcome>)> {
        let (outcomes, receiver) = unbounded_channel();
        let runs = match evaluator {
            None => None,
            Some(evaluator) => {
                let (runs, todo) = mpsc::channel::<(RunId, Box<Evaluation>)>();
                let done = outcomes.clone();
                std::thread::Builder::new().name("functions".into()).spawn(move || {
                    for (run, evaluation) in todo {
                        let _ = done.send((run, evaluator.evaluate(&evaluation)));
                    }
                })?;
                Some(runs)
            }
        };
        Ok((Self { runs, outcomes }, receiver))
    }

    pub(crate) fn submit(&self, run: RunId, evaluation: Box<Evaluation>) {
        let sent = self.runs.as_ref().is_some_and(|runs| runs.send((run, evaluation)).is_ok());
        if !sent {
            let failed = Evaluated::failed(FailureKind::NoEvaluator, "nobody runs functions here");
            let _ = self.outcomes.send((run, Arc::new(failed)));
        }
    }
}
