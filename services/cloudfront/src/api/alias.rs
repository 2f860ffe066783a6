//! `AssociateAlias`: an alternate domain name moves from one distribution to another without a gap
//! (CF-ALT-03).

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Value};

use super::document::read;
use super::nothing;
use crate::check;
use crate::state::State;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Associate {
    target_distribution_id: String,
    alias: String,
}

pub(super) fn associate(
    state: &mut State,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let Associate { target_distribution_id: target, alias } = read("AssociateAlias", value)?;
    let has = |aliases: &[String]| aliases.contains(&alias);
    if has(&state.distribution(&target)?.settings.config.aliases.0) {
        return nothing();
    }
    let holder = state.distributions.values().find(|one| has(&one.settings.config.aliases.0));
    let holder = holder.map(|one| one.settings.id.clone());
    let mut config = state.distribution(&target)?.settings.config.clone();
    config.aliases.0.push(alias.clone());
    // Checked as if the present holder had let go of it.
    check::moved_alias(state, &target, holder.as_deref(), &config)?;
    if let Some(holder) = holder {
        let aliases = &mut state.distribution_mut(&holder)?.settings.config.aliases;
        aliases.0.retain(|one| *one != alias);
        state.changed(cx, &holder)?;
    }
    state.distribution_mut(&target)?.settings.config = config;
    cx.log("cloudfront", format!("{alias} is now a name of distribution {target}"));
    state.changed(cx, &target)?;
    nothing()
}
