//! REST-XML and REST-JSON: which operation a method and a path mean, and where the parts of its
//! document stand.

use standin_kernel::{ApiError, Headers, RequestHead, Value, json};

use crate::model::{Location, Member, Model, Operation, Protocol, Shape};
use crate::{aws_json, form, text, xml};

/// An operation found, with the labels of its path.
#[derive(Debug)]
pub struct Route<'m> {
    pub operation: &'m str,
    labels: Vec<(String, String)>,
}

/// Finds the operation. Among those whose path fits, the one that asks for most of what is there:
/// literal query words, and required members in query or headers (UploadPart, CopyObject).
pub fn route<'m>(model: &'m Model, head: &RequestHead) -> Option<Route<'m>> {
    let method = head.method.as_str();
    let query = form::pairs(head.query().unwrap_or(""));
    let mut best: Option<(usize, Route<'m>)> = None;
    for (name, operation) in &model.operations {
        if operation.method != method {
            continue;
        }
        let Some((score, labels)) = fit(model, operation, head, &query) else { continue };
        if best.as_ref().is_none_or(|(have, _)| score > *have) {
            best = Some((score, Route { operation: name, labels }));
        }
    }
    best.map(|(_, route)| route)
}

type Labels = Vec<(String, String)>;

fn fit(
    model: &Model,
    operation: &Operation,
    head: &RequestHead,
    query: &[(String, String)],
) -> Option<(usize, Labels)> {
    let (pattern, words) = operation.uri.split_once('?').unwrap_or((&operation.uri, ""));
    let labels = path_labels(pattern, head.path())?;
    let mut score = 0;
    for (name, value) in form::pairs(words) {
        let there = query.iter().find(|(have, _)| *have == name)?;
        if !value.is_empty() && there.1 != value {
            return None;
        }
        score += 100;
    }
    for member in operation.input.iter().flat_map(|input| model.members(input)) {
        let there = match member.at {
            Some(Location::Query) => query.iter().any(|(name, _)| name == member.wire_name()),
            Some(Location::Header) => head.headers.contains(member.wire_name()),
            _ => continue,
        };
        match (member.required, there) {
            (true, false) => return None,
            (true, true) => score += 10,
            (false, true) => score += 1,
            (false, false) => {}
        }
    }
    // A label that is a whole path is less exact than a literal one.
    score += pattern.split('/').filter(|part| !part.starts_with('{')).count();
    Some((score, labels))
}

/// Labels of `/{Bucket}/{Key+}` in `/b/a/c`; `None` when the path is another.
fn path_labels(pattern: &str, path: &str) -> Option<Labels> {
    let mut labels = Vec::new();
    let mut rest = path.strip_prefix('/').unwrap_or(path);
    let mut parts = pattern.trim_start_matches('/').split('/').peekable();
    while let Some(part) = parts.next() {
        let (one, after) = match part {
            _ if part.ends_with("+}") => (rest, ""),
            _ => rest.split_once('/').unwrap_or((rest, "")),
        };
        let last = parts.peek().is_none();
        if last && !part.ends_with("+}") && rest.trim_end_matches('/').contains('/') {
            return None;
        }
        match part.strip_prefix('{').map(|label| label.trim_end_matches(['}', '+'])) {
            Some(_) if one.is_empty() => return None,
            Some(label) => labels.push((label.to_owned(), text::unescape(one))),
            None if part != one => return None,
            None => {}
        }
        rest = after;
    }
    Some(labels)
}

/// The target as if S3 had been asked by path, when the bucket stands in the host's name:
/// `bucket.s3.REGION.amazonaws.com`, or `bucket.localhost`, as SDKs make it of an endpoint there.
pub fn by_path(head: &RequestHead) -> Option<String> {
    let host = head.host()?.to_ascii_lowercase();
    let (name, here) = match host.strip_suffix(".localhost") {
        Some(name) => (name, true),
        None => (host.as_str(), false),
    };
    let labels = [".s3.", ".s3-"];
    let bucket = match labels.iter().find_map(|label| name.split_once(label)) {
        Some((bucket, rest)) if rest.ends_with("amazonaws.com") => bucket,
        Some(_) => return None,
        None if here => name.strip_suffix(".s3").unwrap_or(name),
        None => return None,
    };
    let own = ["s3.", "s3-"].iter().any(|label| bucket.starts_with(label)) || bucket == "s3";
    (!own && !bucket.is_empty()).then(|| format!("/{bucket}{}", head.target))
}

