//! A task's places in the target groups of its service: in when its containers run, out before they
//! are stopped, and what the load balancer says of its health meanwhile.

use serde::{Deserialize, Serialize};
use standin_kernel::{ApiError, Cx, Duration, Value, json};

use super::desk::{Call, Desk, TaskTimer};
use super::task::{News, Task};
use crate::config::LoadBalancer;

/// How long until a refused registration is tried again.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// One target of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Target {
    pub(crate) group: String,
    pub(crate) port: u16,
    pub(crate) state: TargetState,
    #[serde(skip)]
    pub(crate) health: TargetHealth,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum TargetState {
    Unregistered,
    Registering,
    Registered,
    /// Deregistered; the load balancer may still be finishing requests.
    Draining,
    Gone,
}

/// What the load balancer says of a registered target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum TargetHealth {
    /// Not known yet, or not checked by any load balancer.
    #[default]
    Unknown,
    Healthy,
    /// With the load balancer's description of why.
    Unhealthy(String),
}

/// One entry of the reply of DescribeTargetHealth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    id: String,
    port: u16,
    state: String,
    description: String,
}

impl Seen {
    pub(crate) fn read(reply: &Value) -> Vec<Self> {
        let entries = reply["TargetHealthDescriptions"].as_array();
        entries.into_iter().flatten().filter_map(Self::read_one).collect()
    }

    fn read_one(entry: &Value) -> Option<Self> {
        let (target, health) = (&entry["Target"], &entry["TargetHealth"]);
        Some(Self {
            id: target["Id"].as_str()?.to_owned(),
            port: u16::try_from(target["Port"].as_u64()?).ok()?,
            state: health["State"].as_str()?.to_owned(),
            description: health["Description"].as_str().unwrap_or_default().to_owned(),
        })
    }
}

impl Target {
    pub(crate) fn new(balancer: LoadBalancer) -> Self {
        Self {
            group: balancer.target_group_arn,
            port: balancer.container_port,
            state: TargetState::Unregistered,
            health: TargetHealth::Unknown,
        }
    }

    /// Whether the load balancer is to be asked about it.
    pub(crate) fn is_watched(&self) -> bool {
        matches!(self.state, TargetState::Registered | TargetState::Draining)
    }
}

impl Task {
    pub(crate) fn register(&mut self, cx: &mut Cx<'_>, desk: &mut Desk) {
        for index in 0..self.targets.len() {
            if self.targets[index].state == TargetState::Unregistered {
                self.targets[index].state = TargetState::Registering;
                let call = Call::Register { task: self.arn.clone(), target: index };
                desk.call(cx, call, "RegisterTargets", self.target_input(index));
                self.touch();
            }
        }
    }

    pub(crate) fn deregister(&mut self, cx: &mut Cx<'_>, desk: &mut Desk) {
        for index in 0..self.targets.len() {
            let state = self.targets[index].state;
            if matches!(state, TargetState::Registering | TargetState::Registered) {
                self.targets[index].state = TargetState::Draining;
                let call = Call::Deregister { task: self.arn.clone(), target: index };
                desk.call(cx, call, "DeregisterTargets", self.target_input(index));
                self.touch();
            }
        }
    }

    pub(crate) fn target_input(&self, index: usize) -> Value {
        let target = &self.targets[index];
        json!({
            "TargetGroupArn": target.group,
            "Targets": [{"Id": self.address.to_string(), "Port": target.port}],
        })
    }

    pub(crate) fn registered(
        &mut self,
        cx: &mut Cx<'_>,
        desk: &mut Desk,
        index: usize,
        reply: Result<Value, ApiError>,
    ) {
        let target = &mut self.targets[index];
        // Meanwhile it may have been taken out again; that call is on its way.
        if target.state != TargetState::Registering {
            return;
        }
        let group = target.group.clone();
        match reply {
            Ok(_) => {
                target.state = TargetState::Registered;
                self.news.push(News::Registered { group });
                self.touch();
                self.advance(cx, desk);
            }
            Err(error) => {
                target.state = TargetState::Unregistered;
                self.news.push(News::NotRegistered { group, error: error.message });
                desk.set_task(&self.arn, TaskTimer::RegisterAgain, cx.now + TRY_AGAIN_AFTER);
            }
        }
    }

    pub(crate) fn deregistered(
        &mut self,
        cx: &mut Cx<'_>,
        desk: &mut Desk,
        index: usize,
        reply: &Result<Value, ApiError>,
    ) {
        let target = &mut self.targets[index];
        match reply {
            Ok(_) => {
                let group = target.group.clone();
                self.news.push(News::Deregistered { group });
            }
            // The target group is no more: nothing drains.
            Err(_) => target.state = TargetState::Gone,
        }
        self.leave(cx, desk);
    }

    /// What a target group says of its targets. `None`: the group cannot be asked.
    pub(crate) fn targets_seen(
        &mut self,
        cx: &mut Cx<'_>,
        desk: &mut Desk,
        group: &str,
        seen: Option<&[Seen]>,
    ) {
        let id = self.address.to_string();
        let mut changed = false;
        for target in self.targets.iter_mut().filter(|target| target.group == group) {
            let entry = seen.into_iter().flatten();
            let entry = entry.into_iter().find(|seen| seen.id == id && seen.port == target.port);
            match target.state {
                TargetState::Draining => {
                    let draining = entry.is_some_and(|entry| entry.state == "draining");
                    if !draining {
                        target.state = TargetState::Gone;
                        changed = true;
                    }
                }
                TargetState::Registered => {
                    let health = entry.map_or(TargetHealth::Unknown, health_of);
                    changed |= health != target.health;
                    target.health = health;
                }
                TargetState::Unregistered | TargetState::Registering | TargetState::Gone => {}
            }
        }
        if changed {
            self.touch();
            self.news.push(News::Health);
            self.leave(cx, desk);
        }
    }

    /// Goes on with stopping when nothing drains any more.
    fn leave(&mut self, cx: &mut Cx<'_>, desk: &mut Desk) {
        if !self.is_wanted() && !self.is_stopped() {
            self.wind_down(cx, desk);
        }
    }
}

fn health_of(entry: &Seen) -> TargetHealth {
    match entry.state.as_str() {
        "healthy" => TargetHealth::Healthy,
        "unhealthy" => TargetHealth::Unhealthy(entry.description.clone()),
        _ => TargetHealth::Unknown,
    }
}
