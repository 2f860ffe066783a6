//! `ListTaskDefinitions` and `ListTaskDefinitionFamilies`.

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Value};

use super::{Definition, Status};
use crate::Ecs;
use crate::api::page::{PAGE_MAX, Page};
use crate::api::read;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct List {
    family_prefix: Option<String>,
    status: Option<Status>,
    #[serde(default)]
    sort: Sort,
    next_token: Option<String>,
    max_results: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Sort {
    #[default]
    Asc,
    Desc,
}

/// In the order of families and revisions; `familyPrefix` is a whole family's name here.
pub(in crate::api) fn list(
    ecs: &mut Ecs,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: List = read("ListTaskDefinitions", value)?;
    let status = asked.status.unwrap_or(Status::Active);
    let wanted = |definition: &&Definition| {
        let family = &definition.document.family;
        definition.status == status
            && asked.family_prefix.as_ref().is_none_or(|prefix| prefix == family)
    };
    let all = ecs.state.families.values().flat_map(std::collections::BTreeMap::values);
    let mut arns: Vec<String> =
        all.filter(wanted).map(|definition| definition.arn(cx.env)).collect();
    if asked.sort == Sort::Desc {
        arns.reverse();
    }
    let (next_token, max_results) = (asked.next_token, asked.max_results);
    Page { next_token, max_results, default_results: PAGE_MAX }.of("taskDefinitionArns", &arns)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListFamilies {
    family_prefix: Option<String>,
    #[serde(default)]
    status: FamilyStatus,
    next_token: Option<String>,
    max_results: Option<u32>,
}

/// A family is ACTIVE while one of its revisions is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum FamilyStatus {
    Active,
    Inactive,
    #[default]
    All,
}

pub(in crate::api) fn list_families(
    ecs: &mut Ecs,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: ListFamilies = read("ListTaskDefinitionFamilies", value)?;
    let mut families = Vec::new();
    for (family, revisions) in &ecs.state.families {
        let active = revisions.values().any(|definition| definition.status == Status::Active);
        let wanted = match asked.status {
            FamilyStatus::All => true,
            FamilyStatus::Active => active,
            FamilyStatus::Inactive => !active,
        };
        if wanted && asked.family_prefix.as_ref().is_none_or(|prefix| family.starts_with(prefix)) {
            families.push(family.clone());
        }
    }
    let (next_token, max_results) = (asked.next_token, asked.max_results);
    Page { next_token, max_results, default_results: PAGE_MAX }.of("families", &families)
}
