//! What is kept across restarts: load balancers, listeners, rules, target groups with their
//! targets. What is live (health, connections, compiled rules) is made from it.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use standin_kernel::control::Record;
use standin_kernel::{Cx, Time};

use crate::api::action::Action;
use crate::api::condition::Condition;
use crate::error::{
    Result, listener_not_found, load_balancer_not_found, rule_not_found, target_group_not_found,
};

const LOAD_BALANCER: &str = "load-balancer";
const LISTENER: &str = "listener";
const RULE: &str = "rule";
const TARGET_GROUP: &str = "target-group";

/// Tags by key.
pub(crate) type Tags = BTreeMap<String, String>;

/// Attributes that were set, by key; the others have their defaults.
pub(crate) type Attributes = BTreeMap<String, String>;

/// All of it, by ARN.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) load_balancers: BTreeMap<String, LoadBalancer>,
    pub(crate) listeners: BTreeMap<String, Listener>,
    pub(crate) rules: BTreeMap<String, Rule>,
    pub(crate) target_groups: BTreeMap<String, TargetGroup>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LoadBalancer {
    pub(crate) arn: String,
    pub(crate) name: String,
    /// In lower case, as viewers ask for it.
    pub(crate) dns_name: String,
    pub(crate) created: Time,
    /// When it begins to serve.
    pub(crate) active_at: Time,
    pub(crate) internal: bool,
    pub(crate) ip_address_type: String,
    pub(crate) security_groups: Vec<String>,
    pub(crate) placement: Placement,
    pub(crate) attributes: Attributes,
    pub(crate) tags: Tags,
}

impl LoadBalancer {
    /// ALB-LS-14
    pub(crate) fn state(&self, now: Time) -> LoadBalancerState {
        if self.placement.subnets.is_empty() && self.placement.refused.is_some() {
            LoadBalancerState::Failed
        } else if self.placement.subnets.is_empty() || now < self.active_at {
            LoadBalancerState::Provisioning
        } else {
            LoadBalancerState::Active
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoadBalancerState {
    Provisioning,
    Active,
    Failed,
}

/// Where a load balancer stands. EC2 knows the zones of subnets; it is asked, and answers a moment
/// later.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Placement {
    pub(crate) vpc_id: String,
    /// In the order they were asked for; none until EC2 has answered.
    pub(crate) subnets: Vec<SubnetOfZone>,
    /// The subnets EC2 is being asked about.
    pub(crate) wanted: Option<Vec<String>>,
    /// Why it did not go where it was last wanted.
    pub(crate) refused: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SubnetOfZone {
    pub(crate) subnet_id: String,
    pub(crate) zone: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Listener {
    pub(crate) arn: String,
    pub(crate) load_balancer_arn: String,
    pub(crate) port: u16,
    pub(crate) protocol: ListenerProtocol,
    /// The default certificate first; empty for HTTP.
    pub(crate) certificates: Vec<String>,
    pub(crate) ssl_policy: Option<String>,
    pub(crate) default_rule_arn: String,
    pub(crate) default_rule_tags: Tags,
    pub(crate) default_actions: Vec<Action>,
    pub(crate) attributes: Attributes,
    pub(crate) tags: Tags,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum ListenerProtocol {
    Http,
    Https,
}

impl ListenerProtocol {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::Https => "HTTPS",
        }
    }
}

/// A rule that is not a listener's default one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Rule {
    pub(crate) arn: String,
    pub(crate) listener_arn: String,
    /// 1 to 50,000
    pub(crate) priority: u16,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) actions: Vec<Action>,
    pub(crate) tags: Tags,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TargetGroup {
    pub(crate) arn: String,
    pub(crate) name: String,
    /// `HTTP` or `HTTPS`: how targets are spoken to. A group for a function has no protocol, port
    /// or network; what stands here then is not shown.
    pub(crate) protocol: ListenerProtocol,
    pub(crate) port: u16,
    pub(crate) vpc_id: String,
    pub(crate) target_type: TargetType,
    pub(crate) health_check: HealthCheck,
    pub(crate) attributes: Attributes,
    pub(crate) tags: Tags,
    pub(crate) targets: Vec<Target>,
    /// The ARN of the function that is the target (ALB-TG-03).
    #[serde(default)]
    pub(crate) function: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TargetType {
    Instance,
    Ip,
    Lambda,
}

impl TargetType {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::Ip => "ip",
            Self::Lambda => "lambda",
        }
    }
}

/// How targets are checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HealthCheck {
    /// `false` for functions only (ALB-HC-14).
    #[serde(default = "yes")]
    pub(crate) enabled: bool,
    pub(crate) protocol: ListenerProtocol,
    /// `None`: the port the target is registered with.
    pub(crate) port: Option<u16>,
    pub(crate) path: String,
    pub(crate) interval_s: u16,
    pub(crate) timeout_s: u16,
    pub(crate) healthy_threshold: u8,
    pub(crate) unhealthy_threshold: u8,
    /// Codes and ranges as written: `200,202` or `200-299`.
    pub(crate) matcher: String,
}

