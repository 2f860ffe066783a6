//! What CloudFormation knows of a stack: its template, its resources with what they are and were,
//! its events. Everything here is stored; what only lives is marked so.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};
use standin_kernel::{Time, Value};

use crate::change_set::ChangeSet;
use crate::event::Event;
use crate::machine::watch::{RollbackConfiguration, Watch};
use crate::revision::Revision;
use crate::stack_policy::PolicyText;
use crate::status::{ResourceStatus, StackStatus};
use crate::template::OutputValue;

/// A stack: one record of its own, one for its templates, one for each resource and each event.
#[derive(Clone, Debug)]
pub(crate) struct Stack {
    pub(crate) facts: Facts,
    /// What the stack is, or is being brought to. Of a stack under review, that of its first
    /// change set, which nobody is shown.
    pub(crate) revision: Revision,
    /// What it was when it last rested well; what an update rolls back to.
    pub(crate) stable: Option<Revision>,
    resources: BTreeMap<String, Resource>,
    /// Oldest first.
    pub(crate) events: VecDeque<Event>,
    /// By ARN.
    change_sets: BTreeMap<String, ChangeSet>,
    pub(crate) dirty: Dirty,
}

/// What must be stored again. Only lives.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dirty {
    pub(crate) facts: bool,
    pub(crate) revisions: bool,
    pub(crate) resources: BTreeSet<String>,
    /// Sequence numbers of events that are new, and of those forgotten.
    pub(crate) events: Vec<u64>,
    pub(crate) forgotten_events: Vec<u64>,
    pub(crate) change_sets: BTreeSet<String>,
}

/// A stack's own record.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Facts {
    /// The ARN.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) created: Time,
    pub(crate) updated: Option<Time>,
    pub(crate) deleted: Option<Time>,
    pub(crate) status: StackStatus,
    pub(crate) reason: Option<String>,
    pub(crate) outputs: Vec<Output>,
    /// Exports of other stacks that the outputs use.
    pub(crate) imports: BTreeSet<String>,
    pub(crate) options: Options,
    /// Why the operation under way is going to fail, once nothing runs any more.
    pub(crate) failure: Option<Failure>,
    /// What the operation's caller said to recognise it by.
    pub(crate) token: Option<String>,
    pub(crate) termination_protection: bool,
    /// The stack that nests this one.
    #[serde(default)]
    pub(crate) parent: Option<Parent>,
    /// A nested stack whose update succeeded waits for its parent's before it deletes what is old
    /// (CFN-NS-02).
    #[serde(default)]
    pub(crate) held: bool,
    /// CFN-ST-19
    #[serde(default)]
    pub(crate) rollback: RollbackConfiguration,
    /// Over the operation under way, while it makes things.
    #[serde(default)]
    pub(crate) watch: Option<Watch>,
    /// CFN-ST-18
    #[serde(default)]
    pub(crate) role_arn: Option<String>,
    #[serde(default)]
    pub(crate) policy: Option<PolicyText>,
    /// In the place of `policy`, for the update under way.
    #[serde(default)]
    pub(crate) policy_during_update: Option<PolicyText>,
    /// Events so far, and names generated so far: the next sequence numbers.
    pub(crate) event_count: u64,
    pub(crate) name_count: u64,
}

/// Where a nested stack belongs; ARNs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parent {
    pub(crate) stack_id: String,
    pub(crate) root_id: String,
    pub(crate) logical_id: String,
}

/// How an operation of a stack is to behave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Options {
    pub(crate) on_failure: OnFailure,
    pub(crate) timeout_min: Option<u32>,
    /// New resources are deleted by a rollback, whatever their DeletionPolicy.
    pub(crate) retain_except_on_create: bool,
    /// FORCE_DELETE_STACK: what cannot be deleted is left behind (CFN-ST-10).
    pub(crate) force_delete: bool,
}

/// CFN-ST-06, CFN-ST-07
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum OnFailure {
    #[default]
    Rollback,
    DoNothing,
    Delete,
}

