//! The REST endpoint: objects and listings, with XML errors (S3-EP-01, S3-EP-05).

use std::borrow::Cow;

use standin_kernel::fault::Mode;
use standin_kernel::{Body, Cx, Duration, Headers, Identity, Method, Response};

use super::access::Access;
use super::conditional::{Conditions, Outcome, range_counts};
use super::endpoint::{Endpoint, regional};
use super::listing::{self, Ask, Form};
use super::policy::Detail;
use super::range::{self, content_range};
use super::{Visit, cors, fact, key};
use crate::error::{
    Refusal, Result, access_denied, deleted, invalid_argument, invalid_request, is_delete_marker,
    method_not_allowed, no_such_key, no_such_version, precondition_failed,
};
use crate::state::{Acl, Bucket, Content, Encryption, Object, Version, Versioning};

/// Where AWS sends those who ask S3 itself.
pub(super) const HOME: &str = "https://aws.amazon.com/s3/";

/// How long the global endpoint does not know a new bucket of another Region (S3-EP-05).
const GLOBAL_LAG: Duration = Duration::from_secs(24 * 3600);

/// The query of a request; read only where somebody asks for a part of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Query<'a>(Option<&'a str>);

impl<'a> Query<'a> {
    fn pairs(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let parts = self.0.unwrap_or("").split('&').filter(|part| !part.is_empty());
        parts.map(|part| part.split_once('=').unwrap_or((part, "")))
    }

    pub(super) fn has(self, name: &str) -> bool {
        self.pairs().any(|(known, _)| known == name)
    }

    /// The decoded value, if it is there and is UTF-8.
    pub(super) fn get(self, name: &str) -> Option<Cow<'a, str>> {
        let (_, value) = self.pairs().find(|(known, _)| *known == name)?;
        key::decode(value, true)
    }
}

/// Questions about a bucket other than for its listing.
const OF_BUCKETS: [&str; 21] = [
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "publicAccessBlock",
    "replication",
    "tagging",
    "uploads",
    "versions",
    "website",
];

/// Questions about an object other than for its content.
const OF_OBJECTS: [&str; 7] =
    ["acl", "attributes", "legal-hold", "retention", "tagging", "torrent", "uploadId"];

/// A version found, with its content.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'a> {
    pub(super) version: &'a Version,
    pub(super) content: &'a Content,
}

impl<'a> Visit<'a> {
    pub(super) fn rest(&self, cx: &mut Cx<'_>, at: &Endpoint<'_>) -> Response {
        match self.rest_or_refuse(cx, at) {
            Ok(response) => response,
            Err(refusal) => {
                cx.note(|| fact("answer", format!("{} {}", refusal.status, refusal.code)));
                self.xml_error(&refusal)
            }
        }
    }

    fn rest_or_refuse(&self, cx: &mut Cx<'_>, at: &Endpoint<'_>) -> Result<Response> {
        let query = Query(self.request.head.query());
        self.check_signature(&query)?;
        let path = self.request.head.path();
        let path = path.strip_prefix('/').unwrap_or("");
        let (name, path) = match at.bucket {
            Some(bucket) => (bucket, path),
            None => path.split_once('/').unwrap_or((path, "")),
        };
        if name.is_empty() {
            return self.nobody();
        }
        let bucket = self.bucket(cx, name)?;
        self.check_region(cx, at, bucket)?;
        let key = key::of_path(path)?;
        match &self.request.head.method {
            Method::Get | Method::Head => {}
            Method::Options => return self.preflight(cx, bucket),
            // CF-S3O-08: forms are posted to buckets, never to objects.
            Method::Post => return Err(method_not_allowed("POST", what(&key))),
            // Writing goes through the operations.
            Method::Put | Method::Delete | Method::Patch => return Err(access_denied()),
            Method::Other(other) => return Err(method_not_allowed(other, what(&key))),
        }
        // They too go through the operations.
        let asks = |names: &[&str]| names.iter().any(|name| query.has(name));
        if key.is_empty() {
            return match asks(&OF_BUCKETS) {
                true => Err(access_denied()),
                false => self.list(cx, bucket, query),
            };
        }
        if asks(&OF_OBJECTS) {
            return Err(access_denied());
        }
        self.object(cx, bucket, &key, query)
    }

