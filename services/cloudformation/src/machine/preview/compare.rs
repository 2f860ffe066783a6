//! Compares a resource's properties with what a change set wants of them, and says why each
//! changes (CFN-CS-04, CFN-PA-07).

use std::collections::BTreeSet;

use serde_json::Map;
use standin_kernel::resource::{Property, ResourceType};
use standin_kernel::{Value, json};

use super::outlook::{Outlook, UNKNOWN};
use crate::change_set::{Attribute, ChangeSource, Detail};
use crate::machine::change::{self, Change};
use crate::machine::tags;
use crate::revision::Revision;
use crate::state::Says;
use crate::template::{PlannedResource, Use, coerce_one};

/// What NoEcho shows (CFN-PA-07).
const MASK: &str = "****";

/// The properties a resource is to have, as far as they are known.
pub(super) fn properties(
    revision: &Revision,
    logical_id: &str,
    known: Option<&dyn ResourceType>,
    outlook: &Outlook<'_>,
) -> Value {
    let table = known.map_or(&[][..], ResourceType::properties);
    let resolved = revision.template.resolve_each(logical_id, &revision.scope, outlook);
    let fit = |(name, value): (String, Option<Value>)| {
        let Some(value) = value.filter(|value| *value != Value::Null) else {
            return (name, Value::from(UNKNOWN));
        };
        let kind = table.iter().find(|property| property.name == name).map(|known| &known.kind);
        let fitting =
            kind.filter(|_| !is_unknown(&value)).and_then(|kind| coerce_one(&value, kind));
        (name, fitting.unwrap_or(value))
    };
    let mut properties = Value::Object(resolved.into_iter().map(fit).collect());
    if let Some(known) = known {
        tags::add(&mut properties, &revision.source.tags, known);
    }
    properties
}

/// The properties with those hidden that show a NoEcho parameter.
pub(super) fn masked(revision: &Revision, logical_id: &str, properties: &Value) -> Value {
    let mut shown = properties.clone();
    for (name, value) in shown.as_object_mut().into_iter().flat_map(Map::iter_mut) {
        if is_secret(revision, logical_id, name) {
            *value = Value::from(MASK);
        }
    }
    shown
}

fn is_secret(revision: &Revision, logical_id: &str, property: &str) -> bool {
    let secret = |name: &str| {
        let declared = revision.template.parameters().iter();
        declared.filter(|one| one.no_echo).any(|one| one.name == name)
    };
    let uses = revision.template.uses(&revision.scope, logical_id, property);
    uses.iter().any(|one| matches!(one, Use::Ref(name) if secret(name)))
}

/// A change of the template itself.
pub(super) const fn direct(
    attribute: Attribute,
    before: Option<String>,
    after: Option<String>,
) -> Detail {
    Detail {
        attribute,
        name: None,
        recreates: false,
        known: true,
        source: ChangeSource::DirectModification,
        cause: None,
        before,
        after,
    }
}

/// A nested stack, which is looked at whatever its parent says.
pub(super) const fn automatic() -> Detail {
    let mut detail = direct(Attribute::Properties, None, None);
    detail.known = false;
    detail.source = ChangeSource::Automatic;
    detail
}

/// Metadata that changes, and with it perhaps the hint, which can ask for a new thing.
pub(super) fn metadata(
    says: &Says,
    planned: &PlannedResource,
    table: &[Property],
) -> Option<Detail> {
    let hint = says.hint != planned.hint;
    if !hint && says.metadata == planned.metadata {
        return None;
    }
    let text = |value: &Value| (!value.is_null()).then(|| value.to_string());
    let mut detail = direct(Attribute::Metadata, text(&says.metadata), text(&planned.metadata));
    detail.recreates = hint && change::of_hint(table) == Change::Replacement;
    Some(detail)
}

/// A resource in two versions of its stack.
#[derive(Debug)]
pub(super) struct Comparison<'a> {
    pub(super) old: &'a Revision,
    pub(super) new: &'a Revision,
    pub(super) logical_id: &'a str,
    pub(super) table: &'static [Property],
    pub(super) outlook: &'a Outlook<'a>,
}

