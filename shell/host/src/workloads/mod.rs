//! Containers as local processes: launched, signalled, checked, logged, and none left behind.
//!
//! Reading order: `hint` (what stands for an image here), `plan` (what is run, or why not), `cargo`
//! (a program built on the spot), `agent` (the Datadog Agent's stand-in), `function` (Lambda's),
//! `shim` and `spawn` (how a process is started), `view` (which files it sees in the place of the
//! machine's), `container` (its life), `database` (RDS's servers), `exec` (health checks), `log`
//! (its output), `procfs` (who else belongs to it), `usage` (what it uses).

mod agent;
mod cargo;
mod container;
mod database;
mod exec;
mod function;
mod hint;
mod log;
mod plan;
pub(crate) mod procfs;
mod shim;
mod spawn;
mod usage;
pub(crate) mod view;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use standin_kernel::workload::{
    Exec, Signal, WorkloadEvent, WorkloadId, WorkloadKind, WorkloadSpec,
};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use container::{Command, Container};
pub use database::database_folder;
pub(crate) use function::Output;
use log::Log;
pub use log::log_file;
use plan::Environment;
pub use shim::{SUBCOMMAND, launch_shim};
use spawn::Running;

use crate::orphans::{MARKER, ProcessRecords};

/// How long processes may take to be gone once they have been killed.
const KILL_PATIENCE: Duration = Duration::from_secs(5);
/// Of so many containers the log's path is remembered.
const REMEMBERED_LOGS: usize = 10_000;

/// What running containers takes.
#[derive(Clone, Debug)]
pub struct WorkloadConfig {
    /// Logs and the record of processes are kept there.
    pub state_dir: PathBuf,
    /// A program that hands `__launch` over to [`launch_shim`]: Standin itself.
    pub self_exe: PathBuf,
    /// Told what happens to each container.
    pub events: mpsc::UnboundedSender<(WorkloadId, WorkloadEvent)>,
}

/// What all containers share.
#[derive(Debug)]
struct Site {
    state_dir: PathBuf,
    self_exe: PathBuf,
    events: mpsc::UnboundedSender<(WorkloadId, WorkloadEvent)>,
    state_id: String,
    base_environment: Environment,
    /// (folder, package, binary) to the program built for it.
    built: tokio::sync::Mutex<BTreeMap<(PathBuf, String, String), PathBuf>>,
    processes: Mutex<Processes>,
    /// Who holds all sessions of a database server that is to have none left.
    session_holders: Mutex<BTreeMap<WorkloadId, AbortHandle>>,
    /// What processes see in the place of the machine's files, if they do: a folder for each VPC.
    views: Mutex<BTreeMap<Option<String>, PathBuf>>,
}

#[derive(Debug)]
struct Processes {
    records: ProcessRecords,
    pids: BTreeMap<WorkloadId, u32>,
}

impl Site {
    /// Ends what an earlier run left behind, then is ready.
    fn open(config: WorkloadConfig) -> io::Result<Self> {
        let (records, _) = ProcessRecords::open(&config.state_dir)?;
        agent::clear(&config.state_dir)?;
        Ok(Self {
            state_dir: config.state_dir.canonicalize()?,
            self_exe: config.self_exe,
            events: config.events,
            state_id: records.state_id().to_owned(),
            base_environment: plan::base_environment(),
            built: tokio::sync::Mutex::default(),
            processes: Mutex::new(Processes { records, pids: BTreeMap::new() }),
            session_holders: Mutex::default(),
            views: Mutex::default(),
        })
    }

    fn report(&self, id: WorkloadId, event: WorkloadEvent) {
        // Nobody listens any more when Standin is on its way down.
        let _ = self.events.send((id, event));
    }

    /// What the processes of a container see, as the shim takes it. A server of Standin's choice
    /// asks for no names of the stack's.
    fn view_of(&self, spec: &WorkloadSpec) -> OsString {
        let views = self.views.lock().unwrap_or_else(PoisonError::into_inner);
        match (&spec.kind, views.get(&spec.labels.vpc)) {
            (WorkloadKind::Database(_), _) | (_, None) => view::NONE.into(),
            (_, Some(view)) => view.clone().into(),
        }
    }

