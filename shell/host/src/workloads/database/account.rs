//! Decides as whom a database server runs, and where its data is kept.
//!
//! PostgreSQL refuses to be root. Started by root, it runs as `postgres` or `nobody`, who cannot
//! look into Standin's own folder; its data is then kept below `/var/lib/standin`.

use std::ffi::OsString;
use std::fs::{DirBuilder, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fill::hex;

/// Where data is kept that another user than Standin's has to reach.
const SHARED: &str = "/var/lib/standin";
/// Whom the server runs as when root started Standin, the first that there is.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// As whom, and where.
#[derive(Clone, Debug)]
pub(super) struct Account {
    /// User and group id to change to; `None`: as Standin itself.
    become_: Option<(u32, u32)>,
    /// Folder of the data of this state's databases.
    base: PathBuf,
    /// Folder of the servers that were fetched; all states of this user share it.
    pub(super) servers: PathBuf,
}

impl Account {
    pub(super) fn of_this_process(state_dir: &Path) -> Result<Self, String> {
        let base = base(state_dir);
        if !rustix::process::geteuid().is_root() {
            let servers = cache().unwrap_or_else(|| base.clone()).join("servers");
            return Ok(Self { become_: None, servers, base });
        }
        let users = std::fs::read_to_string("/etc/passwd")
            .map_err(|wrong| format!("/etc/passwd: {wrong}"))?;
        let become_ = UNPRIVILEGED.iter().find_map(|name| ids(&users, name)).ok_or(
            "Standin runs as root, and PostgreSQL may not: there is no user postgres or nobody",
        )?;
        Ok(Self { become_: Some(become_), servers: Path::new(SHARED).join("servers"), base })
    }

    pub(super) fn data(&self, name: &str) -> PathBuf {
        self.base.join(format!("data-{name}"))
    }

    pub(super) fn snapshot(&self, name: &str) -> PathBuf {
        self.base.join(format!("snapshot-{name}"))
    }

    /// Where the sockets of the server of `data` are. The path of a socket may have 107 bytes.
    pub(super) fn sockets(&self, data: &Path) -> PathBuf {
        const ROOM: usize = 80;
        if data.as_os_str().len() <= ROOM {
            return data.to_owned();
        }
        std::env::temp_dir().join(format!("standin-{}", folder_name(data)))
    }

    /// Where the server of `data` puts what it needs for a moment. MySQL's and MariaDB's clear such
    /// a folder when they start, so no two may share one.
    pub(super) fn temporary(&self, data: &Path) -> PathBuf {
        std::env::temp_dir().join(format!("standin-tmp-{}", folder_name(data)))
    }

    /// Makes a folder that only the server's user can look into, the folders above it too.
    pub(super) fn make_folder(&self, folder: &Path) -> Result<(), String> {
        let wrong = |wrong: std::io::Error| format!("{}: {wrong}", folder.display());
        if let Some(parent) = folder.parent() {
            let mode = if self.become_.is_some() { 0o711 } else { 0o700 };
            DirBuilder::new().recursive(true).mode(mode).create(parent).map_err(wrong)?;
        }
        match DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(wrong(error)),
            _ => {}
        }
        self.hand_over(folder)
    }

    /// Writes a file that only the server's user can read.
    pub(super) fn write(&self, path: &Path, text: &str) -> Result<(), String> {
        let wrong = |wrong: std::io::Error| format!("{}: {wrong}", path.display());
        // Whole or not at all: the server may read it at any moment.
        let fresh = path.with_extension("new");
        std::fs::write(&fresh, "").map_err(wrong)?;
        std::fs::set_permissions(&fresh, Permissions::from_mode(0o600)).map_err(wrong)?;
        std::fs::write(&fresh, text).map_err(wrong)?;
        self.hand_over(&fresh)?;
        std::fs::rename(&fresh, path).map_err(wrong)
    }

    fn hand_over(&self, path: &Path) -> Result<(), String> {
        let Some((user, group)) = self.become_ else { return Ok(()) };
        std::os::unix::fs::chown(path, Some(user), Some(group))
            .map_err(|wrong| format!("{}: {wrong}", path.display()))
    }

    /// Removes data or a snapshot; and, with the last of them, the folder they were in.
    pub(super) fn remove(&self, folder: &Path) -> Result<(), String> {
        match std::fs::remove_dir_all(folder) {
            Err(wrong) if wrong.kind() != ErrorKind::NotFound => {
                Err(format!("{}: {wrong}", folder.display()))
            }
            _ => {
                // There are others in it when this fails.
                let _ = std::fs::remove_dir(&self.base);
                Ok(())
            }
        }
    }

    /// Program and arguments that run `program` as this account. The server is to end with
    /// Standin: the signal that says so is lost when the user changes, so it is set anew.
    pub(super) fn command(
        &self,
        program: &Path,
        arguments: &[OsString],
    ) -> (PathBuf, Vec<OsString>) {
        let Some((user, group)) = self.become_ else {
            return (program.to_owned(), arguments.to_vec());
        };
        let mut all: Vec<OsString> = vec![
            format!("--reuid={user}").into(),
            format!("--regid={group}").into(),
            "--clear-groups".into(),
            "--pdeathsig=QUIT".into(),
            program.into(),
        ];
        all.extend_from_slice(arguments);
        ("setpriv".into(), all)
    }

    /// The same for a program that runs to its end.
    pub(super) fn short_command(&self, program: &Path, arguments: &[OsString]) -> Command {
        let (program, arguments) = self.command(program, arguments);
        let mut command = Command::new(program);
        command.args(arguments).env_clear().current_dir("/");
        command.env("PATH", std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into()));
        command.env("LC_ALL", "C");
        command
    }
}

