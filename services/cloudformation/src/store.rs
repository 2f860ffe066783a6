//! What is kept across restarts and how it comes back: a stack's own record, its templates, one
//! record for each resource, each event and each change set.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use standin_kernel::{Cx, Duration, Record, Value};

use crate::change_set::{ChangeSet, ChangeSetFacts, ChangeSetStatus};
use crate::event::Event;
use crate::machine::{Run, Timer};
use crate::revision::{Revision, Source};
use crate::state::{Facts, Resource, Stack, Turn};
use crate::status::StackStatus;

const STACK: &str = "stack";
const TEMPLATES: &str = "templates";
const RESOURCE: &str = "resource";
const EVENT: &str = "event";
const CHANGE_SET: &str = "change-set";

/// Between a stack's ARN and what is within it; no ARN of a stack has it.
const WITHIN: char = '|';

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Templates {
    current: Source,
    stable: Option<Source>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredChangeSet {
    facts: ChangeSetFacts,
    source: Source,
}

/// Stores what changed.
pub(crate) fn flush(cx: &mut Cx<'_>, stack: &mut Stack) {
    let dirty = std::mem::take(&mut stack.dirty);
    let id = stack.facts.id.as_str();
    if dirty.facts {
        cx.store(STACK, id, document(&stack.facts));
    }
    if dirty.revisions {
        let current = stack.revision.source.clone();
        let stable = stack.stable.as_ref().map(|stable| stable.source.clone());
        cx.store(TEMPLATES, id, document(&Templates { current, stable }));
    }
    for logical_id in &dirty.resources {
        let resource = stack.resource(logical_id);
        cx.store(RESOURCE, &within(id, logical_id), resource.and_then(document));
    }
    let oldest = stack.events.front().map_or(0, |event| event.sequence);
    for sequence in dirty.events {
        let at = sequence.checked_sub(oldest).and_then(|at| usize::try_from(at).ok());
        let event = at.and_then(|at| stack.events.get(at));
        cx.store(EVENT, &numbered(id, sequence), event.and_then(document));
    }
    for sequence in dirty.forgotten_events {
        cx.store(EVENT, &numbered(id, sequence), None);
    }
    for change_set in &dirty.change_sets {
        let stored = stack.change_sets().get(change_set).map(|one| StoredChangeSet {
            facts: one.facts.clone(),
            source: one.revision.source.clone(),
        });
        cx.store(CHANGE_SET, &within(id, change_set), stored.as_ref().and_then(document));
    }
}

/// Forgets a stack and all that belongs to it.
pub(crate) fn forget(cx: &mut Cx<'_>, stack: &Stack) {
    let id = stack.facts.id.as_str();
    cx.store(STACK, id, None);
    cx.store(TEMPLATES, id, None);
    for logical_id in stack.resources().keys() {
        cx.store(RESOURCE, &within(id, logical_id), None);
    }
    for event in &stack.events {
        cx.store(EVENT, &numbered(id, event.sequence), None);
    }
    for change_set in stack.change_sets().keys() {
        cx.store(CHANGE_SET, &within(id, change_set), None);
    }
}

fn document<T: Serialize>(value: &T) -> Option<Value> {
    serde_json::to_value(value).ok()
}

fn within(stack_id: &str, name: &str) -> String {
    format!("{stack_id}{WITHIN}{name}")
}

fn numbered(stack_id: &str, sequence: u64) -> String {
    format!("{stack_id}{WITHIN}{sequence:010}")
}

/// Records taken back so far, until all are there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Restoring {
    facts: BTreeMap<String, Facts>,
    revisions: BTreeMap<String, (Revision, Option<Revision>)>,
    resources: BTreeMap<String, BTreeMap<String, Resource>>,
    events: BTreeMap<String, VecDeque<Event>>,
    change_sets: BTreeMap<String, BTreeMap<String, ChangeSet>>,
}

