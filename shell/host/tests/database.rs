//! A real PostgreSQL for RDS: made, configured, told things, copied, and gone with its host.

// A test that cannot go on panics.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use standin_kernel::Value;
use standin_kernel::database::{DatabaseCommand, DatabaseEngine, DatabaseSpec, Secret, Trouble};
use standin_kernel::workload::{WorkloadEvent, WorkloadId, WorkloadKind, WorkloadSpec};
use tokio_postgres::{Client, Config, NoTls};

use common::{Host, spec};

const PASSWORD: &str = "it's a \\ secret";

/// A free port on an address of the task network.
fn free_port(address: Ipv4Addr) -> u16 {
    TcpListener::bind((address, 0)).unwrap().local_addr().unwrap().port()
}

fn database(id: u64, port: u16) -> WorkloadSpec {
    let wanted = DatabaseSpec {
        engine: DatabaseEngine::Postgres,
        engine_version: "16.4".into(),
        data: "db-ABC".into(),
        snapshot: None,
        master_username: "keeper".into(),
        master_password: Secret(PASSWORD.into()),
        database: Some("diary".into()),
        parameters: BTreeMap::from([("statement_timeout".into(), "30000".into())]),
        force_ssl: false,
    };
    WorkloadSpec {
        kind: WorkloadKind::Database(Box::new(wanted)),
        address: Ipv4Addr::new(127, 77, 3, 1),
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

/// What happens next, which is to `id`.
async fn next(host: &mut Host, id: WorkloadId) -> WorkloadEvent {
    loop {
        let (of, event) = host.event().await;
        assert_eq!(of, id, "{event:?}");
        // What is said while a server is fetched is no matter of these tests.
        if !matches!(event, WorkloadEvent::Output { .. }) {
            return event;
        }
    }
}

struct Server<'a> {
    host: &'a mut Host,
    spec: WorkloadSpec,
}

impl<'a> Server<'a> {
    async fn start(host: &'a mut Host, spec: WorkloadSpec) -> Self {
        host.workloads.launch(spec.clone());
        assert_eq!(next(host, spec.id).await, WorkloadEvent::Started);
        let mut server = Self { host, spec };
        server.told(DatabaseCommand::Ready).await;
        server
    }

    async fn told(&mut self, command: DatabaseCommand) {
        assert_eq!(self.outcome(command).await, Some(0));
    }

    async fn outcome(&mut self, command: DatabaseCommand) -> Option<i32> {
        self.host.workloads.exec(self.spec.id, command.exec(5, Duration::from_secs(60)));
        loop {
            if let WorkloadEvent::ExecDone { ticket: 5, code } = next(self.host, self.spec.id).await
            {
                return code;
            }
        }
    }

    async fn stop(mut self) {
        self.told(DatabaseCommand::Stop).await;
        let code = next(self.host, self.spec.id).await;
        assert_eq!(code, WorkloadEvent::Exited { code: 0 });
    }

    async fn client(&self, password: &str) -> Result<Client, String> {
        let mut config = Config::new();
        let address = self.spec.address.to_string();
        config.host(&address).port(self.spec.ports[0]).user("keeper").password(password);
        config.dbname("diary").ssl_mode(tokio_postgres::config::SslMode::Disable);
        let (client, connection) = config.connect(NoTls).await.map_err(|wrong| {
            wrong.as_db_error().map_or_else(|| wrong.to_string(), |error| error.message().into())
        })?;
        tokio::spawn(connection);
        Ok(client)
    }
}

async fn one(client: &Client, query: &str) -> String {
    client.query_one(query, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn rds_pp_02_rds_pp_04_a_database_lives_through_its_life() {
    let mut host = Host::new();
    let port = free_port(Ipv4Addr::new(127, 77, 3, 1));
    let mut server = Server::start(&mut host, database(1, port)).await;
    let client = server.client(PASSWORD).await.unwrap();
    assert_eq!(one(&client, "SHOW statement_timeout").await, "30s");
    assert_eq!(
        one(&client, "SELECT rolsuper::text FROM pg_roles WHERE rolname = 'keeper'").await,
        "false"
    );
    client
        .batch_execute("CREATE TABLE entry (text text); INSERT INTO entry VALUES ('kept')")
        .await
        .unwrap();

    // A dynamic parameter reaches new sessions without a restart; a static one waits.
    let parameters = BTreeMap::from([
        ("statement_timeout".to_owned(), "5000".to_owned()),
        ("max_connections".to_owned(), "33".to_owned()),
    ]);
    wanted(&mut server.spec).parameters = parameters.clone();
    server.told(DatabaseCommand::Parameters { parameters, force_ssl: false }).await;
    let fresh = server.client(PASSWORD).await.unwrap();
    assert_eq!(one(&fresh, "SHOW statement_timeout").await, "5s");
    assert_eq!(one(&fresh, "SHOW max_connections").await, "100");

    server.told(DatabaseCommand::Password(Secret("another one".into()))).await;
    assert!(server.client(PASSWORD).await.unwrap_err().contains("password authentication failed"));
    server.told(DatabaseCommand::Snapshot { data: "db-ABC".into(), name: "before".into() }).await;
    client.batch_execute("INSERT INTO entry VALUES ('after the snapshot')").await.unwrap();
    let mut again = server.spec.clone();
    server.stop().await;
    assert!(client.query("SELECT 1", &[]).await.is_err(), "sessions end with the server");

    // The static parameter acts now, the data is whole, the port is free again.
    again.id = WorkloadId(2);
    let server = Server::start(&mut host, again.clone()).await;
    let client = server.client("another one").await.unwrap();
    assert_eq!(one(&client, "SHOW max_connections").await, "33");
    assert_eq!(one(&client, "SELECT count(*)::text FROM entry").await, "2");
    server.stop().await;

    // The snapshot's data is that of its moment.
    again.id = WorkloadId(3);
    let restored = wanted(&mut again);
    restored.data = "db-DEF".into();
    restored.snapshot = Some("before".into());
    let mut server = Server::start(&mut host, again).await;
    let client = server.client("another one").await.unwrap();
    assert_eq!(one(&client, "SELECT string_agg(text, ',') FROM entry").await, "kept");
    assert_eq!(server.outcome(DatabaseCommand::DeleteData("db-DEF".into())).await, Some(1));
    server.stop().await;
    clean(&mut host, DatabaseCommand::DeleteData("db-DEF".into())).await;
    clean(&mut host, DatabaseCommand::DeleteData("db-ABC".into())).await;
    clean(&mut host, DatabaseCommand::DeleteSnapshot("before".into())).await;
}

/// Deletes what no server uses any more.
async fn clean(host: &mut Host, command: DatabaseCommand) {
    let id = WorkloadId(99);
    host.workloads.exec(id, command.exec(6, Duration::from_secs(60)));
    let done = WorkloadEvent::ExecDone { ticket: 6, code: Some(0) };
    assert_eq!(next(host, id).await, done);
}

#[tokio::test]
async fn rds_pp_03_force_ssl_refuses_sessions_without_tls() {
    let mut host = Host::new();
    let mut spec = database(1, free_port(Ipv4Addr::new(127, 77, 3, 1)));
    wanted(&mut spec).force_ssl = true;
    let server = Server::start(&mut host, spec).await;
    let refused = server.client(PASSWORD).await.unwrap_err();
    assert!(refused.contains("no pg_hba.conf entry"), "{refused}");
    assert!(refused.contains("no encryption"), "{refused}");
    server.stop().await;
    clean(&mut host, DatabaseCommand::DeleteData("db-ABC".into())).await;
}

#[tokio::test]
async fn a_server_in_trouble_is_silent_or_full_and_recovers() {
    let mut host = Host::new();
    let mut spec = database(1, free_port(Ipv4Addr::new(127, 77, 3, 1)));
    wanted(&mut spec).parameters.insert("max_connections".into(), "8".into());
    let mut server = Server::start(&mut host, spec).await;
    let client = server.client(PASSWORD).await.unwrap();

    server.told(DatabaseCommand::Trouble(Some(Trouble::Hangs))).await;
    let asked = client.query_one("SELECT 'late'", &[]);
    tokio::pin!(asked);
    let silence = tokio::time::timeout(Duration::from_millis(300), asked.as_mut()).await;
    assert!(silence.is_err(), "{silence:?}");
    server.told(DatabaseCommand::Trouble(None)).await;
    assert_eq!(asked.await.unwrap().get::<_, &str>(0), "late");

    server.told(DatabaseCommand::Trouble(Some(Trouble::NoSessionLeft))).await;
    let refused = server.client(PASSWORD).await.unwrap_err();
    assert!(refused.contains("connection slots are reserved"), "{refused}");
    assert_eq!(one(&client, "SELECT 'I have mine'").await, "I have mine");
    server.told(DatabaseCommand::Trouble(None)).await;
    while server.client(PASSWORD).await.is_err() {
        // The sessions that were held are about to end.
        tokio::task::yield_now().await;
    }
    server.told(DatabaseCommand::Trouble(Some(Trouble::Hangs))).await;
    server.stop().await;
    clean(&mut host, DatabaseCommand::DeleteData("db-ABC".into())).await;
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let mut host = Host::new();
    let mut spec = database(1, free_port(Ipv4Addr::new(127, 77, 3, 1)));
    wanted(&mut spec).engine_version = "8.4".into();
    host.workloads.launch(spec.clone());
    let WorkloadEvent::FailedToStart { reason } = next(&mut host, spec.id).await else {
        panic!("PostgreSQL 8.4 has been found");
    };
    assert!(reason.contains("PostgreSQL 8 is not on this machine"), "{reason}");
}
