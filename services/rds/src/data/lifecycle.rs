//! Decides how an instance starts, stops, restarts and recovers: what its server is told, and which
//! status it has meanwhile.

use std::collections::BTreeMap;

use standin_kernel::database::{DatabaseCommand, Secret, Trouble};
use standin_kernel::workload::{WorkloadEvent, WorkloadId};
use standin_kernel::{Cx, Duration, Out, ServiceName, Timers};

use super::event::Happened;
use super::fault::Broken;
use super::server::{effective_of, spec, too_much_memory};
use crate::Rds;
use crate::state::{ApplyStatus, SnapshotStatus, Status};

/// How long a server may take until it accepts sessions.
const READY_PATIENCE: Duration = Duration::from_secs(120);
/// How long it may take to end its sessions and to write down what it has in memory.
const STOP_PATIENCE: Duration = Duration::from_secs(60);
const TELL_PATIENCE: Duration = Duration::from_secs(60);
const COPY_PATIENCE: Duration = Duration::from_secs(3600);
/// How long a stopped instance stays so (RDS-LC-08).
pub(crate) const STOPPED_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// What is live of all instances, by resource id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Live {
    servers: BTreeMap<String, Server>,
    pub(crate) timers: Timers<Timer>,
    pub(crate) broken: Vec<Broken>,
    asked: BTreeMap<u64, (String, Asked)>,
    tickets: u64,
    workloads: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// Start the server of the instance.
    Launch(String),
    /// A stopped instance starts by itself.
    StartAgain(String),
    /// The maintenance window opens for what is pending.
    Window(String),
    /// Something was broken on purpose, or mended.
    Broken,
}

#[derive(Clone, Debug)]
struct Server {
    workload: WorkloadId,
    phase: Phase,
    /// What it was told to suffer from.
    trouble: Option<Trouble>,
}

impl Server {
    const fn new(workload: WorkloadId, phase: Phase) -> Self {
        Self { workload, phase, trouble: None }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    /// To be launched when its timer fires.
    Due(Goal),
    /// To be launched when its machine is mended.
    Held(Goal),
    /// Launched; not accepting sessions yet.
    Starting(Goal),
    Up,
    Stopping(Then),
    /// Its data is being put away.
    Ending,
}

/// Why a server is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    Create,
    Start,
    Reboot,
    Failover,
    /// It ended by itself.
    Recover,
    /// Standin itself was restarted.
    Resume,
    /// A modification needs a restart.
    Modify,
}

/// What follows when a server has stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    Restart(Goal),
    Stop,
    Delete { snapshot: Option<String> },
}

/// What a server was told.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    Ready,
    Parameters { waiting: bool },
    Password,
    Snapshot(String),
    Stop,
    FinalSnapshot(String),
    DeleteData,
    DeleteSnapshot,
    Trouble,
}

impl Live {
    fn new_workload(&mut self) -> WorkloadId {
        self.workloads += 1;
        WorkloadId::of(ServiceName::Rds, self.workloads)
    }

    /// The server of a resource id, up or about to be.
    pub(crate) fn running(&self, resource_id: &str) -> Option<WorkloadId> {
        let server = self.servers.get(resource_id)?;
        matches!(server.phase, Phase::Up | Phase::Starting(_)).then_some(server.workload)
    }

    fn hold(&mut self, resource_id: &str, goal: Goal) {
        if let Some(server) = self.servers.get_mut(resource_id) {
            server.phase = Phase::Held(goal);
        }
    }

    /// The server, if it is up and has another trouble than this, which it has from now on.
    pub(crate) fn up_with_other_trouble(
        &mut self,
        resource_id: &str,
        trouble: Option<Trouble>,
    ) -> Option<WorkloadId> {
        let server = self.servers.get_mut(resource_id)?;
        let other = server.phase == Phase::Up && server.trouble != trouble;
        server.trouble = if other { trouble } else { server.trouble };
        other.then_some(server.workload)
    }
}

impl Rds {
    fn id_of(&self, resource_id: &str) -> Option<String> {
        let mut all = self.state.instances.values();
        all.find(|one| one.resource_id == resource_id).map(|one| one.id.clone())
    }

    pub(crate) fn set_status(&mut self, cx: &mut Cx<'_>, id: &str, status: Status) {
        if let Some(instance) = self.state.instances.get_mut(id) {
            instance.status = status;
            self.state.store_instance(cx, id);
        }
    }

