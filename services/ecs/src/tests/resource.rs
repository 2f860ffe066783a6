//! The CloudFormation types.

use standin_kernel::resource::{Kind, Property, Support, Update};
use standin_kernel::{Service, Value, json};

use super::stack::{Stack, the_type};
use super::{Bench, GROUP};
use crate::Ecs;

const CLUSTER: &str = "AWS::ECS::Cluster";
const DEFINITION: &str = "AWS::ECS::TaskDefinition";
const SERVICE: &str = "AWS::ECS::Service";
const ASSOCIATIONS: &str = "AWS::ECS::ClusterCapacityProviderAssociations";

fn replacing(kind: &str) -> Vec<&'static str> {
    let properties = the_type(kind).properties().iter();
    let replacing = properties.filter(|property| property.update == Update::Replacement);
    replacing.map(|property| property.name).collect()
}

#[test]
fn cfn_rs_14_a_cluster() {
    let mut bench = Bench::new();
    let mut cluster = Stack::new(CLUSTER, json!({}));
    let (name, attributes) = cluster.create(&mut bench).unwrap();
    assert_eq!(name, "Stack-Thing-1AB2C3D4E5F6G");
    let arn = format!("arn:aws:ecs:ap-northeast-1:123456789012:cluster/{name}");
    assert_eq!(attributes, json!({"Arn": arn}));
    assert_eq!(replacing(CLUSTER), ["ClusterName"]);
    let wanted = json!({
        "ClusterSettings": [{"Name": "containerInsights", "Value": "enabled"}],
        "CapacityProviders": ["FARGATE"],
        "DefaultCapacityProviderStrategy": [{"CapacityProvider": "FARGATE", "Weight": 1}],
        "Tags": [{"Key": "a", "Value": "b"}],
    });
    assert_eq!(cluster.update(&mut bench, wanted).unwrap(), (name.clone(), attributes));
    let asked = json!({"clusters": [name], "include": ["TAGS", "SETTINGS"]});
    let shown = bench.ok("DescribeClusters", asked.clone())["clusters"][0].clone();
    assert_eq!(shown["settings"][0]["value"], "enabled");
    assert_eq!(shown["capacityProviders"], json!(["FARGATE"]));
    assert_eq!(shown["tags"], json!([{"key": "a", "value": "b"}]));
    cluster.update(&mut bench, json!({})).unwrap();
    let shown = bench.ok("DescribeClusters", asked)["clusters"][0].clone();
    assert_eq!(shown["settings"][0]["value"], "disabled");
    assert_eq!((&shown["capacityProviders"], &shown["tags"]), (&json!([]), &json!([])));
    cluster.delete(&mut bench).unwrap();
    assert_eq!(bench.ok("ListClusters", json!({}))["clusterArns"], json!([]));
    cluster.delete(&mut bench).unwrap();
}

#[test]
fn capacity_providers_are_associated_and_taken_away() {
    let mut bench = Bench::ready();
    let strategy = json!([{"CapacityProvider": "FARGATE_SPOT", "Weight": 1}]);
    let properties = json!({
        "Cluster": "main", "CapacityProviders": ["FARGATE_SPOT"],
        "DefaultCapacityProviderStrategy": strategy,
    });
    let mut associations = Stack::new(ASSOCIATIONS, properties);
    assert_eq!(associations.create(&mut bench).unwrap(), ("main".into(), json!({})));
    let providers = |bench: &mut Bench| {
        let shown = bench.ok("DescribeClusters", json!({"clusters": ["main"]}));
        shown["clusters"][0]["capacityProviders"].clone()
    };
    assert_eq!(providers(&mut bench), json!(["FARGATE_SPOT"]));
    associations.delete(&mut bench).unwrap();
    assert_eq!(providers(&mut bench), json!([]));
}

