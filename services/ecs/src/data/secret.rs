//! A task's secret variables: each is read once, before a container starts, or the task does not
//! (ECS-TD-07, ECS-TD-08).

use standin_kernel::database::Secret;
use standin_kernel::{ApiError, Cx, Value, json};

use super::desk::{Call, Desk, SecretAt};
use super::task::Task;
use super::view::StopCode;
use crate::config::ValueFrom;

impl Task {
    /// Asks Secrets Manager and the Parameter Store for all of them.
    pub(crate) fn ask_for_secrets(&mut self, cx: &mut Cx<'_>, desk: &mut Desk) {
        let definition = self.definition.clone();
        for (container, settings) in definition.containers.iter().enumerate() {
            for (secret, (_, from)) in settings.secrets.iter().enumerate() {
                let at = SecretAt { container, secret };
                self.secrets.insert(at, None);
                let (operation, input) = question(from);
                desk.call(cx, Call::Secret { task: self.arn.clone(), at }, operation, input);
            }
        }
    }

    pub(crate) fn has_its_secrets(&self) -> bool {
        self.secrets.values().all(Option::is_some)
    }

    pub(crate) fn secret_read(
        &mut self,
        cx: &mut Cx<'_>,
        desk: &mut Desk,
        at: SecretAt,
        reply: &Result<Value, ApiError>,
    ) {
        let from = self.definition.containers.get(at.container);
        let Some((_, from)) = from.and_then(|one| one.secrets.get(at.secret)).cloned() else {
            return;
        };
        match value(&from, reply) {
            Ok(value) => {
                self.secrets.insert(at, Some(Secret(value)));
                self.advance(cx, desk);
            }
            Err(why) => {
                let reason = format!(
                    "ResourceInitializationError: unable to pull secrets or registry auth: {why}"
                );
                self.begin_stop(cx, desk, StopCode::TaskFailedToStart, reason);
            }
        }
    }

    /// The variables of a container whose values were read.
    pub(crate) fn secret_variables(&self, container: usize) -> Vec<(String, String)> {
        let settings = &self.definition.containers[container];
        let names = settings.secrets.iter().enumerate();
        names
            .filter_map(|(secret, (name, _))| {
                let value = self.secrets.get(&SecretAt { container, secret })?.as_ref()?;
                Some((name.clone(), value.0.clone()))
            })
            .collect()
    }
}

fn question(from: &ValueFrom) -> (&'static str, Value) {
    match from {
        ValueFrom::Secret { id, version_stage, version_id, .. } => {
            let mut input = json!({"SecretId": id});
            if let Some(stage) = version_stage {
                input["VersionStage"] = stage.as_str().into();
            }
            if let Some(version) = version_id {
                input["VersionId"] = version.as_str().into();
            }
            ("secretsmanager:GetSecretValue", input)
        }
        ValueFrom::Parameter(text) => {
            // An ARN ends with the name; one in a hierarchy keeps its slash, a flat one has none.
            let name = match text.split_once(":parameter") {
                Some((_, name)) if name[1..].contains('/') => name.to_owned(),
                Some((_, name)) => name.trim_start_matches('/').to_owned(),
                None => text.clone(),
            };
            ("ssm:GetParameters", json!({"Names": [name], "WithDecryption": true}))
        }
    }
}

fn value(from: &ValueFrom, reply: &Result<Value, ApiError>) -> Result<String, String> {
    match (from, reply) {
        (ValueFrom::Secret { id, .. }, Err(error)) => Err(format!(
            "execution resource retrieval failed: unable to retrieve secret from asm: service \
             call has been retried 1 time(s): failed to fetch secret {id} from secrets manager: \
             {}: {}",
            error.code, error.message
        )),
        (ValueFrom::Parameter(_), Err(error)) => Err(format!(
            "execution resource retrieval failed: unable to retrieve secrets from ssm: {}: {}",
            error.code, error.message
        )),
        (ValueFrom::Secret { id, json_key, .. }, Ok(secret)) => {
            let text = secret["SecretString"].as_str();
            let text = text.ok_or_else(|| format!("secret {id} holds no text"))?;
            let Some(key) = json_key else { return Ok(text.to_owned()) };
            let document: Value = serde_json::from_str(text).unwrap_or_default();
            match &document[key.as_str()] {
                Value::String(text) => Ok(text.clone()),
                Value::Null => Err(format!(
                    "execution resource retrieval failed: unable to retrieve secret from asm: \
                     retrieved secret from Secrets Manager did not contain json key {key}"
                )),
                other => Ok(other.to_string()),
            }
        }
        (ValueFrom::Parameter(name), Ok(found)) => {
            let text = found["Parameters"][0]["Value"].as_str();
            text.map(str::to_owned).ok_or_else(|| {
                format!(
                    "execution resource retrieval failed: unable to retrieve secrets from ssm: \
                     invalid parameters: {name}"
                )
            })
        }
    }
}
