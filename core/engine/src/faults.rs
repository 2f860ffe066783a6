//! What is broken right now, and what that does to each request and each start of a container.

use std::net::IpAddr;

use standin_kernel::fault::{Fault, Mode, Place};
use standin_kernel::workload::{Signal, WorkloadSpec};
use standin_kernel::{
    Address, ApiError, Duration, LegRequest, LinkFailure, Response, ServiceName, Value, json,
};

use crate::io::{ActiveFault, Effect};
use crate::legs::fault_answer;
use crate::{Engine, EngineTimer};

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
    /// First fault that fits wins.
    pub(crate) fn verdict(&self, request: &LegRequest) -> Verdict {
        if self.faults.is_empty() {
            return Verdict::Pass;
        }
        let hit = self.faults.iter().find(|active| self.lies_on(&active.fault.place, request));
        let Some(fault) = hit.map(|active| &active.fault) else { return Verdict::Pass };
        let task = matches!(fault.place, Place::EcsService(_) | Place::EcsTask(_));
        match fault.mode {
            // A stopped task has no process; its address refuses by itself.
            Mode::Stop if task => Verdict::Pass,
            Mode::Stop => Verdict::FailAfter(LinkFailure::ConnectTimeout, request.connect_timeout),
            Mode::Hang => Verdict::Hang,
            Mode::Slow(by) => Verdict::Hold(by),
            Mode::Status(status) => Verdict::Answer(Box::new(fault_answer(status))),
            Mode::Refuse => Verdict::Fail(LinkFailure::Refused),
        }
    }

    fn lies_on(&self, place: &Place, request: &LegRequest) -> bool {
        match (place, &request.to) {
            (Place::EcsService(arn), Address::Socket(to)) => self
                .services
                .ecs
                .tasks_of(arn)
                .iter()
                .any(|(_, address)| IpAddr::V4(*address) == to.ip()),
            (Place::EcsTask(arn), Address::Socket(to)) => self
                .services
                .ecs
                .task_address(arn)
                .is_some_and(|address| IpAddr::V4(address) == to.ip()),
            (Place::LoadBalancer(name), Address::Name { host, .. }) => {
                host.eq_ignore_ascii_case(name)
            }
            (Place::Bucket(bucket), Address::Name { host, .. }) => {
                bucket_of(host).is_some_and(|name| name == bucket)
            }
            (Place::OriginLink { distribution, origin }, _) => {
                *request.from == **distribution
                    && origin.as_ref().is_none_or(|origin| *request.link == **origin)
            }
            _ => false,
        }
    }

    /// What a fault does to a viewer who asks a load balancer or bucket directly.
    pub(crate) fn viewer_verdict(&self, service: ServiceName, host: &str) -> Verdict {
        let host = host.strip_suffix(".localhost").unwrap_or(host);
        let hit = self.faults.iter().find(|active| match &active.fault.place {
            Place::LoadBalancer(name) => service == ServiceName::Elbv2 && name == host,
            Place::Bucket(bucket) => {
                service == ServiceName::S3 && bucket_of(host).is_some_and(|name| name == bucket)
            }
            Place::EcsService(_) | Place::EcsTask(_) | Place::OriginLink { .. } => false,
        });
        match hit.map(|active| active.fault.mode) {
            None => Verdict::Pass,
            Some(Mode::Stop | Mode::Refuse) => Verdict::Fail(LinkFailure::Refused),
            Some(Mode::Hang) => Verdict::Hang,
            Some(Mode::Slow(by)) => Verdict::Hold(by),
            Some(Mode::Status(status)) => Verdict::Answer(Box::new(fault_answer(status))),
        }
    }

    /// Why a container cannot start, when a `stop` fault covers its task.
    pub(crate) fn launch_refusal(&self, spec: &WorkloadSpec) -> Option<String> {
        let covers = |active: &&ActiveFault| {
            active.fault.mode == Mode::Stop
                && match &active.fault.place {
                    Place::EcsService(arn) => spec.labels.service_arn.as_ref() == Some(arn),
                    Place::EcsTask(arn) => spec.labels.task_arn == *arn,
                    Place::LoadBalancer(_) | Place::Bucket(_) | Place::OriginLink { .. } => false,
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
        let until = lasts.map(|lasts| self.now + lasts);
        self.faults.retain(|active| active.fault.place != place);
        let tasks = match (&place, mode) {
            (Place::EcsService(arn) | Place::EcsTask(arn), Mode::Stop) => {
                self.services.ecs.running_workloads(arn)
            }
            _ => Vec::new(),
        };
        for workload in tasks {
            self.effects.push(Effect::Signal { workload, signal: Signal::Kill });
        }
        let fault = Fault { target: target.into(), place, mode, until };
        let reply = json!({"Target": target, "Mode": mode.to_string()});
        self.effects.push(Effect::Log { source: "fault", line: format!("{target}: {mode}") });
        self.faults.push(ActiveFault { fault, since: self.now });
        self.set_fault_timer();
        Ok(reply)
    }

    /// Mends one target, or everything.
    pub(crate) fn repair(&mut self, target: Option<&str>) -> Result<Value, ApiError> {
        let before = self.faults.len();
        let place = target.and_then(|target| self.place(target).ok());
        self.faults.retain(|active| {
            let named = target.is_none_or(|target| active.fault.target == target);
            !(named || Some(&active.fault.place) == place.as_ref())
        });
        self.set_fault_timer();
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
        self.set_fault_timer();
    }

    fn set_fault_timer(&mut self) {
        match self.faults.iter().filter_map(|active| active.fault.until).min() {
            Some(at) => self.timers.set(EngineTimer::FaultEnds, at, "a fault ends"),
            None => self.timers.clear(&EngineTimer::FaultEnds),
        }
    }

    /// Where `Service`, `Distribution/origin` or a task's id lies.
    fn place(&self, target: &str) -> Result<Place, ApiError> {
        let (logical_id, part) = match target.split_once('/') {
            Some((logical_id, part)) => (logical_id, Some(part.to_owned())),
            None => (target, None),
        };
        if let Some(arn) = self.services.ecs.task_arn(target) {
            return Ok(Place::EcsTask(arn));
        }
        let Some(resource) = self.services.cloudformation.resource(None, logical_id) else {
            return Err(self.no_such_target(target));
        };
        let physical = resource.physical_id.clone();
        match resource.resource_type.as_str() {
            "AWS::ECS::Service" => Ok(Place::EcsService(physical)),
            "AWS::ElasticLoadBalancingV2::LoadBalancer" => {
                let name = resource.attributes.get("DNSName").and_then(Value::as_str);
                let name = name.unwrap_or_default().to_ascii_lowercase();
                Ok(Place::LoadBalancer(name))
            }
            "AWS::S3::Bucket" => Ok(Place::Bucket(physical)),
            "AWS::CloudFront::Distribution" => {
                Ok(Place::OriginLink { distribution: physical, origin: part })
            }
            other => {
                let message = format!(
                    "{target} is an {other}, which cannot be broken; services, tasks, load balancers, \
                     buckets and distributions (Distribution/origin-id) can"
                );
                Err(ApiError::new("InvalidTarget", 400, message))
            }
        }
    }

    fn no_such_target(&self, target: &str) -> ApiError {
        let names = self.breakable().join(", ");
        let message = format!("no resource and no task is called {target}; there are: {names}");
        ApiError::new("NoSuchTarget", 404, message)
    }
}

/// `bucket` of `bucket.s3.region.amazonaws.com` and of its website's name.
fn bucket_of(host: &str) -> Option<&str> {
    let at = host.find(".s3.").or_else(|| host.find(".s3-website"))?;
    Some(&host[..at])
}
