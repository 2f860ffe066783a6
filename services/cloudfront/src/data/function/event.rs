//! What a function is given (CF-FN-03, CF-FN-04).

use std::collections::BTreeMap;

use serde_json::Map;
use serde_json::map::Entry;
use standin_kernel::http::reason;
use standin_kernel::{Headers, Response, Value, json};

use super::EventType;
use super::headers::is_hidden;
use crate::config::HeaderSet;
use crate::data::viewer::Viewer;
use crate::data::{cookies, query};

/// The event, without a response and without the id of the request.
pub(crate) fn request_event(viewer: &Viewer, event: EventType) -> Value {
    json!({
        "version": "1.0",
        "context": {
            "distributionDomainName": &*viewer.distribution.domain_name,
            "distributionId": &*viewer.distribution.id,
            "eventType": event.as_str(),
        },
        "viewer": {"ip": viewer.request.peer.ip().to_canonical().to_string()},
        "request": request(viewer),
    })
}

/// `event.request`: uri and query strings as the viewer sent them, not decoded.
pub(super) fn request(viewer: &Viewer) -> Value {
    let head = &viewer.request.head;
    let mut headers = lines(&head.headers, "Cookie");
    if let Some(host) = head.host() {
        // CF-REQ-13
        headers.insert("host".into(), json!({"value": host.to_ascii_lowercase()}));
    }
    for name in made_names(viewer) {
        if let Some(value) = viewer.cloudfront_header(name) {
            headers.insert(name.to_ascii_lowercase(), json!({"value": value}));
        }
    }
    json!({
        "method": head.method.as_str(),
        "uri": head.path(),
        "querystring": grouped(query::pairs(head.query().unwrap_or(""))),
        "headers": headers,
        "cookies": grouped(cookies::pairs(&head.headers)),
    })
}

/// The `CloudFront-*` headers that the behavior's policies ask for.
fn made_names(viewer: &Viewer) -> impl Iterator<Item = &str> {
    let behavior = viewer.behavior();
    let listed: &[Box<str>] = match &behavior.origin_request.headers {
        HeaderSet::Only(names) | HeaderSet::AllViewerAnd(names) => names,
        HeaderSet::None | HeaderSet::AllViewer | HeaderSet::AllExcept(_) => &[],
    };
    behavior.cache.key_headers.iter().chain(listed).map(|name| &**name)
}

/// `event.response`: the body cannot be seen (CF-FN-09).
pub(super) fn response(response: &Response) -> Value {
    let head = &response.head;
    json!({
        "statusCode": head.status,
        "statusDescription": reason(head.status),
        "headers": lines(&head.headers, "Set-Cookie"),
        "cookies": set_cookies(&head.headers),
    })
}

/// All headers but `but`, by lower-case names.
fn lines(headers: &Headers, but: &str) -> Map<String, Value> {
    let shown =
        headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case(but) && !is_hidden(name));
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    grouped(shown.map(|(name, value)| (name.to_ascii_lowercase(), text(value))))
}

/// Values by name; several of one name are in `multiValue` too, and the first stands alone.
fn grouped(pairs: impl Iterator<Item = (String, String)>) -> Map<String, Value> {
    let mut all = Map::new();
    for (name, value) in pairs {
        let one = Value::Object(Map::from_iter([("value".to_owned(), Value::String(value))]));
        match all.entry(name) {
            Entry::Vacant(place) => {
                place.insert(one);
            }
            Entry::Occupied(mut place) => add(place.get_mut(), one),
        }
    }
    all
}

/// Puts a further value of a name beside those that are there.
fn add(shown: &mut Value, another: Value) {
    if shown.get("multiValue").is_none() {
        shown["multiValue"] = Value::Array(vec![shown.clone()]);
    }
    if let Some(values) = shown["multiValue"].as_array_mut() {
        values.push(another);
    }
}

/// `Set-Cookie` lines: value and attributes by the cookie's name.
fn set_cookies(headers: &Headers) -> Map<String, Value> {
    let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in headers.get_all("Set-Cookie") {
        let (cookie, attributes) = line.split_once(';').unwrap_or((line, ""));
        let (name, value) = cookie.split_once('=').unwrap_or((cookie, ""));
        let mut shown = json!({"value": value.trim()});
        if !attributes.trim().is_empty() {
            shown["attributes"] = json!(attributes.trim());
        }
        all.entry(name.trim().to_owned()).or_default().push(shown);
    }
    let shown = |values: Vec<Value>| {
        let mut first = values[0].clone();
        if values.len() > 1 {
            first["multiValue"] = Value::Array(values);
        }
        first
    };
    all.into_iter().map(|(name, values)| (name, shown(values))).collect()
}
