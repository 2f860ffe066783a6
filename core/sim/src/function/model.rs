//! How a function behaves under virtual time when nobody runs its code: how long a start and a run
//! take, how often one fails, who does its work, and what it gives.

use standin_kernel::workload::WorkloadSpec;
use standin_kernel::{Duration, Value, json};

use crate::model::{Member, Members, percent, seconds, set};

/// The behaviour of one function, as `Metadata: Standin: Model` has it (docs/model.md).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FunctionModel {
    /// From launch until the process asks for work.
    pub(crate) starts_after: Duration,
    /// How long a run takes.
    pub(crate) answers_after: Duration,
    /// Of a hundred runs, how many fail.
    pub(crate) error_percent: f64,
    /// The handler that does its work.
    handler: Option<String>,
    /// What it gives when no handler does its work.
    pub(crate) result: Option<Value>,
}

const MEMBERS: [Member<FunctionModel>; 5] = [
    ("StartSeconds", |model, value| set(&mut model.starts_after, seconds(value))),
    ("AnswerSeconds", |model, value| set(&mut model.answers_after, seconds(value))),
    ("ErrorPercent", |model, value| set(&mut model.error_percent, percent(value))),
    ("Handler", |model, value| {
        set(&mut model.handler, value.as_str().map(|name| Some(name.to_owned())))
    }),
    ("Result", |model, value| set(&mut model.result, Some(Some(value.clone())))),
];

impl Default for FunctionModel {
    fn default() -> Self {
        Self {
            starts_after: Duration::from_millis(20),
            answers_after: Duration::from_millis(2),
            error_percent: 0.0,
            handler: None,
            result: None,
        }
    }
}

impl FunctionModel {
    /// The model that is written in the hint of a function. Fails with the member that is wrong.
    pub(crate) fn of(spec: &WorkloadSpec) -> Result<Self, String> {
        let mut model = Self::default();
        let written = &spec.local["Model"];
        if !written.is_null() {
            Members::read(written, "Model", &MEMBERS, None)?.apply(&mut model)?;
        }
        Ok(model)
    }
}

/// Who does the work of a function with this hint: the handler it names, else the program it is
/// built from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Worker<'a> {
    /// `Model: Handler`, which must be known.
    Named(&'a str),
    /// `Cargo`, which may be any program.
    Program(&'a str),
    /// Nobody, but the hint says what comes of a run: `Model: Result`.
    Modelled,
    Nobody,
}

impl<'a> Worker<'a> {
    pub(crate) fn of(hint: &'a Value) -> Self {
        let model = &hint["Model"];
        match (model["Handler"].as_str(), model.get("Result"), hint["Cargo"].as_str()) {
            (Some(name), ..) => Self::Named(name),
            (None, Some(_), _) => Self::Modelled,
            (None, None, Some(program)) => Self::Program(program),
            (None, None, None) => Self::Nobody,
        }
    }

    /// The name of the handler that is looked for.
    pub(crate) const fn name(self) -> Option<&'a str> {
        match self {
            Self::Named(name) | Self::Program(name) => Some(name),
            Self::Modelled | Self::Nobody => None,
        }
    }
}

/// What a function gives whose code nobody runs: a page to who asks over HTTP, as a container does
/// without a word, and nothing to others.
pub(crate) fn untold(event: &Value) -> Value {
    let context = &event["requestContext"];
    if context.get("http").is_none() && context.get("elb").is_none() {
        return Value::Null;
    }
    let mut answer = json!({"statusCode": 200, "body": "the function answers\n"});
    // Load balancers read one or the other, by how they were told to ask.
    if event.get("multiValueHeaders").is_some() {
        answer["multiValueHeaders"] = json!({"content-type": ["text/html"]});
    } else {
        answer["headers"] = json!({"content-type": "text/html"});
    }
    answer
}
