//! Functions, as they are kept: code and settings in two stages, and what refers to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use standin_kernel::evaluation::{Language, Program};
use standin_kernel::{ApiError, Cx, Env, Time, ids};

use crate::api::document::{DistributionConfig, List};
use crate::error::no_such_function;
use crate::state::State;

pub(crate) const RECORD: &str = "function";

/// A function's record; its id is its name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) created: Time,
    pub(crate) development: Edition,
    /// `None` until it is published (CF-FN-14).
    pub(crate) live: Option<Edition>,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
}

/// What a function is in one stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Edition {
    pub(crate) etag: String,
    pub(crate) modified: Time,
    pub(crate) config: FunctionConfig,
    pub(crate) code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct FunctionConfig {
    pub(crate) comment: String,
    pub(crate) runtime: Language,
    #[serde(default, skip_serializing_if = "List::is_empty")]
    pub(crate) key_value_store_associations: List<Association>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Association {
    #[serde(rename = "KeyValueStoreARN")]
    pub(crate) key_value_store_arn: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Stage {
    #[default]
    Development,
    Live,
}

impl Stage {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Development => "DEVELOPMENT",
            Self::Live => "LIVE",
        }
    }
}

impl Function {
    pub(crate) fn edition(&self, stage: Stage) -> Result<&Edition, ApiError> {
        match stage {
            Stage::Development => Ok(&self.development),
            Stage::Live => self.live.as_ref().ok_or_else(no_such_function),
        }
    }

    pub(crate) fn store(&self, cx: &mut Cx<'_>) {
        cx.store(RECORD, &self.name, serde_json::to_value(self).ok());
    }
}

impl Edition {
    pub(crate) fn program(&self, name: &str) -> Arc<Program> {
        Arc::new(Program {
            name: name.to_owned(),
            version: self.etag.clone(),
            code: self.code.clone(),
            language: self.config.runtime,
        })
    }

    /// The ARN of the key value store it reads.
    pub(crate) fn store_arn(&self) -> Option<&str> {
        let first = self.config.key_value_store_associations.iter().next();
        first.map(|one| one.key_value_store_arn.as_str())
    }
}

pub(crate) fn arn(env: &Env, name: &str) -> String {
    ids::global_arn(env, "cloudfront", &format!("function/{name}"))
}

/// The name in a function's ARN, with or without a stage behind it.
pub(crate) fn name_of(arn: &str) -> Option<&str> {
    let (_, name) = arn.split_once(":function/")?;
    Some(name.split_once('/').map_or(name, |(name, _)| name))
}

impl State {
    pub(crate) fn function(&self, name: &str) -> Result<&Function, ApiError> {
        self.functions.get(name).ok_or_else(no_such_function)
    }

    /// The distributions with a behavior that calls the function.
    pub(crate) fn users_of_function(&self, name: &str) -> Vec<String> {
        let calls = |config: &DistributionConfig| {
            let mut all = config.behaviors().flat_map(|one| one.function_associations.iter());
            all.any(|one| name_of(&one.function_arn) == Some(name))
        };
        let all = self.distributions.values().map(|one| &one.settings);
        all.filter(|one| calls(&one.config)).map(|one| one.id.clone()).collect()
    }
}
