//! The query protocols: an operation and its document as form fields (`Filters.member.1.Name=x`).

use std::collections::BTreeMap;

use standin_kernel::{ApiError, Value, json};

use crate::model::{Model, Protocol, Shape};
use crate::text;

/// Form fields, decoded, in a tree along the dots of their names.
#[derive(Debug, Default)]
struct Field {
    value: Option<String>,
    below: BTreeMap<String, Self>,
}

/// How deep names may go; real ones have a dozen parts.
const DEPTH_MAX: usize = 40;

/// `a=b&c=d`, percent-decoded.
pub fn pairs(body: &str) -> Vec<(String, String)> {
    body.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (text::unescape_form(name), text::unescape_form(value))
        })
        .collect()
}

/// The document of an operation's input.
pub fn input(
    model: &Model,
    shape: Option<&str>,
    fields: &[(String, String)],
) -> Result<Value, ApiError> {
    let mut root = Field::default();
    for (name, value) in fields {
        if matches!(name.as_str(), "Action" | "Version") {
            continue;
        }
        let parts: Vec<&str> = name.split('.').collect();
        if parts.len() > DEPTH_MAX {
            return Err(ApiError::new("MalformedInput", 400, "a field's name is too deep"));
        }
        let mut at = &mut root;
        for part in parts {
            at = at.below.entry(part.to_owned()).or_default();
        }
        at.value = Some(value.clone());
    }
    let Some(shape) = shape else { return Ok(json!({})) };
    read(model, shape, &root, "").map(|value| value.unwrap_or_else(|| json!({})))
}

fn read(model: &Model, shape: &str, field: &Field, at: &str) -> Result<Option<Value>, ApiError> {
    match model.shape(shape) {
        Shape::Structure { members, .. } => {
            let mut map = serde_json::Map::new();
            let mut known = Vec::new();
            for member in members {
                let name = wire_name(model, member.wire.as_deref(), &member.name);
                if let Some(below) = field.below.get(&name) {
                    let path = join(at, &name);
                    if let Some(value) = read_member(model, &member.shape, below, &path)? {
                        map.insert(member.name.clone(), value);
                    }
                }
                known.push(name);
            }
            if let Some(unknown) = field.below.keys().find(|name| !known.contains(name)) {
                let message = format!("Unknown parameter: {}", join(at, unknown));
                return Err(ApiError::new("ValidationError", 400, message));
            }
            Ok(Some(Value::Object(map)))
        }
        _ => read_member(model, shape, field, at),
    }
}

fn read_member(
    model: &Model,
    shape: &str,
    field: &Field,
    at: &str,
) -> Result<Option<Value>, ApiError> {
    match model.shape(shape) {
        Shape::Structure { .. } => read(model, shape, field, at),
        Shape::List { of, element, flat } => {
            let element = element.as_deref().unwrap_or("member");
            let flat = *flat || model.protocol == Protocol::Ec2;
            let items = if flat { Some(field) } else { field.below.get(element) };
            // `List=` alone is an empty list.
            let Some(items) = items else {
                return Ok((field.below.is_empty()).then(|| json!([])));
            };
            let mut numbered: Vec<(u32, &Field)> = items
                .below
                .iter()
                .filter_map(|(number, item)| Some((number.parse().ok()?, item)))
                .collect();
            numbered.sort_by_key(|(number, _)| *number);
            let mut list = Vec::new();
            for (number, item) in numbered {
                let path = format!("{at}.{number}");
                list.extend(read_member(model, of, item, &path)?);
            }
            Ok(Some(Value::Array(list)))
        }
        Shape::Map { value, flat, .. } => {
            let entries = if *flat { Some(field) } else { field.below.get("entry") };
            let mut map = serde_json::Map::new();
            for item in entries.into_iter().flat_map(|entries| entries.below.values()) {
                let key = item.below.get("key").and_then(|key| key.value.clone());
                if let (Some(key), Some(below)) = (key, item.below.get("value"))
                    && let Some(value) = read_member(model, value, below, at)?
                {
                    map.insert(key, value);
                }
            }
            Ok(Some(Value::Object(map)))
        }
        scalar => match &field.value {
            Some(given) => text::scalar(scalar, given, at).map(Some),
            None => Ok(None),
        },
    }
}

/// EC2 writes the names of its fields with a capital letter.
fn wire_name(model: &Model, wire: Option<&str>, name: &str) -> String {
    let wire = wire.unwrap_or(name);
    if model.protocol != Protocol::Ec2 {
        return wire.to_owned();
    }
    let mut letters = wire.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn join(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::entry;

    fn read_as(service: &str, operation: &str, body: &str) -> Result<Value, ApiError> {
        let model = entry(service).unwrap().model();
        input(model, model.operations[operation].input.as_deref(), &pairs(body))
    }

    #[test]
    fn lists_numbers_and_truths_are_read_by_their_shapes() {
        let body = "Action=CreateRule&Version=2015-12-01&ListenerArn=arn%3Aa&Priority=10\
                    &Conditions.member.1.Field=path-pattern\
                    &Conditions.member.1.PathPatternConfig.Values.member.1=%2Fa%2F*\
                    &Conditions.member.1.PathPatternConfig.Values.member.2=%2Fb\
                    &Actions.member.1.Type=forward&Actions.member.1.TargetGroupArn=arn";
        assert_eq!(
            read_as("elbv2", "CreateRule", body).unwrap(),
            json!({
                "ListenerArn": "arn:a", "Priority": 10,
                "Conditions": [{"Field": "path-pattern",
                    "PathPatternConfig": {"Values": ["/a/*", "/b"]}}],
                "Actions": [{"Type": "forward", "TargetGroupArn": "arn"}],
            })
        );
    }

    #[test]
    fn ec2_counts_its_lists_without_a_word_between() {
        let body = "Action=DescribeVpcs&VpcId.1=vpc-1&VpcId.2=vpc-2&Filter.1.Name=state\
                    &Filter.1.Value.1=available";
        assert_eq!(
            read_as("ec2", "DescribeVpcs", body).unwrap(),
            json!({
                "VpcIds": ["vpc-1", "vpc-2"],
                "Filters": [{"Name": "state", "Values": ["available"]}],
            })
        );
    }

    #[test]
    fn what_no_shape_names_is_refused() {
        let wrong = read_as("elbv2", "DescribeRules", "Nonsense=1").unwrap_err();
        assert_eq!(wrong.message, "Unknown parameter: Nonsense");
        let wrong = read_as("elbv2", "CreateRule", "Priority=ten").unwrap_err();
        assert!(wrong.message.contains("Priority"), "{wrong}");
        let deep = format!("{}=1", "a.".repeat(100));
        assert_eq!(read_as("elbv2", "CreateRule", &deep).unwrap_err().code, "MalformedInput");
    }
}
