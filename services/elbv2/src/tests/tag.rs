//! Tags through the operations.

use standin_kernel::{Value, json};

use super::{Bench, and, group, text};

#[test]
fn everything_with_an_arn_has_tags() {
    let mut bench = Bench::new();
    let (balancer, listener, group) = bench.site();
    let rule = bench.rule(&listener, 1, "/a");
    let shown = bench.ok("DescribeRules", json!({"ListenerArn": listener}));
    let default = text(&shown["Rules"][1]["RuleArn"]);
    let arns = json!([balancer, listener, rule, default, group]);
    let tags = json!([{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}]);
    bench.ok("AddTags", json!({"ResourceArns": arns, "Tags": tags}));
    bench.ok("AddTags", json!({"ResourceArns": arns, "Tags": [{"Key": "b"}]}));
    bench.ok("RemoveTags", json!({"ResourceArns": arns, "TagKeys": ["a", "none"]}));
    bench.restart();
    let shown = bench.ok("DescribeTags", json!({"ResourceArns": arns}));
    let described = shown["TagDescriptions"].as_array().unwrap();
    assert_eq!(described.len(), 5);
    for (one, arn) in described.iter().zip(arns.as_array().unwrap()) {
        let expected = json!({"ResourceArn": arn, "Tags": [{"Key": "b", "Value": ""}]});
        assert_eq!(*one, expected);
    }
}

#[test]
fn wrong_tags_are_refused() {
    let mut bench = Bench::new();
    let arn = bench.group("app");
    let add = |tags: Value| json!({"ResourceArns": [arn], "Tags": tags});
    let twice = json!([{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]);
    assert_eq!(bench.refusal("AddTags", add(twice.clone())), "DuplicateTagKeys");
    let created = and(group("other"), json!({"Tags": twice}));
    assert_eq!(bench.refusal("CreateTargetGroup", created), "DuplicateTagKeys");
    for tag in [
        json!({"Key": "", "Value": "1"}),
        json!({"Key": "x".repeat(129)}),
        json!({"Key": "a", "Value": "x".repeat(257)}),
    ] {
        assert_eq!(bench.refusal("AddTags", add(json!([tag]))), "ValidationError");
    }
    let many = |from: u32, to: u32| -> Value {
        (from..to).map(|number| json!({"Key": format!("k{number}")})).collect()
    };
    assert_eq!(bench.refusal("AddTags", add(many(0, 51))), "TooManyTags");
    bench.ok("AddTags", add(many(0, 50)));
    assert_eq!(bench.refusal("AddTags", add(many(50, 51))), "TooManyTags");
}

#[test]
fn what_has_no_such_arn_is_named_in_the_error() {
    let mut bench = Bench::new();
    for (kind, code) in [
        ("loadbalancer/app/x/1", "LoadBalancerNotFound"),
        ("listener/app/x/1/2", "ListenerNotFound"),
        ("listener-rule/app/x/1/2/3", "RuleNotFound"),
        ("targetgroup/x/1", "TargetGroupNotFound"),
        ("moon/1", "ValidationError"),
    ] {
        let arn = format!("arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:{kind}");
        assert_eq!(bench.refusal("DescribeTags", json!({"ResourceArns": [arn]})), code);
        let add = json!({"ResourceArns": [arn], "Tags": [{"Key": "a"}]});
        assert_eq!(bench.refusal("AddTags", add), code);
        let remove = json!({"ResourceArns": [arn], "TagKeys": ["a"]});
        assert_eq!(bench.refusal("RemoveTags", remove), code);
    }
}
