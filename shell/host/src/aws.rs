//! AWS's operations on the API port: which is meant, its document, its answer. Bodies of objects go
//! to and from the blob store here; operations only name them.

use std::rc::Rc;

use http_body_util::Full;
use hyper::Response;
use hyper::body::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use md5::{Digest, Md5};
use standin_kernel::{ApiError, Headers, Method, RequestHead, ServiceName, Value, Version, json};
use standin_wire::model::{Entry, Model, Protocol};
use standin_wire::{Wire, answer, aws_json, chunks, detect, form, rest};

use crate::driver::Driver;
use crate::fill::hex;

/// Members about the transfer itself, not the object: checksums that SDKs add, which guard a way
/// that here is the machine's own memory.
const OF_THE_TRANSFER: [&str; 8] = [
    "ChecksumAlgorithm",
    "ChecksumMode",
    "ChecksumCRC32",
    "ChecksumCRC32C",
    "ChecksumCRC64NVME",
    "ChecksumSHA1",
    "ChecksumSHA256",
    "ContentLength",
];

/// Answers one call.
pub(crate) async fn serve(
    driver: &Rc<Driver>,
    parts: &hyper::http::request::Parts,
    body: &Bytes,
) -> Response<Full<Bytes>> {
    let head = head_of(parts);
    let request_id = driver.request_id();
    let Some(entry) = detect::service(&head, body) else {
        let error =
            ApiError::new("UnknownService", 400, "no service of AWS is meant by this request");
        return respond(answer::refusal(None, &error, &request_id), None, &request_id);
    };
    let model = entry.model();
    match carry_out(driver, entry, &head, body).await {
        Ok((operation, mut value)) => {
            let object = match object_body(driver, &value) {
                Ok(object) => object,
                Err(error) => {
                    let wire = answer::refusal(Some((entry.name, model)), &error, &request_id);
                    return respond(wire, None, &request_id);
                }
            };
            if let Some(members) = value.as_object_mut() {
                members.remove("Standin");
            }
            let mut wire = answer::success(model, &operation, &value, &request_id);
            if object.is_some() && value["ContentRange"].is_string() {
                wire.status = 206;
            }
            let to_head = head.method == Method::Head;
            respond(wire, object.filter(|_| !to_head), &request_id)
        }
        Err(error) => {
            let mut wire = answer::refusal(Some((entry.name, model)), &error, &request_id);
            if head.method == Method::Head || error.status == 304 {
                wire.body.clear();
            }
            respond(wire, None, &request_id)
        }
    }
}

async fn carry_out(
    driver: &Rc<Driver>,
    entry: &'static Entry,
    head: &RequestHead,
    body: &Bytes,
) -> Result<(String, Value), ApiError> {
    let operation = detect::operation(entry, head, body)?;
    let input = input(driver, entry.model(), &operation, head, body)?;
    // The platform's services share one machine, which tells them apart by this prefix.
    let name = match entry.service {
        ServiceName::Platform => format!("{}:{operation}", entry.name),
        _ => operation.clone(),
    };
    let value = driver.call(entry.service, &name, input).await?;
    Ok((operation, value))
}

fn input(
    driver: &Driver,
    model: &Model,
    operation: &str,
    head: &RequestHead,
    body: &Bytes,
) -> Result<Value, ApiError> {
    match model.protocol {
        Protocol::Json => aws_json::input(body),
        Protocol::Query | Protocol::Ec2 => {
            let text = std::str::from_utf8(body)
                .map_err(|_| ApiError::new("MalformedInput", 400, "the form is not UTF-8"))?;
            let mut fields = form::pairs(text);
            fields.extend(form::pairs(head.query().unwrap_or("")));
            let shape = model.operations.get(operation).and_then(|known| known.input.as_deref());
            form::input(model, shape, &fields)
        }
        Protocol::RestXml => {
            let route = rest::route(model, head)
                .ok_or_else(|| ApiError::unsupported_operation("AWS", operation))?;
            let header = |name: &str| head.headers.get(name);
            let in_pieces =
                chunks::is_chunked(header("x-amz-content-sha256"), header("content-encoding"));
            let body = if in_pieces { chunks::decode(body)?.into() } else { body.clone() };
            let mut input = rest::input(model, &route, head, Some(&body))?;
            if let Some(members) = input.as_object_mut() {
                members.retain(|name, _| !OF_THE_TRANSFER.contains(&name.as_str()));
                if in_pieces {
                    plain_encoding(members);
                }
            }
            if operation == "PutObject" {
                input["Standin"] = stored(driver, &body)?;
            }
            Ok(input)
        }
    }
}

/// `aws-chunked` is how the body travelled, not what the object is encoded in.
fn plain_encoding(members: &mut serde_json::Map<String, Value>) {
    let Some(coding) = members.get("ContentEncoding").and_then(Value::as_str) else { return };
    let rest: Vec<&str> =
        coding.split(',').map(str::trim).filter(|one| *one != "aws-chunked").collect();
    if rest.is_empty() {
        members.remove("ContentEncoding");
    } else {
        let rest = rest.join(",");
        members.insert("ContentEncoding".into(), json!(rest));
    }
}

/// Stores an object's body; gives the member that names it.
fn stored(driver: &Driver, body: &Bytes) -> Result<Value, ApiError> {
    let failed = |error: std::io::Error| ApiError::new("InternalError", 500, error.to_string());
    let blob = driver.blobs.put(body).map_err(failed)?;
    let etag = hex(&Md5::digest(body));
    Ok(json!({"Blob": hex(&blob.0), "Length": body.len(), "ETag": etag}))
}

/// The bytes an answer names.
fn object_body(driver: &Driver, value: &Value) -> Result<Option<Bytes>, ApiError> {
    let named = &value["Standin"];
    let Some(text) = named["Blob"].as_str() else { return Ok(None) };
    let wrong = |why: &str| ApiError::new("InternalError", 500, why);
    let id = crate::blobs::parse_id(text).ok_or_else(|| wrong("a body's name cannot be read"))?;
    let bytes = driver.blob(id).map_err(|error| wrong(&error.to_string()))?;
    let number = |name: &str| named[name].as_u64().and_then(|number| usize::try_from(number).ok());
    let start = number("Offset").unwrap_or(0).min(bytes.len());
    let length = number("Length").unwrap_or(bytes.len());
    Ok(Some(bytes.slice(start..start.saturating_add(length).min(bytes.len()))))
}

fn head_of(parts: &hyper::http::request::Parts) -> RequestHead {
    let mut headers = Headers::with_capacity(parts.headers.len(), 1024);
    for (name, value) in &parts.headers {
        headers.append(name.as_str(), value.as_bytes());
    }
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let method = Method::parse(parts.method.as_str());
    RequestHead { method, target, version: Version::Http11, headers }
}

fn respond(wire: Wire, object: Option<Bytes>, request_id: &str) -> Response<Full<Bytes>> {
    let body = object.unwrap_or_else(|| wire.body.into());
    let mut response = Response::new(Full::new(body));
    *response.status_mut() =
        hyper::StatusCode::from_u16(wire.status).unwrap_or(hyper::StatusCode::BAD_REQUEST);
    let headers = response.headers_mut();
    for (name, value) in wire.headers.iter() {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value)) {
            headers.insert(name, value);
        }
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert("x-amzn-RequestId", id.clone());
        headers.insert("x-amz-request-id", id);
    }
    response
}