/// A task definition as the reference stack has it, in small.
fn definition() -> Value {
    let logs = |prefix: &str| {
        json!({"LogDriver": "awslogs", "Options": {
            "awslogs-group": "diary", "awslogs-region": "ap-northeast-1",
            "awslogs-stream-prefix": prefix,
        }})
    };
    let mount =
        json!([{"SourceVolume": "diary", "ContainerPath": "/var/lib/diary", "ReadOnly": false}]);
    json!({
        "Family": "diary",
        "RequiresCompatibilities": ["FARGATE"],
        "NetworkMode": "awsvpc",
        "Cpu": "256",
        "Memory": "512",
        "ExecutionRoleArn": "arn:aws:iam::123456789012:role/execution",
        "TaskRoleArn": "arn:aws:iam::123456789012:role/task",
        "Volumes": [{"Name": "diary"}],
        "ContainerDefinitions": [
            {
                "Name": "prepare",
                "Image": "diary:1",
                "Essential": false,
                "Command": ["diary-app", "prepare"],
                "MountPoints": mount,
                "LogConfiguration": logs("prepare"),
            },
            {
                "Name": "app",
                "Image": "diary:1",
                "Essential": true,
                "Command": ["diary-app"],
                "DependsOn": [{"ContainerName": "prepare", "Condition": "START"}],
                "PortMappings": [{"ContainerPort": 8080}],
                "Environment": [{"Name": "PORT", "Value": "8080"}],
                "MountPoints": mount,
                "StopTimeout": 30,
                "LogConfiguration": logs("app"),
            },
        ],
    })
}

#[test]
fn cfn_rs_15_a_task_definition_is_a_new_revision_of_its_family() {
    let mut bench = Bench::new();
    let mut first = Stack::new(DEFINITION, definition());
    first.hint =
        json!({"Containers": {"app": {"Command": ["diary-app"], "WorkingDirectory": "."}}});
    let (arn, attributes) = first.create(&mut bench).unwrap();
    assert_eq!(arn, "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/diary:1");
    assert_eq!(attributes, json!({"TaskDefinitionArn": arn}));
    let mut second = Stack::new(DEFINITION, definition());
    let (newer, _) = second.create(&mut bench).unwrap();
    assert!(newer.ends_with("diary:2"));
    first.delete(&mut bench).unwrap();
    let shown = bench.ok("DescribeTaskDefinition", json!({"taskDefinition": arn}));
    assert_eq!(shown["taskDefinition"]["status"], "INACTIVE");
    first.delete(&mut bench).unwrap();
    let mut tagged = definition();
    tagged["Tags"] = json!([{"Key": "a", "Value": "b"}]);
    assert_eq!(second.update(&mut bench, tagged).unwrap().0, newer);
    let tags = bench.ok("ListTagsForResource", json!({"resourceArn": newer}));
    assert_eq!(tags["tags"], json!([{"key": "a", "value": "b"}]));
    let in_place: Vec<_> = the_type(DEFINITION)
        .properties()
        .iter()
        .filter(|property| property.update == Update::InPlace)
        .map(|property| property.name)
        .collect();
    assert_eq!(in_place, ["Tags"]);
}

#[test]
fn hints_reach_the_containers_with_the_templates_folder() {
    let mut bench = Bench::new();
    bench.ok("CreateCluster", json!({"clusterName": "main"}));
    let mut stack = Stack::new(DEFINITION, definition());
    stack.hint = json!({"Containers": {"app": {"Command": ["diary-app"], "Cargo": "diary-app"}}});
    let (arn, _) = stack.create(&mut bench).unwrap();
    Stack::new(SERVICE, service(&arn)).create(&mut bench).unwrap();
    let spec = bench.running.values().find(|spec| spec.labels.container == "app").unwrap();
    let expected =
        json!({"Command": ["diary-app"], "Cargo": "diary-app", "BaseDirectory": "/stacks"});
    assert_eq!(spec.local, expected);
    assert_eq!(spec.labels.log_group.as_deref(), Some("diary"));
    let other = bench.running.values().find(|spec| spec.labels.container == "prepare").unwrap();
    assert!(other.local.is_null());
    for (hint, says) in [
        (json!({"Containers": {"apps": {}}}), "no such container; it has: prepare, app"),
        (json!({"Containers": {"app": {"Port": 1}}}), "unknown field `Port`"),
        (json!({"Folder": "x"}), "unknown field `Folder`"),
        (json!("diary-app"), "must be an object"),
    ] {
        stack.hint = hint;
        let failed = stack.create(&mut bench).unwrap_err();
        assert!(failed.contains(says), "{failed}");
    }
}

