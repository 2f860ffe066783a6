//! Answers and refusals as each protocol writes them.

use standin_kernel::{ApiError, Headers, Value, json};

use crate::model::{Location, Member, Model, Protocol, Shape};
use crate::xml::Document;
use crate::{cbor, text};

/// An answer on the wire. The body of a streamed member is the caller's matter.
#[derive(Debug)]
pub struct Wire {
    pub status: u16,
    pub headers: Headers,
    pub body: Vec<u8>,
}

const S3_NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";
const ROUTE53_NAMESPACE: &str = "https://route53.amazonaws.com/doc/2013-04-01/";
const CLOUDFRONT_NAMESPACE: &str = "http://cloudfront.amazonaws.com/doc/2020-05-31/";

/// The answer to an operation that went well.
pub fn success(
    model: &Model,
    protocol: Protocol,
    operation: &str,
    value: &Value,
    request_id: &str,
) -> Wire {
    let Some(op) = model.operations.get(operation) else {
        return Wire { status: 200, headers: Headers::new(), body: Vec::new() };
    };
    let status = op.status.unwrap_or(200);
    let output = op.output.as_deref();
    let mut headers = Headers::new();
    let body = match protocol {
        Protocol::Cbor => {
            headers.append(cbor::HEADER.0, cbor::HEADER.1);
            headers.append("Content-Type", cbor::CONTENT_TYPE);
            cbor::output(model, output, value)
        }
        Protocol::Json => {
            headers.append("Content-Type", "application/x-amz-json-1.1");
            if value.is_null() { b"{}".to_vec() } else { value.to_string().into_bytes() }
        }
        Protocol::Query => {
            headers.append("Content-Type", "text/xml");
            let mut document = Document::new(model);
            let root = format!("{operation}Response");
            document.open(&root, model.namespace.as_deref());
            if let Some(output) = output {
                let wrapper = op.wrapper.clone().unwrap_or_else(|| format!("{operation}Result"));
                document.open(&wrapper, None);
                document.members(output, value);
                document.close(&wrapper);
            }
            document.open("ResponseMetadata", None);
            document.leaf("RequestId", request_id);
            document.close("ResponseMetadata");
            document.close(&root);
            document.finish()
        }
        Protocol::Ec2 => {
            headers.append("Content-Type", "text/xml;charset=UTF-8");
            let mut document = Document::new(model);
            let root = format!("{operation}Response");
            document.open(&root, model.namespace.as_deref());
            document.leaf("requestId", request_id);
            match output {
                Some(output) if !model.members(output).is_empty() => {
                    document.members(output, value);
                }
                _ => document.leaf("return", "true"),
            }
            document.close(&root);
            document.finish()
        }
        Protocol::RestXml | Protocol::RestJson => {
            return rest(model, operation, output, value, status);
        }
    };
    Wire { status, headers, body }
}

fn rest(model: &Model, operation: &str, output: Option<&str>, value: &Value, status: u16) -> Wire {
    let mut wire = Wire { status, headers: Headers::new(), body: Vec::new() };
    let Some(output) = output else { return wire };
    let Shape::Structure { members, payload } = model.shape(output) else { return wire };
    headers(model, members, value, &mut wire.headers);
    let says = members.iter().find(|member| member.at == Some(Location::Status));
    if let Some(status) = says.and_then(|member| value[&member.name].as_u64()) {
        wire.status = u16::try_from(status).unwrap_or(wire.status);
    }
    let namespace = rest_namespace(model);
    let in_body = members.iter().any(|member| member.at.is_none());
    let found = payload.as_ref().and_then(|name| members.iter().find(|one| one.name == *name));
    match found {
        Some(member) => match model.shape(&member.shape) {
            Shape::Blob if model.protocol == Protocol::RestJson => {
                // An event's result, which is JSON.
                wire.body = value[&member.name].as_str().unwrap_or("").as_bytes().to_vec();
                wire.headers.append("Content-Type", "application/json");
            }
            // A blob is base64 in documents; an object's bytes are the caller's matter.
            Shape::Blob => {
                let coded = value[&member.name].as_str();
                wire.body = coded.and_then(text::base64).unwrap_or_default();
            }
            Shape::Text => {
                wire.body = value[&member.name].as_str().unwrap_or("").as_bytes().to_vec();
            }
            _ if value[&member.name].is_null() => {}
            _ if model.protocol == Protocol::RestJson => {
                wire.body = value[&member.name].to_string().into_bytes();
                wire.headers.append("Content-Type", "application/json");
            }
            _ => {
                let mut document = Document::new(model);
                let root = member.wire.as_deref().unwrap_or(&member.shape);
                document.open(root, Some(namespace));
                document.members(&member.shape, &value[&member.name]);
                document.close(root);
                wire.body = document.finish();
                wire.headers.append("Content-Type", "application/xml");
            }
        },
        None if operation == "GetBucketLocation" => {
            // The one answer whose root is the value itself.
            let mut document = Document::new(model);
            document.open("LocationConstraint", Some(namespace));
            if let Some(region) = value["LocationConstraint"].as_str() {
                document.text(region);
            }
            document.close("LocationConstraint");
            wire.body = document.finish();
            wire.headers.append("Content-Type", "application/xml");
        }
        None if in_body && model.protocol == Protocol::RestJson => {
            let here = members.iter().filter(|member| member.at.is_none());
            let given = here.map(|member| (member.wire_name(), &value[&member.name]));
            let given = given.filter(|(_, value)| !value.is_null());
            let map = given.map(|(name, value)| (name.to_owned(), value.clone())).collect();
            wire.body = Value::Object(map).to_string().into_bytes();
            wire.headers.append("Content-Type", "application/json");
        }
        None if in_body => {
            let mut document = Document::new(model);
            let root = root_of(model, operation, output);
            document.open(&root, Some(namespace));
            document.members(output, value);
            document.close(&root);
            wire.body = document.finish();
            wire.headers.append("Content-Type", "application/xml");
        }
        None => {}
    }
    wire
}

