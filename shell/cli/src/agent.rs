//! `standin agent`: the stand-in for the Datadog Agent, as a container of a task runs it.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use standin_agent::{Settings, run as agent};

use crate::Failure;

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Clone, Copy, Debug, Default, Subcommand)]
enum Command {
    /// Take metrics, events, service checks and traces until SIGTERM; the Agent's own environment
    /// variables say how (docs/datadog.md)
    #[default]
    #[command(alias = "start")]
    Run,
    /// End with 0 when the agent of this environment is well
    Health,
    /// Show what the agent of this environment has taken in and sent on
    Status,
    /// Copy nothing: the stand-in has no configuration files
    Init,
}

pub(crate) async fn run(options: Options) -> Result<ExitCode, Failure> {
    let settings = Settings::read(&std::env::vars().collect::<Vec<_>>())?;
    let said = match options.command.unwrap_or_default() {
        Command::Run => agent::run(settings).await.map(|()| String::new()),
        Command::Health => agent::health(&settings).await,
        Command::Status => agent::status(&settings).await,
        Command::Init => Ok("no configuration files to copy: the environment says all".to_owned()),
    };
    match said {
        Ok(said) if said.is_empty() => Ok(ExitCode::SUCCESS),
        Ok(said) => {
            println!("{said}");
            Ok(ExitCode::SUCCESS)
        }
        Err(why) => {
            eprintln!("agent: {why}");
            Ok(ExitCode::FAILURE)
        }
    }
}
