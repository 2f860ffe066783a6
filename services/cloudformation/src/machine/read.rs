//! Reads what the dynamic references in a resource's properties stand for, before its type begins
//! (CFN-DR-05). What is stored, compared and shown is the reference, never the value.

use std::borrow::Cow;

use standin_kernel::resource::ResourceType;
use standin_kernel::{ApiError, Value};

use crate::machine::Run;
use crate::state::{Calling, Job, JobKind};
use crate::template::dynamic::{Dynamic, first, secure_refused, takes_secure};
use crate::template::{coerce, status_reason};

impl Run<'_, '_> {
    /// Asks for the next value that a job lacks; `false` when it lacks none.
    pub(super) fn reads(&mut self, logical_id: &str) -> bool {
        let Some(resource) = self.stack.resource(logical_id) else { return false };
        let Some(job) = resource.job.as_ref().filter(|job| job.kind != JobKind::Delete) else {
            return false;
        };
        let Some((property, reference)) = missing(job) else { return false };
        let secure = |wanted: &Dynamic| matches!(wanted, Dynamic::Parameter { secure: true, .. });
        let wanted = match Dynamic::parse(&reference) {
            Ok(wanted) if secure(&wanted) && !takes_secure(&resource.type_name, &property) => {
                Err(secure_refused(&resource.type_name, &property))
            }
            parsed => parsed,
        };
        let (step, context) = (job.step, job.context.clone());
        match wanted {
            Err(message) => self.failed(logical_id, &message),
            Ok(wanted) => {
                let (service, operation, input) = wanted.call();
                let ticket = self.desk.ticket(self.place(logical_id));
                self.cx.call(ticket, service, operation, input);
                let resource = self.stack.resource_quietly(logical_id);
                if let Some(job) = resource.and_then(|resource| resource.job.as_mut()) {
                    job.calling = Some(Calling { ticket, step, context });
                    job.reading = Some(reference);
                }
            }
        }
        true
    }

    /// A value has come, or has not.
    pub(super) fn read(
        &mut self,
        logical_id: &str,
        reference: String,
        reply: &Result<Value, ApiError>,
    ) {
        let value = match reply {
            Ok(answer) => Dynamic::parse(&reference).and_then(|wanted| wanted.value(answer)),
            Err(refused) => {
                Err(format!("{reference} cannot be read: {} ({})", refused.message, refused.code))
            }
        };
        let resource = self.stack.resource_quietly(logical_id);
        let Some(job) = resource.and_then(|resource| resource.job.as_mut()) else { return };
        if job.cancelled {
            return self.stopped(logical_id);
        }
        match value {
            Err(message) => self.failed(logical_id, &message),
            Ok(value) => {
                job.values.insert(reference, value);
                self.go_on(logical_id);
            }
        }
    }
}

/// The properties with values in the place of references, of the kinds their type wants.
pub(super) fn filled<'j>(job: &'j Job, known: &dyn ResourceType) -> Result<Cow<'j, Value>, String> {
    if job.values.is_empty() {
        return Ok(Cow::Borrowed(&job.properties));
    }
    let properties = fill(&job.properties, job);
    coerce(&properties, known.properties()).map(Cow::Owned).map_err(|wrong| status_reason(&wrong))
}

fn fill(value: &Value, job: &Job) -> Value {
    match value {
        Value::String(text) => {
            let mut filled = String::with_capacity(text.len());
            let mut rest = text.as_str();
            while let Some(reference) = first(rest) {
                let (before, behind) = rest.split_once(reference).unwrap_or((rest, ""));
                filled.push_str(before);
                filled.push_str(job.values.get(reference).map_or(reference, String::as_str));
                rest = behind;
            }
            filled.push_str(rest);
            Value::from(filled)
        }
        Value::Array(items) => items.iter().map(|item| fill(item, job)).collect(),
        Value::Object(members) => {
            let filled = |(name, value): (&String, &Value)| (name.clone(), fill(value, job));
            Value::Object(members.iter().map(filled).collect())
        }
        other => other.clone(),
    }
}

/// The first reference without a value, and the property it is in.
fn missing(job: &Job) -> Option<(String, String)> {
    let properties = job.properties.as_object()?;
    properties.iter().find_map(|(name, value)| Some((name.clone(), unknown(value, job)?)))
}

fn unknown(value: &Value, job: &Job) -> Option<String> {
    match value {
        Value::String(text) => {
            let mut rest = text.as_str();
            while let Some(reference) = first(rest) {
                if !job.values.contains_key(reference) {
                    return Some(reference.to_owned());
                }
                rest = rest.split_once(reference).map_or("", |(_, behind)| behind);
            }
            None
        }
        Value::Array(items) => items.iter().find_map(|item| unknown(item, job)),
        Value::Object(members) => members.values().find_map(|member| unknown(member, job)),
        _ => None,
    }
}
