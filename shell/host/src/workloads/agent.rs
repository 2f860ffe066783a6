//! Stands for the image of the Datadog Agent: which program runs for it, and how the other
//! containers of its task find it (docs/datadog.md).
//!
//! On AWS the containers of a task share one `localhost`; here each task has an address of its own,
//! and that address is put where senders look for `localhost`. The sockets that an image of the
//! Agent has below `/var/run/datadog` lie in a folder of the task.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use standin_kernel::datadog::is_agent_image;
use standin_kernel::json;
use standin_kernel::workload::WorkloadSpec;

use super::Site;
use super::hint::Hint;
use super::log::Log;
use super::plan::{Environment, Plan, cannot_start};
use crate::store::create_private_dir;

/// Where the sockets lie in a container.
const SOCKETS: &str = "/var/run/datadog";
/// What the kernel takes as the path of a socket, in bytes.
const LONGEST_SOCKET: usize = 107;
/// Where an image of the Agent has its program and the check that Datadog's construct runs.
const IN_IMAGE: [(&str, &str); 2] =
    [("/probe.sh", "probe.sh"), ("/opt/datadog-agent/bin/agent/agent", "agent")];
/// Variables that name a host, and those that name a URL.
const HOSTS: [&str; 3] = ["DD_AGENT_HOST", "DD_TRACE_AGENT_HOSTNAME", "DD_DOGSTATSD_HOST"];
const URLS: [&str; 2] = ["DD_DOGSTATSD_URL", "DD_TRACE_AGENT_URL"];

/// Whether the stand-in runs in the place of the container's image: a hint with a command of its
/// own goes before.
pub(super) fn stands_in(spec: &WorkloadSpec, hint: Option<&Hint>) -> bool {
    is_agent_image(&spec.image) && hint.is_none_or(|hint| hint.command.is_empty())
}

/// What runs in the place of the image, with `environment`.
pub(super) fn plan(
    site: &Site,
    spec: &WorkloadSpec,
    mut environment: Environment,
    log: &Log,
) -> Result<Plan, String> {
    let failed = |what: &Path, why: io::Error| {
        cannot_start(&format!("the stand-in of {}: {}: {why}", spec.image, what.display()))
    };
    let programs = programs(site);
    write_programs(site, &programs).map_err(|why| failed(&programs, why))?;
    let folder = folder(site, spec);
    create_private_dir(&folder).map_err(|why| failed(&folder, why))?;
    // An init container that copies the image's own configuration into a volume (DD-SC-09).
    let copies = spec.command.iter().any(|word| word.contains("/etc/datadog-agent"));
    if !copies && !spec.command.is_empty() {
        log.note("the task definition's own command is not run: the stand-in is the program");
    }
    let path = std::env::join_paths(
        std::iter::once(programs.clone())
            .chain(environment.get(OsStr::new("PATH")).into_iter().flat_map(std::env::split_paths)),
    )
    .map_err(|why| cannot_start(&why.to_string()))?;
    environment.insert("PATH".into(), path);
    for (name, value) in told(spec, &folder) {
        environment.insert(name.into(), value);
    }
    add_sockets(&folder, &mut environment, log);
    Ok(Plan {
        program: programs.join("agent"),
        arguments: vec![if copies { "init" } else { "run" }.into()],
        directory: folder,
        environment,
    })
}

