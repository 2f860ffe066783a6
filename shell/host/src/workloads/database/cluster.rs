//! A server's data and configuration: made once as RDS makes them, configured anew at each start.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use standin_kernel::database::DatabaseSpec;
use standin_kernel::workload::WorkloadSpec;

use super::account::Account;
use super::server::Server;
use super::{OWNER, run_program, snapshot};
use crate::workloads::log::Log;

const CONFIGURATION: &str = "standin.conf";
/// Says that the data was made whole; without it a half-made folder is made anew.
const MADE: &str = "standin.made";

/// Where a server's data is and where it listens.
#[derive(Clone, Debug)]
pub(super) struct Cluster {
    pub(super) data: PathBuf,
    pub(super) sockets: PathBuf,
    pub(super) address: Ipv4Addr,
    pub(super) port: u16,
}

impl Cluster {
    pub(super) fn new(account: &Account, database: &DatabaseSpec, spec: &WorkloadSpec) -> Self {
        const DEFAULT_PORT: u16 = 5432;
        let data = account.data(&database.data);
        Self {
            sockets: account.sockets(&data),
            data,
            address: spec.address,
            port: spec.ports.first().copied().unwrap_or(DEFAULT_PORT),
        }
    }

    pub(super) fn server_arguments(&self) -> [OsString; 2] {
        ["-D".into(), self.data.clone().into()]
    }

    /// Makes the data if there is none, from a snapshot or new, and writes the configuration.
    pub(super) fn ready(
        &self,
        account: &Account,
        server: &Server,
        database: &DatabaseSpec,
        log: &Log,
    ) -> Result<(), String> {
        if !self.data.join(MADE).is_file() {
            account.remove(&self.data)?;
            match &database.snapshot {
                Some(name) => snapshot::restore(account, name, &self.data)?,
                None => self.make(account, server, database, log)?,
            }
            account.write(&self.data.join(MADE), "")?;
        }
        self.check_version(server)?;
        if self.sockets != self.data {
            account.make_folder(&self.sockets)?;
        }
        self.certify(account)?;
        let master = &database.master_username;
        self.configure(account, &database.parameters, database.force_ssl, master)
    }

    fn make(
        &self,
        account: &Account,
        server: &Server,
        database: &DatabaseSpec,
        log: &Log,
    ) -> Result<(), String> {
        log.note(&format!("initdb {}", self.data.display()));
        account.make_folder(&self.data)?;
        let mut arguments: Vec<OsString> = vec!["-D".into(), self.data.clone().into()];
        arguments.push(format!("--username={OWNER}").into());
        // --no-sync: what is lost here by a power cut is a cluster nobody has used yet.
        let options = ["--auth=reject", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"];
        arguments.extend(options.map(OsString::from));
        run_program(account.short_command(&server.program("initdb"), &arguments), None)?;
        let single: [OsString; 6] = [
            "--single".into(),
            "-D".into(),
            self.data.clone().into(),
            "-c".into(),
            "exit_on_error=true".into(),
            "postgres".into(),
        ];
        let command = account.short_command(&server.program("postgres"), &single);
        run_program(command, Some(&users(database))).map(drop)
    }

    /// PostgreSQL does not start on another major version's data.
    fn check_version(&self, server: &Server) -> Result<(), String> {
        let path = self.data.join("PG_VERSION");
        let text = std::fs::read_to_string(&path)
            .map_err(|wrong| format!("{}: {wrong}", path.display()))?;
        let found = text.trim();
        if found == server.major.to_string() {
            return Ok(());
        }
        Err(format!(
            "the data is PostgreSQL {found}'s and the server is {}: major upgrades are not carried \
             out here",
            server.major
        ))
    }

    /// A certificate for the sessions that use TLS; nobody has signed it but itself.
    fn certify(&self, account: &Account) -> Result<(), String> {
        if self.data.join("server.key").is_file() {
            return Ok(());
        }
        let names = vec![self.address.to_string(), "localhost".to_owned()];
        let made = rcgen::generate_simple_self_signed(names)
            .map_err(|wrong| format!("no certificate: {wrong}"))?;
        account.write(&self.data.join("server.crt"), &made.cert.pem())?;
        account.write(&self.data.join("server.key"), &made.signing_key.serialize_pem())
    }

    /// Writes what the server reads when it starts and when it is told to read again.
    pub(super) fn configure(
        &self,
        account: &Account,
        parameters: &BTreeMap<String, String>,
        force_ssl: bool,
        master: &str,
    ) -> Result<(), String> {
        let main = self.data.join("postgresql.conf");
        let text = std::fs::read_to_string(&main)
            .map_err(|wrong| format!("{}: {wrong}", main.display()))?;
        let include = format!("include '{CONFIGURATION}'");
        if !text.lines().any(|line| line == include) {
            account.write(&main, &format!("{text}\n{include}\n"))?;
        }
        account.write(&self.data.join(CONFIGURATION), &self.settings(parameters))?;
        account.write(&self.data.join("pg_hba.conf"), &access(force_ssl, master))
    }

    fn settings(&self, parameters: &BTreeMap<String, String>) -> String {
        let sockets = self.sockets.display().to_string();
        let mut text = String::new();
        let mut add = |name: &str, value: &str| {
            // Writing to a String does not fail.
            let _ = writeln!(text, "{name} = '{}'", value.replace('\'', "''"));
        };
        for (name, value) in parameters {
            add(name, value);
        }
        add("listen_addresses", &self.address.to_string());
        add("port", &self.port.to_string());
        add("unix_socket_directories", &sockets);
        add("ssl", "on");
        add("logging_collector", "off");
        text
    }
}

/// Who may come in how (RDS-PP-03): Standin, as RDS's own user or the master, over the socket,
/// which lies in a folder nobody else can look into; all others over TCP with a password.
fn access(force_ssl: bool, master: &str) -> String {
    let kind = if force_ssl { "hostssl" } else { "host" };
    let local = format!("{OWNER},{}", identifier(master));
    format!("local all {local} trust\n{kind} all all 0.0.0.0/0 scram-sha-256\n")
}

/// The users and the database of a new cluster, a statement a line.
fn users(database: &DatabaseSpec) -> String {
    let master = identifier(&database.master_username);
    let password = literal(&database.master_password.0);
    let mut text = format!(
        "SET password_encryption = 'scram-sha-256';\n\
         CREATE ROLE rds_superuser;\n\
         GRANT pg_monitor, pg_signal_backend TO rds_superuser WITH ADMIN OPTION;\n\
         CREATE ROLE {master} LOGIN CREATEDB CREATEROLE PASSWORD {password} \
         IN ROLE rds_superuser;\n\
         ALTER DATABASE postgres OWNER TO {master};\n"
    );
    if let Some(name) = database.database.as_deref().filter(|name| *name != "postgres") {
        // Writing to a String does not fail.
        let _ = writeln!(text, "CREATE DATABASE {} OWNER {master};", identifier(name));
    }
    text
}

pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

pub(super) fn literal(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('\'', "''");
    format!("E'{escaped}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_secrets_cannot_leave_their_quotes() {
        assert_eq!(identifier("a\"b"), "\"a\"\"b\"");
        assert_eq!(literal("it's \\ so"), "E'it''s \\\\ so'");
    }

    #[test]
    fn rds_pp_03_force_ssl_leaves_no_way_in_without_tls() {
        let of = |force_ssl| access(force_ssl, "keeper");
        assert!(of(true).contains("hostssl all all"));
        assert!(!of(true).contains("\nhost all"));
        assert!(of(false).contains("\nhost all"));
    }
}