/// Why an operation fails, apart from resources that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Failure {
    /// One or more resources failed, the others were stopped.
    Resources,
    /// TimeoutInMinutes is over.
    Timeout,
    /// CancelUpdateStack.
    Cancelled,
    /// DeleteStack while the stack was being created.
    Deleted,
    /// What AWS says of outputs, exports and imports.
    Says(String),
    /// No failure of the operation: something old could not be deleted and was left behind
    /// (CFN-ST-20).
    Leftovers,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Output {
    pub(crate) name: String,
    /// A string.
    pub(crate) value: Value,
    pub(crate) description: Option<String>,
    pub(crate) export_name: Option<String>,
}

impl From<OutputValue> for Output {
    fn from(output: OutputValue) -> Self {
        let OutputValue { name, value, description, export_name } = output;
        Self { name, value: Value::from(value), description, export_name }
    }
}

/// A resource of a stack: what is there, what was there, what is to go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Resource {
    pub(crate) logical_id: String,
    pub(crate) type_name: String,
    /// The place in the template, for a pleasant order.
    pub(crate) order: usize,
    /// `None`: nothing was begun, and nobody is shown the resource.
    pub(crate) status: Option<ResourceStatus>,
    pub(crate) reason: Option<String>,
    pub(crate) changed: Time,
    /// The physical id to show; stays after deletion.
    pub(crate) shown_id: Option<String>,
    pub(crate) current: Option<Physical>,
    /// What the operation under way found, once it touches the resource.
    pub(crate) before: Option<Before>,
    /// To be deleted, last one first.
    pub(crate) garbage: Vec<Garbage>,
    pub(crate) turn: Turn,
    pub(crate) job: Option<Job>,
}

/// A thing that exists in a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Physical {
    /// What `Ref` gives.
    pub(crate) id: String,
    pub(crate) generated_name: String,
    pub(crate) properties: Value,
    pub(crate) attributes: BTreeMap<String, Value>,
    pub(crate) says: Says,
}

/// What the template says about a resource beside its properties.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Says {
    /// `Metadata: Standin:`, resolved.
    pub(crate) hint: Value,
    pub(crate) metadata: Value,
    /// Logical ids that had to be there before.
    pub(crate) depends_on: Vec<String>,
    /// Exports of other stacks that the properties use.
    pub(crate) imports: BTreeSet<String>,
    pub(crate) deletion: Policy,
    /// Whether a snapshot is kept when it is deleted.
    #[serde(default)]
    pub(crate) snapshot: bool,
    /// Whether the thing stays when it is replaced (CFN-AT-04).
    pub(crate) retain_when_replaced: bool,
    /// Whether a snapshot is kept of it then.
    #[serde(default)]
    pub(crate) snapshot_when_replaced: bool,
}

/// DeletionPolicy as far as it is carried out; Snapshot is refused before anything is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Policy {
    #[default]
    Delete,
    Retain,
    RetainExceptOnCreate,
}

/// What a resource was before the operation under way (or before a row of failed ones).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Before {
    /// `None`: it was not there.
    pub(crate) physical: Option<Physical>,
    /// Properties an update in place has tried to give it since, whether it succeeded or not.
    pub(crate) applied: Option<Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Garbage {
    pub(crate) physical: Physical,
    /// Leave it where it is and say so.
    pub(crate) retain: bool,
    pub(crate) tries: u32,
}

/// Where a resource stands in the phase under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Turn {
    /// It has nothing to do in this phase.
    #[default]
    Idle,
    Pending,
    Running,
    Done,
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum JobKind {
    Create,
    /// A new thing in the place of an old one.
    Replace,
    Update,
    /// Puts back what an update changed.
    Revert,
    Delete,
}

