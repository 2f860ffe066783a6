//! Functions at the edge: what one run of JavaScript is given, and what came of it.
//!
//! A run is a pure function of [`Evaluation`]: the clock stands still, chance comes from a seed and
//! the limits are counted in steps. So both drivers get the same answer from the same evaluator.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{ExchangeId, Time, Value};

/// One function to be run once.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// For whom: the outcome's facts join this exchange's trace.
    pub exchange: Option<ExchangeId>,
    pub program: Arc<Program>,
    /// The function's only argument.
    pub event: Arc<Value>,
    /// What `event.context.requestId` gives; `None`: what the event says. It stands beside the
    /// event because no two requests have it in common, and all else they often have.
    pub request_id: Option<Box<str>>,
    /// What `request.rawQueryString()` gives; without question mark.
    pub raw_query: Option<String>,
    /// What `cf.kvs()` reads; `None` without an associated store.
    pub store: Option<Arc<KeyValues>>,
    /// The point of presence, as `cf.edgeLocation.name` has it: `NRT57`.
    pub edge_location: Arc<str>,
    /// The time that stands still during the run.
    pub now: Time,
    /// Where `Math.random` begins.
    pub seed: u64,
}

/// A function's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The function's name, for its log.
    pub name: String,
    /// Another for every change of the code: the ETag.
    pub version: String,
    pub code: String,
    pub language: Language,
}

/// The runtimes of CloudFront Functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Language {
    #[serde(rename = "cloudfront-js-1.0")]
    Js10,
    #[serde(rename = "cloudfront-js-2.0")]
    Js20,
}

/// A key value store as one edge sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyValues {
    /// The store's id: `kvs.get` of `cf.kvs("id")` must name it.
    pub id: String,
    pub created: Time,
    pub modified: Time,
    pub values: BTreeMap<String, String>,
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluated {
    /// What the function returned, as JSON would have it.
    pub result: Result<Value, Failure>,
    /// Origin helpers it called, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origin_calls: Vec<OriginCall>,
    /// Its `console.log`, a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub console: Vec<String>,
    /// How much of the time it may take was taken, in percent; 100 is the limit.
    pub utilization_percent: u32,
}

/// A call of one of the origin helpers with its argument.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OriginCall {
    pub helper: OriginHelper,
    pub argument: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OriginHelper {
    UpdateRequestOrigin,
    SelectRequestOriginById,
    CreateRequestOriginGroup,
}

/// Why a run gave no result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub kind: FailureKind,
    /// For the function's author: `ReferenceError: x is not defined`.
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The code cannot be read, or uses what the runtime does not have.
    Syntax,
    /// It threw, or its promise was rejected.
    Thrown,
    /// It took too many steps.
    Time,
    /// It needed too much memory.
    Memory,
    /// There is nobody who can run it.
    NoEvaluator,
}

impl Evaluated {
    /// A run that failed before it began.
    pub fn failed(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            result: Err(Failure { kind, message: message.into() }),
            origin_calls: Vec::new(),
            console: Vec::new(),
            utilization_percent: 0,
        }
    }
}

/// Whoever runs functions. The same evaluation gives the same outcome.
pub trait Evaluator: fmt::Debug + Send + Sync {
    fn evaluate(&self, evaluation: &Evaluation) -> Arc<Evaluated>;
}
