//! The control plane's operations on key value stores (CF-KVS-02, CF-KVS-07).

use std::collections::BTreeMap;

use serde::Deserialize;
use standin_kernel::{
    Answer, ApiError, BlobId, Cx, Env, Heard, Need, ServiceName, Time, Value, ids, json,
};

use super::document::{Tags, read};
use super::function::check_entity_name;
use super::keys::{self, STORE_BYTES_MAX};
use super::page::Ask;
use super::{location, new_id, nothing, tagging};
use crate::error::{check_version, invalid, invalid_argument};
use crate::state::State;
use crate::stores::{self, KeyValueStore, READY_AT_AWS, READY_FAST, Settings};

/// CF-KVS-02
const STORES_MAX: usize = 200;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    name: String,
    #[serde(default)]
    comment: String,
    import_source: Option<ImportSource>,
    #[serde(default)]
    tags: Tags,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ImportSource {
    source_type: String,
    #[serde(rename = "SourceARN")]
    source_arn: String,
}

impl ImportSource {
    /// What asks for the object.
    fn need(&self) -> Result<Need, ApiError> {
        let object =
            self.source_arn.strip_prefix("arn:aws:s3:::").and_then(|at| at.split_once('/'));
        match object {
            Some((bucket, key)) if self.source_type == "S3" && !key.is_empty() => Ok(Need::Reply {
                service: ServiceName::S3,
                operation: "GetObject".into(),
                input: json!({"Bucket": bucket, "Key": key}),
            }),
            _ => Err(invalid_argument("The parameter ImportSource is invalid.")),
        }
    }
}

/// The object with the values, then its text.
pub(crate) fn needs(value: &Value, heard: &[Heard]) -> Option<Need> {
    let asked: Create = read("CreateKeyValueStore", value).ok()?;
    match heard {
        [] => asked.import_source?.need().ok(),
        [Heard { answer: Answer::Reply(Ok(object)), .. }] => {
            let blob = object["Standin"]["Blob"].as_str().and_then(BlobId::from_hex)?;
            let fits = object["Standin"]["Length"].as_u64() <= Some(2 * STORE_BYTES_MAX as u64);
            fits.then_some(Need::Text(blob))
        }
        _ => None,
    }
}

pub(super) fn create(
    state: &mut State,
    cx: &mut Cx<'_>,
    value: &Value,
    heard: &[Heard],
) -> Result<Value, ApiError> {
    let asked: Create = read("CreateKeyValueStore", value)?;
    check_entity_name(&asked.name)?;
    check_comment(&asked.comment)?;
    if state.stores.contains_key(&asked.name) {
        let message = "The key value store entity already exists.";
        return Err(ApiError::new("EntityAlreadyExists", 409, message));
    }
    if state.stores.len() >= STORES_MAX {
        let message = "The key value store entity limit has been exceeded.";
        return Err(invalid("EntityLimitExceeded", message));
    }
    let (values, failed) = match &asked.import_source {
        None => (BTreeMap::new(), None),
        Some(source) => {
            source.need()?;
            match imported(heard) {
                Ok(values) => (values, None),
                Err(why) => (BTreeMap::new(), Some(why)),
            }
        }
    };
    let settings = Settings {
        name: asked.name.clone(),
        id: ids::uuid(cx.rng),
        comment: asked.comment,
        created: cx.now,
        etag: new_id(cx),
        modified: cx.now,
        ready: cx.now + cx.env.paced(READY_FAST, READY_AT_AWS),
        failed,
        data_etag: format!("KV{}", new_id(cx)),
        data_modified: cx.now,
        tags: tagging::join(BTreeMap::new(), asked.tags)?,
    };
    settings.store(cx);
    let mut store = KeyValueStore::new(settings, BTreeMap::new());
    for (key, value) in &values {
        store.set(cx, key, Some(value));
    }
    let count = values.len();
    cx.log("cloudfront", format!("key value store {} created with {count} keys", asked.name));
    let answer = json!({
        "KeyValueStore": view(cx.env, cx.now, &store),
        "Location": location(&format!("key-value-store/{}", store.settings.name)),
        "ETag": store.settings.etag,
    });
    state.stores.insert(asked.name.clone(), store);
    state.send_values(cx, &asked.name);
    Ok(answer)
}