    /// Starts the server after as long as AWS takes for it.
    pub(crate) fn start(&mut self, cx: &mut Cx<'_>, id: &str, goal: Goal) {
        let Some(instance) = self.state.instances.get(id) else { return };
        let resource_id = instance.resource_id.clone();
        let aws = match goal {
            Goal::Create => 300,
            Goal::Start => 180,
            Goal::Reboot => 15,
            // RDS-HA-03, RDS-HA-06: some half a minute for the machine, more for names.
            Goal::Failover => 60,
            Goal::Recover => 30,
            Goal::Modify => 240,
            Goal::Resume => 0,
        };
        let after = cx.env.paced(Duration::ZERO, Duration::from_secs(aws));
        let workload = self.live.new_workload();
        let server = Server::new(workload, Phase::Due(goal));
        self.live.servers.insert(resource_id.clone(), server);
        self.live.timers.set(Timer::Launch(resource_id), cx.now + after, "a database starts");
    }

    fn launch(&mut self, cx: &mut Cx<'_>, resource_id: &str) {
        let Some(id) = self.id_of(resource_id) else { return };
        let Some(server) = self.live.servers.get(resource_id) else { return };
        let Phase::Due(goal) = server.phase else { return };
        let instance = &self.state.instances[&id];
        let goal = self.goal_with_a_machine(instance, goal);
        if self.has_no_machine(instance, goal) {
            return self.live.hold(resource_id, goal);
        }
        let Some(server) = self.live.servers.get_mut(resource_id) else { return };
        let workload = server.workload;
        server.phase = Phase::Starting(goal);
        if goal != Goal::Failover && goal != Goal::Resume && goal != Goal::Recover {
            self.take_parameters(cx, &id);
        }
        let instance = &self.state.instances[&id];
        if let Some(why) = too_much_memory(instance) {
            self.live.servers.remove(resource_id);
            return self.incompatible(cx, &id, why);
        }
        let spec = Box::new(spec(instance, workload, cx));
        cx.emit(Out::Launch { spec });
    }

    /// Launches a server that had no machine; it is held again if it has none yet.
    pub(crate) fn launch_held(&mut self, cx: &mut Cx<'_>, resource_id: &str) {
        let Some(server) = self.live.servers.get_mut(resource_id) else { return };
        if let Phase::Held(goal) = server.phase {
            server.phase = Phase::Due(goal);
            self.launch(cx, resource_id);
        }
    }

    /// The values of the group act from this start on (RDS-PG-07, RDS-PG-09); a failover does not
    /// count (RDS-PG-10).
    fn take_parameters(&mut self, cx: &mut Cx<'_>, id: &str) {
        let Some(instance) = self.state.instances.get(id) else { return };
        let name = instance.settings.parameter_group.clone();
        let Ok(group) = self.state.parameter_group(&name) else { return };
        if let Some(instance) = self.state.instances.get_mut(id) {
            instance.parameters.group = name;
            instance.parameters.values = group.plain_values();
            instance.parameters.status = ApplyStatus::InSync;
            self.state.store_instance(cx, id);
        }
    }

    pub(crate) fn ask(
        &mut self,
        cx: &mut Cx<'_>,
        resource_id: &str,
        asked: Asked,
        command: &DatabaseCommand,
    ) {
        let Some(server) = self.live.servers.get(resource_id) else { return };
        let workload = server.workload;
        self.live.tickets += 1;
        let patience = match asked {
            Asked::Ready => READY_PATIENCE,
            Asked::Stop => STOP_PATIENCE,
            Asked::Snapshot(_) | Asked::FinalSnapshot(_) => COPY_PATIENCE,
            _ => TELL_PATIENCE,
        };
        let exec = command.exec(self.live.tickets, patience);
        self.live.asked.insert(self.live.tickets, (resource_id.to_owned(), asked));
        cx.emit(Out::Exec { workload, exec });
    }

    pub(crate) fn is_up(&self, id: &str) -> bool {
        let instance = self.state.instances.get(id);
        let server = instance.and_then(|one| self.live.servers.get(&one.resource_id));
        server.is_some_and(|server| server.phase == Phase::Up)
    }

    /// Ends the server, then does what follows; at once if there is none.
    pub(crate) fn stop(&mut self, cx: &mut Cx<'_>, id: &str, then: Then) {
        let Some(instance) = self.state.instances.get(id) else { return };
        let resource_id = instance.resource_id.clone();
        let running = self
            .live
            .servers
            .get_mut(&resource_id)
            .filter(|server| matches!(server.phase, Phase::Up | Phase::Starting(_)));
        if let Some(server) = running {
            server.phase = Phase::Stopping(then);
            self.state.happened(cx, id, &Happened::Shutdown);
            self.ask(cx, &resource_id, Asked::Stop, &DatabaseCommand::Stop);
        } else {
            self.live.timers.clear(&Timer::Launch(resource_id));
            self.stopped(cx, id, then);
        }
    }