/// A service of two tasks with a circuit breaker.
fn service(definition: &str) -> Value {
    json!({
        "Cluster": "main",
        "LaunchType": "FARGATE",
        "TaskDefinition": definition,
        "DesiredCount": 2,
        "HealthCheckGracePeriodSeconds": 15,
        "DeploymentConfiguration": {
            "MinimumHealthyPercent": 100,
            "MaximumPercent": 200,
            "DeploymentCircuitBreaker": {"Enable": true, "Rollback": true},
        },
        "NetworkConfiguration": {"AwsvpcConfiguration": {
            "AssignPublicIp": "ENABLED", "Subnets": ["subnet-1"], "SecurityGroups": ["sg-1"],
        }},
        "LoadBalancers": [
            {"ContainerName": "app", "ContainerPort": 8080, "TargetGroupArn": GROUP},
        ],
    })
}

#[test]
fn cfn_rs_16_a_service_is_created_when_it_is_stable() {
    let mut bench = Bench::ready();
    let begin = bench.now;
    let (arn, attributes) = Stack::new(SERVICE, service("web")).create(&mut bench).unwrap();
    assert_eq!(
        arn,
        "arn:aws:ecs:ap-northeast-1:123456789012:service/main/Stack-Thing-1AB2C3D4E5F6G"
    );
    let name = "Stack-Thing-1AB2C3D4E5F6G";
    assert_eq!(attributes, json!({"Name": name, "ServiceArn": arn}));
    assert!(bench.now > begin);
    assert_eq!(bench.running.len(), 2);
    let described = bench.ok("DescribeServices", json!({"cluster": "main", "services": [arn]}));
    let shown = &described["services"][0];
    assert_eq!(shown["deployments"][0]["rolloutState"], "COMPLETED");
    assert_eq!(shown["healthCheckGracePeriodSeconds"], 15);
    assert_eq!(replacing(SERVICE), ["Cluster", "Role", "SchedulingStrategy", "ServiceName"]);
}

#[test]
fn cfn_rs_16_desired_count_is_1_at_first_and_left_alone_later() {
    let mut bench = Bench::ready();
    let mut properties = service("web");
    properties.as_object_mut().unwrap().remove("DesiredCount");
    let mut stack = Stack::new(SERVICE, properties.clone());
    let (arn, _) = stack.create(&mut bench).unwrap();
    assert_eq!(bench.running.len(), 1);
    let scaled = json!({"cluster": "main", "service": arn, "desiredCount": 3});
    bench.ok("UpdateService", scaled);
    bench.run(60);
    properties["HealthCheckGracePeriodSeconds"] = json!(20);
    stack.update(&mut bench, properties).unwrap();
    assert_eq!(bench.running.len(), 3);
}

#[test]
fn an_update_waits_until_the_new_tasks_serve() {
    let mut bench = Bench::ready();
    let mut stack = Stack::new(SERVICE, service("web:1"));
    let (arn, _) = stack.create(&mut bench).unwrap();
    bench.ok("RegisterTaskDefinition", super::web());
    let mut newer = service("web:2");
    newer["Tags"] = json!([{"Key": "a", "Value": "b"}]);
    assert_eq!(stack.update(&mut bench, newer.clone()).unwrap().0, arn);
    let asked = json!({"cluster": "main", "services": [arn], "include": ["TAGS"]});
    let shown = bench.ok("DescribeServices", asked)["services"][0].clone();
    assert!(shown["taskDefinition"].as_str().unwrap().ends_with("web:2"));
    assert_eq!(shown["deployments"].as_array().unwrap().len(), 1);
    assert_eq!(shown["tags"], json!([{"key": "a", "value": "b"}]));
    assert_eq!(bench.running.len(), 2);
    // Only tags: nothing is deployed, nothing waited for.
    let (before, id) = (bench.now, shown["deployments"][0]["id"].clone());
    newer["Tags"] = json!([{"Key": "a", "Value": "c"}]);
    stack.update(&mut bench, newer.clone()).unwrap();
    assert_eq!(bench.now, before);
    newer["ForceNewDeployment"] = json!({"EnableForceNewDeployment": true});
    stack.update(&mut bench, newer).unwrap();
    let asked = json!({"cluster": "main", "services": [arn]});
    let shown = bench.ok("DescribeServices", asked)["services"][0].clone();
    assert_ne!(shown["deployments"][0]["id"], id);
}

