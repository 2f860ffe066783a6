//! `standin break` and `standin repair`.

use std::process::ExitCode;

use clap::Args;
use standin_host::Question;

use crate::events::text;
use crate::link::Link;
use crate::{Failure, StateOption};

#[derive(Debug, Args)]
pub(crate) struct BreakOptions {
    /// A logical id of the template (service, load balancer, bucket, distribution), a task's id, or
    /// Distribution/origin-id
    target: String,
    /// stop, hang, slow=2s, status=500 or refuse
    #[arg(long, default_value = "stop")]
    mode: String,
    /// Mend it by itself after this long: 30s, 2m
    #[arg(long = "for", value_name = "TIME")]
    lasts: Option<String>,
    #[command(flatten)]
    state: StateOption,
}

#[derive(Debug, Args)]
pub(crate) struct RepairOptions {
    /// What was broken; everything when left out
    target: Option<String>,
    #[command(flatten)]
    state: StateOption,
}

pub(crate) async fn run_break(options: BreakOptions) -> Result<ExitCode, Failure> {
    let BreakOptions { target, mode, lasts, state } = options;
    let link = Link::required(&state.state_dir).await?;
    let for_time = lasts.as_ref().map(|lasts| format!(" for {lasts}")).unwrap_or_default();
    let reply = link.ask(Question::Break { target, mode, lasts }).await?;
    let (target, mode) = (text(&reply, "Target"), text(&reply, "Mode"));
    println!("{target} is broken ({mode}){for_time}; `standin repair {target}` mends it");
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn run_repair(options: RepairOptions) -> Result<ExitCode, Failure> {
    let link = Link::required(&options.state.state_dir).await?;
    let named = options.target.clone();
    let reply = link.ask(Question::Repair { target: options.target }).await?;
    match (named, reply["Repaired"].as_u64().unwrap_or(0)) {
        (Some(target), _) => println!("{target} is mended"),
        (None, 0) => println!("nothing was broken"),
        (None, count) => println!("{count} mended"),
    }
    Ok(ExitCode::SUCCESS)
}
