//! Scalable targets and policies.

use standin_kernel::{Value, json};

use super::{Bench, Resource};

fn target() -> Value {
    json!({
        "ResourceId": "service/web/app", "ScalableDimension": "ecs:service:DesiredCount",
        "ServiceNamespace": "ecs", "MinCapacity": 2, "MaxCapacity": 4,
    })
}

fn policy() -> Value {
    let mut policy = json!({
        "PolicyName": "cpu", "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": 60.0,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "ECSServiceAverageCPUUtilization",
            },
        },
    });
    for name in ["ResourceId", "ScalableDimension", "ServiceNamespace"] {
        policy[name] = target()[name].clone();
    }
    policy
}

#[test]
fn a_target_and_its_policy_are_recorded() {
    let mut bench = Bench::new();
    let early = bench.refused("PutScalingPolicy", policy());
    assert_eq!(early.0, "ObjectNotFoundException");
    let kind = "AWS::ApplicationAutoScaling::ScalableTarget";
    let mut made = Resource::new(kind, "Target", target()).create(&mut bench);
    assert_eq!(made.id(), "service/web/app|ecs:service:DesiredCount|ecs");
    let kind = "AWS::ApplicationAutoScaling::ScalingPolicy";
    let mut tracking = Resource::new(kind, "Policy", policy()).create(&mut bench);
    let arn = tracking.attribute("Arn").as_str().unwrap();
    assert!(arn.ends_with(":resource/ecs/service/web/app:policyName/cpu"), "{arn}");
    let mut more = target();
    more["MaxCapacity"] = json!(8);
    made.update(&mut bench, more);
    let ecs = json!({"ServiceNamespace": "ecs"});
    let targets = bench.ok("DescribeScalableTargets", ecs.clone())["ScalableTargets"].clone();
    assert_eq!((&targets[0]["MinCapacity"], &targets[0]["MaxCapacity"]), (&json!(2), &json!(8)));
    let policies = bench.ok("DescribeScalingPolicies", ecs.clone())["ScalingPolicies"].clone();
    let configuration = &policies[0]["TargetTrackingScalingPolicyConfiguration"];
    assert_eq!(configuration["TargetValue"], 60.0);
    let tags = json!({"ResourceARN": targets[0]["ScalableTargetARN"], "Tags": {"a": "b"}});
    bench.ok("application-autoscaling:TagResource", tags.clone());
    let of = json!({"ResourceARN": tags["ResourceARN"]});
    let seen = bench.ok("application-autoscaling:ListTagsForResource", of);
    assert_eq!(seen["Tags"], json!({"a": "b"}));
    let keys = json!({"ResourceARN": tags["ResourceARN"], "TagKeys": ["a"]});
    bench.ok("application-autoscaling:UntagResource", keys);
    made.delete(&mut bench);
    let policies = bench.ok("DescribeScalingPolicies", ecs)["ScalingPolicies"].clone();
    assert_eq!(policies, json!([]));
    tracking.delete(&mut bench);
    assert!(bench.records.is_empty());
}

#[test]
fn what_cannot_be_scaled_is_refused() {
    let mut bench = Bench::new();
    let mut with = |member: &str, value: Value| {
        let mut input = target();
        input[member] = value;
        bench.code("RegisterScalableTarget", input)
    };
    assert_eq!(with("ServiceNamespace", json!("dynamodb")), "ValidationException");
    assert_eq!(with("ResourceId", json!("service/app")), "ValidationException");
    assert_eq!(with("MaxCapacity", json!(1)), "ValidationException");
    assert_eq!(with("MinCapacity", Value::Null), "ValidationException");
}