/// The members that stand in headers.
fn headers(model: &Model, members: &[Member], value: &Value, headers: &mut Headers) {
    for member in members {
        let given = &value[&member.name];
        match member.at {
            Some(Location::Header) => {
                if let Some(text) = header_text(model, member, given) {
                    headers.append(member.wire_name(), text);
                }
            }
            Some(Location::Headers) => {
                for (name, value) in given.as_object().into_iter().flatten() {
                    let name = format!("{}{name}", member.wire_name());
                    headers.append(&name, value.as_str().unwrap_or(""));
                }
            }
            _ => {}
        }
    }
}

/// The namespace of a service's documents whose table names none.
fn rest_namespace(model: &Model) -> &'static str {
    match model.signing.as_str() {
        "s3" => S3_NAMESPACE,
        "route53" => ROUTE53_NAMESPACE,
        _ => CLOUDFRONT_NAMESPACE,
    }
}

/// The root element of S3's answers, which are not named after their shapes.
fn root_of(model: &Model, operation: &str, output: &str) -> String {
    match operation {
        // Route 53 names its answers after their shapes.
        _ if model.signing == "route53" => output.to_owned(),
        "ListObjects" | "ListObjectsV2" => "ListBucketResult".into(),
        "ListObjectVersions" => "ListVersionsResult".into(),
        "ListBuckets" => "ListAllMyBucketsResult".into(),
        "CreateMultipartUpload" => "InitiateMultipartUploadResult".into(),
        "GetBucketVersioning" => "VersioningConfiguration".into(),
        "GetBucketWebsite" => "WebsiteConfiguration".into(),
        "GetBucketCors" => "CORSConfiguration".into(),
        "GetBucketTagging" | "GetObjectTagging" => "Tagging".into(),
        "DeleteObjects" => "DeleteResult".into(),
        other => format!("{other}Result"),
    }
}

fn header_text(model: &Model, member: &Member, value: &Value) -> Option<String> {
    let shape = model.shape(&member.shape);
    match shape {
        // Headers carry HTTP dates; services give them as text already.
        Shape::Time => value.as_str().map(http_date),
        _ => text::written(shape, value),
    }
}

