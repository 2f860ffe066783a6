//! What a container sees in the place of files of this machine: another resolver, and the authority
//! that vouches for the names here among those it trusts. A mount namespace of its own makes it so.

use std::ffi::OsStr;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

/// Stands for no view in the shim's arguments.
pub(super) const NONE: &str = "-";

const RESOLV_CONF: &str = "etc/resolv.conf";
const NSSWITCH: &str = "etc/nsswitch.conf";
/// Where distributions keep the authorities that OpenSSL, Go, PHP and others trust.
const AUTHORITIES: [&str; 2] =
    ["etc/ssl/certs/ca-certificates.crt", "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"];

/// Writes the files of a view into a folder, and gives it back. `resolver`: whom containers ask for
/// names; `authority`: the file of the authority they trust besides.
pub(crate) fn write(folder: PathBuf, resolver: Ipv4Addr, authority: &Path) -> io::Result<PathBuf> {
    match std::fs::remove_dir_all(&folder) {
        Err(wrong) if wrong.kind() != io::ErrorKind::NotFound => return Err(wrong),
        _ => {}
    }
    let put = |file: &str, text: &str| {
        let path = folder.join(file);
        std::fs::create_dir_all(path.parent().unwrap_or(&folder))?;
        std::fs::write(path, text)
    };
    put(RESOLV_CONF, &resolv_conf(&machines(RESOLV_CONF)?, resolver))?;
    if let Ok(text) = machines(NSSWITCH)
        && let Some(changed) = nsswitch(&text)
    {
        put(NSSWITCH, &changed)?;
    }
    let authority = std::fs::read_to_string(authority)?;
    for file in AUTHORITIES {
        if let Ok(known) = machines(file) {
            put(file, &format!("{}\n{authority}", known.trim_end()))?;
        }
    }
    Ok(folder)
}

/// A file of this machine.
pub(crate) fn machines(file: &str) -> io::Result<String> {
    std::fs::read_to_string(Path::new("/").join(file))
}

/// Whom this machine asks for names, as far as its `resolv.conf` says.
pub(crate) fn name_servers() -> Vec<std::net::IpAddr> {
    let text = machines(RESOLV_CONF).unwrap_or_default();
    name_servers_in(&text).collect()
}

fn name_servers_in(text: &str) -> impl Iterator<Item = std::net::IpAddr> {
    // A scope (fe80::1%eth0) is for the machine's own resolver to know.
    text.lines().filter_map(|line| line.strip_prefix("nameserver")?.trim().parse().ok())
}

/// The machine's own file with another server in it; what it says of domains to search stays.
fn resolv_conf(machines: &str, resolver: Ipv4Addr) -> String {
    let others = machines.lines().filter(|line| !line.trim_start().starts_with("nameserver"));
    let mut text: String = others.flat_map(|line| [line, "\n"]).collect();
    text.push_str(&format!("nameserver {resolver}\n"));
    text
}

/// The machine's own file without services that look past `resolv.conf`; `None`: it has none.
fn nsswitch(machines: &str) -> Option<String> {
    let mut changed = false;
    let mut text = String::new();
    for line in machines.lines() {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        if words.first() == Some(&"hosts:")
            && let Some(at) = words.iter().position(|word| *word == "resolve")
        {
            let has_action = words.get(at + 1).is_some_and(|word| word.starts_with('['));
            words.drain(at..=at + usize::from(has_action));
            if !words.contains(&"dns") {
                words.push("dns");
            }
            changed = true;
            text.push_str(&words.join(" "));
        } else {
            text.push_str(line);
        }
        text.push('\n');
    }
    changed.then_some(text)
}

/// Gives this process the view in a folder. Fails with the reason why it cannot have it.
pub(super) fn enter(folder: &OsStr) -> Result<(), String> {
    if folder == NONE {
        return Ok(());
    }
    let nothing = None::<&str>;
    unshare(CloneFlags::CLONE_NEWNS)
        .map_err(|wrong| format!("no mount namespace of its own: {wrong}"))?;
    // What is mounted here stays here; what the machine mounts later is seen all the same.
    let apart = MsFlags::MS_REC | MsFlags::MS_SLAVE;
    mount(nothing, "/", nothing, apart, nothing)
        .map_err(|wrong| format!("the mount namespace cannot be set apart: {wrong}"))?;
    for file in [RESOLV_CONF, NSSWITCH].into_iter().chain(AUTHORITIES) {
        let seen = Path::new(folder).join(file);
        if seen.exists() {
            let there = Path::new("/").join(file);
            mount(Some(&seen), &there, nothing, MsFlags::MS_BIND, nothing)
                .map_err(|wrong| format!("{} cannot be replaced: {wrong}", there.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_servers_make_room_for_the_networks() {
        let machines = "# made by dhcp\nsearch example.com\nnameserver 192.0.2.1\n\
                        nameserver 2001:db8::1\nnameserver fe80::1%eth0\noptions edns0\n";
        let servers: Vec<String> = name_servers_in(machines).map(|one| one.to_string()).collect();
        assert_eq!(servers, ["192.0.2.1", "2001:db8::1"]);
        assert_eq!(
            resolv_conf(machines, Ipv4Addr::new(127, 20, 0, 2)),
            "# made by dhcp\nsearch example.com\noptions edns0\nnameserver 127.20.0.2\n"
        );
    }

    #[test]
    fn nobody_looks_past_it() {
        let machines = "passwd: files\nhosts: files resolve [!UNAVAIL=return] dns\n";
        assert_eq!(nsswitch(machines).as_deref(), Some("passwd: files\nhosts: files dns\n"));
        assert_eq!(nsswitch("hosts: resolve\n").as_deref(), Some("hosts: dns\n"));
        assert_eq!(nsswitch("hosts: files dns\n"), None);
    }
}
