//! A health check as it is kept: what is checked, and what is legal there (R53-HC-01).

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use standin_kernel::{ApiError, Time, Value};

use crate::error::{invalid_input, not_built};

/// Regions that checkers stand in (R53-HC-15).
pub(crate) const REGIONS: [&str; 8] = [
    "us-east-1",
    "us-west-1",
    "us-west-2",
    "eu-west-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "sa-east-1",
];
const REGIONS_MIN: usize = 3;
const SEARCH_STRING_MAX: usize = 255;
const PATH_MAX: usize = 255;
const CHILDREN_MAX: usize = 256;
pub(crate) const INTERVAL_S: u64 = 30;
pub(crate) const THRESHOLD: u32 = 3;

/// One record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct HealthCheck {
    pub(crate) id: String,
    /// Numbers are never given out twice; checkers' requests bear them.
    pub(crate) number: u64,
    pub(crate) caller_reference: String,
    pub(crate) version: u64,
    pub(crate) config: Config,
    /// What was taken of the alarm it names.
    #[serde(default)]
    pub(crate) alarm: Option<AlarmConfiguration>,
    pub(crate) created: Time,
    pub(crate) tags: BTreeMap<String, String>,
}

/// `HealthCheckConfig`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Config {
    #[serde(rename = "Type")]
    pub(crate) kind: Kind,
    #[serde(rename = "IPAddress", skip_serializing_if = "Option::is_none")]
    pub(crate) ip_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resource_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fully_qualified_domain_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) search_string: Option<String>,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_interval: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failure_threshold: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) measure_latency: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) inverted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) disabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) health_threshold: Option<usize>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) child_health_checks: Vec<String>,
    #[serde(rename = "EnableSNI", skip_serializing_if = "Option::is_none")]
    pub(crate) enable_sni: Option<bool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) regions: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) alarm_identifier: Option<AlarmIdentifier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) insufficient_data_health_status: Option<WithoutData>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct AlarmIdentifier {
    pub(crate) name: String,
    pub(crate) region: String,
}

/// `InsufficientDataHealthStatus`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum WithoutData {
    Healthy,
    Unhealthy,
    #[default]
    LastKnownStatus,
}

/// `CloudWatchAlarmConfiguration`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AlarmConfiguration {
    evaluation_periods: u32,
    threshold: f64,
    comparison_operator: String,
    /// Seconds.
    period: u32,
    metric_name: String,
    namespace: String,
    statistic: String,
    #[serde(default)]
    dimensions: Vec<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Kind {
    Http,
    Https,
    HttpStrMatch,
    HttpsStrMatch,
    Tcp,
    Calculated,
    CloudwatchMetric,
    RecoveryControl,
}

impl Kind {
    pub(crate) const fn is_tls(self) -> bool {
        matches!(self, Self::Https | Self::HttpsStrMatch)
    }

    pub(crate) const fn matches_string(self) -> bool {
        matches!(self, Self::HttpStrMatch | Self::HttpsStrMatch)
    }

    /// Whether checkers ask an endpoint.
    pub(crate) const fn asks_endpoint(self) -> bool {
        !matches!(self, Self::Calculated | Self::CloudwatchMetric | Self::RecoveryControl)
    }
}

impl Config {
    /// Puts AWS's defaults in and refuses what makes no sense.
    pub(crate) fn settled(mut self) -> Result<Self, ApiError> {
        if self.kind != Kind::CloudwatchMetric
            && (self.alarm_identifier.is_some() || self.insufficient_data_health_status.is_some())
        {
            return Err(invalid_input("Only a check of the type CLOUDWATCH_METRIC has an alarm."));
        }
        match self.kind {
            Kind::CloudwatchMetric => self.settle_alarm()?,
            Kind::RecoveryControl => {
                return Err(not_built("A health check of the type RECOVERY_CONTROL"));
            }
            Kind::Calculated => self.check_calculated()?,
            _ => self.settle_endpoint()?,
        }
        self.inverted.get_or_insert(false);
        self.disabled.get_or_insert(false);
        Ok(self)
    }

    fn settle_alarm(&mut self) -> Result<(), ApiError> {
        if self.alarm_identifier.is_none() {
            let message = "A check of the type CLOUDWATCH_METRIC needs an AlarmIdentifier.";
            return Err(invalid_input(message));
        }
        let asks = self.ip_address.is_some() || self.fully_qualified_domain_name.is_some();
        if asks || !self.child_health_checks.is_empty() || self.health_threshold.is_some() {
            let message = "A check of the type CLOUDWATCH_METRIC has no endpoint and no children.";
            return Err(invalid_input(message));
        }
        self.insufficient_data_health_status.get_or_insert_default();
        Ok(())
    }