const fn yes() -> bool {
    true
}

/// A registered target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Target {
    pub(crate) address: Ipv4Addr,
    pub(crate) port: u16,
    pub(crate) availability_zone: Option<String>,
}

impl State {
    pub(crate) fn load_balancer(&self, arn: &str) -> Result<&LoadBalancer> {
        self.load_balancers.get(arn).ok_or_else(load_balancer_not_found)
    }

    pub(crate) fn load_balancer_mut(&mut self, arn: &str) -> Result<&mut LoadBalancer> {
        self.load_balancers.get_mut(arn).ok_or_else(load_balancer_not_found)
    }

    pub(crate) fn listener(&self, arn: &str) -> Result<&Listener> {
        self.listeners.get(arn).ok_or_else(listener_not_found)
    }

    pub(crate) fn listener_mut(&mut self, arn: &str) -> Result<&mut Listener> {
        self.listeners.get_mut(arn).ok_or_else(listener_not_found)
    }

    pub(crate) fn rule_mut(&mut self, arn: &str) -> Result<&mut Rule> {
        self.rules.get_mut(arn).ok_or_else(rule_not_found)
    }

    pub(crate) fn target_group(&self, arn: &str) -> Result<&TargetGroup> {
        self.target_groups.get(arn).ok_or_else(target_group_not_found)
    }

    pub(crate) fn target_group_mut(&mut self, arn: &str) -> Result<&mut TargetGroup> {
        self.target_groups.get_mut(arn).ok_or_else(target_group_not_found)
    }

