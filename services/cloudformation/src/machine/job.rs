//! A resource type at work: its steps, its calls and waits, and how it ends.

use std::collections::BTreeMap;

use standin_kernel::resource::{Job as TypeJob, Progress, RESERVED_TAG};
use standin_kernel::{ApiError, Duration, Value};

use crate::machine::{Run, Timer, read, tags};
use crate::state::{Calling, Garbage, Job, JobKind, Physical, Turn};
use crate::status::ResourceStatus;

/// The shortest wait: a type that waits for no time at all would never let time pass.
const WAIT_MIN: Duration = Duration::from_millis(1);

/// At AWS's pace nobody looks more often: a database is created for minutes.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// The reason of an event that tells the physical id (CFN-EV-01).
const INITIATED: &str = "Resource creation Initiated";

type Reply = Result<Value, ApiError>;

impl Run<'_, '_> {
    /// Begins a job with its first step.
    pub(super) fn begin(&mut self, logical_id: &str, job: Job) {
        let Some(resource) = self.stack.resource_mut(logical_id) else { return };
        resource.turn = Turn::Running;
        resource.job = Some(job);
        self.go_on(logical_id);
    }

    /// The job's time has come.
    pub(crate) fn go_on(&mut self, logical_id: &str) {
        let job = self.stack.resource(logical_id).and_then(|resource| resource.job.as_ref());
        let now = self.cx.now;
        if job.is_none_or(|job| job.calling.is_some() || job.wake > now) {
            return;
        }
        if self.reads(logical_id) {
            return;
        }
        let Some(job) = self.stack.resource(logical_id).and_then(|one| one.job.as_ref()) else {
            return;
        };
        let (step, context) = (job.step, job.context.clone());
        self.step(logical_id, step, &context, None);
    }

    /// The reply to the job's call has come.
    pub(crate) fn replied(&mut self, logical_id: &str, ticket: u64, reply: &Reply) {
        let resource = self.stack.resource_quietly(logical_id);
        let Some(job) = resource.and_then(|resource| resource.job.as_mut()) else { return };
        let Some(calling) = job.calling.take_if(|calling| calling.ticket == ticket) else { return };
        if let Some(reference) = job.reading.take() {
            return self.read(logical_id, reference, reply);
        }
        self.step(logical_id, calling.step, &calling.context, Some(reply));
    }

    fn step(&mut self, logical_id: &str, step: u32, context: &Value, reply: Option<&Reply>) {
        let Some(resource) = self.stack.resource(logical_id) else { return };
        let Some(job) = resource.job.as_ref() else { return };
        let Some(known) = self.desk.resource_type(&resource.type_name) else {
            let message = format!("Unrecognized resource type: {}", resource.type_name);
            self.failed(logical_id, &message);
            return;
        };
        let facts = &self.stack.facts;
        let tagged = |mut properties: Value| {
            tags::add_system(&mut properties, [&facts.name, &facts.id, logical_id], known);
            properties
        };
        let begins = job.kind != JobKind::Delete && step == 0;
        let properties = match read::filled(job, known) {
            Ok(properties) if begins && tags::writes_system_tag(&properties, known) => {
                return self.failed(logical_id, RESERVED_TAG);
            }
            Ok(properties) => tagged(properties.into_owned()),
            Err(message) => return self.failed(logical_id, &message),
        };
        let previous = job.previous.clone().map(tagged);
        let asked = TypeJob {
            stack_name: &facts.name,
            stack_id: &facts.id,
            logical_id,
            generated_name: &job.generated_name,
            region: &self.cx.env.region,
            account: &self.cx.env.account,
            properties: &properties,
            previous: previous.as_ref(),
            hint: &job.says.hint,
            keeps_snapshot: job.says.snapshot,
            base_directory: &self.stack.revision.source.base_directory,
            physical_id: job.physical_id.as_deref(),
            step,
            context,
            reply,
        };
        let progress = match job.kind {
            JobKind::Create | JobKind::Replace => known.create(&asked),
            JobKind::Update | JobKind::Revert => known.update(&asked),
            JobKind::Delete => known.delete(&asked),
        };
        match progress {
            Progress::Call { service, operation, input, step, context } => {
                let ticket = self.desk.ticket(self.place(logical_id));
                self.cx.call(ticket, service, operation, input);
                let resource = self.stack.resource_quietly(logical_id);
                if let Some(job) = resource.and_then(|resource| resource.job.as_mut()) {
                    job.calling = Some(Calling { ticket, step, context });
                }
            }
            Progress::Wait { after, step, context, physical_id } => {
                self.waits(logical_id, after, step, context, physical_id);
            }
            Progress::Done { physical_id, attributes } => {
                self.done(logical_id, physical_id, attributes);
            }
            Progress::Failed { message } => self.failed(logical_id, &message),
        }
    }