    fn check_calculated(&self) -> Result<(), ApiError> {
        if self.health_threshold.is_none() {
            return Err(invalid_input("A calculated health check needs a HealthThreshold."));
        }
        if self.child_health_checks.len() > CHILDREN_MAX {
            return Err(invalid_input("A calculated health check has at most 256 children."));
        }
        if self.ip_address.is_some() || self.fully_qualified_domain_name.is_some() {
            return Err(invalid_input("A calculated health check has no endpoint."));
        }
        Ok(())
    }

    fn settle_endpoint(&mut self) -> Result<(), ApiError> {
        if self.ip_address.is_none() && self.fully_qualified_domain_name.is_none() {
            let message = "Invalid parameter : Either IPAddress or FullyQualifiedDomainName must \
                           be specified";
            return Err(invalid_input(message));
        }
        if let Some(text) = &self.ip_address {
            check_address(text)?;
        }
        if self.health_threshold.is_some() || !self.child_health_checks.is_empty() {
            return Err(invalid_input("Only a calculated health check has children."));
        }
        if self.kind == Kind::Tcp && self.port.is_none() {
            return Err(invalid_input("Invalid parameter : Port must be specified for TCP."));
        }
        match (&self.search_string, self.kind.matches_string()) {
            (None, true) => {
                return Err(invalid_input("Invalid parameter : SearchString must be specified."));
            }
            (Some(_), false) => {
                return Err(invalid_input("Invalid parameter : SearchString is not permitted."));
            }
            (Some(text), true) if text.is_empty() || text.len() > SEARCH_STRING_MAX => {
                return Err(invalid_input("SearchString has 1 to 255 characters."));
            }
            _ => {}
        }
        if !matches!(self.request_interval, None | Some(10 | 30)) {
            return Err(invalid_input("RequestInterval must be 10 or 30."));
        }
        if !(1..=10).contains(&self.failure_threshold.unwrap_or(THRESHOLD)) {
            return Err(invalid_input("FailureThreshold must be between 1 and 10."));
        }
        self.check_regions()?;
        self.settle_path()?;
        let port = if self.kind.is_tls() { 443 } else { 80 };
        self.port.get_or_insert(port);
        self.request_interval.get_or_insert(INTERVAL_S);
        self.failure_threshold.get_or_insert(THRESHOLD);
        self.measure_latency.get_or_insert(false);
        self.enable_sni.get_or_insert(self.kind.is_tls());
        Ok(())
    }

    /// R53-HC-14
    fn settle_path(&mut self) -> Result<(), ApiError> {
        if self.kind == Kind::Tcp {
            return match self.resource_path {
                None => Ok(()),
                Some(_) => Err(invalid_input("ResourcePath is not permitted for TCP.")),
            };
        }
        let path = self.resource_path.take().unwrap_or_else(|| "/".into());
        if path.len() > PATH_MAX {
            return Err(invalid_input("ResourcePath has at most 255 characters."));
        }
        let slash = if path.starts_with('/') { "" } else { "/" };
        self.resource_path = Some(format!("{slash}{path}"));
        Ok(())
    }

    /// R53-HC-15
    fn check_regions(&self) -> Result<(), ApiError> {
        if let Some(other) = self.regions.iter().find(|one| !REGIONS.contains(&one.as_str())) {
            return Err(invalid_input(format!("No health checker is in the Region {other}.")));
        }
        let mut regions = self.regions.clone();
        regions.sort();
        regions.dedup();
        if !regions.is_empty() && regions.len() < REGIONS_MIN {
            return Err(invalid_input("At least three Regions must be specified."));
        }
        Ok(())
    }

    /// The Regions that check.
    pub(crate) fn checker_regions(&self) -> Vec<&str> {
        match self.regions.is_empty() {
            true => REGIONS.to_vec(),
            false => self.regions.iter().map(String::as_str).collect(),
        }
    }
}

/// Checkers stand outside: they reach no private address (R53-HC-12). This machine's own loopback
/// addresses are where its public ones would be.
fn check_address(text: &str) -> Result<(), ApiError> {
    let address: IpAddr =
        text.parse().map_err(|_| invalid_input(format!("Invalid IPAddress: {text}")))?;
    let hidden = match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_link_local() || v4.is_multicast(),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_multicast(),
    };
    match hidden {
        true => Err(invalid_input(format!(
            "Invalid parameter : IPAddress {text} is in a range that health checkers do not reach"
        ))),
        false => Ok(()),
    }
}