    /// The listeners of a load balancer.
    pub(crate) fn listeners_of<'s>(
        &'s self,
        load_balancer_arn: &'s str,
    ) -> impl Iterator<Item = &'s Listener> {
        self.listeners.values().filter(move |one| one.load_balancer_arn == load_balancer_arn)
    }

    /// The rules of a listener without the default one, in order of priority.
    pub(crate) fn rules_of(&self, listener_arn: &str) -> Vec<&Rule> {
        let mut rules: Vec<_> =
            self.rules.values().filter(|rule| rule.listener_arn == listener_arn).collect();
        rules.sort_by_key(|rule| rule.priority);
        rules
    }

    /// The listener whose default rule this is.
    pub(crate) fn default_rule(&self, rule_arn: &str) -> Option<&Listener> {
        self.listeners.values().find(|listener| listener.default_rule_arn == rule_arn)
    }

    /// The load balancers that forward to a target group: one at most, as ALB-TG-03 has it.
    pub(crate) fn load_balancers_using(&self, target_group_arn: &str) -> Vec<&str> {
        let uses = |actions: &[Action]| {
            actions.iter().any(|action| action.forwards_to().any(|arn| arn == target_group_arn))
        };
        let by_default = self
            .listeners
            .values()
            .filter(|listener| uses(&listener.default_actions))
            .map(|listener| listener.load_balancer_arn.as_str());
        let by_rule = self
            .rules
            .values()
            .filter(|rule| uses(&rule.actions))
            .filter_map(|rule| self.listeners.get(&rule.listener_arn))
            .map(|listener| listener.load_balancer_arn.as_str());
        let mut arns: Vec<&str> = by_default.chain(by_rule).collect();
        arns.sort_unstable();
        arns.dedup();
        arns
    }

    /// Every target group a load balancer forwards to, each once.
    pub(crate) fn target_groups_of(&self, load_balancer_arn: &str) -> Vec<String> {
        let mut arns: Vec<String> = Vec::new();
        for listener in self.listeners_of(load_balancer_arn) {
            let rules = self.rules_of(&listener.arn);
            let actions = rules.iter().flat_map(|rule| &rule.actions);
            for action in listener.default_actions.iter().chain(actions) {
                arns.extend(action.forwards_to().map(str::to_owned));
            }
        }
        arns.sort_unstable();
        arns.dedup();
        arns
    }

    /// The tags of anything that has an ARN here.
    pub(crate) fn tags(&self, arn: &str) -> Option<&Tags> {
        let named = |listener: &&Listener| listener.default_rule_arn == arn;
        self.load_balancers
            .get(arn)
            .map(|one| &one.tags)
            .or_else(|| self.listeners.get(arn).map(|one| &one.tags))
            .or_else(|| self.rules.get(arn).map(|one| &one.tags))
            .or_else(|| self.target_groups.get(arn).map(|one| &one.tags))
            .or_else(|| self.listeners.values().find(named).map(|one| &one.default_rule_tags))
    }

    /// Changes the tags of anything that has an ARN here, and remembers them.
    pub(crate) fn change_tags(
        &mut self,
        cx: &mut Cx<'_>,
        arn: &str,
        change: impl FnOnce(&mut Tags),
    ) {
        if let Some(one) = self.load_balancers.get_mut(arn) {
            change(&mut one.tags);
            one.store(cx);
        } else if let Some(one) = self.target_groups.get_mut(arn) {
            change(&mut one.tags);
            one.store(cx);
        } else if let Some(one) = self.listeners.get_mut(arn) {
            change(&mut one.tags);
            one.store(cx);
        } else if let Some(one) = self.rules.get_mut(arn) {
            change(&mut one.tags);
            one.store(cx);
        } else if let Some(one) =
            self.listeners.values_mut().find(|listener| listener.default_rule_arn == arn)
        {
            change(&mut one.default_rule_tags);
            one.store(cx);
        }
    }

    pub(crate) fn restore(&mut self, record: &Record) -> Result<(), String> {
        let id = record.id.clone();
        match record.kind.as_str() {
            LOAD_BALANCER => drop(self.load_balancers.insert(id, read(record)?)),
            LISTENER => drop(self.listeners.insert(id, read(record)?)),
            RULE => drop(self.rules.insert(id, read(record)?)),
            TARGET_GROUP => drop(self.target_groups.insert(id, read(record)?)),
            other => return Err(format!("a record of unknown kind {other}")),
        }
        Ok(())
    }
}

fn read<T: DeserializeOwned>(record: &Record) -> Result<T, String> {
    let document = record.document.clone().ok_or("a record without document")?;
    serde_json::from_value(document).map_err(|wrong| wrong.to_string())
}

/// What stands after the resource type in the ARN of a load balancer.
pub(crate) fn full_name(arn: &str) -> &str {
    arn.split_once(":loadbalancer/").map_or("", |(_, name)| name)
}

impl LoadBalancer {
    pub(crate) fn store(&self, cx: &mut Cx<'_>) {
        cx.store(LOAD_BALANCER, &self.arn, serde_json::to_value(self).ok());
    }

    pub(crate) fn forget(&self, cx: &mut Cx<'_>) {
        cx.store(LOAD_BALANCER, &self.arn, None);
    }
}

impl Listener {
    pub(crate) fn store(&self, cx: &mut Cx<'_>) {
        cx.store(LISTENER, &self.arn, serde_json::to_value(self).ok());
    }

    pub(crate) fn forget(&self, cx: &mut Cx<'_>) {
        cx.store(LISTENER, &self.arn, None);
    }
}

impl Rule {
    pub(crate) fn store(&self, cx: &mut Cx<'_>) {
        cx.store(RULE, &self.arn, serde_json::to_value(self).ok());
    }

    pub(crate) fn forget(&self, cx: &mut Cx<'_>) {
        cx.store(RULE, &self.arn, None);
    }
}

impl TargetGroup {
    pub(crate) fn store(&self, cx: &mut Cx<'_>) {
        cx.store(TARGET_GROUP, &self.arn, serde_json::to_value(self).ok());
    }

    pub(crate) fn forget(&self, cx: &mut Cx<'_>) {
        cx.store(TARGET_GROUP, &self.arn, None);
    }
}
