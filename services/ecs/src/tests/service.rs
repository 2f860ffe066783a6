//! Services.

use standin_kernel::{Value, json};

use super::{Bench, GROUP, diary, diary_but, web, web_but};

/// The code and message with which `CreateService` refuses the diary with changes.
#[track_caller]
fn wrong(changes: &Value) -> (String, String) {
    Bench::ready().refusal("CreateService", diary_but(changes))
}

#[track_caller]
fn invalid(changes: &Value) -> String {
    let (code, message) = wrong(changes);
    assert_eq!(code, "InvalidParameterException", "{message}");
    message
}

#[test]
fn a_service_is_created_and_becomes_stable() {
    let mut bench = Bench::ready();
    let created = bench.ok("CreateService", diary())["service"].clone();
    let arn = "arn:aws:ecs:ap-northeast-1:123456789012:service/main/diary";
    assert_eq!((&created["serviceArn"], &created["status"]), (&arn.into(), &"ACTIVE".into()));
    assert_eq!((&created["desiredCount"], &created["runningCount"]), (&2.into(), &0.into()));
    assert_eq!(created["deployments"][0]["rolloutState"], "IN_PROGRESS");
    assert_eq!(created["launchType"], "FARGATE");
    assert_eq!(created["availabilityZoneRebalancing"], "ENABLED");
    assert_eq!(created["deploymentConfiguration"]["maximumPercent"], 200);
    assert_eq!(created["loadBalancers"][0]["targetGroupArn"], GROUP);
    bench.run(120);
    let stable = bench.diary();
    assert_eq!(stable["runningCount"], 2);
    assert_eq!(stable["deployments"].as_array().unwrap().len(), 1);
    assert_eq!(stable["deployments"][0]["rolloutState"], "COMPLETED");
    assert_eq!(stable["deployments"][0]["platformVersion"], "1.4.0");
    assert_eq!(stable["events"][0]["message"], "(service diary) has reached a steady state.");
    assert!(stable["events"][0]["createdAt"].as_f64().unwrap() > 1_800_000_000.0);
    assert_eq!(bench.running.len(), 2);
}

#[test]
fn a_repeated_creation_gives_the_service_a_different_one_is_refused() {
    let mut bench = Bench::ready();
    bench.ok("CreateService", diary());
    bench.ok("CreateService", diary());
    let other = diary_but(&json!({"desiredCount": 3}));
    let (code, message) = bench.refusal("CreateService", other);
    assert_eq!(code, "InvalidParameterException");
    assert_eq!(message, "Creation of service was not idempotent.");
}

#[test]
fn what_does_not_exist_or_fit_is_refused() {
    assert_eq!(wrong(&json!({"cluster": "other"})).0, "ClusterNotFoundException");
    let (code, message) = wrong(&json!({"taskDefinition": "other"}));
    assert_eq!((code.as_str(), message.as_str()), ("ClientException", "TaskDefinition not found."));
    assert_eq!(
        invalid(&json!({"networkConfiguration": null})),
        "Network Configuration must be provided when networkMode 'awsvpc' is specified."
    );
    let subnets = json!({"awsvpcConfiguration": {"subnets": []}});
    assert_eq!(invalid(&json!({"networkConfiguration": subnets})), "subnets can not be empty.");
    invalid(&json!({"serviceName": "a b"}));
    invalid(&json!({"desiredCount": null}));
    let percent = json!({"maximumPercent": 100, "minimumHealthyPercent": 101});
    invalid(&json!({"deploymentConfiguration": percent}));
    assert_eq!(wrong(&json!({"platformVersion": "9.9.9"})).0, "PlatformUnknownException");
    let strategy = json!([{"capacityProvider": "FARGATE", "weight": 1}]);
    assert!(
        invalid(&json!({"capacityProviderStrategy": strategy}))
            .starts_with("Specifying both a launch type and capacity provider strategy")
    );
}