/// A resource type at work on a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Job {
    pub(crate) kind: JobKind,
    pub(crate) generated_name: String,
    pub(crate) properties: Value,
    pub(crate) previous: Option<Value>,
    pub(crate) says: Says,
    /// Once known.
    pub(crate) physical_id: Option<String>,
    /// Where the job goes on when its time comes, and after a restart.
    pub(crate) step: u32,
    pub(crate) context: Value,
    pub(crate) wake: Time,
    /// To be stopped where that leaves nothing unknown behind.
    pub(crate) cancelled: bool,
    /// The call whose reply the job waits for. Only lives: see `store::resume`.
    #[serde(skip)]
    pub(crate) calling: Option<Calling>,
    /// What the dynamic references in its properties stand for, and the one being read. Only
    /// lives: values may be secrets.
    #[serde(skip)]
    pub(crate) values: BTreeMap<String, String>,
    #[serde(skip)]
    pub(crate) reading: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Calling {
    pub(crate) ticket: u64,
    pub(crate) step: u32,
    pub(crate) context: Value,
}

impl Facts {
    pub(crate) fn new(id: &str, name: &str, created: Time, status: StackStatus) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            created,
            updated: None,
            deleted: None,
            status,
            reason: None,
            outputs: Vec::new(),
            imports: BTreeSet::new(),
            options: Options::default(),
            failure: None,
            token: None,
            termination_protection: false,
            parent: None,
            held: false,
            rollback: RollbackConfiguration::default(),
            watch: None,
            role_arn: None,
            policy: None,
            policy_during_update: None,
            event_count: 0,
            name_count: 0,
        }
    }
}

impl Stack {
    pub(crate) fn new(facts: Facts, revision: Revision) -> Self {
        let dirty = Dirty { facts: true, revisions: true, ..Dirty::default() };
        Self {
            facts,
            revision,
            stable: None,
            resources: BTreeMap::new(),
            events: VecDeque::new(),
            change_sets: BTreeMap::new(),
            dirty,
        }
    }

    /// A stack as it was stored.
    pub(crate) fn stored(
        facts: Facts,
        revision: Revision,
        stable: Option<Revision>,
        resources: BTreeMap<String, Resource>,
        events: VecDeque<Event>,
        change_sets: BTreeMap<String, ChangeSet>,
    ) -> Self {
        let dirty = Dirty::default();
        Self { facts, revision, stable, resources, events, change_sets, dirty }
    }

    pub(crate) const fn status(&self) -> StackStatus {
        self.facts.status
    }

    /// Whether its name is still taken.
    pub(crate) fn is_live(&self) -> bool {
        self.facts.status != StackStatus::DeleteComplete
    }

    pub(crate) fn facts_mut(&mut self) -> &mut Facts {
        self.dirty.facts = true;
        &mut self.facts
    }

    pub(crate) const fn resources(&self) -> &BTreeMap<String, Resource> {
        &self.resources
    }

    pub(crate) fn resource(&self, logical_id: &str) -> Option<&Resource> {
        self.resources.get(logical_id)
    }

    /// The resource, to be changed and stored again.
    pub(crate) fn resource_mut(&mut self, logical_id: &str) -> Option<&mut Resource> {
        let resource = self.resources.get_mut(logical_id)?;
        self.dirty.resources.insert(logical_id.to_owned());
        Some(resource)
    }

    /// The resource, for a change that is not worth storing.
    pub(crate) fn resource_quietly(&mut self, logical_id: &str) -> Option<&mut Resource> {
        self.resources.get_mut(logical_id)
    }

    pub(crate) fn insert(&mut self, resource: Resource) {
        self.dirty.resources.insert(resource.logical_id.clone());
        self.resources.insert(resource.logical_id.clone(), resource);
    }

    pub(crate) fn remove(&mut self, logical_id: &str) {
        if self.resources.remove(logical_id).is_some() {
            self.dirty.resources.insert(logical_id.to_owned());
        }
    }

    pub(crate) const fn change_sets(&self) -> &BTreeMap<String, ChangeSet> {
        &self.change_sets
    }

    pub(crate) fn change_set_mut(&mut self, id: &str) -> Option<&mut ChangeSet> {
        let change_set = self.change_sets.get_mut(id)?;
        self.dirty.change_sets.insert(id.to_owned());
        Some(change_set)
    }

