//! The stack machine: an operation of a stack as phases of resources that take their turns.
//!
//! An operation goes through phases ([`Phase`]): `make` brings resources to what the template says,
//! `revert` puts them back, `sweep` deletes. Within a phase every resource takes a turn once those
//! it waits for are done; `job` is what a resource type does in a turn; `outcome` is what follows
//! when a phase has nothing left to do. `change`, `known` and `tags` are what `make` asks;
//! `preview` foretells what `make` would do, for the change sets of `review`. `begin` is where an
//! operation starts; `nested` is what stacks in stacks wait for,
//! `read` what dynamic references stand for, `watch` the alarms that roll an operation back.

mod begin;
pub(crate) mod change;
mod job;
pub(crate) mod known;
pub(crate) mod make;
mod nested;
mod outcome;
pub(crate) mod preview;
mod read;
mod revert;
pub(crate) mod review;
mod sweep;
mod tags;
pub(crate) mod watch;

use std::collections::BTreeMap;

use standin_kernel::resource::ResourceType;
use standin_kernel::{Cx, Timers};

use crate::state::{Stack, Turn};
use crate::status::Phase;

/// What all stacks share: types, timers, and who waits for which reply. Only lives.
#[derive(Clone, Debug, Default)]
pub(crate) struct Desk {
    pub(crate) list: Vec<&'static dyn ResourceType>,
    types: BTreeMap<&'static str, &'static dyn ResourceType>,
    pub(crate) timers: Timers<Timer>,
    tickets: BTreeMap<u64, Place>,
    next_ticket: u64,
    /// Looks at rollback triggers under way: whose.
    looks: BTreeMap<u64, String>,
}

/// A stack's id and a logical id in it.
pub(crate) type Place = (String, String);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// A job goes on.
    Job(Place),
    /// A deletion is tried again.
    Sweep(Place),
    /// TimeoutInMinutes of a stack being created.
    Timeout(String),
    /// An operation goes on after a restart.
    Resume(String),
    /// The rollback triggers are looked at.
    Look(String),
    /// The monitoring time is over.
    Watched(String),
    /// A change set, by its ARN, is worked out further.
    ChangeSet(Place),
}

impl Desk {
    pub(crate) fn new(list: Vec<&'static dyn ResourceType>) -> Self {
        let types = list.iter().map(|known| (known.type_name(), *known)).collect();
        Self { list, types, ..Self::default() }
    }

    pub(crate) fn resource_type(&self, name: &str) -> Option<&'static dyn ResourceType> {
        self.types.get(name).copied()
    }

    fn ticket(&mut self, place: Place) -> u64 {
        self.next_ticket += 1;
        self.tickets.insert(self.next_ticket, place);
        self.next_ticket
    }

    fn look_ticket(&mut self, stack_id: &str) -> u64 {
        self.next_ticket += 1;
        self.looks.insert(self.next_ticket, stack_id.to_owned());
        self.next_ticket
    }

    /// The stack whose rollback triggers a reply is about.
    pub(crate) fn looked(&mut self, ticket: u64) -> Option<String> {
        self.looks.remove(&ticket)
    }

    /// For a call whose answer nobody waits for.
    fn nobodys_ticket(&mut self) -> u64 {
        self.next_ticket += 1;
        self.next_ticket
    }

    pub(crate) fn redeem(&mut self, ticket: u64) -> Option<Place> {
        self.tickets.remove(&ticket)
    }
}

/// One stack at work.
#[derive(Debug)]
pub(crate) struct Run<'a, 'cx> {
    pub(crate) cx: &'a mut Cx<'cx>,
    pub(crate) desk: &'a mut Desk,
    pub(crate) stack: &'a mut Stack,
    /// All stacks but this one.
    pub(crate) others: &'a BTreeMap<String, Stack>,
}

impl Run<'_, '_> {
    /// Lets every resource begin that can, and goes on to the next phase when none is left.
    pub(crate) fn advance(&mut self) {
        while let Some(phase) = self.stack.status().phase() {
            if self.stack.facts.held {
                return;
            }
            let began = match phase {
                Phase::Make => self.begin_makes(),
                Phase::Revert => self.begin_reverts(),
                Phase::Sweep => self.begin_sweeps(),
            };
            // What began may be done already, and others may have waited for it.
            if began {
                continue;
            }
            if self.stack.any(Turn::Running) {
                return;
            }
            if self.waits_for_children() {
                return;
            }
            if phase == Phase::Make && self.watches_on() {
                return;
            }
            match phase {
                Phase::Make => self.made(),
                Phase::Revert => self.reverted(),
                Phase::Sweep => self.swept(),
            }
        }
    }

    fn place(&self, logical_id: &str) -> Place {
        (self.stack.facts.id.clone(), logical_id.to_owned())
    }

    /// Gives a resource its turn.
    fn turn(&mut self, logical_id: &str, turn: Turn) {
        if let Some(resource) = self.stack.resource_mut(logical_id) {
            resource.turn = turn;
        }
    }
}
