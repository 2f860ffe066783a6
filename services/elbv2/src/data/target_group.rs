//! A target group's live side: who is registered, who is fit, how much each has to do.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use standin_kernel::{Cx, Time, Timers};

use super::target_health::{Health, State};
use crate::config::{Target, TargetGroup, TargetType};

/// All target groups, and the timers of their targets.
#[derive(Clone, Debug, Default)]
pub(crate) struct TargetGroups {
    pub(super) groups: BTreeMap<Arc<str>, Group>,
    /// The group each registration belongs to.
    pub(super) owners: BTreeMap<u64, Arc<str>>,
    pub(super) timers: Timers<Timer>,
    /// Checks of functions under way: the registration, by ticket.
    pub(super) checks: BTreeMap<u64, u64>,
    pub(super) last_check: u64,
    last_number: u64,
}

/// Each names a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// The next check is due.
    HealthCheck(u64),
    /// The check under way has taken too long.
    HealthCheckTimeout(u64),
    /// The deregistration delay is over.
    DeregistrationDelay(u64),
}

#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(super) settings: Arc<TargetGroup>,
    pub(super) in_use: bool,
    pub(super) members: Vec<Member>,
    /// Where round robin goes on.
    pub(super) cursor: usize,
    /// How many members are healthy, or not checked at all.
    pub(super) healthy: usize,
    /// How many members are registered: all that are not draining.
    pub(super) registered: usize,
    /// Since the last minute was told.
    hosts: Option<Hosts>,
}

/// How many targets were healthy, and how many were not, over a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hosts {
    pub(crate) healthy: Range,
    pub(crate) unhealthy: Range,
}

/// A number that goes up and down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) least: usize,
    pub(crate) most: usize,
    pub(crate) last: usize,
}

impl Range {
    const fn at(last: usize) -> Self {
        Self { least: last, most: last, last }
    }

    fn turns(&mut self, last: usize) {
        *self = Self { least: self.least.min(last), most: self.most.max(last), last };
    }
}

/// One registration of a target.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// Given out once; also the number its checks are sent under.
    pub(super) number: u64,
    pub(super) target: Target,
    pub(super) socket: SocketAddr,
    /// `ip:port`, or the ARN of a function, for faults and traces.
    pub(super) link: Arc<str>,
    /// Stands for it in cookies.
    pub(super) key: u64,
    pub(super) health: Health,
    /// Requests it has not finished answering.
    pub(super) outstanding: u32,
    /// When it entered slow start.
    pub(super) slow_since: Option<Time>,
    /// Whether a check is under way.
    pub(super) checking: bool,
}

/// One row of `DescribeTargetHealth`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TargetHealth {
    pub(crate) target: Target,
    /// The port checks go to.
    pub(crate) health_check_port: u16,
    pub(crate) state: &'static str,
    pub(crate) reason: Option<&'static str>,
    pub(crate) description: Option<String>,
}

/// The target is still being deregistered: an ip target has to wait for that (ALB-TG-09).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StillDraining;

impl TargetGroups {
    /// A new group, or changed settings of one: checks follow at once, states stay.
    pub(crate) fn set(&mut self, cx: &mut Cx<'_>, settings: Arc<TargetGroup>) {
        let Some(group) = self.groups.get_mut(&settings.arn) else {
            self.groups.insert(Arc::clone(&settings.arn), Group::new(settings));
            return;
        };
        let (had, interval) = (&group.settings.health_check, settings.health_check.interval);
        let checked = settings.health_check.enabled;
        let changed = had.interval != interval || had.enabled != checked;
        group.settings = settings;
        if !changed {
            return;
        }
        for member in &mut group.members {
            member.health.used(group.in_use, checked);
        }
        group.count();
        let members = group.members.iter();
        let numbers: Vec<(u64, bool)> =
            members.map(|member| (member.number, member.is_checked())).collect();
        for (number, is_checked) in numbers {
            if is_checked {
                self.schedule_first(cx, number, interval);
            } else if !checked {
                self.stop_checks(cx, number);
            }
        }
    }

    /// Forgets a group with its targets.
    pub(crate) fn remove(&mut self, cx: &mut Cx<'_>, arn: &str) {
        let Some(group) = self.groups.remove(arn) else { return };
        for member in &group.members {
            self.forget_timers(cx, member.number);
        }
    }

    /// Whether a listener's action leads to the group; without that its targets are `unused` and
    /// not checked (ALB-HC-13).
    pub(crate) fn in_use(&mut self, cx: &mut Cx<'_>, arn: &str, in_use: bool) {
        let Some(group) = self.groups.get_mut(arn) else { return };
        if group.in_use == in_use {
            return;
        }
        group.in_use = in_use;
        let check = &group.settings.health_check;
        let (interval, checked) = (check.interval, check.enabled);
        let mut numbers = Vec::new();
        for member in &mut group.members {
            member.health.used(in_use, checked);
            member.slow_since = None;
            if in_use != (member.health.state() == State::Unused) {
                numbers.push(member.number);
            }
        }
        group.count();
        for number in numbers {
            if in_use && self.member(number).is_some_and(Member::is_checked) {
                self.schedule_first(cx, number, interval);
            } else if !in_use {
                self.stop_checks(cx, number);
            }
        }
    }