    /// What the processes of one container carry in [`MARKER`].
    fn marker(&self, id: WorkloadId) -> String {
        format!("{}.{}", self.state_id, id.0)
    }

    // A record that cannot be written (a full disk) fails no launch: the shim and the marker end
    // the process just as well.

    fn started(&self, id: WorkloadId, pid: i32) {
        let mut processes = self.processes();
        processes.pids.insert(id, pid.unsigned_abs());
        let _ = processes.records.started(pid);
    }

    fn ended(&self, id: WorkloadId, pid: i32) {
        let mut processes = self.processes();
        processes.pids.remove(&id);
        let _ = processes.records.ended(pid);
    }

    /// From now on `holder` holds the sessions of a server, and who held them before no longer.
    fn hold_sessions(&self, id: WorkloadId, holder: Option<AbortHandle>) {
        let mut holders = self.session_holders.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match holder {
            Some(holder) => holders.insert(id, holder),
            None => holders.remove(&id),
        };
        if let Some(before) = before {
            before.abort();
        }
    }

    fn processes(&self) -> MutexGuard<'_, Processes> {
        self.processes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The containers of one Standin. All methods are to be called within its tokio runtime, on a
/// thread that lives as long as Standin: the processes die with that thread. Dropping it kills
/// what runs; [`Workloads::stop_all`] is the orderly way.
#[derive(Debug)]
pub struct Workloads {
    site: Arc<Site>,
    commands: BTreeMap<WorkloadId, mpsc::UnboundedSender<Command>>,
    logs: BTreeMap<WorkloadId, PathBuf>,
    tasks: JoinSet<()>,
    stopping: bool,
}

impl Workloads {
    /// Ends what an earlier run from the same state directory left behind, then is ready. Fails
    /// with `ResourceBusy` while another Standin runs from that directory.
    pub fn new(config: WorkloadConfig) -> io::Result<Self> {
        Ok(Self {
            site: Arc::new(Site::open(config)?),
            commands: BTreeMap::new(),
            logs: BTreeMap::new(),
            tasks: JoinSet::new(),
            stopping: false,
        })
    }

    /// Tries whether processes can see the files of a folder that `view` wrote; fails with the
    /// reason why they cannot.
    pub(crate) fn try_view(
        &self,
        folder: &Path,
    ) -> impl Future<Output = Result<(), String>> + use<> {
        let (site, folder) = (self.site.clone(), folder.to_owned());
        async move {
            let environment = plan::base_environment();
            let program = plan::find_program("true", Path::new("/"), plan::path_of(&environment))?;
            let (arguments, directory) = (Vec::new(), PathBuf::from("/"));
            let trial = plan::Plan { program, arguments, directory, environment };
            let nowhere = std::process::Stdio::null;
            let running =
                Running::start(&site, folder.as_os_str(), &trial, nowhere(), nowhere()).await;
            running.map(drop)
        }
    }

    /// From now on the processes of a VPC see the files of a folder that `view` wrote.
    pub(crate) fn show(&self, vpc: Option<String>, folder: PathBuf) {
        let mut views = self.site.views.lock().unwrap_or_else(PoisonError::into_inner);
        views.insert(vpc, folder);
    }

    /// Starts a container. `Started` and later `Exited`, or else `FailedToStart`, follow.
    pub fn launch(&mut self, spec: WorkloadSpec) {
        self.launch_into(spec, None);
    }

    /// Starts a function's process; its output goes elsewhere.
    pub(crate) fn launch_function(&mut self, spec: WorkloadSpec, output: Output) {
        self.launch_into(spec, Some(output));
    }

