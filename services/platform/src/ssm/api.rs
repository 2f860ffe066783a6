//! The operations on parameters, by AWS's names.

use serde::Deserialize;
use standin_kernel::ids::arn;
use standin_kernel::{ApiError, Cx, Value, json};

use super::name::{check, selected};
use super::state::{Parameter, Ssm, Tier, Type, Version};
use crate::confidential::Confidential;
use crate::operation::{Codes, Operations, present, read, seconds};
use crate::paging::page;
use crate::tags::{self, Fault, Tag};

pub(crate) const OPERATIONS: Operations<Ssm> = &[
    ("PutParameter", put),
    ("GetParameter", get),
    ("GetParameters", get_many),
    ("GetParametersByPath", get_by_path),
    ("GetParameterHistory", history),
    ("DescribeParameters", describe),
    ("DeleteParameter", delete),
    ("DeleteParameters", delete_many),
    ("AddTagsToResource", add_tags),
    ("RemoveTagsFromResource", remove_tags),
    ("ListTagsForResource", list_tags),
];

const CODES: Codes = Codes::all("ValidationException");
const VERSIONS_MAX: usize = 100;

fn refused(code: &str, message: impl Into<String>) -> ApiError {
    ApiError::new(code, 400, message)
}

fn not_found(name: &str) -> ApiError {
    refused("ParameterNotFound", format!("Parameter {name} not found."))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Put {
    name: String,
    description: Option<String>,
    value: Confidential,
    #[serde(rename = "Type")]
    kind: Option<Type>,
    key_id: Option<String>,
    #[serde(default)]
    overwrite: bool,
    allowed_pattern: Option<String>,
    tags: Option<Vec<Tag>>,
    tier: Option<Tier>,
    data_type: Option<String>,
}

fn put(ssm: &mut Ssm, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Put = read("PutParameter", value, CODES)?;
    check(&asked.name)?;
    if asked.data_type.as_deref().is_some_and(|kind| kind != "text") {
        let message = "Standin knows no data type but text.";
        return Err(refused("UnsupportedParameterType", message));
    }
    let there = ssm.parameters.get(&asked.name);
    if there.is_some() && !asked.overwrite {
        let message = "The parameter already exists. To overwrite this value, set the overwrite \
                       option in the request to true.";
        return Err(refused("ParameterAlreadyExists", message));
    }
    if asked.overwrite && asked.tags.is_some() && there.is_some() {
        let message = "Invalid request: tags and overwrite can't be used together. To create a \
                       parameter with tags, please remove overwrite flag. To update tags for an \
                       existing parameter, please use AddTagsToResource or RemoveTagsFromResource.";
        return Err(refused("ValidationException", message));
    }
    let kind = kind(asked.kind, there)?;
    let tier = tier(&asked.value.0, asked.tier, there)?;
    let last = there.and_then(|parameter| parameter.versions.last());
    let number = last.map_or(1, |last| last.number + 1);
    let secure = kind == Type::SecureString;
    let version = Version {
        number,
        value: asked.value,
        cipher: secure.then(|| cipher(cx)),
        key_id: secure.then(|| asked.key_id.unwrap_or_else(|| "alias/aws/ssm".into())),
        description: asked.description.or_else(|| last.and_then(|last| last.description.clone())),
        allowed_pattern: asked.allowed_pattern,
        tier,
        modified: cx.now,
    };
    let tags = tags::of(asked.tags, cx.asked_by).map_err(|fault| wrong_tags(&fault))?;
    let name = asked.name;
    let added = ssm.parameters.change(cx, &name, |parameter| {
        parameter.kind = kind;
        parameter.versions.push(version.clone());
        let extra = parameter.versions.len().saturating_sub(VERSIONS_MAX);
        parameter.versions.drain(..extra);
    });
    if added.is_none() {
        let slash = if name.starts_with('/') { "" } else { "/" };
        let arn = arn(cx.env, "ssm", &format!("parameter{slash}{name}"));
        let versions = vec![version];
        ssm.parameters.put(cx, &name.clone(), Parameter { name, arn, kind, versions, tags });
    }
    Ok(json!({"Version": number, "Tier": tier}))
}

/// A new parameter needs a type; an old one keeps its own.
fn kind(asked: Option<Type>, there: Option<&Parameter>) -> Result<Type, ApiError> {
    match (asked, there) {
        (Some(asked), None) => Ok(asked),
        (None, Some(there)) => Ok(there.kind),
        (Some(asked), Some(there)) if asked == there.kind => Ok(asked),
        (Some(_), Some(_)) => {
            let message = "The parameter type cannot be changed: delete the parameter and create \
                           it again.";
            Err(refused("HierarchyTypeMismatchException", message))
        }
        (None, None) => {
            let message = "A parameter type is required when you create a parameter.";
            Err(refused("ValidationException", message))
        }
    }
}

fn tier(value: &str, asked: Option<Tier>, there: Option<&Parameter>) -> Result<Tier, ApiError> {
    const STANDARD_MAX: usize = 4096;
    const ADVANCED_MAX: usize = 8192;
    if value.is_empty() {
        let message = "1 validation error detected: Value at 'value' failed to satisfy \
                       constraint: Member must have length greater than or equal to 1";
        return Err(refused("ValidationException", message));
    }
    let before = there.and_then(|there| there.versions.last()).map(|last| last.tier);
    let tier = match asked.or(before).unwrap_or(Tier::Standard) {
        // There is no way back.
        _ if before == Some(Tier::Advanced) => Tier::Advanced,
        Tier::Intelligent if value.len() > STANDARD_MAX => Tier::Advanced,
        Tier::Intelligent => Tier::Standard,
        tier => tier,
    };
    let (name, most) = match tier {
        Tier::Advanced => ("Advanced", ADVANCED_MAX),
        Tier::Standard | Tier::Intelligent => ("Standard", STANDARD_MAX),
    };
    if value.len() > most {
        let message = format!(
            "{name} tier parameters support a maximum parameter value of {most} characters."
        );
        return Err(refused("ValidationException", message));
    }
    Ok(tier)
}

/// An opaque text in place of the ciphertext.
fn cipher(cx: &mut Cx<'_>) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    format!("AQICAH{}", cx.rng.text(122, alphabet))
}

impl Ssm {
    /// The parameter and version that `text` means.
    fn find(&self, text: &str) -> Result<(&Parameter, &Version, bool), ApiError> {
        let (name, number) = selected(text)?;
        // The ARN of a plain name has a slash that the name has not.
        let bare = name.strip_prefix('/').unwrap_or(name);
        let found = self.parameters.get(name);
        let found = found.or_else(|| self.parameters.get(bare).filter(|_| text.contains(":ssm:")));
        let parameter = found.ok_or_else(|| not_found(text))?;
        let version = match number {
            None => parameter.versions.last(),
            Some(number) => parameter.versions.iter().find(|one| one.number == number),
        };
        let none = || {
            let message = format!("Systems Manager could not find version of {name}.");
            refused("ParameterVersionNotFound", message)
        };
        Ok((parameter, version.ok_or_else(none)?, number.is_some()))
    }
}

fn show(parameter: &Parameter, version: &Version, selector: bool, decrypt: bool) -> Value {
    let value = match &version.cipher {
        Some(cipher) if !decrypt => cipher,
        _ => &version.value.0,
    };
    present(json!({
        "Name": parameter.name,
        "Type": parameter.kind,
        "Value": value,
        "Version": version.number,
        "Selector": selector.then(|| format!(":{}", version.number)),
        "LastModifiedDate": seconds(version.modified),
        "ARN": parameter.arn,
        "DataType": "text",
    }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Get {
    name: String,
    #[serde(default)]
    with_decryption: bool,
}

fn get(ssm: &mut Ssm, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Get = read("GetParameter", value, CODES)?;
    let (parameter, version, selector) = ssm.find(&asked.name)?;
    Ok(json!({"Parameter": show(parameter, version, selector, asked.with_decryption)}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetMany {
    names: Vec<String>,
    #[serde(default)]
    with_decryption: bool,
}

fn get_many(ssm: &mut Ssm, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: GetMany = read("GetParameters", value, CODES)?;
    check_count(asked.names.len())?;
    let (mut found, mut invalid) = (Vec::new(), Vec::new());
    for name in &asked.names {
        match ssm.find(name) {
            Ok((parameter, version, selector)) => {
                found.push(show(parameter, version, selector, asked.with_decryption));
            }
            Err(_) => invalid.push(name),
        }
    }
    Ok(json!({"Parameters": found, "InvalidParameters": invalid}))
}

fn check_count(count: usize) -> Result<(), ApiError> {
    if (1..=10).contains(&count) {
        return Ok(());
    }
    let message = "1 validation error detected: Value at 'names' failed to satisfy constraint: \
                   Member must have length less than or equal to 10";
    Err(refused("ValidationException", message))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetByPath {
    path: String,
    #[serde(default)]
    recursive: bool,
    #[serde(default)]
    with_decryption: bool,
    max_results: Option<usize>,
    next_token: Option<String>,
}

fn get_by_path(ssm: &mut Ssm, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: GetByPath = read("GetParametersByPath", value, CODES)?;
    if !asked.path.starts_with('/') {
        let message = "The parameter doesn't meet the parameter name requirements. The parameter \
                       name must begin with a forward slash \"/\".";
        return Err(refused("ValidationException", message));
    }
    let prefix = format!("{}/", asked.path.trim_end_matches('/'));
    let wanted = |parameter: &&Parameter| {
        let rest = parameter.name.strip_prefix(&prefix);
        // A plain name lies in the root.
        let rest = rest.or((prefix == "/").then_some(parameter.name.as_str()));
        rest.is_some_and(|rest| asked.recursive || !rest.contains('/'))
    };
    let shown = |parameter: &Parameter| {
        let last = parameter.versions.last()?;
        Some(show(parameter, last, false, asked.with_decryption))
    };
    let all = ssm.parameters.values().filter(wanted).filter_map(shown).collect();
    answer(all, asked.next_token.as_deref(), asked.max_results, 10)
}

fn answer(
    items: Vec<Value>,
    token: Option<&str>,
    size: Option<usize>,
    most: usize,
) -> Result<Value, ApiError> {
    let size = size.unwrap_or(most);
    if !(1..=most).contains(&size) {
        let message = format!("MaxResults must be between 1 and {most}");
        return Err(refused("ValidationException", message));
    }
    let page = page(items, token, size);
    let page = page.ok_or_else(|| refused("InvalidNextToken", "The token is not valid."))?;
    Ok(present(json!({"Parameters": page.items, "NextToken": page.next})))
}

fn metadata(cx: &Cx<'_>, parameter: &Parameter, version: &Version) -> Value {
    json!({
        "Name": parameter.name,
        "ARN": parameter.arn,
        "Type": parameter.kind,
        "KeyId": version.key_id,
        "LastModifiedDate": seconds(version.modified),
        "LastModifiedUser": format!("arn:aws:iam::{}:root", cx.env.account),
        "Description": version.description,
        "AllowedPattern": version.allowed_pattern,
        "Version": version.number,
        "Tier": version.tier,
        "Policies": [],
        "DataType": "text",
    })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct History {
    name: String,
    #[serde(default)]
    with_decryption: bool,
    max_results: Option<usize>,
    next_token: Option<String>,
}

fn history(ssm: &mut Ssm, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: History = read("GetParameterHistory", value, CODES)?;
    let (parameter, _, _) = ssm.find(&asked.name)?;
    let shown = |version: &Version| {
        let mut one = metadata(cx, parameter, version);
        one["Value"] = show(parameter, version, false, asked.with_decryption)["Value"].take();
        one["Labels"] = json!([]);
        if let Some(members) = one.as_object_mut() {
            members.remove("ARN");
        }
        present(one)
    };
    let all = parameter.versions.iter().map(shown).collect();
    answer(all, asked.next_token.as_deref(), asked.max_results, 50)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Describe {
    #[serde(default)]
    parameter_filters: Vec<Filter>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Filter {
    key: String,
    option: Option<String>,
    #[serde(default)]
    values: Vec<String>,
}

impl Filter {
    fn passes(&self, parameter: &Parameter, version: &Version) -> Result<bool, ApiError> {
        let text = match self.key.as_str() {
            "Name" => Some(parameter.name.clone()),
            "Type" => json!(parameter.kind).as_str().map(str::to_owned),
            "Tier" => json!(version.tier).as_str().map(str::to_owned),
            "KeyId" => version.key_id.clone(),
            "DataType" => Some("text".to_owned()),
            key => match key.strip_prefix("tag:") {
                Some(tag) => parameter.tags.get(tag).cloned(),
                None => {
                    let message = format!("The filter key {key} is not supported by Standin.");
                    return Err(refused("InvalidFilterKey", message));
                }
            },
        };
        let Some(text) = text else { return Ok(false) };
        let same: fn(&str, &str) -> bool = match self.option.as_deref().unwrap_or("Equals") {
            "Equals" => |text, value| text == value,
            "BeginsWith" => |text, value| text.starts_with(value),
            "Contains" => |text, value| text.contains(value),
            option => {
                let message = format!("The filter option {option} is not supported by Standin.");
                return Err(refused("InvalidFilterOption", message));
            }
        };
        Ok(self.values.is_empty() || self.values.iter().any(|value| same(&text, value)))
    }
}

fn describe(ssm: &mut Ssm, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Describe = read("DescribeParameters", value, CODES)?;
    let mut all = Vec::new();
    'next: for parameter in ssm.parameters.values() {
        let Some(last) = parameter.versions.last() else { continue };
        for filter in &asked.parameter_filters {
            if !filter.passes(parameter, last)? {
                continue 'next;
            }
        }
        all.push(present(metadata(cx, parameter, last)));
    }
    answer(all, asked.next_token.as_deref(), asked.max_results, 50)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Named {
    name: String,
}

fn delete(ssm: &mut Ssm, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Named = read("DeleteParameter", value, CODES)?;
    let gone = ssm.parameters.remove(cx, &asked.name);
    gone.map(|_| json!({})).ok_or_else(|| not_found(&asked.name))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DeleteMany {
    names: Vec<String>,
}

fn delete_many(ssm: &mut Ssm, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: DeleteMany = read("DeleteParameters", value, CODES)?;
    check_count(asked.names.len())?;
    let (gone, invalid): (Vec<&String>, Vec<&String>) =
        asked.names.iter().partition(|name| ssm.parameters.remove(cx, name).is_some());
    Ok(json!({"DeletedParameters": gone, "InvalidParameters": invalid}))
}

fn wrong_tags(fault: &Fault) -> ApiError {
    let code = match fault {
        Fault::TooMany => "TooManyTagsError",
        _ => "ValidationException",
    };
    refused(code, fault.message())
}

/// A thing with tags; only parameters are kept here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Tagging {
    resource_type: String,
    resource_id: String,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default)]
    tag_keys: Vec<String>,
}

fn tagging(operation: &str, value: &Value) -> Result<Tagging, ApiError> {
    let asked: Tagging = read(operation, value, CODES)?;
    if asked.resource_type != "Parameter" {
        let kind = &asked.resource_type;
        let message = format!("{kind} is not a valid resource type here.");
        return Err(refused("InvalidResourceType", message));
    }
    Ok(asked)
}

fn no_resource(id: &str) -> ApiError {
    refused("InvalidResourceId", format!("The resource ID {id} is not valid."))
}

fn add_tags(ssm: &mut Ssm, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked = tagging("AddTagsToResource", value)?;
    let by = cx.asked_by;
    let add = |one: &mut Parameter| tags::add(&mut one.tags, asked.tags, by);
    let added = ssm.parameters.change(cx, &asked.resource_id, add);
    let added = added.ok_or_else(|| no_resource(&asked.resource_id))?;
    added.map(|()| json!({})).map_err(|fault| wrong_tags(&fault))
}

fn remove_tags(ssm: &mut Ssm, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked = tagging("RemoveTagsFromResource", value)?;
    let by = cx.asked_by;
    let take = |one: &mut Parameter| tags::remove(&mut one.tags, &asked.tag_keys, by);
    let taken = ssm.parameters.change(cx, &asked.resource_id, take);
    let taken = taken.ok_or_else(|| no_resource(&asked.resource_id))?;
    taken.map(|()| json!({})).map_err(|fault| wrong_tags(&fault))
}

fn list_tags(ssm: &mut Ssm, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked = tagging("ListTagsForResource", value)?;
    let parameter = ssm.parameters.get(&asked.resource_id);
    let parameter = parameter.ok_or_else(|| no_resource(&asked.resource_id))?;
    Ok(json!({"TagList": tags::list(&parameter.tags)}))
}
