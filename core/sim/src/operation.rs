//! Planned operations of a drill in the terms of both worlds: inputs with the physical ids of this
//! stack and the moments of this story, and the input of `UpdateStack`.

use std::collections::BTreeMap;

use standin_kernel::fault::parse_duration;
use standin_kernel::{Time, Value, json};

use crate::drill::{Operation, parameter_text};

/// `input` with every `{"Ref": "LogicalId"}` replaced by what `physical_id` gives for it; the
/// logical id of the first that is unknown otherwise.
pub fn resolved(input: &Value, physical_id: &BTreeMap<String, String>) -> Result<Value, String> {
    match input {
        Value::Object(members) => {
            if let Some(logical_id) = reference(input) {
                let found = physical_id.get(logical_id);
                return found.map(|id| json!(id)).ok_or_else(|| logical_id.to_owned());
            }
            let members = members
                .iter()
                .map(|(name, value)| Ok((name.clone(), resolved(value, physical_id)?)));
            members.collect::<Result<_, String>>().map(Value::Object)
        }
        Value::Array(items) => {
            let items = items.iter().map(|item| resolved(item, physical_id));
            items.collect::<Result<_, String>>().map(Value::Array)
        }
        other => Ok(other.clone()),
    }
}

/// `input` with `{"Drill::Time": "40s"}` as that moment of the story (`2026-11-24T11:00:40Z`, whole
/// seconds) and `{"Drill::Json": ..}` as the text of that document. `begin_s`: when the story
/// began, in seconds since 1970.
pub fn written(input: &Value, begin_s: u64) -> Result<Value, String> {
    let Value::Object(members) = input else {
        return match input {
            Value::Array(items) => {
                let items = items.iter().map(|item| written(item, begin_s));
                items.collect::<Result<_, _>>().map(Value::Array)
            }
            other => Ok(other.clone()),
        };
    };
    if let Some(value) = members.get(TIME) {
        let text = value.as_str().unwrap_or_default();
        let after = parse_duration(text);
        let after = after.ok_or_else(|| format!("{TIME}: {value} is no length of time"))?;
        let moment = (Time::from_seconds(begin_s) + after).iso8601();
        let whole = moment.split('.').next().unwrap_or_default();
        return Ok(json!(format!("{whole}Z")));
    }
    if let Some(document) = members.get(JSON) {
        return Ok(json!(written(document, begin_s)?.to_string()));
    }
    let members = members.iter().map(|(name, value)| Ok((name.clone(), written(value, begin_s)?)));
    members.collect::<Result<_, String>>().map(Value::Object)
}

const TIME: &str = "Drill::Time";
const JSON: &str = "Drill::Json";

/// The logical ids an input names.
pub fn references(input: &Value) -> Vec<&str> {
    match input {
        Value::Object(members) => match reference(input) {
            Some(logical_id) => vec![logical_id],
            None => members.values().flat_map(references).collect(),
        },
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

fn reference(value: &Value) -> Option<&str> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.get("Ref")?.as_str()
}

/// The input of `UpdateStack` that changes these parameters and nothing else. `stack`: the stack as
/// `DescribeStacks` shows it.
pub fn update_input(stack: &Value, parameters: &BTreeMap<String, Value>) -> Value {
    let mut list: Vec<Value> = parameters
        .iter()
        .map(|(key, value)| json!({"ParameterKey": key, "ParameterValue": parameter_text(value)}))
        .collect();
    for parameter in stack["Parameters"].as_array().into_iter().flatten() {
        let key = &parameter["ParameterKey"];
        if key.as_str().is_some_and(|key| !parameters.contains_key(key)) {
            list.push(json!({"ParameterKey": key, "UsePreviousValue": true}));
        }
    }
    json!({
        "StackName": stack["StackName"],
        "UsePreviousTemplate": true,
        "Parameters": list,
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
    })
}

/// An operation in a few words.
pub fn words(operation: &Operation) -> String {
    match operation {
        Operation::Call { service, operation, .. } => format!("{service} {operation}"),
        Operation::UpdateStack { parameters } => {
            let list: Vec<String> = parameters
                .iter()
                .map(|(name, value)| format!("{name}={}", parameter_text(value)))
                .collect();
            format!("update-stack {}", list.join(" "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_the_story_and_documents_become_texts() {
        let window = json!({"from": {"Drill::Time": "20s"}, "n": [1]});
        let input = json!({"Name": "w", "Value": {"Drill::Json": window}});
        let expected = r#"{"from":"2026-11-24T11:00:20Z","n":[1]}"#;
        let written = written(&input, 1_795_518_000).unwrap();
        assert_eq!(written, json!({"Name": "w", "Value": expected}));
        let wrong = super::written(&json!({"Drill::Time": "soon"}), 0).unwrap_err();
        assert!(wrong.contains("no length of time"), "{wrong}");
    }

    #[test]
    fn references_become_physical_ids() {
        let input = json!({"service": {"Ref": "Service"}, "list": [{"Ref": "Other"}], "n": 1});
        assert_eq!(references(&input), ["Other", "Service"]);
        let mut known = BTreeMap::from([("Service".to_owned(), "arn:s".to_owned())]);
        assert_eq!(resolved(&input, &known), Err("Other".to_owned()));
        known.insert("Other".into(), "o".into());
        let expected = json!({"service": "arn:s", "list": ["o"], "n": 1});
        assert_eq!(resolved(&input, &known), Ok(expected));
    }

    #[test]
    fn an_update_keeps_the_parameters_it_does_not_name() {
        let stack = json!({"StackName": "s", "Parameters": [
            {"ParameterKey": "Count", "ParameterValue": "1"},
            {"ParameterKey": "Size", "ParameterValue": "small"},
        ]});
        let input = update_input(&stack, &BTreeMap::from([("Count".to_owned(), json!(2))]));
        let expected = json!([
            {"ParameterKey": "Count", "ParameterValue": "2"},
            {"ParameterKey": "Size", "UsePreviousValue": true},
        ]);
        assert_eq!(input["Parameters"], expected);
        assert_eq!(input["UsePreviousTemplate"], true);
    }
}