#[test]
fn what_is_taken_away_is_as_aws_has_it_by_default() {
    let mut bench = Bench::ready();
    let mut stack = Stack::new(SERVICE, service("web"));
    let (arn, _) = stack.create(&mut bench).unwrap();
    let mut bare = service("web");
    for name in ["HealthCheckGracePeriodSeconds", "DeploymentConfiguration", "LoadBalancers"] {
        bare.as_object_mut().unwrap().remove(name);
    }
    stack.update(&mut bench, bare).unwrap();
    let asked = json!({"cluster": "main", "services": [arn]});
    let shown = bench.ok("DescribeServices", asked)["services"][0].clone();
    assert_eq!(shown["healthCheckGracePeriodSeconds"], 0);
    assert_eq!(shown["loadBalancers"], json!([]));
    let breaker = &shown["deploymentConfiguration"]["deploymentCircuitBreaker"];
    assert_eq!(breaker["enable"], false);
}

#[test]
fn cfn_ev_05_a_tripped_breaker_fails_the_resource() {
    let mut bench = Bench::ready();
    bench.broken = Some("CannotPullContainerError: no such image".into());
    let mut stack = Stack::new(SERVICE, service("web"));
    let begin = bench.now;
    let failed = stack.create(&mut bench).unwrap_err();
    assert!(failed.contains("ECS Deployment Circuit Breaker was triggered"), "{failed}");
    assert!(failed.contains("HandlerErrorCode: GeneralServiceException"), "{failed}");
    assert!(bench.now.since(begin).as_secs() < 3600);
    stack.delete(&mut bench).unwrap();
}

#[test]
fn cfn_ev_05_a_rolled_back_update_fails_the_resource() {
    let mut bench = Bench::ready();
    let mut stack = Stack::new(SERVICE, service("web:1"));
    let (arn, _) = stack.create(&mut bench).unwrap();
    bench.ok("RegisterTaskDefinition", super::web());
    bench.broken = Some("CannotPullContainerError: no such image".into());
    let failed = stack.update(&mut bench, service("web:2")).unwrap_err();
    assert!(failed.contains("ECS Deployment Circuit Breaker was triggered"), "{failed}");
    // CloudFormation goes back to what was, which the service has done already.
    stack.update(&mut bench, service("web:1")).unwrap();
    let asked = json!({"cluster": "main", "services": [arn]});
    let shown = bench.ok("DescribeServices", asked)["services"][0].clone();
    assert!(shown["taskDefinition"].as_str().unwrap().ends_with("web:1"));
    assert_eq!(shown["runningCount"], 2);
}

#[test]
fn cfn_ev_05_without_rollback_cloudformation_deploys_what_was() {
    let mut bench = Bench::ready();
    let with = |definition: &str| {
        let mut properties = service(definition);
        properties["DeploymentConfiguration"]["DeploymentCircuitBreaker"]["Rollback"] =
            json!(false);
        properties
    };
    let mut stack = Stack::new(SERVICE, with("web:1"));
    let (arn, _) = stack.create(&mut bench).unwrap();
    bench.ok("RegisterTaskDefinition", super::web());
    bench.broken = Some("CannotPullContainerError: no such image".into());
    let failed = stack.update(&mut bench, with("web:2")).unwrap_err();
    assert!(failed.contains("ECS Deployment Circuit Breaker was triggered"), "{failed}");
    bench.broken = None;
    stack.update(&mut bench, with("web:1")).unwrap();
    let asked = json!({"cluster": "main", "services": [arn]});
    let shown = bench.ok("DescribeServices", asked)["services"][0].clone();
    assert!(shown["taskDefinition"].as_str().unwrap().ends_with("web:1"));
    assert_eq!(shown["deployments"].as_array().unwrap().len(), 1);
    assert_eq!(shown["deployments"][0]["rolloutState"], "COMPLETED");
}

