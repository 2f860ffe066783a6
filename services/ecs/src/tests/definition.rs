//! Task definitions.

use standin_kernel::{Value, json};

use super::{Bench, web, web_but};

/// The message of the ClientException with which a definition is refused.
#[track_caller]
fn wrong(changes: &Value) -> String {
    let (code, message) = Bench::new().refusal("RegisterTaskDefinition", web_but(changes));
    assert_eq!(code, "ClientException", "{message}");
    message
}

#[track_caller]
fn registered(changes: &Value) -> Value {
    Bench::new().ok("RegisterTaskDefinition", web_but(changes))["taskDefinition"].clone()
}

#[test]
fn ecs_td_03_revisions_count_from_1_and_are_never_used_twice() {
    let mut bench = Bench::new();
    let first = bench.ok("RegisterTaskDefinition", web())["taskDefinition"].clone();
    let arn = "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/web:1";
    assert_eq!((&first["taskDefinitionArn"], &first["revision"]), (&arn.into(), &1.into()));
    assert_eq!(first["status"], "ACTIVE");
    bench.ok("RegisterTaskDefinition", web());
    let gone = bench.ok("DeregisterTaskDefinition", json!({"taskDefinition": "web:2"}));
    assert_eq!(gone["taskDefinition"]["status"], "INACTIVE");
    let newest = bench.ok("DescribeTaskDefinition", json!({"taskDefinition": "web"}));
    assert_eq!(newest["taskDefinition"]["revision"], 1);
    let old = bench.ok("DescribeTaskDefinition", json!({"taskDefinition": "web:2"}));
    assert_eq!(old["taskDefinition"]["status"], "INACTIVE");
    bench.ok("DeleteTaskDefinitions", json!({"taskDefinitions": ["web:2"]}));
    let third = bench.ok("RegisterTaskDefinition", web())["taskDefinition"].clone();
    assert_eq!(third["revision"], 3);
}

#[test]
fn what_is_not_there_cannot_be_described() {
    let mut bench = Bench::ready();
    for name in ["other", "web:7", "arn:aws:ecs:eu-west-1:1:task-definition/web:1"] {
        let (code, message) =
            bench.refusal("DescribeTaskDefinition", json!({"taskDefinition": name}));
        assert_eq!(code, "ClientException");
        assert_eq!(message, "Unable to describe task definition.");
    }
    let (code, _) = bench.refusal("DescribeTaskDefinition", json!({"taskDefinition": "web:x"}));
    assert_eq!(code, "InvalidParameterException");
    let deregister = json!({"taskDefinition": "web"});
    assert_eq!(
        bench.refusal("DeregisterTaskDefinition", deregister).0,
        "InvalidParameterException"
    );
}

#[test]
fn an_active_definition_is_not_deleted() {
    let mut bench = Bench::ready();
    let deleted = bench.ok("DeleteTaskDefinitions", json!({"taskDefinitions": ["web:1", "web:9"]}));
    assert_eq!(deleted["taskDefinitions"], json!([]));
    assert_eq!(deleted["failures"][1]["reason"], "MISSING");
    bench.ok("DeregisterTaskDefinition", json!({"taskDefinition": "web:1"}));
    let deleted = bench.ok("DeleteTaskDefinitions", json!({"taskDefinitions": ["web:1"]}));
    assert_eq!(deleted["taskDefinitions"][0]["status"], "DELETE_IN_PROGRESS");
}

#[test]
fn definitions_and_families_are_listed() {
    let mut bench = Bench::ready();
    bench.ok("RegisterTaskDefinition", web());
    bench.ok("RegisterTaskDefinition", web_but(&json!({"family": "worker"})));
    let names = |answer: &Value| -> Vec<String> {
        let arns = answer["taskDefinitionArns"].as_array().unwrap();
        arns.iter().map(|arn| arn.as_str().unwrap().rsplit('/').next().unwrap().into()).collect()
    };
    let all = bench.ok("ListTaskDefinitions", json!({"sort": "DESC"}));
    assert_eq!(names(&all), ["worker:1", "web:2", "web:1"]);
    let one = bench.ok("ListTaskDefinitions", json!({"familyPrefix": "web", "maxResults": 1}));
    assert_eq!(names(&one), ["web:1"]);
    let more = json!({"familyPrefix": "web", "nextToken": one["nextToken"]});
    assert_eq!(names(&bench.ok("ListTaskDefinitions", more)), ["web:2"]);
    bench.ok("DeregisterTaskDefinition", json!({"taskDefinition": "worker:1"}));
    let families = |bench: &mut Bench, status| {
        bench.ok("ListTaskDefinitionFamilies", json!({"status": status}))["families"].clone()
    };
    assert_eq!(families(&mut bench, "ACTIVE"), json!(["web"]));
    assert_eq!(families(&mut bench, "INACTIVE"), json!(["worker"]));
    let begins = json!({"familyPrefix": "w"});
    let both = bench.ok("ListTaskDefinitionFamilies", begins)["families"].clone();
    assert_eq!(both, json!(["web", "worker"]));
}

