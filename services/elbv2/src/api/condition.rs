//! The conditions of rules, as the API writes them: which are possible and which are not.

use serde::{Deserialize, Serialize};

use crate::config::Cidr;
use crate::error::{Result, invalid, not_built, one_of};

/// One condition. After [`checked`] it has the configuration of its field; host-header and
/// path-pattern have their values once more in `values`, the older form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Condition {
    #[serde(default)]
    pub(crate) field: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) values: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) host_header_config: Option<ValuesConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path_pattern_config: Option<ValuesConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) http_header_config: Option<HttpHeaderConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) query_string_config: Option<QueryStringConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) http_request_method_config: Option<ValuesConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_ip_config: Option<SourceIpConfig>,
    /// Read to be refused by name.
    #[serde(default, skip_serializing)]
    pub(crate) regex_values: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct ValuesConfig {
    #[serde(default)]
    pub(crate) values: Vec<String>,
    /// Read to be refused by name.
    #[serde(default, skip_serializing)]
    pub(crate) regex_values: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct HttpHeaderConfig {
    #[serde(default)]
    pub(crate) http_header_name: String,
    #[serde(default)]
    pub(crate) values: Vec<String>,
    /// Read to be refused by name.
    #[serde(default, skip_serializing)]
    pub(crate) regex_values: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct QueryStringConfig {
    #[serde(default)]
    pub(crate) values: Vec<QueryStringKeyValue>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct QueryStringKeyValue {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    #[serde(default)]
    pub(crate) value: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct SourceIpConfig {
    #[serde(default)]
    pub(crate) values: Vec<String>,
    /// Read to be refused by name.
    #[serde(skip_serializing)]
    pub(crate) ip_address_type: Option<String>,
}

const FIELDS: &[&str] = &[
    "http-header",
    "http-request-method",
    "host-header",
    "path-pattern",
    "query-string",
    "source-ip",
];

/// Match values of one rule, all conditions together. ALB-RU-05 knows a limit of three for one
/// condition too; AWS does not hold to it, so it is not enforced here.
const VALUES_MAX: usize = 5;

/// ALB-RU-06: two pages of AWS's say five and six. What one of them allows is taken.
const WILDCARDS_MAX: usize = 6;

const TEXT_MAX: usize = 128;
const NAME_MAX: usize = 40;

/// Brings the conditions of a rule into the form AWS shows, or says what is wrong with them.
pub(crate) fn checked(mut conditions: Vec<Condition>) -> Result<Vec<Condition>> {
    if conditions.is_empty() {
        return Err(invalid("A condition must be specified"));
    }
    let (mut values, mut wildcards) = (0, 0);
    for condition in &mut conditions {
        let texts = check(condition)?;
        values += texts.len();
        wildcards += texts.iter().map(|text| wildcards_in(text)).sum::<usize>();
    }
    // ALB-RU-04
    for field in ["host-header", "path-pattern", "http-request-method", "source-ip"] {
        if conditions.iter().filter(|condition| condition.field == field).count() > 1 {
            let message = format!("A rule can only have one '{field}' condition");
            return Err(invalid(message));
        }
    }
    if values > VALUES_MAX {
        return Err(invalid(format!("A rule can only have '{VALUES_MAX}' condition values")));
    }
    if wildcards > WILDCARDS_MAX {
        return Err(invalid(format!("A rule can only have '{WILDCARDS_MAX}' condition wildcards")));
    }
    Ok(conditions)
}

/// Asterisks and question marks that no backslash makes literal.
fn wildcards_in(text: &str) -> usize {
    let mut escaped = false;
    let mut count = 0;
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'*' | b'?' => count += 1,
            _ => {}
        }
    }
    count
}

/// Checks one condition and gives the texts it compares with.
fn check(condition: &mut Condition) -> Result<Vec<String>> {
    one_of("field", &condition.field, FIELDS)?;
    only_own_config(condition)?;
    let older = std::mem::take(&mut condition.values);
    match condition.field.as_str() {
        "host-header" => {
            let config = condition.host_header_config.get_or_insert_default();
            let values = either(older, config)?;
            each(&values, host)?;
            condition.values.clone_from(&values);
            Ok(values)
        }
        "path-pattern" => {
            let config = condition.path_pattern_config.get_or_insert_default();
            let values = either(older, config)?;
            each(&values, path)?;
            condition.values.clone_from(&values);
            Ok(values)
        }
        field if !older.is_empty() => Err(invalid(format!(
            "Values cannot be specified for a condition with field '{field}'; use its configuration"
        ))),
        "http-header" => http_header(condition.http_header_config.get_or_insert_default()),
        "query-string" => query_string(condition.query_string_config.get_or_insert_default()),
        "http-request-method" => {
            let config = condition.http_request_method_config.get_or_insert_default();
            let values = either(Vec::new(), config)?;
            each(&values, method)?;
            Ok(values)
        }
        _ => source_ip(condition.source_ip_config.get_or_insert_default()),
    }
}

/// A condition has the configuration of its field and no other.
fn only_own_config(condition: &Condition) -> Result<()> {
    if !condition.regex_values.is_empty() {
        return Err(regex());
    }
    let present = [
        ("host-header", "HostHeaderConfig", condition.host_header_config.is_some()),
        ("path-pattern", "PathPatternConfig", condition.path_pattern_config.is_some()),
        ("http-header", "HttpHeaderConfig", condition.http_header_config.is_some()),
        ("query-string", "QueryStringConfig", condition.query_string_config.is_some()),
        (
            "http-request-method",
            "HttpRequestMethodConfig",
            condition.http_request_method_config.is_some(),
        ),
        ("source-ip", "SourceIpConfig", condition.source_ip_config.is_some()),
    ];
    match present.iter().find(|(field, _, there)| *there && *field != condition.field) {
        Some((_, member, _)) => Err(invalid(format!(
            "{member} cannot be specified for a condition with field '{}'",
            condition.field
        ))),
        None => Ok(()),
    }
}

/// The values, which stand in one of two places.
fn either(older: Vec<String>, config: &mut ValuesConfig) -> Result<Vec<String>> {
    if !config.regex_values.is_empty() {
        return Err(regex());
    }
    if config.values.is_empty() {
        config.values = older;
    } else if !older.is_empty() && older != config.values {
        return Err(invalid("Values and the configuration's Values cannot both be specified"));
    }
    Ok(config.values.clone())
}

fn regex() -> standin_kernel::ApiError {
    not_built("A condition with RegexValues")
}

fn each(values: &[String], check: fn(&str) -> Result<()>) -> Result<()> {
    if values.is_empty() {
        return Err(invalid("A condition value must be specified"));
    }
    values.iter().try_for_each(|value| check(value))
}

fn length(what: &str, text: &str, most: usize) -> Result<()> {
    if (1..=most).contains(&text.chars().count()) {
        return Ok(());
    }
    Err(invalid(format!("{what} '{text}' must have 1 to {most} characters")))
}

/// ALB-RU-08
fn host(value: &str) -> Result<()> {
    length("The host header", value, TEXT_MAX)?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-.*?".contains(&byte);
    let last = value.rsplit_once('.').map(|(_, last)| last);
    let good = |last: &str| !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_alphabetic());
    if value.bytes().all(allowed) && last.is_some_and(good) {
        return Ok(());
    }
    Err(invalid(format!("The host header value '{value}' is not valid")))
}

/// ALB-RU-09
fn path(value: &str) -> Result<()> {
    length("The path pattern", value, TEXT_MAX)?;
    let allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || b"_-.$/~\"'@:+&*?()!,;=%".contains(&byte);
    if value.bytes().all(allowed) {
        return Ok(());
    }
    Err(invalid(format!("The path pattern '{value}' contains one or more invalid characters")))
}

/// ALB-RU-12
fn method(value: &str) -> Result<()> {
    length("The HTTP request method", value, NAME_MAX)?;
    if value.bytes().all(|byte| byte.is_ascii_uppercase() || b"-_".contains(&byte)) {
        return Ok(());
    }
    Err(invalid(format!("The HTTP request method '{value}' is not valid")))
}

/// ALB-RU-10
fn http_header(config: &HttpHeaderConfig) -> Result<Vec<String>> {
    if !config.regex_values.is_empty() {
        return Err(regex());
    }
    let name = &config.http_header_name;
    length("The HTTP header name", name, NAME_MAX)?;
    if name.eq_ignore_ascii_case("host") {
        return Err(invalid("The header 'Host' cannot be specified; use a host-header condition"));
    }
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'+-.^_`|~".contains(&byte);
    if !name.bytes().all(token) {
        return Err(invalid(format!("The HTTP header name '{name}' is not valid")));
    }
    each(&config.values, |value| length("The HTTP header value", value, TEXT_MAX))?;
    Ok(config.values.clone())
}

/// ALB-RU-11
fn query_string(config: &QueryStringConfig) -> Result<Vec<String>> {
    if config.values.is_empty() {
        return Err(invalid("A condition value must be specified"));
    }
    for pair in &config.values {
        length("The query string value", &pair.value, TEXT_MAX)?;
        if let Some(key) = &pair.key {
            length("The query string key", key, TEXT_MAX)?;
        }
    }
    // Key and value are one match value, whose wildcards count together.
    let text = |pair: &QueryStringKeyValue| match &pair.key {
        Some(key) => format!("{key}={}", pair.value),
        None => pair.value.clone(),
    };
    Ok(config.values.iter().map(text).collect())
}

/// ALB-RU-13
fn source_ip(config: &SourceIpConfig) -> Result<Vec<String>> {
    if config.ip_address_type.is_some() {
        return Err(not_built("IpAddressType of a source-ip condition"));
    }
    each(&config.values, |value| {
        if Cidr::parse(value).is_none() {
            return Err(invalid(format!("The source IP '{value}' is not a valid CIDR block")));
        }
        if value == "255.255.255.255/32" {
            return Err(invalid(format!("The source IP '{value}' cannot be specified")));
        }
        Ok(())
    })?;
    Ok(config.values.clone())
}
