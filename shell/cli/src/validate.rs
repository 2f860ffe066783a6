//! `standin validate`: what becomes of every property of a template here.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use standin_cloudformation::TemplateReport;
use standin_cloudformation::template::Verdict;
use standin_kernel::json;

use crate::Failure;
use crate::template::{TemplateFile, listed};
use crate::up::parameter;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The CloudFormation template
    template: Option<PathBuf>,
    /// Values of parameters; with them, only what exists with them is listed
    #[arg(long, value_name = "KEY=VALUE", num_args = 1.., value_parser = parameter)]
    parameters: Vec<(String, String)>,
    /// List honoured properties too
    #[arg(long)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, Failure> {
    let file = TemplateFile::read(options.template.as_deref())?;
    let given = (!options.parameters.is_empty()).then_some(options.parameters.as_slice());
    let TemplateReport { errors, properties: reports } = file.report(given);
    if options.json {
        let shown: Vec<_> = reports
            .iter()
            .map(|report| {
                let (verdict, why) = word(&report.verdict);
                json!({
                    "resource": report.logical_id, "type": report.type_name,
                    "property": report.path, "verdict": verdict, "why": why,
                    "line": report.place.line,
                })
            })
            .collect();
        let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
        println!(
            "{}",
            serde_json::to_string_pretty(&json!({"properties": shown, "errors": errors}))?
        );
    } else {
        println!("{}", file.support_line());
        for report in &reports {
            let (verdict, why) = word(&report.verdict);
            if options.all || report.verdict != Verdict::Honoured {
                let (line, id, path) = (report.place.line, &report.logical_id, &report.path);
                println!("  line {line:>4}  {verdict:<9}  {id}.{path}  {why}");
            }
        }
        if !errors.is_empty() {
            eprintln!("standin: {}", listed(&errors));
        }
    }
    Ok(if errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn word(verdict: &Verdict) -> (&'static str, &str) {
    match verdict {
        Verdict::Honoured => ("honoured", ""),
        Verdict::NoEffect(why) => ("no effect", why),
        Verdict::Refused(why) => ("refused", why),
    }
}