#[test]
fn ecs_td_03_a_deregistered_definition_starts_nothing_new() {
    let mut bench = Bench::serving();
    bench.ok("DeregisterTaskDefinition", json!({"taskDefinition": "web:1"}));
    let other = diary_but(&json!({"serviceName": "other", "taskDefinition": "web:1"}));
    assert_eq!(bench.refusal("CreateService", other).1, "TaskDefinition is inactive");
    // What runs already goes on, and is replaced from the same revision.
    bench.exit("app", 1);
    bench.run(120);
    assert_eq!(bench.diary()["runningCount"], 2);
    bench.ok("UpdateService", json!({"cluster": "main", "service": "diary", "desiredCount": 3}));
    bench.run(120);
    assert_eq!(bench.diary()["runningCount"], 3);
}

#[test]
fn ecs_nw_01_at_most_16_subnets_and_5_security_groups() {
    let many = |count: usize| vec!["x"; count];
    let network = |subnets: usize, groups: usize| {
        let subnets = many(subnets);
        json!({"networkConfiguration": {"awsvpcConfiguration": {
            "subnets": subnets, "securityGroups": many(groups),
        }}})
    };
    invalid(&network(17, 5));
    invalid(&network(16, 6));
    let created = Bench::ready().ok("CreateService", diary_but(&network(16, 5)));
    let shown = &created["service"]["networkConfiguration"]["awsvpcConfiguration"];
    assert_eq!(shown["assignPublicIp"], "DISABLED");
}

#[test]
fn ecs_sv_01_no_daemons_on_fargate() {
    assert!(wrong(&json!({"schedulingStrategy": "DAEMON"})).1.contains("DAEMON"));
}

#[test]
fn ecs_sv_13_containers_and_ports_of_load_balancers_exist() {
    let balancer = |name: &str, port: u16| {
        let one = json!({
            "targetGroupArn": GROUP, "containerName": name, "containerPort": port,
        });
        json!({"loadBalancers": [one]})
    };
    assert_eq!(
        invalid(&balancer("web", 8080)),
        "The container web does not exist in the task definition."
    );
    assert_eq!(
        invalid(&balancer("app", 80)),
        "The container app did not have a container port 80 defined."
    );
    let one = diary()["loadBalancers"][0].clone();
    invalid(&json!({"loadBalancers": vec![one; 6]}));
}

#[test]
fn what_standin_has_not_is_refused_by_name() {
    for (member, value) in [
        ("launchType", json!("EC2")),
        ("launchType", Value::Null),
        ("serviceRegistries", json!([{"registryArn": "x"}])),
        ("serviceConnectConfiguration", json!({"enabled": true})),
        ("deploymentController", json!({"type": "CODE_DEPLOY"})),
        ("deploymentConfiguration", json!({"strategy": "BLUE_GREEN"})),
        ("deploymentConfiguration", json!({"lifecycleHooks": [{}]})),
        ("placementConstraints", json!([{"type": "distinctInstance"}])),
    ] {
        let (code, message) = wrong(&json!({ member: value }));
        assert_eq!(code, "ClientException", "{member}");
        assert!(message.contains("is not supported by Standin"), "{message}");
    }
    let alarms = json!({"alarmNames": [], "enable": false, "rollback": false});
    let nothing = diary_but(&json!({
        "serviceRegistries": [],
        "serviceConnectConfiguration": {"enabled": false},
        "deploymentConfiguration": {"alarms": alarms, "lifecycleHooks": []},
    }));
    Bench::ready().ok("CreateService", nothing);
}

#[test]
fn a_clusters_own_strategy_counts_when_nothing_is_said() {
    let mut bench = Bench::ready();
    let strategy = json!([{"capacityProvider": "FARGATE", "weight": 1, "base": 0}]);
    let put = json!({
        "cluster": "main", "capacityProviders": ["FARGATE"],
        "defaultCapacityProviderStrategy": strategy,
    });
    bench.ok("PutClusterCapacityProviders", put);
    let created = bench.ok("CreateService", diary_but(&json!({"launchType": null})));
    assert_eq!(created["service"]["capacityProviderStrategy"], strategy);
    assert!(created["service"]["launchType"].is_null());
}

