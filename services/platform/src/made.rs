//! A CloudFormation type as a list of calls: one creates the thing, others bring its settings, one
//! looks at it for its attributes, others delete it.

use std::collections::BTreeMap;

use standin_kernel::resource::{Job, Progress, Property, ResourceType, Tagging};
use standin_kernel::{ApiError, Duration, ServiceName, Value};

/// An operation and its input.
pub(crate) type Call = (&'static str, Value);

/// A type by its calls.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) type_name: &'static str,
    /// As AWS's resource handlers name the service in a status reason: `Ec2`.
    pub(crate) service: &'static str,
    pub(crate) properties: &'static [Property],
    pub(crate) attributes: &'static [&'static str],
    pub(crate) tagging: Tagging,
    /// What is wrong with the properties as a whole, before anything is called.
    pub(crate) check: fn(&Job<'_>) -> Option<String>,
    /// The call that creates the thing.
    pub(crate) create: fn(&Job<'_>) -> Call,
    /// What `Ref` gives, from the reply to `create`.
    pub(crate) physical_id: fn(&Job<'_>, &Value) -> String,
    /// The calls after `create` (`previous` is `Null`), and those of an update.
    pub(crate) settings: fn(&Job<'_>, &str, &Value) -> Vec<Call>,
    /// The calls that describe the thing.
    pub(crate) look: fn(&Job<'_>, &str) -> Vec<Call>,
    /// Whether the replies to `look` (a list) show a thing that is ready.
    pub(crate) ready: fn(&Value) -> bool,
    /// What `Fn::GetAtt` gives, from the replies to `look`.
    pub(crate) known: fn(&Job<'_>, &str, &Value) -> Vec<(&'static str, Value)>,
    pub(crate) delete: fn(&Job<'_>, &str) -> Vec<Call>,
    /// Codes that say a thing is gone already; a deletion goes on then.
    pub(crate) gone: &'static [&'static str],
    /// Whether the replies to `look` show that a deletion is over.
    pub(crate) vanished: Option<fn(&Value) -> bool>,
}

const CREATE: u32 = 0;
const CREATED: u32 = 1;
/// The first of the settings.
const SETTINGS: u32 = 2;
/// The first of the looks.
const LOOK: u32 = 1000;

/// How often a thing that is not ready is looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

impl Made {
    /// A type without settings, attributes and waiting.
    pub(crate) const PLAIN: Self = Self {
        type_name: "",
        service: "",
        properties: &[],
        attributes: &[],
        tagging: Tagging::ALL,
        check: |_| None,
        create: |_| ("", Value::Null),
        physical_id: |_, _| String::new(),
        settings: |_, _, _| Vec::new(),
        look: |_, _| Vec::new(),
        ready: |_| true,
        known: |_, _, _| Vec::new(),
        delete: |_, _| Vec::new(),
        gone: &[],
        vanished: None,
    };

    fn settle(&self, job: &Job<'_>, step: u32, previous: &Value) -> Progress {
        let id = job.physical_id.unwrap_or_default();
        let calls = (self.settings)(job, id, previous);
        let index = usize::try_from(step.saturating_sub(SETTINGS)).unwrap_or(usize::MAX);
        match calls.into_iter().nth(index) {
            Some(next) => call(next, step + 1, Value::Null),
            None => self.look(job, LOOK),
        }
    }

    fn look(&self, job: &Job<'_>, step: u32) -> Progress {
        match self.seen(job, step) {
            Err(next) => next,
            Ok(seen) if (self.ready)(&seen) => self.done(job, &seen),
            Ok(_) => again(),
        }
    }

    /// The replies to all looks, or the next look.
    fn seen(&self, job: &Job<'_>, step: u32) -> Result<Value, Progress> {
        let mut seen = job.context.as_array().cloned().unwrap_or_default();
        if let (true, Some(Ok(reply))) = (step > LOOK, job.reply) {
            seen.push(reply.clone());
        }
        let calls = (self.look)(job, job.physical_id.unwrap_or_default());
        let index = usize::try_from(step.saturating_sub(LOOK)).unwrap_or(usize::MAX);
        match calls.into_iter().nth(index) {
            Some(next) => Err(call(next, step + 1, Value::Array(seen))),
            None => Ok(Value::Array(seen)),
        }
    }

    fn done(&self, job: &Job<'_>, seen: &Value) -> Progress {
        let physical_id = job.physical_id.unwrap_or_default().to_owned();
        let attributes = (self.known)(job, &physical_id, seen)
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        Progress::Done { physical_id, attributes }
    }

    fn is_gone(&self, error: &ApiError) -> bool {
        self.gone.contains(&error.code.as_str())
    }
}

impl ResourceType for Made {
    fn type_name(&self) -> &'static str {
        self.type_name
    }

    fn properties(&self) -> &'static [Property] {
        self.properties
    }

    fn attributes(&self) -> &'static [&'static str] {
        self.attributes
    }

    fn tagging(&self) -> Tagging {
        self.tagging
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        match (job.step, job.reply) {
            (_, Some(Err(error))) => Progress::refused(error, self.service),
            (CREATE, _) => match (self.check)(job) {
                Some(message) => Progress::Failed { message },
                None => call((self.create)(job), CREATED, Value::Null),
            },
            (CREATED, Some(Ok(reply))) => Progress::Wait {
                after: Duration::ZERO,
                step: SETTINGS,
                context: Value::Null,
                physical_id: Some((self.physical_id)(job, reply)),
            },
            (step @ LOOK.., _) => self.look(job, step),
            (step, _) => self.settle(job, step, &Value::Null),
        }
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        let previous = job.previous.unwrap_or(&Value::Null);
        match (job.step, job.reply) {
            (_, Some(Err(error))) => Progress::refused(error, self.service),
            (step @ LOOK.., _) => self.look(job, step),
            (step, _) => self.settle(job, step.max(SETTINGS), previous),
        }
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        let id = job.physical_id.unwrap_or_default();
        let over = || Progress::Done { physical_id: id.to_owned(), attributes: BTreeMap::new() };
        if let Some(Err(error)) = job.reply {
            match self.is_gone(error) {
                true if job.step >= LOOK => return over(),
                true => {}
                false => return Progress::refused(error, self.service),
            }
        }
        if job.step < LOOK {
            let index = usize::try_from(job.step).unwrap_or(usize::MAX);
            if let Some(next) = (self.delete)(job, id).into_iter().nth(index) {
                return call(next, job.step + 1, Value::Null);
            }
        }
        let Some(vanished) = self.vanished else { return over() };
        match self.seen(job, job.step.max(LOOK)) {
            Err(next) => next,
            Ok(seen) if vanished(&seen) => over(),
            Ok(_) => again(),
        }
    }
}

fn call((operation, input): Call, step: u32, context: Value) -> Progress {
    Progress::Call { service: ServiceName::Platform, operation, input, step, context }
}

/// Looks again a little later.
fn again() -> Progress {
    Progress::Wait { after: LOOK_AGAIN, step: LOOK, context: Value::Null, physical_id: None }
}

/// A member of a reply as text; empty when it is not there.
pub(crate) fn text(reply: &Value, pointer: &str) -> String {
    reply.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A property as text; empty when it is not there.
pub(crate) fn property<'j>(job: &Job<'j>, name: &str) -> &'j str {
    job.properties[name].as_str().unwrap_or_default()
}

/// `input` with those of the template's properties that it has, under the same names.
pub(crate) fn with(mut input: Value, job: &Job<'_>, names: &[&str]) -> Value {
    for name in names {
        if !job.properties[*name].is_null() {
            input[*name] = job.properties[*name].clone();
        }
    }
    input
}

/// Whether a property is not as it was.
pub(crate) fn changed(job: &Job<'_>, previous: &Value, name: &str) -> bool {
    job.properties[name] != previous[name]
}
