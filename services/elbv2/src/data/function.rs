//! A target that is a Lambda function: the event it is given, and the answer its result stands for
//! (ALB-LA-01 to ALB-LA-07).

use std::collections::BTreeMap;

use serde_json::Map;
use standin_kernel::{
    ApiError, Bytes, Cx, ExchangeId, Headers, Out, RequestHead, ServiceName, Value, base64, json,
};

use super::Balancer;
use crate::config::TargetGroup;

/// As whom a load balancer invokes (ALB-LA-05).
pub(crate) const PRINCIPAL: &str = "elasticloadbalancing.amazonaws.com";
/// Largest body of a request, and largest result, in bytes (ALB-LA-04).
const BYTES_MAX: usize = 1024 * 1024;
/// Tickets of calls for clients begin here, those of checks below; all others are small numbers.
const FOR_CLIENTS: u64 = 1 << 63;
pub(super) const FOR_CHECKS: u64 = 1 << 62;

/// Whether a call with this ticket invokes a target.
pub(crate) const fn is_function_call(ticket: u64) -> bool {
    ticket >= FOR_CHECKS
}

/// Requests on their way to functions.
#[derive(Clone, Debug, Default)]
pub(crate) struct FunctionCalls {
    /// Those whose bodies are on their way, as the function will read them.
    heads: BTreeMap<ExchangeId, RequestHead>,
    /// Those the function works on, by ticket.
    under_way: BTreeMap<u64, ExchangeId>,
    last: u64,
}

impl FunctionCalls {
    /// The exchange is over, or answered already.
    pub(super) fn forget(&mut self, exchange: ExchangeId) {
        self.heads.remove(&exchange);
    }
}

/// Invokes a target.
pub(super) fn invoke(
    cx: &mut Cx<'_>,
    ticket: u64,
    group: &TargetGroup,
    function: &str,
    event: &Value,
) {
    let input = json!({
        "FunctionName": function,
        "Payload": event.to_string(),
        "Standin": {"Principal": PRINCIPAL, "SourceArn": &*group.arn},
    });
    cx.call(ticket, ServiceName::Lambda, "Invoke", input);
}

impl Balancer {
    /// A function is asked, once the whole body is here.
    pub(super) fn ask_function(&mut self, cx: &mut Cx<'_>, id: ExchangeId, head: RequestHead) {
        let upgrade = head.headers.get("Upgrade").unwrap_or_default();
        if upgrade.eq_ignore_ascii_case("websocket") {
            let says = || ("a function takes no WebSocket".to_owned(), "ALB-WS-02");
            return self.error(cx, id, 400, says);
        }
        self.functions.heads.insert(id, head);
        cx.emit(Out::Collect { exchange: id, limit_bytes: BYTES_MAX as u64 });
    }

    /// The body of a request has come; `None`: it is too large.
    pub(crate) fn collected(&mut self, cx: &mut Cx<'_>, id: ExchangeId, body: Option<Bytes>) {
        let Some(head) = self.functions.heads.remove(&id) else { return };
        let Some(body) = body else {
            let says = || ("the request's body is larger than 1 MB".to_owned(), "ALB-ER-08");
            return self.error(cx, id, 413, says);
        };
        let Some(open) = self.exchanges.get(&id) else { return };
        self.functions.last += 1;
        let ticket = FOR_CLIENTS | self.functions.last;
        self.functions.under_way.insert(ticket, id);
        let event = event(&open.settings, &head, &body);
        invoke(cx, ticket, &open.settings, &open.link, &event);
    }

    /// The exchange a call is about.
    pub(crate) fn concerns(&self, ticket: u64) -> Option<ExchangeId> {
        self.functions.under_way.get(&ticket).copied()
    }

    /// What came of an invocation.
    pub(crate) fn replied(&mut self, cx: &mut Cx<'_>, ticket: u64, reply: Result<Value, ApiError>) {
        if ticket < FOR_CLIENTS {
            return self.groups.check_replied(cx, ticket, reply);
        }
        let Some(id) = self.functions.under_way.remove(&ticket) else { return };
        let Some(open) = self.exchanges.get(&id) else { return };
        match answer(&open.settings, reply) {
            Err(why) => self.error(cx, id, 502, || (why, "ALB-LA-04")),
            Ok(Answer { status, headers, body }) => {
                let own = open.own(self.date.at(cx.now));
                let mut head = own.head(status);
                for (name, value) in headers.iter() {
                    match name {
                        // The function's own takes the place of the load balancer's.
                        _ if name.eq_ignore_ascii_case("Server") => head.headers.set(name, value),
                        _ if name.eq_ignore_ascii_case("Date") => head.headers.set(name, value),
                        _ => head.headers.append(name, value),
                    }
                }
                let response = own.whole(head, body);
                self.answered(cx, id, response);
            }
        }
    }
}

