//! Answers what tracers post and ask.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Method, Request, StatusCode};

use super::answer::{Answer, text};
use super::{Site, now};
use crate::trace::{self, Format, Sender, Undecodable, info};

/// How long a body may take to come (DD-TR-04).
const BODY_PATIENCE: Duration = Duration::from_secs(5);

/// One request; every answer says in which state the agent is (DD-TR-07).
pub(super) async fn answer(site: Rc<Site>, request: Request<Incoming>) -> Answer {
    let document = info::document(site.agent.borrow().settings());
    let mut answer = match request.uri().path() {
        "/info" => text(StatusCode::OK, "application/json", document.to_string()),
        path => match purpose(path) {
            Some(_) if request.method() != Method::POST && request.method() != Method::PUT => {
                text(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "POST or PUT\n")
            }
            Some(purpose) => posted(&site, purpose, request).await,
            None => text(StatusCode::NOT_FOUND, "text/plain", "the stand-in does not serve it\n"),
        },
    };
    if let Ok(state) = HeaderValue::from_str(&info::state(&document)) {
        answer.headers_mut().insert("datadog-agent-state", state);
    }
    answer
}

/// What a path is for.
#[derive(Clone, Copy)]
enum Purpose {
    /// `rates`: the answer tells them (DD-TR-03).
    Traces {
        format: Format,
        rates: bool,
    },
    /// Old tracers name their services; nothing comes of it.
    Services,
    Stats,
    Dogstatsd,
}

fn purpose(path: &str) -> Option<Purpose> {
    let traces = |format, rates| Some(Purpose::Traces { format, rates });
    match path {
        "/v0.1/traces" | "/v0.2/traces" => traces(Format::Json, false),
        "/v0.3/traces" => traces(Format::Spans, false),
        "/v0.4/traces" => traces(Format::Spans, true),
        "/v0.5/traces" => traces(Format::Table, true),
        "/v0.1/services" | "/v0.2/services" | "/v0.3/services" | "/v0.4/services" => {
            Some(Purpose::Services)
        }
        "/v0.6/stats" => Some(Purpose::Stats),
        "/dogstatsd/v2/proxy" => Some(Purpose::Dogstatsd),
        _ => None,
    }
}

async fn posted(site: &Site, purpose: Purpose, request: Request<Incoming>) -> Answer {
    let (head, body) = request.into_parts();
    let limit = site.agent.borrow().settings().traces.most_bytes;
    let body = match whole(body, limit).await {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    match purpose {
        Purpose::Traces { format, rates } => traces(site, &head.headers, &body, format, rates),
        Purpose::Services => text(StatusCode::OK, "text/plain", "OK\n"),
        Purpose::Stats => match trace::client_stats(&body) {
            Ok(stats) => {
                site.agent.borrow_mut().trace_stats(stats);
                text(StatusCode::OK, "text/plain", "")
            }
            Err(why) => refused(why),
        },
        Purpose::Dogstatsd => {
            site.agent.borrow_mut().packet(now(), &body);
            text(StatusCode::OK, "text/plain", "")
        }
    }
}

async fn whole(body: Incoming, limit: usize) -> Result<Bytes, Answer> {
    let too_large = || text(StatusCode::PAYLOAD_TOO_LARGE, "text/plain", "payload-too-large\n");
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large());
    }
    let whole = Limited::new(body, limit).collect();
    match tokio::time::timeout(BODY_PATIENCE, whole).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(why)) if why.is::<http_body_util::LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(text(StatusCode::BAD_REQUEST, "text/plain", "read-error\n")),
        Err(_) => Err(text(StatusCode::REQUEST_TIMEOUT, "text/plain", "timeout\n")),
    }
}

fn refused(why: Undecodable) -> Answer {
    let status = match why {
        Undecodable::Malformed => StatusCode::BAD_REQUEST,
        Undecodable::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
    };
    text(status, "text/plain", format!("{why}\n"))
}

fn traces(site: &Site, headers: &HeaderMap, body: &[u8], format: Format, rates: bool) -> Answer {
    let media_type = header(headers, CONTENT_TYPE.as_str());
    let decoded = match trace::traces(format, &media_type, body) {
        Ok(traces) => traces,
        Err(why) => return refused(why),
    };
    let (document, version) = site.agent.borrow_mut().traces(now(), &sender(headers), decoded);
    if !rates {
        return text(StatusCode::OK, "text/plain", "OK\n");
    }
    const VERSION: &str = "datadog-rates-payload-version";
    let known = header(headers, VERSION) == version;
    let body = if known { "{}".to_owned() } else { document };
    let mut answer = text(StatusCode::OK, "application/json", body);
    if let Ok(version) = HeaderValue::from_str(&version) {
        answer.headers_mut().insert(VERSION, version);
    }
    answer
}

/// What the headers say of the tracer; all of them may be missing (DD-TR-06).
fn sender(headers: &HeaderMap) -> Sender {
    let counts = header(headers, "datadog-client-computed-stats");
    Sender {
        language: header(headers, "datadog-meta-lang"),
        language_version: header(headers, "datadog-meta-lang-version"),
        tracer_version: header(headers, "datadog-meta-tracer-version"),
        container_id: header(headers, "datadog-container-id"),
        counts_itself: matches!(counts.as_str(), "1" | "t" | "true" | "y" | "yes"),
    }
}

fn header(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}
