//! Tests through the service's door, as the engine uses it.
#![expect(clippy::needless_pass_by_value, reason = "calls with json! read better without &")]

mod access;
mod delivery;
mod object;
mod resource;
mod rest;
mod restart;
mod upload;
mod website;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use standin_kernel::control::Record;
use standin_kernel::{
    ApiError, BlobId, Body, Bytes, Cx, Env, ExchangeId, Fact, Headers, Identity, Method, Out, Pace,
    Request, RequestHead, Response, Rng, Service, Time, Value, json,
};

use crate::S3;
use crate::state::{Acl, Content, Encryption, Metadata};

pub(crate) const REGION: &str = "ap-northeast-1";

/// A service with a driver's memory around it.
pub(crate) struct Bench {
    pub(crate) s3: S3,
    pub(crate) env: Env,
    pub(crate) now: Time,
    rng: Rng,
    blobs: BTreeMap<BlobId, Bytes>,
    pub(crate) records: BTreeMap<(String, String), Value>,
    pub(crate) facts: Vec<Fact>,
}

/// An answer with its body's bytes.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    pub(crate) body: String,
    pub(crate) head_length: Option<u64>,
    pub(crate) close: bool,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    /// What stands between `<Code>` and its end.
    pub(crate) fn code(&self) -> Option<&str> {
        let (_, rest) = self.body.split_once("<Code>")?;
        rest.split_once("</Code>").map(|(code, _)| code)
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self {
            s3: S3::new(),
            env: Env::default(),
            now: Time::from_seconds(1_800_000_000),
            rng: Rng::new(7),
            blobs: BTreeMap::new(),
            records: BTreeMap::new(),
            facts: Vec::new(),
        }
    }

    /// With a bucket `b` that nobody blocks and nobody may read.
    pub(crate) fn open() -> Self {
        let mut bench = Self::new();
        bench.ok("CreateBucket", json!({"Bucket": "bkt"}));
        bench.ok("DeletePublicAccessBlock", json!({"Bucket": "bkt"}));
        bench
    }

    /// The same, and everybody may read objects.
    pub(crate) fn public() -> Self {
        let mut bench = Self::open();
        bench.policy(&[allow("s3:GetObject", "arn:aws:s3:::bkt/*")]);
        bench
    }

    fn with<R>(&mut self, work: impl FnOnce(&mut S3, &mut Cx<'_>) -> R) -> (R, Vec<Out>) {
        let mut out = Vec::new();
        self.facts.clear();
        let mut cx = Cx {
            now: self.now,
            rng: &mut self.rng,
            env: &self.env,
            out: &mut out,
            facts: Some(&mut self.facts),
            asked_by: None,
        };
        let result = work(&mut self.s3, &mut cx);
        for one in &out {
            if let Out::Write { blob, bytes } = one {
                self.blobs.insert(*blob, bytes.clone());
            }
            if let Out::Store(Record { kind, id, document }) = one {
                let place = (kind.clone(), id.clone());
                match document {
                    Some(document) => self.records.insert(place, document.clone()),
                    None => self.records.remove(&place),
                };
            }
        }
        (result, out)
    }

    pub(crate) fn call(&mut self, operation: &str, input: &Value) -> Result<Value, ApiError> {
        self.with(|s3, cx| s3.call(cx, operation, input)).0
    }

    #[track_caller]
    pub(crate) fn ok(&mut self, operation: &str, input: Value) -> Value {
        self.call(operation, &input).unwrap_or_else(|error| panic!("{operation} {input}: {error}"))
    }

    /// The code of a refusal.
    #[track_caller]
    pub(crate) fn refusal(&mut self, operation: &str, input: Value) -> (String, u16) {
        let error = self.call(operation, &input).expect_err("must be refused");
        (error.code, error.status)
    }

    /// The bytes of an object.
    pub(crate) fn bytes(&mut self, key: &str) -> Bytes {
        let named = self.ok("GetObject", json!({"Bucket": "bkt", "Key": key}))["Standin"].clone();
        let wanted = named["Blob"].as_str().unwrap();
        let blobs = self.blobs.iter();
        let mut found = blobs.filter(|(id, _)| crate::state::blob_hex::text(**id) == wanted);
        found.next().map(|(_, bytes)| bytes.clone()).unwrap()
    }

    pub(crate) fn policy(&mut self, statements: &[Value]) {
        let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        self.ok("PutBucketPolicy", json!({"Bucket": "bkt", "Policy": policy}));
    }

    /// Stores a body as a driver would, and puts it with `more` members.
    #[track_caller]
    pub(crate) fn put(&mut self, key: &str, body: &str, more: Value) -> Value {
        let mut input = json!({"Bucket": "bkt", "Key": key});
        input["Standin"] = self.store(body);
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.ok("PutObject", input)
    }

    /// Stores a body; gives the member that names it.
    pub(crate) fn store(&mut self, body: &str) -> Value {
        self.store_as(body, body.len())
    }

    /// Stores a body that says it has `length` bytes.
    pub(crate) fn store_as(&mut self, body: &str, length: usize) -> Value {
        let mut id = [0_u8; 32];
        let mut seed = Rng::new(body.len() as u64).fork(body);
        for byte in &mut id {
            *byte = u8::try_from(seed.below(256)).unwrap();
        }
        self.blobs.insert(BlobId(id), Bytes::copy_from_slice(body.as_bytes()));
        let blob: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
        json!({"Blob": blob, "Length": length, "ETag": &blob[..32]})
    }

    pub(crate) fn ask(&mut self, request: Request) -> Answer {
        let exchange = ExchangeId(1);
        let ((), out) = self.with(|s3, cx| s3.request(cx, exchange, request));
        let responses: Vec<Response> = out
            .into_iter()
            .filter_map(|out| match out {
                Out::Respond { response, .. } => Some(*response),
                _ => None,
            })
            .collect();
        let [response] = <[Response; 1]>::try_from(responses).expect("exactly one answer");
        let body = match &response.body {
            Body::Empty => String::new(),
            Body::Bytes(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            Body::Blob { id, offset, length } => {
                let (from, length) =
                    (usize::try_from(*offset).unwrap(), usize::try_from(*length).unwrap());
                let bytes = self.blobs[id].slice(from..from + length);
                String::from_utf8(bytes.to_vec()).unwrap()
            }
            Body::Relay { .. } => panic!("S3 relays nothing"),
        };
        let framing = ["Content-Length", "Transfer-Encoding", "Connection"];
        assert!(framing.iter().all(|name| !response.head.headers.contains(name)));
        Answer {
            status: response.head.status,
            headers: response.head.headers,
            body,
            head_length: response.head_length,
            close: response.close,
        }
    }

    pub(crate) fn get(&mut self, host: &str, target: &str) -> Answer {
        self.ask(request("GET", host, target, &[]))
    }

    /// GET at the bucket's REST endpoint.
    pub(crate) fn rest(&mut self, target: &str) -> Answer {
        self.get(&rest_host("bkt"), target)
    }

    /// GET at the bucket's website endpoint.
    pub(crate) fn site(&mut self, target: &str) -> Answer {
        self.get(&site_host("bkt"), target)
    }

    pub(crate) fn slow(mut self) -> Self {
        self.env.pace = Pace::Aws;
        self
    }
}

pub(crate) fn rest_host(bucket: &str) -> String {
    format!("{bucket}.s3.{REGION}.amazonaws.com")
}

pub(crate) fn site_host(bucket: &str) -> String {
    format!("{bucket}.s3-website-{REGION}.amazonaws.com.localhost:8080")
}

pub(crate) fn request(method: &str, host: &str, target: &str, lines: &[(&str, &str)]) -> Request {
    let mut head = RequestHead::get(host, target);
    head.method = Method::parse(method);
    for (name, value) in lines {
        head.headers.append(name, value);
    }
    Request {
        head,
        peer: SocketAddr::from(([203, 0, 113, 9], 40_000)),
        tls: false,
        has_body: false,
        identity: Identity::Anonymous,
        port: 80,
    }
}

/// As CloudFront signs for a distribution.
pub(crate) fn from_cloudfront(distribution: &str) -> Identity {
    let source_arn = format!("arn:aws:cloudfront::123456789012:distribution/{distribution}");
    Identity::Service { principal: "cloudfront.amazonaws.com", source_arn: source_arn.into() }
}

/// A statement that lets everybody do something.
pub(crate) fn allow(action: &str, resource: &str) -> Value {
    json!({"Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource})
}

/// Any content.
pub(crate) fn content() -> Content {
    Content {
        blob: BlobId([7; 32]),
        length: 3,
        etag: "abc".into(),
        metadata: Metadata {
            content_type: "text/plain".into(),
            cache_control: None,
            content_disposition: None,
            content_encoding: None,
            content_language: None,
            expires: None,
            redirect: None,
            user: BTreeMap::new(),
        },
        encryption: Encryption::Sse,
        bucket_key: false,
        acl: Acl::Private,
        storage_class: None,
        tags: BTreeMap::new(),
        checksum: None,
        parts: Vec::new(),
        lines: Headers::new(),
    }
}
