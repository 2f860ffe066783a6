//! Heads, bodies and addresses as documents and back. A header's value that is no text is a list of
//! bytes.

use std::net::SocketAddr;

use standin_kernel::http::Version;
use standin_kernel::workload::WorkloadId;
use standin_kernel::{
    Body, Bytes, Headers, Identity, Method, Request, RequestHead, Response, ResponseHead, Value,
    json,
};

use super::redact::Redactor;

/// What is wrong with a line of a record.
pub(super) type Wrong = String;

pub(super) fn text(value: &Value, name: &str) -> Result<String, Wrong> {
    value[name].as_str().map(str::to_owned).ok_or_else(|| format!("{name} is not a text"))
}

pub(super) fn number(value: &Value, name: &str) -> Result<u64, Wrong> {
    value[name].as_u64().ok_or_else(|| format!("{name} is not a number"))
}

pub(super) fn small(value: &Value, name: &str) -> Result<u16, Wrong> {
    number(value, name)?.try_into().map_err(|_| format!("{name} is too large"))
}

pub(super) fn flag(value: &Value, name: &str) -> Result<bool, Wrong> {
    value[name].as_bool().ok_or_else(|| format!("{name} is neither true nor false"))
}

fn headers_document(headers: &Headers, redactor: &mut Redactor) -> Value {
    let headers = redactor.headers(headers);
    let line = |(name, value): (&str, &[u8])| match std::str::from_utf8(value) {
        Ok(text) => json!([name, text]),
        Err(_) => json!([name, value]),
    };
    Value::Array(headers.iter().map(line).collect())
}

fn read_headers(value: &Value) -> Result<Headers, Wrong> {
    let mut headers = Headers::new();
    for line in value.as_array().ok_or("headers are not a list")? {
        let name = line[0].as_str().ok_or("a header has no name")?;
        match &line[1] {
            Value::String(text) => headers.append(name, text),
            other => {
                let bytes: Vec<u8> =
                    serde_json::from_value(other.clone()).map_err(|wrong| wrong.to_string())?;
                headers.append(name, bytes);
            }
        }
    }
    Ok(headers)
}

pub(super) fn request_document(request: &Request, redactor: &mut Redactor) -> Value {
    let identity = match &request.identity {
        Identity::Anonymous => json!("anonymous"),
        Identity::Account => json!("account"),
        Identity::Workload(workload) => json!({"workload": workload}),
        // Services ask each other within the engine only.
        Identity::Service { .. } => json!("service"),
    };
    json!({
        "method": request.head.method.as_str(),
        "target": request.head.target,
        "version": request.head.version.digits(),
        "headers": headers_document(&request.head.headers, redactor),
        "peer": request.peer.to_string(),
        "tls": request.tls,
        "has_body": request.has_body,
        "identity": identity,
        "port": request.port,
    })
}

pub(super) fn read_request(value: &Value) -> Result<Request, Wrong> {
    let version = match value["version"].as_str() {
        Some("1.0") => Version::Http10,
        Some("2.0") => Version::Http2,
        _ => Version::Http11,
    };
    let identity = match (&value["identity"], value["identity"]["workload"].as_u64()) {
        (Value::String(name), _) if name == "anonymous" => Identity::Anonymous,
        (Value::String(name), _) if name == "account" => Identity::Account,
        (_, Some(id)) => Identity::Workload(WorkloadId(id)),
        (other, None) => return Err(format!("the identity {other} is not known")),
    };
    let peer: SocketAddr =
        text(value, "peer")?.parse().map_err(|_| "peer is not an address".to_owned())?;
    Ok(Request {
        head: RequestHead {
            method: Method::parse(&text(value, "method")?),
            target: text(value, "target")?,
            version,
            headers: read_headers(&value["headers"])?,
        },
        peer,
        tls: flag(value, "tls")?,
        has_body: flag(value, "has_body")?,
        identity,
        port: small(value, "port")?,
    })
}

pub(super) fn response_document(response: &Response, redactor: &mut Redactor) -> Value {
    json!({
        "status": response.head.status,
        "headers": headers_document(&response.head.headers, redactor),
        "body": body_document(&response.body),
        "head_length": response.head_length,
        "close": response.close,
    })
}

pub(super) fn read_response(value: &Value) -> Result<Response, Wrong> {
    let mut head = ResponseHead::new(small(value, "status")?);
    head.headers = read_headers(&value["headers"])?;
    let mut response = Response::new(head, read_body(&value["body"])?);
    response.head_length = value["head_length"].as_u64();
    response.close = flag(value, "close")?;
    Ok(response)
}

fn body_document(body: &Body) -> Value {
    match body {
        Body::Empty => Value::Null,
        Body::Bytes(bytes) => bytes_document(bytes),
        // A driver names no stored body to the engine.
        Body::Blob { length, .. } => json!({"blob": length}),
        Body::Relay { length, keep } => json!({"relay": {"length": length, "keep": keep}}),
    }
}

fn read_body(value: &Value) -> Result<Body, Wrong> {
    if value.is_null() {
        return Ok(Body::Empty);
    }
    if let Some(relay) = value.get("relay") {
        let (length, keep) = (relay["length"].as_u64(), relay["keep"].as_u64());
        return Ok(Body::Relay { length, keep });
    }
    read_bytes(value).map(Body::Bytes)
}

/// Of a body: its length, and a sum that tells it from others.
pub(super) fn bytes_document(bytes: &Bytes) -> Value {
    json!({"length": bytes.len(), "sum": format!("{:016x}", super::digest::sum(bytes))})
}

/// A body that decides what is answered (a function's result), as it is.
pub(super) fn whole_document(bytes: &Bytes) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => json!(text),
        Err(_) => json!(bytes.as_ref()),
    }
}

pub(super) fn read_whole(value: &Value) -> Result<Bytes, Wrong> {
    if let Some(text) = value.as_str() {
        return Ok(text.as_bytes().to_vec().into());
    }
    let bytes: Vec<u8> =
        serde_json::from_value(value.clone()).map_err(|wrong| wrong.to_string())?;
    Ok(bytes.into())
}

/// Something of the same length, and different for different bodies.
pub(super) fn read_bytes(value: &Value) -> Result<Bytes, Wrong> {
    let length = usize::try_from(number(value, "length")?).map_err(|wrong| wrong.to_string())?;
    let sum = text(value, "sum")?;
    Ok(sum.bytes().cycle().take(length).collect::<Vec<u8>>().into())
}
