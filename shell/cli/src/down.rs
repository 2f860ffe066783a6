//! `standin down`: deletes the stack and stops the run.

use std::process::ExitCode;

use clap::Args;
use standin_host::Question;
use standin_kernel::{ServiceName, json};

use crate::Failure;
use crate::events::{Follower, text};
use crate::link::Link;
use crate::up::{RunOptions, start, stop};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only this stack; all when left out
    #[arg(long)]
    stack_name: Option<String>,
    #[command(flatten)]
    run: RunOptions,
}

pub(crate) async fn run(options: Options) -> Result<ExitCode, Failure> {
    let state_dir = options.run.state.state_dir.clone();
    if !state_dir.exists() {
        return Err(format!("there is no state folder {}", state_dir.display()).into());
    }
    if let Some(link) = Link::running(&state_dir).await {
        let (code, left) = delete(&link, options.stack_name.as_deref()).await?;
        if left == 0 {
            let asked = link.ask(Question::Shutdown).await;
            // A run that has nothing left to stop may be gone before its answer is.
            if asked.is_err() && Link::running(&state_dir).await.is_some() {
                asked?;
            }
        }
        return Ok(code);
    }
    // Deleting is work for a run: any free ports will do.
    let options_here = RunOptions {
        edge_port: 0,
        tls_port: None,
        api_port: 0,
        dns_port: None,
        listen: None,
        ..options.run
    };
    let driver = start(&options_here, true).await?;
    let deleted = delete(&Link::Local(driver.clone()), options.stack_name.as_deref()).await;
    stop(&driver, &state_dir).await;
    Ok(deleted?.0)
}

/// Deletes the stacks; says how it went and how many are left.
async fn delete(link: &Link, only: Option<&str>) -> Result<(ExitCode, usize), Failure> {
    let service = ServiceName::CloudFormation;
    let described = link.call(service, "DescribeStacks", json!({})).await?;
    let stacks = crate::status::items(&described, "Stacks");
    let names = stacks.iter().map(|stack| text(stack, "StackName").to_owned());
    let (wanted, kept): (Vec<_>, Vec<_>) =
        names.partition(|name| only.is_none_or(|only| only == name));
    if wanted.is_empty() {
        println!("there is no stack to delete");
    }
    let mut left = kept.len();
    let mut code = ExitCode::SUCCESS;
    for name in wanted {
        let mut follower = Follower::new(link, &name, false).await;
        link.call(service, "DeleteStack", json!({"StackName": name})).await?;
        let ending = follower.until_rest(link, async |_| Ok(())).await?;
        if ending.is_good() {
            println!("{name} is deleted");
        } else {
            eprintln!("standin: the stack {name} ended as {}", ending.status);
            for failure in &ending.failures {
                eprintln!("  {failure}");
            }
            code = ExitCode::FAILURE;
            left += 1;
        }
    }
    Ok((code, left))
}