#[test]
fn cfn_ev_05_without_a_breaker_it_takes_three_hours() {
    let mut bench = Bench::ready();
    bench.broken = Some("CannotPullContainerError: no such image".into());
    let mut properties = service("web");
    properties.as_object_mut().unwrap().remove("DeploymentConfiguration");
    let begin = bench.now;
    let failed = Stack::new(SERVICE, properties).create(&mut bench).unwrap_err();
    assert!(failed.contains("did not stabilize"), "{failed}");
    assert_eq!(bench.now.since(begin).as_secs(), 3 * 3600);
}

#[test]
fn a_deleted_service_is_empty_and_inactive() {
    let mut bench = Bench::ready();
    let mut stack = Stack::new(SERVICE, service("web"));
    let (arn, _) = stack.create(&mut bench).unwrap();
    stack.delete(&mut bench).unwrap();
    let asked = json!({"cluster": "main", "services": [arn]});
    assert_eq!(bench.ok("DescribeServices", asked)["services"][0]["status"], "INACTIVE");
    assert!(bench.running.is_empty());
    stack.delete(&mut bench).unwrap();
    bench.ok("DeleteCluster", json!({"cluster": "main"}));
    stack.delete(&mut bench).unwrap();
}

#[test]
fn ecs_sv_13_a_target_group_is_of_type_ip() {
    let mut bench = Bench::ready();
    bench.groups[0]["TargetType"] = json!("instance");
    let failed = Stack::new(SERVICE, service("web")).create(&mut bench).unwrap_err();
    assert!(failed.contains("has target type instance"), "{failed}");
    bench.groups.clear();
    let failed = Stack::new(SERVICE, service("web")).create(&mut bench).unwrap_err();
    assert!(failed.contains("The specified target group does not exist."), "{failed}");
}

#[test]
fn ecs_sv_14_a_target_group_is_in_use_before_the_service() {
    let mut bench = Bench::ready();
    bench.groups[0]["LoadBalancerArns"] = json!([]);
    let failed = Stack::new(SERVICE, service("web")).create(&mut bench).unwrap_err();
    let says = format!(
        "The target group with targetGroupArn {GROUP} does not have an associated load balancer."
    );
    assert!(failed.contains(&says), "{failed}");
    assert!(failed.contains("(Service: AmazonECS, Status Code: 400"), "{failed}");
}

/// Walks a table and all tables inside it.
fn walk(place: &str, table: &[Property], seen: &mut dyn FnMut(&str, &Property)) {
    for property in table {
        let place = format!("{place}.{}", property.name);
        seen(&place, property);
        let mut kind = property.kind;
        while let Kind::List(inner) | Kind::Map(inner) = kind {
            kind = *inner;
        }
        if let Kind::Object(inner) = kind {
            walk(&place, inner, seen);
        }
    }
}

#[test]
fn every_property_is_listed_once_and_says_what_becomes_of_it() {
    for kind in Ecs::new().resource_types() {
        let mut names = Vec::new();
        walk(kind.type_name(), kind.properties(), &mut |place, property| {
            assert!(!names.contains(&place.to_owned()), "{place} twice");
            names.push(place.to_owned());
            if let Support::NoEffect(why) | Support::Refused(why) = property.support {
                assert!(why.len() > 10, "{place}: {why}");
            }
        });
    }
}

#[test]
fn a_capacity_provider_of_ones_own_is_refused() {
    let mut bench = Bench::new();
    let failed = Stack::new("AWS::ECS::CapacityProvider", json!({})).create(&mut bench);
    assert!(failed.unwrap_err().contains("is not supported by Standin"));
}
