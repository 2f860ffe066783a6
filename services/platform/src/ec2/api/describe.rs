//! What all `Describe` operations share: ids, filters, pages.

use serde::Deserialize;
use standin_kernel::pattern::matches;
use standin_kernel::{ApiError, Value, json};

use super::error::{CODES, refused};
use crate::operation::read;
use crate::paging::page;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Filter {
    name: String,
    values: Vec<String>,
}

/// The name of a filter and where its value stands in a described thing, lists run through.
pub(super) type FilterPath = (&'static str, &'static str);

/// What a `Describe` operation is asked for.
#[derive(Debug)]
pub(super) struct Asked {
    /// Empty: all.
    pub(super) ids: Vec<String>,
    rest: Rest,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Rest {
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

impl Asked {
    /// Reads the input of `operation`, whose ids stand under `ids` (`VpcIds`).
    pub(super) fn read(operation: &str, value: &Value, ids: &str) -> Result<Self, ApiError> {
        let mut rest = value.clone();
        let given = rest.as_object_mut().and_then(|members| members.remove(ids));
        let given = given.unwrap_or_else(|| Value::Array(Vec::new()));
        let ids = read(operation, &given, CODES)?;
        Ok(Self { ids, rest: read(operation, &rest, CODES)? })
    }

    /// Those of `things` that pass all filters, one page of them under `member`.
    pub(super) fn answer(
        &self,
        member: &str,
        things: Vec<Value>,
        paths: &[FilterPath],
    ) -> Result<Value, ApiError> {
        let mut passing = Vec::new();
        for filter in &self.rest.filters {
            filter.check(paths)?;
        }
        for thing in things {
            if self.rest.filters.iter().all(|filter| filter.passes(&thing, paths)) {
                passing.push(thing);
            }
        }
        let size = self.rest.max_results;
        let page = page(passing, self.rest.next_token.as_deref(), size.unwrap_or(1000));
        let unknown = || refused("InvalidNextToken", "The token is not one that was given out");
        let page = page.ok_or_else(unknown)?;
        let mut answer = Value::Object(serde_json::Map::new());
        answer[member] = Value::Array(page.items);
        if let Some(next) = page.next {
            answer["NextToken"] = next.into();
        }
        Ok(answer)
    }
}

impl Asked {
    /// The answer when there is nothing of the kind, whatever the filters.
    pub(super) fn answer_none(&self, member: &str) -> Result<Value, ApiError> {
        if self.rest.next_token.is_some() {
            return Err(refused("InvalidNextToken", "The token is not one that was given out"));
        }
        Ok(json!({ member: [] }))
    }
}

impl Filter {
    fn check(&self, paths: &[FilterPath]) -> Result<(), ApiError> {
        let name = self.name.as_str();
        let tags = name == "tag-key" || name.starts_with("tag:");
        if tags || paths.iter().any(|(known, _)| *known == name) {
            return Ok(());
        }
        Err(refused("InvalidParameterValue", format!("The filter '{name}' is invalid")))
    }

    fn passes(&self, thing: &Value, paths: &[FilterPath]) -> bool {
        let mut found = Vec::new();
        if let Some(key) = self.name.strip_prefix("tag:") {
            let tags = thing["Tags"].as_array().into_iter().flatten();
            for tag in tags.filter(|tag| tag["Key"] == key) {
                collect(&tag["Value"], &[], &mut found);
            }
        } else if self.name == "tag-key" {
            collect(thing, &["Tags", "Key"], &mut found);
        } else if let Some((_, path)) = paths.iter().find(|(name, _)| *name == self.name) {
            let path: Vec<&str> = path.split('.').collect();
            collect(thing, &path, &mut found);
        }
        found.iter().any(|text| self.values.iter().any(|pattern| matches(pattern, text)))
    }
}

/// The texts at `path` below `value`.
fn collect(value: &Value, path: &[&str], found: &mut Vec<String>) {
    match (value, path) {
        (Value::Array(items), _) => items.iter().for_each(|item| collect(item, path, found)),
        (Value::Object(members), [name, rest @ ..]) => {
            if let Some(member) = members.get(*name) {
                collect(member, rest, found);
            }
        }
        (Value::String(text), []) => found.push(text.clone()),
        (Value::Bool(_) | Value::Number(_), []) => found.push(value.to_string()),
        _ => {}
    }
}

/// The things with the given ids, or all when none is given.
pub(super) fn chosen<'a, T>(
    ids: &[String],
    all: impl Iterator<Item = &'a T>,
    get: impl Fn(&str) -> Result<&'a T, ApiError>,
) -> Result<Vec<&'a T>, ApiError> {
    if ids.is_empty() { Ok(all.collect()) } else { ids.iter().map(|id| get(id)).collect() }
}
