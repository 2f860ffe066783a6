//! The event a function URL makes of a request (payload format 2.0, LAM-UR-02), and the answer it
//! makes of a result (LAM-UR-03, LAM-UR-04).

use std::collections::BTreeMap;

use standin_kernel::{
    Body, Bytes, Headers, Method, Request, Response, ResponseHead, Time, Value, json,
};

use standin_kernel::base64;

/// Where and when a request came in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) url_id: &'a str,
    pub(crate) host: &'a str,
    pub(crate) account: &'a str,
    pub(crate) request_id: &'a str,
    pub(crate) now: Time,
    /// Whether the caller has signed.
    pub(crate) signed: bool,
}

/// The event.
pub(crate) fn event(request: &Request, body: &Bytes, place: Place<'_>) -> Value {
    let head = &request.head;
    let (path, query) = (head.path(), head.query().unwrap_or(""));
    let mut headers = joined(&head.headers);
    let cookies: Vec<&str> =
        head.headers.get_all("Cookie").flat_map(|line| line.split("; ")).collect();
    headers.remove("cookie");
    let source_ip = request.peer.ip().to_string();
    headers.entry("x-forwarded-for".into()).or_insert_with(|| source_ip.clone());
    headers.entry("x-forwarded-proto".into()).or_insert_with(|| "https".into());
    headers.entry("x-forwarded-port".into()).or_insert_with(|| "443".into());
    let user_agent = head.headers.get("User-Agent").unwrap_or("");
    let mut context = json!({
        "accountId": if place.signed { place.account } else { "anonymous" },
        "apiId": place.url_id,
        "domainName": place.host,
        "domainPrefix": place.url_id,
        "http": {
            "method": head.method.as_str(),
            "path": unescaped(path),
            "protocol": "HTTP/1.1",
            "sourceIp": source_ip,
            "userAgent": user_agent,
        },
        "requestId": place.request_id,
        "routeKey": "$default",
        "stage": "$default",
        "time": clf_time(place.now),
        "timeEpoch": place.now.millis(),
    });
    if place.signed {
        context["authorizer"] = json!({"iam": {
            "accountId": place.account,
            "userArn": format!("arn:aws:iam::{}:root", place.account),
            "userId": place.account,
        }});
    }
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": context,
        "isBase64Encoded": false,
    });
    if !cookies.is_empty() {
        event["cookies"] = json!(cookies);
    }
    let parameters = parameters(query);
    if !parameters.is_empty() {
        event["queryStringParameters"] = json!(parameters);
    }
    if !body.is_empty() {
        let kind = head.headers.get("Content-Type").unwrap_or("");
        let text = std::str::from_utf8(body).ok().filter(|_| is_text(kind));
        event["isBase64Encoded"] = json!(text.is_none());
        event["body"] = match text {
            Some(text) => json!(text),
            None => json!(base64::encode(body)),
        };
    }
    event
}

/// Whether a body of this content type is given as it is; any other is in base64.
fn is_text(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    kind.starts_with("text/")
        || matches!(
            kind.as_str(),
            "application/json" | "application/javascript" | "application/xml"
        )
        || kind.ends_with("+json")
        || kind.ends_with("+xml")
}

/// Names in lower case; the values of repeated ones joined by commas.
fn joined(headers: &Headers) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers.iter() {
        let value = String::from_utf8_lossy(value);
        let name = name.to_ascii_lowercase();
        match all.get_mut(&name) {
            Some(have) => {
                have.push(',');
                have.push_str(&value);
            }
            None => {
                all.insert(name, value.into_owned());
            }
        }
    }
    all
}

fn parameters(query: &str) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = unescaped(&value.replace('+', " "));
        let name = unescaped(&name.replace('+', " "));
        match all.get_mut(&name) {
            Some(have) => {
                have.push(',');
                have.push_str(&value);
            }
            None => {
                all.insert(name, value);
            }
        }
    }
    all
}

fn unescaped(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// `24/Nov/2026:08:30:00 +0000`
fn clf_time(now: Time) -> String {
    let date = now.http_date();
    let words: Vec<&str> = date.split(' ').collect();
    match words[..] {
        [_, day, month, year, time, _] => format!("{day}/{month}/{year}:{time} +0000"),
        _ => date,
    }
}

/// The answer a result stands for. `None`: it cannot be one, so the answer is 502 (LAM-UR-05).
pub(crate) fn answer(result: &[u8], to: &Method) -> Option<Response> {
    let value: Value = serde_json::from_slice(result).ok()?;
    let status = match &value["statusCode"] {
        Value::Null => return Some(plain(&value)),
        Value::String(text) => text.parse().ok()?,
        number => u16::try_from(number.as_u64()?).ok()?,
    };
    if !(200..=599).contains(&status) {
        return None;
    }
    let mut head = ResponseHead::new(status);
    for (name, value) in value["headers"].as_object().into_iter().flatten() {
        if is_framing(name) {
            continue;
        }
        head.headers.append(name, header_text(value)?);
    }
    for cookie in value["cookies"].as_array().into_iter().flatten() {
        head.headers.append("Set-Cookie", cookie.as_str()?);
    }
    if !head.headers.contains("Content-Type") {
        head.headers.append("Content-Type", "application/json");
    }
    let body = match &value["body"] {
        Value::Null => Bytes::new(),
        Value::String(text) if value["isBase64Encoded"] == true => base64::decode(text)?.into(),
        Value::String(text) => text.clone().into(),
        other => other.to_string().into(),
    };
    let mut response = Response::new(head, Body::Bytes(body));
    if *to == Method::Head {
        response.head_length = response.body.length();
        response.body = Body::Empty;
    }
    Some(response)
}

/// A result without status code is the body itself (LAM-UR-03).
fn plain(value: &Value) -> Response {
    let body = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Response::text(200, "application/json", body)
}

fn header_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// Headers that the connection decides.
fn is_framing(name: &str) -> bool {
    ["content-length", "transfer-encoding", "connection"]
        .iter()
        .any(|own| own.eq_ignore_ascii_case(name))
}
