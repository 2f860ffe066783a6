//! Follows the maintenance windows: asks the parameter store for them, as the maintenance switch
//! does.

use std::rc::Rc;
use std::time::Duration;

use hyper::{Request, header};
use serde_json::{Value, json};

use super::{Site, say};
use crate::control::Windows;
use crate::forward::{self, Outcome};
use crate::settings::Url;

/// How often they are asked for: work that was not announced is followed as fast as that.
const ASK_EVERY: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(4);
/// Pages of ten; nobody has more windows than this.
const MOST_PAGES: usize = 100;

/// Asks for ever; at once done when no rule names a path.
pub(super) async fn follow(site: Rc<Site>) {
    let (path, endpoint) = {
        let agent = site.agent.borrow();
        let settings = agent.settings();
        (settings.control.windows_path.clone(), settings.aws_endpoint.clone())
    };
    let Some(path) = path else { return };
    let Some(endpoint) = endpoint else {
        say("no AWS_ENDPOINT_URL: nobody to ask for the maintenance windows");
        return;
    };
    let mut was_quiet = false;
    let mut failed = false;
    loop {
        let found = ask(&endpoint, &path).await;
        // The windows known last still count while nobody answers.
        if found.is_none() && !failed {
            say(&format!("the maintenance windows below {path} cannot be read"));
        }
        failed = found.is_none();
        let now = super::now();
        if let Some(windows) = found {
            site.agent.borrow_mut().set_windows(windows);
        }
        let quiet = site.agent.borrow().is_quiet(now);
        if quiet != was_quiet {
            let word = if quiet { "open: nothing leaves" } else { "over: things leave again" };
            say(&format!("a maintenance window is {word}"));
        }
        was_quiet = quiet;
        tokio::time::sleep(ASK_EVERY).await;
    }
}

async fn ask(endpoint: &Url, path: &str) -> Option<Windows> {
    let mut parameters: Vec<(String, String)> = Vec::new();
    let mut token = Value::Null;
    for _ in 0..MOST_PAGES {
        let mut input = json!({"Path": path});
        if !token.is_null() {
            input["NextToken"] = token;
        }
        let request = Request::post("/")
            .header(header::HOST, format!("{}:{}", endpoint.host, endpoint.port))
            .header(header::CONTENT_TYPE, "application/x-amz-json-1.1")
            .header("x-amz-target", "AmazonSSM.GetParametersByPath");
        let body = input.to_string().into();
        let posted = forward::send(endpoint, request, body, PATIENCE).await;
        if posted.outcome != Outcome::Status(200) {
            return None;
        }
        let answer: Value = serde_json::from_slice(&posted.body).ok()?;
        for parameter in answer["Parameters"].as_array()? {
            let text = |member: &str| parameter[member].as_str().unwrap_or_default().to_owned();
            parameters.push((text("Name"), text("Value")));
        }
        token = answer["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    let pairs = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    Some(Windows::read(pairs))
}
