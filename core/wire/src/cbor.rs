//! Smithy's RPC v2 protocol, which SDKs speak with CloudWatch: documents as CBOR, by their shapes.

use ciborium::Value as Cbor;
use standin_kernel::{ApiError, RequestHead, Value, json};

use crate::model::{Member, Model, Shape};

/// The header that announces the protocol, and its value.
pub const HEADER: (&str, &str) = ("smithy-protocol", "rpc-v2-cbor");
pub const CONTENT_TYPE: &str = "application/cbor";

/// Tag of a moment in seconds since 1970 (RFC 8949, 3.4.2).
const EPOCH: u64 = 1;

/// Target and operation of `/service/TARGET/operation/NAME`.
pub fn path(head: &RequestHead) -> Option<(&str, &str)> {
    if !head.headers.get(HEADER.0).is_some_and(|protocol| protocol.eq_ignore_ascii_case(HEADER.1)) {
        return None;
    }
    let rest = head.path().strip_prefix("/service/")?;
    rest.split_once("/operation/")
}

fn wrong(what: impl std::fmt::Display) -> ApiError {
    ApiError::new("SerializationException", 400, what.to_string())
}

/// The document of a request body; an empty body is an empty document.
pub fn input(model: &Model, shape: Option<&str>, body: &[u8]) -> Result<Value, ApiError> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    let read: Cbor = ciborium::from_reader(body).map_err(wrong)?;
    match shape {
        None => Ok(json!({})),
        Some(shape) if read.is_map() => value(model, shape, read, ""),
        Some(_) => Err(wrong("the body is not a map")),
    }
}

fn value(model: &Model, shape: &str, read: Cbor, at: &str) -> Result<Value, ApiError> {
    let form = || wrong(format!("{at} does not have the right form"));
    match (model.shape(shape), read) {
        (_, Cbor::Null) => Ok(Value::Null),
        (Shape::Structure { members, .. }, Cbor::Map(entries)) => {
            let mut map = serde_json::Map::new();
            for (name, below) in entries {
                let name = name.into_text().map_err(|_| form())?;
                let known = members.iter().find(|member| member.name == name);
                // What is not known is refused by the operation, by its name.
                let shape = known.map_or("", |member| &member.shape);
                let below = value(model, shape, below, &name)?;
                if !below.is_null() {
                    map.insert(name, below);
                }
            }
            Ok(Value::Object(map))
        }
        (Shape::List { of, .. }, Cbor::Array(items)) => {
            let items = items.into_iter().map(|item| value(model, of, item, at));
            items.collect::<Result<Vec<_>, _>>().map(Value::Array)
        }
        (Shape::Map { value: of, .. }, Cbor::Map(entries)) => {
            let mut map = serde_json::Map::new();
            for (name, below) in entries {
                map.insert(name.into_text().map_err(|_| form())?, value(model, of, below, at)?);
            }
            Ok(Value::Object(map))
        }
        (_, Cbor::Text(text)) => Ok(json!(text)),
        (_, Cbor::Bool(truth)) => Ok(json!(truth)),
        (_, Cbor::Float(number)) => Ok(json!(number)),
        (_, Cbor::Integer(number)) => i64::try_from(number).map(|n| json!(n)).map_err(|_| form()),
        (_, Cbor::Tag(EPOCH, moment)) => value(model, "", *moment, at),
        _ => Err(form()),
    }
}

/// The body of an answer.
pub fn output(model: &Model, shape: Option<&str>, value: &Value) -> Vec<u8> {
    let document = match shape {
        Some(shape) if value.is_object() => written(model, shape, value),
        _ => Cbor::Map(Vec::new()),
    };
    bytes(&document)
}

/// A refusal's body: its code and its message.
pub(crate) fn refusal(error: &ApiError) -> Vec<u8> {
    let entry = |name: &str, text: &str| (Cbor::from(name), Cbor::from(text));
    bytes(&Cbor::Map(vec![entry("__type", &error.code), entry("message", &error.message)]))
}