#[test]
fn ecs_sv_09_only_some_changes_make_a_deployment() {
    let mut bench = Bench::serving();
    let id = bench.diary()["deployments"][0]["id"].clone();
    let update = |bench: &mut Bench, changes: Value| {
        let mut input = json!({"cluster": "main", "service": "diary"});
        input.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        bench.ok("UpdateService", input)["service"]["deployments"][0]["id"].clone()
    };
    assert_eq!(update(&mut bench, json!({"desiredCount": 3})), id);
    let percent = json!({"minimumHealthyPercent": 50});
    assert_eq!(update(&mut bench, json!({"deploymentConfiguration": percent})), id);
    let shown = bench.diary();
    assert_eq!(shown["deploymentConfiguration"]["minimumHealthyPercent"], 50);
    assert_eq!(shown["deploymentConfiguration"]["maximumPercent"], 200);
    assert_eq!(update(&mut bench, json!({"taskDefinition": "web:1"})), id);
    let forced = update(&mut bench, json!({"forceNewDeployment": true}));
    assert_ne!(forced, id);
    bench.run(300);
    let network = json!({"awsvpcConfiguration": {"subnets": ["subnet-3"]}});
    let moved = update(&mut bench, json!({"networkConfiguration": network}));
    assert_ne!(moved, forced);
    bench.run(300);
    bench.ok("RegisterTaskDefinition", web());
    let newer = update(&mut bench, json!({"taskDefinition": "web"}));
    assert_ne!(newer, moved);
    bench.run(300);
    let shown = bench.diary();
    assert!(shown["taskDefinition"].as_str().unwrap().ends_with("web:2"));
    assert_eq!((&shown["runningCount"], &shown["desiredCount"]), (&3.into(), &3.into()));
}

#[test]
fn an_update_is_checked_like_a_creation() {
    let mut bench = Bench::serving();
    let other = web_but(&json!({"app": {"portMappings": [{"containerPort": 9090}]}}));
    bench.ok("RegisterTaskDefinition", other);
    let asked = json!({"cluster": "main", "service": "diary", "taskDefinition": "web:2"});
    let (_, message) = bench.refusal("UpdateService", asked);
    assert_eq!(message, "The container app did not have a container port 8080 defined.");
    let (code, message) =
        bench.refusal("UpdateService", json!({"cluster": "main", "service": "nobody"}));
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("ServiceNotFoundException", "Service not found.")
    );
}

#[test]
fn ecs_cb_05_after_a_rollback_the_old_definition_is_shown() {
    let mut bench = Bench::ready();
    let breaker = json!({"enable": true, "rollback": true});
    let asked =
        diary_but(&json!({"deploymentConfiguration": {"deploymentCircuitBreaker": breaker}}));
    bench.ok("CreateService", asked);
    bench.run(120);
    bench.ok("RegisterTaskDefinition", web());
    bench.broken = Some("CannotPullContainerError: no such image".into());
    let asked = json!({"cluster": "main", "service": "diary", "taskDefinition": "web:2"});
    bench.ok("UpdateService", asked);
    bench.run(3600);
    let shown = bench.diary();
    assert!(shown["taskDefinition"].as_str().unwrap().ends_with("web:1"), "{shown}");
    assert_eq!(shown["runningCount"], 2);
    assert_eq!(shown["deploymentConfiguration"]["deploymentCircuitBreaker"], breaker);
}

#[test]
fn ecs_cb_03_thresholds_are_counts_or_shares() {
    let with = |kind: &str, value: u32| {
        let threshold = json!({"type": kind, "value": value});
        let breaker =
            json!({"enable": true, "rollback": false, "thresholdConfiguration": threshold});
        json!({"deploymentConfiguration": {"deploymentCircuitBreaker": breaker}})
    };
    Bench::ready().ok("CreateService", diary_but(&with("COUNT", 1)));
    Bench::ready().ok("CreateService", diary_but(&with("UNBOUNDED_PERCENT", 10)));
    Bench::ready().ok("CreateService", diary_but(&with("BOUNDED_PERCENT", 50)));
    invalid(&with("COUNT", 0));
    assert!(wrong(&with("BOUNDED_PERCENT", 20)).1.contains("BOUNDED_PERCENT"));
}

