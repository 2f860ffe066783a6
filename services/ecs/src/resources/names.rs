//! From CloudFormation's names of members (`ContainerPort`) to the API's (`containerPort`).

use serde_json::Map;
use standin_kernel::Value;

/// Members whose own members are data: their names stay.
const DATA: [&str; 2] = ["DockerLabels", "Options"];

/// The document with the API's names, at every depth.
pub(super) fn api(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let one = |(name, member): (&String, &Value)| {
                let data = DATA.contains(&name.as_str());
                (lower_first(name), if data { member.clone() } else { api(member) })
            };
            Value::Object(members.iter().map(one).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(api).collect()),
        other => other.clone(),
    }
}

/// Those of `properties` that are named, under the API's names.
pub(super) fn some(properties: &Value, names: &[&str]) -> Value {
    let mut members = Map::new();
    for name in names {
        if let Some(value) = properties.get(*name).filter(|value| !value.is_null()) {
            members.insert(lower_first(name), api(value));
        }
    }
    Value::Object(members)
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use standin_kernel::json;

    use super::*;

    #[test]
    fn members_are_renamed_but_not_data() {
        let properties = json!({
            "ContainerDefinitions": [{
                "Name": "app",
                "DockerLabels": {"Team": "A"},
                "LogConfiguration": {"Options": {"awslogs-group": "g", "Mode": "x"}},
            }],
        });
        let expected = json!({
            "containerDefinitions": [{
                "name": "app",
                "dockerLabels": {"Team": "A"},
                "logConfiguration": {"options": {"awslogs-group": "g", "Mode": "x"}},
            }],
        });
        assert_eq!(api(&properties), expected);
        assert_eq!(some(&properties, &["Family"]), json!({}));
    }
}
