//! What a server is told over a connection, by its own client and as RDS's own user.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::super::account::Account;
use super::super::{blocking, run_program};
use super::data::Data;
use super::server::Server;

const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// Whoever tells one server.
#[derive(Clone, Debug)]
pub(super) struct Client {
    account: Account,
    program: PathBuf,
    arguments: Vec<OsString>,
}

impl Client {
    pub(super) fn new(account: &Account, server: &Server, data: &Data) -> Self {
        let mut defaults = OsString::from("--defaults-file=");
        defaults.push(data.client_file());
        Self::with(account, &server.client, vec![defaults])
    }

    /// The first one: nobody has a password yet.
    pub(super) fn first(account: &Account, server: &Server, socket: &Path) -> Self {
        let mut at = OsString::from("--socket=");
        at.push(socket);
        Self::with(account, &server.client, vec!["--no-defaults".into(), "--user=root".into(), at])
    }

    fn with(account: &Account, program: &Path, mut arguments: Vec<OsString>) -> Self {
        arguments.extend(["--batch", "--skip-column-names"].map(OsString::from));
        Self { account: account.clone(), program: program.to_owned(), arguments }
    }

    fn command(&self) -> Command {
        self.account.short_command(&self.program, &self.arguments)
    }

    /// Has statements carried out, each with its `;`. They go through a pipe, for passwords are
    /// among them.
    pub(super) fn say(&self, statements: &str) -> Result<String, String> {
        let output = run_program(self.command(), Some(statements))?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    pub(super) async fn told(&self, statements: String) -> Result<(), String> {
        let client = self.clone();
        blocking(move || client.say(&statements).map(drop)).await
    }

    /// Has variables set, each whatever became of those before; fails with the first failure. One
    /// that a server takes at its start only is none: RDS waits with it.
    pub(super) async fn set_all(&self, statements: Vec<String>) -> Result<(), String> {
        const READ_ONLY: &str = "ERROR 1238 ";
        let mut outcome = Ok(());
        for statement in statements {
            let done = match self.told(statement).await {
                Err(wrong) if wrong.contains(READ_ONLY) => Ok(()),
                done => done,
            };
            outcome = outcome.and(done);
        }
        outcome
    }

    /// Waits until the server accepts sessions. Whoever calls sets the limit.
    pub(super) async fn ready(&self) -> Result<(), String> {
        while self.told("SELECT 1;\n".to_owned()).await.is_err() {
            tokio::time::sleep(BETWEEN_TRIES).await;
        }
        Ok(())
    }

    /// A session that does nothing and stays, until its process is ended.
    pub(super) fn hold(&self) -> Result<Child, String> {
        let mut command = self.command();
        command.args(["--execute", "SELECT SLEEP(31536000)"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().map_err(|wrong| format!("{}: {wrong}", self.program.display()))
    }
}

/// `'keeper'@'%'`
pub(super) fn account_name(user: &str, host: &str) -> String {
    format!("{}@{}", literal(user), literal(host))
}

pub(super) fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_secrets_cannot_leave_their_quotes() {
        assert_eq!(identifier("a`b"), "`a``b`");
        assert_eq!(literal("it's \\ so"), "'it''s \\\\ so'");
        assert_eq!(account_name("a'b", "%"), "'a''b'@'%'");
    }
}
