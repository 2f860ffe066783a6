//! What the switch asks of AWS: operations by name, with the documents the SDKs use.

use serde_json::Value;

/// AWS, or something in its place.
pub trait Aws {
    /// Carries out an operation; `service` is the SDK's name of it (`ssm`).
    fn call(&mut self, service: &str, operation: &str, input: &Value) -> Result<Value, Failure>;
}

/// An operation that did not work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {message} ({code})")]
pub struct Failure {
    pub operation: String,
    /// AWS's code, `ParameterNotFound`; `Connection` when there was no answer.
    pub code: String,
    pub message: String,
}

impl Failure {
    pub fn new(operation: &str, code: &str, message: impl Into<String>) -> Self {
        Self { operation: operation.into(), code: code.into(), message: message.into() }
    }

    pub(crate) fn is(&self, codes: &[&str]) -> bool {
        codes.contains(&self.code.as_str())
    }
}
