//! Runs of functions at the edge: who waits for what comes of them.

use std::sync::Arc;

use standin_kernel::evaluation::{Evaluated, Evaluation};
use standin_kernel::{Answer, ExchangeId, Heard, Need, ServiceName};

use crate::Engine;
use crate::calls::Operation;
use crate::io::{Effect, RunId};

/// Who waits for a run.
#[derive(Clone, Debug)]
pub(crate) enum Run {
    /// A service, for a viewer's request.
    Service { service: ServiceName, ticket: u64, exchange: Option<ExchangeId> },
    /// An operation that tries the function out.
    Operation { operation: Operation, heard: Vec<Heard>, evaluation: Box<Evaluation> },
}

impl Engine {
    pub(crate) fn evaluate(
        &mut self,
        service: ServiceName,
        ticket: u64,
        evaluation: Box<Evaluation>,
    ) {
        let exchange = evaluation.exchange;
        let run = RunId(self.runs.insert(Run::Service { service, ticket, exchange }));
        self.effects.push(Effect::Evaluate { run, evaluation });
    }

    pub(crate) fn evaluate_for(
        &mut self,
        operation: Operation,
        heard: Vec<Heard>,
        mut evaluation: Box<Evaluation>,
    ) {
        // Who needs something does not know the time.
        evaluation.now = self.now;
        let waits = Run::Operation { operation, heard, evaluation: evaluation.clone() };
        let run = RunId(self.runs.insert(waits));
        self.effects.push(Effect::Evaluate { run, evaluation });
    }

    /// A run is over.
    pub(crate) fn evaluated(&mut self, run: RunId, evaluated: Arc<Evaluated>) {
        match self.runs.remove(run.0) {
            None => {}
            Some(Run::Service { service, ticket, exchange }) => {
                let root = exchange.and_then(|exchange| self.root(exchange));
                self.with(service, root, |service, cx| service.evaluated(cx, ticket, &evaluated));
            }
            Some(Run::Operation { operation, mut heard, evaluation }) => {
                let answer = Answer::Evaluated(evaluated);
                heard.push(Heard { need: Need::Evaluated(evaluation), answer });
                self.carry_out_knowing(operation, heard);
            }
        }
    }
}
