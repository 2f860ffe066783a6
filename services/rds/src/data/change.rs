//! Decides what a modification does at once, what waits for the maintenance window, and what of it
//! interrupts (RDS-MD-01 to RDS-MD-05).

use standin_kernel::Cx;

use super::event::Happened;
use super::lifecycle::{Goal, Then, Timer};
use crate::Rds;
use crate::state::{ApplyStatus, Settings, Status};

/// Parts of `wanted` that are applied as soon as possible whatever ApplyImmediately says
/// (RDS-MD-04, RDS-MW-09), or at once although they restart (RDS-MD-05).
fn not_waiting(now: &mut Settings, wanted: &Settings) {
    now.port = wanted.port;
    now.parameter_group.clone_from(&wanted.parameter_group);
    now.security_groups.clone_from(&wanted.security_groups);
    now.backup_window = wanted.backup_window;
    now.maintenance_window = wanted.maintenance_window;
    now.deletion_protection = wanted.deletion_protection;
    now.copy_tags_to_snapshot = wanted.copy_tags_to_snapshot;
    now.publicly_accessible = wanted.publicly_accessible;
    now.auto_minor_version_upgrade = wanted.auto_minor_version_upgrade;
    now.max_allocated_storage_gib = wanted.max_allocated_storage_gib;
}

impl Rds {
    /// Takes what an instance is to be from now on.
    pub(crate) fn modify(&mut self, cx: &mut Cx<'_>, id: &str, wanted: Settings, at_once: bool) {
        let Some(instance) = self.state.instances.get_mut(id) else { return };
        let before = instance.settings.clone();
        let mut now = before.clone();
        if at_once {
            now = wanted;
            instance.pending = None;
        } else {
            not_waiting(&mut now, &wanted);
            instance.pending = (now != wanted).then_some(wanted);
        }
        if now.parameter_group != before.parameter_group {
            // RDS-PG-07: the name at once, the values at the next reboot.
            instance.parameters.status = ApplyStatus::PendingReboot;
            let name = now.parameter_group.clone();
            self.state.happened(cx, id, &Happened::ParameterGroupAttached(name));
        }
        self.apply(cx, id, now);
        self.wait_for_window(cx, id);
    }

    /// Puts new settings into force, with a restart where they need one.
    fn apply(&mut self, cx: &mut Cx<'_>, id: &str, now: Settings) {
        let Some(instance) = self.state.instances.get_mut(id) else { return };
        let before = std::mem::replace(&mut instance.settings, now);
        let after = instance.settings.clone();
        if after.multi_az != before.multi_az {
            instance.secondary_zone = after.multi_az.then(|| other_zone(&instance.zone));
        }
        let running = matches!(instance.status, Status::Available);
        let mut told = Vec::new();
        if after.class != before.class {
            told.push(Happened::ClassChangeStarted);
            told.push(Happened::ClassChangeFinished(after.class.clone()));
        }
        if after.allocated_storage_gib != before.allocated_storage_gib {
            told.extend([Happened::StorageChangeStarted, Happened::StorageChangeFinished]);
        }
        if after.multi_az && !before.multi_az {
            told.extend([Happened::MultiAzStarted, Happened::MultiAzFinished]);
        }
        if after.engine_version != before.engine_version {
            told.push(Happened::VersionUpgraded);
        }
        for happened in &told {
            self.state.happened(cx, id, happened);
        }
        self.state.store_instance(cx, id);
        // RDS-MD-03
        let interrupts = after.class != before.class
            || after.port != before.port
            || after.engine_version != before.engine_version
            || (after.backup_retention_days == 0) != (before.backup_retention_days == 0);
        if interrupts && running {
            let upgrades = after.engine_version != before.engine_version;
            let status = if upgrades { Status::Upgrading } else { Status::Modifying };
            self.set_status(cx, id, status);
            self.stop(cx, id, Then::Restart(Goal::Modify));
        }
    }

    /// Sets the timer for what is pending.
    pub(crate) fn wait_for_window(&mut self, cx: &mut Cx<'_>, id: &str) {
        let Some(instance) = self.state.instances.get(id) else { return };
        let timer = Timer::Window(instance.resource_id.clone());
        self.live.timers.clear(&timer);
        if instance.pending.is_some() {
            let at = instance.settings.maintenance_window.next(cx.now);
            self.live.timers.set(timer, at, "the maintenance window opens");
        }
    }

    pub(crate) fn window_opens(&mut self, cx: &mut Cx<'_>, id: &str) {
        let Some(instance) = self.state.instances.get_mut(id) else { return };
        if instance.status != Status::Available {
            // Nothing is done to an instance that is stopped or busy (RDS-LC-08); the next time.
            let later = cx.now + standin_kernel::Duration::from_secs(60);
            let timer = Timer::Window(instance.resource_id.clone());
            self.live.timers.set(timer, later, "an instance is busy in its window");
            return;
        }
        if let Some(wanted) = instance.pending.take() {
            self.apply(cx, id, wanted);
        }
    }
}

/// Where the standby of an instance in `zone` is.
pub(crate) fn other_zone(zone: &str) -> String {
    let region = zone.strip_suffix(|c: char| c.is_ascii_lowercase()).unwrap_or(zone);
    let other = if zone.ends_with('a') { 'c' } else { 'a' };
    format!("{region}{other}")
}