    /// S3 itself is asked, and no bucket.
    fn nobody(&self) -> Result<Response> {
        if !matches!(self.request.head.method, Method::Get | Method::Head) {
            return Err(method_not_allowed(self.request.head.method.as_str(), "SERVICE"));
        }
        let mut head = self.head(307);
        head.headers.append("Location", HOME);
        Ok(Response::new(head, Body::Empty))
    }

    /// S3-EP-05
    fn check_region(&self, cx: &mut Cx<'_>, at: &Endpoint<'_>, bucket: &Bucket) -> Result<()> {
        const EVERYWHERE: &str = "us-east-1";
        let settings = &bucket.settings;
        let (name, region) = (&settings.name, &settings.region);
        let asked = at.region.unwrap_or(EVERYWHERE);
        if asked == region || (at.region.is_none() && region == EVERYWHERE) {
            return Ok(());
        }
        let host = regional(name, region);
        if at.region.is_none() && at.bucket.is_some() {
            let known_from = settings.created + cx.env.paced(Duration::ZERO, GLOBAL_LAG);
            if cx.now >= known_from {
                return Ok(());
            }
            cx.note(|| {
                let says = "the global endpoint does not know the new bucket yet";
                fact("endpoint", says.to_owned()).row("S3-EP-05")
            });
            let message = "Please re-send this request to the specified temporary endpoint. \
                Continue to use the original request endpoint for future requests.";
            let location = format!("{}://{host}{}", self.scheme(), self.request.head.target);
            return Err(Refusal::new("TemporaryRedirect", 307, message)
                .detail("Endpoint", host)
                .detail("Bucket", name)
                .header("Location", location));
        }
        cx.note(|| {
            let says = format!("the bucket is in {region}, but {asked} was asked");
            fact("endpoint", says).row("S3-EP-05")
        });
        if matches!(self.request.identity, Identity::Service { .. }) {
            let message = format!(
                "The authorization header is malformed; the region '{asked}' is wrong; expecting \
                 '{region}'"
            );
            return Err(
                Refusal::new("AuthorizationHeaderMalformed", 400, message).detail("Region", region)
            );
        }
        let message = "The bucket you are attempting to access must be addressed using the \
            specified endpoint. Please send all future requests to this endpoint.";
        Err(Refusal::new("PermanentRedirect", 301, message)
            .detail("Endpoint", host)
            .detail("Bucket", name)
            .header("x-amz-bucket-region", region))
    }

    pub(super) fn preflight(&self, cx: &mut Cx<'_>, bucket: &Bucket) -> Result<Response> {
        let mut head = self.head(200);
        let rules = &bucket.settings.cors;
        let rule = cors::preflight(rules, &self.request.head.headers, &mut head.headers)?;
        cx.note(|| cors_fact(bucket, rule));
        Ok(Response::new(head, Body::Empty))
    }

    fn list(&self, cx: &mut Cx<'_>, bucket: &Bucket, query: Query<'_>) -> Result<Response> {
        let prefix = query.get("prefix");
        let delimiter = query.get("delimiter");
        let max = query.get("max-keys");
        let detail = Detail {
            prefix: prefix.as_deref(),
            delimiter: delimiter.as_deref(),
            max_keys: max.as_deref(),
            ..Detail::default()
        };
        self.check_forbidden(cx, bucket, "")?;
        let access = Access { bucket, asker: &self.asker };
        if !access.may(cx, "s3:ListBucket", None, detail, bucket.settings.acl) {
            return Err(access_denied());
        }
        let mut head = self.head(200);
        head.headers.append("x-amz-bucket-region", &bucket.settings.region);
        head.headers.append("Content-Type", "application/xml");
        if self.is_head() {
            return Ok(Response::new(head, Body::Empty));
        }
        let second = query.get("list-type").as_deref() == Some("2");
        let token = query.get("continuation-token").filter(|_| second);
        let start_after = query.get("start-after").filter(|_| second);
        let marker = query.get("marker").filter(|_| !second);
        let after = match &token {
            Some(token) => Some(Cow::Owned(listing::read_token(token)?)),
            None => start_after.clone().or_else(|| marker.clone()),
        };
        let max = listing::max_keys(max.as_deref())?;
        let delimiter = delimiter.filter(|delimiter| !delimiter.is_empty());
        let ask = Ask { prefix: prefix.unwrap_or_default(), delimiter, after, max };
        let form = Form {
            second,
            encoded: query.get("encoding-type").as_deref() == Some("url"),
            marker: marker.as_deref(),
            token: token.as_deref(),
            start_after: start_after.as_deref(),
        };
        self.tell_browsers(cx, bucket, &mut head.headers);
        Ok(Response::new(head, Body::Bytes(listing::xml(bucket, &ask, form).into())))
    }