#[test]
fn ecs_td_01_fargate_asks_for_awsvpc_and_equal_ports() {
    assert_eq!(
        wrong(&json!({"networkMode": "bridge"})),
        "Fargate only supports network mode ‘awsvpc’."
    );
    assert_eq!(
        wrong(&json!({"app": {"portMappings": [{"containerPort": 80, "hostPort": 8080}]}})),
        "When networkMode=awsvpc, the host ports and container ports in port mappings must match."
    );
    let shown = registered(&json!({}));
    let port = json!({"containerPort": 8080, "hostPort": 8080, "protocol": "tcp"});
    assert_eq!(shown["containerDefinitions"][0]["portMappings"], json!([port]));
    assert_eq!(shown["compatibilities"], json!(["EC2", "FARGATE"]));
}

#[test]
fn ecs_td_02_a_size_that_fargate_does_not_have_is_refused() {
    assert!(
        wrong(&json!({"memory": "4096"}))
            .starts_with("No Fargate configuration exists for given values")
    );
    let shown = registered(&json!({"cpu": ".5 vCPU", "memory": "1 GB"}));
    assert_eq!((&shown["cpu"], &shown["memory"]), (&"512".into(), &"1024".into()));
}

#[test]
fn ecs_td_05_a_container_is_essential_and_one_must_be() {
    assert_eq!(registered(&json!({}))["containerDefinitions"][0]["essential"], true);
    assert_eq!(
        wrong(&json!({"app": {"essential": false}})),
        "Task definition doesn't have any essential container."
    );
    assert_eq!(wrong(&json!({"containerDefinitions": []})), "Container list cannot be empty.");
}

#[test]
fn ecs_td_09_disk_from_21_to_200_gib() {
    wrong(&json!({"ephemeralStorage": {"sizeInGiB": 20}}));
    let shown = registered(&json!({"ephemeralStorage": {"sizeInGiB": 21}}));
    assert_eq!(shown["ephemeralStorage"], json!({"sizeInGiB": 21}));
}

#[test]
fn ecs_td_10_only_the_limit_of_open_files_is_changed() {
    let limit = |name: &str| json!({"name": name, "softLimit": 10, "hardLimit": 10});
    wrong(&json!({"app": {"ulimits": [limit("nproc")]}}));
    registered(&json!({"app": {"ulimits": [limit("nofile")]}}));
}

#[test]
fn ecs_td_11_containers_share_what_the_task_has() {
    assert_eq!(
        wrong(&json!({"app": {"cpu": 257}})),
        "The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'."
    );
    wrong(&json!({"app": {"memory": 513}}));
    wrong(&json!({"app": {"memoryReservation": 513}}));
    wrong(&json!({"app": {"memory": 100, "memoryReservation": 200}}));
    registered(&json!({"app": {"cpu": 256, "memory": 512, "memoryReservation": 256}}));
}

#[test]
fn names_and_images_are_asked_for() {
    assert_eq!(
        wrong(&json!({"app": {"name": null}})),
        "Container.name should not be null or empty."
    );
    assert_eq!(
        wrong(&json!({"app": {"image": null}})),
        "Container.image should not be null or empty."
    );
    wrong(&json!({"app": {"name": "a b"}}));
    wrong(&json!({"family": "a/b"}));
    let app = web()["containerDefinitions"][0].clone();
    wrong(&json!({"containerDefinitions": [app, app]}));
}

/// Two containers: `app`, which depends on `init` in this way, and `init` with these members.
fn dependent(condition: &str, init: &Value) -> Value {
    let mut containers = web()["containerDefinitions"].clone();
    containers[0]["dependsOn"] = json!([{"containerName": "init", "condition": condition}]);
    let mut other = json!({"name": "init", "image": "init:1"});
    super::change(&mut other, init);
    containers.as_array_mut().unwrap().push(other);
    json!({"containerDefinitions": containers})
}

#[test]
fn ecs_dp_02_healthy_needs_a_health_check() {
    wrong(&dependent("HEALTHY", &json!({})));
    registered(&dependent("HEALTHY", &json!({"healthCheck": {"command": ["CMD", "true"]}})));
}

#[test]
fn ecs_dp_03_what_must_end_is_not_essential() {
    for condition in ["SUCCESS", "COMPLETE"] {
        assert_eq!(
            wrong(&dependent(condition, &json!({}))),
            "A dependency container with SUCCESS or COMPLETE condition cannot be an essential \
             container"
        );
        registered(&dependent(condition, &json!({"essential": false})));
    }
    registered(&dependent("START", &json!({})));
}

