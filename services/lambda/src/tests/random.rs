//! Whatever processes do: each call has one reply, and no reservation is overrun.

use proptest::prelude::*;
use standin_kernel::json;
use standin_kernel::workload::{WorkloadEvent, WorkloadId};

use super::Bench;

/// One step of a story.
#[derive(Clone, Debug)]
enum Step {
    Invoke,
    Later(u64),
    /// The process launched so many before the last one does something.
    Next(usize),
    Respond(usize),
    Fail(usize),
    Exit(usize, i32),
    NeverStart(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Invoke),
        2 => (0_u64..4_000).prop_map(Step::Later),
        4 => (0_usize..3).prop_map(Step::Next),
        3 => (0_usize..3).prop_map(Step::Respond),
        1 => (0_usize..3).prop_map(Step::Fail),
        1 => (0_usize..3, 0_i32..3).prop_map(|(at, code)| Step::Exit(at, code)),
        1 => (0_usize..3).prop_map(Step::NeverStart),
    ]
}

fn process(bench: &Bench, back: usize) -> Option<WorkloadId> {
    let at = bench.launched.len().checked_sub(back + 1)?;
    Some(bench.launched[at].id)
}

/// The request id that a process works on.
fn current(bench: &Bench, process: WorkloadId) -> Option<String> {
    let number = bench.lambda.live.processes.get(&process)?;
    let run = bench.lambda.live.environments.get(number)?.run.as_ref()?;
    Some(run.invocation.id.clone())
}

fn take(bench: &mut Bench, step: &Step) {
    let post = |bench: &mut Bench, back: usize, what: &str| {
        let Some(process) = process(bench, back) else { return };
        let id = current(bench, process).unwrap_or_default();
        bench.posts(process, &format!("invocation/{id}/{what}"), "{}");
    };
    match *step {
        Step::Invoke => {
            bench.invoke("{}");
        }
        Step::Later(ms) => bench.later_ms(ms),
        Step::Next(back) => {
            if let Some(process) = process(bench, back) {
                bench.asks(process, standin_kernel::Method::Get, "invocation/next", None);
            }
        }
        Step::Respond(back) => post(bench, back, "response"),
        Step::Fail(back) => post(bench, back, "error"),
        Step::Exit(back, code) => {
            if let Some(process) = process(bench, back) {
                bench.event(process, WorkloadEvent::Exited { code });
            }
        }
        Step::NeverStart(back) => {
            if let Some(process) = process(bench, back) {
                let reason = "Runtime.InvalidEntrypoint: no".to_owned();
                bench.event(process, WorkloadEvent::FailedToStart { reason });
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_call_has_one_reply(steps in prop::collection::vec(step(), 1..60)) {
        let mut bench = Bench::with(json!({"Timeout": 5}));
        let reserve = json!({"FunctionName": "f", "ReservedConcurrentExecutions": 3});
        bench.ok("PutFunctionConcurrency", reserve);
        let mut calls = 0;
        for step in &steps {
            calls += usize::from(matches!(step, Step::Invoke));
            take(&mut bench, step);
            prop_assert!(bench.lambda.running("f") <= 3);
        }
        // Nobody comes for work any more: every run meets its end by itself.
        bench.later_ms(60_000);
        prop_assert_eq!(bench.lambda.running("f"), 0);
        prop_assert_eq!(bench.replies.len(), calls);
    }
}
