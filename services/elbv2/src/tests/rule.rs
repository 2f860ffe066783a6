//! Rules through the operations.

use standin_kernel::json;

use super::{Bench, and, fixed, forward, rule, text};

#[test]
fn rules_are_shown_in_order_the_default_one_last() {
    let mut bench = Bench::new();
    let (_, listener, group) = bench.site();
    let late = bench.rule(&listener, 20, "/b");
    let early = bench.rule(&listener, 3, "/a");
    let tail = listener.split_once(":listener/").unwrap().1;
    assert!(early.contains(&format!(":listener-rule/{tail}/")), "{early}");
    let shown = bench.ok("DescribeRules", json!({"ListenerArn": listener}));
    let rules = shown["Rules"].as_array().unwrap();
    assert_eq!(rules.len(), 3);
    let expected = json!({
        "RuleArn": early,
        "Priority": "3",
        "Conditions": [{
            "Field": "path-pattern",
            "Values": ["/a"],
            "PathPatternConfig": {"Values": ["/a"]},
        }],
        "Actions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
        "IsDefault": false,
    });
    assert_eq!(rules[0], expected);
    assert_eq!(rules[1]["RuleArn"], late);
    assert_eq!((&rules[2]["Priority"], &rules[2]["IsDefault"]), (&json!("default"), &json!(true)));
    assert_eq!(rules[2]["Actions"][0]["TargetGroupArn"], group);
    let arns = json!({"RuleArns": [late, rules[2]["RuleArn"]]});
    let two = bench.ok("DescribeRules", arns);
    assert_eq!(two["Rules"], json!([rules[1], rules[2]]));
    let page = bench.ok("DescribeRules", json!({"ListenerArn": listener, "PageSize": 2}));
    assert_eq!(page["NextMarker"], "2");
    assert_eq!(bench.refusal("DescribeRules", json!({})), "ValidationError");
    assert_eq!(bench.refusal("DescribeRules", json!({"RuleArns": ["x"]})), "RuleNotFound");
    let nobody = json!({"ListenerArn": "x"});
    assert_eq!(bench.refusal("DescribeRules", nobody), "ListenerNotFound");
}

#[test]
fn alb_ru_01_priorities_are_unique_from_1_to_50000() {
    let mut bench = Bench::new();
    let (_, listener, _) = bench.site();
    bench.rule(&listener, 10, "/a*");
    let error = bench.err("CreateRule", rule(&listener, 10, "/a/b"));
    assert_eq!(error.code, "PriorityInUse");
    assert_eq!(error.message, "Priority '10' is currently in use");
    for priority in [0, 50_001] {
        let code = bench.refusal("CreateRule", rule(&listener, priority, "/a"));
        assert_eq!(code, "ValidationError");
    }
    bench.rule(&listener, 50_000, "/b");
    let nobody = rule("x", 1, "/a");
    assert_eq!(bench.refusal("CreateRule", nobody), "ListenerNotFound");
}

#[test]
fn alb_ru_02_the_default_rule_stays_as_it_is() {
    let mut bench = Bench::new();
    let (_, listener, _) = bench.site();
    let shown = bench.ok("DescribeRules", json!({"ListenerArn": listener}));
    let default = text(&shown["Rules"][0]["RuleArn"]);
    let deletion = json!({"RuleArn": default});
    assert_eq!(bench.refusal("DeleteRule", deletion), "OperationNotPermitted");
    let change = json!({"RuleArn": default, "Actions": [fixed("200")]});
    assert_eq!(bench.refusal("ModifyRule", change), "OperationNotPermitted");
    let priority = json!({"RulePriorities": [{"RuleArn": default, "Priority": 1}]});
    assert_eq!(bench.refusal("SetRulePriorities", priority), "OperationNotPermitted");
}

#[test]
fn alb_ru_03_priorities_are_swapped_in_one_call_or_not_at_all() {
    let mut bench = Bench::new();
    let (_, listener, _) = bench.site();
    let (one, two) = (bench.rule(&listener, 1, "/a"), bench.rule(&listener, 2, "/b"));
    let third = bench.rule(&listener, 3, "/c");
    let alone = json!({"RulePriorities": [{"RuleArn": one, "Priority": 2}]});
    assert_eq!(bench.refusal("SetRulePriorities", alone), "PriorityInUse");
    let swap = json!({"RulePriorities": [
        {"RuleArn": one, "Priority": 2},
        {"RuleArn": two, "Priority": 1},
    ]});
    assert_eq!(bench.ok("SetRulePriorities", swap)["Rules"].as_array().unwrap().len(), 2);
    let shown = bench.ok("DescribeRules", json!({"ListenerArn": listener}));
    let order: Vec<String> =
        shown["Rules"].as_array().unwrap().iter().map(|rule| text(&rule["RuleArn"])).collect();
    assert_eq!(order[..3], [two, one.clone(), third]);
    let partly = json!({"RulePriorities": [
        {"RuleArn": one, "Priority": 9},
        {"RuleArn": "x", "Priority": 4},
    ]});
    assert_eq!(bench.refusal("SetRulePriorities", partly), "RuleNotFound");
    let shown = bench.ok("DescribeRules", json!({"RuleArns": [one]}));
    assert_eq!(shown["Rules"][0]["Priority"], "2");
}

#[test]
fn alb_ls_11_a_load_balancer_has_a_hundred_rules() {
    let mut bench = Bench::new();
    let (balancer, listener, group) = bench.site();
    let other = bench.listener(&balancer, 81, &group);
    for number in 1..=100 {
        let listener = if number % 2 == 0 { &listener } else { &other };
        bench.rule(listener, number, "/a");
    }
    let code = bench.refusal("CreateRule", rule(&listener, 101, "/a"));
    assert_eq!(code, "TooManyRules");
}

#[test]
fn a_rule_changes_what_is_named() {
    let mut bench = Bench::new();
    let (_, listener, group) = bench.site();
    let arn = bench.rule(&listener, 1, "/a");
    let conditions = json!([{"Field": "host-header", "Values": ["a.example"]}]);
    let answer = bench.ok("ModifyRule", json!({"RuleArn": arn, "Conditions": conditions}));
    assert_eq!(answer["Rules"][0]["Conditions"][0]["HostHeaderConfig"]["Values"][0], "a.example");
    assert_eq!(answer["Rules"][0]["Actions"][0]["Type"], "fixed-response");
    let answer = bench.ok("ModifyRule", json!({"RuleArn": arn, "Actions": [forward(&group)]}));
    assert_eq!(answer["Rules"][0]["Actions"][0]["TargetGroupArn"], group);
    let wrong = json!({"RuleArn": arn, "Actions": [forward("x")]});
    assert_eq!(bench.refusal("ModifyRule", wrong), "TargetGroupNotFound");
    assert_eq!(bench.refusal("ModifyRule", json!({"RuleArn": "x"})), "RuleNotFound");
    bench.ok("DeleteRule", json!({"RuleArn": arn}));
    assert_eq!(bench.refusal("DeleteRule", json!({"RuleArn": arn})), "RuleNotFound");
}

#[test]
fn transforms_are_refused_by_name() {
    let mut bench = Bench::new();
    let (_, listener, _) = bench.site();
    let transforms = json!({"Transforms": [{"Type": "url-rewrite"}]});
    let error = bench.err("CreateRule", and(rule(&listener, 1, "/a"), transforms));
    assert_eq!(error.code, "InvalidConfigurationRequest");
    assert!(error.message.contains("Transforms"), "{error}");
}
