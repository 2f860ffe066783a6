//! Decides which PostgreSQL is run: one of the right major version that is on the machine, else
//! the one that is fetched for it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::account::Account;
use super::{Tell, blocking, fetch};

/// Folders of versions as the distributions and PostgreSQL's own packages lay them out.
const VERSIONED: [(&str, &str); 3] =
    [("/usr/lib/postgresql", "bin"), ("/usr/lib/postgresql", ""), ("/opt/postgresql", "bin")];
const SINGLE: [&str; 3] = ["/usr/local/pgsql/bin", "/usr/local/bin", "/usr/bin"];

/// The major versions that are looked for.
const OLDEST: u32 = 13;
const NEWEST: u32 = 18;

/// A PostgreSQL that can be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Server {
    /// The folder of its programs.
    pub(super) folder: PathBuf,
    pub(super) major: u32,
}

impl Server {
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Finds or fetches the server for an `EngineVersion` of the template (`16.4`). Fails saying what
/// was looked for and what would help.
pub(super) async fn find(account: &Account, version: &str, tell: &Tell) -> Result<Server, String> {
    let major = major(version).ok_or_else(|| format!("{version:?} is no version of PostgreSQL"))?;
    if let Some(server) = blocking(move || Ok(on_the_machine(major))).await? {
        tell.log.note(&format!("PostgreSQL {major} is at {}", server.folder.display()));
        return Ok(server);
    }
    let (servers, tell) = (account.servers.clone(), tell.clone());
    blocking(move || {
        fetch::server(&servers, major, &tell)
            .map_err(|wrong| missing(major, &wrong, &others(major)))
    })
    .await
}

/// Why there is no server, and what would help.
fn missing(major: u32, wrong: &str, others: &[u32]) -> String {
    let mut text = format!(
        "PostgreSQL {major} is not on this machine, and could not be fetched ({wrong}); install it \
         (Debian: apt-get install postgresql-{major}), or npm for Standin to get it"
    );
    if !others.is_empty() {
        let others: Vec<String> = others.iter().map(u32::to_string).collect();
        let others = others.join(" and ");
        text.push_str(&format!("; there is PostgreSQL {others} for an EngineVersion of that"));
    }
    text
}

/// The other major versions that are on the machine.
fn others(major: u32) -> Vec<u32> {
    (OLDEST..=NEWEST).filter(|one| *one != major && on_the_machine(*one).is_some()).collect()
}

/// The major version of an `EngineVersion`.
fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

fn on_the_machine(major: u32) -> Option<Server> {
    candidates(major)
        .into_iter()
        .find(|folder| has_programs(folder) && version_of(folder) == Some(major))
        .map(|folder| Server { folder, major })
}

/// The folders to look into, the most telling first; links are followed, since a distribution puts
/// links to some of the programs only on the PATH.
fn candidates(major: u32) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = VERSIONED
        .iter()
        .map(|(base, below)| Path::new(base).join(major.to_string()).join(below))
        .collect();
    all.push(format!("/usr/pgsql-{major}/bin").into());
    all.extend(SINGLE.iter().map(PathBuf::from));
    if let Some(path) = std::env::var_os("PATH") {
        for folder in std::env::split_paths(&path) {
            let program = folder.join("postgres").canonicalize();
            all.extend(program.ok().and_then(|program| Some(program.parent()?.to_owned())));
        }
    }
    all
}

fn has_programs(folder: &Path) -> bool {
    ["postgres", "initdb"].iter().all(|name| folder.join(name).is_file())
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` gives 15.
fn version_of(folder: &Path) -> Option<u32> {
    let output = Command::new(folder.join("postgres")).arg("--version").output().ok()?;
    parse_version(&String::from_utf8_lossy(&output.stdout))
}

fn parse_version(text: &str) -> Option<u32> {
    let version = text.split_once("(PostgreSQL) ")?.1;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_server_is_told_with_what_would_help() {
        let text = missing(16, "npm: No such file or directory", &[15]);
        for words in ["PostgreSQL 16 is not", "npm: No such", "apt-get", "PostgreSQL 15 for an"] {
            assert!(text.contains(words), "{text}");
        }
        assert!(!missing(16, "no", &[]).contains("there is PostgreSQL"));
    }

    #[test]
    fn versions_are_read_as_templates_and_servers_write_them() {
        assert_eq!(major("16.4"), Some(16));
        assert_eq!(major("17"), Some(17));
        assert_eq!(major("sixteen"), None);
        assert_eq!(parse_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(parse_version("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(parse_version("mysqld 8"), None);
    }
}
