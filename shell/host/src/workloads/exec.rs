//! Decides how a command inside a container ends: with its exit code, or out of time.

use standin_kernel::workload::{Exec, WorkloadEvent, WorkloadSpec};
use tokio::sync::watch;

use super::Site;
use super::agent;
use super::plan::{Plan, find_program, path_of};
use super::spawn::Running;

/// What a shell answers for a command that it found and could not start. Also the answer while
/// the container does not run.
pub(super) const CANNOT_RUN: i32 = 126;
/// What a shell answers for a command that it did not find.
const NOT_FOUND: i32 = 127;

/// Runs `exec` with the environment and the working directory of the container's own `plan`, until
/// the container is `over`. Its output is not kept.
pub(super) async fn run(
    site: &Site,
    spec: &WorkloadSpec,
    plan: &Plan,
    exec: Exec,
    over: watch::Receiver<bool>,
) -> WorkloadEvent {
    let ticket = exec.ticket;
    let code = code(site, spec, plan, exec, over).await;
    WorkloadEvent::ExecDone { ticket, code }
}

/// The exit code; `None` when the command was killed for taking too long.
async fn code(
    site: &Site,
    spec: &WorkloadSpec,
    plan: &Plan,
    exec: Exec,
    mut over: watch::Receiver<bool>,
) -> Option<i32> {
    let mut words = agent::inside(plan, exec.command).into_iter();
    let Some(name) = words.next() else {
        return Some(NOT_FOUND);
    };
    let Ok(program) = find_program(&name, &plan.directory, path_of(&plan.environment)) else {
        return Some(NOT_FOUND);
    };
    if *over.borrow() {
        return Some(CANNOT_RUN);
    }
    let command = Plan {
        program,
        arguments: words.map(Into::into).collect(),
        directory: plan.directory.clone(),
        environment: plan.environment.clone(),
    };
    let nowhere = std::process::Stdio::null;
    let Ok(mut running) =
        Running::start(site, &site.view_of(spec), &command, nowhere(), nowhere()).await
    else {
        return Some(CANNOT_RUN);
    };
    let in_time = tokio::select! {
        ended = tokio::time::timeout(exec.timeout, running.exited()) => ended.is_ok(),
        _ = over.wait_for(|over| *over) => true,
    };
    if !running.is_dead() {
        running.kill();
        running.exited().await;
    }
    let code = running.reap();
    in_time.then_some(code)
}