    fn waits(
        &mut self,
        logical_id: &str,
        after: Duration,
        step: u32,
        context: Value,
        physical_id: Option<String>,
    ) {
        if let Some(physical_id) = physical_id {
            self.learn(logical_id, &physical_id);
        }
        let after = self.cx.env.paced(after.max(WAIT_MIN), after.max(LOOK_AGAIN));
        let wake = self.cx.now + after;
        let resource = self.stack.resource(logical_id);
        let Some(job) = resource.and_then(|resource| resource.job.as_ref()) else { return };
        // Polling again and again for the same thing is not worth a record each time.
        let news = (job.step, &job.context) != (step, &context);
        let cancelled = job.cancelled;
        let resource = match news {
            true => self.stack.resource_mut(logical_id),
            false => self.stack.resource_quietly(logical_id),
        };
        if let Some(job) = resource.and_then(|resource| resource.job.as_mut()) {
            (job.step, job.context, job.wake) = (step, context, wake);
        }
        if cancelled {
            self.stopped(logical_id);
        } else {
            let timer = Timer::Job(self.place(logical_id));
            self.desk.timers.set(timer, wake, "a resource is being waited for");
        }
    }

    /// The physical id of a new thing is known from here on.
    fn learn(&mut self, logical_id: &str, physical_id: &str) {
        let Some(resource) = self.stack.resource_mut(logical_id) else { return };
        let Some(job) = resource.job.as_mut().filter(|job| job.physical_id.is_none()) else {
            return;
        };
        job.physical_id = Some(physical_id.to_owned());
        let status = match job.kind {
            JobKind::Create => ResourceStatus::CreateInProgress,
            JobKind::Replace => ResourceStatus::UpdateInProgress,
            _ => return,
        };
        let properties = job.properties.clone();
        resource.shown_id = Some(physical_id.to_owned());
        self.stack.set(self.cx, logical_id, status, Some(INITIATED), Some(&properties));
    }

    fn done(&mut self, logical_id: &str, physical_id: String, attributes: BTreeMap<String, Value>) {
        self.learn(logical_id, &physical_id);
        let Some(resource) = self.stack.resource_mut(logical_id) else { return };
        let Some(job) = resource.job.take() else { return };
        let Job { kind, generated_name, properties, says, .. } = job;
        if kind == JobKind::Delete {
            self.deleted(logical_id);
            return;
        }
        let physical = Physical { id: physical_id, generated_name, properties, attributes, says };
        if kind == JobKind::Replace
            && let Some(old) = resource.current.take()
            && !resource.was(&old.id)
            && old.id != physical.id
        {
            // Neither what the stack rolls back to nor what it wants: left from an earlier try.
            resource.garbage.push(Garbage { physical: old, retain: false, tries: 0 });
        }
        if kind == JobKind::Revert {
            resource.before = None;
        }
        // A service may have found what an earlier try had left.
        resource.garbage.retain(|garbage| garbage.physical.id != physical.id);
        let properties = physical.properties.clone();
        let folder = physical.says.hint["Folder"].as_str().map(str::to_owned);
        resource.shown_id = Some(physical.id.clone());
        resource.current = Some(physical);
        resource.turn = Turn::Done;
        let status = match kind {
            JobKind::Create => ResourceStatus::CreateComplete,
            _ => ResourceStatus::UpdateComplete,
        };
        let is_new = matches!(kind, JobKind::Create | JobKind::Replace);
        let from_afar = self.stack.revision.source.base_directory.is_empty();
        let unread = folder.filter(|_| is_new && from_afar).map(|folder| not_filled(&folder));
        self.stack.set(self.cx, logical_id, status, unread.as_deref(), Some(&properties));
    }

