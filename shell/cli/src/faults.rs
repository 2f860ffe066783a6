//! `standin break` and `standin repair`.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;
use standin_host::Question;
use standin_kernel::fault;

use crate::events::text;
use crate::link::Link;
use crate::{Failure, StateOption};

#[derive(Debug, Args)]
pub(crate) struct BreakOptions {
    /// A logical id of the template (service, load balancer, bucket, distribution, subnet), a zone,
    /// a task's id, Service/1, Service/container, Service/1/container, Bucket/key,
    /// Distribution/origin-id, or the network between two: LoadBalancer->Service
    target: String,
    /// stop, hang, slow=2s, status=500, refuse, stop-task, kill, terminate, latency=200ms,
    /// latency=200ms/10ms, loss=30%, cut, blackhole=8080, missing or forbidden
    #[arg(long, default_value = "stop")]
    mode: String,
    /// Instead of a mode: an action of AWS FIS, such as aws:ecs:stop-task
    #[arg(long, value_name = "ACTION", conflicts_with = "mode")]
    action: Option<String>,
    /// A parameter of the action, such as lossPercent=30; may be given several times
    #[arg(long = "parameter", value_name = "NAME=VALUE", requires = "action")]
    parameters: Vec<String>,
    /// Mend it by itself after this long: 30s, 2m; else as long as the action's duration says
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
    let BreakOptions { target, mut mode, action, parameters, mut lasts, state } = options;
    if let Some(action) = action {
        let parameters = pairs(&parameters)?;
        mode = fault::from_fis(&action, &parameters)?.to_string();
        let duration = fault::duration_of(&action, &parameters)?;
        lasts = lasts.or_else(|| duration.map(|lasts| format!("{}s", lasts.as_secs())));
    }
    let link = Link::required(&state.state_dir).await?;
    let for_time = lasts.as_ref().map(|lasts| format!(" for {lasts}")).unwrap_or_default();
    let reply = link.ask(Question::Break { target, mode, lasts }).await?;
    let (target, mode) = (text(&reply, "Target"), text(&reply, "Mode"));
    if reply["Once"].as_bool() == Some(true) {
        println!("{target}: {mode} is done; there is nothing to mend");
    } else {
        println!("{target} is broken ({mode}){for_time}; `standin repair '{target}'` mends it");
    }
    Ok(ExitCode::SUCCESS)
}

/// `name=value` texts as FIS takes its parameters.
fn pairs(texts: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let pair = |text: &String| match text.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err(format!("{text}: a parameter is written name=value").into()),
    };
    texts.iter().map(pair).collect()
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
