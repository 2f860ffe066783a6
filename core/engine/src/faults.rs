//! What is broken right now, and what that does to each request and each start of a container.

use standin_kernel::fault::{Fault, Mode, Place};
use standin_kernel::workload::{Signal, WorkloadId, WorkloadSpec};
use standin_kernel::{
    Address, ApiError, Duration, LegRequest, LinkFailure, Response, ServiceName, Time, Value, json,
};
use standin_rds::Broken;

use crate::io::{ActiveFault, Effect};
use crate::legs::fault_answer;
use crate::network;
use crate::{Engine, EngineTimer};

/// How the load balancers' health checks name their source.
pub(crate) const HEALTH_CHECKER: &str = "elb-health-checker";
/// How long a viewer's system tries to open a connection.
const VIEWER_PATIENCE: Duration = Duration::from_secs(127);

/// What becomes of a request.
#[derive(Debug)]
pub(crate) enum Verdict {
    Pass,
    Hold(Duration),
    Hang,
    Fail(LinkFailure),
    FailAfter(LinkFailure, Duration),
    Answer(Box<Response>),
}

impl Engine {
    /// What the faults do to a request: delays add up, and of all else the first that fits wins.
    pub(crate) fn verdict(&mut self, request: &LegRequest) -> Verdict {
        // What the network takes counts against the connect timeout; what the other end takes does
        // not.
        let mut network = match self.network {
            Some(network) => network.trip(&request.to, &mut self.luck),
            None => Duration::ZERO,
        };
        let mut late = Duration::ZERO;
        for at in 0..self.faults.len() {
            let Fault { place, mode, .. } = &self.faults[at].fault;
            if !self.lies_on(place, request) {
                continue;
            }
            let since = self.faults[at].since;
            let unreachable =
                Verdict::FailAfter(LinkFailure::ConnectTimeout, request.connect_timeout);
            match *mode {
                // A stopped task has no process; its address refuses by itself.
                Mode::Stop if place.is_tasks() => {}
                Mode::Stop => return unreachable,
                Mode::Hang => return Verdict::Hang,
                Mode::Slow(by) => late += by,
                // S3 says so itself, in its own words (S3-GET-12).
                Mode::Status(503) if matches!(place, Place::Bucket { .. }) => {}
                Mode::Status(status) => return Verdict::Answer(Box::new(fault_answer(status))),
                Mode::Refuse => return Verdict::Fail(LinkFailure::Refused),
                Mode::Latency { by, jitter } => {
                    network += network::around(by, jitter, &mut self.luck);
                }
                Mode::Loss(percent) => {
                    let most = request.connect_timeout;
                    network += network::retransmitted(percent, most, &mut self.luck);
                }
                Mode::Blackhole(port) if port_of(&request.to) == port => return unreachable,
                Mode::Blackhole(_) => {}
                Mode::BadDeployment if !self.is_of_deployment(request, since) => {}
                Mode::BadDeployment => return Verdict::Fail(LinkFailure::Refused),
                // CF-ORG-06. Load balancers do not look at certificates.
                Mode::CertificateExpired if request.tls => return Verdict::Fail(LinkFailure::Tls),
                Mode::CertificateExpired => {}
                // S3 itself knows of the first two; the others are over when they are done.
                Mode::Missing | Mode::Forbidden | Mode::StopTask | Mode::Kill(_) => {}
                Mode::Reboot | Mode::Failover => {}
            }
        }
        if network >= request.connect_timeout {
            return Verdict::FailAfter(LinkFailure::ConnectTimeout, request.connect_timeout);
        }
        late += network;
        if late.is_zero() { Verdict::Pass } else { Verdict::Hold(late) }
    }

    /// Whether a request goes to a task of a deployment that began at `since` or later.
    fn is_of_deployment(&self, request: &LegRequest, since: Time) -> bool {
        let Address::Socket(to) = &request.to else { return false };
        let task = self.services.ecs.task_at(to.ip());
        task.and_then(|task| self.services.ecs.deployed_at(task.arn)).is_some_and(|at| at >= since)
    }

    /// Whether a container belongs to a deployment that is bad on purpose: its health checks fail.
    pub(crate) fn is_badly_deployed(&self, workload: WorkloadId) -> bool {
        let mut bad = self.faults.iter().filter(|active| active.fault.mode == Mode::BadDeployment);
        bad.any(|active| {
            let ecs = &self.services.ecs;
            let Some(task) = ecs.task_of(workload) else { return false };
            let Place::EcsService(service) = &active.fault.place else { return false };
            ecs.tasks_of(service).iter().any(|(arn, _)| arn == task)
                && ecs.deployed_at(task).is_some_and(|at| at >= active.since)
        })
    }

