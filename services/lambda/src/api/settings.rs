//! The settings of a function, as they are given, checked and taken over (LAM-LC-02, LAM-LC-08,
//! LAM-RT-12, LAM-RT-13).

use std::collections::BTreeMap;

use serde::Deserialize;
use standin_kernel::{ApiError, Value, json};

use super::runtime;
use crate::error::{invalid, validation};
use crate::state::Config;

const DESCRIPTION_MAX: usize = 256;
/// All variables together, in bytes.
const VARIABLES_BYTES_MAX: usize = 4 * 1024;

/// Names that Lambda sets itself (LAM-RT-12).
const RESERVED: [&str; 22] = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_LAMBDA_MAX_CONCURRENCY",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
    "AWS_XRAY_DAEMON_ADDRESS",
    "AWS_XRAY_CONTEXT_MISSING",
];

/// The members that `CreateFunction` and `UpdateFunctionConfiguration` share.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
pub(super) struct Settings {
    pub(super) runtime: Option<String>,
    pub(super) role: Option<String>,
    pub(super) handler: Option<String>,
    pub(super) description: Option<String>,
    pub(super) timeout: Option<i64>,
    pub(super) memory_size: Option<i64>,
    pub(super) environment: Option<Variables>,
    /// Taken and shown: there is no network to be inside of.
    pub(super) vpc_config: Option<Value>,
    pub(super) dead_letter_config: Option<DeadLetter>,
    /// Taken and shown: nothing is encrypted.
    #[serde(rename = "KMSKeyArn")]
    pub(super) kms_key_arn: Option<String>,
    /// Taken and shown: there is no X-Ray.
    pub(super) tracing_config: Option<Tracing>,
    pub(super) layers: Option<Vec<String>>,
    pub(super) file_system_configs: Option<Vec<Value>>,
    pub(super) image_config: Option<Value>,
    pub(super) ephemeral_storage: Option<Storage>,
    pub(super) snap_start: Option<SnapStart>,
    pub(super) logging_config: Option<Logging>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
pub(super) struct Variables {
    variables: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
pub(super) struct DeadLetter {
    target_arn: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
pub(super) struct Tracing {
    mode: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Storage {
    size: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
pub(super) struct SnapStart {
    apply_on: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
pub(super) struct Logging {
    log_format: Option<String>,
    application_log_level: Option<String>,
    system_log_level: Option<String>,
    log_group: Option<String>,
}

impl Settings {
    /// Takes over what is given into `config`.
    pub(super) fn apply(self, config: &mut Config) -> Result<(), ApiError> {
        self.refuse_what_is_not_here()?;
        if let Some(runtime) = self.runtime {
            runtime::check(&runtime)?;
            config.runtime = runtime;
        }
        if let Some(role) = self.role {
            config.role = role;
        }
        if let Some(handler) = self.handler {
            if handler.len() > 128 || handler.chars().any(char::is_whitespace) {
                let constraint = "Member must satisfy regular expression pattern: [^\\s]+";
                return Err(validation(&handler, "handler", constraint));
            }
            config.handler = handler;
        }
        if let Some(description) = self.description {
            if description.chars().count() > DESCRIPTION_MAX {
                let constraint = "Member must have length less than or equal to 256";
                return Err(validation(&description, "description", constraint));
            }
            config.description = description;
        }
        if let Some(timeout) = self.timeout {
            config.timeout_s = bounded(timeout, "timeout", 1, 900)?;
        }
        if let Some(memory) = self.memory_size {
            config.memory_mb = bounded(memory, "memorySize", 128, 10_240)?;
        }
        if let Some(storage) = self.ephemeral_storage {
            config.ephemeral_mb = bounded(storage.size, "ephemeralStorage.size", 512, 10_240)?;
        }
        if let Some(environment) = self.environment {
            check_variables(&environment.variables)?;
            config.variables = environment.variables;
        }
        if let Some(vpc) = self.vpc_config {
            config.vpc = vpc;
        }
        if self.kms_key_arn.is_some() {
            config.kms_key = self.kms_key_arn.filter(|arn| !arn.is_empty());
        }
        if let Some(mode) = self.tracing_config.and_then(|tracing| tracing.mode) {
            config.tracing = mode;
        }
        if let Some(group) = self.logging_config.and_then(|logging| logging.log_group) {
            config.log_group = group;
        }
        Ok(())
    }

    fn refuse_what_is_not_here(&self) -> Result<(), ApiError> {
        let logging = self.logging_config.as_ref();
        let refused = [
            (self.layers.as_ref().is_some_and(|list| !list.is_empty()), "Layers"),
            (
                self.file_system_configs.as_ref().is_some_and(|list| !list.is_empty()),
                "FileSystemConfigs",
            ),
            (self.image_config.is_some(), "ImageConfig"),
            (
                self.snap_start.as_ref().and_then(|snap| snap.apply_on.as_deref())
                    == Some("PublishedVersions"),
                "SnapStart on PublishedVersions",
            ),
            (
                self.dead_letter_config.as_ref().is_some_and(|dead| {
                    dead.target_arn.as_deref().is_some_and(|arn| !arn.is_empty())
                }),
                "a DeadLetterConfig (there are no queues and topics here)",
            ),
            (
                logging.is_some_and(|one| one.log_format.as_deref() == Some("JSON")),
                "LoggingConfig with LogFormat JSON",
            ),
            (
                logging.is_some_and(|one| {
                    one.application_log_level.is_some() || one.system_log_level.is_some()
                }),
                "log levels, which go with LogFormat JSON",
            ),
        ];
        match refused.into_iter().find(|(given, _)| *given) {
            None => Ok(()),
            Some((_, what)) => Err(invalid(format!("Standin does not support {what}"))),
        }
    }
}

fn bounded(value: i64, member: &str, least: u32, most: u32) -> Result<u32, ApiError> {
    let text = value.to_string();
    let number = u32::try_from(value).unwrap_or(0);
    if value < i64::from(least) {
        let constraint = format!("Member must have value greater than or equal to {least}");
        return Err(validation(&text, member, &constraint));
    }
    if value > i64::from(most) {
        let constraint = format!("Member must have value less than or equal to {most}");
        return Err(validation(&text, member, &constraint));
    }
    Ok(number)
}

fn check_variables(variables: &BTreeMap<String, String>) -> Result<(), ApiError> {
    let reserved: Vec<&str> =
        variables.keys().map(String::as_str).filter(|name| RESERVED.contains(name)).collect();
    if !reserved.is_empty() {
        return Err(invalid(format!(
            "Lambda was unable to configure your environment variables because the environment \
             variables you have provided contains reserved keys that are currently not supported \
             for modification. Reserved keys used in this request: {}",
            reserved.join(", ")
        )));
    }
    let measured = json!(variables).to_string();
    if measured.len() > VARIABLES_BYTES_MAX {
        return Err(invalid(format!(
            "Lambda was unable to configure your environment variables because the environment \
             variables you have provided exceeded the 4KB limit. String measured: {measured}"
        )));
    }
    Ok(())
}