#[test]
fn ecs_sv_12_a_service_is_deleted_at_zero_or_by_force() {
    let mut bench = Bench::serving();
    let named = json!({"cluster": "main", "service": "diary"});
    let (code, message) = bench.refusal("DeleteService", named.clone());
    assert_eq!(code, "InvalidParameterException");
    assert_eq!(message, "The service cannot be stopped while it is scaled above 0.");
    let force = json!({"cluster": "main", "service": "diary", "force": true});
    let deleted = bench.ok("DeleteService", force);
    assert_eq!(deleted["service"]["status"], "DRAINING");
    assert_eq!(bench.refusal("UpdateService", named.clone()).0, "ServiceNotActiveException");
    let (_, message) = bench.refusal("CreateService", diary());
    assert_eq!(message, "Unable to Start a service that is still Draining.");
    bench.run(300);
    assert_eq!(bench.diary()["status"], "INACTIVE");
    assert!(bench.running.is_empty());
    assert_eq!(bench.ok("ListServices", json!({"cluster": "main"}))["serviceArns"], json!([]));
    assert_eq!(bench.refusal("DeleteService", named).0, "ServiceNotFoundException");
    bench.ok("CreateService", diary());
    bench.run(120);
    assert_eq!(bench.diary()["runningCount"], 2);
}

#[test]
fn ecs_sv_12_an_inactive_service_is_described_for_a_while() {
    let mut bench = Bench::serving();
    bench.ok("UpdateService", json!({"cluster": "main", "service": "diary", "desiredCount": 0}));
    bench.run(120);
    bench.ok("DeleteService", json!({"cluster": "main", "service": "diary"}));
    bench.run(120);
    assert_eq!(bench.diary()["status"], "INACTIVE");
    bench.run(2 * 3600);
    let described = bench.ok("DescribeServices", json!({"cluster": "main", "services": ["diary"]}));
    assert_eq!(described["failures"][0]["reason"], "MISSING");
    let left = |kind: &str| bench.records.keys().filter(|(known, _)| known == kind).count();
    assert_eq!((left("service-settings"), left("task-settings")), (0, 0));
}

#[test]
fn services_are_described_and_listed() {
    let mut bench = Bench::ready();
    for number in 0..12 {
        let name = format!("service-{number:02}");
        let empty = json!({"serviceName": name, "desiredCount": 0, "loadBalancers": []});
        bench.ok("CreateService", diary_but(&empty));
    }
    let first = bench.ok("ListServices", json!({"cluster": "main"}));
    assert_eq!(first["serviceArns"].as_array().unwrap().len(), 10);
    let rest = json!({"cluster": "main", "nextToken": first["nextToken"]});
    assert_eq!(bench.ok("ListServices", rest)["serviceArns"].as_array().unwrap().len(), 2);
    let arn = first["serviceArns"][0].clone();
    let short = "arn:aws:ecs:ap-northeast-1:123456789012:service/service-01";
    let asked = json!({"cluster": "main", "services": [arn, short, "service-02", "nobody"]});
    let described = bench.ok("DescribeServices", asked);
    let names: Vec<&str> = described["services"]
        .as_array()
        .unwrap()
        .iter()
        .map(|service| service["serviceName"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["service-00", "service-01", "service-02"]);
    assert!(described["failures"][0]["arn"].as_str().unwrap().ends_with("service/main/nobody"));
    let none = json!({"cluster": "main", "services": []});
    assert_eq!(bench.refusal("DescribeServices", none).1, "Services cannot be empty.");
    let many = json!({"cluster": "main", "services": vec!["x"; 11]});
    assert_eq!(bench.refusal("DescribeServices", many).0, "InvalidParameterException");
}
