//! `standin logs`: what the containers wrote.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use standin_host::Question;
use standin_kernel::Value;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use crate::events::text;
use crate::link::Link;
use crate::{Failure, StateOption};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only containers or tasks whose name or id begins so
    name: Option<String>,
    /// Keep showing what is written
    #[arg(long, short)]
    follow: bool,
    /// How many lines of each log to begin with
    #[arg(long, default_value_t = 50)]
    lines: usize,
    #[command(flatten)]
    state: StateOption,
}

pub(crate) async fn run(options: Options) -> Result<ExitCode, Failure> {
    let link = Link::required(&options.state.state_dir).await?;
    let mut read = std::collections::BTreeMap::new();
    loop {
        let logs = link.ask(Question::Logs).await?;
        for log in logs.as_array().into_iter().flatten().filter(|log| wanted(log, &options)) {
            let path = text(log, "path").to_owned();
            let name = format!("{}/{}", short(text(log, "task")), text(log, "container"));
            let lines = if read.contains_key(&path) { usize::MAX } else { options.lines };
            let from = read.entry(path.clone()).or_insert(0);
            show(&path, &name, from, lines).await;
        }
        if !options.follow {
            return Ok(ExitCode::SUCCESS);
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

fn wanted(log: &Value, options: &Options) -> bool {
    let Some(name) = &options.name else { return true };
    text(log, "container").starts_with(name.as_str()) || text(log, "task").contains(name.as_str())
}

fn short(task: &str) -> &str {
    let id = task.rsplit('/').next().unwrap_or(task);
    id.get(..8).unwrap_or(id)
}

/// Prints what a file holds from `from` on, the last `lines` of it.
async fn show(path: &str, name: &str, from: &mut u64, lines: usize) {
    let Ok(mut file) = tokio::fs::File::open(path).await else { return };
    let length = file.metadata().await.map_or(0, |metadata| metadata.len());
    if length < *from {
        // The log was rotated.
        *from = 0;
    }
    let mut bytes = Vec::new();
    if file.seek(std::io::SeekFrom::Start(*from)).await.is_err()
        || file.read_to_end(&mut bytes).await.is_err()
    {
        return;
    }
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    *from += whole as u64;
    let text = String::from_utf8_lossy(&bytes[..whole]);
    let all: Vec<&str> = text.lines().collect();
    for line in &all[all.len().saturating_sub(lines)..] {
        println!("{name}  {line}");
    }
}
