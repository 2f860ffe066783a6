//! RDS: database instances, their parameter groups, and what waits for a reboot.
//!
//! [`state`] is what is kept. `api/` holds the operations, `resources/` the CloudFormation types.
//! `data/` decides what happens over time: `lifecycle` (start, stop, restart, recover), `change`
//! (what a modification does and when), `window`, `event`, `fault`. `family` knows the engines and
//! their versions, `parameter/` their parameters: `table`, `formula`, `class`. The server itself is
//! the driver's: a real one on the machine, a model in the simulator.

mod api;
mod data;
mod error;
mod family;
mod parameter;
mod resources;
mod state;
#[cfg(test)]
mod tests;

use std::net::Ipv4Addr;

use standin_kernel::control::Record;
use standin_kernel::resource::ResourceType;
use standin_kernel::workload::{WorkloadEvent, WorkloadId};
use standin_kernel::{ApiError, Cx, Deadline, Env, Service, ServiceName, Value};

pub use crate::data::fault::Broken;
use crate::data::lifecycle::Live;
use crate::data::usage::Meters;
use crate::state::State;

/// All databases of the account.
#[derive(Clone, Debug, Default)]
pub struct Rds {
    state: State,
    live: Live,
    meters: Meters,
    /// Replies that are waited for: the instance whose managed secret is being made.
    secrets: std::collections::BTreeMap<u64, String>,
}

impl Rds {
    pub fn new() -> Self {
        Self::default()
    }

    /// The endpoints clients connect to, each with the address it stands for.
    pub fn endpoints(&self, env: &Env) -> impl Iterator<Item = (String, Ipv4Addr)> {
        self.state.instances.values().map(|one| (one.endpoint(env), one.address))
    }
}

impl Service for Rds {
    fn name(&self) -> ServiceName {
        ServiceName::Rds
    }

    fn resource_types(&self) -> &'static [&'static dyn ResourceType] {
        resources::ALL
    }

    fn call(&mut self, cx: &mut Cx<'_>, operation: &str, input: &Value) -> Result<Value, ApiError> {
        api::call(self, cx, operation, input)
    }

    fn reply(&mut self, cx: &mut Cx<'_>, ticket: u64, reply: Result<Value, ApiError>) {
        api::secret_made(self, cx, ticket, reply);
    }

    fn workload(&mut self, cx: &mut Cx<'_>, id: WorkloadId, event: WorkloadEvent) {
        match event {
            WorkloadEvent::Used(usage) => self.used(cx, id, usage),
            event => self.happened_to(cx, id, event),
        }
    }

    fn deadline(&self) -> Option<Deadline> {
        Deadline::earliest(self.live.timers.deadline(), self.meters.deadline())
    }

    fn on_deadline(&mut self, cx: &mut Cx<'_>) {
        self.timers_fire(cx);
        self.meters.tell(cx);
    }

    fn restore(&mut self, record: &Record) -> Result<(), String> {
        self.state.restore(record)
    }

    fn restored(&mut self, cx: &mut Cx<'_>) {
        self.resume(cx);
    }
}
