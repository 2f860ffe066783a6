//! `standin explain`: one request as a viewer would make it, and every decision on its way.

use std::process::ExitCode;

use clap::Args;
use standin_host::Question;
use standin_kernel::Value;

use crate::events::text;
use crate::link::Link;
use crate::{Failure, StateOption};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A URL, or a path of the stack's first distribution
    url: String,
    #[arg(long, default_value = "GET")]
    method: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    state: StateOption,
}

pub(crate) async fn run(options: Options) -> Result<ExitCode, Failure> {
    let link = Link::required(&options.state.state_dir).await?;
    let question = Question::Explain { url: options.url, method: Some(options.method) };
    let explained = link.ask(question).await?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&explained)?);
        return Ok(ExitCode::SUCCESS);
    }
    let (status, bytes) = (&explained["status"], &explained["body_bytes"]);
    println!("{} answers {status} with {bytes} bytes, because:", text(&explained, "url"));
    let decisions = explained["decisions"].as_array().cloned().unwrap_or_default();
    for (number, decision) in decisions.iter().enumerate() {
        print!("{}", shown(number + 1, decision));
    }
    println!("headers:");
    for header in explained["headers"].as_array().into_iter().flatten() {
        println!("  {}: {}", header[0].as_str().unwrap_or(""), header[1].as_str().unwrap_or(""));
    }
    Ok(ExitCode::SUCCESS)
}

fn shown(number: usize, decision: &Value) -> String {
    let mut shown = format!(
        "{number:>3}. {:<10} {:<15} {}",
        text(decision, "service"),
        text(decision, "step"),
        text(decision, "says")
    );
    if let Some(row) = decision["row"].as_str() {
        shown.push_str(&format!("  [{row}]"));
    }
    shown.push('\n');
    let setting = &decision["setting"];
    if setting.is_object() {
        let name = setting["logical_id"].as_str().unwrap_or(text(setting, "resource"));
        shown.push_str(&format!("       {name}.{}", text(setting, "property")));
        if let (Some(file), Some(line)) = (setting["file"].as_str(), setting["line"].as_u64()) {
            shown.push_str(&format!("  {file}:{line}: {}", text(setting, "text")));
        }
        shown.push('\n');
    }
    shown
}
