//! `PutBucketWebsite` and what goes with it: the configuration is read into what the data plane
//! follows, and what AWS would not take is refused (S3-WEB-01, S3-WEB-09, S3-WEB-10).

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Cx, Value, json};

use super::{BucketOnly, nothing, present};
use crate::data::redirect::{Protocol, Replace, RoutingRule, Website};
use crate::error::{Refusal, Result, invalid_request};
use crate::state::State;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Put {
    bucket: String,
    website_configuration: Configuration,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Configuration {
    error_document: Option<ErrorDocument>,
    index_document: Option<IndexDocument>,
    redirect_all_requests_to: Option<RedirectAll>,
    routing_rules: Option<Vec<Rule>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ErrorDocument {
    key: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct IndexDocument {
    suffix: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RedirectAll {
    host_name: String,
    protocol: Option<Protocol>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Rule {
    #[serde(default)]
    condition: Condition,
    redirect: Redirect,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Condition {
    http_error_code_returned_equals: Option<String>,
    key_prefix_equals: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Redirect {
    host_name: Option<String>,
    http_redirect_code: Option<String>,
    protocol: Option<Protocol>,
    replace_key_prefix_with: Option<String>,
    replace_key_with: Option<String>,
}

/// S3-WEB-09
const RULES_MAX: usize = 50;

pub(super) fn put(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Put = input("PutBucketWebsite", value)?;
    let website = read(asked.website_configuration)?;
    state.change(cx, &asked.bucket, |settings| {
        settings.website = Some(website);
        Ok(())
    })?;
    nothing()
}

fn read(asked: Configuration) -> Result<Website> {
    let rules = asked.routing_rules.unwrap_or_default();
    if let Some(all) = asked.redirect_all_requests_to {
        if asked.index_document.is_some() || asked.error_document.is_some() || !rules.is_empty() {
            let message =
                "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.";
            return Err(invalid_request(message));
        }
        return Ok(Website::RedirectAll { host: all.host_name, protocol: all.protocol });
    }
    let Some(IndexDocument { suffix: index }) = asked.index_document else {
        return Err(invalid(
            "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
        ));
    };
    if index.is_empty() || index.contains('/') {
        return Err(invalid("The IndexDocument Suffix is not well formed"));
    }
    let error = asked.error_document.map(|document| document.key);
    if error.as_deref() == Some("") {
        return Err(invalid("The ErrorDocument Key is not well formed"));
    }
    if rules.len() > RULES_MAX {
        let message = format!(
            "{} routing rules provided, the number of routing rules in a website configuration is \
             limited to {RULES_MAX}.",
            rules.len()
        );
        return Err(invalid_request(message));
    }
    let rules = rules.into_iter().map(rule).collect::<Result<_>>()?;
    Ok(Website::Pages { index, error, rules })
}

fn invalid(message: &'static str) -> Refusal {
    Refusal::new("InvalidArgument", 400, message)
}

fn rule(asked: Rule) -> Result<RoutingRule> {
    let Rule { condition, redirect } = asked;
    let error_code = match condition.http_error_code_returned_equals {
        Some(text) => Some(code(&text, 400..=599).ok_or_else(|| {
            let message = format!(
                "The provided HTTP error code ({text}) is not valid. Valid codes are 4XX or 5XX."
            );
            invalid_request(message)
        })?),
        None => None,
    };
    let redirect_code = match redirect.http_redirect_code {
        Some(text) => Some(code(&text, 301..=399).ok_or_else(|| {
            let message = format!(
                "The provided HTTP redirect code ({text}) is not valid. Valid codes are 3XX except \
                 300."
            );
            invalid_request(message)
        })?),
        None => None,
    };
    let replace = match (redirect.replace_key_prefix_with, redirect.replace_key_with) {
        (Some(_), Some(_)) => {
            let message = "You can only define ReplaceKeyPrefix or ReplaceKey but not both.";
            return Err(invalid_request(message));
        }
        (Some(prefix), None) => Replace::Prefix(prefix),
        (None, Some(key)) => Replace::Key(key),
        (None, None) => Replace::Nothing,
    };
    let (host, protocol) = (redirect.host_name, redirect.protocol);
    let key_prefix = condition.key_prefix_equals;
    Ok(RoutingRule { key_prefix, error_code, host, protocol, redirect_code, replace })
}

fn code(text: &str, allowed: std::ops::RangeInclusive<u16>) -> Option<u16> {
    text.parse().ok().filter(|code| allowed.contains(code))
}

pub(super) fn get(state: &mut State, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: BucketOnly = input("GetBucketWebsite", value)?;
    let website = state.bucket(&asked.bucket)?.settings.website.as_ref().ok_or_else(|| {
        let message = "The specified bucket does not have a website configuration";
        ApiError::new("NoSuchWebsiteConfiguration", 404, message)
    })?;
    Ok(match website {
        Website::RedirectAll { host, protocol } => {
            let all = present(json!({"HostName": host, "Protocol": protocol}));
            json!({"RedirectAllRequestsTo": all})
        }
        Website::Pages { index, error, rules } => {
            let rules: Vec<Value> = rules.iter().map(shown).collect();
            present(json!({
                "IndexDocument": {"Suffix": index},
                "ErrorDocument": error.as_ref().map(|key| json!({"Key": key})),
                "RoutingRules": (!rules.is_empty()).then_some(rules),
            }))
        }
    })
}

fn shown(rule: &RoutingRule) -> Value {
    let (prefix, key) = match &rule.replace {
        Replace::Nothing => (None, None),
        Replace::Prefix(prefix) => (Some(prefix), None),
        Replace::Key(key) => (None, Some(key)),
    };
    let condition = present(json!({
        "HttpErrorCodeReturnedEquals": rule.error_code.map(|code| code.to_string()),
        "KeyPrefixEquals": rule.key_prefix,
    }));
    let redirect = present(json!({
        "HostName": rule.host,
        "HttpRedirectCode": rule.redirect_code.map(|code| code.to_string()),
        "Protocol": rule.protocol,
        "ReplaceKeyPrefixWith": prefix,
        "ReplaceKeyWith": key,
    }));
    let unconditional = condition.as_object().is_none_or(serde_json::Map::is_empty);
    let condition = if unconditional { Value::Null } else { condition };
    present(json!({"Condition": condition, "Redirect": redirect}))
}

pub(super) fn delete(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: BucketOnly = input("DeleteBucketWebsite", value)?;
    state.change(cx, &asked.bucket, |settings| {
        settings.website = None;
        Ok(())
    })?;
    nothing()
}
