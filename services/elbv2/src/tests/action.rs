//! Which actions are possible.

use standin_kernel::{Value, json};

use super::{Bench, and, fixed, forward, listener};

/// The code with which an action is refused on an HTTP listener of its own.
#[track_caller]
fn refused(bench: &mut Bench, actions: Value) -> String {
    let balancer = bench.balancer();
    let asked = and(listener(&balancer, 81, Value::Null), json!({"DefaultActions": actions}));
    bench.refusal("CreateListener", asked)
}

#[track_caller]
fn taken(bench: &mut Bench, action: Value) -> Value {
    let balancer = bench.balancer();
    let made = bench.ok("CreateListener", listener(&balancer, 82, action));
    let shown = &made["Listeners"][0];
    bench.ok("DeleteListener", json!({"ListenerArn": shown["ListenerArn"]}));
    shown["DefaultActions"][0].clone()
}

fn to(groups: &[(&str, i64)], more: Value) -> Value {
    let groups: Vec<Value> = groups
        .iter()
        .map(|(arn, weight)| json!({"TargetGroupArn": arn, "Weight": weight}))
        .collect();
    json!({"Type": "forward", "ForwardConfig": and(json!({"TargetGroups": groups}), more)})
}

fn redirect(config: Value) -> Value {
    json!({
        "Type": "redirect",
        "RedirectConfig": and(json!({"StatusCode": "HTTP_301"}), config),
    })
}

#[test]
fn alb_ac_01_one_action_and_authentication_on_https_only() {
    let mut bench = Bench::new();
    let group = bench.group("app");
    assert_eq!(refused(&mut bench, json!([])), "ValidationError");
    assert_eq!(refused(&mut bench, json!([{"Type": "dance"}])), "ValidationError");
    let two = [and(fixed("200"), json!({"Order": 1})), and(forward(&group), json!({"Order": 2}))];
    assert_eq!(refused(&mut bench, json!(two)), "TooManyActions");
    assert_eq!(refused(&mut bench, json!([fixed("200"), fixed("200")])), "ValidationError");
    let oidc = json!([
        {"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": {}},
        and(fixed("200"), json!({"Order": 2})),
    ]);
    assert_eq!(refused(&mut bench, oidc.clone()), "InvalidLoadBalancerAction");
    let balancer = bench.balancer();
    let certificate = json!({"CertificateArn": "arn:aws:acm:::certificate/1"});
    let https = json!({
        "Protocol": "HTTPS", "Certificates": [certificate], "DefaultActions": oidc,
    });
    let error = bench.err("CreateListener", and(listener(&balancer, 443, Value::Null), https));
    assert!(error.message.contains("authenticate-oidc") && error.message.contains("Standin"));
    let mixed = and(fixed("200"), json!({"RedirectConfig": {"StatusCode": "HTTP_301"}}));
    assert_eq!(refused(&mut bench, json!([mixed])), "InvalidLoadBalancerAction");
    let order = and(fixed("200"), json!({"Order": 50_001}));
    assert_eq!(refused(&mut bench, json!([order])), "ValidationError");
}

#[test]
fn alb_ac_02_one_to_five_target_groups_with_weights() {
    let mut bench = Bench::new();
    let groups: Vec<String> = (0..6).map(|number| bench.group(&format!("app-{number}"))).collect();
    let weighted: Vec<(&str, i64)> = groups.iter().map(|arn| (arn.as_str(), 999)).collect();
    assert_eq!(refused(&mut bench, json!([to(&weighted, json!({}))])), "InvalidLoadBalancerAction");
    let shown = taken(&mut bench, to(&weighted[..5], json!({})));
    assert!(shown["TargetGroupArn"].is_null());
    assert_eq!(shown["ForwardConfig"]["TargetGroups"][4]["Weight"], 999);
    for weight in [-1, 1000] {
        let action = to(&[(&groups[0], weight)], json!({}));
        assert_eq!(refused(&mut bench, json!([action])), "ValidationError");
    }
    let twice = to(&[(&groups[0], 1), (&groups[0], 2)], json!({}));
    assert_eq!(refused(&mut bench, json!([twice])), "InvalidLoadBalancerAction");
    assert_eq!(refused(&mut bench, json!([{"Type": "forward"}])), "ValidationError");
    let error = {
        let balancer = bench.balancer();
        bench.err("CreateListener", listener(&balancer, 81, forward("arn:none")))
    };
    assert_eq!(error.code, "TargetGroupNotFound");
    assert_eq!(error.message, "Target groups 'arn:none' not found");
}

#[test]
fn both_forms_of_forward_may_name_the_same_group() {
    let mut bench = Bench::new();
    let (one, other) = (bench.group("one"), bench.group("other"));
    let both = and(to(&[(&one, 5)], json!({})), json!({"TargetGroupArn": one}));
    let shown = taken(&mut bench, both);
    assert_eq!(shown["ForwardConfig"]["TargetGroups"][0]["Weight"], 5);
    let differ = and(to(&[(&one, 5)], json!({})), json!({"TargetGroupArn": other}));
    assert_eq!(refused(&mut bench, json!([differ])), "ValidationError");
}