/// The first word of the query that this operation does not know. Such words name operations or
/// members that are not here (`?acl`, `?retention`), so they must not be passed over.
pub fn unknown_word(model: &Model, route: &Route<'_>, head: &RequestHead) -> Option<String> {
    let operation = &model.operations[route.operation];
    let literal = form::pairs(operation.uri.split_once('?').map_or("", |(_, words)| words));
    let members = operation.input.iter().flat_map(|input| model.members(input));
    let mut known: Vec<&str> = members
        .filter(|member| member.at == Some(Location::Query))
        .map(Member::wire_name)
        .collect();
    known.extend(literal.iter().map(|(name, _)| name.as_str()));
    // What signs the request, and what its sender notes for itself in logs.
    let own = |name: &str| {
        let name = name.to_ascii_lowercase();
        const OF_VERSION_2: [&str; 5] =
            ["awsaccesskeyid", "signature", "expires", "content-type", "content-md5"];
        name.starts_with("x-") || OF_VERSION_2.contains(&&*name)
    };
    let query = form::pairs(head.query().unwrap_or(""));
    query
        .into_iter()
        .map(|(name, _)| name)
        .find(|name| !known.contains(&name.as_str()) && !own(name))
}

/// The document of an operation's input. A body that is a stream is not read here: `body` is
/// `None`.
pub fn input(
    model: &Model,
    route: &Route<'_>,
    head: &RequestHead,
    body: Option<&[u8]>,
) -> Result<Value, ApiError> {
    let operation = &model.operations[route.operation];
    let Some(shape) = operation.input.as_deref() else { return Ok(json!({})) };
    let Shape::Structure { members, payload } = model.shape(shape) else { return Ok(json!({})) };
    let query = form::pairs(head.query().unwrap_or(""));
    let mut map = serde_json::Map::new();
    for member in members {
        let wire = member.wire_name();
        let given = match member.at {
            Some(Location::Uri) => {
                route.labels.iter().find(|(label, _)| label == wire).map(|(_, value)| value.clone())
            }
            Some(Location::Query) => {
                query.iter().find(|(name, _)| name == wire).map(|(_, value)| value.clone())
            }
            Some(Location::Header) => head.headers.get(wire).map(str::to_owned),
            Some(Location::Headers) => {
                if let Some(value) = prefixed(&head.headers, wire) {
                    map.insert(member.name.clone(), value);
                }
                continue;
            }
            Some(Location::Status) | None => continue,
        };
        if let Some(given) = given {
            let value = text::scalar(model.shape(&member.shape), &given, &member.name)?;
            map.insert(member.name.clone(), value);
        }
    }
    let body = body.unwrap_or_default();
    match payload.as_ref().and_then(|name| members.iter().find(|member| member.name == *name)) {
        Some(member) => {
            if let Some(value) = payload_value(model, member, body)? {
                map.insert(member.name.clone(), value);
            }
        }
        None if !body.is_empty() => {
            let read = match model.protocol {
                Protocol::RestJson => aws_json::input(body)?,
                _ => xml::read(model, shape, body)?,
            };
            if let Value::Object(read) = read {
                map.extend(read);
            }
        }
        None => {}
    }
    Ok(Value::Object(map))
}

fn prefixed(headers: &Headers, prefix: &str) -> Option<Value> {
    let mut map = serde_json::Map::new();
    for (name, value) in headers.iter() {
        let front = name.get(..prefix.len());
        if front.is_some_and(|front| front.eq_ignore_ascii_case(prefix)) {
            let value = String::from_utf8_lossy(value).into_owned();
            map.insert(name[prefix.len()..].to_ascii_lowercase(), json!(value));
        }
    }
    (!map.is_empty()).then_some(Value::Object(map))
}

