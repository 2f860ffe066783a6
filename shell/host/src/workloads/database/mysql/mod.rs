//! MySQL and MariaDB: one kind of server by two makers, told what to do through its own client.
//!
//! Reading order: `server` (which programs), `data` (data and configuration), `client` (what it is
//! told over a connection), `trouble` (what is broken on purpose).

mod client;
mod data;
mod server;
mod trouble;

use std::path::Path;

use standin_kernel::database::{DatabaseCommand, DatabaseSpec};
use standin_kernel::workload::WorkloadSpec;

use self::client::Client;
use self::data::Data;
use self::server::Server;
use super::account::Account;
use super::{blocking, snapshot};
use crate::orphans::MARKER;
use crate::workloads::Site;
use crate::workloads::log::Log;
use crate::workloads::plan::{self, Plan};

/// Gets the server, the data and the configuration ready. Fails with the reason in one line.
pub(super) async fn prepare(
    site: &Site,
    spec: &WorkloadSpec,
    database: &DatabaseSpec,
    log: &Log,
) -> Result<Plan, String> {
    let account = Account::of_this_process(&site.state_dir)?;
    let data = Data::new(&account, database, spec);
    let job = (account.clone(), data.clone(), database.clone(), log.clone());
    let server = blocking(move || {
        let (account, data, database, log) = job;
        let server = Server::find(database.engine, &database.engine_version)?;
        log.note(&format!("the server is {}", server.daemon.display()));
        data.ready(&account, &server, &database, &log)?;
        Ok(server)
    })
    .await?;
    let mut environment = site.base_environment.clone();
    environment.insert(MARKER.into(), site.marker(spec.id).into());
    // The time of RDS's machines, wherever this one stands.
    environment.insert("TZ".into(), "UTC".into());
    let (program, arguments) = account.command(&server.daemon, &data.server_arguments());
    let path = plan::path_of(&environment).to_owned();
    let program = plan::find_program(&program.to_string_lossy(), Path::new("/"), &path)?;
    Ok(Plan { program, arguments, directory: data.folder, environment })
}

/// Carries out what the running server `pid` of `spec` is told.
pub(super) async fn run(
    site: &Site,
    spec: &WorkloadSpec,
    database: &DatabaseSpec,
    pid: i32,
    command: DatabaseCommand,
) -> Result<(), String> {
    let account = Account::of_this_process(&site.state_dir)?;
    let data = Data::new(&account, database, spec);
    let (engine, version) = (database.engine, database.engine_version.clone());
    let server = blocking(move || Server::find(engine, &version)).await?;
    let client = Client::new(&account, &server, &data);
    match command {
        DatabaseCommand::Ready => client.ready().await,
        DatabaseCommand::Parameters { parameters, force_ssl } => {
            let before = data.settings_now()?;
            data.configure(&account, &parameters, force_ssl)?;
            client.set_all(data::changes(&before, &data.settings_now()?)).await
        }
        DatabaseCommand::Password(password) => {
            let user = client::account_name(&database.master_username, "%");
            let password = client::literal(&password.0);
            client.told(format!("ALTER USER {user} IDENTIFIED BY {password};\n")).await
        }
        DatabaseCommand::Snapshot { name, .. } => {
            // As RDS does it: input and output stand still for a moment, and what is kept starts
            // as after a loss of power.
            super::trouble::freeze(pid, true)?;
            let folder = data.folder.clone();
            let kept = blocking(move || snapshot::of_stopped(&account, &folder, &name)).await;
            super::trouble::freeze(pid, false)?;
            kept
        }
        DatabaseCommand::Stop => super::interrupt(database, pid),
        DatabaseCommand::DeleteData(_) => Err("the server runs: its data stays".into()),
        DatabaseCommand::DeleteSnapshot(name) => snapshot::delete(&account, &name),
        DatabaseCommand::Trouble(trouble) => {
            trouble::suffer(site, spec.id, &client, &data, pid, trouble).await
        }
    }
}
