//! Operation calls by name: how services, CloudFormation and SDKs all change things.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An operation's refusal, as an SDK would see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message} ({code})")]
pub struct ApiError {
    /// AWS's code: `ValidationError`, `NoSuchBucket`.
    pub code: String,
    pub message: String,
    /// The HTTP status it travels with.
    pub status: u16,
}

impl ApiError {
    pub fn new(code: &str, status: u16, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), status }
    }

    /// The operation exists on AWS but not here.
    pub fn unsupported_operation(service: &str, operation: &str) -> Self {
        let message = format!("{service}:{operation} is not supported by Standin");
        Self::new("InvalidAction", 400, message)
    }
}

/// A call whose reply comes later, by `Out::Reply`; the engine gives them out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

/// Reads an operation's input into its struct. Structs deny unknown fields, so a member that is
/// legal on AWS but not honoured here is refused by name.
pub fn input<T: serde::de::DeserializeOwned>(
    operation: &str,
    value: &Value,
) -> Result<T, ApiError> {
    T::deserialize(value)
        .map_err(|wrong| ApiError::new("ValidationError", 400, format!("{operation}: {wrong}")))
}

/// A document a service keeps across restarts, under (service, kind, id).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub kind: String,
    pub id: String,
    /// `None`: forget it.
    pub document: Option<Value>,
}
