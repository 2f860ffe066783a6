//! Finds the binary of a Cargo package that stands for an image: beside Standin itself, or built
//! on the spot, once in a run as an image is pulled once.

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use standin_kernel::workload::WorkloadSpec;

use super::Site;
use super::log::Log;
use super::plan::{self, Plan};
use super::spawn::Running;
use super::view::NONE;

/// How long cargo's last output may take once it has ended; something that its build has left
/// running may hold on to the pipe.
const OUTPUT_PATIENCE: Duration = Duration::from_secs(5);

/// A line of `cargo build --message-format=json`, as far as it is read.
#[derive(Deserialize)]
struct Message {
    reason: String,
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// The program `binary` of `package`. Fails with what went wrong, in one line.
pub(super) async fn program(
    site: &Site,
    spec: &WorkloadSpec,
    base: &Path,
    package: &str,
    binary: &str,
    log: &Log,
) -> Result<PathBuf, String> {
    let beside = site.self_exe.with_file_name(binary);
    if plan::is_program(&beside) {
        return Ok(beside);
    }
    let key = (base.to_owned(), package.to_owned(), binary.to_owned());
    // Held while building: another container of the same image waits for the result.
    let mut built = site.built.lock().await;
    if let Some(program) = built.get(&key).filter(|program| plan::is_program(program)) {
        return Ok(program.clone());
    }
    let program = build(site, spec, base, package, binary, log).await?;
    built.insert(key, program.clone());
    Ok(program)
}

async fn build(
    site: &Site,
    spec: &WorkloadSpec,
    base: &Path,
    package: &str,
    binary: &str,
    log: &Log,
) -> Result<PathBuf, String> {
    let environment = plan::build_environment(site, spec.id);
    let arguments = ["build", "--release", "-p", package];
    let message_format = "--message-format=json-render-diagnostics";
    let plan = Plan {
        program: plan::find_program("cargo", base, plan::path_of(&environment))?,
        arguments: arguments.into_iter().chain([message_format]).map(OsString::from).collect(),
        directory: base.to_owned(),
        environment,
    };
    log.note(&format!("cargo {}", arguments.join(" ")));
    let cannot = |wrong: std::io::Error| format!("cargo cannot run: {wrong}");
    let (messages, messages_end) = std::io::pipe().map_err(cannot)?;
    let (progress, progress_end) = std::io::pipe().map_err(cannot)?;
    let mut running =
        Running::start(site, NONE.as_ref(), &plan, messages_end, progress_end).await?;
    let logged = log.follow(progress).map_err(cannot)?;
    let text = read_whole(messages);
    running.exited().await;
    let code = running.reap();
    let text = tokio::time::timeout(OUTPUT_PATIENCE, text).await;
    let text = text.ok().and_then(Result::ok).ok_or("the output of cargo did not end")?;
    // What is missing in the log then is missing from the end of a long story only.
    let _ = tokio::time::timeout(OUTPUT_PATIENCE, logged).await;
    if code != 0 {
        let log = log.path().display();
        return Err(format!("cargo build -p {package} ended with {code}; see {log}"));
    }
    executable(&text, binary)
        .ok_or_else(|| format!("the package {package} has no binary {binary:?}"))
}

fn read_whole(mut pipe: std::io::PipeReader) -> tokio::task::JoinHandle<String> {
    tokio::task::spawn_blocking(move || {
        let mut text = Vec::new();
        // What could be read is enough: the last message is what counts.
        let _ = pipe.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    })
}

fn executable(messages: &str, binary: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter(|message| message.reason == "compiler-artifact")
        .filter(|message| {
            let target = message.target.as_ref();
            target.is_some_and(|target| target.name == binary)
        })
        .find_map(|message| message.executable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_executable_of_the_binary_named() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"app"},"executable":null}
not json
{"reason":"compiler-artifact","target":{"name":"tool"},"executable":"/t/release/tool"}
{"reason":"compiler-artifact","target":{"name":"app"},"executable":"/t/release/app","more":1}
{"reason":"build-finished","success":true}"#;
        assert_eq!(executable(messages, "app"), Some(PathBuf::from("/t/release/app")));
        assert_eq!(executable(messages, "other"), None);
    }
}
