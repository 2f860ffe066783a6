//! Tasks, run by hand and by services.

use standin_kernel::{Value, json};

use super::{Bench, web_but};

fn run_but(changes: &Value) -> Value {
    let mut run = json!({
        "cluster": "main",
        "taskDefinition": "web",
        "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}},
    });
    super::change(&mut run, changes);
    run
}

#[test]
fn a_task_is_run_described_and_stopped() {
    let mut bench = Bench::ready();
    let ran = bench.ok("RunTask", run_but(&json!({"startedBy": "me", "count": 2})));
    assert_eq!(ran["failures"], json!([]));
    assert_eq!(ran["tasks"].as_array().unwrap().len(), 2);
    let task = &ran["tasks"][0];
    assert_eq!(
        (&task["lastStatus"], &task["desiredStatus"]),
        (&"PROVISIONING".into(), &"RUNNING".into())
    );
    assert_eq!((&task["group"], &task["startedBy"]), (&"family:web".into(), &"me".into()));
    assert_eq!((&task["cpu"], &task["memory"]), (&"256".into(), &"512".into()));
    assert_eq!(task["launchType"], "FARGATE");
    bench.run(60);
    let running = bench.tasks();
    assert!(running.iter().all(|task| task["lastStatus"] == "RUNNING"), "{running:?}");
    assert_eq!(running[0]["containers"][0]["name"], "app");
    assert!(running[0]["startedAt"].is_f64());
    let arn = running[0]["taskArn"].clone();
    let id = arn.as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let stopping = bench.ok("StopTask", json!({"cluster": "main", "task": id, "reason": "enough"}));
    assert_eq!(stopping["task"]["desiredStatus"], "STOPPED");
    bench.run(60);
    let stopped = bench.ok("DescribeTasks", json!({"cluster": "main", "tasks": [arn]}));
    let stopped = &stopped["tasks"][0];
    assert_eq!(
        (&stopped["lastStatus"], &stopped["stopCode"]),
        (&"STOPPED".into(), &"UserInitiated".into())
    );
    assert_eq!(stopped["stoppedReason"], "enough");
    assert_eq!(stopped["containers"][0]["exitCode"], 143);
    assert_eq!(bench.tasks().len(), 1);
}

#[test]
fn ecs_nw_02_the_address_is_in_attachment_and_containers() {
    let mut bench = Bench::serving();
    let tasks = bench.tasks();
    let mut addresses = Vec::new();
    for task in &tasks {
        let attachment = &task["attachments"][0];
        assert_eq!(attachment["type"], "ElasticNetworkInterface");
        let detail = |name: &str| {
            let details = attachment["details"].as_array().unwrap();
            details.iter().find(|pair| pair["name"] == name).unwrap()["value"].clone()
        };
        let address = detail("privateIPv4Address");
        let interface = &task["containers"][0]["networkInterfaces"][0];
        assert_eq!(interface["privateIpv4Address"], address);
        assert_eq!(interface["attachmentId"], attachment["id"]);
        assert!(["subnet-1", "subnet-2"].contains(&detail("subnetId").as_str().unwrap()));
        let known = bench.ecs.task_address(task["taskArn"].as_str().unwrap()).unwrap();
        assert_eq!(address, known.to_string());
        addresses.push(address);
    }
    assert_ne!(addresses[0], addresses[1]);
}

#[test]
fn overrides_change_command_and_environment_of_one_run() {
    let mut bench = Bench::ready();
    let overrides = json!({"containerOverrides": [{
        "name": "app",
        "command": ["migrate"],
        "environment": [{"name": "PASSWORD", "value": "other"}, {"name": "NEW", "value": "1"}],
    }]});
    let ran = bench.ok("RunTask", run_but(&json!({"overrides": overrides})));
    bench.run(60);
    let spec = bench.running.values().next().unwrap();
    assert_eq!(spec.command, ["migrate"]);
    let of = |name: &str| spec.environment.iter().filter(|(known, _)| known == name).count();
    assert!(spec.environment.contains(&("PASSWORD".into(), "other".into())));
    assert_eq!((of("PASSWORD"), of("NEW")), (1, 1));
    let shown = &ran["tasks"][0]["overrides"]["containerOverrides"][0];
    assert_eq!(shown["command"], json!(["migrate"]));
    let stranger = json!({"containerOverrides": [{"name": "nobody"}]});
    let (code, message) = bench.refusal("RunTask", run_but(&json!({"overrides": stranger})));
    assert_eq!(code, "InvalidParameterException");
    assert_eq!(
        message,
        "Override for container named nobody is not a container in the TaskDefinition."
    );
}

