//! A real MariaDB or MySQL for RDS, where one is installed: made, configured, told things, copied,
//! and gone with its host.

// A test that cannot go on panics.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use standin_kernel::Value;
use standin_kernel::database::{DatabaseCommand, DatabaseEngine, DatabaseSpec, Secret, Trouble};
use standin_kernel::workload::{WorkloadEvent, WorkloadId, WorkloadKind, WorkloadSpec};

use common::{Host, spec};

const PASSWORD: &str = "it's a \\ secret";

/// The engines of this machine, with their versions and their clients.
fn installed() -> Vec<(DatabaseEngine, String, PathBuf)> {
    let mut found: Vec<(DatabaseEngine, String, PathBuf)> = Vec::new();
    let path = std::env::var("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> =
        std::env::split_paths(&format!("{path}:/usr/sbin")).filter(|it| it.is_dir()).collect();
    let program = |name: &str| folders.iter().map(|it| it.join(name)).find(|it| it.is_file());
    for (daemon, client) in [("mariadbd", "mariadb"), ("mysqld", "mysql")] {
        let (Some(daemon), Some(client)) = (program(daemon), program(client)) else { continue };
        let said = Command::new(daemon).arg("--version").output().unwrap().stdout;
        let said = String::from_utf8(said).unwrap();
        let engine = match said.contains("MariaDB") {
            true => DatabaseEngine::Mariadb,
            false => DatabaseEngine::Mysql,
        };
        let version = said.split_once("Ver ").unwrap().1;
        let version: Vec<&str> = version.split(['.', '-']).take(2).collect();
        if !found.iter().any(|one| one.0 == engine) {
            found.push((engine, version.join("."), client));
        }
    }
    if found.is_empty() {
        eprintln!("not tried: neither MariaDB nor MySQL is installed");
    }
    found
}

fn database(id: u64, engine: DatabaseEngine, version: &str) -> WorkloadSpec {
    let address = Ipv4Addr::new(127, 77, 4, 1);
    let port = TcpListener::bind((address, 0)).unwrap().local_addr().unwrap().port();
    let parameters = [("max_connections", "90"), ("time_zone", "Asia/Tokyo")];
    let wanted = DatabaseSpec {
        engine,
        engine_version: version.to_owned(),
        data: "db-MYSQL".into(),
        snapshot: None,
        master_username: "keeper".into(),
        master_password: Secret(PASSWORD.into()),
        database: Some("diary".into()),
        parameters: parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        force_ssl: false,
    };
    WorkloadSpec {
        kind: WorkloadKind::Database(Box::new(wanted)),
        address,
        ports: vec![port],
        ..spec(id, std::path::Path::new("/"), Value::Null)
    }
}

fn wanted(spec: &mut WorkloadSpec) -> &mut DatabaseSpec {
    match &mut spec.kind {
        WorkloadKind::Database(wanted) => wanted,
        _ => unreachable!("the spec is a database's"),
    }
}

struct Server<'a> {
    host: &'a mut Host,
    spec: WorkloadSpec,
    client: PathBuf,
}

impl<'a> Server<'a> {
    async fn start(host: &'a mut Host, spec: WorkloadSpec, client: PathBuf) -> Self {
        host.workloads.launch(spec.clone());
        assert_eq!(host.event().await, (spec.id, WorkloadEvent::Started));
        let mut server = Self { host, spec, client };
        server.told(DatabaseCommand::Ready).await;
        server
    }

    async fn told(&mut self, command: DatabaseCommand) {
        self.host.workloads.exec(self.spec.id, command.exec(5, Duration::from_secs(60)));
        let done = WorkloadEvent::ExecDone { ticket: 5, code: Some(0) };
        assert_eq!(self.host.event().await, (self.spec.id, done));
    }

    async fn parameters(&mut self, parameters: BTreeMap<String, String>, force_ssl: bool) {
        wanted(&mut self.spec).parameters.clone_from(&parameters);
        self.told(DatabaseCommand::Parameters { parameters, force_ssl }).await;
    }

    async fn stop(mut self) -> WorkloadSpec {
        self.told(DatabaseCommand::Stop).await;
        let ended = WorkloadEvent::Exited { code: 0 };
        assert_eq!(self.host.event().await, (self.spec.id, ended));
        self.spec
    }

    /// What a client over the network gets, who does not speak TLS.
    fn ask(&self, password: &str, query: &str) -> Result<String, String> {
        let output = Command::new(&self.client)
            .args(["--no-defaults", "--user=keeper", "--batch", "--skip-column-names"])
            .arg(if self.client.ends_with("mariadb") {
                "--skip-ssl"
            } else {
                "--ssl-mode=DISABLED"
            })
            .arg(format!("--host={}", self.spec.address))
            .arg(format!("--port={}", self.spec.ports[0]))
            .args(["--get-server-public-key"].iter().filter(|_| !self.client.ends_with("mariadb")))
            .args(["--connect-timeout=2", "--database=diary", "--execute", query])
            .env("MYSQL_PWD", password)
            .output()
            .unwrap();
        match output.status.success() {
            true => Ok(String::from_utf8(output.stdout).unwrap().trim().to_owned()),
            false => Err(String::from_utf8(output.stderr).unwrap()),
        }
    }
}