    fn object(
        &self,
        cx: &mut Cx<'_>,
        bucket: &Bucket,
        key: &str,
        query: Query<'_>,
    ) -> Result<Response> {
        let version = query.get("versionId");
        let found = self.find(cx, bucket, key, version.as_deref())?;
        self.may_decrypt(cx, bucket, found.content)?;
        let number = query.get("partNumber");
        let mut response = self.give(cx, bucket, found, number.as_deref())?;
        // S3-GET-05
        let overrides: Vec<_> = OVERRIDES.iter().filter(|(name, _)| query.has(name)).collect();
        if !overrides.is_empty() {
            if self.request.identity == Identity::Anonymous {
                let message = "Request specific response headers cannot be used for anonymous \
                    GET requests.";
                return Err(invalid_request(message));
            }
            if response.head.status == 200 {
                for (name, header) in overrides {
                    let value = query.get(name).unwrap_or_default();
                    response.head.headers.set(header, value.as_bytes());
                }
            }
        }
        Ok(response)
    }

    /// Finds what a key means to this reader; a key that is missing is 404 only to those who may
    /// list the bucket (S3-GET-01).
    pub(super) fn find<'b>(
        &self,
        cx: &mut Cx<'_>,
        bucket: &'b Bucket,
        key: &str,
        version_id: Option<&str>,
    ) -> Result<Found<'b>> {
        self.check_forbidden(cx, bucket, key)?;
        let missing = self.state.broken(&bucket.settings.name, Some(key)) == Some(Mode::Missing);
        if missing {
            cx.note(|| fact("fault", format!("the object {key} is missing on purpose")));
        }
        let object = bucket.objects.get(key).filter(|_| !missing);
        let version = match version_id {
            Some(id) => object.and_then(|object| object.version(id)),
            None => object.and_then(Object::current),
        };
        let content = version.and_then(|version| version.content.as_ref());
        let action = if version_id.is_some() { "s3:GetObjectVersion" } else { "s3:GetObject" };
        let tags = content.map(|content| &content.tags);
        let detail = Detail { tags, version: version_id, ..Detail::default() };
        let access = Access { bucket, asker: &self.asker };
        let acl = content.map_or(Acl::Private, |content| content.acl);
        if !access.may(cx, action, Some(key), detail, acl) {
            return Err(access_denied());
        }
        if let (Some(version), Some(content)) = (version, content) {
            return Ok(Found { version, content });
        }
        let asker_lists = access.may(cx, "s3:ListBucket", None, detail, bucket.settings.acl);
        cx.note(|| {
            let says = match asker_lists {
                true => format!("there is no object {key}: 404, for the bucket may be listed"),
                false => format!("there is no object {key}: 403, for the bucket may not be listed"),
            };
            fact("object", says).row("S3-GET-01")
        });
        match (asker_lists, version, version_id) {
            (false, ..) => Err(access_denied()),
            (true, Some(marker), Some(id)) => {
                let method = self.request.head.method.as_str();
                Err(is_delete_marker(method, id, marker.modified))
            }
            (true, Some(marker), None) => Err(deleted(key, &marker.id)),
            (true, None, Some(id)) => Err(no_such_version(key, id)),
            (true, None, None) => Err(no_such_key(key)),
        }
    }

    /// Who cannot use the key cannot read the object (S3-EP-07, S3-GET-13).
    fn may_decrypt(&self, cx: &mut Cx<'_>, bucket: &Bucket, content: &Content) -> Result<()> {
        let refused = match (&content.encryption, &self.request.identity) {
            (Encryption::Kms { .. }, Identity::Anonymous) => invalid_argument(
                "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS \
                 Signature Version 4.",
                "Authorization",
                "null",
            ),
            (Encryption::Kms { key: None, .. }, Identity::Service { .. }) => access_denied(),
            _ => return Ok(()),
        };
        cx.note(|| {
            let says = "the object is encrypted with a KMS key that the reader cannot use";
            fact("encryption", says.to_owned())
                .setting(&bucket.settings.name, "BucketEncryption")
                .row("S3-GET-13")
        });
        Err(refused)
    }

    /// The object, a part of it, or that the reader has it already.
    pub(super) fn give(
        &self,
        cx: &mut Cx<'_>,
        bucket: &Bucket,
        found: Found<'_>,
        part_number: Option<&str>,
    ) -> Result<Response> {
        let Found { version, content } = found;
        let asked = &self.request.head.headers;
        match Conditions::of(asked).check(&content.etag, version.modified) {
            Outcome::Give => {}
            Outcome::NotModified => {
                cx.note(|| fact("object", "the reader has it already".into()).row("S3-GET-03"));
                return Ok(self.not_modified(bucket, found));
            }
            Outcome::Failed(condition) => return Err(precondition_failed(condition)),
        }
        let size = content.length;
        let range = asked
            .get("Range")
            .filter(|_| range_counts(asked.get("If-Range"), &content.etag, version.modified));
        let part = range::asked(content, range, part_number)?;
        cx.note(|| {
            let says = format!("an object of {size} bytes, {}", content.metadata.content_type);
            fact("object", says)
        });
        let mut head = self.head(if part.is_some() { 206 } else { 200 });
        self.add_lines(&mut head.headers, bucket, found, |_| true);
        self.tell_browsers(cx, bucket, &mut head.headers);
        if part_number.is_some() && !content.parts.is_empty() {
            head.headers.append("x-amz-mp-parts-count", content.parts.len().to_string());
        }
        let (offset, length) = part.unwrap_or((0, size));
        if part.is_some() {
            head.headers.append("Content-Range", content_range(offset, length, size));
        }
        if self.is_head() {
            let mut response = Response::new(head, Body::Empty);
            response.head_length = Some(length);
            return Ok(response);
        }
        let body = match length {
            0 => Body::Empty,
            length => Body::Blob { id: content.blob, offset, length },
        };
        Ok(Response::new(head, body))
    }

    fn not_modified(&self, bucket: &Bucket, found: Found<'_>) -> Response {
        let mut head = self.head(304);
        let kept = ["Last-Modified", "ETag", "Cache-Control", "Expires"];
        self.add_lines(&mut head.headers, bucket, found, |name| kept.contains(&name));
        Response::new(head, Body::Empty)
    }

    fn add_lines(
        &self,
        headers: &mut Headers,
        bucket: &Bucket,
        found: Found<'_>,
        wanted: impl Fn(&str) -> bool,
    ) {
        for (name, value) in found.content.lines.iter().filter(|(name, _)| wanted(name)) {
            headers.append(name, value);
        }
        if bucket.settings.versioning != Versioning::Never {
            headers.append("x-amz-version-id", &found.version.id);
        }
    }

    /// Adds what the bucket's CORS rules say to a page of another site.
    pub(super) fn tell_browsers(&self, cx: &mut Cx<'_>, bucket: &Bucket, headers: &mut Headers) {
        let rules = &bucket.settings.cors;
        let Some(origin) = self.request.head.headers.get("Origin") else { return };
        let method = self.request.head.method.as_str();
        if let Some(rule) = cors::tell(rules, origin, method, headers) {
            cx.note(|| cors_fact(bucket, rule));
        }
    }
}

/// Query parameters that change response headers, and which.
const OVERRIDES: [(&str, &str); 6] = [
    ("response-cache-control", "Cache-Control"),
    ("response-content-disposition", "Content-Disposition"),
    ("response-content-encoding", "Content-Encoding"),
    ("response-content-language", "Content-Language"),
    ("response-content-type", "Content-Type"),
    ("response-expires", "Expires"),
];

fn cors_fact(bucket: &Bucket, rule: usize) -> standin_kernel::Fact {
    let setting = format!("CorsConfiguration.CorsRules[{rule}]");
    fact("cors", format!("CORS rule {rule} fits")).setting(&bucket.settings.name, setting)
}

fn what(key: &str) -> &'static str {
    if key.is_empty() { "BUCKET" } else { "OBJECT" }
}
