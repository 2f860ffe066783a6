//! `standin validate`: what becomes of every property of a template here.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use standin_cloudformation::TemplateReport;
use standin_cloudformation::template::{PropertyReport, TemplateError, Verdict};
use standin_kernel::json;

use crate::Failure;
use crate::rehearse::{Rehearsal, rehearse};
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
    let TemplateReport { mut errors, properties: mut reports } = file.report(given);
    for (_, nested) in file.nested_reports() {
        errors.extend(nested.errors);
        reports.extend(nested.properties);
    }
    let rehearsal = match errors.is_empty() {
        true => rehearse(&file, &options.parameters),
        false => Rehearsal::default(),
    };
    if options.json {
        print_json(&reports, &errors, &rehearsal)?;
    } else {
        print(options, &file, &reports, &errors, &rehearsal);
    }
    let good = errors.is_empty() && rehearsal.failures.is_empty();
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print_json(
    reports: &[PropertyReport],
    errors: &[TemplateError],
    rehearsal: &Rehearsal,
) -> Result<(), Failure> {
    let shown: Vec<_> = reports
        .iter()
        .map(|report| {
            let (verdict, why) = word(&report.verdict);
            json!({
                "resource": report.logical_id, "type": report.type_name,
                "property": report.path, "verdict": verdict, "why": why,
                "file": report.place.file, "line": report.place.line,
            })
        })
        .collect();
    let errors: Vec<_> =
        errors.iter().map(ToString::to_string).chain(rehearsal.failures.iter().cloned()).collect();
    let all = json!({
        "properties": shown, "errors": errors, "warnings": rehearsal.warnings,
        "parameters_without_value": rehearsal.missing,
    });
    println!("{}", serde_json::to_string_pretty(&all)?);
    Ok(())
}

fn print(
    options: &Options,
    file: &TemplateFile,
    reports: &[PropertyReport],
    errors: &[TemplateError],
    rehearsal: &Rehearsal,
) {
    println!("{}", file.support_line());
    // What is refused is among the errors, with its line and what would do.
    let told = |report: &&PropertyReport| {
        matches!(report.verdict, Verdict::Refused(_))
            && errors.iter().any(|error| error.line == report.place.line)
    };
    let mut of = reports.first().map(|report| report.place.file.as_str()).unwrap_or_default();
    for report in reports.iter().filter(|report| !told(report)) {
        let (verdict, why) = word(&report.verdict);
        if options.all || report.verdict != Verdict::Honoured {
            if report.place.file != of {
                of = &report.place.file;
                println!("{of}:");
            }
            let (line, id, path) = (report.place.line, &report.logical_id, &report.path);
            println!("  line {line:>4}  {verdict:<9}  {id}.{path}  {why}");
        }
    }
    for warning in &rehearsal.warnings {
        println!("warning: {warning}");
    }
    if !rehearsal.missing.is_empty() {
        println!(
            "not tried: creating the stack, for these parameters have no value: {}",
            rehearsal.missing.join(", ")
        );
    }
    if !errors.is_empty() {
        eprintln!("standin: {}", listed(errors));
    }
    if !rehearsal.failures.is_empty() {
        eprintln!("standin: the stack cannot be created\n{}", rehearsal.failures.join("\n"));
    }
}

fn word(verdict: &Verdict) -> (&'static str, &str) {
    match verdict {
        Verdict::Honoured => ("honoured", ""),
        Verdict::NoEffect(why) => ("no effect", why),
        Verdict::Refused(why) => ("refused", why),
    }
}