    pub(crate) fn insert_change_set(&mut self, change_set: ChangeSet) {
        let id = change_set.facts.id.clone();
        self.dirty.change_sets.insert(id.clone());
        self.change_sets.insert(id, change_set);
    }

    /// Forgets the change sets but one (CFN-CS-05).
    pub(crate) fn keep_change_set(&mut self, kept: Option<&str>) {
        let dirty = &mut self.dirty.change_sets;
        self.change_sets.retain(|id, _| {
            let stays = Some(id.as_str()) == kept;
            if !stays {
                dirty.insert(id.clone());
            }
            stays
        });
    }

    pub(crate) fn remove_change_set(&mut self, id: &str) {
        if self.change_sets.remove(id).is_some() {
            self.dirty.change_sets.insert(id.to_owned());
        }
    }

    /// Logical ids in the template's order.
    pub(crate) fn in_order(&self) -> Vec<String> {
        let mut all: Vec<&Resource> = self.resources.values().collect();
        all.sort_by_key(|resource| resource.order);
        all.into_iter().map(|resource| resource.logical_id.clone()).collect()
    }

    /// Logical ids of those whose turn is `turn`, in the template's order.
    pub(crate) fn with_turn(&self, turn: Turn) -> Vec<String> {
        let mut ids = self.in_order();
        ids.retain(|id| self.resources.get(id).is_some_and(|resource| resource.turn == turn));
        ids
    }

    pub(crate) fn any(&self, turn: Turn) -> bool {
        self.resources.values().any(|resource| resource.turn == turn)
    }

    /// Names of other stacks' exports that this stack uses.
    pub(crate) fn imports(&self) -> BTreeSet<&str> {
        let things = self.resources.values().flat_map(Resource::things);
        let used = things.flat_map(|thing| &thing.says.imports);
        used.chain(&self.facts.imports).map(String::as_str).collect()
    }

    /// The stack's exports, by name.
    pub(crate) fn exports(&self) -> impl Iterator<Item = (&str, &Value)> {
        let outputs = self.is_live().then_some(&self.facts.outputs).into_iter().flatten();
        outputs.filter_map(|output| Some((output.export_name.as_deref()?, &output.value)))
    }
}

impl Resource {
    pub(crate) fn new(logical_id: &str, type_name: &str, order: usize, now: Time) -> Self {
        Self {
            logical_id: logical_id.to_owned(),
            type_name: type_name.to_owned(),
            order,
            status: None,
            reason: None,
            changed: now,
            shown_id: None,
            current: None,
            before: None,
            garbage: Vec::new(),
            turn: Turn::Idle,
            job: None,
        }
    }

    /// Everything that exists of it.
    pub(crate) fn things(&self) -> impl Iterator<Item = &Physical> {
        let before = self.before.as_ref().and_then(|before| before.physical.as_ref());
        let garbage = self.garbage.iter().map(|garbage| &garbage.physical);
        self.current.iter().chain(before).chain(garbage)
    }

    /// Whether nothing is left of it and nothing failed.
    pub(crate) fn is_gone(&self) -> bool {
        self.things().next().is_none() && self.job.is_none()
    }

    /// Remembers what it is now, unless that is remembered from an earlier try.
    pub(crate) fn remember(&mut self) -> &mut Before {
        let current = &self.current;
        self.before.get_or_insert_with(|| Before { physical: current.clone(), applied: None })
    }

    /// Whether `id` is the thing that was there before the operation under way.
    pub(crate) fn was(&self, id: &str) -> bool {
        let before = self.before.as_ref().and_then(|before| before.physical.as_ref());
        before.is_some_and(|before| before.id == id)
    }

    /// Gives up what it has now: it is to be deleted, or left where it is.
    pub(crate) fn discard(&mut self, retain: bool) {
        if let Some(physical) = self.current.take() {
            self.give_up(physical, retain);
        }
    }

    pub(crate) fn give_up(&mut self, physical: Physical, retain: bool) {
        self.garbage.push(Garbage { physical, retain, tries: 0 });
    }
}