/// `2026-11-24T08:30:00.000Z` as `Tue, 24 Nov 2026 08:30:00 GMT`; anything else as it is.
fn http_date(text: &str) -> String {
    text.parse::<jiff::Timestamp>()
        .map(|time| time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
        .unwrap_or_else(|_| text.to_owned())
}

/// A refusal. `protocol`: of the service asked, as far as it is known.
pub fn refusal(
    service: Option<(&str, &Model, Protocol)>,
    error: &ApiError,
    request_id: &str,
) -> Wire {
    let mut headers = Headers::new();
    let sender = if error.status < 500 { "Sender" } else { "Receiver" };
    let body = match service {
        Some((.., Protocol::Cbor)) => {
            headers.append(cbor::HEADER.0, cbor::HEADER.1);
            headers.append("Content-Type", cbor::CONTENT_TYPE);
            headers.append("x-amzn-query-error", format!("{};{sender}", error.code));
            cbor::refusal(error)
        }
        Some((_, model, Protocol::Json | Protocol::RestJson)) => {
            headers.append("Content-Type", "application/x-amz-json-1.1");
            headers.append("x-amzn-ErrorType", &error.code);
            if model.protocol == Protocol::Query {
                headers.append("x-amzn-query-error", format!("{};{sender}", error.code));
            }
            json!({"__type": error.code, "message": error.message, "Message": error.message})
                .to_string()
                .into_bytes()
        }
        Some((name, model, protocol)) => {
            headers.append("Content-Type", "text/xml");
            let mut document = Document::new(model);
            match protocol {
                Protocol::Ec2 => {
                    document.open("Response", None);
                    document.open("Errors", None);
                    error_element(&mut document, None, error);
                    document.close("Errors");
                    document.leaf("RequestID", request_id);
                    document.close("Response");
                }
                Protocol::RestXml if name == "s3" => {
                    document.open("Error", None);
                    document.leaf("Code", &error.code);
                    document.leaf("Message", &error.message);
                    document.leaf("RequestId", request_id);
                    document.close("Error");
                }
                _ => {
                    let namespace = model.namespace.as_deref().or(Some(rest_namespace(model)));
                    document.open("ErrorResponse", namespace);
                    error_element(&mut document, Some(sender), error);
                    document.leaf("RequestId", request_id);
                    document.close("ErrorResponse");
                }
            }
            document.finish()
        }
        None => {
            headers.append("Content-Type", "application/json");
            json!({"__type": error.code, "message": error.message}).to_string().into_bytes()
        }
    };
    Wire { status: error.status, headers, body }
}

fn error_element(document: &mut Document<'_>, kind: Option<&str>, error: &ApiError) {
    document.open("Error", None);
    if let Some(kind) = kind {
        document.leaf("Type", kind);
    }
    document.leaf("Code", &error.code);
    document.leaf("Message", &error.message);
    document.close("Error");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::entry;

    fn body(service: &str, operation: &str, value: &Value) -> String {
        let model = entry(service).unwrap().model();
        String::from_utf8(success(model, model.protocol, operation, value, "id").body).unwrap()
    }

    #[test]
    fn query_answers_are_wrapped_twice() {
        let text =
            body("elbv2", "DescribeRules", &json!({"Rules": [{"Priority": "1"}], "Standin": 1}));
        assert!(
            text.ends_with(
                "<DescribeRulesResponse \
             xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\">\
             <DescribeRulesResult><Rules><member><Priority>1</Priority></member></Rules>\
             </DescribeRulesResult><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata>\
             </DescribeRulesResponse>"
            ),
            "{text}"
        );
        let text = body("ec2", "DescribeVpcs", &json!({"Vpcs": [{"VpcId": "vpc-1"}]}));
        assert!(text.contains("<vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet>"), "{text}");
    }

    #[test]
    fn rest_answers_put_members_where_they_belong() {
        let model = entry("cloudfront").unwrap().model();
        let value = json!({"ETag": "E1", "Distribution": {"Id": "E2"}});
        let wire = success(model, model.protocol, "GetDistribution", &value, "id");
        assert_eq!(wire.headers.get("ETag"), Some("E1"));
        let text = String::from_utf8(wire.body).unwrap();
        assert!(text.contains("<Id>E2</Id>") && !text.contains("E1"), "{text}");
        let text = body("s3", "ListObjectsV2", &json!({"Name": "b", "Contents": [{"Key": "a"}]}));
        assert!(text.contains("<ListBucketResult"), "{text}");
        assert!(text.contains("<Contents><Key>a</Key></Contents>"), "{text}");
    }

    #[test]
    fn refusals_have_each_protocols_form() {
        let error = ApiError::new("RuleNotFound", 400, "One or more rules not found");
        let text = |service: &str| {
            let model = entry(service).unwrap().model();
            String::from_utf8(refusal(Some((service, model, model.protocol)), &error, "id").body)
                .unwrap()
        };
        assert!(text("elbv2").contains("<Type>Sender</Type><Code>RuleNotFound</Code>"));
        assert!(text("ec2").contains("<Response><Errors><Error><Code>RuleNotFound</Code>"));
        assert!(text("s3").contains("<Error><Code>RuleNotFound</Code>"));
        assert!(text("ecs").contains("\"__type\":\"RuleNotFound\""));
    }
}