fn check_comment(comment: &str) -> Result<(), ApiError> {
    match comment.chars().count() {
        0..=128 => Ok(()),
        _ => Err(invalid_argument("The parameter Comment is too long.")),
    }
}

/// The values of an object `{"data": [{"key": "a", "value": "1"}]}` (CF-KVS-07).
fn imported(heard: &[Heard]) -> Result<BTreeMap<String, String>, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        data: Vec<Pair>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Pair {
        key: String,
        value: String,
    }
    let text = match heard {
        [Heard { answer: Answer::Reply(Err(refused)), .. }] => {
            return Err(format!("the object cannot be read: {}", refused.message));
        }
        [_, Heard { answer: Answer::Text(Some(text)), .. }] => text,
        _ => return Err("the object is no text, or too large".into()),
    };
    let file: File =
        serde_json::from_str(text).map_err(|wrong| format!("the object is not valid: {wrong}"))?;
    let mut values = BTreeMap::new();
    for Pair { key, value } in file.data {
        keys::check_pair(&key, Some(&value)).map_err(|wrong| wrong.message)?;
        values.insert(key, value);
    }
    let size: usize = values.iter().map(|(key, value)| key.len() + value.len()).sum();
    match size <= STORE_BYTES_MAX {
        true => Ok(values),
        false => Err("the store would be larger than 5 MB".into()),
    }
}

/// A store by its name, perhaps in its current version.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Named {
    name: String,
    if_match: Option<String>,
}

pub(super) fn describe(
    state: &mut State,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Named = read("DescribeKeyValueStore", value)?;
    let store = state.key_value_store(&asked.name)?;
    Ok(json!({
        "KeyValueStore": view(cx.env, cx.now, store),
        "ETag": store.settings.etag,
    }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Update {
    name: String,
    comment: String,
    if_match: Option<String>,
}

pub(super) fn update(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Update = read("UpdateKeyValueStore", value)?;
    check_comment(&asked.comment)?;
    let etag = &state.key_value_store(&asked.name)?.settings.etag;
    check_version(asked.if_match.as_deref(), etag)?;
    let Some(store) = state.stores.get_mut(&asked.name) else { return nothing() };
    store.settings.comment = asked.comment;
    store.settings.modified = cx.now;
    store.settings.etag = new_id(cx);
    store.settings.store(cx);
    Ok(json!({
        "KeyValueStore": view(cx.env, cx.now, store),
        "ETag": store.settings.etag,
    }))
}

pub(super) fn delete(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Named = read("DeleteKeyValueStore", value)?;
    let store = state.key_value_store(&asked.name)?;
    check_version(asked.if_match.as_deref(), &store.settings.etag)?;
    let arn = stores::arn(cx.env, &store.settings.id);
    let uses = |one: &crate::functions::Edition| one.store_arn() == Some(&arn);
    let used = state
        .functions
        .values()
        .any(|one| uses(&one.development) || one.live.as_ref().is_some_and(uses));
    if used {
        let message = "The key value store is associated with a function.";
        return Err(ApiError::new("CannotDeleteEntityWhileInUse", 409, message));
    }
    store.forget(cx);
    let id = store.settings.id.clone();
    state.stores.remove(&asked.name);
    state.drop_values(cx, &asked.name, &id);
    cx.log("cloudfront", format!("key value store {} deleted", asked.name));
    nothing()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct List {
    marker: Option<String>,
    max_items: Option<Value>,
    status: Option<String>,
}

pub(super) fn list(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let List { marker, max_items, status } = read("ListKeyValueStores", value)?;
    let (env, now) = (cx.env, cx.now);
    let all: Vec<(&str, Value)> = state
        .stores
        .values()
        .filter(|one| status.as_ref().is_none_or(|asked| one.settings.status(now) == asked))
        .map(|one| (one.settings.name.as_str(), view(env, now, one)))
        .collect();
    let mut page = Ask { marker, max_items }.page(&all)?;
    super::named_list(&mut page);
    Ok(json!({"KeyValueStoreList": page}))
}

fn view(env: &Env, now: Time, store: &KeyValueStore) -> Value {
    let settings = &store.settings;
    json!({
        "Name": settings.name,
        "Id": settings.id,
        "Comment": settings.comment,
        "ARN": stores::arn(env, &settings.id),
        "Status": settings.status(now),
        "LastModifiedTime": settings.modified.iso8601(),
    })
}
