//! Decides which server is run: one of the right engine and version that is on the machine. None
//! is fetched.

use std::path::{Path, PathBuf};
use std::process::Command;

use standin_kernel::database::DatabaseEngine;

/// Where distributions and the makers' own packages put the programs, besides the PATH.
const FOLDERS: [&str; 8] = [
    "/usr/sbin",
    "/usr/bin",
    "/usr/libexec",
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/local/mysql/bin",
    "/opt/mysql/bin",
    "/opt/mariadb/bin",
];

/// The programs of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Server {
    pub(super) engine: DatabaseEngine,
    pub(super) daemon: PathBuf,
    pub(super) client: PathBuf,
}

/// The two numbers that say which versions share data and parameters: 10.11, 8.4.
type Version = (u32, u32);

impl Server {
    /// Fails saying what was looked for and what would help.
    pub(super) fn find(engine: DatabaseEngine, version: &str) -> Result<Self, String> {
        let title = title(engine);
        let wanted = numbers(version).ok_or(format!("{version:?} is no version of {title}"))?;
        let mut others = Vec::new();
        for daemon in programs(daemons(engine)) {
            match version_of(&daemon) {
                Some((of, found)) if of == engine && found == wanted => {
                    let client = programs(clients(engine)).next().ok_or_else(|| {
                        let needed = clients(engine)[0];
                        format!("{} is there, its client {needed} is not", daemon.display())
                    })?;
                    return Ok(Self { engine, daemon, client });
                }
                Some((of, found)) if of == engine && !others.contains(&found) => others.push(found),
                _ => {}
            }
        }
        Err(missing(engine, wanted, &others))
    }

    /// A further program of the same maker, by its newer or its older name.
    pub(super) fn tool(names: &[&'static str]) -> Option<PathBuf> {
        programs(names).next()
    }
}

const fn title(engine: DatabaseEngine) -> &'static str {
    match engine {
        DatabaseEngine::Mariadb => "MariaDB",
        _ => "MySQL",
    }
}

const fn daemons(engine: DatabaseEngine) -> &'static [&'static str] {
    match engine {
        DatabaseEngine::Mariadb => &["mariadbd", "mysqld"],
        _ => &["mysqld"],
    }
}

const fn clients(engine: DatabaseEngine) -> &'static [&'static str] {
    match engine {
        DatabaseEngine::Mariadb => &["mariadb", "mysql"],
        _ => &["mysql"],
    }
}

/// All programs of these names, the first name first.
fn programs(names: &[&'static str]) -> impl Iterator<Item = PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.extend(FOLDERS.iter().map(PathBuf::from));
    let all: Vec<PathBuf> =
        names.iter().flat_map(|name| folders.iter().map(move |it| it.join(name))).collect();
    all.into_iter().filter(|program| crate::workloads::plan::is_program(program))
}

/// Why there is no server, and what would help.
fn missing(engine: DatabaseEngine, wanted: Version, others: &[Version]) -> String {
    let (title, (major, minor)) = (title(engine), wanted);
    let package = match engine {
        DatabaseEngine::Mariadb => "mariadb-server",
        _ => "mysql-server",
    };
    let mut text = format!(
        "{title} {major}.{minor} is not on this machine; install it (the distributions' package is \
         {package})"
    );
    if !others.is_empty() {
        let others: Vec<String> =
            others.iter().map(|(major, minor)| format!("{major}.{minor}")).collect();
        let others = others.join(" and ");
        text.push_str(&format!("; there is {title} {others} for an EngineVersion of that"));
    }
    text
}

fn version_of(daemon: &Path) -> Option<(DatabaseEngine, Version)> {
    let output = Command::new(daemon).arg("--version").output().ok()?;
    parse_version(&String::from_utf8_lossy(&output.stdout))
}

/// `mariadbd  Ver 10.11.14-MariaDB-0+deb12u2 for debian-linux-gnu` gives MariaDB 10.11.
fn parse_version(text: &str) -> Option<(DatabaseEngine, Version)> {
    let version = text.split_once("Ver ")?.1.trim_start();
    let engine = match version.contains("MariaDB") {
        true => DatabaseEngine::Mariadb,
        false => DatabaseEngine::Mysql,
    };
    Some((engine, numbers(version)?))
}

/// The first two numbers.
fn numbers(version: &str) -> Option<Version> {
    let mut parts = version.split(|c: char| !c.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_the_servers_write_them() {
        let read = |text| parse_version(text);
        let maria = "mariadbd  Ver 10.11.14-MariaDB-0+deb12u2 for debian-linux-gnu on x86_64";
        assert_eq!(read(maria), Some((DatabaseEngine::Mariadb, (10, 11))));
        let mysql = "/usr/sbin/mysqld  Ver 8.0.39-0ubuntu0.24.04.2 for Linux on x86_64 ((Ubuntu))";
        assert_eq!(read(mysql), Some((DatabaseEngine::Mysql, (8, 0))));
        let mysql = "mysqld  Ver 8.4.3 for Linux on x86_64 (MySQL Community Server - GPL)";
        assert_eq!(read(mysql), Some((DatabaseEngine::Mysql, (8, 4))));
        assert_eq!(read("postgres (PostgreSQL) 15.18"), None);
        assert_eq!(numbers("8"), None);
    }

    #[test]
    fn a_missing_server_is_told_with_what_would_help() {
        let text = missing(DatabaseEngine::Mariadb, (11, 4), &[(10, 11)]);
        for words in ["MariaDB 11.4 is not", "mariadb-server", "MariaDB 10.11 for an EngineVersion"]
        {
            assert!(text.contains(words), "{text}");
        }
        assert!(!missing(DatabaseEngine::Mysql, (8, 4), &[]).contains("there is"));
    }
}
