//! Functions made, looked at, changed and deleted (LAM-FN-01 to LAM-FN-04, LAM-LC-09).

use std::collections::BTreeMap;

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Duration, Heard, Value, ids, json};

use super::code::Given;
use super::name::Named;
use super::needs::check_role;
use super::settings::Settings;
use super::show;
use super::{nothing, present, read};
use crate::Lambda;
use crate::error::{conflict, invalid, stale_revision};
use crate::state::{Code, Config, Function, LATEST, function_arn};

/// How long a new or changed function takes to be ready: at once, or about as on AWS.
const SETTLES_FAST: Duration = Duration::from_millis(20);
const SETTLES_AWS: Duration = Duration::from_secs(4);

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
struct Create {
    function_name: String,
    code: Given,
    publish: bool,
    tags: BTreeMap<String, String>,
    package_type: Option<String>,
    /// Taken and shown: the machine has the architecture it has.
    architectures: Option<Vec<String>>,
}

const OF_CREATE: &[&str] =
    &["FunctionName", "Code", "Publish", "Tags", "PackageType", "Architectures"];

pub(super) fn create(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    value: &Value,
    heard: &[Heard],
) -> Result<Value, ApiError> {
    let (own, rest) = split(value, OF_CREATE);
    let asked: Create = read("CreateFunction", &own)?;
    let settings: Settings = read("CreateFunction", &rest)?;
    super::tag::check(cx.asked_by, asked.tags.keys())?;
    let named = Named::read(&asked.function_name, None)?;
    if asked.package_type.as_deref().is_some_and(|kind| kind != "Zip") {
        return Err(invalid("Standin does not run functions from container images"));
    }
    for (given, name) in [(&settings.handler, "Handler"), (&settings.runtime, "Runtime")] {
        if given.is_none() {
            let message = format!(
                "{name} is a mandatory parameter for functions created with deployment packages."
            );
            return Err(invalid(message.replace("packages", "packages of type Zip")));
        }
    }
    let role = settings.role.clone().unwrap_or_default();
    check_role(&role, heard)?;
    if lambda.state.functions.contains_key(&named.name) {
        return Err(conflict(format!("Function already exist: {}", named.name)));
    }
    let mut config = new_config(cx, &named.name, asked.code.code(heard)?);
    if let Some(architecture) = asked.architectures.and_then(|list| list.into_iter().next()) {
        config.architecture = architecture;
    }
    settings.apply(&mut config)?;
    let function = Function {
        arn: function_arn(cx.env, &named.name),
        name: named.name.clone(),
        latest: config,
        versions: BTreeMap::new(),
        next_version: 1,
        aliases: BTreeMap::new(),
        policies: BTreeMap::new(),
        urls: BTreeMap::new(),
        event_invoke: BTreeMap::new(),
        reserved_concurrency: None,
        tags: asked.tags,
    };
    lambda.state.functions.insert(named.name.clone(), function);
    shown_or_published(lambda, cx, &named.name, asked.publish)
}

fn new_config(cx: &mut Cx<'_>, name: &str, code: Code) -> Config {
    Config {
        version: LATEST.into(),
        runtime: String::new(),
        handler: String::new(),
        role: String::new(),
        description: String::new(),
        timeout_s: 3,
        memory_mb: 128,
        ephemeral_mb: 512,
        variables: BTreeMap::new(),
        code,
        architecture: "x86_64".into(),
        tracing: "PassThrough".into(),
        kms_key: None,
        vpc: Value::Null,
        log_group: format!("/aws/lambda/{name}"),
        modified: cx.now,
        revision: ids::uuid(cx.rng),
        generation: 1,
        settles: cx.now + cx.env.paced(SETTLES_FAST, SETTLES_AWS),
        new: true,
    }
}

/// Stores the function; answers with `$LATEST`, or with the version published of it.
fn shown_or_published(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    name: &str,
    publish: bool,
) -> Result<Value, ApiError> {
    let version = match publish {
        true => super::version::publish_now(lambda, cx, name, None)?,
        false => LATEST.to_owned(),
    };
    let Some(function) = lambda.state.functions.get(name) else { return nothing() };
    function.store(cx);
    let config = function.version(&version).unwrap_or(&function.latest);
    Ok(show::configuration(cx, function, config, (version != LATEST).then_some(&*version)))
}