    fn lies_on(&self, place: &Place, request: &LegRequest) -> bool {
        let ecs = &self.services.ecs;
        match (place, &request.to) {
            (Place::EcsService(arn), Address::Socket(to)) => {
                ecs.task_at(to.ip()).is_some_and(|task| task.service_arn == Some(arn.as_str()))
            }
            (Place::EcsTask(arn), Address::Socket(to)) => {
                ecs.task_at(to.ip()).is_some_and(|task| task.arn == arn)
            }
            (Place::Subnets(subnets), Address::Socket(to)) => {
                let task = ecs.task_at(to.ip());
                task.and_then(|task| ecs.subnet_of(task.arn))
                    .is_some_and(|subnet| subnets.contains(&subnet))
            }
            (Place::LoadBalancer(name), Address::Name { host, .. }) => {
                host.eq_ignore_ascii_case(name)
            }
            (Place::Bucket { bucket, key: None }, Address::Name { host, .. }) => {
                bucket_of(host).is_some_and(|name| name == bucket)
            }
            (Place::Region(region), Address::Socket(to)) => {
                region == self.env.region.as_str() && ecs.task_at(to.ip()).is_some()
            }
            (Place::Region(region), Address::Name { host, .. }) => is_in(host, region),
            (Place::HealthCheck(id), _) => {
                *request.from == *standin_route53::HEALTH_CHECKER && *request.link == **id
            }
            (Place::OriginLink { distribution, origin }, _) => {
                *request.from == **distribution
                    && origin.as_ref().is_none_or(|origin| *request.link == **origin)
            }
            (Place::Link { from, to }, _) => {
                // Health checks do not say which load balancer they come from; the tasks behind it
                // do.
                let checks = to.is_tasks() && *request.from == *HEALTH_CHECKER;
                (checks || *request.from == **from) && self.lies_on(to, request)
            }
            _ => false,
        }
    }

    /// What a fault does to a viewer who asks a load balancer or bucket directly.
    pub(crate) fn viewer_verdict(
        &mut self,
        service: ServiceName,
        host: &str,
        tls: bool,
    ) -> Verdict {
        let host = host.strip_suffix(".localhost").unwrap_or(host);
        let mut late = Duration::ZERO;
        for active in &self.faults {
            let hit = match &active.fault.place {
                Place::LoadBalancer(name) => service == ServiceName::Elbv2 && name == host,
                Place::Region(region) => is_in(host, region),
                Place::Bucket { bucket, key: None } => {
                    service == ServiceName::S3 && bucket_of(host).is_some_and(|name| name == bucket)
                }
                _ => false,
            };
            if !hit {
                continue;
            }
            match active.fault.mode {
                Mode::Stop | Mode::Refuse | Mode::Loss(100) => {
                    return Verdict::Fail(LinkFailure::Refused);
                }
                Mode::Hang => return Verdict::Hang,
                Mode::Slow(by) => late += by,
                Mode::Status(503) if service == ServiceName::S3 => {}
                Mode::Status(status) => return Verdict::Answer(Box::new(fault_answer(status))),
                Mode::Latency { by, jitter } => late += network::around(by, jitter, &mut self.luck),
                Mode::Loss(percent) => {
                    late += network::retransmitted(percent, VIEWER_PATIENCE, &mut self.luck);
                }
                Mode::CertificateExpired if tls => return Verdict::Fail(LinkFailure::Tls),
                Mode::CertificateExpired | Mode::Missing | Mode::Forbidden => {}
                Mode::StopTask | Mode::Kill(_) | Mode::Blackhole(_) | Mode::BadDeployment => {}
                Mode::Reboot | Mode::Failover => {}
            }
        }
        if late.is_zero() { Verdict::Pass } else { Verdict::Hold(late) }
    }

    /// Why a container cannot start, when a `stop` fault covers its task.
    pub(crate) fn launch_refusal(&self, spec: &WorkloadSpec) -> Option<String> {
        let covers = |active: &&ActiveFault| {
            let place = match &active.fault.place {
                Place::Containers { tasks, container } if *container == spec.labels.container => {
                    tasks
                }
                place => place,
            };
            active.fault.mode == Mode::Stop
                && match place {
                    Place::EcsService(arn) => spec.labels.service_arn.as_ref() == Some(arn),
                    Place::EcsTask(arn) => spec.labels.task_arn == *arn,
                    Place::Region(_) => true,
                    Place::Subnets(subnets) => self
                        .services
                        .ecs
                        .subnet_of(&spec.labels.task_arn)
                        .is_some_and(|subnet| subnets.contains(&subnet)),
                    _ => false,
                }
        };
        self.faults.iter().find(covers).map(|active| {
            format!("CannotStartContainerError: {} is broken on purpose", active.fault.target)
        })
    }

