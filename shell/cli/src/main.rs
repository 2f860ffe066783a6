//! The binary `standin`: what the commands and their options are. Each command is a file of its
//! name.

mod agent;
mod credentials;
mod down;
mod drill;
mod events;
mod explain;
mod faults;
mod link;
mod logs;
mod maintenance;
mod rehearse;
mod replay;
mod review;
mod status;
mod table;
mod template;
mod up;
mod validate;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Reviews and busy sites make and drop many small values: a sixth of the time less than with the
/// system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs a web service from its CloudFormation template on this machine, with AWS's behaviour, and
/// shows what viewers see when parts of it fail.
#[derive(Debug, Parser)]
#[command(name = "standin", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create the stack of a template (or update it) and run it until Ctrl-C
    Up(up::Options),
    /// Delete the stack and stop
    Down(down::Options),
    /// Show resources, tasks, targets and what is broken
    Status(status::Options),
    /// Ask a URL as a viewer would, and say why the answer is what it is
    Explain(explain::Options),
    /// Break a service, a task, a load balancer, a bucket or a distribution's origin on purpose
    Break(faults::BreakOptions),
    /// Mend what was broken (everything, when no target is named)
    Repair(faults::RepairOptions),
    /// Close and open a stack's site for planned work, here or on AWS
    Maintenance(maintenance::Options),
    /// Show what the containers wrote
    Logs(logs::Options),
    /// List what becomes of every property of a template here
    Validate(validate::Options),
    /// Play a story of faults and viewers, on the running stack or in the simulator
    Drill(drill::Options),
    /// Repeat a run that went on record, under virtual time, and say whether the same came of it
    Replay(replay::Options),
    /// Say what viewers see for every fault, from the template alone, and what to change
    Review(review::Options),
    /// Stand in for the Datadog Agent; its images run this without a hint
    Agent(agent::Options),
    /// Starts one container; used by Standin itself
    #[command(name = "__launch", hide = true)]
    Launch {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<std::ffi::OsString>,
    },
}

/// Where the run lives.
#[derive(Clone, Debug, Args)]
struct StateOption {
    /// Folder of everything this run keeps: records, objects, logs
    #[arg(long, value_name = "DIR", default_value = ".standin")]
    state_dir: PathBuf,
}

/// How long AWS's own waiting takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum PaceOption {
    /// As short as this machine allows; intervals and timeouts of the template keep their values
    #[default]
    Fast,
    /// About as long as on AWS
    Aws,
}

/// A message for the user; the command fails with it.
type Failure = Box<dyn std::error::Error>;

/// Whoever reads our output may stop reading (`standin validate | head`): then there is nobody to
/// tell anything, and the program ends as others do on SIGPIPE.
fn end_quietly_when_nobody_reads() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let said = panic.payload().downcast_ref::<String>().map_or("", String::as_str);
        if said.starts_with("failed printing to std") {
            const SIGPIPE: i32 = 13;
            std::process::exit(128 + SIGPIPE);
        }
        usual(panic);
    }));
}

/// Who runs functions at the edge, in both worlds.
fn evaluator() -> std::sync::Arc<dyn standin_kernel::Evaluator> {
    std::sync::Arc::new(standin_functions::QuickJs::default())
}

fn main() -> ExitCode {
    end_quietly_when_nobody_reads();
    let cli = Cli::parse();
    if let Command::Launch { command } = cli.command {
        standin_host::workloads::launch_shim(&command)
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("standin: no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let local = tokio::task::LocalSet::new();
    match local.block_on(&runtime, run(cli.command)) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("standin: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Up(options) => up::run(options).await,
        Command::Down(options) => down::run(options).await,
        Command::Status(options) => status::run(options).await,
        Command::Explain(options) => explain::run(options).await,
        Command::Break(options) => faults::run_break(options).await,
        Command::Repair(options) => faults::run_repair(options).await,
        Command::Maintenance(options) => maintenance::run(options).await,
        Command::Logs(options) => logs::run(options).await,
        Command::Validate(options) => validate::run(&options),
        Command::Drill(options) => drill::run(options).await,
        Command::Replay(options) => replay::run(&options),
        Command::Review(options) => review::run(&options),
        Command::Agent(options) => agent::run(options).await,
        Command::Launch { .. } => unreachable!("handled before the runtime starts"),
    }
}
