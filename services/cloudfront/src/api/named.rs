//! Create, Get, Update, Delete and List of what distributions refer to by id: the same for each of
//! the kinds.

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Value, ids, json};

use super::document::read;
use super::page::Ask;
use super::{One, Version, location, new_id, nothing, value_of};
use crate::error::{check_version, invalid};
use crate::policies::{Document, Kept};
use crate::state::State;

pub(super) fn create<D: Document>(
    state: &mut State,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked = asked::<D>(&format!("Create{}", D::NOUN), value, &[])?;
    let document = settled(state, None, asked)?;
    let shelf = D::shelf_mut(state);
    if shelf.own() >= D::MOST {
        let message = format!("The number of {}s exceeds the maximum.", D::WORDS);
        return Err(invalid(D::TOO_MANY, message));
    }
    // Policies have UUIDs; the others are named like distributions.
    let id = if D::NOUN.ends_with("Policy") { ids::uuid(cx.rng) } else { new_id(cx) };
    let kept = Kept { etag: new_id(cx), modified: cx.now, managed: false, document };
    cx.log("cloudfront", format!("{} {id} created: {}", D::WORDS, kept.document.name()));
    let answer = json!({
        D::NOUN: view(&id, &kept),
        "Location": location(&format!("{}/{id}", D::RECORD)),
        "ETag": kept.etag,
    });
    shelf.all.insert(id.clone(), kept);
    shelf.store(cx, &id);
    Ok(answer)
}

pub(super) fn get<D: Document>(
    state: &mut State,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: One = read(&format!("Get{}", D::NOUN), value)?;
    let kept = D::shelf(state).get(&asked.id)?;
    Ok(json!({D::NOUN: view(&asked.id, kept), "ETag": kept.etag}))
}

pub(super) fn get_config<D: Document>(
    state: &mut State,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: One = read(&format!("Get{}", D::CONFIG), value)?;
    let kept = D::shelf(state).get(&asked.id)?;
    Ok(json!({D::CONFIG: value_of(&kept.document), "ETag": kept.etag}))
}

pub(super) fn update<D: Document>(
    state: &mut State,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let operation = format!("Update{}", D::NOUN);
    let asked = asked::<D>(&operation, value, &["Id", "IfMatch"])?;
    let Some(id) = value["Id"].as_str() else {
        return Err(missing(&operation, "Id"));
    };
    let current = D::shelf(state).get(id)?;
    if current.managed {
        let message = "The update contains modifications that are not allowed.";
        return Err(invalid("IllegalUpdate", message));
    }
    check_version(value["IfMatch"].as_str(), &current.etag)?;
    let document = settled(state, Some(id), asked)?;
    let kept = Kept { etag: new_id(cx), modified: cx.now, managed: false, document };
    let answer = json!({D::NOUN: view(id, &kept), "ETag": kept.etag});
    let shelf = D::shelf_mut(state);
    shelf.all.insert(id.to_owned(), kept);
    shelf.store(cx, id);
    cx.log("cloudfront", format!("{} {id} updated", D::WORDS));
    // Whoever refers to it changes with it.
    for user in users::<D>(state, id) {
        state.roll_out(cx, &user)?;
    }
    Ok(answer)
}

pub(super) fn delete<D: Document>(
    state: &mut State,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Version = read(&format!("Delete{}", D::NOUN), value)?;
    let current = D::shelf(state).get(&asked.id)?;
    if current.managed {
        return Err(invalid("IllegalDelete", "You cannot delete a managed policy."));
    }
    check_version(asked.if_match.as_deref(), &current.etag)?;
    if !users::<D>(state, &asked.id).is_empty() {
        let message = format!(
            "Cannot delete the {} because it is attached to one or more distributions.",
            D::WORDS
        );
        return Err(ApiError::new(&format!("{}InUse", D::NOUN), 409, message));
    }
    let shelf = D::shelf_mut(state);
    shelf.all.remove(&asked.id);
    shelf.store(cx, &asked.id);
    cx.log("cloudfront", format!("{} {} deleted", D::WORDS, asked.id));
    nothing()
}

