//! Operations as requests: over one endpoint (`AWS_ENDPOINT_URL`), or over AWS's own.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use diary_switch::{Aws, Failure};
use diary_window::Moment;
use serde_json::{Value, json};

use crate::http::{Address, Request, Response, send};
use crate::sign::{Credentials, Signing, encode, headers};

const TIMEOUT: Duration = Duration::from_secs(10);

/// AWS over HTTP.
#[derive(Debug)]
pub(crate) struct Client {
    endpoint: Option<Address>,
    region: String,
    credentials: Credentials,
}

pub(crate) fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

impl Client {
    /// By the environment variables that every SDK reads.
    pub(crate) fn new(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let endpoint = match variable("AWS_ENDPOINT_URL").filter(|url| !url.is_empty()) {
            Some(url) => {
                let address = Address::parse(&url);
                Some(address.ok_or_else(|| format!("AWS_ENDPOINT_URL is {url}, which is no URL"))?)
            }
            None => None,
        };
        let or_test = |name: &str| match (variable(name), &endpoint) {
            (Some(value), _) => Ok(value),
            // An endpoint on this machine takes any.
            (None, Some(_)) => Ok("test".to_owned()),
            (None, None) => Err(format!("the environment variable {name} is not set")),
        };
        let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
        Ok(Self {
            credentials: Credentials {
                key_id: or_test("AWS_ACCESS_KEY_ID")?,
                secret: or_test("AWS_SECRET_ACCESS_KEY")?,
                token: variable("AWS_SESSION_TOKEN").filter(|token| !token.is_empty()),
            },
            region: region.unwrap_or_else(|| "us-east-1".into()),
            endpoint,
        })
    }
}

/// A request in the making.
struct Call {
    service: &'static str,
    method: &'static str,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Aws for Client {
    fn call(&mut self, service: &str, operation: &str, input: &Value) -> Result<Value, Failure> {
        let unknown = || Failure::new(operation, "Unknown", format!("{service} is not known here"));
        let call = call(service, operation, input).ok_or_else(unknown)?;
        let response = self.ask(&call, input).map_err(|error| {
            Failure::new(operation, "Connection", format!("{service}: {error}"))
        })?;
        if !(200..300).contains(&response.status) {
            return Err(refusal(operation, &response));
        }
        Ok(answer(operation, &response))
    }
}

impl Client {
    fn ask(&self, call: &Call, input: &Value) -> std::io::Result<Response> {
        let (address, path) = self.place(call, input);
        let host = address.authority();
        let time = now().at();
        let time: String = time.chars().filter(char::is_ascii_alphanumeric).collect();
        let signing = Signing {
            service: call.service,
            region: match call.service {
                "cloudfront-keyvaluestore" => None,
                "cloudfront" => Some("us-east-1"),
                _ => Some(&self.region),
            },
            time: &format!("{time}Z"),
            method: call.method,
            host: &host,
            path: &path,
            query: &call.query,
            body: &call.body,
        };
        let mut all = headers(&signing, &self.credentials);
        all.extend(call.headers.iter().cloned());
        let mark = if call.query.is_empty() { "" } else { "?" };
        let target = format!("{path}{mark}{}", call.query);
        let request = Request {
            method: call.method,
            target: &target,
            headers: &all,
            body: &call.body,
            timeout: Some(TIMEOUT),
        };
        send(&address, &request)
    }

    /// Host and path of a call: on one endpoint a bucket stands in the path, on AWS in the name.
    fn place(&self, call: &Call, input: &Value) -> (Address, String) {
        let bucket = input["Bucket"].as_str().unwrap_or_default();
        if let Some(endpoint) = &self.endpoint {
            let front = if call.service == "s3" { format!("/{bucket}") } else { String::new() };
            return (endpoint.clone(), format!("{front}{}", call.path));
        }
        let region = &self.region;
        let host = match call.service {
            "cloudfront" => "cloudfront.amazonaws.com".to_owned(),
            "cloudfront-keyvaluestore" => {
                let arn = input["KvsARN"].as_str().unwrap_or_default();
                let account = arn.split(':').nth(4).unwrap_or_default();
                format!("{account}.cloudfront-kvs.global.api.aws")
            }
            "s3" => format!("{bucket}.s3.{region}.amazonaws.com"),
            service => format!("{service}.{region}.amazonaws.com"),
        };
        (Address { tls: true, host, port: 443 }, call.path.clone())
    }
}