#[test]
fn ecs_dp_07_ecs_dp_09_timeouts_have_bounds() {
    wrong(&json!({"app": {"startTimeout": 1}}));
    wrong(&json!({"app": {"startTimeout": 121}}));
    wrong(&json!({"app": {"stopTimeout": 121}}));
    registered(&json!({"app": {"startTimeout": 2, "stopTimeout": 120}}));
}

#[test]
fn ecs_dp_11_no_cycle_no_stranger_not_itself() {
    let on = |name: &str| json!({"dependsOn": [{"containerName": name, "condition": "START"}]});
    assert!(wrong(&dependent("START", &on("app"))).contains("app, init"));
    wrong(&dependent("START", &on("init")));
    wrong(&json!({"app": on("nobody")}));
}

#[test]
fn ecs_hc_02_a_health_check_has_defaults_and_bounds() {
    let shown = registered(&json!({"app": {"healthCheck": {"command": ["CMD", "true"]}}}));
    let check = &shown["containerDefinitions"][0]["healthCheck"];
    assert_eq!((&check["interval"], &check["timeout"]), (&30.into(), &5.into()));
    assert_eq!(check["retries"], 3);
    let with = |name: &str, value: u32| {
        let check = json!({"command": ["CMD", "true"], name: value});
        json!({"app": {"healthCheck": check}})
    };
    for (name, value) in [
        ("interval", 4),
        ("interval", 301),
        ("timeout", 1),
        ("timeout", 61),
        ("retries", 0),
        ("retries", 11),
        ("startPeriod", 301),
    ] {
        wrong(&with(name, value));
    }
    wrong(&json!({"app": {"healthCheck": {"command": []}}}));
}

fn logs(driver: &str, options: &Value) -> Value {
    json!({
        "executionRoleArn": "arn:aws:iam::123456789012:role/r",
        "app": {"logConfiguration": {"logDriver": driver, "options": options}},
    })
}

#[test]
fn ecs_lo_01_fargate_has_three_log_drivers_and_standin_one() {
    assert!(wrong(&logs("json-file", &json!({}))).contains("json-file"));
    for driver in ["splunk", "awsfirelens"] {
        assert!(wrong(&logs(driver, &json!({}))).contains("is not supported by Standin"));
    }
}

#[test]
fn ecs_lo_02_awslogs_asks_for_group_region_and_prefix() {
    assert_eq!(
        wrong(&logs("awslogs", &json!({"awslogs-stream-prefix": "p"}))),
        "Log driver awslogs requires options: awslogs-region, awslogs-group"
    );
    let mut options = json!({"awslogs-group": "g", "awslogs-region": "ap-northeast-1"});
    assert_eq!(
        wrong(&logs("awslogs", &options)),
        "Fargate requires log configuration options to include awslogs-stream-prefix to support \
         log driver awslogs."
    );
    options["awslogs-stream-prefix"] = json!("p");
    registered(&logs("awslogs", &options));
    let mut without_role = logs("awslogs", &options);
    without_role["executionRoleArn"] = Value::Null;
    assert_eq!(
        wrong(&without_role),
        "Fargate requires task definition to have execution role ARN to support log driver \
         awslogs."
    );
    options["log_key"] = json!("x");
    assert_eq!(wrong(&logs("awslogs", &options)), "Log driver awslogs disallows options: log_key");
}

#[test]
fn ecs_rs_01_a_restart_policy_has_bounds() {
    let with = |seconds: u32| {
        let policy = json!({"enabled": true, "restartAttemptPeriod": seconds});
        json!({"app": {"restartPolicy": policy}})
    };
    wrong(&with(59));
    wrong(&with(1801));
    registered(&with(60));
    let codes: Vec<i32> = (0..51).collect();
    wrong(&json!({"app": {"restartPolicy": {"enabled": true, "ignoredExitCodes": codes}}}));
}

