//! The life of one container: prepared, started, signalled, dead with all it has started.

use std::sync::Arc;
use std::time::Duration;

use standin_kernel::workload::{Exec, Signal, WorkloadEvent, WorkloadKind, WorkloadSpec};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use super::log::Log;
use super::plan::{self, Plan, cannot_start};
use super::procfs::{self, TermFate};
use super::spawn::Running;
use super::{Output, Site, database, exec, function, usage};
use crate::orphans::MARKER;

/// How long what a container has started may take to be gone after SIGKILL.
const SWEEP_PATIENCE: Duration = Duration::from_secs(2);
/// How long the last output may take to be in the log. Only a process that has left the
/// container's session and thrown away its environment could hold it up.
const LOG_PATIENCE: Duration = Duration::from_secs(1);
/// A process that is found so often with SIGTERM blocked means it.
const LOOKS_AT_BLOCKED: u32 = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(1);

/// What a container is told.
#[derive(Debug)]
pub(super) enum Command {
    /// As ECS stops a container.
    Signal(Signal),
    /// Standin itself ends: SIGTERM, handled or not.
    Quit,
    Exec(Exec),
}

#[derive(Debug)]
pub(super) struct Container {
    pub(super) site: Arc<Site>,
    pub(super) spec: WorkloadSpec,
    /// Closed by whoever has no more use for the container: then it is killed.
    pub(super) commands: mpsc::UnboundedReceiver<Command>,
    pub(super) log: Log,
    /// Where a function's output goes, instead of to the log.
    pub(super) output: Option<Output>,
    /// Dropped with the container: its end.
    pub(super) alive: Option<oneshot::Sender<()>>,
}

impl Container {
    /// Lives; reports `Started` and then `Exited`, or `FailedToStart`, and `ExecDone` for each
    /// command asked for.
    pub(super) async fn run(mut self) {
        match self.start().await {
            Ok((plan, running, log_end)) => self.live(Arc::new(plan), running, log_end).await,
            Err(reason) => {
                self.log.note(&reason);
                self.report(WorkloadEvent::FailedToStart { reason });
            }
        }
        self.commands.close();
        while let Some(command) = self.commands.recv().await {
            if let Command::Exec(exec) = command {
                self.report(not_running(&exec));
            }
        }
    }

    fn report(&self, event: WorkloadEvent) {
        self.site.report(self.spec.id, event);
    }

    /// Fails with the reason why the container never ran.
    async fn start(&mut self) -> Result<(Plan, Running, oneshot::Receiver<()>), String> {
        let plan = self.prepare().await?;
        let wrong = |wrong: std::io::Error| cannot_start(&wrong.to_string());
        if let Some(output) = self.output.take() {
            let Output { stdout, stderr, read, alive } = output;
            self.alive = Some(alive);
            let running =
                Running::start(&self.site, &self.site.view_of(&self.spec), &plan, stdout, stderr)
                    .await?;
            self.site.started(self.spec.id, running.pid());
            return Ok((plan, running, read));
        }
        // One pipe for both, so that lines stay in the order they were written.
        let (output, stdout) = std::io::pipe().map_err(wrong)?;
        let stderr = stdout.try_clone().map_err(wrong)?;
        let log_end = self.log.follow(output).map_err(wrong)?;
        let running =
            Running::start(&self.site, &self.site.view_of(&self.spec), &plan, stdout, stderr)
                .await
                .map_err(|wrong| cannot_start(&wrong))?;
        self.site.started(self.spec.id, running.pid());
        Ok((plan, running, log_end))
    }

    /// A signal ends the preparation, which may be a long build.
    async fn prepare(&mut self) -> Result<Plan, String> {
        let (site, spec, log) = (&self.site, &self.spec, &self.log);
        let prepared = async {
            match &spec.kind {
                WorkloadKind::Database(wanted) => database::prepare(site, spec, wanted, log).await,
                WorkloadKind::Function(wanted) => function::prepare(site, spec, wanted, log).await,
                _ => plan::prepare(site, spec, log).await,
            }
        };
        tokio::pin!(prepared);
        loop {
            tokio::select! {
                plan = &mut prepared => return plan,
                command = self.commands.recv() => match command {
                    Some(Command::Exec(exec)) => {
                        self.site.report(self.spec.id, not_running(&exec));
                    }
                    Some(Command::Signal(_) | Command::Quit) | None => {
                        return Err(cannot_start("stopped before it was started"));
                    }
                }
            }
        }
    }