    /// Adds a target; one that is registered already stays as it is.
    pub(crate) fn register(
        &mut self,
        cx: &mut Cx<'_>,
        arn: &str,
        target: Target,
    ) -> Result<(), StillDraining> {
        let Some(group) = self.groups.get_mut(arn) else { return Ok(()) };
        let there = group
            .members
            .iter()
            .position(|member| member.target.id == target.id && member.target.port == target.port);
        if let Some(at) = there {
            if group.members[at].health.state() != State::Draining {
                return Ok(());
            }
            if group.settings.target_type == TargetType::Ip {
                return Err(StillDraining);
            }
            let number = group.members[at].number;
            let group = Arc::clone(&group.settings.arn);
            self.timers.clear(&Timer::DeregistrationDelay(number));
            self.owners.insert(number, group);
            self.begin(cx, arn, number);
            return Ok(());
        }
        self.last_number += 1;
        let number = self.last_number;
        let socket = SocketAddr::new(target.address, target.port);
        let link = match group.settings.target_type {
            TargetType::Lambda => Arc::clone(&target.id),
            TargetType::Instance | TargetType::Ip => socket.to_string().into(),
        };
        group.members.push(Member {
            number,
            key: key_of(&format!("{}:{}", target.id, target.port)),
            target,
            socket,
            link,
            health: Health::new(false, true),
            outstanding: 0,
            slow_since: None,
            checking: false,
        });
        self.owners.insert(number, Arc::clone(&group.settings.arn));
        self.begin(cx, arn, number);
        Ok(())
    }

    /// A registration begins: in use, it is checked.
    fn begin(&mut self, cx: &mut Cx<'_>, arn: &str, number: u64) {
        let Some(group) = self.groups.get_mut(arn) else { return };
        let check = &group.settings.health_check;
        let (in_use, interval, checked) = (group.in_use, check.interval, check.enabled);
        if let Some(member) = group.members.iter_mut().find(|member| member.number == number) {
            member.health = Health::new(in_use, checked);
        }
        group.count();
        if in_use && checked {
            self.schedule_first(cx, number, interval);
        }
    }

    /// The targets in the order of their registration, with their health.
    pub(crate) fn health(&self, arn: &str) -> Vec<TargetHealth> {
        let Some(group) = self.groups.get(arn) else { return Vec::new() };
        let row = |member: &Member| {
            let state = member.health.state();
            TargetHealth {
                target: member.target.clone(),
                health_check_port: member.check_socket(&group.settings).port(),
                state: state.name(),
                reason: state.reason(),
                description: state.description(),
            }
        };
        group.members.iter().map(row).collect()
    }

    pub(super) fn member(&self, number: u64) -> Option<&Member> {
        let group = self.groups.get(self.owners.get(&number)?)?;
        group.members.iter().find(|member| member.number == number)
    }

    /// The group a registration belongs to, and its place there.
    pub(super) fn find(&mut self, number: u64) -> Option<(&mut Group, usize)> {
        let group = self.groups.get_mut(self.owners.get(&number)?)?;
        let at = group.members.iter().position(|member| member.number == number)?;
        Some((group, at))
    }

    /// An exchange with a target is over.
    pub(super) fn done(&mut self, number: u64) {
        if let Some((group, at)) = self.find(number) {
            let member = &mut group.members[at];
            member.outstanding = member.outstanding.saturating_sub(1);
        }
    }
}

impl Group {
    const fn new(settings: Arc<TargetGroup>) -> Self {
        let members = Vec::new();
        let (healthy, registered) = (0, 0);
        Self { settings, in_use: false, members, cursor: 0, healthy, registered, hosts: None }
    }

    /// Counts again, after any change of a member's state.
    pub(super) fn count(&mut self) {
        let states = || self.members.iter().map(|member| member.health.state());
        let healthy = |state: &State| matches!(state, State::Healthy | State::Unavailable);
        self.healthy = states().filter(healthy).count();
        self.registered = states().filter(|state| *state != State::Draining).count();
        let unhealthy = states().filter(|state| matches!(state, State::Unhealthy(_))).count();
        let now = Hosts { healthy: Range::at(self.healthy), unhealthy: Range::at(unhealthy) };
        let hosts = self.hosts.get_or_insert(now);
        hosts.healthy.turns(self.healthy);
        hosts.unhealthy.turns(unhealthy);
    }

    /// How many targets were fit since this was asked last; `None` while none is registered.
    pub(super) fn take_hosts(&mut self) -> Option<Hosts> {
        let was = self.hosts?;
        let now = |range: Range| Range::at(range.last);
        self.hosts = Some(Hosts { healthy: now(was.healthy), unhealthy: now(was.unhealthy) });
        (self.registered > 0).then_some(was)
    }

    /// Whether there are too few healthy targets to be choosy: all get requests (ALB-FO-01,
    /// ALB-FO-02).
    pub(crate) fn fails_open(&self) -> bool {
        let attributes = &self.settings.attributes;
        let few = |share: u32| self.healthy * 100 < share as usize * self.registered;
        self.healthy < attributes.minimum_healthy_count as usize
            || attributes.minimum_healthy_percentage.is_some_and(few)
    }
}

impl Member {
    /// Whether it may get a new request, given whether its group fails open.
    pub(crate) fn is_fit(&self, fails_open: bool) -> bool {
        match self.health.state() {
            State::Healthy | State::Unavailable => true,
            State::Registering | State::Checking | State::Unhealthy(_) => fails_open,
            State::Unused | State::Draining => false,
        }
    }

    /// Whether checks are made of it.
    pub(super) fn is_checked(&self) -> bool {
        !matches!(self.health.state(), State::Unused | State::Unavailable | State::Draining)
    }

    /// Where its checks go: its own port unless the group names one (ALB-TG-04).
    pub(super) fn check_socket(&self, settings: &TargetGroup) -> SocketAddr {
        let port = settings.health_check.port.unwrap_or(self.target.port);
        SocketAddr::new(self.target.address, port)
    }
}

/// What stands for a target or group in a cookie (FNV-1a).
pub(super) fn key_of(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