    fn stopped(&mut self, cx: &mut Cx<'_>, id: &str, then: Then) {
        match then {
            Then::Restart(goal) => self.start(cx, id, goal),
            Then::Stop => {
                if let Some(instance) = self.state.instances.get_mut(id) {
                    let again = cx.now + STOPPED_FOR;
                    instance.restart_at = Some(again);
                    let timer = Timer::StartAgain(instance.resource_id.clone());
                    self.live.timers.set(timer, again, "a stopped database starts again");
                    self.live.servers.remove(&instance.resource_id);
                }
                self.set_status(cx, id, Status::Stopped);
                self.state.happened(cx, id, &Happened::Stopped);
            }
            Then::Delete { snapshot } => self.put_away(cx, id, snapshot),
        }
    }

    fn put_away(&mut self, cx: &mut Cx<'_>, id: &str, snapshot: Option<String>) {
        let Some(instance) = self.state.instances.get(id) else { return };
        let data = instance.resource_id.clone();
        // Some workload's name is needed for the answer, though none runs.
        let workload = self.live.new_workload();
        self.live.servers.insert(data.clone(), Server::new(workload, Phase::Ending));
        match snapshot {
            Some(name) => {
                let command = DatabaseCommand::Snapshot { data: data.clone(), name: name.clone() };
                self.ask(cx, &data, Asked::FinalSnapshot(name), &command);
            }
            None => {
                let command = DatabaseCommand::DeleteData(data.clone());
                self.ask(cx, &data, Asked::DeleteData, &command);
            }
        }
    }

    /// The identifier of the instance whose server a workload is.
    pub(crate) fn served_by(&self, workload: WorkloadId) -> Option<String> {
        let mut servers = self.live.servers.iter();
        let (resource_id, _) = servers.find(|(_, server)| server.workload == workload)?;
        self.id_of(resource_id)
    }

    pub(crate) fn happened_to(&mut self, cx: &mut Cx<'_>, of: WorkloadId, event: WorkloadEvent) {
        if let WorkloadEvent::ExecDone { ticket, code } = event {
            return self.answered(cx, ticket, code == Some(0));
        }
        let found = self.live.servers.iter().find(|(_, server)| server.workload == of);
        let Some((resource_id, phase)) =
            found.map(|(resource_id, server)| (resource_id.clone(), server.phase.clone()))
        else {
            return;
        };
        let Some(id) = self.id_of(&resource_id) else { return };
        match (event, phase) {
            (WorkloadEvent::Output { text }, _) => cx.log("rds", format!("{id}: {text}")),
            (WorkloadEvent::Started, _) => {
                self.ask(cx, &resource_id, Asked::Ready, &DatabaseCommand::Ready);
            }
            (_, Phase::Stopping(then)) => self.stopped(cx, &id, then),
            (WorkloadEvent::FailedToStart { reason }, _) => self.failed(cx, &id, reason),
            (_, Phase::Starting(goal)) if self.has_no_machine(&self.state.instances[&id], goal) => {
                self.start(cx, &id, goal);
            }
            (_, Phase::Starting(goal)) => self.never_came_up(cx, &id, goal),
            _ => self.ended_by_itself(cx, &id),
        }
    }

    fn failed(&mut self, cx: &mut Cx<'_>, id: &str, reason: String) {
        if let Some(instance) = self.state.instances.get_mut(id) {
            instance.failure = Some(reason.clone());
            self.live.servers.remove(&instance.resource_id);
        }
        self.set_status(cx, id, Status::Failed);
        self.state.happened(cx, id, &Happened::Failed(reason));
    }

    fn incompatible(&mut self, cx: &mut Cx<'_>, id: &str, reason: String) {
        if let Some(instance) = self.state.instances.get_mut(id) {
            instance.failure = Some(reason.clone());
        }
        self.set_status(cx, id, Status::IncompatibleParameters);
        self.state.happened(cx, id, &Happened::IncompatibleParameters(reason));
    }

    /// RDS-PG-16: what a user has set is what it does not start with.
    fn never_came_up(&mut self, cx: &mut Cx<'_>, id: &str, goal: Goal) {
        let Some(instance) = self.state.instances.get(id) else { return };
        self.live.servers.remove(&instance.resource_id);
        let log = "the server ended before it accepted sessions; its log says why";
        if instance.parameters.values.is_empty() || goal == Goal::Resume {
            self.failed(cx, id, log.to_owned());
        } else {
            self.incompatible(cx, id, log.to_owned());
        }
    }