/// The folder in which the databases of a state folder (an absolute path without links) are kept.
pub(super) fn base(state_dir: &Path) -> PathBuf {
    if rustix::process::geteuid().is_root() {
        return Path::new(SHARED).join(folder_name(state_dir));
    }
    state_dir.join("databases")
}

/// Where this user's programs keep what can be fetched again: a server is fetched once, not for
/// each state folder.
fn cache() -> Option<PathBuf> {
    let folder = |name: &str, below: &str| {
        let path = std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())?;
        Some(path.join(below))
    };
    let caches = folder("XDG_CACHE_HOME", "").or_else(|| folder("HOME", ".cache"))?;
    Some(caches.join("standin"))
}

/// User and group id of `name` in a file of the form of `/etc/passwd`.
fn ids(users: &str, name: &str) -> Option<(u32, u32)> {
    let mut fields = users
        .lines()
        .map(|line| line.split(':'))
        .find_map(|mut fields| (fields.next() == Some(name)).then_some(fields))?;
    let mut number = |skip: usize| fields.nth(skip)?.parse().ok();
    Some((number(1)?, number(0)?))
}

/// A short name for a folder, the same for the same folder.
fn folder_name(folder: &Path) -> String {
    use sha2::{Digest, Sha256};
    use std::os::unix::ffi::OsStrExt;
    hex(&Sha256::digest(folder.as_os_str().as_bytes())[..6])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_from_the_table_of_users() {
        let users = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65533:n:/:/usr/sbin/nologin\n";
        assert_eq!(ids(users, "nobody"), Some((65_534, 65_533)));
        assert_eq!(ids(users, "postgres"), None);
    }

    #[test]
    fn folders_have_names_of_their_own_and_sockets_short_paths() {
        let account = Account { become_: None, base: "/b".into(), servers: "/s".into() };
        assert_ne!(folder_name(Path::new("/a")), folder_name(Path::new("/b")));
        let short = account.data("x");
        assert_eq!(account.sockets(&short), short);
        let long = PathBuf::from(format!("/{}", "long/".repeat(30)));
        assert!(account.sockets(&long).as_os_str().len() < 80);
    }
}
