//! Values of secrets: putting, getting, and which version is in which stage.

use serde::Deserialize;
use standin_kernel::ids::uuid;
use standin_kernel::{ApiError, Cx, Value, json};

use super::state::{CURRENT, Content, PREVIOUS, Secret, SecretsManager, Version, not_found};
use crate::confidential::Confidential;
use crate::operation::{Codes, read, seconds};

const CODES: Codes = Codes::all("InvalidParameterException");
const VERSIONS_MAX: usize = 100;
const BYTES_MAX: usize = 65_536;

/// The value that an operation carries, if any.
pub(super) fn content(
    text: Option<Confidential>,
    binary: Option<Confidential>,
) -> Result<Option<Content>, ApiError> {
    let long = |one: &Option<Confidential>| one.as_ref().is_some_and(|one| one.0.len() > BYTES_MAX);
    if long(&text) || long(&binary) {
        let message = format!("A secret has at most {BYTES_MAX} bytes.");
        return Err(ApiError::new("InvalidParameterException", 400, message));
    }
    match (text, binary) {
        (Some(_), Some(_)) => {
            let message = "You can't specify both a binary secret value and a string secret value \
                           in the same secret.";
            Err(ApiError::new("InvalidParameterException", 400, message))
        }
        (Some(text), None) => Ok(Some(Content::Text(text))),
        (None, Some(binary)) => Ok(Some(Content::Binary(binary))),
        (None, None) => Ok(None),
    }
}

/// A token of the caller's, which becomes the id of the version, or a new one.
pub(super) fn version_id(cx: &mut Cx<'_>, token: Option<String>) -> Result<String, ApiError> {
    match token {
        None => Ok(uuid(cx.rng)),
        Some(token) if (32..=64).contains(&token.len()) => Ok(token),
        Some(_) => {
            let message = "ClientRequestToken must have 32 to 64 characters.";
            Err(ApiError::new("InvalidParameterException", 400, message))
        }
    }
}

impl Secret {
    /// Adds a version in `stages`, which its earlier holders lose. The same token with the same
    /// value again changes nothing.
    pub(super) fn add(&mut self, new: Version) -> Result<(), ApiError> {
        if let Some(same) = self.versions.iter().find(|version| version.id == new.id) {
            if same.content == new.content {
                return Ok(());
            }
            let message = "You can't use ClientRequestToken for this version because it is \
                           already in use with another value.";
            return Err(ApiError::new("ResourceExistsException", 400, message));
        }
        self.changed = new.created;
        let (id, stages) = (new.id.clone(), new.stages.clone());
        self.versions.push(Version { stages: Vec::new(), ..new });
        stages.iter().for_each(|stage| self.move_stage(stage, &id));
        while self.versions.len() > VERSIONS_MAX {
            let Some(at) = self.versions.iter().position(|one| one.stages.is_empty()) else {
                break;
            };
            self.versions.remove(at);
        }
        Ok(())
    }

