//! A server's data and configuration: made once as RDS makes them, configured anew at each start.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Read as _;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use standin_kernel::database::{DatabaseEngine, DatabaseSpec};
use standin_kernel::workload::WorkloadSpec;

use super::super::account::Account;
use super::super::{OWNER, run_program, snapshot};
use super::client::{Client, account_name, identifier, literal};
use super::server::Server;
use crate::fill::hex;
use crate::workloads::log::Log;

const CONFIGURATION: &str = "standin.cnf";
/// How Standin gets in: a password of the run's own making.
const CLIENT: &str = "standin-client.cnf";
/// Says that the data was made whole, and for which versions.
const MADE: &str = "standin.made";
/// How long a first start may take; a machine under load is slow.
const FIRST_START: Duration = Duration::from_secs(120);
/// Where files may be read and written by statements, as on RDS.
const FILES: &str = "--secure-file-priv=/tmp";

/// What RDS gives a master user, who is no superuser there.
const PRIVILEGES: &str = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, \
    REFERENCES, INDEX, ALTER, SHOW DATABASES, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, \
    REPLICATION SLAVE, REPLICATION CLIENT, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, \
    CREATE USER, EVENT, TRIGGER";

/// Where a server's data is and where it listens.
#[derive(Clone, Debug)]
pub(super) struct Data {
    pub(super) folder: PathBuf,
    sockets: PathBuf,
    temporary: PathBuf,
    address: Ipv4Addr,
    port: u16,
}

impl Data {
    pub(super) fn new(account: &Account, database: &DatabaseSpec, spec: &WorkloadSpec) -> Self {
        const DEFAULT_PORT: u16 = 3306;
        let folder = account.data(&database.data);
        Self {
            sockets: account.sockets(&folder),
            temporary: account.temporary(&folder),
            folder,
            address: spec.address,
            port: spec.ports.first().copied().unwrap_or(DEFAULT_PORT),
        }
    }

    pub(super) fn client_file(&self) -> PathBuf {
        self.folder.join(CLIENT)
    }

    fn socket(&self) -> PathBuf {
        self.sockets.join("mysql.sock")
    }

    pub(super) fn server_arguments(&self) -> [OsString; 1] {
        [option("--defaults-file=", &self.folder.join(CONFIGURATION))]
    }

    /// Makes the data if there is none, from a snapshot or new, and writes the configuration.
    pub(super) fn ready(
        &self,
        account: &Account,
        server: &Server,
        database: &DatabaseSpec,
        log: &Log,
    ) -> Result<(), String> {
        if self.sockets != self.folder {
            account.make_folder(&self.sockets)?;
        }
        account.make_folder(&self.temporary)?;
        if !self.folder.join(MADE).is_file() {
            account.remove(&self.folder)?;
            match &database.snapshot {
                Some(name) => snapshot::restore(account, name, &self.folder)?,
                None => self.make(account, server, database, log)?,
            }
        }
        self.certify(account)?;
        self.say_how_to_get_in(account, &password_of(&self.client_file())?)?;
        self.configure(account, &database.parameters, database.force_ssl)
    }

    fn make(
        &self,
        account: &Account,
        server: &Server,
        database: &DatabaseSpec,
        log: &Log,
    ) -> Result<(), String> {
        log.note(&format!("makes the data in {}", self.folder.display()));
        account.make_folder(&self.folder)?;
        let mut command = match server.engine {
            DatabaseEngine::Mariadb => {
                let install = Server::tool(&["mariadb-install-db", "mysql_install_db"])
                    .ok_or("mariadb-install-db is not on this machine")?;
                let options = ["--auth-root-authentication-method=normal", "--skip-test-db"];
                let mut arguments: Vec<OsString> = vec!["--no-defaults".into()];
                arguments.push(option("--datadir=", &self.folder));
                arguments.extend(options.map(OsString::from));
                account.short_command(&install, &arguments)
            }
            _ => {
                let mut arguments: Vec<OsString> =
                    vec!["--no-defaults".into(), "--initialize-insecure".into(), FILES.into()];
                arguments.push(option("--datadir=", &self.folder));
                // It can be chosen now only.
                if let Some(value) = database.parameters.get("lower_case_table_names") {
                    arguments.push(format!("--lower-case-table-names={value}").into());
                }
                account.short_command(&server.daemon, &arguments)
            }
        };
        command.env("TMPDIR", &self.temporary);
        run_program(command, None)?;
        let password = fresh_password()?;
        self.fill(account, server, &users(server.engine, database, &password))?;
        self.say_how_to_get_in(account, &password)?;
        account.write(&self.folder.join(MADE), &database.engine_version)
    }