    /// A server that dies is started again; with a standby, that one takes over (RDS-HA-05).
    fn ended_by_itself(&mut self, cx: &mut Cx<'_>, id: &str) {
        let Some(instance) = self.state.instances.get(id) else { return };
        let multi_az = instance.settings.multi_az;
        self.set_status(cx, id, Status::Rebooting);
        self.state.happened(cx, id, &Happened::Shutdown);
        if multi_az {
            self.state.happened(cx, id, &Happened::FailoverStarted);
            self.start(cx, id, Goal::Failover);
        } else {
            self.start(cx, id, Goal::Recover);
        }
    }

    fn answered(&mut self, cx: &mut Cx<'_>, ticket: u64, done: bool) {
        let Some((resource_id, asked)) = self.live.asked.remove(&ticket) else { return };
        let Some(id) = self.id_of(&resource_id) else { return };
        match asked {
            Asked::Ready if done => self.ready(cx, &resource_id, &id),
            // It ends; what happens then is heard of.
            Asked::Ready | Asked::Stop | Asked::DeleteSnapshot | Asked::Trouble => {}
            Asked::Parameters { waiting } => {
                let status = match (done, waiting) {
                    (false, _) => ApplyStatus::FailedToApply,
                    (true, true) => ApplyStatus::PendingReboot,
                    (true, false) => ApplyStatus::InSync,
                };
                if let Some(instance) = self.state.instances.get_mut(&id) {
                    instance.parameters.status = status;
                    self.state.store_instance(cx, &id);
                }
            }
            Asked::Password => {
                self.state.happened(cx, &id, &Happened::CredentialsReset);
                self.set_status(cx, &id, Status::Available);
            }
            Asked::Snapshot(name) => {
                self.snapshot_taken(cx, &name, done);
                if self.state.instances[&id].status == Status::BackingUp {
                    self.set_status(cx, &id, Status::Available);
                }
            }
            Asked::FinalSnapshot(name) => {
                self.snapshot_taken(cx, &name, done);
                if done {
                    self.put_away(cx, &id, None);
                } else {
                    // What could not be kept is not thrown away.
                    self.failed(cx, &id, format!("the final snapshot {name} was not taken"));
                }
            }
            Asked::DeleteData => self.deleted(cx, &id),
        }
    }

    fn ready(&mut self, cx: &mut Cx<'_>, resource_id: &str, id: &str) {
        let Some(server) = self.live.servers.get_mut(resource_id) else { return };
        let Phase::Starting(goal) = server.phase else { return };
        server.phase = Phase::Up;
        let Some(instance) = self.state.instances.get_mut(id) else { return };
        instance.status = Status::Available;
        instance.failure = None;
        let told: &[Happened] = match goal {
            Goal::Create => {
                instance.created = Some(cx.now);
                &[Happened::Created]
            }
            Goal::Start => &[Happened::Started],
            Goal::Reboot | Goal::Recover | Goal::Modify => &[Happened::Restarted],
            Goal::Failover => {
                // RDS-HA-07
                if let Some(secondary) = instance.secondary_zone.take() {
                    instance.secondary_zone =
                        Some(std::mem::replace(&mut instance.zone, secondary));
                }
                &[Happened::Restarted, Happened::FailoverCompleted]
            }
            Goal::Resume => &[],
        };
        for happened in told {
            self.state.happened(cx, id, happened);
        }
        self.state.store_instance(cx, id);
        self.tell_trouble(cx, id);
    }

    /// Gives a running server the values that act now; `waiting`: others wait for a reboot.
    pub(crate) fn tell_parameters(&mut self, cx: &mut Cx<'_>, id: &str, waiting: bool) {
        let Some(instance) = self.state.instances.get_mut(id) else { return };
        instance.parameters.status = ApplyStatus::Applying;
        let resource_id = instance.resource_id.clone();
        let values = effective_of(instance);
        let (parameters, force_ssl) = (values.engine, values.force_ssl);
        self.state.store_instance(cx, id);
        let command = DatabaseCommand::Parameters { parameters, force_ssl };
        self.ask(cx, &resource_id, Asked::Parameters { waiting }, &command);
    }

    pub(crate) fn tell_password(&mut self, cx: &mut Cx<'_>, id: &str, password: Secret) {
        let Some(instance) = self.state.instances.get(id) else { return };
        let resource_id = instance.resource_id.clone();
        self.set_status(cx, id, Status::ResettingMasterCredentials);
        self.ask(cx, &resource_id, Asked::Password, &DatabaseCommand::Password(password));
    }

