//! A database server as RDS asks for it, and what it is told while it runs.
//!
//! RDS decides; the driver runs a real server (or models one) and answers each [`DatabaseCommand`]
//! with an exit code through `WorkloadEvent::ExecDone`: 0 when it was done.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::workload::Exec;
use crate::{Duration, json};

/// The engines of RDS that can be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DatabaseEngine {
    Postgres,
    Mysql,
    Mariadb,
}

impl DatabaseEngine {
    /// RDS's name of it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
            Self::Mariadb => "mariadb",
        }
    }
}

/// A secret that does not show in a log.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What server to run. It listens on the workload's address and its one port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseSpec {
    pub engine: DatabaseEngine,
    /// As the template has it: `16.4`, `16`.
    pub engine_version: String,
    /// Names the data on disk (`DbiResourceId`); a renamed instance keeps it.
    pub data: String,
    /// The data comes from this snapshot when there is none yet.
    pub snapshot: Option<String>,
    pub master_username: String,
    pub master_password: Secret,
    /// Created with the data; `None`: only the engine's own (`postgres`).
    pub database: Option<String>,
    /// Engine parameters that differ from the engine's own defaults, by the engine's names, in the
    /// engine's units, without RDS's own (`rds.*`).
    pub parameters: BTreeMap<String, String>,
    /// `rds.force_ssl` (`require_secure_transport` in MySQL): refuse sessions without TLS.
    pub force_ssl: bool,
}

/// What a running server, or one that has stopped, is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DatabaseCommand {
    /// Wait until it accepts sessions.
    Ready,
    /// Take these parameters and reread them: those that need no restart take effect.
    Parameters { parameters: BTreeMap<String, String>, force_ssl: bool },
    /// Give the master user this password.
    Password(Secret),
    /// Keep a copy of the data as a snapshot of this name. A stopped server's data is kept as well.
    Snapshot { data: String, name: String },
    /// End all sessions and stop: the workload exits.
    Stop,
    /// Delete the data of this name; its server has stopped. No server need run.
    DeleteData(String),
    /// Delete a snapshot. No server need run.
    DeleteSnapshot(String),
    /// From now on it has this trouble, and no other; `None`: none.
    Trouble(Option<Trouble>),
}

/// What a running server suffers from, on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trouble {
    /// It takes connections and statements, and answers nothing.
    Hangs,
    /// As many sessions are open as it may have: nobody gets another one.
    NoSessionLeft,
}

/// The first word of the command of an [`Exec`] that carries a [`DatabaseCommand`].
const WORD: &str = "database";

impl DatabaseCommand {
    /// Wraps it for `Out::Exec`.
    pub fn exec(&self, ticket: u64, timeout: Duration) -> Exec {
        Exec { ticket, command: vec![WORD.into(), json!(self).to_string()], timeout }
    }

    /// Unwraps it; `None` for a command that is none of these.
    pub fn of(exec: &Exec) -> Option<Self> {
        match exec.command.as_slice() {
            [word, document] if word == WORD => serde_json::from_str(document).ok(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_survives_its_wrapping_and_hides_its_secret() {
        let command = DatabaseCommand::Password(Secret("correct horse".into()));
        let exec = command.exec(7, Duration::from_secs(5));
        assert_eq!((exec.ticket, exec.timeout), (7, Duration::from_secs(5)));
        assert_eq!(DatabaseCommand::of(&exec), Some(command.clone()));
        assert_eq!(format!("{command:?}"), "Password(***)");
        let other = Exec { command: vec!["true".into()], ..exec };
        assert_eq!(DatabaseCommand::of(&other), None);
    }
}
