//! Clusters.

use standin_kernel::json;

use super::{Bench, diary};

#[test]
fn a_cluster_is_created_once_and_described() {
    let mut bench = Bench::new();
    let asked = json!({
        "clusterName": "main",
        "tags": [{"key": "a", "value": "b"}],
        "settings": [{"name": "containerInsights", "value": "enabled"}],
        "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
    });
    let cluster = bench.ok("CreateCluster", asked.clone())["cluster"].clone();
    assert_eq!(cluster["clusterArn"], "arn:aws:ecs:ap-northeast-1:123456789012:cluster/main");
    assert_eq!(cluster["status"], "ACTIVE");
    assert_eq!(bench.ok("CreateCluster", asked)["cluster"], cluster);
    let described = bench.ok("DescribeClusters", json!({"clusters": ["main", "other"]}));
    assert_eq!(described["clusters"][0]["clusterName"], "main");
    assert_eq!(described["clusters"][0]["tags"], json!([]));
    assert_eq!(
        described["failures"],
        json!([{
            "arn": "arn:aws:ecs:ap-northeast-1:123456789012:cluster/other",
            "reason": "MISSING",
        }])
    );
    let include = json!({"clusters": [cluster["clusterArn"]], "include": ["TAGS", "SETTINGS"]});
    let described = bench.ok("DescribeClusters", include)["clusters"][0].clone();
    assert_eq!(described["tags"], json!([{"key": "a", "value": "b"}]));
    assert_eq!(described["settings"][0]["value"], "enabled");
    assert_eq!(bench.ok("ListClusters", json!({}))["clusterArns"], json!([cluster["clusterArn"]]));
}

#[test]
fn without_a_name_the_cluster_default_is_meant() {
    let mut bench = Bench::new();
    let (code, message) = bench.refusal("ListTasks", json!({}));
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("ClusterNotFoundException", "Cluster not found.")
    );
    bench.ok("CreateCluster", json!({}));
    assert_eq!(bench.ok("ListTasks", json!({}))["taskArns"], json!([]));
    let described = bench.ok("DescribeClusters", json!({}));
    assert_eq!(described["clusters"][0]["clusterName"], "default");
}

#[test]
fn settings_and_capacity_providers_change() {
    let mut bench = Bench::new();
    bench.ok("CreateCluster", json!({"clusterName": "main"}));
    let settings = json!([{"name": "containerInsights", "value": "enhanced"}]);
    for operation in ["UpdateCluster", "UpdateClusterSettings"] {
        let changed = bench.ok(operation, json!({"cluster": "main", "settings": settings}));
        assert_eq!(changed["cluster"]["settings"], settings);
    }
    let unknown = json!({"cluster": "main", "settings": [{"name": "x", "value": "enabled"}]});
    assert_eq!(bench.refusal("UpdateCluster", unknown).0, "InvalidParameterException");
    let strategy = json!([{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}]);
    let mut asked = json!({
        "cluster": "main",
        "capacityProviders": ["FARGATE"],
        "defaultCapacityProviderStrategy": strategy,
    });
    let (_, message) = bench.refusal("PutClusterCapacityProviders", asked.clone());
    assert!(message.contains("FARGATE_SPOT"), "{message}");
    asked["capacityProviders"] = json!(["FARGATE_SPOT"]);
    let changed = bench.ok("PutClusterCapacityProviders", asked);
    assert_eq!(changed["cluster"]["defaultCapacityProviderStrategy"], strategy);
    let own = json!({"clusterName": "other", "capacityProviders": ["my-instances"]});
    assert!(bench.refusal("CreateCluster", own).1.contains("my-instances is not supported"));
}

#[test]
fn a_cluster_with_services_or_tasks_is_not_deleted() {
    let mut bench = Bench::ready();
    bench.ok("CreateService", diary());
    bench.run(60);
    let main = json!({"cluster": "main"});
    let (code, message) = bench.refusal("DeleteCluster", main.clone());
    assert_eq!(code, "ClusterContainsServicesException");
    assert_eq!(message, "The Cluster cannot be deleted while Services are active.");
    let described = bench.ok("DescribeClusters", json!({"clusters": ["main"]}));
    let cluster = &described["clusters"][0];
    assert_eq!(
        (&cluster["runningTasksCount"], &cluster["activeServicesCount"]),
        (&2.into(), &1.into())
    );
    bench.ok("DeleteService", json!({"cluster": "main", "service": "diary", "force": true}));
    bench.run(120);
    let network = json!({"awsvpcConfiguration": {"subnets": ["subnet-1"]}});
    let run = json!({
        "cluster": "main", "taskDefinition": "web", "launchType": "FARGATE",
        "networkConfiguration": network,
    });
    let task = bench.ok("RunTask", run)["tasks"][0]["taskArn"].clone();
    let (code, _) = bench.refusal("DeleteCluster", main.clone());
    assert_eq!(code, "ClusterContainsTasksException");
    bench.ok("StopTask", json!({"cluster": "main", "task": task}));
    bench.run(120);
    assert_eq!(bench.ok("DeleteCluster", main.clone())["cluster"]["status"], "INACTIVE");
    assert_eq!(bench.refusal("DeleteCluster", main).0, "ClusterNotFoundException");
    assert_eq!(bench.ok("ListClusters", json!({}))["clusterArns"], json!([]));
    assert_eq!(
        bench.ok("CreateCluster", json!({"clusterName": "main"}))["cluster"]["status"],
        "ACTIVE"
    );
}

#[test]
fn what_aws_has_and_standin_has_not_is_refused_by_name() {
    let mut bench = Bench::new();
    let asked = json!({"clusterName": "c", "serviceConnectDefaults": {"namespace": "n"}});
    let (code, message) = bench.refusal("CreateCluster", asked);
    assert_eq!(code, "ClientException");
    assert!(
        message.starts_with("serviceConnectDefaults is not supported by Standin:"),
        "{message}"
    );
    let (code, message) = bench.refusal("CreateCluster", json!({"colour": "red"}));
    assert_eq!(code, "InvalidParameterException");
    assert!(message.contains("colour"), "{message}");
    assert_eq!(
        bench.refusal("CreateCluster", json!({"clusterName": "a/b"})).0,
        "InvalidParameterException"
    );
}
