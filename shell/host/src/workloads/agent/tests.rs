//! Holds what runs for the Agent's image, and how its neighbours find it.

use std::net::Ipv4Addr;

use serde_json::Value;
use standin_kernel::workload::{TaskContainer, WorkloadId, WorkloadKind, WorkloadLabels};

use super::*;
use crate::scratch::Scratch;
use crate::workloads::{WorkloadConfig, plan as plans};

const IMAGE: &str = "public.ecr.aws/datadog/agent:7";

fn spec(image: &str, environment: &[(&str, &str)]) -> WorkloadSpec {
    let container =
        |name: &str, image: &str| TaskContainer { name: name.into(), image: image.into() };
    WorkloadSpec {
        id: WorkloadId(7),
        kind: WorkloadKind::Container,
        image: image.into(),
        command: Vec::new(),
        environment: environment.iter().map(|(name, v)| ((*name).into(), (*v).into())).collect(),
        address: Ipv4Addr::new(127, 77, 0, 1),
        ports: Vec::new(),
        labels: WorkloadLabels {
            task_arn: "arn:aws:ecs:eu-west-1:123456789012:task/main/0123456789abcdef".into(),
            container: "x".into(),
            containers: vec![container("agent", IMAGE), container("app", "app:1")],
            ..WorkloadLabels::default()
        },
        local: Value::Null,
    }
}

async fn prepared(scratch: &Scratch, spec: &WorkloadSpec) -> Result<Plan, String> {
    let site = Site::open(WorkloadConfig {
        state_dir: scratch.path().to_owned(),
        self_exe: scratch.path().join("it's standin"),
        events: tokio::sync::mpsc::unbounded_channel().0,
    })
    .unwrap();
    let log = Log::open(scratch.path().join("x.log")).unwrap();
    plans::prepare(&site, spec, &log).await
}

fn value<'a>(plan: &'a Plan, name: &str) -> &'a str {
    plan.environment.get(OsStr::new(name)).and_then(|value| value.to_str()).unwrap_or("")
}