impl Restoring {
    pub(crate) fn take(&mut self, record: &Record) -> Result<(), String> {
        let Some(document) = &record.document else { return Ok(()) };
        let stack_id = record.id.split(WITHIN).next().unwrap_or_default().to_owned();
        match record.kind.as_str() {
            STACK => {
                self.facts.insert(stack_id, read(document)?);
            }
            TEMPLATES => {
                let templates: Templates = read(document)?;
                let revision = |source: Source| revision(source, &stack_id);
                let stable = templates.stable.map(revision).transpose()?;
                self.revisions.insert(stack_id.clone(), (revision(templates.current)?, stable));
            }
            RESOURCE => {
                let resource: Resource = read(document)?;
                let resources = self.resources.entry(stack_id).or_default();
                resources.insert(resource.logical_id.clone(), resource);
            }
            EVENT => self.events.entry(stack_id).or_default().push_back(read(document)?),
            CHANGE_SET => {
                let StoredChangeSet { facts, source } = read(document)?;
                let revision = revision(source, &stack_id)?;
                let change_sets = self.change_sets.entry(stack_id).or_default();
                change_sets.insert(facts.id.clone(), ChangeSet { facts, revision });
            }
            other => return Err(format!("there are no records of kind {other}")),
        }
        Ok(())
    }

    /// The stacks as they were.
    pub(crate) fn finish(self, cx: &mut Cx<'_>) -> BTreeMap<String, Stack> {
        let Self { facts, mut revisions, mut resources, mut events, mut change_sets } = self;
        let mut stacks = BTreeMap::new();
        for (id, facts) in facts {
            let Some((revision, stable)) = revisions.remove(&id) else {
                let line = format!("{}: its template was not stored; it is lost", facts.name);
                cx.log("cloudformation", line);
                continue;
            };
            let resources = resources.remove(&id).unwrap_or_default();
            let mut events = events.remove(&id).unwrap_or_default();
            events.make_contiguous().sort_by_key(|event| event.sequence);
            let change_sets = change_sets.remove(&id).unwrap_or_default();
            let stack = Stack::stored(facts, revision, stable, resources, events, change_sets);
            stacks.insert(id, stack);
        }
        stacks
    }
}

fn revision(source: Source, stack_id: &str) -> Result<Revision, String> {
    Revision::read(source, stack_id).map_err(|wrong| crate::template::api_message(&wrong))
}

fn read<T: serde::de::DeserializeOwned>(document: &Value) -> Result<T, String> {
    T::deserialize(document).map_err(|wrong| wrong.to_string())
}

impl Run<'_, '_> {
    /// Lets an operation go on that a restart interrupted.
    ///
    /// What a job did up to its last wait is stored, together with what the services stored then,
    /// so it goes on at that step, at the time it was to go on. A driver stores all that one input
    /// causes at once, and a call is answered within the input that caused it; should a driver ever
    /// store a job whose call is unanswered, the job goes on from its last wait (or from step 0,
    /// with the same generated name) and makes that call again.
    pub(crate) fn resume(&mut self) {
        let id = self.stack.facts.id.clone();
        let open = |status| {
            matches!(status, ChangeSetStatus::CreatePending | ChangeSetStatus::CreateInProgress)
        };
        let change_sets = self.stack.change_sets().values().map(|one| &one.facts);
        for facts in change_sets.filter(|facts| open(facts.status)) {
            let timer = Timer::ChangeSet((id.clone(), facts.id.clone()));
            self.desk.timers.set(timer, self.cx.now, "a change set is worked out");
        }
        if !self.stack.status().is_in_progress() {
            return;
        }
        if self.stack.status() == StackStatus::UpdateCompleteCleanupInProgress
            && !self.stack.facts.held
        {
            self.release_children();
        }
        for logical_id in self.stack.with_turn(Turn::Running) {
            let job = self.stack.resource(&logical_id).and_then(|one| one.job.as_ref());
            match job.map(|job| job.wake.max(self.cx.now)) {
                Some(wake) => {
                    let timer = Timer::Job((id.clone(), logical_id));
                    self.desk.timers.set(timer, wake, "a resource is being waited for");
                }
                // A deletion that was to be tried again.
                None => {
                    if let Some(resource) = self.stack.resource_mut(&logical_id) {
                        resource.turn = Turn::Pending;
                    }
                }
            }
        }
        self.arm_timeout();
        self.arm_watch();
        // The other services may not have taken everything back yet.
        let timer = Timer::Resume(id);
        self.desk.timers.set(timer, self.cx.now, "a stack operation goes on");
    }

    /// CFN-ST-07
    pub(crate) fn arm_timeout(&mut self) {
        let facts = &self.stack.facts;
        if facts.status == StackStatus::CreateInProgress
            && let Some(minutes) = facts.options.timeout_min
        {
            let at = facts.created + Duration::from_secs(u64::from(minutes) * 60);
            self.desk.timers.set(
                Timer::Timeout(facts.id.clone()),
                at,
                "a stack creation times out",
            );
        }
    }
}
