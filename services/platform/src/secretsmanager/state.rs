//! What Secrets Manager keeps.

use serde::{Deserialize, Serialize};
use standin_kernel::control::Record;
use standin_kernel::{ApiError, Cx, Time};

use crate::confidential::Confidential;
use crate::shelf::Shelf;
use crate::tags::Tags;

pub(super) const CURRENT: &str = "AWSCURRENT";
pub(super) const PREVIOUS: &str = "AWSPREVIOUS";

#[derive(Clone, Debug)]
pub(crate) struct SecretsManager {
    /// By name.
    pub(super) secrets: Shelf<Secret>,
}

impl Default for SecretsManager {
    fn default() -> Self {
        Self { secrets: Shelf::new("secretsmanager.secret") }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Secret {
    pub(super) name: String,
    /// The name and six characters more.
    pub(super) arn: String,
    pub(super) description: Option<String>,
    pub(super) kms_key: Option<String>,
    pub(super) created: Time,
    pub(super) changed: Time,
    /// Oldest first.
    pub(super) versions: Vec<Version>,
    /// When it goes for good, and when that was asked for.
    pub(super) deletion: Option<(Time, Time)>,
    pub(super) tags: Tags,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) id: String,
    pub(super) content: Content,
    pub(super) stages: Vec<String>,
    pub(super) created: Time,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Content {
    Text(Confidential),
    /// In base64, as it comes and goes.
    Binary(Confidential),
}

impl Secret {
    pub(super) fn staged(&self, stage: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.stages.iter().any(|one| one == stage))
    }
}

pub(super) fn not_found() -> ApiError {
    let message = "Secrets Manager can't find the specified secret.";
    ApiError::new("ResourceNotFoundException", 400, message)
}

impl SecretsManager {
    pub(crate) fn restore(&mut self, kind: &str, record: &Record) -> Result<bool, String> {
        match kind {
            "secret" => self.secrets.restore(record),
            _ => Ok(false),
        }
    }

    /// The name of the secret meant by its name, its ARN, or its ARN without the last six
    /// characters.
    pub(super) fn name_of(&self, id: &str) -> Result<String, ApiError> {
        let meant = |secret: &&Secret| {
            let partial = secret.arn.rsplit_once('-').map(|(front, _)| front);
            secret.name == id || secret.arn == id || partial == Some(id)
        };
        let found = self.secrets.values().find(meant);
        found.map(|secret| secret.name.clone()).ok_or_else(not_found)
    }

    pub(super) fn get(&self, id: &str) -> Result<&Secret, ApiError> {
        let name = self.name_of(id)?;
        self.secrets.get(&name).ok_or_else(not_found)
    }

    /// The name of a secret that is not going to be deleted.
    pub(super) fn living(&self, id: &str) -> Result<String, ApiError> {
        let secret = self.get(id)?;
        if secret.deletion.is_some() {
            let message = "You can't perform this operation on the secret because it was marked \
                           for deletion.";
            return Err(ApiError::new("InvalidRequestException", 400, message));
        }
        Ok(secret.name.clone())
    }

    /// Forgets the secrets whose time is over.
    pub(super) fn purge(&mut self, cx: &mut Cx<'_>) {
        for name in self.secrets.ids() {
            let secret = self.secrets.get(&name);
            let over = secret.and_then(|secret| secret.deletion).is_some_and(|one| one.0 <= cx.now);
            if over {
                self.secrets.remove(cx, &name);
            }
        }
    }
}
