//! Which service and operation a request on the endpoint means, as AWS tells them apart: the scope
//! of the signature, the target header, the action of a form, the path; and which protocol it
//! speaks.

use standin_kernel::{ApiError, RequestHead};

use crate::model::{ENTRIES, Entry, Model, Protocol, entry};
use crate::{cbor, form, rest, text};

/// The protocol a request to this service speaks: its own, or one of those that newer SDKs use.
pub fn protocol(model: &Model, head: &RequestHead) -> Protocol {
    if cbor::path(head).is_some() {
        Protocol::Cbor
    } else if model.protocol == Protocol::Query && head.headers.contains("X-Amz-Target") {
        Protocol::Json
    } else {
        model.protocol
    }
}

/// The service a request is for.
pub fn service(head: &RequestHead, body: &[u8]) -> Option<&'static Entry> {
    if let Some(scope) = signing_name(head) {
        // A service that is not here is nobody's: its paths would read as S3's.
        return ENTRIES.iter().find(|entry| entry.model().signing == scope);
    }
    let target = head.headers.get("X-Amz-Target");
    let prefix = target.map(|target| target.split('.').next().unwrap_or(""));
    if let Some(prefix) = prefix.or_else(|| cbor::path(head).map(|(target, _)| target)) {
        return ENTRIES.iter().find(|entry| entry.model().target.as_deref() == Some(prefix));
    }
    if head.path().starts_with("/2020-05-31/") {
        return entry("cloudfront");
    }
    if head.path().starts_with("/key-value-stores/") {
        return entry("cloudfront-keyvaluestore");
    }
    if head.path().starts_with("/2013-04-01/") {
        return entry("route53");
    }
    let fields = form::pairs(std::str::from_utf8(body).unwrap_or(""));
    let field = |name: &str| fields.iter().find(|(have, _)| have == name).map(|(_, value)| value);
    if let (Some(action), Some(version)) = (field("Action"), field("Version")) {
        return ENTRIES.iter().find(|entry| {
            let model = entry.model();
            model.version == *version && model.operations.contains_key(action)
        });
    }
    // Whatever carries no mark of another service is S3's.
    entry("s3")
}

/// `s3` of `Authorization: AWS4-HMAC-SHA256 Credential=AKID/20261124/region/s3/aws4_request, ...`,
/// or of a presigned URL.
fn signing_name(head: &RequestHead) -> Option<String> {
    let from_header = head.headers.get("Authorization").and_then(|header| {
        header.split("Credential=").nth(1)?.split([',', ' ']).next().map(str::to_owned)
    });
    let credential = from_header.or_else(|| {
        let query = form::pairs(head.query()?);
        query.into_iter().find(|(name, _)| name == "X-Amz-Credential").map(|(_, value)| value)
    })?;
    let credential = text::unescape(&credential);
    credential.rsplit('/').nth(1).map(str::to_owned)
}

/// The operation's name.
pub fn operation(
    entry: &'static Entry,
    head: &RequestHead,
    body: &[u8],
) -> Result<String, ApiError> {
    let model = entry.model();
    let unknown = |name: &str| {
        let message = format!("{}:{name} is not supported by Standin", entry.name);
        ApiError::new("InvalidAction", 400, message)
    };
    let name = match protocol(model, head) {
        Protocol::Cbor => cbor::path(head).map_or("", |(_, name)| name).to_owned(),
        Protocol::Json => {
            let target = head.headers.get("X-Amz-Target").unwrap_or("");
            target.split_once('.').map_or("", |(_, name)| name).to_owned()
        }
        Protocol::Query | Protocol::Ec2 => {
            let mut fields = form::pairs(std::str::from_utf8(body).unwrap_or(""));
            fields.extend(form::pairs(head.query().unwrap_or("")));
            let action = fields.into_iter().find(|(name, _)| name == "Action");
            action.map(|(_, value)| value).unwrap_or_default()
        }
        Protocol::RestXml | Protocol::RestJson => match rest::route(model, head) {
            Some(route) => {
                if let Some(word) = rest::unknown_word(model, &route, head) {
                    let message = format!(
                        "A parameter you provided implies functionality that is not implemented: \
                         {word}"
                    );
                    return Err(ApiError::new("NotImplemented", 501, message));
                }
                route.operation.to_owned()
            }
            None => return Err(unknown(&format!("{} {}", head.method.as_str(), head.path()))),
        },
    };
    if model.operations.contains_key(&name) { Ok(name) } else { Err(unknown(&name)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use standin_kernel::Method;

    fn asked(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> String {
        let mut head = RequestHead::get("127.0.0.1:4566", target);
        head.method = Method::parse(method);
        for (name, value) in headers {
            head.headers.append(name, value);
        }
        match service(&head, body.as_bytes()) {
            None => "none".into(),
            Some(entry) => match operation(entry, &head, body.as_bytes()) {
                Ok(operation) => format!("{} {operation}", entry.name),
                Err(refused) => refused.message,
            },
        }
    }

    #[test]
    fn services_are_told_apart_as_on_aws() {
        let signed = |service: &str| {
            format!(
                "AWS4-HMAC-SHA256 Credential=AKID/20261124/ap-northeast-1/{service}/aws4_request, \
                 SignedHeaders=host, Signature=0"
            )
        };
        let form = "Action=DescribeRules&Version=2015-12-01";
        let header = signed("elasticloadbalancing");
        let headers = [("Authorization", header.as_str())];
        assert_eq!(asked("POST", "/", &headers, form), "elbv2 DescribeRules");
        assert_eq!(asked("POST", "/", &[], form), "elbv2 DescribeRules");
        let target = [("X-Amz-Target", "AmazonEC2ContainerServiceV20141113.ListTasks")];
        assert_eq!(asked("POST", "/", &target, "{}"), "ecs ListTasks");
        let cbor = [("smithy-protocol", "rpc-v2-cbor")];
        let path = "/service/GraniteServiceVersion20100801/operation/DescribeAlarms";
        assert_eq!(asked("POST", path, &cbor, ""), "cloudwatch DescribeAlarms");
        let target = [("X-Amz-Target", "GraniteServiceVersion20100801.DescribeAlarms")];
        assert_eq!(asked("POST", "/", &target, "{}"), "cloudwatch DescribeAlarms");
        assert_eq!(
            asked("GET", "/2020-05-31/distribution", &[], ""),
            "cloudfront ListDistributions"
        );
        let store = "/key-value-stores/arn%3Aaws%3Acloudfront%3A%3A1%3Akey-value-store%2Fx/keys/a";
        assert_eq!(asked("GET", store, &[], ""), "cloudfront-keyvaluestore GetKey");
        assert_eq!(asked("GET", "/pages/key", &[], ""), "s3 GetObject");
        let presigned = "/pages/key?X-Amz-Credential=AKID%2F20261124%2Fr%2Fs3%2Faws4_request";
        assert_eq!(asked("GET", presigned, &[], ""), "s3 GetObject");
        let lambda = signed("lambda");
        let lambda = [("Authorization", lambda.as_str())];
        assert_eq!(asked("GET", "/2015-03-31/functions", &lambda, ""), "lambda ListFunctions");
        let unknown = signed("sqs");
        let unknown = [("Authorization", unknown.as_str())];
        assert_eq!(asked("GET", "/queues", &unknown, ""), "none");
        let unknown = "Action=BuyLunch&Version=2015-12-01";
        assert!(asked("POST", "/", &headers, unknown).contains("elbv2:BuyLunch is not supported"));
    }
}