fn call(service: &str, operation: &str, input: &Value) -> Option<Call> {
    match service {
        "ssm" => Some(json_call("ssm", "AmazonSSM", operation, input)),
        "secretsmanager" => Some(json_call(service_name(service)?, service, operation, input)),
        "s3" => Some(object(operation, input)),
        "cloudfront" => Some(distribution(operation, input)),
        "cloudfront-keyvaluestore" => Some(key_value_store(operation, input)),
        "scheduler" => Some(schedule(operation, input)),
        _ => None,
    }
}

fn service_name(name: &str) -> Option<&'static str> {
    (name == "secretsmanager").then_some("secretsmanager")
}

fn text<'v>(input: &'v Value, name: &str) -> &'v str {
    input[name].as_str().unwrap_or_default()
}

/// The input without the members that travel elsewhere.
fn body(input: &Value, elsewhere: &[&str]) -> Vec<u8> {
    let mut input = input.clone();
    if let Some(members) = input.as_object_mut() {
        members.retain(|name, _| !elsewhere.contains(&name.as_str()));
    }
    input.to_string().into_bytes()
}

fn json_call(service: &'static str, target: &str, operation: &str, input: &Value) -> Call {
    Call {
        service,
        method: "POST",
        path: "/".into(),
        query: String::new(),
        headers: vec![
            ("content-type".into(), "application/x-amz-json-1.1".into()),
            ("x-amz-target".into(), format!("{target}.{operation}")),
        ],
        body: body(input, &[]),
    }
}

fn object(operation: &str, input: &Value) -> Call {
    let put = operation == "PutObject";
    let mut headers = Vec::new();
    for (member, name) in [("ContentType", "content-type"), ("CacheControl", "cache-control")] {
        if let Some(value) = input[member].as_str() {
            headers.push((name.to_owned(), value.to_owned()));
        }
    }
    Call {
        service: "s3",
        method: if put { "PUT" } else { "GET" },
        path: format!("/{}", encode(text(input, "Key"), true)),
        query: String::new(),
        headers,
        body: text(input, "Body").as_bytes().to_vec(),
    }
}

fn distribution(operation: &str, input: &Value) -> Call {
    let put = operation == "UpdateDistribution";
    let mut headers = Vec::new();
    if put {
        headers.push(("content-type".into(), "application/xml".into()));
        headers.push(("if-match".into(), text(input, "IfMatch").to_owned()));
    }
    Call {
        service: "cloudfront",
        method: if put { "PUT" } else { "GET" },
        path: format!("/2020-05-31/distribution/{}/config", encode(text(input, "Id"), false)),
        query: String::new(),
        headers,
        body: text(input, "DistributionConfig").as_bytes().to_vec(),
    }
}

fn key_value_store(operation: &str, input: &Value) -> Call {
    let store = format!("/key-value-stores/{}", encode(text(input, "KvsARN"), false));
    let (method, path) = match operation {
        "DescribeKeyValueStore" => ("GET", store),
        "ListKeys" => ("GET", format!("{store}/keys")),
        _ => ("POST", format!("{store}/keys")),
    };
    let mut query = Vec::new();
    if method == "GET" {
        if let Some(size) = input["MaxResults"].as_u64() {
            query.push(format!("MaxResults={size}"));
        }
        if let Some(token) = input["NextToken"].as_str() {
            query.push(format!("NextToken={}", encode(token, false)));
        }
    }
    let (mut headers, mut sent) = (Vec::new(), Vec::new());
    if method == "POST" {
        headers.push(("content-type".into(), "application/json".into()));
        headers.push(("if-match".into(), text(input, "IfMatch").to_owned()));
        sent = body(input, &["KvsARN", "IfMatch"]);
    }
    let query = query.join("&");
    Call { service: "cloudfront-keyvaluestore", method, path, query, headers, body: sent }
}

