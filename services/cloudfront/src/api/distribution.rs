//! `CreateDistribution`, `CreateDistributionWithTags`, `GetDistribution`, `GetDistributionConfig`,
//! `UpdateDistribution`, `DeleteDistribution`, `ListDistributions`.

use std::collections::BTreeMap;

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Value, ids, json};

use super::document::{DistributionConfig, Hint, Tags, read};
use super::page::Ask;
use super::{One, Version, location, new_id, nothing, tagging, value_of, view};
use crate::error::{check_version, invalid};
use crate::state::{Distribution, Settings, State};
use crate::{check, compile};

/// CF-LIM-01
const DISTRIBUTIONS_MAX: usize = 500;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    distribution_config: DistributionConfig,
    #[serde(default)]
    standin: Hint,
}

pub(super) fn create(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Create = read("CreateDistribution", value)?;
    make(state, cx, asked.distribution_config, asked.standin, BTreeMap::new())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct CreateWithTags {
    distribution_config_with_tags: WithTags,
    #[serde(default)]
    standin: Hint,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct WithTags {
    distribution_config: DistributionConfig,
    tags: Tags,
}

pub(super) fn create_with_tags(
    state: &mut State,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: CreateWithTags = read("CreateDistributionWithTags", value)?;
    let WithTags { distribution_config, tags } = asked.distribution_config_with_tags;
    let tags = tagging::join(BTreeMap::new(), tags)?;
    make(state, cx, distribution_config, asked.standin, tags)
}

fn make(
    state: &mut State,
    cx: &mut Cx<'_>,
    mut config: DistributionConfig,
    hint: Hint,
    tags: BTreeMap<String, String>,
) -> Result<Value, ApiError> {
    let same =
        |one: &&Distribution| one.settings.config.caller_reference == config.caller_reference;
    if let Some(other) = state.distributions.values().find(same) {
        let message = format!(
            "The caller reference that you are using to create a distribution is associated with \
             another distribution. Already exists: {}",
            other.settings.id
        );
        return Err(ApiError::new("DistributionAlreadyExists", 409, message));
    }
    if state.distributions.len() >= DISTRIBUTIONS_MAX {
        let message = "Processing your request would cause you to exceed the maximum number of \
                       distributions allowed.";
        return Err(invalid("TooManyDistributions", message));
    }
    check::distribution(state, "", &mut config)?;
    let id = new_id(cx);
    compile::distribution(state, cx.env, (&id, ""), &config, &hint)?;
    let settings = Settings {
        id: id.clone(),
        number: state.next_number(),
        domain_name: format!("d{}.cloudfront.net", ids::lower(cx.rng, 13)),
        modified: cx.now,
        deployed: cx.now,
        etag: new_id(cx),
        config,
        hint,
        tags,
    };
    cx.log("cloudfront", format!("distribution {id} created: {}", settings.domain_name));
    state.distributions.insert(id.clone(), Distribution::new(settings));
    state.roll_out(cx, &id)?;
    let one = state.distribution(&id)?;
    Ok(json!({
        "Distribution": view::distribution(cx.env, cx.now, one),
        "Location": location(&format!("distribution/{id}")),
        "ETag": one.settings.etag,
    }))
}

pub(super) fn get(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: One = read("GetDistribution", value)?;
    let one = state.distribution(&asked.id)?;
    Ok(json!({
        "Distribution": view::distribution(cx.env, cx.now, one),
        "ETag": one.settings.etag,
    }))
}

pub(super) fn get_config(
    state: &mut State,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: One = read("GetDistributionConfig", value)?;
    let settings = &state.distribution(&asked.id)?.settings;
    Ok(json!({"DistributionConfig": value_of(&settings.config), "ETag": settings.etag}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Update {
    id: String,
    if_match: Option<String>,
    distribution_config: DistributionConfig,
    standin: Option<Hint>,
}

pub(super) fn update(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Update = read("UpdateDistribution", value)?;
    let current = &state.distribution(&asked.id)?.settings;
    check_version(asked.if_match.as_deref(), &current.etag)?;
    let mut config = asked.distribution_config;
    if config.caller_reference != current.config.caller_reference {
        let message = "The update contains modifications that are not allowed.";
        return Err(invalid("IllegalUpdate", message));
    }
    let hint = asked.standin.unwrap_or_else(|| current.hint.clone());
    check::distribution(state, &asked.id, &mut config)?;
    compile::distribution(state, cx.env, (&asked.id, ""), &config, &hint)?;
    let settings = &mut state.distribution_mut(&asked.id)?.settings;
    (settings.config, settings.hint) = (config, hint);
    cx.log("cloudfront", format!("distribution {} updated", asked.id));
    state.changed(cx, &asked.id)?;
    let one = state.distribution(&asked.id)?;
    Ok(json!({
        "Distribution": view::distribution(cx.env, cx.now, one),
        "ETag": one.settings.etag,
    }))
}

impl State {
    /// A distribution's document has changed: a new version goes to the edge.
    pub(super) fn changed(&mut self, cx: &mut Cx<'_>, id: &str) -> Result<(), ApiError> {
        let settings = &mut self.distribution_mut(id)?.settings;
        settings.etag = new_id(cx);
        settings.modified = cx.now;
        self.roll_out(cx, id)
    }
}

/// CF-DEP-06: disabled, and disabled everywhere.
pub(super) fn delete(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Version = read("DeleteDistribution", value)?;
    let one = state.distribution(&asked.id)?;
    let settings = &one.settings;
    check_version(asked.if_match.as_deref(), &settings.etag)?;
    if settings.config.enabled || cx.now < settings.deployed {
        let message = "The distribution you are trying to delete has not been disabled.";
        return Err(ApiError::new("DistributionNotDisabled", 409, message));
    }
    one.forget(cx);
    cx.log("cloudfront", format!("distribution {} deleted", asked.id));
    state.drop_distribution(cx, &asked.id);
    nothing()
}

/// The newest first.
pub(super) fn list(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Ask = read("ListDistributions", value)?;
    let mut all: Vec<&Distribution> = state.distributions.values().collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.settings.number));
    let summary = |one: &&'_ Distribution| view::summary(cx.env, cx.now, one);
    let items: Vec<_> = all.iter().map(|one| (one.settings.id.as_str(), summary(one))).collect();
    Ok(json!({"DistributionList": asked.page(&items)?}))
}