    pub(crate) fn take_snapshot(&mut self, cx: &mut Cx<'_>, id: &str, name: &str) {
        let Some(instance) = self.state.instances.get(id) else { return };
        let data = instance.resource_id.clone();
        if instance.status == Status::Available {
            self.set_status(cx, id, Status::BackingUp);
        }
        if !self.live.servers.contains_key(&data) {
            let workload = self.live.new_workload();
            self.live.servers.insert(data.clone(), Server::new(workload, Phase::Ending));
        }
        let command = DatabaseCommand::Snapshot { data: data.clone(), name: name.to_owned() };
        self.ask(cx, &data, Asked::Snapshot(name.to_owned()), &command);
    }

    fn snapshot_taken(&mut self, cx: &mut Cx<'_>, name: &str, done: bool) {
        if let Some(snapshot) = self.state.snapshots.get_mut(name) {
            snapshot.status = if done { SnapshotStatus::Available } else { SnapshotStatus::Failed };
            self.state.store_snapshot(cx, name);
            if done {
                self.state.snapshot_happened(cx, name, true);
            }
        }
    }

    pub(crate) fn forget_snapshot(&mut self, cx: &mut Cx<'_>, name: &str) {
        self.live.tickets += 1;
        let workload = self.live.new_workload();
        let command = DatabaseCommand::DeleteSnapshot(name.to_owned());
        let exec = command.exec(self.live.tickets, TELL_PATIENCE);
        self.live.asked.insert(self.live.tickets, (String::new(), Asked::DeleteSnapshot));
        cx.emit(Out::Exec { workload, exec });
    }

    fn deleted(&mut self, cx: &mut Cx<'_>, id: &str) {
        let Some(instance) = self.state.instances.remove(id) else { return };
        self.live.servers.remove(&instance.resource_id);
        for timer in [Timer::StartAgain, Timer::Window, Timer::Launch] {
            self.live.timers.clear(&timer(instance.resource_id.clone()));
        }
        self.state.store_instance(cx, id);
        self.state.happened(cx, id, &Happened::Deleted);
        if let Some(arn) = instance.managed_secret_arn {
            let input =
                standin_kernel::json!({"SecretId": arn, "ForceDeleteWithoutRecovery": true});
            cx.call(0, ServiceName::Platform, "secretsmanager:DeleteSecret", input);
        }
    }

    pub(crate) fn timers_fire(&mut self, cx: &mut Cx<'_>) {
        while let Some(timer) = self.live.timers.pop(cx.now) {
            match timer {
                Timer::Launch(resource_id) => self.launch(cx, &resource_id),
                Timer::Broken => self.broken_changed(cx),
                Timer::StartAgain(resource_id) => {
                    if let Some(id) = self.id_of(&resource_id) {
                        self.start_again(cx, &id);
                    }
                }
                Timer::Window(resource_id) => {
                    if let Some(id) = self.id_of(&resource_id) {
                        self.window_opens(cx, &id);
                    }
                }
            }
        }
    }

    pub(crate) fn start_again(&mut self, cx: &mut Cx<'_>, id: &str) {
        if let Some(instance) = self.state.instances.get_mut(id) {
            instance.restart_at = None;
            self.live.timers.clear(&Timer::StartAgain(instance.resource_id.clone()));
        }
        self.set_status(cx, id, Status::Starting);
        self.start(cx, id, Goal::Start);
    }

    /// After a restart of Standin: what ran runs again, what was under way goes on.
    pub(crate) fn resume(&mut self, cx: &mut Cx<'_>) {
        let ids: Vec<String> = self.state.instances.keys().cloned().collect();
        for id in ids {
            let instance = &self.state.instances[&id];
            let (resource_id, restart_at) = (instance.resource_id.clone(), instance.restart_at);
            match (instance.status, restart_at) {
                (Status::Failed | Status::IncompatibleParameters, _) => {}
                (Status::Stopped, Some(at)) => {
                    let timer = Timer::StartAgain(resource_id);
                    self.live.timers.set(timer, at, "a stopped database starts again");
                }
                (Status::Stopping | Status::Stopped, _) => self.stopped(cx, &id, Then::Stop),
                (Status::Deleting, _) => self.put_away(cx, &id, None),
                (Status::Creating, _) => self.start(cx, &id, Goal::Create),
                _ => {
                    self.set_status(cx, &id, Status::Starting);
                    self.start(cx, &id, Goal::Resume);
                }
            }
            self.wait_for_window(cx, &id);
        }
    }
}
