//! A database server for RDS: a real one as a local process, told by RDS what to do. MySQL and
//! MariaDB are in `mysql`, what is here is PostgreSQL's.
//!
//! Reading order: `server` (which server program, found or fetched), `fetch` (the one brought when
//! there is none), `account` (as whom it runs and where its data is), `cluster` (data and
//! configuration), `session` (what it is told over a connection), `snapshot` (copies of the data),
//! `trouble` (what is broken on purpose).

mod account;
mod cluster;
mod fetch;
mod mysql;
mod server;
mod session;
mod snapshot;
mod trouble;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rustix::process::Signal;
use standin_kernel::database::{DatabaseCommand, DatabaseEngine, DatabaseSpec};
use standin_kernel::workload::{Exec, WorkloadEvent, WorkloadId, WorkloadSpec};
use tokio::sync::mpsc;

use self::account::Account;
use self::cluster::Cluster;
use super::Site;
use super::log::Log;
use super::plan::{self, Plan};
use crate::orphans::MARKER;

/// What a [`DatabaseCommand`] that could not be carried out ends with.
const FAILED: i32 = 1;
/// RDS's own user. The master user is no superuser there, and is none here.
const OWNER: &str = "rdsadmin";

/// Where the databases of a state folder are kept; below the state folder itself unless root runs
/// Standin. `state_dir` is an absolute path without links.
pub fn database_folder(state_dir: &Path) -> PathBuf {
    account::base(state_dir)
}

/// Where the data of a database is.
pub(super) fn data_folder(site: &Site, database: &DatabaseSpec) -> Option<PathBuf> {
    let account = Account::of_this_process(&site.state_dir).ok()?;
    Some(account.data(&database.data))
}

/// Who hears what takes long: the server's log, and RDS.
#[derive(Clone, Debug)]
struct Tell {
    log: Log,
    events: mpsc::UnboundedSender<(WorkloadId, WorkloadEvent)>,
    id: WorkloadId,
}

impl Tell {
    fn say(&self, line: &str) {
        self.log.note(line);
        // Nobody listens any more when Standin is on its way down.
        let _ = self.events.send((self.id, WorkloadEvent::Output { text: line.to_owned() }));
    }
}

/// Gets the server, the data and the configuration ready. Fails with the reason in one line.
pub(super) async fn prepare(
    site: &Site,
    spec: &WorkloadSpec,
    database: &DatabaseSpec,
    log: &Log,
) -> Result<Plan, String> {
    if database.engine != DatabaseEngine::Postgres {
        return mysql::prepare(site, spec, database, log).await;
    }
    let account = Account::of_this_process(&site.state_dir)?;
    let tell = Tell { log: log.clone(), events: site.events.clone(), id: spec.id };
    let server = server::find(&account, &database.engine_version, &tell).await?;
    let cluster = Cluster::new(&account, database, spec);
    let job = (account.clone(), server.clone(), cluster.clone(), database.clone(), log.clone());
    blocking(move || {
        let (account, server, cluster, database, log) = job;
        cluster.ready(&account, &server, &database, &log)
    })
    .await?;
    let mut environment = site.base_environment.clone();
    environment.insert(MARKER.into(), site.marker(spec.id).into());
    let server_program = server.program("postgres");
    let (program, arguments) = account.command(&server_program, &cluster.server_arguments());
    let base = plan::path_of(&environment).to_owned();
    let program = plan::find_program(&program.to_string_lossy(), Path::new("/"), &base)?;
    Ok(Plan { program, arguments, directory: cluster.data.clone(), environment })
}

/// Carries out what the running server `pid` of `spec` is told.
pub(super) async fn command(
    site: &Site,
    spec: &WorkloadSpec,
    database: &DatabaseSpec,
    pid: i32,
    exec: Exec,
    log: &Log,
) -> WorkloadEvent {
    let ticket = exec.ticket;
    let Some(command) = DatabaseCommand::of(&exec) else {
        return WorkloadEvent::ExecDone { ticket, code: Some(super::exec::CANNOT_RUN) };
    };
    let run = async {
        match database.engine {
            DatabaseEngine::Postgres => run(site, spec, database, pid, command).await,
            _ => mysql::run(site, spec, database, pid, command).await,
        }
    };
    let code = match tokio::time::timeout(exec.timeout, run).await {
        Ok(Ok(())) => Some(0),
        Ok(Err(wrong)) => {
            log.note(&wrong);
            Some(FAILED)
        }
        Err(_) => None,
    };
    WorkloadEvent::ExecDone { ticket, code }
}

