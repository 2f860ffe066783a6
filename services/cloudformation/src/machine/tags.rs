//! A stack's tags on its resources: those of a type that takes tags get them, and the resource's
//! own tags win. AWS's tags of its own (`aws:cloudformation:stack-name`) are a type's own matter.

use standin_kernel::resource::{Kind, Property, Support};
use standin_kernel::{Value, json};

/// Adds a stack's tags to the properties of a resource.
pub(super) fn add(properties: &mut Value, tags: &[(String, String)], table: &[Property]) {
    let Some(kind) = kind(table).filter(|_| !tags.is_empty()) else { return };
    let Some(members) = properties.as_object_mut() else { return };
    match kind {
        Kind::Map(_) => {
            let own = members.entry("Tags").or_insert_with(|| json!({}));
            let Some(own) = own.as_object_mut() else { return };
            for (key, value) in tags {
                own.entry(key).or_insert_with(|| json!(value));
            }
        }
        _ => {
            let own = members.entry("Tags").or_insert_with(|| json!([]));
            let Some(own) = own.as_array_mut() else { return };
            for (key, value) in tags {
                if !own.iter().any(|tag| tag["Key"] == key.as_str()) {
                    own.push(json!({"Key": key, "Value": value}));
                }
            }
        }
    }
}

/// The kind of a table's tags, if it has such as a stack has.
fn kind(table: &[Property]) -> Option<Kind> {
    let property = table.iter().find(|property| property.name == "Tags")?;
    if matches!(property.support, Support::Refused(_)) {
        return None;
    }
    let names = |table: &[Property], name: &str| table.iter().any(|one| one.name == name);
    match property.kind {
        Kind::List(Kind::Object(tag)) => {
            // Auto Scaling groups ask for more than a key and a value.
            let plain = tag.len() == 2 && names(tag, "Key") && names(tag, "Value");
            plain.then_some(property.kind)
        }
        Kind::Map(Kind::Text) => Some(property.kind),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: [Property; 2] =
        [Property::new("Key", Kind::Text), Property::new("Value", Kind::Text)];
    const LISTED: [Property; 1] = [Property::new("Tags", Kind::List(&Kind::Object(&TAG)))];
    const MAPPED: [Property; 1] = [Property::new("Tags", Kind::Map(&Kind::Text))];
    const REFUSED: [Property; 1] =
        [Property::new("Tags", Kind::Map(&Kind::Text)).refused("it is only here to be refused")];

    #[test]
    fn a_resource_keeps_its_own_tags_and_gets_the_rest() {
        let tags = [("a".to_owned(), "stack".to_owned()), ("b".to_owned(), "stack".to_owned())];
        let mut listed = json!({"Tags": [{"Key": "a", "Value": "own"}]});
        add(&mut listed, &tags, &LISTED);
        let wanted =
            json!({"Tags": [{"Key": "a", "Value": "own"}, {"Key": "b", "Value": "stack"}]});
        assert_eq!(listed, wanted);
        let mut mapped = json!({"Tags": {"a": "own"}});
        add(&mut mapped, &tags, &MAPPED);
        assert_eq!(mapped, json!({"Tags": {"a": "own", "b": "stack"}}));
        for table in [&REFUSED[..], &[]] {
            let mut none = json!({});
            add(&mut none, &tags, table);
            assert_eq!(none, json!({}));
        }
    }
}
