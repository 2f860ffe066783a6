//! Conditions of a statement: operators over what is known of a request. A key that a request does
//! not have fails a condition, unless the operator is a negated one or ends in `IfExists`.

use std::borrow::Cow;
use std::net::IpAddr;

use serde_json::{Map, Value};
use standin_kernel::{Identity, pattern};

use super::Question;
use super::parse::{malformed, no_variables};
use crate::error::Result;

/// One key under one operator; its values are alternatives.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    key: Key,
    /// In lower case.
    pub(super) name: String,
    pub(super) test: Test,
    /// What it comes to when the request does not have the key.
    pub(super) when_absent: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Test {
    Text {
        how: How,
        values: Vec<String>,
        negated: bool,
    },
    Bool(Vec<bool>),
    Number {
        compare: Compare,
        values: Vec<f64>,
    },
    /// Seconds since 1970.
    Moment {
        compare: Compare,
        values: Vec<f64>,
    },
    Ip {
        networks: Vec<Network>,
        negated: bool,
    },
    /// Whether the key must be absent.
    Null(Vec<bool>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Equal,
    EqualIgnoringCase,
    Like,
    Arn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compare {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    address: IpAddr,
    /// Length of the prefix, in bits.
    pub(super) bits: u8,
}

/// The keys a request here can have; all others are absent from every request.
#[derive(Clone, Debug)]
enum Key {
    SecureTransport,
    SourceIp,
    SourceArn,
    SourceAccount,
    UserAgent,
    Referer,
    PrincipalServiceName,
    PrincipalIsAwsService,
    PrincipalAccount,
    PrincipalArn,
    PrincipalType,
    ViaAwsService,
    CurrentTime,
    EpochTime,
    SignatureVersion,
    VersionId,
    Prefix,
    Delimiter,
    MaxKeys,
    ExistingObjectTag(String),
    Absent,
}

impl Condition {
    /// Reads the object under `Condition`.
    pub(super) fn read_all(operators: &Map<String, Value>) -> Result<Vec<Self>> {
        let mut conditions = Vec::new();
        for (operator, keys) in operators {
            let Value::Object(keys) = keys else {
                return Err(malformed("Invalid policy syntax."));
            };
            for (key, values) in keys {
                conditions.push(Self::read(operator, key, values)?);
            }
        }
        Ok(conditions)
    }

    fn read(operator: &str, name: &str, values: &Value) -> Result<Self> {
        let (name_of_set, plain) = match operator.split_once(':') {
            Some((set @ ("ForAllValues" | "ForAnyValue"), plain)) => (Some(set), plain),
            Some(_) => return Err(unknown_operator(operator)),
            None => (None, operator),
        };
        let (plain, if_exists) = match plain.strip_suffix("IfExists") {
            Some(plain) => (plain, true),
            None => (plain, false),
        };
        let values = values_of(values)?;
        let test = Test::read(plain, &values).ok_or_else(|| unknown_operator(operator))??;
        let absent_is_fine = if_exists || name_of_set == Some("ForAllValues");
        let when_absent = absent_is_fine || (test.is_negated() && name_of_set.is_none());
        let key = Key::read(name)?;
        Ok(Self { key, name: name.to_ascii_lowercase(), test, when_absent })
    }

    pub(super) fn holds(&self, question: &Question<'_>) -> bool {
        let value = self.key.value(question);
        if let Test::Null(wanted) = &self.test {
            return wanted.contains(&value.is_none());
        }
        let Some(value) = value else { return self.when_absent };
        match (&self.test, &self.key) {
            (Test::Ip { networks, negated }, Key::SourceIp) => {
                let address = question.asker.source_ip;
                networks.iter().any(|network| network.has(address)) != *negated
            }
            (Test::Moment { compare, values }, Key::CurrentTime | Key::EpochTime) => {
                compare.any(seconds(question), values)
            }
            (test, _) => test.holds(&value),
        }
    }
}

fn unknown_operator(operator: &str) -> crate::error::Refusal {
    if operator.ends_with("BinaryEquals") {
        return malformed(format!("the condition {operator} is not supported by Standin"));
    }
    malformed(format!("Invalid Condition type : {operator}"))
}

/// Strings, numbers and truth values, alone or in a list, as strings.
fn values_of(value: &Value) -> Result<Vec<String>> {
    let list = match value {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    let text = |value: &Value| match value {
        Value::String(text) => {
            no_variables(text)?;
            Ok(text.clone())
        }
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        _ => Err(malformed("Invalid policy syntax.")),
    };
    list.iter().map(text).collect()
}

impl Test {
    /// `None`: there is no such operator.
    fn read(operator: &str, values: &[String]) -> Option<Result<Self>> {
        let text = |how, negated| Ok(Self::Text { how, values: values.to_vec(), negated });
        Some(match operator {
            "StringEquals" => text(How::Equal, false),
            "StringNotEquals" => text(How::Equal, true),
            "StringEqualsIgnoreCase" => text(How::EqualIgnoringCase, false),
            "StringNotEqualsIgnoreCase" => text(How::EqualIgnoringCase, true),
            "StringLike" => text(How::Like, false),
            "StringNotLike" => text(How::Like, true),
            "ArnEquals" | "ArnLike" => text(How::Arn, false),
            "ArnNotEquals" | "ArnNotLike" => text(How::Arn, true),
            "Bool" => all(values, truth).map(Self::Bool),
            "Null" => all(values, truth).map(Self::Null),
            "IpAddress" => {
                all(values, Network::read).map(|networks| Self::Ip { networks, negated: false })
            }
            "NotIpAddress" => {
                all(values, Network::read).map(|networks| Self::Ip { networks, negated: true })
            }
            _ => {
                let numeric = operator.strip_prefix("Numeric").and_then(Compare::read);
                let date = operator.strip_prefix("Date").and_then(Compare::read);
                match (numeric, date) {
                    (Some(compare), _) => {
                        all(values, number).map(|values| Self::Number { compare, values })
                    }
                    (_, Some(compare)) => {
                        all(values, moment).map(|values| Self::Moment { compare, values })
                    }
                    _ => return None,
                }
            }
        })
    }

    fn is_negated(&self) -> bool {
        match self {
            Self::Text { negated, .. } | Self::Ip { negated, .. } => *negated,
            Self::Number { compare, .. } | Self::Moment { compare, .. } => {
                *compare == Compare::NotEqual
            }
            Self::Bool(_) | Self::Null(_) => false,
        }
    }

    fn holds(&self, value: &str) -> bool {
        match self {
            Self::Text { how, values, negated } => {
                values.iter().any(|wanted| how.fits(wanted, value)) != *negated
            }
            Self::Bool(wanted) => truth(value).is_some_and(|value| wanted.contains(&value)),
            Self::Number { compare, values } => {
                number(value).is_some_and(|value| compare.any(value, values))
            }
            Self::Moment { compare, values } => {
                moment(value).is_some_and(|value| compare.any(value, values))
            }
            Self::Ip { networks, negated } => value.parse().is_ok_and(|address| {
                networks.iter().any(|network| network.has(address)) != *negated
            }),
            Self::Null(_) => false,
        }
    }
}

fn all<T>(values: &[String], read: fn(&str) -> Option<T>) -> Result<Vec<T>> {
    let wrong = |value: &String| malformed(format!("Invalid value in policy condition: {value}"));
    values.iter().map(|value| read(value).ok_or_else(|| wrong(value))).collect()
}

fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// Seconds since 1970, written so or as an ISO 8601 moment or day.
fn moment(text: &str) -> Option<f64> {
    if let Some(number) = number(text) {
        return Some(number);
    }
    let zoned = if text.contains('T') { text.to_owned() } else { format!("{text}T00:00:00Z") };
    let timestamp: jiff::Timestamp = zoned.parse().ok()?;
    u32::try_from(timestamp.as_second()).ok().map(f64::from)
}

fn seconds(question: &Question<'_>) -> f64 {
    f64::from(u32::try_from(question.asker.now.seconds()).unwrap_or(u32::MAX))
}

impl How {
    fn fits(self, wanted: &str, value: &str) -> bool {
        match self {
            Self::Equal => wanted == value,
            Self::EqualIgnoringCase => wanted.to_lowercase() == value.to_lowercase(),
            Self::Like => pattern::matches(wanted, value),
            Self::Arn => arn_fits(wanted, value),
        }
    }
}

/// The six parts of an ARN are compared one by one: a star does not reach over a colon, except in
/// the last part.
fn arn_fits(wanted: &str, value: &str) -> bool {
    let (mut wanted, mut value) = (wanted.splitn(6, ':'), value.splitn(6, ':'));
    loop {
        match (wanted.next(), value.next()) {
            (None, None) => return true,
            (Some(wanted), Some(value)) if pattern::matches(wanted, value) => {}
            _ => return false,
        }
    }
}

impl Compare {
    fn read(name: &str) -> Option<Self> {
        Some(match name {
            "Equals" => Self::Equal,
            "NotEquals" => Self::NotEqual,
            "LessThan" => Self::Less,
            "LessThanEquals" => Self::LessOrEqual,
            "GreaterThan" => Self::Greater,
            "GreaterThanEquals" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    fn any(self, value: f64, wanted: &[f64]) -> bool {
        let equal = |wanted: f64| (value - wanted).abs() < 1e-9;
        match self {
            Self::Equal => wanted.iter().any(|&wanted| equal(wanted)),
            Self::NotEqual => !wanted.iter().any(|&wanted| equal(wanted)),
            Self::Less => wanted.iter().any(|&wanted| value < wanted),
            Self::LessOrEqual => wanted.iter().any(|&wanted| value <= wanted),
            Self::Greater => wanted.iter().any(|&wanted| value > wanted),
            Self::GreaterOrEqual => wanted.iter().any(|&wanted| value >= wanted),
        }
    }
}

impl Network {
    /// `203.0.113.0/24`, `2001:db8::/32`, or one address.
    fn read(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(longest);
        (bits <= longest).then_some(Self { address, bits })
    }

    pub(super) fn is_ipv4(self) -> bool {
        self.address.is_ipv4()
    }

    fn has(self, address: IpAddr) -> bool {
        let differs = match (self.address, address.to_canonical()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
            (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
            _ => return false,
        };
        differs >= u32::from(self.bits)
    }
}

impl Key {
    fn read(name: &str) -> Result<Self> {
        let lower = name.to_ascii_lowercase();
        if let Some(tag) = lower.strip_prefix("s3:existingobjecttag/") {
            // The tag's own name keeps its case.
            return Ok(Self::ExistingObjectTag(name[name.len() - tag.len()..].to_owned()));
        }
        Ok(match lower.as_str() {
            "aws:securetransport" => Self::SecureTransport,
            "aws:sourceip" => Self::SourceIp,
            "aws:sourcearn" => Self::SourceArn,
            "aws:sourceaccount" => Self::SourceAccount,
            "aws:useragent" => Self::UserAgent,
            "aws:referer" => Self::Referer,
            "aws:principalservicename" => Self::PrincipalServiceName,
            "aws:principalisawsservice" => Self::PrincipalIsAwsService,
            "aws:principalaccount" => Self::PrincipalAccount,
            "aws:principalarn" => Self::PrincipalArn,
            "aws:principaltype" => Self::PrincipalType,
            "aws:viaawsservice" => Self::ViaAwsService,
            "aws:currenttime" => Self::CurrentTime,
            "aws:epochtime" => Self::EpochTime,
            "s3:signatureversion" => Self::SignatureVersion,
            "s3:versionid" => Self::VersionId,
            "s3:prefix" => Self::Prefix,
            "s3:delimiter" => Self::Delimiter,
            "s3:max-keys" => Self::MaxKeys,
            other if other.starts_with("aws:") || other.starts_with("s3:") => Self::Absent,
            _ => return Err(malformed("Policy has an invalid condition key")),
        })
    }

    fn value<'a>(&self, question: &Question<'a>) -> Option<Cow<'a, str>> {
        let (asker, detail) = (question.asker, &question.detail);
        let source = match asker.identity {
            Identity::Service { principal, source_arn } => Some((*principal, &**source_arn)),
            Identity::Anonymous | Identity::Account | Identity::Workload(_) => None,
        };
        let truth = |value: bool| Some(Cow::Borrowed(if value { "true" } else { "false" }));
        let text = |value: Option<&'a str>| value.map(Cow::Borrowed);
        match self {
            Self::SecureTransport => truth(asker.tls),
            Self::SourceIp => Some(Cow::Owned(asker.source_ip.to_string())),
            Self::SourceArn => text(source.map(|(_, arn)| arn)),
            Self::SourceAccount => text(source.and_then(|(_, arn)| arn.split(':').nth(4))),
            Self::UserAgent => text(asker.user_agent),
            Self::Referer => text(asker.referer),
            Self::PrincipalServiceName => text(source.map(|(principal, _)| principal)),
            Self::PrincipalIsAwsService => truth(source.is_some()),
            Self::PrincipalAccount => match asker.identity {
                Identity::Anonymous | Identity::Workload(_) => text(Some("anonymous")),
                Identity::Account => text(Some(asker.account)),
                Identity::Service { .. } => None,
            },
            Self::PrincipalArn => matches!(asker.identity, Identity::Account)
                .then(|| Cow::Owned(format!("arn:aws:iam::{}:root", asker.account))),
            Self::PrincipalType => match asker.identity {
                Identity::Anonymous | Identity::Workload(_) => text(Some("Anonymous")),
                Identity::Account => text(Some("Account")),
                Identity::Service { .. } => None,
            },
            Self::ViaAwsService => truth(false),
            Self::CurrentTime => Some(Cow::Owned(asker.now.iso8601())),
            Self::EpochTime => Some(Cow::Owned(asker.now.seconds().to_string())),
            Self::SignatureVersion => match asker.identity {
                Identity::Anonymous | Identity::Workload(_) => None,
                _ => text(Some("AWS4-HMAC-SHA256")),
            },
            Self::VersionId => text(detail.version),
            Self::Prefix => text(detail.prefix),
            Self::Delimiter => text(detail.delimiter),
            Self::MaxKeys => text(detail.max_keys),
            Self::ExistingObjectTag(tag) => {
                text(detail.tags.and_then(|tags| tags.get(tag)).map(String::as_str))
            }
            Self::Absent => None,
        }
    }
}