async fn run(
    site: &Site,
    spec: &WorkloadSpec,
    database: &DatabaseSpec,
    pid: i32,
    command: DatabaseCommand,
) -> Result<(), String> {
    let account = Account::of_this_process(&site.state_dir)?;
    let cluster = Cluster::new(&account, database, spec);
    match command {
        DatabaseCommand::Ready => session::ready(&cluster).await,
        DatabaseCommand::Parameters { parameters, force_ssl } => {
            let master = &database.master_username;
            cluster.configure(&account, &parameters, force_ssl, master)?;
            session::reload(&cluster).await
        }
        DatabaseCommand::Password(password) => {
            session::set_password(&cluster, &database.master_username, &password.0).await
        }
        DatabaseCommand::Snapshot { name, .. } => {
            snapshot::of_running(&account, &cluster, &name).await
        }
        DatabaseCommand::Stop => interrupt(database, pid),
        DatabaseCommand::DeleteData(_) => Err("the server runs: its data stays".into()),
        DatabaseCommand::DeleteSnapshot(name) => snapshot::delete(&account, &name),
        DatabaseCommand::Trouble(trouble) => {
            let master = &database.master_username;
            trouble::suffer(site, spec.id, &cluster, master, pid, trouble).await
        }
    }
}

/// Carries out what needs no server: `None` for anything else.
pub(super) async fn command_without_server(site: &Site, exec: &Exec) -> Option<WorkloadEvent> {
    let command = DatabaseCommand::of(exec)?;
    let account = Account::of_this_process(&site.state_dir).ok()?;
    let done = blocking(move || match command {
        DatabaseCommand::DeleteData(data) => {
            let data = account.data(&data);
            account.remove(&account.temporary(&data)).and_then(|()| account.remove(&data))
        }
        DatabaseCommand::DeleteSnapshot(name) => snapshot::delete(&account, &name),
        DatabaseCommand::Snapshot { data, name } => {
            snapshot::of_stopped(&account, &account.data(&data), &name)
        }
        _ => Err("the server does not run".into()),
    })
    .await;
    let code = if done.is_ok() { 0 } else { FAILED };
    Some(WorkloadEvent::ExecDone { ticket: exec.ticket, code: Some(code) })
}

/// Has a server end its sessions and shut down at once and cleanly.
pub(super) fn interrupt(database: &DatabaseSpec, pid: i32) -> Result<(), String> {
    let signal = match database.engine {
        DatabaseEngine::Postgres => Signal::INT,
        DatabaseEngine::Mysql | DatabaseEngine::Mariadb => Signal::TERM,
    };
    tell_to_stop(pid, signal)
}

/// Ends a server by the signal that has it shut down cleanly.
fn tell_to_stop(pid: i32, signal: Signal) -> Result<(), String> {
    // Who is held up does not hear it.
    trouble::freeze(pid, false)?;
    let pid = rustix::process::Pid::from_raw(pid).ok_or("the server has no process")?;
    rustix::process::kill_process(pid, signal)
        .map_err(|wrong| format!("the server cannot be told to stop: {wrong}"))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|wrong| wrong.to_string())?
}

/// Runs a program to its end; fails with its last words when it does not end well.
fn run_program(mut command: Command, input: Option<&str>) -> Result<Output, String> {
    use std::io::Write as _;
    use std::process::Stdio;

    let name = command.get_program().to_string_lossy().into_owned();
    let cannot = |wrong: std::io::Error| format!("{name}: {wrong}");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
    let mut child = command.spawn().map_err(cannot)?;
    if let (Some(text), Some(mut pipe)) = (input, child.stdin.take()) {
        // Who does not read to the end says why, or ends well all the same.
        let _ = pipe.write_all(text.as_bytes());
    }
    let output = child.wait_with_output().map_err(cannot)?;
    if output.status.success() {
        return Ok(output);
    }
    let said = [&output.stderr, &output.stdout]
        .into_iter()
        .map(|text| String::from_utf8_lossy(text).trim().to_owned())
        .find(|text| !text.is_empty())
        .unwrap_or_default();
    let last: Vec<&str> = said.lines().rev().take(3).collect();
    let last: Vec<&str> = last.into_iter().rev().collect();
    Err(format!("{name} ended with {}: {}", output.status, last.join(" / ")))
}
