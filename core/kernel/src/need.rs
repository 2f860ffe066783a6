//! What a service has to hear from elsewhere before it can carry out an operation at all.

use std::sync::Arc;

use serde_json::Value;

use crate::control::ApiError;
use crate::evaluation::{Evaluated, Evaluation};
use crate::exchange::BlobId;
use crate::service::ServiceName;

/// Something to be asked for before an operation is carried out.
#[derive(Clone, Debug, PartialEq)]
pub enum Need {
    /// The reply to an operation of another service: an object's name, a parameter's value.
    Reply { service: ServiceName, operation: String, input: Value },
    /// A stored text, whole: a template.
    Text(BlobId),
    /// A function at the edge to be tried out.
    Evaluated(Box<Evaluation>),
}

/// A need with what was heard.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    pub need: Need,
    pub answer: Answer,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Reply(Result<Value, ApiError>),
    /// `None`: it is not there, or it is not UTF-8.
    Text(Option<String>),
    Evaluated(Arc<Evaluated>),
}