fn payload_value(model: &Model, member: &Member, body: &[u8]) -> Result<Option<Value>, ApiError> {
    match model.shape(&member.shape) {
        Shape::Blob if model.protocol != Protocol::RestJson => Ok(None),
        // Lambda's events, which are JSON.
        Shape::Blob | Shape::Text => Ok(Some(json!(String::from_utf8_lossy(body)))),
        _ if body.is_empty() => Ok(None),
        _ if model.protocol == Protocol::RestJson => aws_json::input(body).map(Some),
        _ => xml::read(model, &member.shape, body).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::entry;
    use standin_kernel::Method;

    fn head(method: &str, target: &str, headers: &[(&str, &str)]) -> RequestHead {
        let mut head = RequestHead::get("127.0.0.1:4566", target);
        head.method = Method::parse(method);
        for (name, value) in headers {
            head.headers.append(name, value);
        }
        head
    }

    fn s3(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> (String, Value) {
        let model = entry("s3").unwrap().model();
        let head = head(method, target, headers);
        let route = route(model, &head).unwrap();
        let input = input(model, &route, &head, Some(body)).unwrap();
        (route.operation.to_owned(), input)
    }

    #[test]
    fn the_operation_is_found_by_path_query_and_headers() {
        let operation =
            |method, target, headers: &[(&str, &str)]| s3(method, target, headers, b"").0;
        assert_eq!(operation("GET", "/", &[]), "ListBuckets");
        assert_eq!(operation("GET", "/pages", &[]), "ListObjects");
        assert_eq!(operation("GET", "/pages?list-type=2&prefix=a", &[]), "ListObjectsV2");
        assert_eq!(operation("GET", "/pages?policy", &[]), "GetBucketPolicy");
        assert_eq!(operation("GET", "/pages/a/b%20c", &[]), "GetObject");
        assert_eq!(operation("PUT", "/pages/a", &[]), "PutObject");
        let copy = [("x-amz-copy-source", "/pages/b")];
        assert_eq!(operation("PUT", "/pages/a", &copy), "CopyObject");
        assert_eq!(operation("HEAD", "/pages", &[]), "HeadBucket");
        assert_eq!(operation("DELETE", "/pages/a/", &[]), "DeleteObject");
    }

    #[test]
    fn labels_headers_and_query_words_are_members() {
        let headers = [("Content-Type", "text/html"), ("X-Amz-Meta-Who", "me")];
        let (_, input) = s3("PUT", "/pages/a/b%20c+d?x-id=PutObject", &headers, b"body");
        assert_eq!(
            input,
            json!({
                "Bucket": "pages", "Key": "a/b c+d", "ContentType": "text/html",
                "Metadata": {"who": "me"},
            })
        );
        let (_, input) = s3("GET", "/pages?list-type=2&max-keys=5", &[], b"");
        assert_eq!(input, json!({"Bucket": "pages", "MaxKeys": 5}));
        let (operation, input) = s3(
            "POST",
            "/pages?delete",
            &[],
            b"<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object></Delete>",
        );
        assert_eq!(operation, "DeleteObjects");
        assert_eq!(input["Delete"]["Objects"], json!([{"Key": "a"}, {"Key": "b"}]));
    }

    #[test]
    fn s3_ep_05_a_bucket_in_the_hosts_name_is_asked_as_one_in_the_path() {
        let target = |host: &str| by_path(&RequestHead::get(host, "/a/b?acl"));
        let by_bucket = Some("/my.pages/a/b?acl".to_owned());
        assert_eq!(target("my.pages.s3.ap-northeast-1.amazonaws.com"), by_bucket);
        assert_eq!(target("my.pages.s3.amazonaws.com.localhost:4566"), by_bucket);
        assert_eq!(target("my.pages.localhost:4566"), by_bucket);
        assert_eq!(target("My.pages.s3.localhost:4566"), by_bucket);
        for host in ["127.0.0.1:4566", "localhost:4566", "s3.amazonaws.com", "s3.localhost"] {
            assert_eq!(target(host), None, "{host}");
        }
    }

    #[test]
    fn words_that_no_operation_knows_are_found() {
        let model = entry("s3").unwrap().model();
        let word = |method: &str, target: &str| {
            let head = head(method, target, &[]);
            unknown_word(model, &route(model, &head).unwrap(), &head)
        };
        // Else a list of grants would be the object's new body.
        assert_eq!(word("PUT", "/pages/a?acl").as_deref(), Some("acl"));
        assert_eq!(word("GET", "/pages?lifecycle").as_deref(), Some("lifecycle"));
        assert_eq!(word("PUT", "/pages/a?x-id=PutObject&X-Amz-Date=now"), None);
        assert_eq!(word("GET", "/pages?list-type=2&prefix=a&delimiter=/"), None);
        assert_eq!(word("GET", "/pages/a?partNumber=1"), None);
    }

    #[test]
    fn multipart_uploads_are_told_from_objects() {
        let operation = |method, target| s3(method, target, &[], b"").0;
        assert_eq!(operation("POST", "/pages/a?uploads"), "CreateMultipartUpload");
        assert_eq!(operation("PUT", "/pages/a?partNumber=1&uploadId=u"), "UploadPart");
        assert_eq!(operation("GET", "/pages/a?uploadId=u"), "ListParts");
        assert_eq!(operation("DELETE", "/pages/a?uploadId=u"), "AbortMultipartUpload");
        assert_eq!(operation("GET", "/pages?uploads"), "ListMultipartUploads");
        let (operation, input) = s3(
            "POST",
            "/pages/a?uploadId=u",
            &[],
            b"<CompleteMultipartUpload><Part><ETag>e</ETag><PartNumber>1</PartNumber></Part>\
              </CompleteMultipartUpload>",
        );
        assert_eq!(operation, "CompleteMultipartUpload");
        let parts = json!({"Parts": [{"ETag": "e", "PartNumber": 1}]});
        assert_eq!(
            input,
            json!({"Bucket": "pages", "Key": "a", "UploadId": "u", "MultipartUpload": parts})
        );
    }

    #[test]
    fn cloudfronts_paths() {
        let model = entry("cloudfront").unwrap().model();
        let operation = |method: &str, target: &str| {
            let head = head(method, target, &[("If-Match", "E1")]);
            route(model, &head).map(|route| route.operation.to_owned())
        };
        let is = |method, target, name: &str| {
            assert_eq!(operation(method, target).as_deref(), Some(name), "{method} {target}");
        };
        is("GET", "/2020-05-31/distribution/E1", "GetDistribution");
        is("GET", "/2020-05-31/distribution/E1/config", "GetDistributionConfig");
        is("PUT", "/2020-05-31/distribution/E1/config", "UpdateDistribution");
        is("POST", "/2020-05-31/distribution?WithTags", "CreateDistributionWithTags");
        is("POST", "/2020-05-31/distribution/E1/invalidation", "CreateInvalidation");
        assert_eq!(operation("GET", "/2020-05-31/nonsense"), None);
    }
}
