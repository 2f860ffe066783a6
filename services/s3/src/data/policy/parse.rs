//! Reads a policy document; what AWS would not take is refused in its words, and what cannot be
//! evaluated here is refused by name.

use serde_json::{Map, Value};
use standin_kernel::pattern;

use super::condition::Condition;
use super::{Effect, Listed, Principal, Statement};
use crate::error::{Refusal, Result};

/// AWS's limit on a bucket policy.
const BYTES_MAX: usize = 20 * 1024;

pub(super) fn malformed(message: impl Into<String>) -> Refusal {
    Refusal::new("MalformedPolicy", 400, message.into())
}

pub(super) fn statements(text: &str) -> Result<Vec<Statement>> {
    if text.len() > BYTES_MAX {
        return Err(malformed("Policy exceeds the maximum allowed document size."));
    }
    let not_json = || malformed("Policies must be valid JSON and the first byte must be '{'");
    let document: Value = serde_json::from_str(text).map_err(|_| not_json())?;
    let Value::Object(document) = document else { return Err(not_json()) };
    known_fields(&document, &["Version", "Id", "Statement"])?;
    match document.get("Version").map(Value::as_str) {
        None | Some(Some("2012-10-17" | "2008-10-17")) => {}
        Some(_) => return Err(malformed("The policy must contain a valid version string")),
    }
    let list = match document.get("Statement") {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(one @ Value::Object(_)) => vec![one],
        Some(_) => return Err(malformed("Invalid policy syntax.")),
        None => return Err(malformed("Missing required field Statement")),
    };
    if list.is_empty() {
        return Err(malformed("Could not parse the policy: Statement is empty!"));
    }
    list.into_iter().map(statement).collect()
}

fn statement(value: &Value) -> Result<Statement> {
    let Value::Object(fields) = value else { return Err(malformed("Invalid policy syntax.")) };
    known_fields(
        fields,
        &[
            "Sid",
            "Effect",
            "Principal",
            "NotPrincipal",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Condition",
        ],
    )?;
    let effect = match fields.get("Effect").map(|effect| (effect, effect.as_str())) {
        Some((_, Some("Allow"))) => Effect::Allow,
        Some((_, Some("Deny"))) => Effect::Deny,
        Some((_, Some(other))) => return Err(malformed(format!("Invalid effect: {other}"))),
        Some(_) => return Err(malformed("Invalid policy syntax.")),
        None => return Err(malformed("Missing required field Effect")),
    };
    let conditions = match fields.get("Condition") {
        Some(Value::Object(operators)) => Condition::read_all(operators)?,
        Some(_) => return Err(malformed("Invalid policy syntax.")),
        None => Vec::new(),
    };
    Ok(Statement {
        sid: fields.get("Sid").and_then(Value::as_str).map(str::to_owned),
        effect,
        principals: listed(fields, "Principal", "NotPrincipal", principals)?,
        actions: listed(fields, "Action", "NotAction", actions)?,
        resources: listed(fields, "Resource", "NotResource", resources)?,
        conditions,
    })
}

fn known_fields(fields: &Map<String, Value>, known: &[&str]) -> Result<()> {
    match fields.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(malformed(format!("Unknown field {name}"))),
        None => Ok(()),
    }
}

fn listed<T>(
    fields: &Map<String, Value>,
    name: &str,
    not_name: &str,
    read: fn(&Value) -> Result<Vec<T>>,
) -> Result<Listed<T>> {
    let (negated, value) = match (fields.get(name), fields.get(not_name)) {
        (Some(value), None) => (false, value),
        (None, Some(value)) => (true, value),
        (None, None) => return Err(malformed(format!("Missing required field {name}"))),
        (Some(_), Some(_)) => return Err(malformed("Invalid policy syntax.")),
    };
    let items = read(value)?;
    if items.is_empty() {
        return Err(malformed(format!("Missing required field {name} cannot be empty!")));
    }
    Ok(Listed { negated, items })
}

/// A string, or a list of strings.
pub(super) fn texts(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(text) => Some(vec![text]),
        Value::Array(list) => list.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// Variables are known only when somebody asks; they are not resolved here.
pub(super) fn no_variables(text: &str) -> Result<()> {
    if text.contains("${") {
        let message = format!("policy variables are not supported by Standin: {text}");
        return Err(malformed(message));
    }
    Ok(())
}

fn actions(value: &Value) -> Result<Vec<String>> {
    let wrong = || malformed("Policy has invalid action");
    let names = texts(value).ok_or_else(wrong)?;
    let valid = |name: &&str| {
        let name = name.to_ascii_lowercase();
        let verb = name.strip_prefix("s3:").unwrap_or("");
        let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'*' | b'?');
        name == "*" || (!verb.is_empty() && verb.bytes().all(known))
    };
    if !names.iter().all(valid) {
        return Err(wrong());
    }
    Ok(names.into_iter().map(str::to_owned).collect())
}

