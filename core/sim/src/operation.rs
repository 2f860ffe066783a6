//! Planned operations of a drill in the terms of both worlds: inputs with the physical ids of this
//! stack, and the input of `UpdateStack`.

use std::collections::BTreeMap;

use standin_kernel::{Value, json};

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