    /// Puts version `to` into `stage`. Whoever loses AWSCURRENT gets AWSPREVIOUS.
    fn move_stage(&mut self, stage: &str, to: &str) {
        let from = self.staged(stage).map(|version| version.id.clone());
        for version in &mut self.versions {
            version.stages.retain(|one| one != stage);
            if version.id == to {
                version.stages.push(stage.to_owned());
            }
        }
        if let Some(from) = from.filter(|from| stage == CURRENT && from != to) {
            self.move_stage(PREVIOUS, &from);
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Put {
    secret_id: String,
    client_request_token: Option<String>,
    secret_string: Option<Confidential>,
    secret_binary: Option<Confidential>,
    version_stages: Option<Vec<String>>,
}

pub(super) fn put(
    all: &mut SecretsManager,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Put = read("PutSecretValue", value, CODES)?;
    let name = all.living(&asked.secret_id)?;
    let content = content(asked.secret_string, asked.secret_binary)?.ok_or_else(|| {
        let message = "You must provide either SecretString or SecretBinary.";
        ApiError::new("InvalidRequestException", 400, message)
    })?;
    let stages = asked.version_stages.unwrap_or_else(|| vec![CURRENT.to_owned()]);
    let id = version_id(cx, asked.client_request_token)?;
    let version = Version { id: id.clone(), content, stages, created: cx.now };
    let added = all.secrets.change(cx, &name, |secret| {
        let mut version = version;
        // The first version is current whatever is asked for.
        if secret.staged(CURRENT).is_none() && !version.stages.iter().any(|one| one == CURRENT) {
            version.stages.push(CURRENT.to_owned());
        }
        secret.add(version)
    });
    added.ok_or_else(not_found)??;
    let secret = all.get(&name)?;
    let version = secret.versions.iter().find(|version| version.id == id);
    let stages = version.map(|version| version.stages.clone());
    Ok(json!({
        "ARN": secret.arn, "Name": secret.name, "VersionId": id, "VersionStages": stages,
    }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Get {
    secret_id: String,
    version_id: Option<String>,
    version_stage: Option<String>,
}

pub(super) fn get(
    all: &mut SecretsManager,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Get = read("GetSecretValue", value, CODES)?;
    let name = all.living(&asked.secret_id)?;
    let secret = all.get(&name)?;
    let stage = asked.version_stage.as_deref();
    let (version, wanted) = match (&asked.version_id, stage) {
        (None, stage) => {
            let stage = stage.unwrap_or(CURRENT);
            (secret.staged(stage), format!("value for staging label: {stage}"))
        }
        (Some(id), stage) => {
            let found = secret.versions.iter().find(|version| version.id == *id);
            let in_stage = |version: &&Version| {
                stage.is_none_or(|stage| version.stages.iter().any(|one| one == stage))
            };
            (found.filter(in_stage), format!("value for VersionId: {id}"))
        }
    };
    let version = version.ok_or_else(|| {
        let message = format!("Secrets Manager can't find the specified secret {wanted}");
        ApiError::new("ResourceNotFoundException", 400, message)
    })?;
    let mut answer = json!({
        "ARN": secret.arn,
        "Name": secret.name,
        "VersionId": version.id,
        "VersionStages": version.stages,
        "CreatedDate": seconds(version.created),
    });
    match &version.content {
        Content::Text(text) => answer["SecretString"] = json!(text),
        Content::Binary(bytes) => answer["SecretBinary"] = json!(bytes),
    }
    Ok(answer)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Stage {
    secret_id: String,
    version_stage: String,
    remove_from_version_id: Option<String>,
    move_to_version_id: Option<String>,
}

pub(super) fn update_stage(
    all: &mut SecretsManager,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Stage = read("UpdateSecretVersionStage", value, CODES)?;
    let name = all.living(&asked.secret_id)?;
    let secret = all.get(&name)?;
    let (stage, arn) = (&asked.version_stage, secret.arn.clone());
    let holder = secret.staged(stage).map(|version| &version.id);
    if asked.remove_from_version_id.as_ref() != holder {
        let message = format!(
            "The parameter RemoveFromVersionId must name the version that has the staging label \
             {stage}."
        );
        return Err(ApiError::new("InvalidParameterException", 400, message));
    }
    let to = asked.move_to_version_id.as_ref();
    if to.is_some_and(|to| !secret.versions.iter().any(|version| version.id == *to)) {
        let message = "Secrets Manager can't find the specified secret version.";
        return Err(ApiError::new("ResourceNotFoundException", 400, message));
    }
    if to.is_none() && stage == CURRENT {
        let message = "You can't remove the staging label AWSCURRENT without moving it.";
        return Err(ApiError::new("InvalidParameterException", 400, message));
    }
    all.secrets.change(cx, &name, |secret| match to {
        Some(to) => secret.move_stage(stage, to),
        None => {
            for version in &mut secret.versions {
                version.stages.retain(|one| one != stage);
            }
        }
    });
    Ok(json!({"ARN": arn, "Name": name}))
}
