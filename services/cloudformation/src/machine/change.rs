//! What a change of properties means for a resource: nothing, an update in place, or a new resource
//! in its place (CFN-UP-01, CFN-UP-04).

use standin_kernel::Value;
use standin_kernel::resource::{Kind, Property, Update};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Change {
    None,
    InPlace,
    Replacement,
}

/// Compares properties, at any depth: one property that asks for replacement is enough.
pub(crate) fn of_properties(old: &Value, new: &Value, table: &[Property]) -> Change {
    if old == new {
        return Change::None;
    }
    let mut change = Change::None;
    for name in names(old, new) {
        if old.get(name) == new.get(name) {
            continue;
        }
        let here = match table.iter().find(|property| property.name == name) {
            Some(property) if property.update == Update::Replacement => Change::Replacement,
            Some(property) => of_value(old.get(name), new.get(name), property.kind),
            None => Change::InPlace,
        };
        change = change.max(here);
    }
    change
}

/// A changed `Metadata: Standin:` has no row in the table. It counts as a property that a type can
/// change in place, unless the type can change nothing in place (a task definition).
pub(crate) fn of_hint(table: &[Property]) -> Change {
    let fixed = |property: &Property| property.update == Update::Replacement;
    let rigid = table.iter().filter(|property| property.name != "Tags").all(fixed);
    if rigid && table.iter().any(fixed) { Change::Replacement } else { Change::InPlace }
}

/// A value that differs, within a property that does not itself ask for replacement.
fn of_value(old: Option<&Value>, new: Option<&Value>, kind: Kind) -> Change {
    let null = Value::Null;
    let (old, new) = (old.unwrap_or(&null), new.unwrap_or(&null));
    if old == new {
        return Change::None;
    }
    let within = match kind {
        Kind::Object(table) => of_properties(old, new, table),
        Kind::List(item) => {
            let length = |list: &Value| list.as_array().map_or(0, Vec::len);
            let items = 0..length(old).max(length(new));
            items
                .map(|at| of_value(old.get(at), new.get(at), *item))
                .max()
                .unwrap_or(Change::InPlace)
        }
        Kind::Map(item) => names(old, new)
            .map(|name| of_value(old.get(name), new.get(name), *item))
            .max()
            .unwrap_or(Change::InPlace),
        _ => Change::InPlace,
    };
    within.max(Change::InPlace)
}

/// The names in either object; those in both come twice.
fn names<'v>(old: &'v Value, new: &'v Value) -> impl Iterator<Item = &'v str> {
    let of = |value: &'v Value| value.as_object().into_iter().flat_map(|map| map.keys());
    of(old).chain(of(new)).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use standin_kernel::json;

    use super::*;

    const ITEM: [Property; 2] =
        [Property::new("Key", Kind::Text).replaces(), Property::new("Weight", Kind::Number)];
    const TABLE: [Property; 6] = [
        Property::new("Name", Kind::Text).replaces(),
        Property::new("Size", Kind::Integer(0, 9)),
        Property::new("Items", Kind::List(&Kind::Object(&ITEM))),
        Property::new("Inner", Kind::Object(&ITEM)),
        Property::new("Named", Kind::Map(&Kind::Object(&ITEM))),
        Property::new("Fixed", Kind::Json).replaces(),
    ];

    fn change(old: &Value, new: &Value) -> Change {
        of_properties(old, new, &TABLE)
    }

    #[test]
    fn cfn_up_01_the_table_says_what_a_change_does() {
        let nothing = json!({});
        assert_eq!(change(&json!({"Size": 1}), &json!({"Size": 1})), Change::None);
        assert_eq!(change(&json!({"Size": 1}), &json!({"Size": 2})), Change::InPlace);
        assert_eq!(change(&json!({"Size": 1}), &nothing), Change::InPlace);
        assert_eq!(change(&json!({"Name": "a"}), &json!({"Name": "b"})), Change::Replacement);
        assert_eq!(change(&nothing, &json!({"Name": "b"})), Change::Replacement);
        let deep = |value: i32| json!({"Fixed": {"a": [value]}});
        assert_eq!(change(&deep(1), &deep(2)), Change::Replacement);
    }

    #[test]
    fn cfn_up_01_a_property_deep_inside_can_ask_for_replacement() {
        let list = |key: &str, weight: i32| json!({"Items": [{"Key": key, "Weight": weight}]});
        assert_eq!(change(&list("a", 1), &list("a", 2)), Change::InPlace);
        assert_eq!(change(&list("a", 1), &list("b", 1)), Change::Replacement);
        assert_eq!(change(&json!({"Items": []}), &list("a", 1)), Change::Replacement);
        assert_eq!(change(&json!({"Items": []}), &json!({"Items": [{}]})), Change::InPlace);
        assert_eq!(change(&json!({}), &json!({"Items": []})), Change::InPlace);
        let inner = |key: &str| json!({"Inner": {"Key": key}});
        assert_eq!(change(&inner("a"), &inner("b")), Change::Replacement);
        let named = |key: &str| json!({"Named": {"x": {"Key": key}}});
        assert_eq!(change(&named("a"), &named("b")), Change::Replacement);
    }

    #[test]
    fn hints_replace_only_what_cannot_change_in_place() {
        assert_eq!(of_hint(&TABLE), Change::InPlace);
        const RIGID: [Property; 2] =
            [Property::new("Name", Kind::Text).replaces(), Property::new("Tags", Kind::Json)];
        assert_eq!(of_hint(&RIGID), Change::Replacement);
        assert_eq!(of_hint(&[]), Change::InPlace);
    }
}