fn schedule(operation: &str, input: &Value) -> Call {
    let post = operation == "CreateSchedule";
    let (mut headers, mut query, mut sent) = (Vec::new(), String::new(), Vec::new());
    if post {
        headers.push(("content-type".into(), "application/json".into()));
        let mut input = input.clone();
        input["ClientToken"] = json!(format!("switch-{}", text(&input, "Name")));
        sent = body(&input, &["Name"]);
    } else {
        query = format!("groupName={}", encode(text(input, "GroupName"), false));
    }
    let path = format!("/schedules/{}", encode(text(input, "Name"), false));
    let method = if post { "POST" } else { "GET" };
    Call { service: "scheduler", method, path, query, headers, body: sent }
}

/// An answer as the document the SDKs would make of it, as far as the switch reads it.
fn answer(operation: &str, response: &Response) -> Value {
    let etag = response.header("ETag");
    match operation {
        "GetObject" => json!({"Body": response.text(), "ETag": etag}),
        "GetDistributionConfig" => json!({"DistributionConfig": response.text(), "ETag": etag}),
        _ => {
            let mut value: Value = serde_json::from_slice(&response.body).unwrap_or_default();
            if let (Some(etag), Some(members)) = (etag, value.as_object_mut()) {
                members.insert("ETag".into(), json!(etag));
            }
            value
        }
    }
}

fn refusal(operation: &str, response: &Response) -> Failure {
    let value: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let shown = response.text();
    let tag = |name: &str| {
        let rest = shown.split_once(&format!("<{name}>"))?.1;
        rest.split_once('<').map(|(inner, _)| inner.to_owned())
    };
    let typed = response.header("x-amzn-errortype").or_else(|| value["__type"].as_str());
    let code = typed.and_then(|code| code.split(':').next()?.rsplit('#').next());
    let code = code.map(str::to_owned).or_else(|| tag("Code"));
    let message = value["message"].as_str().or_else(|| value["Message"].as_str());
    let message = message.map(str::to_owned).or_else(|| tag("Message"));
    let status = response.status;
    Failure::new(
        operation,
        &code.unwrap_or_else(|| status.to_string()),
        message.unwrap_or_else(|| format!("status {status}")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_become_the_requests_aws_documents() {
        let arn = "arn:aws:cloudfront::123456789012:key-value-store/ab-c";
        let input = json!({"KvsARN": arn, "MaxResults": 50, "NextToken": "a/b"});
        let list = call("cloudfront-keyvaluestore", "ListKeys", &input).unwrap();
        let path = "/key-value-stores/arn%3Aaws%3Acloudfront%3A%3A123456789012%3Akey-value-store%2F\
                    ab-c/keys";
        assert_eq!((list.method, list.path.as_str()), ("GET", path));
        assert_eq!(list.query, "MaxResults=50&NextToken=a%2Fb");
        let input = json!({"KvsARN": arn, "IfMatch": "E1", "Puts": [], "Deletes": []});
        let update = call("cloudfront-keyvaluestore", "UpdateKeys", &input).unwrap();
        assert_eq!(update.body, br#"{"Deletes":[],"Puts":[]}"#);
        assert!(update.headers.contains(&("if-match".into(), "E1".into())));
        let input = json!({"Name": "n", "GroupName": "g"});
        let get = call("scheduler", "GetSchedule", &input).unwrap();
        assert_eq!((get.path.as_str(), get.query.as_str()), ("/schedules/n", "groupName=g"));
    }

    #[test]
    fn refusals_are_read_from_json_and_xml() {
        let response = |header: Option<&str>, body: &str| Response {
            status: 400,
            headers: header
                .map(|code| ("x-amzn-ErrorType".into(), code.into()))
                .into_iter()
                .collect(),
            body: body.as_bytes().to_vec(),
        };
        let code = |response: &Response| refusal("Op", response).code;
        let json = r#"{"__type":"com.amazonaws#ParameterNotFound","message":"none"}"#;
        assert_eq!(code(&response(None, json)), "ParameterNotFound");
        let header = Some("ResourceNotFoundException:http://internal/");
        assert_eq!(code(&response(header, r#"{"Message":"x"}"#)), "ResourceNotFoundException");
        let xml = "<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>";
        assert_eq!(refusal("Op", &response(None, xml)).to_string(), "Op: gone (NoSuchKey)");
        assert_eq!(code(&response(None, "")), "400");
    }
}
