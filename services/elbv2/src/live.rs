//! What is live, made from what is kept: the rules the data plane decides on, which target groups
//! are in use, and who serves under which name.

use std::net::Ipv4Addr;
use std::sync::Arc;

use standin_kernel::{Cx, Duration};

use crate::api::{listener_attribute, load_balancer_attribute, target_group_attribute};
use crate::state::{self, LoadBalancerState, State};
use crate::{Elbv2, compile, config};

impl Elbv2 {
    /// Makes the data plane go by what is kept about a load balancer, which may be gone.
    pub(crate) fn reconfigure(&mut self, cx: &mut Cx<'_>, arn: &str) {
        let known = self.state.load_balancers.get(arn);
        match known {
            Some(one) if one.state(cx.now) == LoadBalancerState::Active => {
                let compiled = load_balancer(&self.state, one);
                self.serving.insert(one.dns_name.clone(), Arc::new(compiled));
            }
            Some(one) => {
                self.serving.remove(&one.dns_name);
            }
            None => {
                self.serving.retain(|_, serving| &*serving.arn != arn);
                self.provisioning.clear(&arn.to_owned());
            }
        }
        // ALB-HC-13
        for group in self.state.target_groups.keys() {
            let in_use = !self.state.load_balancers_using(group).is_empty();
            self.balancer.in_use(cx, group, in_use);
        }
    }

    /// The same for a target group.
    pub(crate) fn reconfigure_target_group(&mut self, cx: &mut Cx<'_>, arn: &str) {
        if let Some(one) = self.state.target_groups.get(arn) {
            self.balancer.set_target_group(cx, Arc::new(target_group(one)));
        }
    }

    /// Makes a target known that was registered. What is draining was refused before.
    pub(crate) fn register(&mut self, cx: &mut Cx<'_>, arn: &str, target: &state::Target) {
        let registered = config::Target {
            id: target.address.to_string().into(),
            port: target.port,
            address: target.address.into(),
        };
        if self.balancer.register(cx, arn, registered).is_err() {
            cx.log("elbv2", format!("target {} is still draining", target.address));
        }
    }

    /// The same for a function.
    pub(crate) fn register_function(&mut self, cx: &mut Cx<'_>, arn: &str, function: &str) {
        let address = Ipv4Addr::UNSPECIFIED.into();
        let registered = config::Target { id: function.into(), port: 0, address };
        if self.balancer.register(cx, arn, registered).is_err() {
            cx.log("elbv2", format!("{function} is still draining"));
        }
    }

    /// Serves, or sets the time when that begins.
    pub(crate) fn await_active(&mut self, cx: &mut Cx<'_>, arn: &str) {
        let Some(one) = self.state.load_balancers.get(arn) else { return };
        if one.state(cx.now) == LoadBalancerState::Provisioning {
            self.provisioning.set(arn.to_owned(), one.active_at, "load balancer active");
        }
        self.reconfigure(cx, arn);
    }

    /// Load balancers that have been provisioned by now begin to serve.
    pub(crate) fn provisioned(&mut self, cx: &mut Cx<'_>) {
        while let Some(arn) = self.provisioning.pop(cx.now) {
            self.reconfigure(cx, &arn);
        }
    }

    /// After a restart: everything live once more.
    pub(crate) fn rebuild(&mut self, cx: &mut Cx<'_>) {
        let groups: Vec<String> = self.state.target_groups.keys().cloned().collect();
        for arn in &groups {
            self.reconfigure_target_group(cx, arn);
            let known = self.state.target_groups.get(arn);
            let Some((targets, function)) =
                known.map(|one| (one.targets.clone(), one.function.clone()))
            else {
                continue;
            };
            for target in &targets {
                self.register(cx, arn, target);
            }
            if let Some(function) = function {
                self.register_function(cx, arn, &function);
            }
        }
        let balancers: Vec<String> = self.state.load_balancers.keys().cloned().collect();
        for arn in &balancers {
            if let Some(one) = self.state.load_balancers.get(arn) {
                self.names.insert(one.dns_name.clone(), arn.clone());
            }
            self.ask_for_zones(cx, arn);
            self.await_active(cx, arn);
        }
    }
}

fn load_balancer(state: &State, one: &state::LoadBalancer) -> config::LoadBalancer {
    let listener = |listener: &state::Listener| {
        let rules = state.rules_of(&listener.arn);
        let rules = rules.into_iter().filter_map(compile::rule).collect();
        let default_action = compile::action(listener.default_actions.last()?)?;
        Some(Arc::new(config::Listener {
            arn: listener.arn.as_str().into(),
            port: listener.port,
            protocol: compile::protocol(listener.protocol),
            default_action,
            rules,
            attributes: listener_attribute::compiled(&listener.attributes),
        }))
    };
    config::LoadBalancer {
        arn: one.arn.as_str().into(),
        name: one.name.as_str().into(),
        dns_name: one.dns_name.as_str().into(),
        attributes: load_balancer_attribute::compiled(&one.attributes),
        listeners: state.listeners_of(&one.arn).filter_map(listener).collect(),
    }
}

fn target_group(one: &state::TargetGroup) -> config::TargetGroup {
    let mut attributes = target_group_attribute::compiled(&one.attributes);
    if one.target_type == state::TargetType::Lambda {
        // A function does not drain (ALB-LA-06).
        attributes.deregistration_delay = Duration::ZERO;
    }
    config::TargetGroup {
        arn: one.arn.as_str().into(),
        name: one.name.as_str().into(),
        protocol: compile::protocol(one.protocol),
        target_type: match one.target_type {
            state::TargetType::Instance => config::TargetType::Instance,
            state::TargetType::Ip => config::TargetType::Ip,
            state::TargetType::Lambda => config::TargetType::Lambda,
        },
        health_check: compile::health_check(&one.health_check),
        attributes,
    }
}
