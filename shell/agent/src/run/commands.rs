//! Asks a running agent: `agent health` and `agent status`.

use std::time::Duration;

use serde_json::Value;

use crate::forward::{self, Outcome};
use crate::settings::{Destination, Settings, Url};

const PATIENCE: Duration = Duration::from_secs(4);

/// Whether the agent is well, and a line that says so; fails with what is wrong.
pub async fn health(settings: &Settings) -> Result<String, String> {
    let (status, body) = ask(settings, "/health").await?;
    let list = |name: &str| {
        let all = body[name].as_array().into_iter().flatten().filter_map(Value::as_str);
        all.collect::<Vec<_>>().join(", ")
    };
    if status == 200 {
        Ok(format!("Agent health: PASS\n=== healthy components ===\n{}", list("Healthy")))
    } else {
        Err(format!("Agent health: FAIL\n=== unhealthy components ===\n{}", list("Unhealthy")))
    }
}

/// What the agent has taken in and sent on, as JSON.
pub async fn status(settings: &Settings) -> Result<String, String> {
    let (_, body) = ask(settings, "/status").await?;
    serde_json::to_string_pretty(&body).map_err(|why| why.to_string())
}

async fn ask(settings: &Settings, path: &str) -> Result<(u16, Value), String> {
    let host = settings.address.to_string();
    let url = Url { host, port: settings.command_port, path: String::new() };
    let to = Destination { url, key: String::new() };
    let posted = forward::get(&to, path, PATIENCE).await;
    let body = serde_json::from_slice(&posted.body).unwrap_or_default();
    match posted.outcome {
        Outcome::Status(status) => Ok((status, body)),
        Outcome::Failed => Err(format!("no agent answers on {}", to.url)),
    }
}
