//! What runs as the drivers see it, a container, a function's environment or a database server:
//! a local process on the machine, a model in the simulator.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::database::DatabaseSpec;
use crate::function::FunctionSpec;
use crate::service::ServiceName;
use crate::time::Duration;

/// One container of one task, for one run of it; or another service's process. The high byte says
/// whose it is, so that what happens to it finds its service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WorkloadId(pub u64);

impl WorkloadId {
    const SERVICE_SHIFT: u32 = 56;
    const NUMBER_MASK: u64 = (1 << Self::SERVICE_SHIFT) - 1;

    /// Number `number` of those that `service` runs; ECS, Lambda and RDS run some.
    pub const fn of(service: ServiceName, number: u64) -> Self {
        let byte = match service {
            ServiceName::Lambda => 1,
            ServiceName::Rds => 2,
            _ => 0,
        };
        Self(byte << Self::SERVICE_SHIFT | number & Self::NUMBER_MASK)
    }

    /// Whose it is.
    pub const fn service(self) -> ServiceName {
        match self.0 >> Self::SERVICE_SHIFT {
            1 => ServiceName::Lambda,
            2 => ServiceName::Rds,
            _ => ServiceName::Ecs,
        }
    }
}

/// What kind of process it is: how it is started and told things.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum WorkloadKind {
    /// A container of a task.
    #[default]
    Container,
    /// An execution environment of a Lambda function: it asks for its work at the Runtime API.
    Function(Box<FunctionSpec>),
    /// A database server.
    Database(Box<DatabaseSpec>),
}

/// What is to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkloadSpec {
    pub id: WorkloadId,
    #[serde(default)]
    pub kind: WorkloadKind,
    pub image: String,
    /// The task definition's `entryPoint` and `command`, one after the other; empty: the image's.
    pub command: Vec<String>,
    pub environment: Vec<(String, String)>,
    /// The task's own address.
    pub address: Ipv4Addr,
    /// Ports the container says it listens on.
    pub ports: Vec<u16>,
    pub labels: WorkloadLabels,
    /// What stands for the image on this machine, from `Metadata: Standin: Containers:` of the task
    /// definition: `{"Command": [..], "WorkingDirectory": "..", "Environment": {..}}`.
    /// `Null` when the template has no hint.
    pub local: Value,
}

/// Whose container it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkloadLabels {
    pub service_arn: Option<String>,
    pub task_arn: String,
    pub container: String,
    /// `awslogs` group and stream, when configured.
    pub log_group: Option<String>,
    pub log_stream: Option<String>,
    /// The task definition's ARN; empty for what is no task.
    #[serde(default)]
    pub task_definition: String,
    /// Every container of the task, this one too; none for what is no task.
    #[serde(default)]
    pub containers: Vec<TaskContainer>,
    /// The VPC of the task's network interface; `None` for what has none.
    #[serde(default)]
    pub vpc: Option<String>,
}

/// A container as its neighbours know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskContainer {
    pub name: String,
    pub image: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Signal {
    Term,
    Kill,
}

/// A command to run inside a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exec {
    /// Comes back with the result.
    pub ticket: u64,
    /// Program and arguments; a `CMD-SHELL` check is `["/bin/sh", "-c", text]`.
    pub command: Vec<String>,
    pub timeout: Duration,
}

/// What happened to a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WorkloadEvent {
    Started,
    /// It never ran: the reason in AWS's form, `CannotPullContainerError: ...`.
    FailedToStart {
        reason: String,
    },
    /// `code` is 128 plus the signal's number when a signal ended it.
    Exited {
        code: i32,
    },
    /// What a function wrote to its standard output and standard error; whole lines, as a rule.
    /// Of a database server: what is being done before it starts, when that takes long.
    Output {
        text: String,
    },
    /// A health check ended: its exit code, or `None` when it ran out of time.
    ExecDone {
        ticket: u64,
        code: Option<i32>,
    },
    /// It was measured, as it is now and then while it runs.
    Used(Usage),
}

/// What a workload's processes used, all together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// The time that was looked at.
    pub over: Duration,
    /// Processor time within it.
    pub cpu: Duration,
    /// At its end.
    pub memory_bytes: u64,
    /// Of a database server: sessions of clients, as far as they can be told.
    pub sessions: Option<u64>,
    /// Of a database server: what its data takes.
    pub data_bytes: Option<u64>,
}
