//! `standin status`: stacks and their resources, tasks, targets and their health, databases, alarms
//! and their states, what is broken.

use std::process::ExitCode;

use clap::Args;
use standin_host::Question;
use standin_kernel::{ServiceName, Value, json};

use crate::events::text;
use crate::link::Link;
use crate::table::Table;
use crate::{Failure, StateOption};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    state: StateOption,
}

pub(crate) async fn run(options: Options) -> Result<ExitCode, Failure> {
    let link = Link::required(&options.state.state_dir).await?;
    let status = collect(&link).await?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&status)?);
    } else {
        print!("{}", shown(&status));
    }
    Ok(ExitCode::SUCCESS)
}

/// Everything `status` shows, from the operations anybody could call.
async fn collect(link: &Link) -> Result<Value, Failure> {
    let described = link.call(ServiceName::CloudFormation, "DescribeStacks", json!({})).await?;
    let mut stacks = Vec::new();
    for stack in items(&described, "Stacks") {
        let input = json!({"StackName": stack["StackName"]});
        let service = ServiceName::CloudFormation;
        let resources = link.call(service, "DescribeStackResources", input).await?;
        stacks.push(json!({
            "name": stack["StackName"],
            "status": stack["StackStatus"],
            "outputs": stack["Outputs"],
            "resources": resources["StackResources"],
        }));
    }
    let databases = link.call(ServiceName::Rds, "DescribeDBInstances", json!({})).await?;
    let ports = link.ports();
    let hello = link.ask(Question::Hello).await?;
    Ok(json!({
        "edge": format!("http://localhost:{}", ports.edge),
        "edge_tls": format!("https://localhost:{}", ports.tls),
        "api": format!("http://127.0.0.1:{}", ports.api),
        "stacks": stacks,
        "tasks": tasks(link).await?,
        "targets": targets(link).await?,
        "databases": databases["DBInstances"],
        "alarms": alarms(link).await?,
        "faults": link.ask(Question::Faults).await?,
        "resolver": hello["resolver"],
        "no_resolver": hello["no_resolver"],
    }))
}

async fn tasks(link: &Link) -> Result<Vec<Value>, Failure> {
    let mut tasks = Vec::new();
    let clusters = link.call(ServiceName::Ecs, "ListClusters", json!({})).await?;
    for cluster in items(&clusters, "clusterArns") {
        for desired in ["RUNNING", "STOPPED"] {
            let input = json!({"cluster": cluster, "desiredStatus": desired});
            let listed = link.call(ServiceName::Ecs, "ListTasks", input).await?;
            let arns = items(&listed, "taskArns");
            for some in arns.chunks(100) {
                let input = json!({"cluster": cluster, "tasks": some});
                let described = link.call(ServiceName::Ecs, "DescribeTasks", input).await?;
                tasks.extend(items(&described, "tasks"));
            }
        }
    }
    Ok(tasks)
}

async fn targets(link: &Link) -> Result<Vec<Value>, Failure> {
    let mut targets = Vec::new();
    let groups = link.call(ServiceName::Elbv2, "DescribeTargetGroups", json!({})).await?;
    for group in items(&groups, "TargetGroups") {
        let input = json!({"TargetGroupArn": group["TargetGroupArn"]});
        let health = link.call(ServiceName::Elbv2, "DescribeTargetHealth", input).await?;
        for target in items(&health, "TargetHealthDescriptions") {
            targets.push(json!({
                "group": group["TargetGroupName"],
                "target": target["Target"],
                "health": target["TargetHealth"],
            }));
        }
    }
    Ok(targets)
}

async fn alarms(link: &Link) -> Result<Vec<Value>, Failure> {
    // Without types AWS shows metric alarms alone.
    let types = json!(["MetricAlarm", "CompositeAlarm"]);
    let (mut alarms, mut input) = (Vec::new(), json!({"AlarmTypes": types}));
    loop {
        let operation = "cloudwatch:DescribeAlarms";
        let page = link.call(ServiceName::Platform, operation, input).await?;
        alarms.extend(items(&page, "MetricAlarms"));
        alarms.extend(items(&page, "CompositeAlarms"));
        if page["NextToken"].is_null() {
            return Ok(alarms);
        }
        input = json!({"AlarmTypes": types, "NextToken": page["NextToken"]});
    }
}

pub(crate) fn items(value: &Value, name: &str) -> Vec<Value> {
    value[name].as_array().cloned().unwrap_or_default()
}

/// Most stopped tasks shown; the newest ones.
const STOPPED_MAX: usize = 5;

