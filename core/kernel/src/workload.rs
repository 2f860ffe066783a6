//! Containers as the drivers see them: a local process on the machine, a model in the simulator.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::time::Duration;

/// One container of one task, for one run of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WorkloadId(pub u64);

/// What is to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkloadSpec {
    pub id: WorkloadId,
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
    /// A health check ended: its exit code, or `None` when it ran out of time.
    ExecDone {
        ticket: u64,
        code: Option<i32>,
    },
}
