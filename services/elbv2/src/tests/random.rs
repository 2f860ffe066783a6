//! Any operations in any order: what is live stays what is kept says.

use proptest::prelude::*;
use standin_kernel::{Duration, Service, Value, json};

use super::{Bench, balancer, fixed, forward, group, listener, rule, text};

/// One thing somebody does. Numbers choose among what is there.
#[derive(Clone, Debug)]
enum Act {
    Balancer(u8),
    Group(u8),
    Listener { balancer: u8, port: u16, group: u8 },
    Rule { listener: u8, priority: u32, group: Option<u8> },
    Priority { rule: u8, priority: u32 },
    DefaultAction { listener: u8, group: Option<u8> },
    Register { group: u8, host: u8 },
    Deregister { group: u8, host: u8 },
    DeleteRule(u8),
    DeleteListener(u8),
    DeleteBalancer(u8),
    DeleteGroup(u8),
    Pass(u16),
    Restart,
}

fn act() -> impl Strategy<Value = Act> {
    let few = 0..4_u8;
    let maybe = proptest::option::of(few.clone());
    prop_oneof![
        2 => few.clone().prop_map(Act::Balancer),
        2 => few.clone().prop_map(Act::Group),
        4 => (few.clone(), 80..84_u16, few.clone())
            .prop_map(|(balancer, port, group)| Act::Listener { balancer, port, group }),
        6 => (few.clone(), 1..6_u32, maybe.clone())
            .prop_map(|(listener, priority, group)| Act::Rule { listener, priority, group }),
        2 => (few.clone(), 1..6_u32).prop_map(|(rule, priority)| Act::Priority { rule, priority }),
        2 => (few.clone(), maybe)
            .prop_map(|(listener, group)| Act::DefaultAction { listener, group }),
        4 => (few.clone(), 1..4_u8).prop_map(|(group, host)| Act::Register { group, host }),
        2 => (few.clone(), 1..4_u8).prop_map(|(group, host)| Act::Deregister { group, host }),
        1 => few.clone().prop_map(Act::DeleteRule),
        1 => few.clone().prop_map(Act::DeleteListener),
        1 => few.clone().prop_map(Act::DeleteBalancer),
        1 => few.prop_map(Act::DeleteGroup),
        1 => (1..400_u16).prop_map(Act::Pass),
        1 => Just(Act::Restart),
    ]
}

/// The ARN of one of the things there are, or of none.
fn pick<'a>(mut arns: impl Iterator<Item = &'a String>, number: u8) -> String {
    arns.nth(number.into()).cloned().unwrap_or_else(|| "arn:none".into())
}

/// Does it; whether it is refused does not matter here.
fn carry_out(bench: &mut Bench, act: &Act) {
    let state = &bench.elbv2.state;
    let of_balancer = |number| pick(state.load_balancers.keys(), number);
    let of_group = |number| pick(state.target_groups.keys(), number);
    let of_listener = |number| pick(state.listeners.keys(), number);
    let of_rule = |number| pick(state.rules.keys(), number);
    let action = |group: &Option<u8>| match group {
        Some(number) => forward(&of_group(*number)),
        None => fixed("200"),
    };
    let targets = |group: u8, host: u8| {
        let target = json!({"Id": format!("127.77.0.{host}")});
        json!({"TargetGroupArn": of_group(group), "Targets": [target]})
    };
    let (operation, input) = match act {
        Act::Balancer(number) => ("CreateLoadBalancer", balancer(&format!("web-{number}"))),
        Act::Group(number) => ("CreateTargetGroup", group(&format!("app-{number}"))),
        Act::Listener { balancer, port, group } => {
            let action = forward(&of_group(*group));
            ("CreateListener", listener(&of_balancer(*balancer), *port, action))
        }
        Act::Rule { listener, priority, group } => {
            let mut made = rule(&of_listener(*listener), *priority, "/a");
            made["Actions"] = json!([action(group)]);
            ("CreateRule", made)
        }
        Act::Priority { rule, priority } => {
            let pair = json!({"RuleArn": of_rule(*rule), "Priority": priority});
            ("SetRulePriorities", json!({"RulePriorities": [pair]}))
        }
        Act::DefaultAction { listener, group } => {
            let listener = of_listener(*listener);
            let actions = json!([action(group)]);
            ("ModifyListener", json!({"ListenerArn": listener, "DefaultActions": actions}))
        }
        Act::Register { group, host } => ("RegisterTargets", targets(*group, *host)),
        Act::Deregister { group, host } => ("DeregisterTargets", targets(*group, *host)),
        Act::DeleteRule(number) => ("DeleteRule", json!({"RuleArn": of_rule(*number)})),
        Act::DeleteListener(number) => {
            ("DeleteListener", json!({"ListenerArn": of_listener(*number)}))
        }
        Act::DeleteBalancer(number) => {
            ("DeleteLoadBalancer", json!({"LoadBalancerArn": of_balancer(*number)}))
        }
        Act::DeleteGroup(number) => {
            ("DeleteTargetGroup", json!({"TargetGroupArn": of_group(*number)}))
        }
        Act::Pass(seconds) => return bench.pass(Duration::from_secs((*seconds).into())),
        Act::Restart => return bench.restart(),
    };
    let _ = bench.call(operation, &input);
}

/// The settings of everything, as the data plane and as callers see them.
fn seen(bench: &mut Bench) -> (String, Value) {
    let serving = format!("{:?}", bench.elbv2.serving);
    let shown = json!([
        bench.ok("DescribeLoadBalancers", json!({})),
        bench.ok("DescribeTargetGroups", json!({})),
    ]);
    (serving, shown)
}

fn check(bench: &mut Bench) -> Result<(), TestCaseError> {
    let groups = bench.ok("DescribeTargetGroups", json!({}))["TargetGroups"].clone();
    for group in groups.as_array().unwrap() {
        // ALB-TG-03, ALB-HC-13
        let users = group["LoadBalancerArns"].as_array().unwrap().len();
        prop_assert!(users <= 1);
        let of = json!({"TargetGroupArn": group["TargetGroupArn"]});
        let health = bench.ok("DescribeTargetHealth", of);
        for row in health["TargetHealthDescriptions"].as_array().unwrap() {
            let state = text(&row["TargetHealth"]["State"]);
            prop_assert!(state == "draining" || (state == "unused") == (users == 0), "{state}");
        }
    }
    let state = &bench.elbv2.state;
    prop_assert_eq!(bench.elbv2.serving.len(), state.load_balancers.len());
    for (host, serving) in &bench.elbv2.serving {
        prop_assert!(bench.elbv2.serves(host));
        let listeners = state.listeners_of(&serving.arn).count();
        prop_assert_eq!(serving.listeners.len(), listeners);
        for listener in &serving.listeners {
            prop_assert!(listener.rules.is_sorted_by(|one, next| one.priority < next.priority));
            prop_assert_eq!(listener.rules.len(), state.rules_of(&listener.arn).len());
            prop_assert!(bench.elbv2.has_listener(host, listener.port));
        }
    }
    prop_assert!(state.rules.values().all(|rule| state.listeners.contains_key(&rule.listener_arn)));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn what_is_live_is_what_is_kept(acts in prop::collection::vec(act(), 1..60)) {
        let mut bench = Bench::new();
        for act in &acts {
            carry_out(&mut bench, act);
            check(&mut bench)?;
        }
        let before = seen(&mut bench);
        bench.restart();
        check(&mut bench)?;
        prop_assert_eq!(seen(&mut bench), before);
    }
}