/// What the stand-in is told of its task.
fn told(spec: &WorkloadSpec, folder: &Path) -> [(&'static str, OsString); 5] {
    let labels = &spec.labels;
    let task_id = labels.task_arn.rsplit('/').next().unwrap_or_default();
    let containers = labels.containers.iter().map(|one| {
        json!({"Name": one.name, "Image": one.image, "Id": format!("{task_id}-{}", one.name)})
    });
    let containers: Vec<_> = containers.collect();
    [
        ("STANDIN_TASK_ADDRESS", spec.address.to_string().into()),
        ("STANDIN_TASK_ARN", labels.task_arn.clone().into()),
        ("STANDIN_TASK_DEFINITION", labels.task_definition.clone().into()),
        ("STANDIN_TASK_CONTAINERS", json!(containers).to_string().into()),
        ("STANDIN_AGENT_DIR", folder.into()),
    ]
}

/// The sockets that an image of the Agent opens without being told.
fn add_sockets(folder: &Path, environment: &mut Environment, log: &Log) {
    for (name, file) in
        [("DD_DOGSTATSD_SOCKET", "dsd.socket"), ("DD_APM_RECEIVER_SOCKET", "apm.socket")]
    {
        let path = environment.get(OsStr::new(name)).cloned();
        let path = path.unwrap_or_else(|| folder.join(file).into());
        if path.len() <= LONGEST_SOCKET {
            environment.insert(name.into(), path);
        } else {
            log.note(&format!(
                "no socket {file}: its path is longer than {LONGEST_SOCKET} bytes; a shorter \
                 --state-dir has room for it"
            ));
            environment.remove(OsStr::new(name));
        }
    }
}

/// Lets a container of a task with an Agent find it: the task's address in the place of
/// `localhost`, and the task's folder in the place of the volume with the sockets.
pub(super) fn lead_to_it(site: &Site, spec: &WorkloadSpec, environment: &mut Environment) {
    if !spec.labels.containers.iter().any(|one| is_agent_image(&one.image)) {
        return;
    }
    let address = spec.address.to_string();
    let folder = folder(site, spec).display().to_string();
    for (name, value) in environment.iter_mut() {
        let (Some(name), Some(text)) = (name.to_str(), value.to_str()) else { continue };
        if !name.starts_with("DD_") {
            continue;
        }
        let led = if HOSTS.contains(&name) && is_localhost(text) {
            address.clone()
        } else if URLS.contains(&name) && !text.contains(SOCKETS) {
            let by_name = text.replacen("//localhost", &format!("//{address}"), 1);
            by_name.replacen("//127.0.0.1", &format!("//{address}"), 1)
        } else {
            text.replace(SOCKETS, &folder)
        };
        *value = led.into();
    }
    // A sender that is told nothing asks localhost.
    if !is_agent_image(&spec.image) {
        environment.entry("DD_AGENT_HOST".into()).or_insert_with(|| address.into());
    }
}

fn is_localhost(text: &str) -> bool {
    text == "localhost" || text == "127.0.0.1"
}

/// A command inside the stand-in's container: what lies in the image at a path of its own is found
/// here too.
pub(super) fn inside(plan: &Plan, words: Vec<String>) -> Vec<String> {
    let Some(programs) = plan.program.parent().filter(|folder| folder.ends_with(PROGRAMS)) else {
        return words;
    };
    let found = |mut word: String| {
        for (path, file) in IN_IMAGE {
            word = word.replace(path, &programs.join(file).display().to_string());
        }
        word
    };
    words.into_iter().map(found).collect()
}

/// Below the state folder.
const PROGRAMS: &str = "agent/bin";

fn programs(site: &Site) -> PathBuf {
    site.state_dir.join(PROGRAMS)
}

/// The folder of a task's agent; a few letters of the task's id, for the path of a socket is short.
fn folder(site: &Site, spec: &WorkloadSpec) -> PathBuf {
    let task = spec.labels.task_arn.rsplit('/').next().unwrap_or_default();
    let safe = task.chars().filter(char::is_ascii_alphanumeric).take(12);
    site.state_dir.join("agent").join(safe.collect::<String>())
}

/// `agent` and `probe.sh`, so that a health check finds them as it does in the image (DD-SC-04,
/// DD-SC-07).
fn write_programs(site: &Site, folder: &Path) -> io::Result<()> {
    create_private_dir(folder)?;
    let standin = site.self_exe.display().to_string().replace('\'', r"'\''");
    for (file, words) in [("agent", "agent \"$@\""), ("probe.sh", "agent health")] {
        let path = folder.join(file);
        let text = format!("#!/bin/sh\nexec '{standin}' {words}\n");
        if std::fs::read(&path).is_ok_and(|there| there == text.as_bytes()) {
            continue;
        }
        // Another task's may be running: it is replaced as a whole.
        let fresh = folder.join(format!("{file}.new"));
        std::fs::write(&fresh, text)?;
        std::fs::set_permissions(&fresh, PermissionsExt::from_mode(0o700))?;
        std::fs::rename(&fresh, &path)?;
    }
    Ok(())
}

/// The folders of tasks that are no more: a task's disk goes with it.
pub(super) fn clear(state_dir: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(state_dir.join("agent")) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => Err(why),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
