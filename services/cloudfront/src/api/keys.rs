//! The data API `cloudfront-keyvaluestore` (CF-KVS-02 to CF-KVS-04).

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Value, json};

use super::document::read;
use super::new_id;
use crate::state::State;
use crate::stores::KeyValueStore;

/// CF-KVS-02, in bytes.
const KEY_BYTES_MAX: usize = 512;
const VALUE_BYTES_MAX: usize = 1024;
pub(super) const STORE_BYTES_MAX: usize = 5 * 1024 * 1024;
const UPDATE_KEYS_MAX: usize = 50;
const UPDATE_BYTES_MAX: usize = 3 * 1024 * 1024;

/// Keys on a page (CF-KVS-03).
const PAGE: usize = 10;
const PAGE_MAX: usize = 50;

fn validation(message: impl Into<String>) -> ApiError {
    ApiError::new("ValidationException", 400, message)
}

fn over_quota(message: &str) -> ApiError {
    ApiError::new("ServiceQuotaExceededException", 402, message)
}

fn not_found(what: &str) -> ApiError {
    ApiError::new("ResourceNotFoundException", 404, format!("{what} not found"))
}

/// A key, and a value that is to be written, are within their bounds.
pub(super) fn check_pair(key: &str, value: Option<&str>) -> Result<(), ApiError> {
    if key.is_empty() || key.len() > KEY_BYTES_MAX {
        return Err(validation(format!("A key has from 1 to {KEY_BYTES_MAX} bytes")));
    }
    if value.is_some_and(|value| value.len() > VALUE_BYTES_MAX) {
        return Err(validation(format!("A value has at most {VALUE_BYTES_MAX} bytes")));
    }
    Ok(())
}

