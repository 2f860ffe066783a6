//! What all tasks and services share: timers, calls under way, and who owns which container.

use std::collections::BTreeMap;

use standin_kernel::workload::WorkloadId;
use standin_kernel::{Cx, ServiceName, Time, Timers, Value};

use super::address::Addresses;
use super::numbers::Numbers;

/// What is due, by whose it is: the ARN of the task or service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    Task(String, TaskTimer),
    Service(String, ServiceTimer),
    /// The targets of the run before are to be taken out.
    Restarted,
}

/// Containers are named by their place in the task definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TaskTimer {
    /// The network interface is there.
    Provisioned,
    /// There is a place for it.
    Placed,
    /// The images are there.
    Pulled,
    StartTimeout(usize),
    HealthCheck(usize),
    /// SIGTERM was not enough.
    Kill(usize),
    RegisterAgain,
    /// It has run long enough to count as healthy, having no check.
    Matured,
    GraceOver,
    Deprovisioned,
    Forget,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ServiceTimer {
    Reconcile,
    PollTargets,
    /// The alarms of the newest deployment.
    LookAtAlarms,
    StillSteady,
    Forget,
}

/// A call to another service under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Register {
        task: String,
        target: usize,
    },
    Deregister {
        task: String,
        target: usize,
    },
    TargetHealth {
        service: String,
        group: String,
    },
    LogGroup {
        task: String,
        group: String,
    },
    /// The value of a secret variable.
    Secret {
        task: String,
        at: SecretAt,
    },
    /// The states of a deployment's alarms.
    Alarms {
        service: String,
        deployment: String,
    },
    /// Nobody waits for the reply.
    Unattended,
}

/// A secret variable of a task: its container and its place among that one's secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SecretAt {
    pub(crate) container: usize,
    pub(crate) secret: usize,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Desk {
    pub(crate) timers: Timers<Timer>,
    pub(crate) numbers: Numbers,
    pub(crate) addresses: Addresses,
    workloads: BTreeMap<WorkloadId, (String, usize)>,
    calls: BTreeMap<u64, Call>,
    ticket: u64,
}

impl Desk {
    /// A new container run, owned by the task's container at this place.
    pub(crate) fn new_workload(
        &mut self,
        cx: &mut Cx<'_>,
        task: &str,
        container: usize,
    ) -> WorkloadId {
        let id = WorkloadId(self.numbers.workload(cx));
        self.workloads.insert(id, (task.to_owned(), container));
        id
    }

    pub(crate) fn owner(&self, workload: WorkloadId) -> Option<&(String, usize)> {
        self.workloads.get(&workload)
    }

    pub(crate) fn workload_ended(&mut self, workload: WorkloadId) {
        self.workloads.remove(&workload);
    }

    pub(crate) fn new_ticket(&mut self) -> u64 {
        self.ticket += 1;
        self.ticket
    }

    /// Calls an operation; those of the platform name their service (`logs:`), the others are the
    /// load balancers'.
    pub(crate) fn call(&mut self, cx: &mut Cx<'_>, call: Call, operation: &str, input: Value) {
        let ticket = self.new_ticket();
        self.calls.insert(ticket, call);
        let platform = operation.contains(':');
        let service = if platform { ServiceName::Platform } else { ServiceName::Elbv2 };
        cx.call(ticket, service, operation, input);
    }

    pub(crate) fn called(&mut self, ticket: u64) -> Option<Call> {
        self.calls.remove(&ticket)
    }

    pub(crate) fn set_task(&mut self, task: &str, timer: TaskTimer, at: Time) {
        let why = match timer {
            TaskTimer::Provisioned => "a task's network interface",
            TaskTimer::Placed => "a place for a task",
            TaskTimer::Pulled => "a task's images",
            TaskTimer::StartTimeout(_) => "a container's start timeout",
            TaskTimer::HealthCheck(_) => "a container's health check",
            TaskTimer::Kill(_) => "a container's stop timeout",
            TaskTimer::RegisterAgain => "registering a target again",
            TaskTimer::Matured => "a task counting as healthy",
            TaskTimer::GraceOver => "a task's grace period",
            TaskTimer::Deprovisioned => "a task's network interface going away",
            TaskTimer::Forget => "a stopped task being forgotten",
        };
        self.timers.set(Timer::Task(task.to_owned(), timer), at, why);
    }

    pub(crate) fn clear_task(&mut self, task: &str, timer: TaskTimer) {
        self.timers.clear(&Timer::Task(task.to_owned(), timer));
    }

    pub(crate) fn set_service(&mut self, service: &str, timer: ServiceTimer, at: Time) {
        let why = match timer {
            ServiceTimer::Reconcile => "a service's tasks",
            ServiceTimer::PollTargets => "a service's targets",
            ServiceTimer::LookAtAlarms => "a deployment's alarms",
            ServiceTimer::StillSteady => "a service being steady",
            ServiceTimer::Forget => "a deleted service being forgotten",
        };
        self.timers.set(Timer::Service(service.to_owned(), timer), at, why);
    }

    /// Like `set_service`, but an earlier setting stays.
    pub(crate) fn set_service_by(&mut self, service: &str, timer: ServiceTimer, at: Time) {
        let set = self.timers.at(&Timer::Service(service.to_owned(), timer));
        if set.is_none_or(|set| set > at) {
            self.set_service(service, timer, at);
        }
    }

    pub(crate) fn clear_service(&mut self, service: &str, timer: ServiceTimer) {
        self.timers.clear(&Timer::Service(service.to_owned(), timer));
    }
}