#[tokio::test]
async fn an_image_of_the_agent_runs_the_stand_in_without_a_hint() {
    let scratch = Scratch::new();
    let plan = prepared(&scratch, &spec(IMAGE, &[("DD_API_KEY", "k")])).await.unwrap();
    let programs = scratch.path().canonicalize().unwrap().join("agent/bin");
    assert_eq!(plan.program, programs.join("agent"));
    assert_eq!(plan.arguments, ["run"]);
    assert_eq!(value(&plan, "STANDIN_TASK_ADDRESS"), "127.77.0.1");
    assert_eq!(value(&plan, "DD_API_KEY"), "k");
    assert!(value(&plan, "STANDIN_TASK_CONTAINERS").contains(r#""Image":"app:1""#));
    assert!(value(&plan, "PATH").starts_with(programs.to_str().unwrap()));
    let script = std::fs::read_to_string(programs.join("agent")).unwrap();
    assert!(script.ends_with("/it'\\''s standin' agent \"$@\"\n"), "{script}");
}

#[tokio::test]
async fn a_hint_with_a_command_of_its_own_goes_before_the_stand_in() {
    let scratch = Scratch::new();
    let mut wanted = spec(IMAGE, &[]);
    wanted.local = json!({"Command": ["/bin/sh"]});
    assert!(prepared(&scratch, &wanted).await.unwrap().program.ends_with("sh"));
    wanted.local = json!({"Environment": {"DD_DD_URL": "http://127.0.0.1:9"}});
    let plan = prepared(&scratch, &wanted).await.unwrap();
    assert_eq!(value(&plan, "DD_DD_URL"), "http://127.0.0.1:9");
    assert!(plan.program.ends_with("agent/bin/agent"));
}

#[tokio::test]
async fn dd_sc_09_the_container_that_copies_the_configuration_copies_nothing() {
    let scratch = Scratch::new();
    let mut init = spec(IMAGE, &[]);
    init.command =
        ["/bin/sh", "-c", "cp -nR /etc/datadog-agent/* /agent-config/"].map(str::to_owned).to_vec();
    assert_eq!(prepared(&scratch, &init).await.unwrap().arguments, ["init"]);
}

#[tokio::test]
async fn dd_sc_04_dd_sc_07_health_checks_find_their_program() {
    let scratch = Scratch::new();
    let plan = prepared(&scratch, &spec(IMAGE, &[])).await.unwrap();
    let probe = plan.program.with_file_name("probe.sh").display().to_string();
    let words = |text: &str| text.split('|').map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(inside(&plan, words("/probe.sh")), std::slice::from_ref(&probe));
    assert_eq!(inside(&plan, words("/bin/sh|-c|/probe.sh"))[2], probe);
    assert!(std::fs::read_to_string(&probe).unwrap().ends_with("agent health\n"));
    let health = words("/bin/sh|-c|agent health");
    assert_eq!(inside(&plan, health.clone()), health);
    let other = Plan { program: "/bin/sh".into(), ..plan };
    assert_eq!(inside(&other, words("/probe.sh")), ["/probe.sh"]);
}

#[tokio::test]
async fn dd_sc_10_dd_sc_13_the_task_s_other_containers_are_led_to_it() {
    let scratch = Scratch::new();
    let given = [
        ("DD_TRACE_AGENT_URL", "http://localhost:8126"),
        ("DD_DOGSTATSD_URL", "unix:///var/run/datadog/dsd.socket"),
        ("DD_DOGSTATSD_HOST", "127.0.0.1"),
        ("DD_SERVICE", "localhost"),
        ("OTHER", "http://localhost:1"),
    ];
    let mut app = spec("app:1", &given);
    app.local = json!({"Command": ["/bin/sh"]});
    let plan = prepared(&scratch, &app).await.unwrap();
    assert_eq!(value(&plan, "DD_AGENT_HOST"), "127.77.0.1");
    assert_eq!(value(&plan, "DD_TRACE_AGENT_URL"), "http://127.77.0.1:8126");
    assert_eq!(value(&plan, "DD_DOGSTATSD_HOST"), "127.77.0.1");
    assert_eq!(
        (value(&plan, "DD_SERVICE"), value(&plan, "OTHER")),
        ("localhost", "http://localhost:1")
    );
    let agent = prepared(&scratch, &spec(IMAGE, &[])).await.unwrap();
    let socket = format!("unix://{}", value(&agent, "DD_DOGSTATSD_SOCKET"));
    assert_eq!(value(&plan, "DD_DOGSTATSD_URL"), socket);
    assert_eq!(value(&agent, "DD_AGENT_HOST"), "");
}

#[tokio::test]
async fn a_task_without_an_agent_is_left_alone() {
    let scratch = Scratch::new();
    let mut app = spec("app:1", &[("DD_TRACE_AGENT_URL", "http://localhost:8126")]);
    app.local = json!({"Command": ["/bin/sh"]});
    app.labels.containers.remove(0);
    let plan = prepared(&scratch, &app).await.unwrap();
    assert_eq!(value(&plan, "DD_AGENT_HOST"), "");
    assert_eq!(value(&plan, "DD_TRACE_AGENT_URL"), "http://localhost:8126");
}

#[tokio::test]
async fn a_socket_whose_path_is_too_long_is_not_opened_and_the_log_says_why() {
    let scratch = Scratch::new();
    let long = scratch.path().join("x".repeat(100));
    std::fs::create_dir(&long).unwrap();
    let site = Site::open(WorkloadConfig {
        state_dir: long,
        self_exe: "/standin".into(),
        events: tokio::sync::mpsc::unbounded_channel().0,
    })
    .unwrap();
    let path = scratch.path().join("x.log");
    let log = Log::open(path.clone()).unwrap();
    let plan = plans::prepare(&site, &spec(IMAGE, &[]), &log).await.unwrap();
    assert_eq!(value(&plan, "DD_DOGSTATSD_SOCKET"), "");
    assert!(std::fs::read_to_string(path).unwrap().contains("no socket dsd.socket"));
}
