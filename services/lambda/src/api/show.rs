//! A function's configuration as operations show it.

use standin_kernel::{Cx, Value, json};

use super::present;
use crate::state::{Alias, Config, Function};

/// The version a qualifier leads to, without chance.
pub(super) fn config<'f>(function: &'f Function, qualifier: Option<&str>) -> &'f Config {
    let Some(qualifier) = qualifier else { return &function.latest };
    let alias = function.aliases.get(qualifier).map(|alias: &Alias| alias.version.as_str());
    function.version(alias.unwrap_or(qualifier)).unwrap_or(&function.latest)
}

/// `qualifier`: the one the ARN is to bear.
pub(super) fn configuration(
    cx: &Cx<'_>,
    function: &Function,
    config: &Config,
    qualifier: Option<&str>,
) -> Value {
    let settling = config.settles > cx.now;
    let pending = settling && config.new;
    let updating = settling && !config.new;
    present(json!({
        "FunctionName": function.name,
        "FunctionArn": function.qualified_arn(qualifier),
        "Runtime": config.runtime,
        "Role": config.role,
        "Handler": config.handler,
        "CodeSize": config.code.bytes,
        "Description": config.description,
        "Timeout": config.timeout_s,
        "MemorySize": config.memory_mb,
        "LastModified": config.modified.iso8601().replace('Z', "+0000"),
        "CodeSha256": config.code.sha256,
        "Version": config.version,
        "VpcConfig": config.vpc,
        "Environment": match config.variables.is_empty() {
            true => Value::Null,
            false => json!({"Variables": config.variables}),
        },
        "KMSKeyArn": config.kms_key,
        "TracingConfig": {"Mode": config.tracing},
        "RevisionId": config.revision,
        "State": if pending { "Pending" } else { "Active" },
        "StateReason": pending.then_some("The function is being created."),
        "StateReasonCode": pending.then_some("Creating"),
        "LastUpdateStatus": if updating || pending { "InProgress" } else { "Successful" },
        "LastUpdateStatusReason": updating.then_some("The function is being updated."),
        "LastUpdateStatusReasonCode": updating.then_some("Updating"),
        "PackageType": "Zip",
        "Architectures": [config.architecture],
        "EphemeralStorage": {"Size": config.ephemeral_mb},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": config.log_group},
    }))
}