impl Comparison<'_> {
    pub(super) fn details(&self, had: &Value, wanted: &Value) -> Vec<Detail> {
        let keys = |value: &Value| -> BTreeSet<String> {
            value.as_object().into_iter().flat_map(Map::keys).cloned().collect()
        };
        let names = keys(had).into_iter().chain(keys(wanted)).collect::<BTreeSet<String>>();
        let changed = names.iter().filter(|name| had.get(name) != wanted.get(name));
        changed.flat_map(|name| self.property(name, had.get(name), wanted.get(name))).collect()
    }

    /// Why a property changes: each resource it looks at that changes, each parameter, or the
    /// template itself.
    fn property(&self, name: &str, had: Option<&Value>, wanted: Option<&Value>) -> Vec<Detail> {
        let uses = self.new.template.uses(&self.new.scope, self.logical_id, name);
        let mut causes = Vec::new();
        for one in &uses {
            match one {
                Use::Ref(id) if self.outlook.changes_identifier(id) => {
                    causes.push((ChangeSource::ResourceReference, Some(id.clone()), false));
                }
                Use::Attribute(id, attribute) if self.outlook.changes_attributes(id) => {
                    let attribute = attribute.as_deref().unwrap_or(UNKNOWN);
                    let cause = Some(format!("{id}.{attribute}"));
                    causes.push((ChangeSource::ResourceAttribute, cause, false));
                }
                _ => {}
            }
        }
        let certain = differs(had, wanted);
        if certain || causes.is_empty() {
            let parameters: Vec<&String> =
                uses.iter().filter_map(|one| self.changed_parameter(one)).collect();
            // AWS shows the property itself too when a parameter changes it.
            let known = certain && parameters.is_empty();
            causes.push((ChangeSource::DirectModification, None, known));
            for name in parameters {
                causes.push((ChangeSource::ParameterReference, Some(name.clone()), true));
            }
        }
        let one = |value: Option<&Value>| json!({ name: value.cloned().unwrap_or_default() });
        let recreates = change::of_properties(&one(had), &one(wanted), self.table);
        let secret = |revision: &Revision| is_secret(revision, self.logical_id, name);
        let shown = |revision: &Revision, value: Option<&Value>| match value {
            Some(_) if secret(revision) => Some(MASK.to_owned()),
            value => value.map(text),
        };
        let (before, after) = (shown(self.old, had), shown(self.new, wanted));
        let tags = name == "Tags";
        let detail = |(source, cause, known)| Detail {
            attribute: if tags { Attribute::Tags } else { Attribute::Properties },
            name: (!tags).then(|| name.to_owned()),
            recreates: recreates == Change::Replacement,
            known,
            source,
            cause,
            before: before.clone(),
            after: after.clone(),
        };
        causes.into_iter().map(detail).collect()
    }

    /// The name of a parameter that has another value than before.
    fn changed_parameter<'u>(&self, one: &'u Use) -> Option<&'u String> {
        let Use::Ref(name) = one else { return None };
        let now = self.new.source.parameters.get(name)?;
        (self.old.source.parameters.get(name) != Some(now)).then_some(name)
    }
}

/// Whether what is known of the new value differs from the old.
fn differs(old: Option<&Value>, new: Option<&Value>) -> bool {
    match (old, new) {
        (_, Some(Value::String(text))) if text.contains(UNKNOWN) => false,
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            let length = old.len().max(new.len());
            (0..length).any(|at| differs(old.get(at), new.get(at)))
        }
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let names = old.keys().chain(new.keys());
            names.into_iter().any(|name| differs(old.get(name), new.get(name)))
        }
        (Some(old), Some(new)) if is_unknown_near(new) => text(old) != text(new),
        (old, new) => old != new,
    }
}

/// A value beside one that is not known was not brought into its kind: `"80"` may be 80.
const fn is_unknown_near(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_))
}

fn is_unknown(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(UNKNOWN),
        Value::Array(items) => items.iter().any(is_unknown),
        Value::Object(members) => members.values().any(is_unknown),
        _ => false,
    }
}

/// Texts as they are, everything else as JSON.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