/// The distributions that refer to `id`.
fn users<D: Document>(state: &State, id: &str) -> Vec<String> {
    let all = state.distributions.values().map(|one| &one.settings);
    all.filter(|one| D::is_used(&one.config, id)).map(|one| one.id.clone()).collect()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct List {
    r#type: Option<Type>,
    marker: Option<String>,
    max_items: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Type {
    Managed,
    Custom,
}

/// Policies of AWS and of the account.
pub(super) fn list<D: Document>(
    state: &mut State,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let List { r#type, marker, max_items } =
        read(&format!("List{}", D::NOUN.replace("Policy", "Policies")), value)?;
    let wanted = |kept: &Kept<D>| r#type.is_none_or(|one| (one == Type::Managed) == kept.managed);
    let item = |id: &str, kept: &Kept<D>| {
        let kind = if kept.managed { "managed" } else { "custom" };
        json!({"Type": kind, D::NOUN: view(id, kept)})
    };
    let all = D::shelf(state).all.iter().filter(|(_, kept)| wanted(kept));
    let items: Vec<_> = all.map(|(id, kept)| (id.as_str(), item(id, kept))).collect();
    let mut page = Ask { marker, max_items }.page(&items)?;
    // Lists of policies have neither of these.
    if let Some(members) = page.as_object_mut() {
        members.retain(|name, _| !matches!(name.as_str(), "Marker" | "IsTruncated"));
    }
    Ok(json!({format!("{}List", D::NOUN): page}))
}

/// Origin access controls are listed with their documents spread out.
pub(super) fn list_access_controls(
    state: &mut State,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Ask = read("ListOriginAccessControls", value)?;
    let item = |(id, kept): (&'_ String, &Kept<_>)| {
        let mut item = value_of(&kept.document);
        item["Id"] = json!(id);
        item
    };
    let all = state.access_controls.all.iter();
    let items: Vec<_> = all.map(|(id, kept)| (id.as_str(), item((id, kept)))).collect();
    Ok(json!({"OriginAccessControlList": asked.page(&items)?}))
}

/// The document in an operation's input; `others` are members beside it.
fn asked<D: Document>(operation: &str, value: &Value, others: &[&str]) -> Result<D, ApiError> {
    let empty = serde_json::Map::new();
    for name in value.as_object().unwrap_or(&empty).keys() {
        if name != D::CONFIG && !others.contains(&name.as_str()) {
            let message = format!("{operation}: unknown field `{name}`");
            return Err(invalid("ValidationError", message));
        }
    }
    if value[D::CONFIG].is_null() {
        return Err(missing(operation, D::CONFIG));
    }
    read(operation, &value[D::CONFIG])
}

fn missing(operation: &str, member: &str) -> ApiError {
    invalid("ValidationError", format!("{operation}: missing field `{member}`"))
}

/// The document with defaults, if AWS would take it; its name is nobody else's.
fn settled<D: Document>(state: &State, id: Option<&str>, mut document: D) -> Result<D, ApiError> {
    document.settle()?;
    let others = D::shelf(state).all.iter().filter(|(other, _)| Some(other.as_str()) != id);
    if others.into_iter().any(|(_, kept)| kept.document.name() == document.name()) {
        let article = if D::WORDS.starts_with('o') { "An" } else { "A" };
        let message = format!("{article} {} with the same name already exists.", D::WORDS);
        return Err(ApiError::new(&format!("{}AlreadyExists", D::NOUN), 409, message));
    }
    Ok(document)
}

fn view<D: Document>(id: &str, kept: &Kept<D>) -> Value {
    let mut view = json!({"Id": id, D::CONFIG: value_of(&kept.document)});
    if D::NOUN.ends_with("Policy") {
        view["LastModifiedTime"] = json!(kept.modified.iso8601());
    }
    view
}
