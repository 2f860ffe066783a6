//! `standin replay`: feeds a record of a real run to the engine under virtual time and says whether
//! the same came of it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use standin_engine::record::{Difference, Replay};
use standin_kernel::{Value, json};

use crate::Failure;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// What `standin up --record` wrote
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// How many differences are shown: the first is the cause of most of the others.
const SHOWN: usize = 10;

pub(crate) fn run(options: &Options) -> Result<ExitCode, Failure> {
    let shown = options.file.display();
    let file = File::open(&options.file).map_err(|wrong| format!("{shown}: {wrong}"))?;
    let begun = Instant::now();
    let mut lines = BufReader::new(file).lines().enumerate().peekable();
    let mut replay: Option<Replay> = None;
    let mut differences: Vec<(usize, Difference)> = Vec::new();
    while let Some((index, line)) = lines.next() {
        let number = index + 1;
        let failed = |why: String| format!("{shown}:{number}: {why}");
        let value: Value = match serde_json::from_str(&line?) {
            Ok(value) => value,
            // The run was cut off in the middle of a line.
            Err(_) if lines.peek().is_none() && replay.is_some() => break,
            Err(wrong) => return Err(failed(wrong.to_string()).into()),
        };
        match &mut replay {
            None => replay = Some(Replay::new(&value).map_err(failed)?),
            Some(replay) => {
                let difference = replay.line(&value).map_err(failed)?;
                differences.extend(difference.map(|difference| (number, difference)));
            }
        }
    }
    let replay = replay.ok_or_else(|| format!("{shown} is empty"))?;
    if options.json {
        print_json(&replay, &differences)?;
    } else {
        print(&replay, &differences, begun.elapsed().as_secs_f64());
    }
    Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(replay: &Replay, differences: &[(usize, Difference)], took_s: f64) {
    let (steps, run_s) = (replay.steps(), replay.took().as_secs_f64());
    println!("{steps} steps of a run of {run_s:.1} s, repeated in {took_s:.2} s");
    if differences.is_empty() {
        println!("the same came of every one");
        return;
    }
    println!("something else came of {}:", differences.len());
    for (line, difference) in differences.iter().take(SHOWN) {
        let Difference { input, recorded, replayed } = difference;
        println!("  line {line}: {input}");
        println!("    then: {} [{}]", recorded.words, recorded.sum);
        println!("    now:  {} [{}]", replayed.words, replayed.sum);
    }
}

fn print_json(replay: &Replay, differences: &[(usize, Difference)]) -> Result<(), Failure> {
    let shown = |(line, difference): &(usize, Difference)| {
        json!({
            "line": line, "input": difference.input,
            "recorded": difference.recorded, "replayed": difference.replayed,
        })
    };
    let report = json!({
        "steps": replay.steps(),
        "same": differences.is_empty(),
        "differences": differences.iter().map(shown).collect::<Vec<_>>(),
    });
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}