/// Those members that are named, and the others.
fn split(value: &Value, named: &[&str]) -> (Value, Value) {
    let (mut own, mut rest) = (serde_json::Map::new(), serde_json::Map::new());
    for (name, member) in value.as_object().into_iter().flatten() {
        let to = if named.contains(&name.as_str()) { &mut own } else { &mut rest };
        to.insert(name.clone(), member.clone());
    }
    (Value::Object(own), Value::Object(rest))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Asked {
    function_name: String,
    qualifier: Option<String>,
}

pub(super) fn get(lambda: &mut Lambda, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Asked = read("GetFunction", value)?;
    let named = Named::read(&asked.function_name, asked.qualifier.as_deref())?;
    let function = lambda.named(cx, &named)?;
    let config = show::config(function, named.qualifier.as_deref());
    let qualifier = named.qualifier.as_deref();
    let mut shown = json!({
        "Configuration": show::configuration(cx, function, config, qualifier),
        // No location: the code is read where it lies.
        "Code": {"RepositoryType": "S3"},
    });
    if !function.tags.is_empty() {
        shown["Tags"] = json!(function.tags);
    }
    if let Some(reserved) = function.reserved_concurrency {
        shown["Concurrency"] = json!({"ReservedConcurrentExecutions": reserved});
    }
    Ok(shown)
}

pub(super) fn get_configuration(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Asked = read("GetFunctionConfiguration", value)?;
    let named = Named::read(&asked.function_name, asked.qualifier.as_deref())?;
    let function = lambda.named(cx, &named)?;
    let config = show::config(function, named.qualifier.as_deref());
    Ok(show::configuration(cx, function, config, named.qualifier.as_deref()))
}

pub(super) fn delete(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Asked = read("DeleteFunction", value)?;
    let named = Named::read(&asked.function_name, asked.qualifier.as_deref())?;
    lambda.named(cx, &named)?;
    match &named.qualifier {
        None => {
            lambda.state.forget(cx, &named.name);
        }
        Some(qualifier) => delete_version(lambda, cx, &named, qualifier)?,
    }
    lambda.retire(cx, &named.name);
    Ok(json!({"StatusCode": 204}))
}

fn delete_version(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    named: &Named,
    qualifier: &str,
) -> Result<(), ApiError> {
    let function = lambda.named_mut(cx, named)?;
    let Ok(number) = qualifier.parse::<u32>() else {
        let message = match qualifier {
            LATEST => "$LATEST version cannot be deleted without deleting the function.",
            _ => "Deletion of aliases is not currently supported.",
        };
        return Err(invalid(message));
    };
    let leads = |alias: &&crate::state::Alias| {
        alias.version == qualifier || alias.weights.contains_key(qualifier)
    };
    if let Some(alias) = function.aliases.values().find(leads) {
        let message = format!(
            "Version was not able to be deleted because the following aliases reference it: [{}]",
            alias.name
        );
        return Err(conflict(message));
    }
    function.versions.remove(&number);
    function.store(cx);
    Ok(())
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
struct UpdateCode {
    function_name: String,
    publish: bool,
    dry_run: bool,
    revision_id: Option<String>,
    architectures: Option<Vec<String>>,
}

const OF_UPDATE_CODE: &[&str] =
    &["FunctionName", "Publish", "DryRun", "RevisionId", "Architectures"];

pub(super) fn update_code(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    value: &Value,
    heard: &[Heard],
) -> Result<Value, ApiError> {
    let (own, rest) = split(value, OF_UPDATE_CODE);
    let asked: UpdateCode = read("UpdateFunctionCode", &own)?;
    let given: Given = read("UpdateFunctionCode", &rest)?;
    let named = Named::read(&asked.function_name, None)?;
    let config = changeable(lambda, cx, &named, asked.revision_id.as_deref())?;
    let mut config = config.clone();
    config.code = given.code(heard)?;
    if let Some(architecture) = asked.architectures.and_then(|list| list.into_iter().next()) {
        config.architecture = architecture;
    }
    if asked.dry_run {
        let function = lambda.named(cx, &named)?;
        return Ok(show::configuration(cx, function, &config, None));
    }
    change(lambda, cx, &named, config)?;
    shown_or_published(lambda, cx, &named.name, asked.publish)
}

pub(super) fn update_configuration(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    value: &Value,
    heard: &[Heard],
) -> Result<Value, ApiError> {
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "PascalCase", deny_unknown_fields)]
    struct Own {
        function_name: String,
        revision_id: Option<String>,
    }
    let (own, rest) = split(value, &["FunctionName", "RevisionId"]);
    let asked: Own = read("UpdateFunctionConfiguration", &own)?;
    let settings: Settings = read("UpdateFunctionConfiguration", &rest)?;
    let named = Named::read(&asked.function_name, None)?;
    let mut config = changeable(lambda, cx, &named, asked.revision_id.as_deref())?.clone();
    if let Some(role) = &settings.role {
        check_role(role, heard)?;
    }
    settings.apply(&mut config)?;
    change(lambda, cx, &named, config)?;
    shown_or_published(lambda, cx, &named.name, false)
}

/// `$LATEST`, if it can be changed now.
fn changeable<'l>(
    lambda: &'l Lambda,
    cx: &Cx<'_>,
    named: &Named,
    revision: Option<&str>,
) -> Result<&'l Config, ApiError> {
    let function = lambda.named(cx, named)?;
    let latest = &function.latest;
    if revision.is_some_and(|revision| revision != latest.revision) {
        return Err(stale_revision());
    }
    if latest.settles > cx.now {
        let what = if latest.new {
            "The function is currently in the following state: Pending".to_owned()
        } else {
            format!("An update is in progress for resource: {}", function.arn)
        };
        return Err(conflict(format!("The operation cannot be performed at this time. {what}")));
    }
    Ok(latest)
}

/// Takes a changed `$LATEST` over: its environments are new ones from now on.
fn change(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    named: &Named,
    mut config: Config,
) -> Result<(), ApiError> {
    config.modified = cx.now;
    config.revision = ids::uuid(cx.rng);
    config.generation += 1;
    config.settles = cx.now + cx.env.paced(SETTLES_FAST, SETTLES_AWS);
    config.new = false;
    lambda.named_mut(cx, named)?.latest = config;
    lambda.retire(cx, &named.name);
    Ok(())
}

/// Tells nothing but what is there.
pub(super) fn listed(cx: &Cx<'_>, function: &Function) -> Value {
    let mut shown = show::configuration(cx, function, &function.latest, None);
    if let Some(members) = shown.as_object_mut() {
        // Lists do not say how a function is.
        let states = ["State", "StateReason", "StateReasonCode", "LastUpdateStatus"];
        members.retain(|name, _| !states.contains(&name.as_str()));
    }
    present(shown)
}