#[test]
fn alb_ac_04_stickiness_has_a_duration_and_covers_sticky_groups() {
    let mut bench = Bench::new();
    let (one, other) = (bench.group("one"), bench.group("other"));
    let stickiness = |config: Value| json!({"TargetGroupStickinessConfig": config});
    let both = [(one.as_str(), 1), (other.as_str(), 1)];
    for wrong in [
        json!({"Enabled": true}),
        json!({"Enabled": true, "DurationSeconds": 0}),
        json!({"Enabled": true, "DurationSeconds": 604_801}),
    ] {
        let action = to(&both, stickiness(wrong));
        assert_eq!(refused(&mut bench, json!([action])), "ValidationError");
    }
    let on = json!({"Enabled": true, "DurationSeconds": 60});
    taken(&mut bench, to(&both, stickiness(on.clone())));
    let sticky = |arn: &str| {
        let pair = json!({"Key": "stickiness.enabled", "Value": "true"});
        json!({"TargetGroupArn": arn, "Attributes": [pair]})
    };
    // A group of an action that is not sticky cannot become sticky.
    let balancer = bench.balancer();
    let made = bench.ok("CreateListener", listener(&balancer, 80, to(&both, json!({}))));
    let code = bench.refusal("ModifyTargetGroupAttributes", sticky(&one));
    assert_eq!(code, "InvalidLoadBalancerAction");
    bench.ok("DeleteListener", json!({"ListenerArn": made["Listeners"][0]["ListenerArn"]}));
    bench.ok("ModifyTargetGroupAttributes", sticky(&one));
    let plain = json!([to(&both, json!({}))]);
    assert_eq!(refused(&mut bench, plain), "InvalidLoadBalancerAction");
    taken(&mut bench, to(&both, stickiness(on)));
    taken(&mut bench, forward(&one));
}

#[test]
fn alb_ac_05_fixed_responses_are_short_and_of_few_types() {
    let mut bench = Bench::new();
    let with = |more: Value| {
        let config = and(json!({"StatusCode": "503"}), more);
        json!({"Type": "fixed-response", "FixedResponseConfig": config})
    };
    for wrong in [
        json!({"StatusCode": "302"}),
        json!({"StatusCode": "2000"}),
        json!({"StatusCode": "5XX"}),
        json!({"MessageBody": "x".repeat(1025)}),
        json!({"ContentType": "application/xml"}),
        json!({"Colour": "red"}),
    ] {
        assert_eq!(refused(&mut bench, json!([with(wrong)])), "ValidationError");
    }
    let page = json!({"MessageBody": "お".repeat(1024), "ContentType": "text/html"});
    let shown = taken(&mut bench, with(page.clone()));
    assert_eq!(shown["FixedResponseConfig"]["MessageBody"], page["MessageBody"]);
    let nothing = json!([{"Type": "fixed-response"}]);
    assert_eq!(refused(&mut bench, nothing), "InvalidLoadBalancerAction");
}

#[test]
fn alb_ac_06_a_redirect_changes_something() {
    let mut bench = Bench::new();
    let shown = taken(&mut bench, redirect(json!({"Protocol": "HTTPS", "Port": "443"})));
    let expected = json!({
        "Protocol": "HTTPS", "Port": "443", "Host": "#{host}", "Path": "/#{path}",
        "Query": "#{query}", "StatusCode": "HTTP_301",
    });
    assert_eq!(shown["RedirectConfig"], expected);
    for loops in [json!({}), json!({"Query": "a=b"}), json!({"Protocol": "HTTP"})] {
        let balancer = bench.balancer();
        let error = bench.err("CreateListener", listener(&balancer, 81, redirect(loops)));
        assert_eq!(error.code, "InvalidLoadBalancerAction");
        let message = "The redirect configuration is not valid because it creates a loop.";
        assert_eq!(error.message, message);
    }
    for part in [json!({"Host": "b.example"}), json!({"Path": "/x"}), json!({"Port": "81"})] {
        taken(&mut bench, redirect(part));
    }
}

#[test]
fn alb_ac_07_the_parts_of_a_redirect_have_their_forms() {
    let mut bench = Bench::new();
    for wrong in [
        json!({"StatusCode": "HTTP_307", "Path": "/x"}),
        json!({"Protocol": "FTP"}),
        json!({"Port": "0"}),
        json!({"Port": "http"}),
        json!({"Path": "x"}),
        json!({"Path": format!("/{}", "x".repeat(128))}),
        json!({"Host": ""}),
        json!({"Host": "b.example", "Query": "?a=b"}),
        json!({"Host": "b.example", "Query": "x".repeat(129)}),
    ] {
        assert_eq!(refused(&mut bench, json!([redirect(wrong)])), "ValidationError");
    }
    taken(&mut bench, redirect(json!({"Path": "/new/#{path}", "Query": ""})));
    let nothing = json!([{"Type": "redirect"}]);
    assert_eq!(refused(&mut bench, nothing), "InvalidLoadBalancerAction");
}

#[test]
fn alb_tg_03_a_target_group_serves_one_load_balancer() {
    let mut bench = Bench::new();
    let (_, _, group) = bench.site();
    let other = bench.balancer_named("other");
    let error = bench.err("CreateListener", listener(&other, 80, forward(&group)));
    assert_eq!(error.code, "TargetGroupAssociationLimit");
    assert!(error.message.contains(&group));
}

#[test]
fn alb_ls_11_a_load_balancer_has_a_hundred_target_groups() {
    let mut bench = Bench::new();
    let (_, listener, _) = bench.site();
    for number in 1..100 {
        let group = bench.group(&format!("app-{number}"));
        let rule = super::rule(&listener, number, "/a");
        bench.ok("CreateRule", and(rule, json!({"Actions": [forward(&group)]})));
    }
    let group = bench.group("one-more");
    let more = and(super::rule(&listener, 500, "/a"), json!({"Actions": [forward(&group)]}));
    let code = bench.refusal("CreateRule", more.clone());
    assert_eq!(code, "TooManyUniqueTargetGroupsPerLoadBalancer");
    // A rule that goes frees the place of its group.
    let shown = bench.ok("DescribeRules", json!({"ListenerArn": listener}));
    bench.ok("DeleteRule", json!({"RuleArn": shown["Rules"][0]["RuleArn"]}));
    bench.ok("CreateRule", more);
}