    fn launch_into(&mut self, spec: WorkloadSpec, output: Option<Output>) {
        self.forget_ended();
        let id = spec.id;
        let labels = &spec.labels;
        let path = log_file(&self.site.state_dir, &labels.task_arn, &labels.container);
        let log = if self.stopping {
            Err("Standin is stopping".to_owned())
        } else {
            Log::open(path.clone()).map_err(|wrong| format!("{}: {wrong}", path.display()))
        };
        let log = match log {
            Ok(log) => log,
            Err(wrong) => {
                let reason = plan::cannot_start(&wrong);
                return self.site.report(id, WorkloadEvent::FailedToStart { reason });
            }
        };
        self.logs.insert(id, path);
        if self.logs.len() > REMEMBERED_LOGS {
            self.logs.pop_first();
        }
        let (commands, incoming) = mpsc::unbounded_channel();
        self.commands.insert(id, commands);
        let container = Container {
            site: self.site.clone(),
            spec,
            commands: incoming,
            log,
            output,
            alive: None,
        };
        self.tasks.spawn(container.run());
    }

    /// `Term` reaches the container's first process only, and only if it handles SIGTERM, for it
    /// is PID 1 (ECS-LC-09); `Kill` reaches all. A container that has ended takes no notice.
    pub fn signal(&mut self, id: WorkloadId, signal: Signal) {
        if let Some(commands) = self.commands.get(&id) {
            // It has ended meanwhile when this fails.
            let _ = commands.send(Command::Signal(signal));
        }
    }

    /// Runs a command in a container; `ExecDone` follows in any case: with 126 when the container
    /// does not run, with 127 when there is no such program.
    pub fn exec(&mut self, id: WorkloadId, exec: Exec) {
        let unsent = match self.commands.get(&id) {
            Some(commands) => commands.send(Command::Exec(exec)).map_err(|unsent| unsent.0),
            None => Err(Command::Exec(exec)),
        };
        if let Err(Command::Exec(exec)) = unsent {
            let site = self.site.clone();
            self.tasks.spawn(async move {
                let done = database::command_without_server(&site, &exec).await;
                site.report(id, done.unwrap_or_else(|| container::not_running(&exec)));
            });
        }
    }

    /// Ends everything: SIGTERM, and after `grace` SIGKILL. Nothing is launched any more. When the
    /// future is done no process is left, children's children included; only one that has left its
    /// session, thrown away its environment *and* lost its parent could not be told from others.
    pub fn stop_all(&mut self, grace: Duration) -> impl Future<Output = ()> + Send + use<> {
        self.stopping = true;
        let commands = std::mem::take(&mut self.commands);
        let mut tasks = std::mem::take(&mut self.tasks);
        let site = self.site.clone();
        async move {
            for (kill, patience) in [(false, grace), (true, KILL_PATIENCE)] {
                for commands in commands.values() {
                    let command = if kill { Command::Signal(Signal::Kill) } else { Command::Quit };
                    // It has ended meanwhile when this fails.
                    let _ = commands.send(command);
                }
                let ended = async { while tasks.join_next().await.is_some() {} };
                if tokio::time::timeout(patience, ended).await.is_ok() {
                    break;
                }
            }
            tasks.shutdown().await;
            let marker = format!("{}.", site.state_id).into_bytes();
            let ours = move |process: &procfs::Process| {
                procfs::has_variable(process.pid, MARKER, |value| value.starts_with(&marker))
            };
            let sweep = move || procfs::kill_all(ours, KILL_PATIENCE);
            // It fails only when the runtime is being taken down.
            let _ = tokio::task::spawn_blocking(sweep).await;
        }
    }

    /// Where the output of a container launched in this run is kept; beside it, as `<name>.1`,
    /// what was set aside when it had grown large.
    pub fn log_path(&self, id: WorkloadId) -> Option<PathBuf> {
        self.logs.get(&id).cloned()
    }

    /// The first process of each container that runs.
    pub fn pids(&self) -> BTreeMap<WorkloadId, u32> {
        self.site.processes().pids.clone()
    }

    fn forget_ended(&mut self) {
        while self.tasks.try_join_next().is_some() {}
        self.commands.retain(|_, commands| !commands.is_closed());
    }
}