/// Deletes what no server uses any more.
async fn clean(host: &mut Host, command: DatabaseCommand) {
    let id = WorkloadId(99);
    host.workloads.exec(id, command.exec(6, Duration::from_secs(60)));
    assert_eq!(host.event().await, (id, WorkloadEvent::ExecDone { ticket: 6, code: Some(0) }));
}

#[tokio::test]
async fn rds_pm_01_a_database_lives_through_its_life() {
    for (engine, version, program) in installed() {
        let mut host = Host::new();
        let spec = database(1, engine, &version);
        let mut server = Server::start(&mut host, spec, program.clone()).await;
        let variables = "SELECT CONCAT(@@max_connections, ' ', @@time_zone)";
        assert_eq!(server.ask(PASSWORD, variables).unwrap(), "90 Asia/Tokyo");
        server
            .ask(PASSWORD, "CREATE TABLE entry (text TEXT); INSERT INTO entry VALUES ('kept')")
            .unwrap();
        // No superuser, and no root.
        server.ask(PASSWORD, "SET GLOBAL max_connections = 5").unwrap_err();
        let privileges = "SELECT COUNT(*) FROM mysql.user WHERE User = 'root'";
        assert_eq!(server.ask(PASSWORD, privileges).unwrap(), "0");

        // A dynamic parameter reaches it without a restart, one that is gone goes back to the
        // engine's own; a static one waits.
        let changed = BTreeMap::from([
            ("max_connections".to_owned(), "200".to_owned()),
            ("back_log".to_owned(), "77".to_owned()),
        ]);
        server.parameters(changed, false).await;
        let backlog = "SELECT CONCAT(@@max_connections, ' ', @@time_zone, ' ', @@back_log = 77)";
        assert_eq!(server.ask(PASSWORD, backlog).unwrap(), "200 SYSTEM 0");

        server.told(DatabaseCommand::Password(Secret("another one".into()))).await;
        assert!(server.ask(PASSWORD, "SELECT 1").unwrap_err().contains("Access denied"));
        let kept = DatabaseCommand::Snapshot { data: "db-MYSQL".into(), name: "mysql".into() };
        server.told(kept).await;
        server.ask("another one", "INSERT INTO entry VALUES ('after the snapshot')").unwrap();
        let mut again = server.stop().await;

        // The static parameter acts now, and the data is whole.
        again.id = WorkloadId(2);
        let server = Server::start(&mut host, again, program.clone()).await;
        assert_eq!(server.ask("another one", backlog).unwrap(), "200 SYSTEM 1");
        assert_eq!(server.ask("another one", "SELECT COUNT(*) FROM entry").unwrap(), "2");
        let mut again = server.stop().await;

        // The snapshot's data is that of its moment.
        again.id = WorkloadId(3);
        let restored = wanted(&mut again);
        restored.data = "db-RESTORED".into();
        restored.snapshot = Some("mysql".into());
        let server = Server::start(&mut host, again, program).await;
        assert_eq!(server.ask("another one", "SELECT text FROM entry").unwrap(), "kept");
        server.stop().await;
        for data in ["db-RESTORED", "db-MYSQL"] {
            clean(&mut host, DatabaseCommand::DeleteData(data.into())).await;
        }
        clean(&mut host, DatabaseCommand::DeleteSnapshot("mysql".into())).await;
    }
}

#[tokio::test]
async fn a_server_in_trouble_is_silent_or_full_and_recovers() {
    for (engine, version, program) in installed() {
        let mut host = Host::new();
        let spec = database(1, engine, &version);
        let mut server = Server::start(&mut host, spec, program).await;

        server.told(DatabaseCommand::Trouble(Some(Trouble::NoSessionLeft))).await;
        common::wait_until("no session is left", || {
            let refused = server.ask(PASSWORD, "SELECT 1");
            refused.is_err_and(|text| text.contains("Too many connections"))
        });
        server.told(DatabaseCommand::Trouble(None)).await;
        common::wait_until("there are sessions again", || server.ask(PASSWORD, "SELECT 1").is_ok());
        assert_eq!(server.ask(PASSWORD, "SELECT @@max_connections").unwrap(), "90");

        // Sessions without TLS are refused as soon as they are to be.
        let parameters = wanted(&mut server.spec).parameters.clone();
        server.parameters(parameters, true).await;
        let refused = server.ask(PASSWORD, "SELECT 1").unwrap_err();
        let words = ["Access denied", "insecure transport"];
        assert!(words.iter().any(|words| refused.contains(words)), "{refused}");

        server.told(DatabaseCommand::Trouble(Some(Trouble::Hangs))).await;
        let silence = server.ask(PASSWORD, "SELECT 1").unwrap_err();
        assert!(silence.contains("Lost connection") || silence.contains("2013"), "{silence}");
        server.stop().await;
        clean(&mut host, DatabaseCommand::DeleteData("db-MYSQL".into())).await;
    }
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let mut host = Host::new();
    host.workloads.launch(database(1, DatabaseEngine::Mysql, "4.1"));
    let (_, WorkloadEvent::FailedToStart { reason }) = host.event().await else {
        panic!("MySQL 4.1 has been found");
    };
    assert!(reason.contains("MySQL 4.1 is not on this machine"), "{reason}");
}