    /// Breaks what `target` names, in place of an earlier fault on the same target.
    pub(crate) fn break_target(
        &mut self,
        target: &str,
        mode: Mode,
        lasts: Option<Duration>,
    ) -> Result<Value, ApiError> {
        let place = self.place(target)?;
        if let Some(why) = place.refuses(mode) {
            let message = format!("{target} cannot be broken with {mode}: {why}");
            return Err(ApiError::new("InvalidMode", 400, message));
        }
        let tasks = self.tasks_on(&place);
        if place.is_tasks() && mode.happens_once() && tasks.is_empty() {
            let message = format!("{target} has no running task");
            return Err(ApiError::new("InvalidTarget", 400, message));
        }
        let signal = match mode {
            Mode::Stop if place.is_tasks() || matches!(place, Place::Region(_)) => {
                Some(Signal::Kill)
            }
            Mode::Kill(signal) => Some(signal),
            _ => None,
        };
        for task in &tasks {
            if let Some(signal) = signal {
                for workload in self.workloads_of(&place, task) {
                    self.effects.push(Effect::Signal { workload, signal });
                }
            }
            if mode == Mode::StopTask {
                self.stop_task(task);
            }
        }
        if let Place::Database { instance, .. } = &place {
            self.hit_database(target, instance, mode)?;
        }
        self.effects.push(Effect::Log { source: "fault", line: format!("{target}: {mode}") });
        let once = mode.happens_once();
        if !once {
            let until = lasts.map(|lasts| self.now + lasts);
            self.faults.retain(|active| {
                active.fault.place != place || mode.lives_beside(active.fault.mode)
            });
            let fault = Fault { target: target.into(), place, mode, until };
            self.faults.push(ActiveFault { fault, since: self.now });
            self.faults_changed();
        }
        if mode == Mode::BadDeployment
            && let Err(refused) = self.deploy(target)
        {
            self.faults.retain(|active| active.fault.target != target);
            self.faults_changed();
            return Err(refused);
        }
        Ok(json!({"Target": target, "Mode": mode.to_string(), "Once": once}))
    }

    /// The running containers of a task that belong to a place.
    fn workloads_of(&self, place: &Place, task: &str) -> Vec<WorkloadId> {
        let ecs = &self.services.ecs;
        match place {
            Place::Containers { container, .. } => {
                ecs.running_workload(task, container).into_iter().collect()
            }
            _ => ecs.running_workloads(task),
        }
    }

    /// What happens to a database once: killed, or rebooted as FIS does it.
    fn hit_database(&mut self, target: &str, instance: &str, mode: Mode) -> Result<(), ApiError> {
        match mode {
            Mode::Kill(signal) => {
                let Some(workload) = self.services.rds.running_server(instance) else {
                    let message = format!("{target} has no running server");
                    return Err(ApiError::new("InvalidTarget", 400, message));
                };
                self.effects.push(Effect::Signal { workload, signal });
                Ok(())
            }
            Mode::Reboot | Mode::Failover => {
                let input = json!({
                    "DBInstanceIdentifier": instance, "ForceFailover": mode == Mode::Failover,
                });
                let rds = ServiceName::Rds;
                self.with(rds, None, |service, cx| service.call(cx, "RebootDBInstance", &input))
                    .map(drop)
            }
            _ => Ok(()),
        }
    }

    /// What is broken of databases and of the zones they are in.
    fn broken_databases(&self) -> Vec<Broken> {
        let broken = |active: &ActiveFault| match (&active.fault.place, active.fault.mode) {
            (Place::Database { instance, zone }, mode) => {
                Some(Broken { instance: Some(instance.clone()), zone: Some(zone.clone()), mode })
            }
            (Place::Region(_), mode) => Some(Broken { instance: None, zone: None, mode }),
            // Of a subnet that is not a zone's nobody knows whether the database is in it.
            (Place::Subnets(_), mode) => {
                let zone = active.fault.target.clone();
                // A server that lives where no packet goes answers nothing.
                let mode = if mode == Mode::Loss(100) { Mode::Hang } else { mode };
                Some(Broken { instance: None, zone: Some(zone), mode })
            }
            _ => None,
        };
        self.faults.iter().filter_map(broken).collect()
    }