    async fn live(
        &mut self,
        plan: Arc<Plan>,
        mut running: Running,
        log_end: oneshot::Receiver<()>,
    ) {
        self.report(WorkloadEvent::Started);
        let mut execs = JoinSet::new();
        // It ends with this function.
        let mut measuring = JoinSet::new();
        measuring.spawn(usage::watch(self.site.clone(), self.spec.clone(), running.pid()));
        let (over, is_over) = watch::channel(false);
        let mut wanted = true;
        loop {
            tokio::select! {
                biased;
                () = running.exited() => break,
                command = self.commands.recv(), if wanted => match command {
                    Some(Command::Signal(Signal::Term)) => self.stop(&running).await,
                    Some(Command::Quit) => self.quit(&running),
                    Some(Command::Signal(Signal::Kill)) => self.kill(&running).await,
                    Some(Command::Exec(exec)) => {
                        self.exec(&mut execs, &plan, running.pid(), exec, is_over.clone());
                    }
                    None => {
                        wanted = false;
                        self.kill(&running).await;
                    }
                },
                Some(_) = execs.join_next() => {}
            }
        }
        // Its commands end themselves, those that are only about to start too.
        over.send_replace(true);
        measuring.shutdown().await;
        self.sweep(running.pid()).await;
        let code = running.reap();
        self.site.ended(self.spec.id, running.pid());
        let _ = tokio::time::timeout(LOG_PATIENCE, log_end).await;
        while execs.join_next().await.is_some() {}
        self.report(WorkloadEvent::Exited { code });
    }

    /// Runs what the container, or the database server, is told, beside all else.
    fn exec(
        &self,
        execs: &mut JoinSet<()>,
        plan: &Arc<Plan>,
        pid: i32,
        exec: Exec,
        is_over: watch::Receiver<bool>,
    ) {
        let (site, plan, spec) = (self.site.clone(), plan.clone(), self.spec.clone());
        let log = self.log.clone();
        execs.spawn(async move {
            let event = match &spec.kind {
                WorkloadKind::Database(database) => {
                    database::command(&site, &spec, database, pid, exec, &log).await
                }
                _ => exec::run(&site, &spec, &plan, exec, is_over).await,
            };
            site.report(spec.id, event);
        });
    }

    /// A database server would wait for its sessions to end.
    fn quit(&self, running: &Running) {
        let told = match &self.spec.kind {
            WorkloadKind::Database(database) => database::interrupt(database, running.pid()),
            _ => Err(String::new()),
        };
        if told.is_err() {
            running.terminate();
        }
    }

    /// The stop signal reaches the first process only, and as PID 1 of a container that process
    /// is spared the signal's default action (ECS-LC-09).
    async fn stop(&self, running: &Running) {
        let mut fate = procfs::term_fate(running.pid());
        for _ in 0..LOOKS_AT_BLOCKED {
            if fate != TermFate::Blocked {
                break;
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
            fate = procfs::term_fate(running.pid());
        }
        if fate == TermFate::Dropped {
            let line = "SIGTERM has no effect: the container's first process does not handle it";
            self.log.note(line);
        } else {
            running.terminate();
        }
    }

    /// Everybody at once: the children of a living parent are found however well they hide.
    async fn kill(&self, running: &Running) {
        self.sweep(running.pid()).await;
        running.kill();
    }

    /// Ends what belongs to the container: all of it, or what its dead first process has left, as
    /// the end of PID 1 does. `leader` is not reaped yet, so its session and group can be nobody
    /// else's.
    async fn sweep(&self, leader: i32) {
        let marker = self.site.marker(self.spec.id).into_bytes();
        let ours = move |process: &procfs::Process| {
            process.is_under(leader)
                || procfs::has_variable(process.pid, MARKER, |value| value == marker)
        };
        let sweep = move || procfs::kill_all(ours, SWEEP_PATIENCE);
        // It fails only when the runtime is being taken down.
        let _ = tokio::task::spawn_blocking(sweep).await;
    }
}

pub(super) fn not_running(exec: &Exec) -> WorkloadEvent {
    WorkloadEvent::ExecDone { ticket: exec.ticket, code: Some(exec::CANNOT_RUN) }
}
