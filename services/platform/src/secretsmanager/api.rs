//! The operations of Secrets Manager, by AWS's names; those on values are in `value`.

use serde::Deserialize;
use standin_kernel::ids::arn;
use standin_kernel::{ApiError, Cx, Duration, Value, json};

use super::password::Recipe;
use super::state::{CURRENT, Secret, SecretsManager, Version, not_found};
use super::value;
use crate::confidential::Confidential;
use crate::operation::{Codes, Operations, Section, present, read, run, seconds};
use crate::paging::page;
use crate::tags::{self, Fault, Tag};

pub(crate) const OPERATIONS: Operations<SecretsManager> = &[
    ("CreateSecret", create),
    ("GetSecretValue", value::get),
    ("PutSecretValue", value::put),
    ("UpdateSecretVersionStage", value::update_stage),
    ("UpdateSecret", update),
    ("DescribeSecret", describe),
    ("ListSecrets", list),
    ("ListSecretVersionIds", list_versions),
    ("DeleteSecret", delete),
    ("RestoreSecret", restore),
    ("GetRandomPassword", random_password),
    ("TagResource", tag),
    ("UntagResource", untag),
];

/// Carries out an operation, once what is over is forgotten.
pub(crate) fn call(
    all: &mut SecretsManager,
    cx: &mut Cx<'_>,
    name: &str,
    input: &Value,
) -> Result<Value, ApiError> {
    all.purge(cx);
    run(Section::SecretsManager, OPERATIONS, all, cx, name, input)
}

const CODES: Codes = Codes::all("InvalidParameterException");

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidParameterException", 400, message)
}

fn invalid_request(message: &str) -> ApiError {
    ApiError::new("InvalidRequestException", 400, message)
}

