//! Decides what to run for a function's environment: its bootstrap, an interpreter with a client
//! for the Runtime API, or what the hint says; or why it cannot run here (LAM-RT-10).

mod archive;

use std::ffi::{OsStr, OsString};
use std::io::PipeWriter;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use standin_kernel::BlobId;
use standin_kernel::function::{FunctionCode, FunctionSpec};
use standin_kernel::workload::WorkloadSpec;
use tokio::sync::oneshot;

use super::hint::Hint;
use super::log::Log;
use super::plan::{Environment, Plan, find_program, is_program, path_of};
use super::{Site, cargo};
use crate::blobs::Blobs;
use crate::fill::hex;
use crate::orphans::MARKER;

const PYTHON: &str = include_str!("client.py");
const NODE: &str = include_str!("client.mjs");

/// Where a function's output goes, and who is told of its end.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) stdout: PipeWriter,
    pub(crate) stderr: PipeWriter,
    /// Told when all of it has been read.
    pub(crate) read: oneshot::Receiver<()>,
    /// Dropped when the process is over.
    pub(crate) alive: oneshot::Sender<()>,
}

/// Works out how to run a function. Fails with a reason of the form `Type: message`.
pub(super) async fn prepare(
    site: &Site,
    spec: &WorkloadSpec,
    function: &FunctionSpec,
    log: &Log,
) -> Result<Plan, String> {
    let hint = Hint::read(&spec.local)
        .map_err(|wrong| invalid(&format!("Metadata: Standin: {wrong}")))?
        .unwrap_or_default();
    let root = code_root(site, function, &hint).await?;
    let scratch = site.state_dir.join("functions/tmp").join(&function.scratch);
    std::fs::create_dir_all(&scratch).map_err(|wrong| invalid(&wrong.to_string()))?;
    let environment = environment(site, spec, &hint, &root, &scratch);
    let mut words: Vec<OsString> =
        hint.command.iter().map(|word| word.filled(&[]).into()).collect();
    let base = base(&hint);
    let program = if let Some(package) = &hint.cargo {
        let binary = match words.is_empty() {
            true => package.clone(),
            false => words.remove(0).to_string_lossy().into_owned(),
        };
        let built = cargo::program(site, spec, &base, package, &binary, log).await;
        built.map_err(|wrong| invalid(&wrong))?
    } else if words.is_empty() {
        let (program, arguments) = by_runtime(site, function, &root, &environment)?;
        words = arguments;
        program
    } else {
        let name = words.remove(0).to_string_lossy().into_owned();
        find_program(&name, &root, path_of(&environment)).map_err(|wrong| invalid(&wrong))?
    };
    Ok(Plan { program, arguments: words, directory: root, environment })
}

fn invalid(why: &str) -> String {
    format!("Runtime.InvalidEntrypoint: {why}")
}

fn base(hint: &Hint) -> PathBuf {
    let base = hint.base_directory.clone().unwrap_or_default();
    std::path::absolute(&base).unwrap_or(base)
}

/// The folder that stands for `/var/task`.
async fn code_root(site: &Site, function: &FunctionSpec, hint: &Hint) -> Result<PathBuf, String> {
    let folder = site.state_dir.join("functions/code");
    let cannot = |wrong: std::io::Error| invalid(&format!("the code cannot be read: {wrong}"));
    std::fs::create_dir_all(&folder).map_err(cannot)?;
    match &function.code {
        FunctionCode::Archive(id) => {
            let blob =
                BlobId::from_hex(id).ok_or_else(|| invalid("the code's name cannot be read"))?;
            let zip = Blobs::file(&site.state_dir, blob);
            let id = id.clone();
            let unpacked =
                tokio::task::spawn_blocking(move || archive::unpacked(&folder, &id, &zip)).await;
            unpacked.map_err(|wrong| invalid(&wrong.to_string()))?.map_err(cannot)
        }
        FunctionCode::Source(text) => {
            let file = if is_node(function) { "index.js" } else { "index.py" };
            let id = hex(&Sha256::digest(format!("{file}\n{text}")));
            archive::source(&folder, &id, file, text).map_err(cannot)
        }
        FunctionCode::Local => {
            let places = [&hint.folder, &hint.working_directory];
            let place = places.into_iter().flatten().next();
            let root = place.map_or_else(|| base(hint), |place| base(hint).join(place));
            match root.is_dir() {
                true => Ok(root),
                false => Err(invalid(&format!("the folder {} is not there", root.display()))),
            }
        }
    }
}

fn is_node(function: &FunctionSpec) -> bool {
    function.runtime.starts_with("nodejs")
}

/// What a runtime runs.
fn by_runtime(
    site: &Site,
    function: &FunctionSpec,
    root: &Path,
    environment: &Environment,
) -> Result<(PathBuf, Vec<OsString>), String> {
    let runtime = function.runtime.as_str();
    if let Some(version) = runtime.strip_prefix("python") {
        let interpreter =
            interpreter(&[&format!("python{version}"), "python3"], runtime, environment)?;
        let client = client(site, "client.py", PYTHON)?;
        return Ok((interpreter, vec!["-u".into(), client.into()]));
    }
    if runtime.starts_with("nodejs") {
        let interpreter = interpreter(&["node"], runtime, environment)?;
        return Ok((interpreter, vec![client(site, "client.mjs", NODE)?.into()]));
    }
    let bootstrap = root.join("bootstrap");
    if is_program(&bootstrap) {
        return Ok((bootstrap, Vec::new()));
    }
    Err(invalid("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"))
}

/// The first of these programs that is there and runs: a name on PATH may be a stand-in for a
/// version that is not installed. Blocks for a moment.
fn interpreter(
    names: &[&str],
    runtime: &str,
    environment: &Environment,
) -> Result<PathBuf, String> {
    let path = path_of(environment);
    let found = names.iter().filter_map(|name| find_program(name, Path::new("/"), path).ok());
    let runs = |program: &PathBuf| {
        let asked = std::process::Command::new(program)
            .arg("--version")
            .env_clear()
            .envs(environment)
            .stdin(std::process::Stdio::null())
            .output();
        asked.is_ok_and(|output| output.status.success())
    };
    found.into_iter().find(runs).ok_or_else(|| {
        let names = names.join(" or ");
        invalid(&format!("{runtime} needs {names} on PATH ({})", path.display()))
    })
}

/// The file of a runtime client; it is the same in every run of this version.
fn client(site: &Site, name: &str, text: &str) -> Result<PathBuf, String> {
    let folder = site.state_dir.join("functions/runtime");
    let id = hex(&Sha256::digest(text));
    archive::source(&folder, &id, name, text)
        .map(|folder| folder.join(name))
        .map_err(|wrong| invalid(&wrong.to_string()))
}

/// The function's variables, then the hint's, over the little that comes from Standin.
fn environment(
    site: &Site,
    spec: &WorkloadSpec,
    hint: &Hint,
    root: &Path,
    scratch: &Path,
) -> Environment {
    let mut all = site.base_environment.clone();
    let own: [(&str, &OsStr); 3] = [
        ("LAMBDA_TASK_ROOT", root.as_os_str()),
        ("LAMBDA_RUNTIME_DIR", root.as_os_str()),
        ("TMPDIR", scratch.as_os_str()),
    ];
    for (name, value) in own {
        all.insert(name.into(), value.into());
    }
    for (name, value) in &spec.environment {
        all.insert(name.into(), value.into());
    }
    for (name, value) in &hint.environment {
        all.insert(name.into(), value.filled(&[]).into());
    }
    all.insert(MARKER.into(), site.marker(spec.id).into());
    all
}
