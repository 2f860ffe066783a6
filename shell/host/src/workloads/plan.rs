//! Decides what to run for a container: which program, with which arguments, where, and with
//! which environment; or why it cannot run here, in AWS's form (ECS-LC-06).

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use standin_kernel::workload::{WorkloadId, WorkloadSpec};

use super::hint::{Hint, fill};
use super::log::Log;
use super::{Site, agent, cargo};
use crate::orphans::MARKER;

/// What of Standin's own environment a container sees, as an image would bring it along.
/// Everything else stays out: it may hold the user's credentials.
const FROM_STANDIN: [&str; 4] = ["PATH", "HOME", "LANG", "TMPDIR"];
const PATH_WHEN_UNSET: &str = "/usr/local/bin:/usr/bin:/bin";

pub(super) type Environment = BTreeMap<OsString, OsString>;

/// All that starting a process takes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan {
    /// Absolute.
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<OsString>,
    pub(super) directory: PathBuf,
    /// Whole: nothing is inherited.
    pub(super) environment: Environment,
}

/// Works out how to run `spec`; builds its program first when the hint says so. Fails with the
/// reason of the container's failure.
pub(super) async fn prepare(site: &Site, spec: &WorkloadSpec, log: &Log) -> Result<Plan, String> {
    let container = &spec.labels.container;
    let hint = Hint::read(&spec.local).map_err(|wrong| {
        cannot_start(&format!("Metadata: Standin: Containers: {container}: {wrong}"))
    })?;
    let stands_in = agent::stands_in(spec, hint.as_ref());
    let hint = match hint {
        None if !stands_in => return Err(no_local_command(spec)),
        hint => hint.unwrap_or_default(),
    };
    for name in hint.others.keys() {
        log.note(&format!(
            "{name} in Metadata: Standin: Containers: {container}: has no effect here"
        ));
    }
    let names = [
        ("TASK_ADDRESS", spec.address.to_string()),
        ("STATE_DIR", site.state_dir.display().to_string()),
    ];
    let environment = environment(site, spec, &hint, &names);
    if stands_in {
        return agent::plan(site, spec, environment, log);
    }
    let mut words: Vec<String> = hint.command.iter().map(|word| word.filled(&names)).collect();
    if words.is_empty() {
        words.clone_from(&spec.command);
    }
    if words.is_empty() {
        return Err(no_local_command(spec));
    }
    let base = hint.base_directory.clone().unwrap_or_default();
    let base = std::path::absolute(&base)
        .or_else(|_| std::env::current_dir())
        .map_err(|wrong| cannot_start(&format!("no working directory: {wrong}")))?;
    let directory = hint
        .working_directory
        .as_ref()
        .map_or_else(|| base.clone(), |directory| base.join(fill(directory, &names)));
    if !directory.is_dir() {
        let text = format!("the working directory {} is not there", directory.display());
        return Err(cannot_start(&text));
    }
    let name = words.remove(0);
    let program = match &hint.cargo {
        Some(package) => cargo::program(site, spec, &base, package, &name, log)
            .await
            .map_err(|wrong| format!("CannotPullContainerError: image {}: {wrong}", spec.image))?,
        None => find_program(&name, &directory, path_of(&environment))
            .map_err(|wrong| cannot_start(&wrong))?,
    };
    Ok(Plan {
        program,
        arguments: words.into_iter().map(OsString::from).collect(),
        directory,
        environment,
    })
}

fn no_local_command(spec: &WorkloadSpec) -> String {
    format!(
        "CannotPullContainerError: image {} has no local command; add Metadata: Standin: \
         Containers: {}: Command: [...] to the task definition",
        spec.image, spec.labels.container
    )
}

pub(super) fn cannot_start(why: &str) -> String {
    format!("CannotStartContainerError: {why}")
}

/// The container's entries, then the hint's, over the little that comes from Standin.
fn environment(
    site: &Site,
    spec: &WorkloadSpec,
    hint: &Hint,
    names: &[(&str, String)],
) -> Environment {
    let mut all = site.base_environment.clone();
    for (name, value) in &spec.environment {
        all.insert(name.into(), value.into());
    }
    agent::lead_to_it(site, spec, &mut all);
    for (name, value) in &hint.environment {
        all.insert(name.into(), value.filled(names).into());
    }
    all.insert(MARKER.into(), site.marker(spec.id).into());
    all
}

/// What every container gets from the environment Standin itself was started in.
pub(super) fn base_environment() -> Environment {
    let mut base: Environment = FROM_STANDIN
        .into_iter()
        .filter_map(|name| Some((name.into(), std::env::var_os(name)?)))
        .collect();
    base.entry("PATH".into()).or_insert_with(|| PATH_WHEN_UNSET.into());
    base
}

/// The environment of a build: the user's own, for it is the user's own work.
pub(super) fn build_environment(site: &Site, id: WorkloadId) -> Environment {
    let mut all: Environment = std::env::vars_os().collect();
    all.insert(MARKER.into(), site.marker(id).into());
    all
}

pub(super) fn path_of(environment: &Environment) -> &OsStr {
    environment.get(OsStr::new("PATH")).map_or(OsStr::new(PATH_WHEN_UNSET), |path| path.as_os_str())
}

/// Finds a program the way a container's runtime does: a name with a slash from `directory`,
/// another along `path`. Fails naming the places looked at.
pub(super) fn find_program(name: &str, directory: &Path, path: &OsStr) -> Result<PathBuf, String> {
    if name.contains('/') {
        let program = directory.join(name);
        return match program.metadata() {
            Ok(_) if is_program(&program) => Ok(program),
            Ok(_) => Err(format!("{} is not executable", program.display())),
            Err(wrong) => Err(format!("{}: {wrong}", program.display())),
        };
    }
    std::env::split_paths(path)
        .map(|folder| directory.join(folder).join(name))
        .find(|program| is_program(program))
        .ok_or_else(|| format!("executable file {name:?} not found in PATH ({})", path.display()))
}

pub(super) fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests;
