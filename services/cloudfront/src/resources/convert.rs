//! From CloudFormation's shapes to the API's: plain lists become `{Quantity, Items}`.

use serde_json::Map;
use standin_kernel::{Value, json};

/// Every list in a value, at any depth, gets its quantity beside it.
pub(super) fn quantified(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let items: Vec<Value> = items.iter().map(quantified).collect();
            json!({"Quantity": items.len(), "Items": items})
        }
        Value::Object(members) => {
            let mut converted = Map::new();
            for (name, member) in members {
                match (name.as_str(), member) {
                    // Some lists come in an object already, with or without their quantity.
                    ("Items", Value::Array(items)) => {
                        converted.insert("Quantity".into(), json!(items.len()));
                        let items = items.iter().map(quantified).collect();
                        converted.insert("Items".into(), Value::Array(items));
                    }
                    ("Quantity", _) if members.contains_key("Items") => {}
                    _ => {
                        converted.insert(name.clone(), quantified(member));
                    }
                }
            }
            Value::Object(converted)
        }
        scalar => scalar.clone(),
    }
}

/// Gives a member another name.
pub(super) fn rename(object: &mut Value, from: &str, to: &str) {
    if let Some(members) = object.as_object_mut()
        && let Some(member) = members.remove(from)
    {
        members.insert(to.to_owned(), member);
    }
}

/// Takes a member out.
pub(super) fn take(object: &mut Value, name: &str) -> Option<Value> {
    object.as_object_mut()?.remove(name)
}

/// Sets a member that is not there.
pub(super) fn default(object: &mut Value, name: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.entry(name).or_insert(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_get_their_quantity_once() {
        let value = json!({
            "Headers": ["A", "B"],
            "Inner": {"Items": [{"Names": []}], "Quantity": 1},
            "Bare": {"Items": ["x"]},
            "Empty": {"Quantity": 0},
        });
        let expected = json!({
            "Headers": {"Quantity": 2, "Items": ["A", "B"]},
            "Inner": {"Quantity": 1, "Items": [{"Names": {"Quantity": 0, "Items": []}}]},
            "Bare": {"Quantity": 1, "Items": ["x"]},
            "Empty": {"Quantity": 0},
        });
        assert_eq!(quantified(&value), expected);
    }
}
