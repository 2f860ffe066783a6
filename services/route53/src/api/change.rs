//! `ChangeResourceRecordSets`: all changes of a batch or none, and when all name servers know
//! (R53-CHG-01, R53-CHG-02, R53-CHG-03).

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Value, json};

use super::{check, read};
use crate::Route53;
use crate::error::{invalid_change_batch, invalid_input, no_such_change};
use crate::record_set::{Key, RecordSet};
use crate::state::bare;

/// Limits of one batch; UPSERT counts twice (R53-CHG-04).
const RECORDS_MAX: usize = 1000;
const CHARACTERS_MAX: usize = 32_000;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Input {
    hosted_zone_id: String,
    change_batch: ChangeBatch,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ChangeBatch {
    comment: Option<String>,
    changes: Vec<Change>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Change {
    action: Action,
    resource_record_set: RecordSet,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Action {
    Create,
    Delete,
    Upsert,
}

impl Action {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Delete => "DELETE",
            Self::Upsert => "UPSERT",
        }
    }
}

pub(super) fn change(
    route53: &mut Route53,
    cx: &mut Cx<'_>,
    input: &Value,
) -> Result<Value, ApiError> {
    let input: Input = read("ChangeResourceRecordSets", input)?;
    let zone = route53.state.zone(&input.hosted_zone_id)?;
    let changes = input.change_batch.changes;
    if changes.is_empty() {
        return Err(invalid_input("The batch has no changes."));
    }
    check_size(&changes)?;
    for change in &changes {
        check::form(change.action, &change.resource_record_set)?;
    }
    let mut records = zone.records.clone();
    let mut touched = BTreeSet::new();
    let mut wrong = Vec::new();
    for Change { action, resource_record_set: set } in changes {
        touched.insert(set.key());
        if action != Action::Delete {
            wrong.extend(check::alone(&zone.settings, &set));
        }
        if let Err(message) = carry_out(&mut records, action, set) {
            wrong.push(message);
        }
    }
    wrong.extend(check::together(zone, &records, &touched));
    let known = |id: &String| route53.state.checks.contains_key(id);
    let sets = touched.iter().filter_map(|key| records.get(key));
    for id in sets.filter_map(|set| set.health_check_id.as_ref()).filter(|id| !known(id)) {
        wrong.push(format!("A health check with id {id} does not exist"));
    }
    if !wrong.is_empty() {
        return Err(invalid_change_batch(&wrong));
    }
    let zone = bare(&input.hosted_zone_id).to_owned();
    let changed: Vec<(Key, Option<RecordSet>)> = touched
        .into_iter()
        .map(|key| {
            let set = records.remove(&key);
            (key, set)
        })
        .collect();
    let info = route53.apply(cx, &zone, changed, input.change_batch.comment)?;
    Ok(json!({"ChangeInfo": info}))
}

fn check_size(changes: &[Change]) -> Result<(), ApiError> {
    let (mut records, mut characters) = (0, 0);
    for Change { action, resource_record_set: set } in changes {
        let times = if *action == Action::Upsert { 2 } else { 1 };
        records += times * set.resource_records.len().max(1);
        let values = set.resource_records.iter();
        characters += times * values.map(|record| record.value.chars().count()).sum::<usize>();
    }
    if records > RECORDS_MAX {
        let message = format!("Number of records limit of {RECORDS_MAX} exceeded.");
        return Err(invalid_change_batch(&[message]));
    }
    if characters > CHARACTERS_MAX {
        let message = format!("RDATA character limit of {CHARACTERS_MAX} exceeded.");
        return Err(invalid_change_batch(&[message]));
    }
    Ok(())
}

fn carry_out(
    records: &mut BTreeMap<Key, RecordSet>,
    action: Action,
    set: RecordSet,
) -> Result<(), String> {
    let key = set.key();
    let have = records.get(&key);
    match (action, have) {
        (Action::Create, Some(_)) => {
            return Err(format!(
                "Tried to create resource record set {} but it already exists",
                set.shown()
            ));
        }
        (Action::Delete, None) => {
            return Err(format!(
                "Tried to delete resource record set {} but it was not found",
                set.shown()
            ));
        }
        (Action::Delete, Some(have)) if !have.says_the_same(&set) => {
            return Err(format!(
                "Tried to delete resource record set {} but the values provided do not match the \
                 current values",
                set.shown()
            ));
        }
        (Action::Delete, Some(_)) => {
            records.remove(&key);
        }
        _ => {
            records.insert(key, set);
        }
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Get {
    id: String,
}

pub(super) fn get(
    route53: &mut Route53,
    cx: &mut Cx<'_>,
    input: &Value,
) -> Result<Value, ApiError> {
    let input: Get = read("GetChange", input)?;
    let id = bare(&input.id);
    let change = route53.state.changes.get(id).ok_or_else(|| no_such_change(id))?;
    Ok(json!({"ChangeInfo": change.shown(cx.now)}))
}