fn resources(value: &Value) -> Result<Vec<String>> {
    let wrong = || malformed("Policy has invalid resource");
    let names = texts(value).ok_or_else(wrong)?;
    for name in &names {
        no_variables(name)?;
        if *name != "*" && bucket_and_key(name).is_none() {
            return Err(wrong());
        }
    }
    Ok(names.into_iter().map(str::to_owned).collect())
}

/// Bucket and key patterns of `arn:aws:s3:::bucket/key`.
fn bucket_and_key(arn: &str) -> Option<(&str, Option<&str>)> {
    let rest = arn.strip_prefix("arn:")?;
    let (partition, rest) = rest.split_once(":s3:::")?;
    if partition != "aws" && partition != "*" {
        return None;
    }
    match rest.split_once('/') {
        Some((bucket, key)) => Some((bucket, Some(key))),
        None => Some((rest, None)),
    }
}

fn principals(value: &Value) -> Result<Vec<Principal>> {
    let wrong = || malformed("Invalid principal in policy");
    match value {
        Value::String(anybody) if anybody == "*" => Ok(vec![Principal::Anybody]),
        Value::Object(kinds) => {
            let mut found = Vec::new();
            for (kind, names) in kinds {
                for name in texts(names).ok_or_else(wrong)? {
                    found.push(principal(kind, name).ok_or_else(wrong)?);
                }
            }
            Ok(found)
        }
        _ => Err(wrong()),
    }
}

fn principal(kind: &str, name: &str) -> Option<Principal> {
    match kind {
        "AWS" if name == "*" => Some(Principal::Anybody),
        "AWS" if is_account(name) => Some(Principal::Account(name.to_owned())),
        "AWS" => {
            let mut parts = name.splitn(6, ':');
            let (arn, partition) = (parts.next()?, parts.next()?);
            let (service, _region, account) = (parts.next()?, parts.next()?, parts.next()?);
            let resource = parts.next()?;
            let owner = is_account(account) || account == "cloudfront";
            let known = arn == "arn" && partition == "aws" && matches!(service, "iam" | "sts");
            match resource {
                _ if !known || !owner || resource.is_empty() => None,
                "root" => Some(Principal::Account(account.to_owned())),
                _ => Some(Principal::Arn(name.to_owned())),
            }
        }
        "Service" => {
            let valid = name.ends_with(".amazonaws.com") && !name.contains('*');
            valid.then(|| Principal::Service(name.to_owned()))
        }
        "CanonicalUser" => {
            let valid = name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
            valid.then_some(Principal::Stranger)
        }
        "Federated" => Some(Principal::Stranger),
        _ => None,
    }
}

fn is_account(name: &str) -> bool {
    name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a statement can be about `bucket`.
pub(super) fn fits(statement: &Statement, bucket: &str) -> Result<()> {
    let mut about_bucket = false;
    let mut about_objects = false;
    for resource in &statement.resources.items {
        if resource == "*" {
            (about_bucket, about_objects) = (true, true);
            continue;
        }
        let (name, key) = bucket_and_key(resource).unwrap_or(("", None));
        // `bucket*` is the bucket and all in it.
        let objects = key.is_some() || name.ends_with('*');
        let named = match name.strip_suffix('*') {
            Some(start) if key.is_none() => {
                let start = start.split_once('*').map_or(start, |(start, _)| start);
                bucket.starts_with(start)
            }
            _ => pattern::matches(name, bucket),
        };
        if !named {
            return Err(malformed("Policy has invalid resource"));
        }
        about_objects |= objects;
        about_bucket |= key.is_none();
    }
    let applies = |action: &String| match applies_to_objects(action) {
        None => true,
        Some(true) => about_objects,
        Some(false) => about_bucket,
    };
    let negated = statement.actions.negated || statement.resources.negated;
    if negated || statement.actions.items.iter().any(applies) {
        return Ok(());
    }
    Err(malformed("Action does not apply to any resource(s) in statement"))
}

/// Whether an action is one on objects, or one on buckets; `None` when a pattern may be both.
fn applies_to_objects(action: &str) -> Option<bool> {
    const ON_OBJECTS: [&str; 7] = [
        "getobject",
        "putobject",
        "deleteobject",
        "restoreobject",
        "abortmultipartupload",
        "listmultipartuploadparts",
        "replicate",
    ];
    if action.contains(['*', '?']) {
        return None;
    }
    let action = action.to_ascii_lowercase();
    let verb = action.strip_prefix("s3:")?;
    Some(ON_OBJECTS.iter().any(|start| verb.starts_with(start)))
}