    /// The ARNs of the living tasks of a place.
    fn tasks_on(&self, place: &Place) -> Vec<String> {
        let ecs = &self.services.ecs;
        match place {
            Place::EcsService(arn) => ecs.tasks_of(arn).into_iter().map(|task| task.0).collect(),
            Place::EcsTask(arn) => vec![arn.clone()],
            Place::Containers { tasks, .. } => self.tasks_on(tasks),
            Place::Region(_) => ecs.tasks().map(str::to_owned).collect(),
            Place::Subnets(subnets) => ecs
                .tasks()
                .filter(|arn| ecs.subnet_of(arn).is_some_and(|subnet| subnets.contains(&subnet)))
                .map(str::to_owned)
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Deploys what the service runs once more, as if it were another revision.
    fn deploy(&mut self, target: &str) -> Result<(), ApiError> {
        let Place::EcsService(arn) = self.place(target)? else { return Ok(()) };
        // arn:aws:ecs:REGION:ACCOUNT:service/CLUSTER/NAME
        let cluster = arn.split('/').nth(1).unwrap_or_default();
        let input = json!({"cluster": cluster, "service": arn, "forceNewDeployment": true});
        let ecs = ServiceName::Ecs;
        self.with(ecs, None, |service, cx| service.call(cx, "UpdateService", &input)).map(drop)
    }

    /// Lets ECS stop a task, as FIS does with its `StopTask`.
    fn stop_task(&mut self, arn: &str) {
        let cluster = arn.split('/').nth(1).unwrap_or_default();
        let input = json!({
            "cluster": cluster, "task": arn, "reason": "Stopped on purpose (aws:ecs:stop-task)",
        });
        let ecs = ServiceName::Ecs;
        let reply = self.with(ecs, None, |service, cx| service.call(cx, "StopTask", &input));
        debug_assert!(reply.is_ok(), "a living task can be stopped: {reply:?}");
    }

    /// Mends one target, or everything.
    pub(crate) fn repair(&mut self, target: Option<&str>) -> Result<Value, ApiError> {
        let before = self.faults.len();
        let place = target.and_then(|target| self.place(target).ok());
        self.faults.retain(|active| {
            let named = target.is_none_or(|target| active.fault.target == target);
            !(named || Some(&active.fault.place) == place.as_ref())
        });
        self.faults_changed();
        let mended = before - self.faults.len();
        match target {
            Some(target) if mended == 0 => {
                let message = format!("{target} is not broken");
                Err(ApiError::new("NotBroken", 404, message))
            }
            _ => {
                let line = format!("{} repaired", target.unwrap_or("everything"));
                self.effects.push(Effect::Log { source: "fault", line });
                Ok(json!({"Repaired": mended}))
            }
        }
    }

    pub fn faults(&self) -> &[ActiveFault] {
        &self.faults
    }

    pub(crate) fn end_faults(&mut self) {
        let now = self.now;
        self.faults.retain(|active| active.fault.until.is_none_or(|until| until > now));
        self.faults_changed();
    }

    /// Sets the timer for the next end of a fault, and tells S3 which of its objects are broken.
    fn faults_changed(&mut self) {
        match self.faults.iter().filter_map(|active| active.fault.until).min() {
            Some(at) => self.timers.set(EngineTimer::FaultEnds, at, "a fault ends"),
            None => self.timers.clear(&EngineTimer::FaultEnds),
        }
        let objects = self.faults.iter().filter_map(|active| match &active.fault.place {
            Place::Bucket { bucket, key } => Some((bucket.clone(), key.clone(), active.fault.mode)),
            _ => None,
        });
        self.services.s3.set_broken(objects.collect());
        let functions = self.faults.iter().filter_map(|active| match &active.fault.place {
            Place::Function(name) => Some((name.clone(), active.fault.mode)),
            Place::Region(_) => {
                Some((standin_lambda::EVERY_FUNCTION.to_owned(), active.fault.mode))
            }
            _ => None,
        });
        self.services.lambda.set_broken(functions.collect());
        let databases = self.broken_databases();
        self.services.rds.set_broken(databases, self.now);
        // It acts at its next deadline, which has just been set.
        self.deadlines.touch(ServiceName::Rds);
    }
}

/// `bucket` of `bucket.s3.region.amazonaws.com` and of its website's name.
fn bucket_of(host: &str) -> Option<&str> {
    let at = host.find(".s3.").or_else(|| host.find(".s3-website"))?;
    Some(&host[..at])
}

/// Whether a name of AWS's own belongs to a Region. Buckets under their global name do, too.
fn is_in(host: &str, region: &str) -> bool {
    let regional =
        host.contains(region) && (host.ends_with(".amazonaws.com") || host.ends_with(".on.aws"));
    regional || host.ends_with(".s3.amazonaws.com")
}

fn port_of(address: &Address) -> u16 {
    match address {
        Address::Name { port, .. } => *port,
        Address::Socket(socket) => socket.port(),
    }
}
