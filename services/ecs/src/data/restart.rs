//! Takes back what was remembered before a restart of Standin: services go on, while the processes
//! of the run before are gone, so their tasks are STOPPED and new ones take their place.

use standin_kernel::control::Record;
use standin_kernel::{Cx, Value};

use super::desk::{Call, ServiceTimer, TaskTimer, Timer};
use super::registration::TargetState;
use super::service::{Kept, Service};
use super::task::{Stop, Task};
use super::view::{DesiredStatus, LastStatus, StopCode};
use super::{Numbers, SHOWN_FOR, Scheduler, events, service, task};

const RESTARTED: &str = "Standin was restarted: the processes of the run before are gone";

impl Scheduler {
    /// Takes a record back; `false` when it is none of the scheduler's.
    pub(crate) fn restore(&mut self, record: &Record) -> Result<bool, String> {
        let Some(document) = &record.document else { return Ok(true) };
        match record.kind.as_str() {
            Numbers::KIND => self.desk.numbers.restore(document)?,
            service::KIND => {
                let kept: Kept = read(record, document)?;
                if kept.deployments.is_empty() {
                    return Err(format!("{} {}: no deployment", record.kind, record.id));
                }
                self.services.insert(record.id.clone(), Service::restored(kept));
            }
            events::KIND => {
                // Their service is back already: "scheduled-service" comes before "service-events".
                if let Some(service) = self.services.get_mut(&record.id) {
                    service.events.kept = read(record, document)?;
                }
            }
            task::KIND => {
                let task: Task = read(record, document)?;
                if task.containers.len() != task.definition.containers.len() {
                    return Err(format!("{} {}: not its containers", record.kind, record.id));
                }
                self.stopped.insert(record.id.clone(), task);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// All records are back.
    pub(crate) fn restored(&mut self, cx: &mut Cx<'_>) {
        for task in self.stopped.values_mut() {
            task.stored_version = task.version;
            if !task.is_stopped() {
                task.lost(cx);
                task.store(cx);
            }
            let stopped = task.times.stopped_at.unwrap_or(cx.now);
            self.desk.set_task(&task.arn, TaskTimer::Forget, stopped + SHOWN_FOR);
        }
        for (arn, service) in &self.services {
            match service.kept.inactive_since {
                Some(since) => {
                    self.desk.set_service(arn, ServiceTimer::Forget, since + SHOWN_FOR);
                }
                None => {
                    self.desk.set_service(arn, ServiceTimer::Reconcile, cx.now);
                    if service.watches_alarms() {
                        self.desk.set_service(arn, ServiceTimer::LookAtAlarms, cx.now);
                    }
                }
            }
        }
        // The load balancers may not be back yet.
        self.desk.timers.set(Timer::Restarted, cx.now, "targets of the run before");
    }

    /// Takes the targets of the run before out of their groups.
    pub(super) fn sweep_targets(&mut self, cx: &mut Cx<'_>) {
        for task in self.stopped.values_mut() {
            for index in 0..task.targets.len() {
                let state = task.targets[index].state;
                if matches!(state, TargetState::Registering | TargetState::Registered) {
                    task.targets[index].state = TargetState::Gone;
                    task.touch();
                    let input = task.target_input(index);
                    self.desk.call(cx, Call::Unattended, "DeregisterTargets", input);
                }
            }
            task.store(cx);
        }
    }
}

impl Task {
    /// Its processes are gone with the run before.
    fn lost(&mut self, cx: &Cx<'_>) {
        for container in &mut self.containers {
            if !container.is_stopped() {
                container.stop(None, None);
            }
        }
        if self.stop.is_none() {
            let reason = RESTARTED.to_owned();
            self.stop = Some(Stop { code: StopCode::TerminationNotice, reason });
        }
        self.desired = DesiredStatus::Stopped;
        self.times.stopping_at.get_or_insert(cx.now);
        self.times.execution_stopped_at.get_or_insert(cx.now);
        self.times.stopped_at = Some(cx.now);
        self.set_status(LastStatus::Stopped);
    }
}

fn read<T: serde::de::DeserializeOwned>(record: &Record, document: &Value) -> Result<T, String> {
    T::deserialize(document).map_err(|wrong| format!("{} {}: {wrong}", record.kind, record.id))
}
