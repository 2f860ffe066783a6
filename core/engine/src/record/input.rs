//! Inputs as documents and back.

use std::sync::Arc;

use standin_kernel::fault::Mode;
use standin_kernel::workload::{WorkloadEvent, WorkloadId};
use standin_kernel::{Duration, Evaluated, ExchangeId, LinkFailure, ServiceName, Value, json};

use super::head::{
    Wrong, bytes_document, flag, number, read_bytes, read_request, read_response, read_whole,
    request_document, response_document, text, whole_document,
};
use super::redact::Redactor;
use crate::io::{Input, LegId, RelayEnd, RunId};

/// An input as a document with one member, named after what happened.
pub(super) fn document(input: &Input, redactor: &mut Redactor) -> Value {
    match input {
        Input::Request { exchange, request, trace } => json!({"request": {
            "exchange": exchange.0, "trace": trace,
            "request": request_document(request, redactor),
        }}),
        Input::ViewerGone { exchange } => json!({"viewer_gone": {"exchange": exchange.0}}),
        Input::Connecting { leg } => json!({"connecting": {"leg": leg.0}}),
        Input::Connected { leg } => json!({"connected": {"leg": leg.0}}),
        Input::Response { leg, response } => json!({"response": {
            "leg": leg.0, "response": response_document(response, redactor),
        }}),
        Input::Failed { leg, failure } => json!({"failed": {"leg": leg.0, "failure": failure}}),
        Input::RelayDone { leg, end, body_bytes } => json!({"relay_done": {
            "leg": leg.0, "end": relay_end(*end), "body_bytes": body_bytes,
        }}),
        Input::Kept { service, keep, body } => json!({"kept": {
            "service": service, "keep": keep, "body": body.as_ref().map(bytes_document),
        }}),
        Input::Collected { exchange, body } => json!({"collected": {
            "exchange": exchange.0, "body": body.as_ref().map(whole_document),
        }}),
        Input::Workload { workload, event } => {
            json!({"workload": {"workload": workload, "event": event}})
        }
        Input::Call { ticket, service, operation, input } => json!({"call": {
            "ticket": ticket, "service": service, "operation": operation, "input": input,
        }}),
        Input::Break { ticket, target, mode, lasts } => json!({"break": {
            "ticket": ticket, "target": target, "mode": mode.to_string(),
            "lasts_ns": lasts.map(nanoseconds),
        }}),
        Input::Repair { ticket, target } => {
            json!({"repair": {"ticket": ticket, "target": target}})
        }
        Input::Evaluated { run, evaluated } => {
            json!({"evaluated": {"run": run.0, "evaluated": **evaluated}})
        }
        Input::Text { ticket, text } => json!({"text": {"ticket": ticket, "text": text}}),
        Input::Dns { ticket, question } => {
            json!({"dns": {"ticket": ticket, "question": question}})
        }
        Input::Tick => json!({"tick": {}}),
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

const fn relay_end(end: RelayEnd) -> &'static str {
    match end {
        RelayEnd::Complete => "complete",
        RelayEnd::ViewerGone => "viewer_gone",
        RelayEnd::OriginGone => "origin_gone",
    }
}

/// The input a document stands for.
pub(super) fn read(document: &Value) -> Result<Input, Wrong> {
    let member = document.as_object().and_then(|members| members.iter().next());
    let (what, of) = member.ok_or("an input is empty")?;
    let leg = || number(of, "leg").map(LegId);
    let exchange = || number(of, "exchange").map(ExchangeId);
    Ok(match what.as_str() {
        "request" => Input::Request {
            exchange: exchange()?,
            request: Box::new(read_request(&of["request"])?),
            trace: flag(of, "trace")?,
        },
        "viewer_gone" => Input::ViewerGone { exchange: exchange()? },
        "connecting" => Input::Connecting { leg: leg()? },
        "connected" => Input::Connected { leg: leg()? },
        "response" => {
            Input::Response { leg: leg()?, response: Box::new(read_response(&of["response"])?) }
        }
        "failed" => Input::Failed { leg: leg()?, failure: typed::<LinkFailure>(of, "failure")? },
        "relay_done" => Input::RelayDone {
            leg: leg()?,
            end: read_relay_end(of)?,
            body_bytes: number(of, "body_bytes")?,
        },
        "kept" => Input::Kept {
            service: typed::<ServiceName>(of, "service")?,
            keep: number(of, "keep")?,
            body: if of["body"].is_null() { None } else { Some(read_bytes(&of["body"])?) },
        },
        "evaluated" => Input::Evaluated {
            run: RunId(number(of, "run")?),
            evaluated: Arc::new(typed::<Evaluated>(of, "evaluated")?),
        },
        "collected" => Input::Collected {
            exchange: exchange()?,
            body: if of["body"].is_null() { None } else { Some(read_whole(&of["body"])?) },
        },
        "text" => Input::Text {
            ticket: number(of, "ticket")?,
            text: of["text"].as_str().map(str::to_owned),
        },
        "workload" => Input::Workload {
            workload: typed::<WorkloadId>(of, "workload")?,
            event: typed::<WorkloadEvent>(of, "event")?,
        },
        "call" => Input::Call {
            ticket: number(of, "ticket")?,
            service: typed::<ServiceName>(of, "service")?,
            operation: text(of, "operation")?,
            input: of["input"].clone(),
        },
        "break" => Input::Break {
            ticket: number(of, "ticket")?,
            target: text(of, "target")?,
            mode: text(of, "mode")?.parse::<Mode>().map_err(|wrong| wrong.to_string())?,
            lasts: of["lasts_ns"].as_u64().map(Duration::from_nanos),
        },
        "repair" => Input::Repair {
            ticket: number(of, "ticket")?,
            target: of["target"].as_str().map(str::to_owned),
        },
        "dns" => Input::Dns { ticket: number(of, "ticket")?, question: typed(of, "question")? },
        "tick" => Input::Tick,
        other => return Err(format!("the input {other} is not known")),
    })
}

fn typed<T: serde::de::DeserializeOwned>(of: &Value, name: &str) -> Result<T, Wrong> {
    serde_json::from_value(of[name].clone()).map_err(|wrong| format!("{name}: {wrong}"))
}

fn read_relay_end(of: &Value) -> Result<RelayEnd, Wrong> {
    match of["end"].as_str() {
        Some("complete") => Ok(RelayEnd::Complete),
        Some("viewer_gone") => Ok(RelayEnd::ViewerGone),
        Some("origin_gone") => Ok(RelayEnd::OriginGone),
        other => Err(format!("the end {other:?} is not known")),
    }
}