    pub(super) fn failed(&mut self, logical_id: &str, message: &str) {
        let Some(job) = self.stack.resource_mut(logical_id).and_then(|one| one.job.take()) else {
            return;
        };
        match job.kind {
            JobKind::Delete => self.not_deleted(logical_id, message),
            JobKind::Revert => {
                self.turn(logical_id, Turn::Failed);
                let status = ResourceStatus::UpdateFailed;
                self.stack.set(self.cx, logical_id, status, Some(message), Some(&job.properties));
            }
            JobKind::Create | JobKind::Replace | JobKind::Update => {
                self.leave(logical_id, job, message);
                self.one_failed();
            }
        }
    }

    /// Stops every job, at once where it waits, else as soon as its call is answered.
    pub(super) fn stop_all(&mut self) {
        for logical_id in self.stack.with_turn(Turn::Running) {
            let resource = self.stack.resource_mut(&logical_id);
            let Some(job) = resource.and_then(|resource| resource.job.as_mut()) else { continue };
            job.cancelled = true;
            if job.calling.is_none() {
                self.desk.timers.clear(&Timer::Job(self.place(&logical_id)));
                self.stopped(&logical_id);
            }
        }
    }

    /// A job was stopped before its end (CFN-EV-03, CFN-EV-04).
    pub(super) fn stopped(&mut self, logical_id: &str) {
        let Some(job) = self.stack.resource_mut(logical_id).and_then(|one| one.job.take()) else {
            return;
        };
        let reason = match job.kind {
            JobKind::Create | JobKind::Delete => "Resource creation cancelled",
            _ => "Resource update cancelled",
        };
        self.leave(logical_id, job, reason);
    }

    /// A job of `make` ended without success: what it had begun is to be deleted.
    fn leave(&mut self, logical_id: &str, job: Job, reason: &str) {
        let Some(resource) = self.stack.resource_mut(logical_id) else { return };
        resource.turn = Turn::Failed;
        let Job { kind, generated_name, properties, says, physical_id, .. } = job;
        let status = match kind {
            JobKind::Create | JobKind::Delete => ResourceStatus::CreateFailed,
            _ => ResourceStatus::UpdateFailed,
        };
        let shown = properties.clone();
        if let (JobKind::Create | JobKind::Replace, Some(id)) = (kind, physical_id) {
            let attributes = BTreeMap::new();
            let physical = Physical { id, generated_name, properties, attributes, says };
            // The old thing itself, when a service answers a second creation with the first.
            if resource.things().all(|thing| thing.id != physical.id) {
                resource.garbage.push(Garbage { physical, retain: false, tries: 0 });
            }
        }
        self.stack.set(self.cx, logical_id, status, Some(reason), Some(&shown));
    }
}

/// Why a bucket is empty that has a folder in its template: a path means something only beside a
/// file, and a template that comes in a call is none (see docs/decisions/0010).
fn not_filled(folder: &str) -> String {
    format!(
        "Created empty: Metadata: Standin: Folder ({folder}) is relative to the file that standin \
         up reads, and this template came in a call. Use aws s3 sync, as on AWS."
    )
}
