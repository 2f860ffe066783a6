//! ECS on Fargate: clusters, task definitions, services that keep their desired count, tasks.
//!
//! [`state`] is what the control side keeps. `api/` holds the operations, `resources/` the
//! CloudFormation types. [`config`] is what both say to the running side in `data/`: the scheduler
//! with its services, deployments and tasks.

mod api;
mod config;
mod data;
mod error;
mod resources;
mod state;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use standin_kernel::control::Record;
use standin_kernel::resource::ResourceType;
use standin_kernel::workload::{Usage, WorkloadEvent, WorkloadId};
use standin_kernel::{ApiError, Cx, Deadline, Service, ServiceName, Time, Value};

use crate::api::Size;
use crate::data::Scheduler;
use crate::data::usage::{Meters, Whose};
use crate::state::State;

/// All clusters of the account.
#[derive(Clone, Debug, Default)]
pub struct Ecs {
    state: State,
    scheduler: Scheduler,
    meters: Meters,
}

/// A task by its address: its ARN, and that of its service.
#[derive(Clone, Copy, Debug)]
pub struct TaskAt<'a> {
    pub arn: &'a str,
    pub service_arn: Option<&'a str>,
}

impl Ecs {
    pub fn new() -> Self {
        Self::default()
    }

    /// The ARNs of the living tasks.
    pub fn tasks(&self) -> impl Iterator<Item = &str> {
        self.scheduler.living_tasks()
    }

    /// The living task that has an address.
    pub fn task_at(&self, address: IpAddr) -> Option<TaskAt<'_>> {
        self.scheduler.task_at(address)
    }

    /// When the deployment began that a living task belongs to.
    pub fn deployed_at(&self, task_arn: &str) -> Option<Time> {
        self.scheduler.deployed_at(task_arn)
    }

    /// The living task of a container.
    pub fn task_of(&self, workload: WorkloadId) -> Option<&str> {
        self.scheduler.task_of(workload)
    }

    /// The subnet in which a living task has its network interface.
    pub fn subnet_of(&self, task_arn: &str) -> Option<String> {
        let task = self.scheduler.task(task_arn)?;
        api::subnet_of(self, &task).map(str::to_owned)
    }

    /// The living tasks of a service, oldest first: ARN and address.
    pub fn tasks_of(&self, service_arn: &str) -> Vec<(String, Ipv4Addr)> {
        self.scheduler.tasks_of(service_arn)
    }

    /// The address of a living task.
    pub fn task_address(&self, task_arn: &str) -> Option<Ipv4Addr> {
        self.scheduler.task_address(task_arn)
    }

    /// The ARN of a task that is named by id or ARN.
    pub fn task_arn(&self, id_or_arn: &str) -> Option<String> {
        self.scheduler.task_arn(id_or_arn)
    }

    /// The containers that run for a service or a task.
    pub fn running_workloads(&self, service_or_task_arn: &str) -> Vec<WorkloadId> {
        self.scheduler.running_workloads(service_or_task_arn)
    }

    /// The process of one container of a task, if it runs or is being started.
    pub fn running_workload(&self, task_arn: &str, container: &str) -> Option<WorkloadId> {
        self.scheduler.running_workload(task_arn, container)
    }

    /// The names of the containers that the tasks of a service have, each once.
    pub fn containers_of<'a>(&'a self, service_arn: &'a str) -> Vec<&'a str> {
        self.scheduler.containers_of(service_arn)
    }

    /// A container was measured; only tasks of services have metrics (CW-MT-11).
    fn used(&mut self, cx: &mut Cx<'_>, id: WorkloadId, usage: Usage) {
        let task = self.scheduler.task_of(id).and_then(|arn| self.scheduler.task(arn));
        let Some(task) = task else { return };
        let Some(service) = task.service_arn.as_deref() else { return };
        let definition = &task.task_definition;
        let Some(kept) = self.state.definition(&definition.family, definition.revision) else {
            return;
        };
        let name = |arn: &str| arn.rsplit('/').next().unwrap_or_default().to_owned();
        let whose = Whose {
            cluster: name(&task.cluster_arn),
            service: name(service),
            task_arn: task.arn.clone(),
        };
        let document = &kept.document;
        let size = Size::fargate(document.cpu.as_deref(), document.memory.as_deref());
        let Ok(size) = size else { return };
        self.meters.used(cx, whose, size, id, usage);
    }

    /// Forgets the settings of services and tasks that the running side does not show any more
    /// (ECS-LC-07, ECS-SV-12).
    fn forget_gone(&mut self, cx: &mut Cx<'_>) {
        let services: BTreeSet<String> = self.scheduler.services().map(str::to_owned).collect();
        let gone: Vec<String> =
            self.state.services.keys().filter(|arn| !services.contains(*arn)).cloned().collect();
        for arn in gone {
            self.state.services.remove(&arn);
            self.state.store_service(cx, &arn);
        }
        let tasks = self.state.tasks.keys();
        let gone: Vec<String> =
            tasks.filter(|arn| self.scheduler.task(arn).is_none()).cloned().collect();
        for arn in gone {
            self.state.tasks.remove(&arn);
            self.state.store_task(cx, &arn);
        }
    }
}

impl Service for Ecs {
    fn name(&self) -> ServiceName {
        ServiceName::Ecs
    }

    fn resource_types(&self) -> &'static [&'static dyn ResourceType] {
        resources::ALL
    }

    fn call(&mut self, cx: &mut Cx<'_>, operation: &str, input: &Value) -> Result<Value, ApiError> {
        api::call(self, cx, operation, input)
    }

    fn reply(&mut self, cx: &mut Cx<'_>, ticket: u64, reply: Result<Value, ApiError>) {
        self.scheduler.reply(cx, ticket, reply);
    }

    fn workload(&mut self, cx: &mut Cx<'_>, id: WorkloadId, event: WorkloadEvent) {
        match event {
            WorkloadEvent::Used(usage) => self.used(cx, id, usage),
            event => self.scheduler.workload(cx, id, event),
        }
    }

    fn deadline(&self) -> Option<Deadline> {
        Deadline::earliest(self.scheduler.deadline(), self.meters.deadline())
    }

    fn on_deadline(&mut self, cx: &mut Cx<'_>) {
        self.scheduler.on_deadline(cx);
        self.meters.tell(cx);
    }

    fn restore(&mut self, record: &Record) -> Result<(), String> {
        if self.state.restore(record)? || self.scheduler.restore(record)? {
            return Ok(());
        }
        Err(format!("a record of unknown kind {}", record.kind))
    }

    fn restored(&mut self, cx: &mut Cx<'_>) {
        self.scheduler.restored(cx);
    }
}
