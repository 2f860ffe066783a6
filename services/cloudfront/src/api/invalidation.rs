//! `CreateInvalidation`, `GetInvalidation`, `ListInvalidations` (CF-INV-01 to -05).

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Duration, Value, ids, json};

use super::document::{List, read};
use super::page::Ask;
use super::{location, view};
use crate::error::{invalid, invalid_argument};
use crate::state::{Distribution, Invalidation, State, Timer};

/// CF-INV-03
const PATHS_MAX: usize = 3_000;
const WILDCARDS_MAX: usize = 15;

/// Completed ones that are remembered for each distribution; the oldest go first.
const REMEMBERED_MAX: usize = 1_000;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    distribution_id: String,
    invalidation_batch: Batch,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Batch {
    paths: List<String>,
    caller_reference: String,
}

pub(super) fn create(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Create = read("CreateInvalidation", value)?;
    let Batch { paths: List(paths), caller_reference } = asked.invalidation_batch;
    let one = state.distribution_mut(&asked.distribution_id)?;
    let same = |(_, known): &(&String, &Invalidation)| known.caller_reference == caller_reference;
    let id = match one.invalidations.iter().find(same) {
        Some((id, known)) if known.paths == paths => id.clone(),
        Some(_) => {
            let message = "Your request contains a caller reference that was used for a previous \
                           invalidation batch for the same distribution.";
            return Err(ApiError::new("InvalidationBatchAlreadyExists", 409, message));
        }
        None => {
            check(cx, one, &paths)?;
            make_room(cx, one);
            // AWS's edges hear of it within seconds and have done it within a minute or so.
            let forgotten = cx.now + cx.env.paced(Duration::ZERO, Duration::from_secs(5));
            let completed =
                cx.now + cx.env.paced(Duration::from_millis(200), Duration::from_secs(60));
            let id = format!("I{}", ids::upper(cx.rng, 25));
            let known = Invalidation { created: cx.now, completed, caller_reference, paths };
            one.invalidations.insert(id.clone(), known);
            one.store_invalidation(cx, &id);
            let (distribution, invalidation) = (asked.distribution_id.clone(), id.clone());
            let timer = Timer::Forget { distribution, invalidation };
            state.timers.set(timer, forgotten, "invalidation");
            id
        }
    };
    let one = state.distribution(&asked.distribution_id)?;
    let path = format!("distribution/{}/invalidation/{id}", asked.distribution_id);
    Ok(json!({
        "Location": location(&path),
        "Invalidation": view::invalidation(cx.now, &id, &one.invalidations[&id]),
    }))
}

/// Forgets the oldest completed invalidation when there are many.
fn make_room(cx: &mut Cx<'_>, one: &mut Distribution) {
    let completed = one.invalidations.iter().filter(|(_, known)| known.is_completed(cx.now));
    if completed.clone().count() < REMEMBERED_MAX {
        return;
    }
    if let Some(id) = completed.min_by_key(|(_, known)| known.created).map(|(id, _)| id.clone()) {
        one.invalidations.remove(&id);
        one.store_invalidation(cx, &id);
    }
}

fn check(cx: &Cx<'_>, one: &Distribution, paths: &[String]) -> Result<(), ApiError> {
    // CF-INV-01
    let valid = |path: &String| path.starts_with('/') && path.len() <= 4000;
    if paths.is_empty() || !paths.iter().all(valid) {
        let message = "Your request contains one or more invalid invalidation paths.";
        return Err(invalid_argument(message));
    }
    let running = one.invalidations.values().filter(|known| !known.is_completed(cx.now));
    let wild = |path: &&String| path.ends_with('*');
    let (mut plain, mut wildcards) = (0, 0);
    for path in running.flat_map(|known| &known.paths).chain(paths) {
        if wild(&path) {
            wildcards += 1;
        } else {
            plain += 1;
        }
    }
    let what = match (plain > PATHS_MAX, wildcards > WILDCARDS_MAX) {
        (false, false) => return Ok(()),
        (_, true) => "wildcard invalidations",
        (true, false) => "invalidations",
    };
    let message = format!(
        "Processing your request will cause you to exceed the maximum number of in-progress {what}."
    );
    Err(invalid("TooManyInvalidationsInProgress", message))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Get {
    distribution_id: String,
    id: String,
}

pub(super) fn get(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Get = read("GetInvalidation", value)?;
    let one = state.distribution(&asked.distribution_id)?;
    let Some(known) = one.invalidations.get(&asked.id) else {
        return Err(crate::error::no_such("Invalidation", "invalidation"));
    };
    Ok(json!({"Invalidation": view::invalidation(cx.now, &asked.id, known)}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ListAsk {
    distribution_id: String,
    marker: Option<String>,
    max_items: Option<Value>,
}

/// The newest first.
pub(super) fn list(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let ListAsk { distribution_id, marker, max_items } = read("ListInvalidations", value)?;
    let one = state.distribution(&distribution_id)?;
    let mut all: Vec<_> = one.invalidations.iter().collect();
    all.sort_by_key(|(_, known)| std::cmp::Reverse(known.created));
    let item = |id: &str, known: &Invalidation| {
        let (created, status) = (known.created.iso8601(), known.status(cx.now));
        json!({"Id": id, "CreateTime": created, "Status": status})
    };
    let items: Vec<_> = all.into_iter().map(|(id, known)| (id.as_str(), item(id, known))).collect();
    Ok(json!({"InvalidationList": Ask { marker, max_items }.page(&items)?}))
}
