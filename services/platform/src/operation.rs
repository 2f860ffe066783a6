//! Which service an operation belongs to, and how inputs are read.

use serde::de::DeserializeOwned;
use standin_kernel::{ApiError, Cx, Time, Value};

use crate::{
    acm, autoscaling, cloudwatch, ec2, events, iam, logs, scheduler, secretsmanager, ssm, sts,
};

/// An operation of the service whose state is `S`.
pub(crate) type Operation<S> = fn(&mut S, &mut Cx<'_>, &Value) -> Result<Value, ApiError>;

/// The operations of a service, by AWS's names.
pub(crate) type Operations<S> = &'static [(&'static str, Operation<S>)];

/// An AWS service that lives in this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Ec2,
    Iam,
    Sts,
    Logs,
    Acm,
    Ssm,
    SecretsManager,
    CloudWatch,
    AutoScaling,
    Scheduler,
    Events,
}

impl Section {
    const ALL: [Self; 11] = [
        Self::Ec2,
        Self::Iam,
        Self::Sts,
        Self::Logs,
        Self::Acm,
        Self::Ssm,
        Self::SecretsManager,
        Self::CloudWatch,
        Self::AutoScaling,
        Self::Scheduler,
        Self::Events,
    ];

    /// As SDKs name the service's client.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Ec2 => "ec2",
            Self::Iam => "iam",
            Self::Sts => "sts",
            Self::Logs => "logs",
            Self::Acm => "acm",
            Self::Ssm => "ssm",
            Self::SecretsManager => "secretsmanager",
            Self::CloudWatch => "cloudwatch",
            Self::AutoScaling => "application-autoscaling",
            Self::Scheduler => "scheduler",
            Self::Events => "events",
        }
    }

    fn has(self, operation: &str) -> bool {
        match self {
            Self::Ec2 => find(ec2::OPERATIONS, operation).is_some(),
            Self::Iam => find(iam::OPERATIONS, operation).is_some(),
            Self::Sts => find(sts::OPERATIONS, operation).is_some(),
            Self::Logs => find(logs::OPERATIONS, operation).is_some(),
            Self::Acm => find(acm::OPERATIONS, operation).is_some(),
            Self::Ssm => find(ssm::OPERATIONS, operation).is_some(),
            Self::SecretsManager => find(secretsmanager::OPERATIONS, operation).is_some(),
            Self::CloudWatch => find(cloudwatch::OPERATIONS, operation).is_some(),
            Self::AutoScaling => find(autoscaling::OPERATIONS, operation).is_some(),
            Self::Scheduler => find(scheduler::OPERATIONS, operation).is_some(),
            Self::Events => find(events::OPERATIONS, operation).is_some(),
        }
    }
}

/// The service that is meant by `logs:CreateLogGroup` or `CreateLogGroup`, and the bare name.
pub(crate) fn section(operation: &str) -> Result<(Section, &str), ApiError> {
    if let Some((service, name)) = operation.split_once(':') {
        let found = Section::ALL.into_iter().find(|section| section.as_str() == service);
        let unknown = || ApiError::unsupported_operation(service, name);
        return found.map(|section| (section, name)).ok_or_else(unknown);
    }
    let mut having = Section::ALL.into_iter().filter(|section| section.has(operation));
    match (having.next(), having.next()) {
        (Some(section), None) => Ok((section, operation)),
        (None, _) => Err(ApiError::unsupported_operation("platform", operation)),
        (Some(one), Some(other)) => {
            let (one, other) = (one.as_str(), other.as_str());
            let message = format!(
                "{operation} is an operation of several services: write {one}:{operation} or \
                 {other}:{operation}"
            );
            Err(ApiError::new("InvalidAction", 400, message))
        }
    }
}

fn find<S>(operations: Operations<S>, name: &str) -> Option<Operation<S>> {
    operations.iter().find(|(known, _)| *known == name).map(|(_, carry_out)| *carry_out)
}

/// Carries out an operation of one service.
pub(crate) fn run<S>(
    section: Section,
    operations: Operations<S>,
    state: &mut S,
    cx: &mut Cx<'_>,
    name: &str,
    input: &Value,
) -> Result<Value, ApiError> {
    let carry_out = find(operations, name);
    let unknown = || ApiError::unsupported_operation(section.as_str(), name);
    carry_out.ok_or_else(unknown)?(state, cx, input)
}

/// The codes with which a service refuses an input that is not of the right form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Codes {
    pub(crate) missing: &'static str,
    pub(crate) unknown: &'static str,
    pub(crate) wrong: &'static str,
}

impl Codes {
    /// One code for everything.
    pub(crate) const fn all(code: &'static str) -> Self {
        Self { missing: code, unknown: code, wrong: code }
    }
}

/// Reads an operation's input into its struct.
pub(crate) fn read<T: DeserializeOwned>(
    operation: &str,
    value: &Value,
    codes: Codes,
) -> Result<T, ApiError> {
    T::deserialize(value).map_err(|wrong| {
        let text = wrong.to_string();
        let member = || text.split('`').nth(1).unwrap_or_default();
        if text.starts_with("missing field") {
            let message = format!("The request must contain the parameter {}", member());
            ApiError::new(codes.missing, 400, message)
        } else if text.starts_with("unknown field") {
            let message =
                format!("{operation}: the parameter {} is not supported by Standin", member());
            ApiError::new(codes.unknown, 400, message)
        } else {
            ApiError::new(codes.wrong, 400, format!("{operation}: {text}"))
        }
    })
}

/// Drops the members of an object that are `null`.
pub(crate) fn present(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
    value
}

/// A moment as the JSON protocols write it: seconds since 1970, with a fraction.
pub(crate) fn seconds(time: Time) -> Value {
    let (whole, millis) = (time.seconds(), time.millis() % 1000);
    let text = format!("{whole}.{millis:03}");
    text.parse::<f64>().map_or(Value::Null, Value::from)
}
