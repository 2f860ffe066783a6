//! What is live: invocations, the environments that carry them out, and what is due when.
//!
//! Reading order: `invocation` (one run of a function and who waits for it), `concurrency` (may it
//! run now), `environment` (a process and its life), `runtime_api` (what the process asks and
//! says), `outcome` (what comes of a run), `event_queue` (asynchronous invocations), `log` (the
//! lines about a run), `url` (functions behind a name of their own), `policy` (who may invoke).

pub(crate) mod concurrency;
pub(crate) mod cors;
pub(crate) mod environment;
pub(crate) mod event_queue;
pub(crate) mod fault;
pub(crate) mod invocation;
pub(crate) mod log;
pub(crate) mod metrics;
pub(crate) mod outcome;
pub(crate) mod policy;
pub(crate) mod runtime_api;
pub(crate) mod url;
pub(crate) mod url_event;

use std::collections::BTreeMap;

use standin_kernel::fault::Mode;
use standin_kernel::workload::WorkloadId;
use standin_kernel::{ExchangeId, Timers};

use environment::Environment;
use invocation::Invocation;
use metrics::Meters;
use runtime_api::Posted;
use url::Waiting;

/// All that a restart forgets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Live {
    pub(crate) timers: Timers<Timer>,
    /// By numbers that are not used twice.
    pub(crate) environments: BTreeMap<u64, Environment>,
    /// The environment of each process.
    pub(crate) processes: BTreeMap<WorkloadId, u64>,
    /// The last number given to an environment, a process, and anything else.
    pub(crate) last_environment: u64,
    pub(crate) last_process: u64,
    pub(crate) last_number: u64,
    /// Bodies on their way from a process.
    pub(crate) posted: BTreeMap<ExchangeId, Posted>,
    /// Requests to function URLs whose bodies are on their way.
    pub(crate) waiting: BTreeMap<ExchangeId, Waiting>,
    /// Invocations that a fault holds back, by number.
    pub(crate) held: BTreeMap<u64, Invocation>,

    pub(crate) broken: Vec<(String, Mode)>,
    pub(crate) meters: Meters,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// An environment has not come to ask for work.
    Init(u64),
    /// An invocation has taken too long.
    Timeout(u64),
    /// An environment has had no work for long.
    Idle(u64),
    /// An event's next attempt.
    Event(u64),
    /// A fault's delay is over.
    Held(u64),
}

impl Live {
    /// A number of its own for a thing.
    pub(crate) fn number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }
}
