//! The project's own checks, as `cargo xtask NAME`: what there is to run, and how it ends.

mod ledger;
mod style;
mod tree;
mod wire;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask style
    Look at the form of every file; print file, line, what is wrong, what would be right.
cargo xtask ledger [--rows] [PREFIX ...]
    Count the rows of docs/ledger that tests hold, that none holds yet, and that are out of scope.
    --rows lists them, with their tests. A PREFIX (CF, CF-ERR, ALB-RU-03) picks rows.
cargo xtask ledger --check
    Fail when a test names a row that does not exist, or when the ledger contradicts itself.
cargo xtask wire BOTOCORE_DATA
    Write core/wire/tables for the operations in its operations.txt, from botocore's models.
cargo xtask coverage
    Write docs/coverage.md: what is honoured of AWS's operations and resource types, and what not.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = tree::root();
    let outcome = match arguments.as_slice() {
        ["style"] => style(&root),
        ["coverage"] => coverage(),
        ["wire", data] => wire::run(&root, Path::new(data)),
        ["ledger", rest @ ..] => ledger::Options::parse(rest)
            .and_then(|options| ledger::run(&root, &options).map_err(|wrong| wrong.to_string())),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{}", message.trim_end());
            ExitCode::FAILURE
        }
    }
}

/// Has the test write the page that it otherwise compares.
fn coverage() -> Result<bool, String> {
    let mut command = std::process::Command::new(env!("CARGO"));
    command.args(["test", "--quiet", "--package", "standin-tests", "--test", "coverage"]);
    let done = command.env("UPDATE_COVERAGE", "1").status().map_err(|wrong| wrong.to_string())?;
    Ok(done.success())
}

/// Prints what is wrong with the form of the files; `false` when anything is.
fn style(root: &Path) -> Result<bool, String> {
    let findings = style::look(root).map_err(|wrong| wrong.to_string())?;
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => println!("style: nothing to mend"),
        count => println!("style: {count} to mend"),
    }
    Ok(findings.is_empty())
}