#[test]
fn a_call_repeated_with_its_token_runs_nothing_new() {
    let mut bench = Bench::ready();
    let asked = run_but(&json!({"clientToken": "once", "count": 2}));
    let first = bench.ok("RunTask", asked.clone());
    let arns = |answer: &Value| {
        let tasks = answer["tasks"].as_array().unwrap().iter();
        tasks.map(|task| task["taskArn"].to_string()).collect::<std::collections::BTreeSet<_>>()
    };
    bench.run(60);
    let again = bench.ok("RunTask", asked);
    assert_eq!((arns(&again), bench.running.len()), (arns(&first), 2));
    bench.ok("RegisterTaskDefinition", super::web());
    let other = run_but(&json!({"clientToken": "once", "taskDefinition": "web:2"}));
    assert_eq!(bench.refusal("RunTask", other).0, "ConflictException");
}

#[test]
fn a_run_is_checked() {
    let mut bench = Bench::ready();
    let mut wrong = |changes: Value| bench.refusal("RunTask", run_but(&changes)).0;
    assert_eq!(wrong(json!({"count": 0})), "InvalidParameterException");
    assert_eq!(wrong(json!({"count": 11})), "InvalidParameterException");
    assert_eq!(wrong(json!({"networkConfiguration": null})), "InvalidParameterException");
    assert_eq!(wrong(json!({"launchType": "EC2"})), "ClientException");
    assert_eq!(wrong(json!({"taskDefinition": "other"})), "ClientException");
    assert_eq!(wrong(json!({"taskDefinition": "web:x"})), "InvalidParameterException");
    assert_eq!(wrong(json!({"cluster": "other"})), "ClusterNotFoundException");
    assert_eq!(wrong(json!({"propagateTags": "SERVICE"})), "InvalidParameterException");
    assert_eq!(wrong(json!({"volumeConfigurations": [{}]})), "ClientException");
}

#[test]
fn tasks_are_listed_by_what_they_are() {
    let mut bench = Bench::serving();
    bench.ok("RegisterTaskDefinition", web_but(&json!({"family": "worker"})));
    bench.ok("RunTask", run_but(&json!({"taskDefinition": "worker", "startedBy": "me"})));
    bench.run(60);
    let mut count = |changes: Value| {
        let mut asked = json!({"cluster": "main"});
        super::change(&mut asked, &changes);
        bench.ok("ListTasks", asked)["taskArns"].as_array().unwrap().len()
    };
    assert_eq!(count(json!({})), 3);
    assert_eq!(count(json!({"serviceName": "diary"})), 2);
    assert_eq!(count(json!({"family": "worker"})), 1);
    assert_eq!(count(json!({"startedBy": "me"})), 1);
    assert_eq!(count(json!({"desiredStatus": "STOPPED"})), 0);
    assert_eq!(count(json!({"desiredStatus": "PENDING"})), 0);
    assert_eq!(count(json!({"launchType": "EC2"})), 0);
    assert_eq!(count(json!({"maxResults": 2})), 2);
    let nobody = json!({"cluster": "main", "serviceName": "nobody"});
    assert_eq!(bench.refusal("ListTasks", nobody).0, "ServiceNotFoundException");
}

#[test]
fn what_is_not_there_is_missing() {
    let mut bench = Bench::ready();
    let (code, message) = bench.refusal("StopTask", json!({"cluster": "main", "task": "0"}));
    assert_eq!(code, "InvalidParameterException");
    assert_eq!(message, "The referenced task was not found.");
    let described = bench.ok("DescribeTasks", json!({"cluster": "main", "tasks": ["abc"]}));
    let expected = json!([{
        "arn": "arn:aws:ecs:ap-northeast-1:123456789012:task/main/abc", "reason": "MISSING",
    }]);
    assert_eq!((&described["tasks"], &described["failures"]), (&json!([]), &expected));
    let none = json!({"cluster": "main", "tasks": []});
    assert_eq!(bench.refusal("DescribeTasks", none).1, "Tasks cannot be empty.");
}

#[test]
fn ecs_sv_01_a_task_of_a_service_that_is_stopped_is_replaced() {
    let mut bench = Bench::serving();
    let before: Vec<Value> = bench.tasks().iter().map(|task| task["taskArn"].clone()).collect();
    bench.ok("StopTask", json!({"cluster": "main", "task": before[0]}));
    bench.run(120);
    let after: Vec<Value> = bench.tasks().iter().map(|task| task["taskArn"].clone()).collect();
    assert_eq!(after.len(), 2);
    assert!(!after.contains(&before[0]) && after.contains(&before[1]));
}

#[test]
fn the_engine_finds_tasks_and_containers() {
    let mut bench = Bench::serving();
    let arn = bench.diary()["serviceArn"].as_str().unwrap().to_owned();
    let tasks = bench.ecs.tasks_of(&arn);
    assert_eq!(tasks.len(), 2);
    assert_eq!(bench.ecs.running_workloads(&arn).len(), 2);
    let (task, address) = &tasks[0];
    assert_eq!(bench.ecs.task_address(task), Some(*address));
    assert_eq!(bench.ecs.running_workloads(task).len(), 1);
    let id = task.rsplit('/').next().unwrap();
    assert_eq!(bench.ecs.task_arn(id).as_ref(), Some(task));
    assert_eq!(bench.ecs.task_arn("nobody"), None);
}
