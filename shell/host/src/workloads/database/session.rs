//! What a server is told over a connection, as RDS's own user.

use std::time::Duration;

use tokio_postgres::{Client, Config, NoTls};

use super::OWNER;
use super::cluster::{Cluster, identifier, literal};

const BETWEEN_TRIES: Duration = Duration::from_millis(20);

/// Waits until the server accepts sessions. Whoever calls sets the limit.
pub(super) async fn ready(cluster: &Cluster) -> Result<(), String> {
    loop {
        match open(cluster).await {
            Ok(client) => return run(&client, "SELECT 1").await,
            Err(_) => tokio::time::sleep(BETWEEN_TRIES).await,
        }
    }
}

/// The server reads its configuration again.
pub(super) async fn reload(cluster: &Cluster) -> Result<(), String> {
    run(&open(cluster).await?, "SELECT pg_reload_conf()").await
}

pub(super) async fn set_password(
    cluster: &Cluster,
    user: &str,
    password: &str,
) -> Result<(), String> {
    let client = open(cluster).await?;
    // Neither the statement nor its failure may bring the password into the server's log.
    run(&client, "SET log_statement = 'none'").await?;
    run(&client, "SET log_min_error_statement = 'panic'").await?;
    run(&client, "SET log_min_duration_statement = -1").await?;
    run(&client, &format!("ALTER ROLE {} PASSWORD {}", identifier(user), literal(password))).await
}

/// A session of RDS's own user; it ends when the client is dropped.
pub(super) async fn open(cluster: &Cluster) -> Result<Client, String> {
    connect(cluster, OWNER).await.map_err(|wrong| wrong.to_string())
}

/// A session over the socket, where nobody asks for a password.
pub(super) async fn connect(
    cluster: &Cluster,
    user: &str,
) -> Result<Client, tokio_postgres::Error> {
    let mut config = Config::new();
    config.host_path(&cluster.sockets).port(cluster.port).user(user).dbname("postgres");
    let (client, connection) = config.connect(NoTls).await?;
    // It ends with the client; what went wrong on it the client hears.
    tokio::spawn(connection);
    Ok(client)
}

pub(super) async fn run(client: &Client, statement: &str) -> Result<(), String> {
    client.batch_execute(statement).await.map_err(|wrong| {
        wrong.as_db_error().map_or_else(|| wrong.to_string(), |error| error.message().to_owned())
    })
}