fn store<'s>(state: &'s State, cx: &Cx<'_>, arn: &str) -> Result<&'s KeyValueStore, ApiError> {
    let store = state.store_at(arn).ok_or_else(|| not_found("Key value store"))?;
    if store.settings.status(cx.now) == "PROVISIONING" {
        let message = "The key value store is not ready";
        return Err(ApiError::new("ConflictException", 409, message));
    }
    Ok(store)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfStore {
    #[serde(rename = "KvsARN")]
    arn: String,
}

pub(super) fn describe(
    state: &mut State,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: OfStore = read("DescribeKeyValueStore", value)?;
    let store = state.store_at(&asked.arn).ok_or_else(|| not_found("Key value store"))?;
    let settings = &store.settings;
    let mut shown = counts(store);
    shown["KvsARN"] = json!(asked.arn);
    shown["Created"] = json!(settings.created.iso8601());
    shown["LastModified"] = json!(settings.data_modified.iso8601());
    shown["Status"] = json!(settings.status(cx.now));
    if let Some(why) = &settings.failed {
        shown["FailureReason"] = json!(why);
    }
    Ok(shown)
}

fn counts(store: &KeyValueStore) -> Value {
    json!({
        "ItemCount": store.values.len(),
        "TotalSizeInBytes": store.size_bytes(),
        "ETag": store.settings.data_etag,
    })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct OfKey {
    #[serde(rename = "KvsARN")]
    arn: String,
    key: String,
    if_match: Option<String>,
    value: Option<String>,
}

pub(super) fn get(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: OfKey = read("GetKey", value)?;
    let store = store(state, cx, &asked.arn)?;
    let found = store.values.get(&asked.key).ok_or_else(|| not_found("Key"))?;
    Ok(json!({
        "Key": asked.key,
        "Value": found,
        "ItemCount": store.values.len(),
        "TotalSizeInBytes": store.size_bytes(),
    }))
}

pub(super) fn put(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: OfKey = read("PutKey", value)?;
    let given = asked.value.ok_or_else(|| validation("Value is required"))?;
    let change = (asked.key, Some(given));
    write(state, cx, &asked.arn, asked.if_match.as_deref(), &[change])
}

pub(super) fn delete(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: OfKey = read("DeleteKey", value)?;
    if !store(state, cx, &asked.arn)?.values.contains_key(&asked.key) {
        return Err(not_found("Key"));
    }
    write(state, cx, &asked.arn, asked.if_match.as_deref(), &[(asked.key, None)])
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Update {
    #[serde(rename = "KvsARN")]
    arn: String,
    if_match: Option<String>,
    #[serde(default)]
    puts: Vec<Put>,
    #[serde(default)]
    deletes: Vec<Delete>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Put {
    key: String,
    value: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Delete {
    key: String,
}

/// All or nothing.
pub(super) fn update(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Update = read("UpdateKeys", value)?;
    let puts = asked.puts.into_iter().map(|put| (put.key, Some(put.value)));
    let changes: Vec<_> =
        puts.chain(asked.deletes.into_iter().map(|delete| (delete.key, None))).collect();
    if changes.is_empty() || changes.len() > UPDATE_KEYS_MAX {
        return Err(validation(format!("An update has from 1 to {UPDATE_KEYS_MAX} keys")));
    }
    let bytes = |(key, value): &Change| key.len() + value.as_ref().map_or(0, String::len);
    if changes.iter().map(bytes).sum::<usize>() > UPDATE_BYTES_MAX {
        return Err(validation("An update has at most 3 MB"));
    }
    for (at, (key, _)) in changes.iter().enumerate() {
        if changes[..at].iter().any(|(other, _)| other == key) {
            return Err(validation(format!("The key {key} is there more than once")));
        }
    }
    write(state, cx, &asked.arn, asked.if_match.as_deref(), &changes)
}

/// A key with its new value; `None` removes it.
type Change = (String, Option<String>);

fn write(
    state: &mut State,
    cx: &mut Cx<'_>,
    arn: &str,
    if_match: Option<&str>,
    changes: &[Change],
) -> Result<Value, ApiError> {
    let found = store(state, cx, arn)?;
    let if_match = if_match.ok_or_else(|| validation("IfMatch is required"))?;
    if if_match.trim_matches('"') != found.settings.data_etag {
        let message = "The ETag does not match the key value store's current version";
        return Err(ApiError::new("ConflictException", 409, message));
    }
    let mut size = found.size_bytes();
    for (key, value) in changes {
        check_pair(key, value.as_deref())?;
        size -= found.values.get(key).map_or(0, |old| key.len() + old.len());
        size += value.as_ref().map_or(0, |value| key.len() + value.len());
    }
    if size > STORE_BYTES_MAX {
        return Err(over_quota("The key value store would be larger than 5 MB"));
    }
    let name = found.settings.name.clone();
    let etag = format!("KV{}", new_id(cx));
    let Some(store) = state.stores.get_mut(&name) else { return Err(not_found("Store")) };
    for (key, value) in changes {
        store.set(cx, key, value.as_deref());
    }
    store.settings.data_etag = etag;
    store.settings.data_modified = cx.now;
    store.settings.store(cx);
    let shown = counts(store);
    state.send_values(cx, &name);
    let keys: Vec<&str> = changes.iter().map(|(key, _)| key.as_str()).collect();
    cx.log("cloudfront", format!("key value store {name}: {} written", keys.join(", ")));
    Ok(shown)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct List {
    #[serde(rename = "KvsARN")]
    arn: String,
    next_token: Option<String>,
    max_results: Option<usize>,
}

pub(super) fn list(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: List = read("ListKeys", value)?;
    let most = asked.max_results.unwrap_or(PAGE);
    if !(1..=PAGE_MAX).contains(&most) {
        return Err(validation(format!("MaxResults is from 1 to {PAGE_MAX}")));
    }
    let store = store(state, cx, &asked.arn)?;
    let after = match asked.next_token.as_deref().map(standin_kernel::base64::decode_lines) {
        None => String::new(),
        Some(Some(bytes)) => String::from_utf8(bytes).unwrap_or_default(),
        Some(None) => return Err(validation("NextToken is not valid")),
    };
    let mut rest = store.values.iter().filter(|(key, _)| **key > after);
    let items: Vec<Value> =
        rest.by_ref().take(most).map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    let mut page = json!({"Items": items});
    if rest.next().is_some()
        && let Some(last) = page["Items"][most - 1]["Key"].as_str()
    {
        page["NextToken"] = json!(standin_kernel::base64::encode(last.as_bytes()));
    }
    Ok(page)
}