fn shown(status: &Value) -> String {
    let mut shown = String::new();
    for stack in status["stacks"].as_array().into_iter().flatten() {
        let (name, state) = (text(stack, "name"), text(stack, "status"));
        shown.push_str(&format!("stack {name}: {state}\n"));
        let mut table = Table::new(&["logical id", "type", "status", "physical id"]);
        for resource in stack["resources"].as_array().into_iter().flatten() {
            let columns =
                ["LogicalResourceId", "ResourceType", "ResourceStatus", "PhysicalResourceId"];
            table.row(columns.map(|column| text(resource, column).to_owned()));
        }
        shown.push_str(&table.text());
    }
    section(&mut shown, "tasks", &task_table(status));
    let mut table = Table::new(&["target group", "target", "health", "reason"]);
    for target in status["targets"].as_array().into_iter().flatten() {
        let health = &target["health"];
        let reason = [text(health, "Reason"), text(health, "Description")].join(" ");
        table.row([
            text(target, "group").to_owned(),
            format!("{}:{}", text(&target["target"], "Id"), target["target"]["Port"]),
            text(health, "State").to_owned(),
            reason.trim().to_owned(),
        ]);
    }
    section(&mut shown, "targets", &table);
    section(&mut shown, "databases", &database_table(status));
    let mut table = Table::new(&["alarm", "state", "since", "reason"]);
    for alarm in status["alarms"].as_array().into_iter().flatten() {
        let columns = ["AlarmName", "StateValue", "StateUpdatedTimestamp", "StateReason"];
        table.row(columns.map(|column| text(alarm, column).to_owned()));
    }
    section(&mut shown, "alarms", &table);
    let mut table = Table::new(&["broken", "mode", "since", "until"]);
    for fault in status["faults"].as_array().into_iter().flatten() {
        table.row(["target", "mode", "since", "until"].map(|name| text(fault, name).to_owned()));
    }
    section(&mut shown, "broken on purpose", &table);
    shown.push_str(&format!("viewers: {}   api: {}\n", text(status, "edge"), text(status, "api")));
    shown.push_str(&match status["resolver"].as_str() {
        Some(address) => format!("tasks and functions ask {address} for names\n"),
        None => format!(
            "tasks and functions do not find names of the stack: {}\n",
            text(status, "no_resolver")
        ),
    });
    shown
}

fn section(shown: &mut String, title: &str, table: &Table) {
    if !table.is_empty() {
        shown.push_str(title);
        shown.push('\n');
        shown.push_str(&table.text());
    }
}

fn task_table(status: &Value) -> Table {
    let mut table = Table::new(&["task", "status", "health", "address", "reason"]);
    let mut stopped = 0;
    let mut tasks = items(status, "tasks");
    let created = |task: &Value| task["createdAt"].as_f64().unwrap_or(0.0);
    tasks.sort_by(|a, b| created(b).total_cmp(&created(a)));
    for task in &tasks {
        if text(task, "lastStatus") == "STOPPED" {
            stopped += 1;
            if stopped > STOPPED_MAX {
                continue;
            }
        }
        let id = text(task, "taskArn").rsplit('/').next().unwrap_or("");
        table.row([
            id.to_owned(),
            text(task, "lastStatus").to_owned(),
            text(task, "healthStatus").to_owned(),
            address(task),
            text(task, "stoppedReason").to_owned(),
        ]);
    }
    table
}

fn database_table(status: &Value) -> Table {
    let mut table = Table::new(&["database", "status", "zone", "parameters", "waits"]);
    for one in status["databases"].as_array().into_iter().flatten() {
        let zones = [text(one, "AvailabilityZone"), text(one, "SecondaryAvailabilityZone")];
        let waits = one["PendingModifiedValues"].as_object();
        let waits: Vec<&str> = waits.into_iter().flatten().map(|(name, _)| &**name).collect();
        table.row([
            text(one, "DBInstanceIdentifier").to_owned(),
            text(one, "DBInstanceStatus").to_owned(),
            zones.join(" ").trim().to_owned(),
            text(&one["DBParameterGroups"][0], "ParameterApplyStatus").to_owned(),
            waits.join(", "),
        ]);
    }
    table
}

fn address(task: &Value) -> String {
    let details = task["attachments"][0]["details"].as_array();
    details
        .into_iter()
        .flatten()
        .find(|detail| detail["name"] == "privateIPv4Address")
        .map(|detail| text(detail, "value").to_owned())
        .unwrap_or_default()
}
