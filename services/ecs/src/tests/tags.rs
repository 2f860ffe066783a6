//! Tags.

use standin_kernel::{Value, json};

use super::{Bench, diary_but, web_but};

fn tag(key: &str, value: &str) -> Value {
    json!({"key": key, "value": value})
}

#[test]
fn clusters_definitions_services_and_tasks_have_tags() {
    let mut bench = Bench::serving();
    let task = bench.tasks()[0]["taskArn"].clone();
    let arn = |name: &str| json!(format!("arn:aws:ecs:ap-northeast-1:123456789012:{name}"));
    let all = [arn("cluster/main"), arn("task-definition/web:1"), arn("service/main/diary"), task];
    for arn in &all {
        let put = json!({"resourceArn": arn, "tags": [tag("a", "1"), tag("b", "2")]});
        bench.ok("TagResource", put);
        bench.ok("TagResource", json!({"resourceArn": arn, "tags": [tag("a", "3")]}));
        bench.ok("UntagResource", json!({"resourceArn": arn, "tagKeys": ["b"]}));
    }
    bench.restart();
    for arn in &all {
        let tags = bench.ok("ListTagsForResource", json!({"resourceArn": arn}));
        assert_eq!(tags["tags"], json!([tag("a", "3")]), "{arn}");
    }
}

#[test]
fn tags_are_handed_on_to_tasks() {
    let mut bench = Bench::ready();
    let tagged = json!({"family": "tagged", "tags": [tag("from", "definition")]});
    bench.ok("RegisterTaskDefinition", web_but(&tagged));
    for (name, from) in [("one", "SERVICE"), ("two", "TASK_DEFINITION"), ("three", "NONE")] {
        let changes = json!({
            "serviceName": name, "taskDefinition": "tagged", "desiredCount": 1,
            "tags": [tag("from", "service")], "propagateTags": from, "loadBalancers": [],
        });
        bench.ok("CreateService", diary_but(&changes));
    }
    bench.run(120);
    let tags = |group: &str, tasks: &[Value]| {
        let task = tasks.iter().find(|task| task["group"] == group).unwrap();
        task["tags"].clone()
    };
    let tasks = bench.tasks();
    assert_eq!(tags("service:one", &tasks), json!([tag("from", "service")]));
    assert_eq!(tags("service:two", &tasks), json!([tag("from", "definition")]));
    assert_eq!(tags("service:three", &tasks), json!([]));
}

#[test]
fn what_cannot_be_tagged_is_refused() {
    let mut bench = Bench::ready();
    let arn = |name: &str| format!("arn:aws:ecs:ap-northeast-1:123456789012:{name}");
    let mut refused = |arn: String, tags: Value| {
        bench.refusal("TagResource", json!({"resourceArn": arn, "tags": tags})).0
    };
    let one = json!([tag("a", "1")]);
    assert_eq!(refused(arn("cluster/x"), one.clone()), "ClusterNotFoundException");
    assert_eq!(refused(arn("service/main/x"), one.clone()), "ResourceNotFoundException");
    assert_eq!(refused(arn("task-definition/web:9"), one.clone()), "ResourceNotFoundException");
    assert_eq!(refused(arn("container-instance/x"), one.clone()), "ClientException");
    assert_eq!(refused("main".into(), one), "InvalidParameterException");
    let of_aws = json!([tag("aws:x", "1")]);
    assert_eq!(refused(arn("cluster/main"), of_aws), "InvalidParameterException");
    let twice = json!([tag("a", "1"), tag("a", "2")]);
    assert_eq!(refused(arn("cluster/main"), twice), "InvalidParameterException");
    let many: Vec<Value> = (0..51).map(|number| tag(&format!("k{number}"), "")).collect();
    assert_eq!(refused(arn("cluster/main"), json!(many)), "InvalidParameterException");
}
