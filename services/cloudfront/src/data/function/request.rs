//! What becomes of a request when its viewer-request function has returned.

use std::sync::Arc;

use serde_json::Map;
use standin_kernel::evaluation::OriginCall;
use standin_kernel::{RequestHead, Value};

use super::headers::{capitals, is_hidden, is_read_only};
use super::returned::{self, Answer, Line, Lines};
use super::{EventType, Invalid, origin};
use crate::config::Distribution;
use crate::data::viewer::Viewer;

#[derive(Debug)]
pub(super) enum Changed {
    /// It goes on, perhaps to another origin than the distribution has.
    /// `head`: what became of it; `None`: it is as it was.
    Request { head: Option<RequestHead>, distribution: Option<Arc<Distribution>> },
    /// The function answers (CF-FN-05).
    Answer(Box<Answer>),
}

pub(super) fn changed(
    (viewer, given): (&Viewer, &Value),
    result: &Value,
    calls: &[OriginCall],
) -> Result<Changed, Invalid> {
    let Some(object) = result.as_object() else {
        return Err("the function returned neither a request nor a response".into());
    };
    if object.contains_key("statusCode") {
        return Ok(Changed::Answer(Box::new(returned::answer(object)?)));
    }
    let head = if is_untouched(object, &given["request"]) {
        None
    } else {
        Some(head(viewer, &given["request"], object)?)
    };
    let distribution = origin::chosen(viewer, calls)?;
    Ok(Changed::Request { head, distribution })
}

/// Whether all that a function may change is as it was given.
fn is_untouched(object: &Map<String, Value>, before: &Value) -> bool {
    let same = |name: &str| object.get(name) == before.get(name);
    ["method", "uri", "querystring", "headers", "cookies"].into_iter().all(same)
}

fn head(
    viewer: &Viewer,
    before: &Value,
    object: &Map<String, Value>,
) -> Result<RequestHead, Invalid> {
    let mut head = viewer.request.head.clone();
    if object.get("method").is_some_and(|method| *method != before["method"]) {
        return Err("the method cannot be changed".into());
    }
    let uri = match object.get("uri") {
        Some(Value::String(uri)) => uri.as_str(),
        _ => return Err("uri is not a string".into()),
    };
    let readable = |byte: u8| byte > b' ' && byte != b'?' && byte != b'#' && byte != 0x7f;
    if !uri.starts_with('/') || !uri.bytes().all(readable) {
        return Err(format!("uri {uri} is not a path"));
    }
    let query = match object.get("querystring") {
        Some(now) if *now == before["querystring"] => head.query().map(str::to_owned),
        // A text is taken as it is.
        Some(Value::String(text)) => Some(text.clone()),
        _ => {
            let pairs = returned::lines(object, "querystring")?;
            joined(&pairs, "&")
        }
    };
    head.target = match query {
        Some(query) => format!("{uri}?{query}"),
        None => uri.to_owned(),
    };
    headers(&mut head, object, before)?;
    if object.get("cookies") != Some(&before["cookies"]) {
        let cookies = returned::lines(object, "cookies")?;
        match joined(&cookies, "; ") {
            Some(line) => head.headers.set("Cookie", line),
            None => {
                head.headers.remove("Cookie");
            }
        }
    }
    Ok(head)
}

/// `name=value` of all; a name alone has no value. `None`: there is none.
fn joined(pairs: &Lines, between: &str) -> Option<String> {
    let pair = |name: &str, Line { value, .. }: &Line| match value.as_str() {
        "" => name.to_owned(),
        value => format!("{name}={value}"),
    };
    let pairs: Vec<String> = pairs
        .iter()
        .flat_map(|(name, lines)| lines.iter().map(move |line| pair(name, line)))
        .collect();
    (!pairs.is_empty()).then(|| pairs.join(between))
}

/// Takes over what the function set, changed and left out.
fn headers(
    head: &mut RequestHead,
    object: &Map<String, Value>,
    before: &Value,
) -> Result<(), Invalid> {
    let event = EventType::ViewerRequest;
    let now = returned::lines(object, "headers")?;
    for (name, lines) in &now {
        if before["headers"].get(name) == object["headers"].get(name) {
            continue;
        }
        returned::check_name(name)?;
        if is_hidden(name) || is_read_only(name, event) {
            return Err(format!("headers['{name}'] is not to be set by a function"));
        }
        if name == "cookie" {
            return Err("headers['cookie'] is not to be set; cookies are in request.cookies".into());
        }
        head.headers.remove(name);
        for line in lines {
            head.headers.append(&capitals(name), &line.value);
        }
    }
    head.headers.retain(|name, _| {
        let stays =
            is_hidden(name) || is_read_only(name, event) || name.eq_ignore_ascii_case("Cookie");
        stays || now.iter().any(|(have, _)| have.eq_ignore_ascii_case(name))
    });
    Ok(())
}
