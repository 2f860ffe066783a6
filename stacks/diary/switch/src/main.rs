//! The switch as a Lambda function: a custom runtime that takes one event after the other.
//!
//! Whatever the event is, the switch looks at everything anew: an alarm, the minute's tick and a
//! hand that invokes it are the same to it.

mod client;
mod http;
mod sign;

use std::process::ExitCode;

use diary_switch::{Settings, apply};
use serde_json::{Value, json};

use crate::client::{Client, now};
use crate::http::{Address, Request, Response, send};

fn main() -> ExitCode {
    let variable = |name: &str| std::env::var(name).ok();
    let Some(api) = variable("AWS_LAMBDA_RUNTIME_API") else {
        eprintln!("bootstrap: this is a Lambda function; AWS_LAMBDA_RUNTIME_API is not set");
        return ExitCode::FAILURE;
    };
    let Some(api) = Address::parse(&format!("http://{api}")) else {
        eprintln!("bootstrap: {api} is no address");
        return ExitCode::FAILURE;
    };
    let ready =
        Settings::read(variable).and_then(|settings| Ok((settings, Client::new(variable)?)));
    let (settings, mut client) = match ready {
        Ok(ready) => ready,
        Err(why) => {
            eprintln!("bootstrap: {why}");
            let error = json!({"errorType": "Settings", "errorMessage": why});
            let _ = post(&api, "/2018-06-01/runtime/init/error", &error);
            return ExitCode::FAILURE;
        }
    };
    loop {
        if let Err(error) = one(&api, &settings, &mut client) {
            eprintln!("bootstrap: the runtime API: {error}");
            return ExitCode::FAILURE;
        }
    }
}

/// Takes one event and answers it.
fn one(api: &Address, settings: &Settings, client: &mut Client) -> std::io::Result<()> {
    let next = Request {
        method: "GET",
        target: "/2018-06-01/runtime/invocation/next",
        headers: &[],
        body: &[],
        timeout: None,
    };
    let event = send(api, &next)?;
    let id = event.header("Lambda-Runtime-Aws-Request-Id");
    let id = id.ok_or_else(|| std::io::Error::other("an event without a request id"))?;
    let arn = event.header("Lambda-Runtime-Invoked-Function-Arn").unwrap_or_default();
    let (way, document) = match run(settings, client, arn) {
        Ok(report) => ("response", report),
        Err(why) => ("error", json!({"errorType": "Switch", "errorMessage": why})),
    };
    let answer = post(api, &format!("/2018-06-01/runtime/invocation/{id}/{way}"), &document)?;
    if answer.status == 500 {
        // Such an environment cannot be used any more.
        return Err(std::io::Error::other("the environment is lost"));
    }
    Ok(())
}

fn run(settings: &Settings, client: &mut Client, arn: &str) -> Result<Value, String> {
    let report = apply(client, settings, now(), arn).map_err(|failure| failure.to_string())?;
    for line in report.done.iter().chain(&report.ignored).chain(&report.failed) {
        println!("{line}");
    }
    report.result()
}

fn post(api: &Address, target: &str, document: &Value) -> std::io::Result<Response> {
    let body = document.to_string().into_bytes();
    let headers = [("content-type".to_owned(), "application/json".to_owned())];
    let timeout = Some(std::time::Duration::from_secs(10));
    send(api, &Request { method: "POST", target, headers: &headers, body: &body, timeout })
}