fn bytes(document: &Cbor) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing to memory does not fail.
    let _ = ciborium::into_writer(document, &mut bytes);
    bytes
}

fn written(model: &Model, shape: &str, value: &Value) -> Cbor {
    match (model.shape(shape), value) {
        (Shape::Structure { members, .. }, Value::Object(map)) => {
            let given = |member: &Member| {
                let value = map.get(&member.name).filter(|value| !value.is_null())?;
                Some((Cbor::from(&*member.name), written(model, &member.shape, value)))
            };
            Cbor::Map(members.iter().filter_map(given).collect())
        }
        (Shape::List { of, .. }, Value::Array(items)) => {
            Cbor::Array(items.iter().map(|item| written(model, of, item)).collect())
        }
        (Shape::Map { value: of, .. }, Value::Object(map)) => {
            let entry =
                |(name, value): (&String, &Value)| (Cbor::from(&**name), written(model, of, value));
            Cbor::Map(map.iter().map(entry).collect())
        }
        (Shape::Time, Value::String(text)) => match text.parse::<jiff::Timestamp>() {
            Ok(moment) => epoch(moment.as_duration().as_secs_f64()),
            Err(_) => Cbor::from(&**text),
        },
        (Shape::Time, Value::Number(seconds)) => epoch(seconds.as_f64().unwrap_or_default()),
        (Shape::Number, Value::Number(number)) => Cbor::Float(number.as_f64().unwrap_or_default()),
        (_, Value::Number(number)) => match number.as_i64() {
            Some(number) => Cbor::Integer(number.into()),
            None => Cbor::Float(number.as_f64().unwrap_or_default()),
        },
        (_, Value::String(text)) => Cbor::from(&**text),
        (_, Value::Bool(truth)) => Cbor::Bool(*truth),
        // A service's answer has its shape's form; what has not is not said.
        _ => Cbor::Null,
    }
}

fn epoch(seconds: f64) -> Cbor {
    Cbor::Tag(EPOCH, Box::new(Cbor::Float(seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::entry;

    fn model() -> &'static Model {
        entry("cloudwatch").unwrap().model()
    }

    #[test]
    fn a_document_reads_back_as_it_was_written() {
        let value = json!({
            "AlarmName": "late", "Threshold": 1.5, "EvaluationPeriods": 3, "ActionsEnabled": true,
            "Dimensions": [{"Name": "LoadBalancer", "Value": "app/x"}],
        });
        let body = output(model(), Some("PutMetricAlarmInput"), &value);
        assert_eq!(input(model(), Some("PutMetricAlarmInput"), &body).unwrap(), value);
        assert_eq!(input(model(), Some("PutMetricAlarmInput"), b"").unwrap(), json!({}));
        let unknown = bytes(&Cbor::Map(vec![("What".into(), 1.into())]));
        let read = input(model(), Some("PutMetricAlarmInput"), &unknown).unwrap();
        assert_eq!(read, json!({"What": 1}));
    }

    #[test]
    fn moments_are_tagged_and_numbers_are_floats_where_the_shape_says_so() {
        let value = json!({"MetricAlarms": [{
            "Threshold": 1, "Period": 60, "StateUpdatedTimestamp": "2026-11-24T08:30:00.500Z",
        }]});
        let body = output(model(), Some("DescribeAlarmsOutput"), &value);
        let read: Cbor = ciborium::from_reader(&*body).unwrap();
        let text = format!("{read:?}");
        assert!(text.contains("Tag(1, Float(1795509000.5))"), "{text}");
        assert!(text.contains("Float(1.0)") && text.contains("Integer(60)"), "{text}");
    }

    #[test]
    fn what_is_no_document_is_refused() {
        for body in [&b"\xff"[..], b"\x01", b"{}"] {
            let refused = input(model(), Some("PutMetricAlarmInput"), body).unwrap_err();
            assert_eq!(refused.code, "SerializationException");
        }
        let deep = [0x81; 100_000];
        assert!(input(model(), Some("PutMetricAlarmInput"), &deep).is_err());
    }
}