#[test]
fn volumes_are_named_and_have_no_path_on_the_host() {
    let mount = json!([{"sourceVolume": "data", "containerPath": "/data", "readOnly": false}]);
    assert_eq!(wrong(&json!({"app": {"mountPoints": mount}})), "Unknown volume 'data'.");
    registered(&json!({"app": {"mountPoints": mount}, "volumes": [{"name": "data"}]}));
    let volumes = json!([{"name": "data", "host": {"sourcePath": "/x"}}]);
    assert_eq!(
        wrong(&json!({"volumes": volumes})),
        "host.sourcePath should not be set for volumes in Fargate."
    );
    let efs = json!([{"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}]);
    assert!(
        wrong(&json!({"volumes": efs}))
            .starts_with("volume data: efsVolumeConfiguration is not supported by Standin")
    );
}

#[test]
fn what_standin_has_not_is_refused_with_the_reason() {
    let files = json!([{"type": "s3", "value": "arn:aws:s3:::x/y"}]);
    let message = wrong(&json!({"app": {"environmentFiles": files}}));
    assert!(
        message
            .starts_with("container definition app: environmentFiles is not supported by Standin"),
        "{message}"
    );
    let secrets = json!([{"name": "A", "valueFrom": "/a"}]);
    registered(&json!({"app": {"secrets": secrets, "privileged": false}}));
    wrong(&json!({"app": {"privileged": true}}));
    wrong(&json!({"requiresCompatibilities": ["EC2"]}));
    let windows = json!({"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"});
    wrong(&json!({"runtimePlatform": windows}));
    let unknown = web_but(&json!({"app": {"colour": "red"}}));
    let (code, message) = Bench::new().refusal("RegisterTaskDefinition", unknown);
    assert_eq!(code, "InvalidParameterException");
    assert!(message.contains("colour"), "{message}");
}

#[test]
fn without_compatibilities_what_fargate_cannot_run_is_registered_and_not_run() {
    let mut bench = Bench::ready();
    let document = web_but(
        &json!({"family": "old", "requiresCompatibilities": null, "networkMode": "bridge"}),
    );
    let shown = bench.ok("RegisterTaskDefinition", document)["taskDefinition"].clone();
    assert_eq!(shown["compatibilities"], json!(["EC2"]));
    let service = super::diary_but(&json!({"taskDefinition": "old"}));
    let (code, message) = bench.refusal("CreateService", service);
    assert_eq!(code, "InvalidParameterException");
    assert_eq!(message, "Task definition does not support launch_type FARGATE.");
}

#[test]
fn hints_name_containers_that_exist_and_keys_that_are_known() {
    let hint = |containers: Value| json!({"Standin": {"Containers": containers}});
    registered(&hint(json!({"app": {
        "Command": ["run", 8080], "WorkingDirectory": ".", "Environment": {"A": true},
        "Cargo": "app", "BaseDirectory": "/x", "Model": {"ReadySeconds": 3},
    }})));
    let message = wrong(&hint(json!({"ap": {}})));
    assert!(message.contains("no such container; it has: app"), "{message}");
    let message = wrong(&hint(json!({"app": {"Comand": []}})));
    assert!(message.contains("unknown field `Comand`"), "{message}");
    let message = wrong(&json!({"Standin": {"Container": {}}}));
    assert!(message.contains("unknown field `Container`"), "{message}");
}

#[test]
fn a_revision_without_hints_takes_over_those_of_the_one_before() {
    let mut bench = Bench::new();
    let hint = json!({"Containers": {"app": {"Command": ["run"]}}});
    bench.ok("RegisterTaskDefinition", web_but(&json!({"Standin": hint})));
    let hint_of = |bench: &Bench, revision: u32| {
        let definition = &bench.ecs.state.families["web"][&revision];
        definition.settings(&bench.env).containers[0].local.clone()
    };
    bench.ok("RegisterTaskDefinition", web());
    assert_eq!(hint_of(&bench, 2), json!({"Command": ["run"]}));
    // A template that has none says so.
    bench.ok("RegisterTaskDefinition", web_but(&json!({"Standin": {"Containers": {}}})));
    assert_eq!(hint_of(&bench, 3), Value::Null);
    bench.ok("RegisterTaskDefinition", web());
    assert_eq!(hint_of(&bench, 4), Value::Null);
}

#[test]
fn a_container_with_the_agents_image_is_told_to_have_a_stand_in() {
    let told = |more: Value| {
        let mut bench = Bench::new();
        bench.ok("RegisterTaskDefinition", web_but(&more));
        bench.log.iter().any(|line| line.contains("app (datadog/agent:7) is stood in for"))
    };
    let agent = json!({"image": "datadog/agent:7"});
    assert!(told(json!({"app": agent})));
    let hint = json!({"Containers": {"app": {"Command": ["my-agent"]}}});
    assert!(!told(json!({"app": agent, "Standin": hint})));
    assert!(!told(json!({})));
}

#[test]
fn values_of_the_environment_are_in_no_log_and_no_error() {
    let mut bench = Bench::serving();
    bench.exit("app", 1);
    bench.run(60);
    assert!(!bench.log.is_empty());
    assert!(bench.log.iter().all(|line| !line.contains("open sesame")));
    assert!(!format!("{:?}", bench.ecs.state).contains("open sesame"));
    let odd = web_but(&json!({"app": {"environment": [{"name": "A", "value": 424_242}]}}));
    let (_, message) = bench.refusal("RegisterTaskDefinition", odd);
    assert!(!message.contains("424242"), "{message}");
}
