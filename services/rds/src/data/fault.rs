//! Decides what a machine that is broken on purpose does to the servers on it.
//!
//! A machine that has stopped has no server until it is mended; a standby is on another one and
//! takes over. A server that hangs, or has no session left, is told so and runs on.

use standin_kernel::database::{DatabaseCommand, Trouble};
use standin_kernel::fault::Mode;
use standin_kernel::workload::{Signal, WorkloadId};
use standin_kernel::{Cx, Out, Time};

use super::lifecycle::{Asked, Goal, Timer};
use crate::Rds;
use crate::state::Instance;

/// What is broken on purpose, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The instance's identifier; `None`: every one that is there.
    pub instance: Option<String>,
    /// The zone of the machine; `None`: all of them.
    pub zone: Option<String>,
    /// [`Mode::Stop`], [`Mode::Hang`] or [`Mode::Refuse`]; nothing comes of any other.
    pub mode: Mode,
}

impl Broken {
    fn covers(&self, instance: &str, zone: &str) -> bool {
        self.instance.as_deref().is_none_or(|one| one == instance)
            && self.zone.as_deref().is_none_or(|one| one == zone)
    }
}

impl Rds {
    /// All that is broken from `now` on.
    pub fn set_broken(&mut self, broken: Vec<Broken>, now: Time) {
        if self.live.broken != broken {
            self.live.broken = broken;
            self.live.timers.set(Timer::Broken, now, "a database is broken or mended");
        }
    }

    /// The zone that an instance's server is in; `None` when there is no such instance.
    pub fn zone_of(&self, instance: &str) -> Option<&str> {
        Some(self.state.instances.get(instance)?.zone.as_str())
    }

    /// The server of an instance, while it runs.
    pub fn running_server(&self, instance: &str) -> Option<WorkloadId> {
        self.live.running(&self.state.instances.get(instance)?.resource_id)
    }

    /// Whether a server of `instance` that is started for `goal` would have no machine.
    pub(crate) fn has_no_machine(&self, instance: &Instance, goal: Goal) -> bool {
        let standby = instance.secondary_zone.as_ref().filter(|_| goal == Goal::Failover);
        let zone = standby.unwrap_or(&instance.zone);
        self.broken_with(&instance.id, zone, Mode::Stop)
    }

    /// A standby that has no machine does not take over: the primary starts again where it was.
    pub(crate) fn goal_with_a_machine(&self, instance: &Instance, goal: Goal) -> Goal {
        let lost = goal == Goal::Failover && self.has_no_machine(instance, goal);
        if lost && !self.has_no_machine(instance, Goal::Recover) { Goal::Recover } else { goal }
    }

    fn broken_with(&self, instance: &str, zone: &str, mode: Mode) -> bool {
        self.live.broken.iter().any(|one| one.mode == mode && one.covers(instance, zone))
    }

    fn trouble_of(&self, instance: &Instance) -> Option<Trouble> {
        if self.broken_with(&instance.id, &instance.zone, Mode::Hang) {
            return Some(Trouble::Hangs);
        }
        let refuses = self.broken_with(&instance.id, &instance.zone, Mode::Refuse);
        refuses.then_some(Trouble::NoSessionLeft)
    }

    /// Does to all servers what was broken or mended.
    pub(crate) fn broken_changed(&mut self, cx: &mut Cx<'_>) {
        let ids: Vec<String> = self.state.instances.keys().cloned().collect();
        for id in ids {
            let instance = &self.state.instances[&id];
            let resource_id = instance.resource_id.clone();
            if self.has_no_machine(instance, Goal::Recover)
                && let Some(workload) = self.live.running(&resource_id)
            {
                cx.emit(Out::Signal { workload, signal: Signal::Kill });
                continue;
            }
            self.tell_trouble(cx, &id);
            self.launch_held(cx, &resource_id);
        }
    }

    /// Tells a server that is up the trouble it has from now on, if that is another one.
    pub(crate) fn tell_trouble(&mut self, cx: &mut Cx<'_>, id: &str) {
        let Some(instance) = self.state.instances.get(id) else { return };
        let (trouble, resource_id) = (self.trouble_of(instance), instance.resource_id.clone());
        let multi_az = instance.settings.multi_az;
        let Some(workload) = self.live.up_with_other_trouble(&resource_id, trouble) else { return };
        if trouble == Some(Trouble::Hangs) && multi_az {
            // RDS-HA-05: a primary that does not answer is given up for its standby.
            return cx.emit(Out::Signal { workload, signal: Signal::Kill });
        }
        self.ask(cx, &resource_id, Asked::Trouble, &DatabaseCommand::Trouble(trouble));
    }
}
