//! A resource as CloudFormation drives it, step by step.

use standin_kernel::resource::{Job, Progress, ResourceType};
use standin_kernel::{Service, Value, json};

use super::Bench;
use crate::Ecs;

pub(super) fn the_type(name: &str) -> &'static dyn ResourceType {
    let types = Ecs::new().resource_types();
    *types.iter().find(|known| known.type_name() == name).unwrap()
}

/// What a resource is to the one who creates it.
pub(super) struct Stack {
    pub(super) kind: &'static dyn ResourceType,
    pub(super) properties: Value,
    pub(super) previous: Option<Value>,
    pub(super) hint: Value,
    pub(super) physical_id: Option<String>,
}

type Outcome = Result<(String, Value), String>;

impl Stack {
    pub(super) fn new(name: &str, properties: Value) -> Self {
        let kind = the_type(name);
        Self { kind, properties, previous: None, hint: Value::Null, physical_id: None }
    }

    /// Goes through all steps, as long as they take; gives physical id and attributes, or why it
    /// failed.
    fn run(
        &mut self,
        bench: &mut Bench,
        act: fn(&dyn ResourceType, &Job<'_>) -> Progress,
    ) -> Outcome {
        let (mut step, mut context, mut reply) = (0, Value::Null, None);
        for _ in 0..20_000 {
            let job = Job {
                stack_name: "Stack",
                stack_id: "arn:aws:cloudformation:x",
                logical_id: "Thing",
                generated_name: "Stack-Thing-1AB2C3D4E5F6G",
                region: &bench.env.region.clone(),
                account: &bench.env.account.clone(),
                properties: &self.properties,
                previous: self.previous.as_ref(),
                hint: &self.hint,
                keeps_snapshot: false,
                base_directory: "/stacks",
                physical_id: self.physical_id.as_deref(),
                step,
                context: &context,
                reply: reply.as_ref(),
            };
            match act(self.kind, &job) {
                Progress::Call { operation, input, step: next, context: kept, .. } => {
                    reply = Some(bench.call(operation, &input));
                    (step, context) = (next, kept);
                }
                Progress::Wait { after, step: next, context: kept, physical_id: learnt } => {
                    self.physical_id = self.physical_id.take().or(learnt);
                    bench.run(after.as_secs());
                    reply = None;
                    (step, context) = (next, kept);
                }
                Progress::Done { physical_id, attributes } => {
                    self.physical_id = Some(physical_id.clone());
                    return Ok((physical_id, json!(attributes)));
                }
                Progress::Failed { message } => return Err(message),
            }
        }
        panic!("it never ends");
    }

    pub(super) fn create(&mut self, bench: &mut Bench) -> Outcome {
        self.run(bench, |kind, job| kind.create(job))
    }

    /// Updates to other properties, and keeps them if that succeeds.
    pub(super) fn update(&mut self, bench: &mut Bench, properties: Value) -> Outcome {
        self.previous = Some(std::mem::replace(&mut self.properties, properties));
        self.run(bench, |kind, job| kind.update(job))
    }

    pub(super) fn delete(&mut self, bench: &mut Bench) -> Outcome {
        self.previous = None;
        self.run(bench, |kind, job| kind.delete(job))
    }
}