fn wrong_tags(fault: &Fault) -> ApiError {
    match fault {
        Fault::TooMany => ApiError::new("LimitExceededException", 400, fault.message()),
        _ => invalid(fault.message()),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    name: String,
    client_request_token: Option<String>,
    description: Option<String>,
    kms_key_id: Option<String>,
    secret_string: Option<Confidential>,
    secret_binary: Option<Confidential>,
    tags: Option<Vec<Tag>>,
}

fn create(all: &mut SecretsManager, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Create = read("CreateSecret", value, CODES)?;
    let name = asked.name;
    let fine =
        |character: char| character.is_ascii_alphanumeric() || "/_+=.@!-".contains(character);
    if name.is_empty() || name.len() > 512 || !name.chars().all(fine) {
        return Err(invalid(
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the \
             following: -/_+=.@!",
        ));
    }
    let content = value::content(asked.secret_string, asked.secret_binary)?;
    let token = asked.client_request_token;
    match all.secrets.get(&name) {
        Some(there) if there.deletion.is_some() => {
            return Err(invalid_request(
                "You can't create this secret because a secret with this name is already scheduled \
                 for deletion.",
            ));
        }
        Some(there) => {
            // The same request again.
            let same = there.versions.iter().find(|one| Some(&one.id) == token.as_ref());
            if let Some(version) = same.filter(|one| Some(&one.content) == content.as_ref()) {
                let id = &version.id;
                return Ok(json!({"ARN": there.arn, "Name": name, "VersionId": id}));
            }
            let message = format!("The operation failed because the secret {name} already exists.");
            return Err(ApiError::new("ResourceExistsException", 400, message));
        }
        None => {}
    }
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let end = cx.rng.text(6, alphabet);
    let mut secret = Secret {
        arn: arn(cx.env, "secretsmanager", &format!("secret:{name}-{end}")),
        name: name.clone(),
        description: asked.description,
        kms_key: asked.kms_key_id,
        created: cx.now,
        changed: cx.now,
        versions: Vec::new(),
        deletion: None,
        tags: tags::of(asked.tags, cx.asked_by).map_err(|fault| wrong_tags(&fault))?,
    };
    let mut answer = json!({"ARN": secret.arn, "Name": name});
    if let Some(content) = content {
        let id = value::version_id(cx, token)?;
        answer["VersionId"] = json!(id);
        let stages = vec![CURRENT.to_owned()];
        secret.add(Version { id, content, stages, created: cx.now })?;
    }
    all.secrets.put(cx, &name, secret);
    Ok(answer)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Update {
    secret_id: String,
    client_request_token: Option<String>,
    description: Option<String>,
    kms_key_id: Option<String>,
    secret_string: Option<Confidential>,
    secret_binary: Option<Confidential>,
}

fn update(all: &mut SecretsManager, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Update = read("UpdateSecret", value, CODES)?;
    let name = all.living(&asked.secret_id)?;
    let content = value::content(asked.secret_string, asked.secret_binary)?;
    let mut answer = json!({"ARN": all.get(&name)?.arn, "Name": name});
    let mut version = None;
    if let Some(content) = content {
        let id = value::version_id(cx, asked.client_request_token)?;
        answer["VersionId"] = json!(id);
        version = Some(Version { id, content, stages: vec![CURRENT.to_owned()], created: cx.now });
    }
    let now = cx.now;
    let changed = all.secrets.change(cx, &name, |secret| {
        secret.description = asked.description.or(secret.description.take());
        secret.kms_key = asked.kms_key_id.or(secret.kms_key.take());
        secret.changed = now;
        version.map_or(Ok(()), |version| secret.add(version))
    });
    changed.ok_or_else(not_found)??;
    Ok(answer)
}

fn stages(secret: &Secret) -> Value {
    let mut map = serde_json::Map::new();
    for version in secret.versions.iter().filter(|version| !version.stages.is_empty()) {
        map.insert(version.id.clone(), json!(version.stages));
    }
    Value::Object(map)
}

fn show(secret: &Secret, stages_member: &str) -> Value {
    present(json!({
        "ARN": secret.arn,
        "Name": secret.name,
        "Description": secret.description,
        "KmsKeyId": secret.kms_key,
        "RotationEnabled": false,
        "LastChangedDate": seconds(secret.changed),
        "DeletedDate": secret.deletion.map(|deletion| seconds(deletion.1)),
        "Tags": tags::list(&secret.tags),
        stages_member: stages(secret),
        "CreatedDate": seconds(secret.created),
    }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Named {
    secret_id: String,
}

fn describe(all: &mut SecretsManager, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Named = read("DescribeSecret", value, CODES)?;
    Ok(show(all.get(&asked.secret_id)?, "VersionIdsToStages"))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct List {
    #[serde(default)]
    include_planned_deletion: bool,
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Filter {
    key: String,
    values: Vec<String>,
}

impl Filter {
    /// Values are beginnings; `!` before one turns it round.
    fn passes(&self, secret: &Secret) -> Result<bool, ApiError> {
        let mut texts: Vec<&String> = Vec::new();
        match self.key.as_str() {
            "name" => texts.push(&secret.name),
            "description" => texts.extend(&secret.description),
            "tag-key" => texts.extend(secret.tags.keys()),
            "tag-value" => texts.extend(secret.tags.values()),
            key => return Err(invalid(format!("The filter {key} is not supported by Standin."))),
        }
        let begins = |value: &str| texts.iter().any(|text| text.starts_with(value));
        Ok(self.values.iter().any(|value| match value.strip_prefix('!') {
            Some(value) => !begins(value),
            None => begins(value),
        }))
    }
}

fn list(all: &mut SecretsManager, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: List = read("ListSecrets", value, CODES)?;
    let mut shown = Vec::new();
    'next: for secret in all.secrets.values() {
        if secret.deletion.is_some() && !asked.include_planned_deletion {
            continue;
        }
        for filter in &asked.filters {
            if !filter.passes(secret)? {
                continue 'next;
            }
        }
        shown.push(show(secret, "SecretVersionsToStages"));
    }
    answer("SecretList", shown, asked.next_token.as_deref(), asked.max_results)
}

fn answer(
    member: &str,
    items: Vec<Value>,
    token: Option<&str>,
    size: Option<usize>,
) -> Result<Value, ApiError> {
    let page = page(items, token, size.unwrap_or(100));
    let message = "Invalid token. The token is not one that was given out.";
    let unknown = || ApiError::new("InvalidNextTokenException", 400, message);
    let page = page.ok_or_else(unknown)?;
    Ok(present(json!({member: page.items, "NextToken": page.next})))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ListVersions {
    secret_id: String,
    max_results: Option<usize>,
    next_token: Option<String>,
    #[serde(default)]
    include_deprecated: bool,
}

fn list_versions(
    all: &mut SecretsManager,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: ListVersions = read("ListSecretVersionIds", value, CODES)?;
    let secret = all.get(&asked.secret_id)?;
    let wanted = |one: &&Version| asked.include_deprecated || !one.stages.is_empty();
    let shown = |version: &Version| {
        json!({
            "VersionId": version.id,
            "VersionStages": version.stages,
            "CreatedDate": seconds(version.created),
        })
    };
    let versions = secret.versions.iter().filter(wanted).map(shown).collect();
    let mut answer = answer("Versions", versions, asked.next_token.as_deref(), asked.max_results)?;
    answer["ARN"] = json!(secret.arn);
    answer["Name"] = json!(secret.name);
    Ok(answer)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Delete {
    secret_id: String,
    recovery_window_in_days: Option<u64>,
    #[serde(default)]
    force_delete_without_recovery: bool,
}

fn delete(all: &mut SecretsManager, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    let asked: Delete = read("DeleteSecret", value, CODES)?;
    let (days, force) = (asked.recovery_window_in_days, asked.force_delete_without_recovery);
    if force && days.is_some() {
        return Err(invalid(
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
        ));
    }
    let days = days.unwrap_or(30);
    if !(7..=30).contains(&days) {
        return Err(invalid(
            "RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
        ));
    }
    let secret = all.get(&asked.secret_id)?;
    let (name, arn) = (secret.name.clone(), secret.arn.clone());
    if force {
        all.secrets.remove(cx, &name);
        return Ok(json!({"ARN": arn, "Name": name, "DeletionDate": seconds(cx.now)}));
    }
    all.living(&name)?;
    let window = DAY.saturating_mul(u32::try_from(days).unwrap_or(u32::MAX));
    let (end, now) = (cx.now + window, cx.now);
    all.secrets.change(cx, &name, |secret| secret.deletion = Some((end, now)));
    Ok(json!({"ARN": arn, "Name": name, "DeletionDate": seconds(end)}))
}

fn restore(all: &mut SecretsManager, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Named = read("RestoreSecret", value, CODES)?;
    let name = all.name_of(&asked.secret_id)?;
    all.secrets.change(cx, &name, |secret| secret.deletion = None);
    Ok(json!({"ARN": all.get(&name)?.arn, "Name": name}))
}

fn random_password(
    _all: &mut SecretsManager,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let recipe: Recipe = read("GetRandomPassword", value, CODES)?;
    Ok(json!({"RandomPassword": recipe.password(cx)?}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutTags {
    secret_id: String,
    tags: Vec<Tag>,
}

fn tag(all: &mut SecretsManager, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: PutTags = read("TagResource", value, CODES)?;
    let name = all.living(&asked.secret_id)?;
    let by = cx.asked_by;
    let put = |secret: &mut Secret| tags::add(&mut secret.tags, asked.tags, by);
    let added = all.secrets.change(cx, &name, put).ok_or_else(not_found)?;
    added.map(|()| json!({})).map_err(|fault| wrong_tags(&fault))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TakeTags {
    secret_id: String,
    tag_keys: Vec<String>,
}

fn untag(all: &mut SecretsManager, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: TakeTags = read("UntagResource", value, CODES)?;
    let name = all.living(&asked.secret_id)?;
    let by = cx.asked_by;
    let take = |secret: &mut Secret| tags::remove(&mut secret.tags, &asked.tag_keys, by);
    let taken = all.secrets.change(cx, &name, take).ok_or_else(not_found)?;
    taken.map(|()| json!({})).map_err(|fault| wrong_tags(&fault))
}