    /// Starts the server once, for nobody else, and has it make the users and the time zones.
    fn fill(&self, account: &Account, server: &Server, users: &str) -> Result<(), String> {
        let socket = self.sockets.join("first.sock");
        let mut arguments: Vec<OsString> = vec!["--no-defaults".into()];
        arguments.push(option("--datadir=", &self.folder));
        arguments.push(option("--socket=", &socket));
        arguments.push(option("--pid-file=", &self.sockets.join("first.pid")));
        let alone = ["--skip-networking", "--skip-log-bin", "--loose-mysqlx=OFF", FILES];
        arguments.extend(alone.map(OsString::from));
        let mut command = account.short_command(&server.daemon, &arguments);
        command.env("TMPDIR", &self.temporary);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let cannot = |wrong: std::io::Error| format!("{}: {wrong}", server.daemon.display());
        let mut child = Alone(command.spawn().map_err(cannot)?);
        let client = Client::first(account, server, &socket);
        let since = Instant::now();
        while let Err(wrong) = client.say("SELECT 1;\n") {
            let ended = child.0.try_wait().map_err(cannot)?;
            if ended.is_some() || since.elapsed() > FIRST_START {
                return Err(format!("the server's first start: {wrong}"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        if let Some(zones) = time_zones(account, server.engine)? {
            client.say(&format!("USE mysql;\n{zones}"))?;
        }
        client.say(users)?;
        child.end()
    }

    /// A certificate for the sessions that use TLS; nobody has signed it but itself.
    fn certify(&self, account: &Account) -> Result<(), String> {
        if self.folder.join("standin.key").is_file() {
            return Ok(());
        }
        let names = vec![self.address.to_string(), "localhost".to_owned()];
        let made = rcgen::generate_simple_self_signed(names)
            .map_err(|wrong| format!("no certificate: {wrong}"))?;
        account.write(&self.folder.join("standin.crt"), &made.cert.pem())?;
        account.write(&self.folder.join("standin.key"), &made.signing_key.serialize_pem())
    }

    fn say_how_to_get_in(&self, account: &Account, password: &str) -> Result<(), String> {
        let socket = self.socket().display().to_string();
        let text = format!("[client]\nuser={OWNER}\npassword={password}\nsocket=\"{socket}\"\n");
        account.write(&self.client_file(), &text)
    }

    /// Writes what the server reads when it starts.
    pub(super) fn configure(
        &self,
        account: &Account,
        parameters: &BTreeMap<String, String>,
        force_ssl: bool,
    ) -> Result<(), String> {
        let text = self.configuration(parameters, force_ssl);
        account.write(&self.folder.join(CONFIGURATION), &text)
    }

    fn configuration(&self, parameters: &BTreeMap<String, String>, force_ssl: bool) -> String {
        let path = |path: &Path| path.display().to_string();
        let own = [
            ("datadir", path(&self.folder)),
            ("tmpdir", path(&self.temporary)),
            ("socket", path(&self.socket())),
            ("pid_file", path(&self.sockets.join("mysql.pid"))),
            ("bind_address", self.address.to_string()),
            ("port", self.port.to_string()),
            ("ssl_cert", path(&self.folder.join("standin.crt"))),
            ("ssl_key", path(&self.folder.join("standin.key"))),
            ("secure_file_priv", "/tmp".to_owned()),
            ("skip_name_resolve", "ON".to_owned()),
            // A second protocol on a port of its own, which RDS does not offer.
            ("loose_mysqlx", "OFF".to_owned()),
            (FORCE_SSL, if force_ssl { "ON" } else { "OFF" }.to_owned()),
        ];
        let mut text = String::from("[mysqld]\n");
        let all = parameters.iter().map(|(name, value)| (name.as_str(), value.clone())).chain(own);
        for (name, value) in all {
            // Writing to a String does not fail.
            let _ = writeln!(text, "{} = \"{}\"", at_start(name), value.replace('"', ""));
        }
        text
    }

    /// What the configuration says now, by the names of variables.
    pub(super) fn settings_now(&self) -> Result<BTreeMap<String, String>, String> {
        let path = self.folder.join(CONFIGURATION);
        let text = std::fs::read_to_string(&path)
            .map_err(|wrong| format!("{}: {wrong}", path.display()))?;
        let settings = text.lines().filter_map(|line| line.split_once(" = "));
        Ok(settings
            .map(|(name, value)| {
                (while_it_runs(name).to_owned(), value.trim_matches('"').to_owned())
            })
            .collect())
    }
}

const FORCE_SSL: &str = "require_secure_transport";

/// Variables that have another name where the server reads them at its start.
const RENAMED: [(&str, &str); 2] =
    [("time_zone", "default_time_zone"), ("tx_isolation", "transaction_isolation")];

fn at_start(variable: &str) -> &str {
    RENAMED.iter().find(|(of, _)| *of == variable).map_or(variable, |(_, name)| name)
}

fn while_it_runs(name: &str) -> &str {
    RENAMED.iter().find(|(_, of)| *of == name).map_or(name, |(variable, _)| variable)
}

/// The statements that give a running server what has changed.
pub(super) fn changes(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) -> Vec<String> {
    let set = |name: &str, value: &str| format!("SET GLOBAL {} = {value};\n", identifier(name));
    let new = after.iter().filter(|(name, value)| before.get(*name) != Some(value));
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    // What the server calls the default is what it was started with here.
    let default = |name: &String| if name == "time_zone" { "SYSTEM" } else { "DEFAULT" };
    new.map(|(name, value)| match value.parse::<f64>() {
        Ok(_) => set(name, value),
        Err(_) => set(name, &literal(value)),
    })
    .chain(gone.map(|name| set(name, default(name))))
    .collect()
}

/// The users and the database of a new server.
fn users(engine: DatabaseEngine, database: &DatabaseSpec, password: &str) -> String {
    let owner = account_name(OWNER, "localhost");
    let master = account_name(&database.master_username, "%");
    let master_password = literal(&database.master_password.0);
    let mut text = format!(
        "CREATE USER {owner} IDENTIFIED BY {};\n\
         GRANT ALL PRIVILEGES ON *.* TO {owner} WITH GRANT OPTION;\n\
         CREATE USER {master} IDENTIFIED BY {master_password};\n\
         GRANT {PRIVILEGES} ON *.* TO {master} WITH GRANT OPTION;\n",
        literal(password)
    );
    if let Some(name) = &database.database {
        // Writing to a String does not fail.
        let _ = writeln!(text, "CREATE DATABASE {};", identifier(name));
    }
    // RDS has no root.
    text.push_str(match engine {
        DatabaseEngine::Mariadb => {
            "DELETE FROM mysql.global_priv WHERE User IN ('root', '') AND Host <> '%';\n\
             FLUSH PRIVILEGES;\n"
        }
        _ => "DROP USER 'root'@'localhost';\n",
    });
    text
}

/// Named time zones, which RDS has from the start: without them a server does not even start with
/// one as its own.
fn time_zones(account: &Account, engine: DatabaseEngine) -> Result<Option<String>, String> {
    const FOLDER: &str = "/usr/share/zoneinfo";
    let tool = Server::tool(match engine {
        DatabaseEngine::Mariadb => &["mariadb-tzinfo-to-sql", "mysql_tzinfo_to_sql"],
        _ => &["mysql_tzinfo_to_sql"],
    });
    let Some(tool) = tool.filter(|_| Path::new(FOLDER).is_dir()) else { return Ok(None) };
    let output = run_program(account.short_command(&tool, &[FOLDER.into()]), None)?;
    Ok(Some(String::from_utf8_lossy(&output.stdout).into_owned()))
}

fn fresh_password() -> Result<String, String> {
    let mut bytes = [0_u8; 18];
    let read = std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    read.map_err(|wrong| format!("/dev/urandom: {wrong}"))?;
    Ok(hex(&bytes))
}

/// The password in the client's file.
fn password_of(file: &Path) -> Result<String, String> {
    let text =
        std::fs::read_to_string(file).map_err(|wrong| format!("{}: {wrong}", file.display()))?;
    let password = text.lines().find_map(|line| line.strip_prefix("password="));
    password.map(str::to_owned).ok_or_else(|| format!("{}: it has no password", file.display()))
}

fn option(name: &str, path: &Path) -> OsString {
    let mut option = OsString::from(name);
    option.push(path);
    option
}

/// A server that is ended with whoever started it.
struct Alone(Child);

impl Alone {
    /// Has it write everything and end.
    fn end(mut self) -> Result<(), String> {
        super::super::tell_to_stop(
            i32::try_from(self.0.id()).unwrap_or_default(),
            rustix::process::Signal::TERM,
        )?;
        self.0.wait().map(drop).map_err(|wrong| format!("the server's first end: {wrong}"))
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        // It has ended already when this fails.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(all: &[(&str, &str)]) -> BTreeMap<String, String> {
        all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_running_server_is_given_what_has_changed_and_nothing_else() {
        let before = settings(&[("max_connections", "90"), ("time_zone", "UTC"), ("port", "3306")]);
        let after = settings(&[("max_connections", "200"), ("port", "3306"), ("sql_mode", "ANSI")]);
        assert_eq!(
            changes(&before, &after),
            [
                "SET GLOBAL `max_connections` = 200;\n",
                "SET GLOBAL `sql_mode` = 'ANSI';\n",
                "SET GLOBAL `time_zone` = SYSTEM;\n",
            ]
        );
    }

    #[test]
    fn the_configuration_is_read_as_it_is_written() {
        let folder = std::env::temp_dir().join(format!("standin-mysql-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let data = Data {
            folder: folder.clone(),
            sockets: folder.clone(),
            temporary: folder.clone(),
            address: Ipv4Addr::LOCALHOST,
            port: 3306,
        };
        let wanted = settings(&[("time_zone", "Asia/Tokyo"), ("sql_mode", "ANSI,\"TRADITIONAL")]);
        let text = data.configuration(&wanted, true);
        assert!(text.contains("\ndefault_time_zone = \"Asia/Tokyo\"\n"), "{text}");
        assert!(text.contains("\nrequire_secure_transport = \"ON\"\n"), "{text}");
        std::fs::write(folder.join(CONFIGURATION), text).unwrap();
        let read = data.settings_now().unwrap();
        assert_eq!(read["time_zone"], "Asia/Tokyo");
        assert_eq!(read["sql_mode"], "ANSI,TRADITIONAL");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