/// What a function is given.
pub(super) fn event(group: &TargetGroup, head: &RequestHead, body: &Bytes) -> Value {
    let query = head.query().unwrap_or_default();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let parameters = pairs.map(|pair| {
        // As they were sent: nothing is unescaped.
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (name.to_owned(), value.to_owned())
    });
    let headers = head.headers.iter().map(|(name, value)| {
        (name.to_ascii_lowercase(), String::from_utf8_lossy(value).into_owned())
    });
    let text = std::str::from_utf8(body).ok().filter(|_| body.is_empty() || is_text(&head.headers));
    let mut event = json!({
        "requestContext": {"elb": {"targetGroupArn": &*group.arn}},
        "httpMethod": head.method.as_str(),
        "path": head.path(),
        "body": text.map_or_else(|| base64::encode(body), str::to_owned),
        "isBase64Encoded": text.is_none(),
    });
    // ALB-LA-02
    if group.attributes.multi_value_headers {
        event["multiValueHeaders"] = all_values(headers);
        event["multiValueQueryStringParameters"] = all_values(parameters);
    } else {
        event["headers"] = headers.collect::<BTreeMap<String, String>>().into_iter().collect();
        event["queryStringParameters"] =
            parameters.collect::<BTreeMap<String, String>>().into_iter().collect();
    }
    event
}

fn all_values(pairs: impl Iterator<Item = (String, String)>) -> Value {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in pairs {
        all.entry(name).or_default().push(value);
    }
    json!(all)
}

/// Whether a body is given as it is; any other is in base64 (ALB-LA-03).
fn is_text(headers: &Headers) -> bool {
    let kind = headers.get("Content-Type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let plain = ["application/json", "application/javascript", "application/xml"];
    !headers.contains("Content-Encoding")
        && (kind.starts_with("text/") || plain.contains(&kind.as_str()))
}

/// What a function's result stands for.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    headers: Headers,
    body: Bytes,
}

/// Reads the reply to an invocation; an error says why the client gets a 502 (ALB-LA-04,
/// ALB-LA-07).
pub(super) fn answer(
    group: &TargetGroup,
    reply: Result<Value, ApiError>,
) -> Result<Answer, String> {
    let reply = reply.map_err(|error| format!("Lambda refused: {}", error.message))?;
    if reply["FunctionError"].is_string() {
        return Err("the function failed".into());
    }
    let payload = reply["Payload"].as_str().unwrap_or_default();
    if payload.len() > BYTES_MAX {
        return Err("the function's result is larger than 1 MB".into());
    }
    let result: Map<String, Value> = serde_json::from_str(payload)
        .map_err(|_| "the function's result is not an object".to_owned())?;
    let status = result.get("statusCode").and_then(Value::as_u64);
    let status = status.and_then(|status| u16::try_from(status).ok());
    let status = status
        .filter(|status| (200..=599).contains(status))
        .ok_or("the function's result has no statusCode from 200 to 599")?;
    let wrong = |name: &str| format!("{name} in the function's result has the wrong type");
    if result.get("statusDescription").is_some_and(|description| !description.is_string()) {
        return Err(wrong("statusDescription"));
    }
    let name = match group.attributes.multi_value_headers {
        true => "multiValueHeaders",
        false => "headers",
    };
    let mut headers = Headers::new();
    if let Some(given) = result.get(name) {
        for (header, value) in given.as_object().ok_or_else(|| wrong(name))? {
            let values = match value {
                Value::Array(values) if group.attributes.multi_value_headers => values.as_slice(),
                value => std::slice::from_ref(value),
            };
            for value in values {
                headers.append(header, value.as_str().ok_or_else(|| wrong(name))?);
            }
        }
    }
    if !headers.contains("Content-Type") {
        headers.append("Content-Type", "application/octet-stream");
    }
    let encoded = match result.get("isBase64Encoded") {
        None => false,
        Some(value) => value.as_bool().ok_or_else(|| wrong("isBase64Encoded"))?,
    };
    let body = match result.get("body") {
        None | Some(Value::Null) => Bytes::new(),
        Some(Value::String(text)) if encoded => {
            let decoded = base64::decode(text).ok_or("the function's body is not base64")?;
            decoded.into()
        }
        Some(Value::String(text)) => text.clone().into(),
        Some(_) => return Err(wrong("body")),
    };
    Ok(Answer { status, headers, body })
}
