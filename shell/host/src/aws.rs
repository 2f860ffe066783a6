//! AWS's operations on the API port: which is meant, its document, its answer.

use std::rc::Rc;

use http_body_util::Full;
use hyper::Response;
use hyper::body::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use standin_kernel::{ApiError, Headers, Method, RequestHead, ServiceName, Value, Version, json};
use standin_wire::model::{Entry, Model, Protocol};
use standin_wire::sigv4::Credentials;
use standin_wire::{Wire, answer, auth, aws_json, cbor, checksum, chunks, detect, form, rest};

use crate::driver::Driver;
use crate::objects::{self, base64};

/// Members about the transfer itself, not the object: lengths and checksums, which are looked at
/// before the operation is called.
const OF_THE_TRANSFER: [&str; 8] = [
    "ChecksumAlgorithm",
    "ChecksumCRC32",
    "ChecksumCRC32C",
    "ChecksumCRC64NVME",
    "ChecksumSHA1",
    "ChecksumSHA256",
    "ChecksumType",
    "ContentLength",
];

/// Answers one call. Signatures count only with `credentials`.
pub(crate) async fn serve(
    driver: &Rc<Driver>,
    credentials: Option<&Credentials>,
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
    let protocol = detect::protocol(model, &head);
    let to_head = head.method == Method::Head;
    match carry_out(driver, credentials, entry, &head, body).await {
        Ok(Done { operation, value, object, own_id }) => {
            let request_id = own_id.unwrap_or(request_id);
            let mut wire = answer::success(model, protocol, &operation, &value, &request_id);
            if object.is_some() && value["ContentRange"].is_string() {
                wire.status = 206;
            }
            respond(wire, object.filter(|_| !to_head), &request_id)
        }
        Err(Refused { error, begun }) => {
            let mut wire =
                answer::refusal(Some((entry.name, model, protocol)), &error, &request_id);
            if begun {
                wire.status = 200;
            }
            if to_head || error.status == 304 {
                wire.body.clear();
            }
            respond(wire, None, &request_id)
        }
    }
}

/// An operation that went well: its output, and the object's bytes where it gives some.
struct Done {
    operation: String,
    value: Value,
    object: Option<Bytes>,
    /// The id of the request, where the operation has one that the caller is to know.
    own_id: Option<String>,
}

/// Why an operation did not go well.
struct Refused {
    error: ApiError,
    /// The answer has begun, as that to a request which takes S3 long: the error comes in the body
    /// of a good answer (S3-PUT-06).
    begun: bool,
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        Self { error, begun: false }
    }
}

async fn carry_out(
    driver: &Rc<Driver>,
    credentials: Option<&Credentials>,
    entry: &'static Entry,
    head: &RequestHead,
    body: &Bytes,
) -> Result<Done, Refused> {
    let now = driver.now();
    let mut seal = auth::check(entry, head, body, now, credentials)?;
    // Signed as it came, read as if by path.
    let by_path = if entry.name == "s3" { rest::by_path(head) } else { None };
    let by_path = by_path.map(|target| RequestHead { target, ..head.clone() });
    let head = by_path.as_ref().unwrap_or(head);
    let operation = detect::operation(entry, head, body)?;
    let (body, trailer) = match is_chunked(head) {
        true => match chunks::decode(body, seal.as_mut()) {
            Ok(decoded) => (decoded.body.into(), decoded.trailer),
            Err(wrong) => return Err(auth::body_error(entry, &wrong, now).into()),
        },
        false => (body.clone(), Vec::new()),
    };
    let mut input = input(entry.model(), &operation, head, &body)?;
    if operation == "PutObject" || operation == "UploadPart" {
        let claimed = checksum::claimed(head, &trailer);
        input["Standin"] = objects::stored(&driver.blobs, body, claimed).await?;
    }
    if entry.service == ServiceName::Lambda {
        objects::store_code(&driver.blobs, &mut input).await?;
    }
    let name = entry.name_of(&operation);
    let mut value = driver.call(entry.service, &name, input.clone()).await?;
    let late = |error| Refused { error, begun: true };
    if let Some(whole) = objects::joined(&driver.blobs, &value).await.map_err(late)? {
        input["Standin"] = whole;
        value = driver.call(entry.service, &name, input).await.map_err(late)?;
    }
    let object = match value["PayloadBase64"].as_str() {
        Some(text) => Some(base64(text)?),
        None => objects::body_of(&driver.blobs, &value).await?,
    };
    let own = value.as_object_mut().and_then(|members| members.remove("Standin"));
    let own_id = own.and_then(|own| own["RequestId"].as_str().map(str::to_owned));
    Ok(Done { operation, value, object, own_id })
}

/// The document of a call, without the bytes of an object.
fn input(
    model: &Model,
    operation: &str,
    head: &RequestHead,
    body: &Bytes,
) -> Result<Value, ApiError> {
    let shape = model.operations.get(operation).and_then(|known| known.input.as_deref());
    match detect::protocol(model, head) {
        Protocol::Json => aws_json::input(body),
        Protocol::Cbor => cbor::input(model, shape, body),
        Protocol::Query | Protocol::Ec2 => {
            let text = std::str::from_utf8(body)
                .map_err(|_| ApiError::new("MalformedInput", 400, "the form is not UTF-8"))?;
            let mut fields = form::pairs(text);
            fields.extend(form::pairs(head.query().unwrap_or("")));
            form::input(model, shape, &fields)
        }
        Protocol::RestXml | Protocol::RestJson => {
            let route = rest::route(model, head)
                .ok_or_else(|| ApiError::unsupported_operation("AWS", operation))?;
            let mut input = rest::input(model, &route, head, Some(body))?;
            without_transfer(&mut input);
            if let Some(members) = input.as_object_mut()
                && is_chunked(head)
            {
                plain_encoding(members);
            }
            Ok(input)
        }
    }
}

/// Drops what is about the transfer, here and in the list of an upload's parts.
fn without_transfer(input: &mut Value) {
    if let Some(members) = input.as_object_mut() {
        members.retain(|name, _| !OF_THE_TRANSFER.contains(&name.as_str()));
    }
    let parts = input.pointer_mut("/MultipartUpload/Parts").and_then(Value::as_array_mut);
    parts.into_iter().flatten().for_each(without_transfer);
}

fn is_chunked(head: &RequestHead) -> bool {
    let header = |name: &str| head.headers.get(name);
    chunks::is_chunked(header("x-amz-content-sha256"), header("content-encoding"))
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
