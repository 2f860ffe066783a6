//! Tags: what is allowed in them, and their form in operations and templates.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use standin_kernel::resource::{Kind, Property, is_system_tag, may_tag};
use standin_kernel::{ServiceName, Value, json};

pub(crate) type Tags = BTreeMap<String, String>;

/// A tag as most operations and all templates write it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Tag {
    pub(crate) key: String,
    #[serde(default)]
    pub(crate) value: String,
}

/// The property `Tags` of a resource type.
pub(crate) const TAGS: Kind = Kind::List(&Kind::Object(TAG));

pub(crate) const TAG: &[Property] =
    &[Property::new("Key", Kind::Text).required(), Property::new("Value", Kind::Text).required()];

const TAGS_MAX: usize = 50;
const KEY_CHARACTERS_MAX: usize = 128;
const VALUE_CHARACTERS_MAX: usize = 256;

/// What is wrong with a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// More than 50 on one thing.
    TooMany,
    /// A key that AWS keeps for itself.
    Reserved,
    Key,
    Value,
}

impl Fault {
    pub(crate) const fn message(&self) -> &'static str {
        match self {
            Self::TooMany => "The maximum number of tags on a resource is 50.",
            Self::Reserved => "Tag keys starting with 'aws:' are reserved for internal use",
            Self::Key => "Tag keys must have 1 to 128 characters.",
            Self::Value => "Tag values must have at most 256 characters.",
        }
    }
}

/// Puts `new` tags over those there are; `by`: who asks for it (`Cx::asked_by`).
pub(crate) fn add(tags: &mut Tags, new: Vec<Tag>, by: Option<ServiceName>) -> Result<(), Fault> {
    let mut wanted = tags.clone();
    for tag in new {
        if !may_tag(by, &tag.key) {
            return Err(Fault::Reserved);
        }
        let length = tag.key.chars().count();
        if length == 0 || length > KEY_CHARACTERS_MAX {
            return Err(Fault::Key);
        }
        if tag.value.chars().count() > VALUE_CHARACTERS_MAX {
            return Err(Fault::Value);
        }
        wanted.insert(tag.key, tag.value);
    }
    if wanted.keys().filter(|key| !is_system_tag(key)).count() > TAGS_MAX {
        return Err(Fault::TooMany);
    }
    *tags = wanted;
    Ok(())
}

/// Takes tags away.
pub(crate) fn remove(
    tags: &mut Tags,
    keys: &[String],
    by: Option<ServiceName>,
) -> Result<(), Fault> {
    if keys.iter().any(|key| !may_tag(by, key)) {
        return Err(Fault::Reserved);
    }
    tags.retain(|key, _| !keys.contains(key));
    Ok(())
}

/// The tags of a new thing.
pub(crate) fn of(new: Option<Vec<Tag>>, by: Option<ServiceName>) -> Result<Tags, Fault> {
    let mut tags = Tags::new();
    add(&mut tags, new.unwrap_or_default(), by)?;
    Ok(tags)
}

/// As a list of `Key` and `Value`.
pub(crate) fn list(tags: &Tags) -> Value {
    tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

/// What a template's change of `Tags` means: the tags to put, the keys to take away.
pub(crate) fn change(previous: &Value, wanted: &Value) -> (Vec<Value>, Vec<String>) {
    let none = Vec::new();
    let (before, after) =
        (previous.as_array().unwrap_or(&none), wanted.as_array().unwrap_or(&none));
    let put = after.iter().filter(|tag| !before.contains(tag)).cloned().collect();
    let kept = |key: &Value| after.iter().any(|tag| tag["Key"] == *key);
    let gone = before.iter().map(|tag| &tag["Key"]).filter(|key| !kept(key));
    (put, gone.filter_map(Value::as_str).map(str::to_owned).collect())
}
