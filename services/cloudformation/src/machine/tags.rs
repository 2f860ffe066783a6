//! Which tags a resource gets that its template does not name: the stack's, if its type takes tags,
//! and CloudFormation's own (CFN-TG-01, CFN-TG-02). The resource's own tags win.

use standin_kernel::resource::{Kind, Property, ResourceType, Support, Tagging, is_system_tag};
use standin_kernel::{Value, json};

/// Adds a stack's tags to the properties of a resource.
pub(super) fn add(properties: &mut Value, tags: &[(String, String)], known: &dyn ResourceType) {
    let name = known.tagging().property;
    if let Some(kind) = kind(known.properties(), name) {
        let tags = tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        put(properties, name, kind, tags);
    }
}

/// Whether a template writes a tag of AWS's own, which no service takes from it (CFN-TG-03).
pub(super) fn writes_system_tag(properties: &Value, known: &dyn ResourceType) -> bool {
    match &properties[known.tagging().property] {
        Value::Object(tags) => tags.keys().any(|key| is_system_tag(key)),
        Value::Array(tags) => tags.iter().any(|tag| tag["Key"].as_str().is_some_and(is_system_tag)),
        _ => false,
    }
}

/// Adds CloudFormation's own tags, which a type is given but which no stack shows. The values are
/// the name and the id of the stack, and the logical id.
pub(super) fn add_system(properties: &mut Value, values: [&str; 3], known: &dyn ResourceType) {
    let Tagging { property, system_tags } = known.tagging();
    if let Some(kind) = kind(known.properties(), property).filter(|_| system_tags) {
        put(properties, property, kind, SYSTEM_TAGS.into_iter().zip(values));
    }
}

const SYSTEM_TAGS: [&str; 3] = [
    "aws:cloudformation:stack-name",
    "aws:cloudformation:stack-id",
    "aws:cloudformation:logical-id",
];

fn put<'t>(
    properties: &mut Value,
    name: &str,
    kind: Kind,
    tags: impl Iterator<Item = (&'t str, &'t str)>,
) {
    let Some(members) = properties.as_object_mut() else { return };
    let mut tags = tags.peekable();
    if tags.peek().is_none() {
        return;
    }
    match kind {
        Kind::Map(_) => {
            let own = members.entry(name).or_insert_with(|| json!({}));
            let Some(own) = own.as_object_mut() else { return };
            for (key, value) in tags {
                own.entry(key).or_insert_with(|| json!(value));
            }
        }
        _ => {
            let own = members.entry(name).or_insert_with(|| json!([]));
            let Some(own) = own.as_array_mut() else { return };
            for (key, value) in tags {
                if !own.iter().any(|tag| tag["Key"] == key) {
                    own.push(json!({"Key": key, "Value": value}));
                }
            }
        }
    }
}

/// The kind of a table's tags, if it has such as a stack has.
fn kind(table: &[Property], name: &str) -> Option<Kind> {
    let property = table.iter().find(|property| property.name == name)?;
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
    use standin_kernel::resource::{Job, Progress};

    use super::*;

    const TAG: [Property; 2] =
        [Property::new("Key", Kind::Text), Property::new("Value", Kind::Text)];
    const LISTED: [Property; 1] = [Property::new("Tags", Kind::List(&Kind::Object(&TAG)))];
    const MAPPED: [Property; 1] = [Property::new("Tags", Kind::Map(&Kind::Text))];
    const REFUSED: [Property; 1] =
        [Property::new("Tags", Kind::Map(&Kind::Text)).refused("it is only here to be refused")];
    const ZONE: [Property; 1] = [Property::new("ZoneTags", Kind::List(&Kind::Object(&TAG)))];

    #[derive(Debug)]
    struct Type(&'static [Property], Tagging);

    impl ResourceType for Type {
        fn type_name(&self) -> &'static str {
            "AWS::Test::Thing"
        }

        fn properties(&self) -> &'static [Property] {
            self.0
        }

        fn attributes(&self) -> &'static [&'static str] {
            &[]
        }

        fn tagging(&self) -> Tagging {
            self.1
        }

        fn create(&self, _job: &Job<'_>) -> Progress {
            Progress::done("", [])
        }

        fn update(&self, _job: &Job<'_>) -> Progress {
            Progress::done("", [])
        }

        fn delete(&self, _job: &Job<'_>) -> Progress {
            Progress::done("", [])
        }
    }

    #[test]
    fn cfn_tg_01_a_resource_keeps_its_own_tags_and_gets_the_rest() {
        let tags = [("a".to_owned(), "stack".to_owned()), ("b".to_owned(), "stack".to_owned())];
        let mut listed = json!({"Tags": [{"Key": "a", "Value": "own"}]});
        add(&mut listed, &tags, &Type(&LISTED, Tagging::ALL));
        let wanted =
            json!({"Tags": [{"Key": "a", "Value": "own"}, {"Key": "b", "Value": "stack"}]});
        assert_eq!(listed, wanted);
        let mut mapped = json!({"Tags": {"a": "own"}});
        add(&mut mapped, &tags, &Type(&MAPPED, Tagging::ALL));
        assert_eq!(mapped, json!({"Tags": {"a": "own", "b": "stack"}}));
        let mut zone = json!({});
        add(&mut zone, &tags[1..], &Type(&ZONE, Tagging::without_system_tags("ZoneTags")));
        assert_eq!(zone, json!({"ZoneTags": [{"Key": "b", "Value": "stack"}]}));
        for table in [&REFUSED[..], &[]] {
            let mut none = json!({});
            add(&mut none, &tags, &Type(table, Tagging::ALL));
            assert_eq!(none, json!({}));
        }
    }

    #[test]
    fn cfn_tg_02_a_type_gets_the_tags_of_cloudformation_or_not() {
        let values = ["diary", "arn:aws:cloudformation:x", "Pages"];
        let mut own = json!({});
        add_system(&mut own, values, &Type(&MAPPED, Tagging::ALL));
        let wanted = json!({"Tags": {
            "aws:cloudformation:stack-name": "diary",
            "aws:cloudformation:stack-id": "arn:aws:cloudformation:x",
            "aws:cloudformation:logical-id": "Pages",
        }});
        assert_eq!(own, wanted);
        let mut none = json!({});
        add_system(&mut none, values, &Type(&LISTED, Tagging::without_system_tags("Tags")));
        assert_eq!(none, json!({}));
    }
}
