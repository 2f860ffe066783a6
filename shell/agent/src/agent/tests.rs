//! Holds the whole machine to the ledger: packets in, payloads out, under a clock of the tests'
//! own.

use std::time::Duration;

use super::*;
use crate::payload::Route;

const TASK: [(&str, &str); 5] = [
    ("ECS_FARGATE", "true"),
    ("STANDIN_TASK_ARN", "arn:aws:ecs:eu-west-1:123456789012:task/main/abc"),
    ("STANDIN_TASK_DEFINITION", "arn:aws:ecs:eu-west-1:123456789012:task-definition/diary:7"),
    ("STANDIN_TASK_CONTAINERS", r#"[{"Name": "app", "Image": "diary:3", "Id": "c1"}]"#),
    ("DD_SERIALIZER_COMPRESSOR_KIND", "none"),
];

fn start() -> Time {
    Time::from_seconds(1_000_000)
}

fn agent(more: &[(&str, &str)]) -> Agent {
    let own = [("DD_USE_V2_API_SERIES", "false")];
    let all = TASK.iter().chain(&own).chain(more);
    let all: Vec<(String, String)> =
        all.map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Agent::new(Settings::read(&all).unwrap())
}

/// What is posted to a route when the bucket is over.
fn posted(agent: &mut Agent, route: Route) -> Vec<Value> {
    let payloads = agent.flush(start() + Duration::from_secs(10), false);
    let of_route = payloads.iter().filter(|one| one.route == route);
    of_route.map(|one| serde_json::from_slice(&one.body).unwrap()).collect()
}

/// The series of a name.
fn series(agent: &mut Agent, name: &str) -> Value {
    let posted = posted(agent, Route::SeriesV1);
    let all = posted[0]["series"].as_array().unwrap();
    all.iter().find(|one| one["metric"] == name).cloned().unwrap_or_default()
}

fn tags(series: &Value) -> Vec<&str> {
    series["tags"].as_array().unwrap().iter().filter_map(Value::as_str).collect()
}

#[test]
fn dd_sc_02_on_fargate_series_have_no_host_and_the_tasks_tags() {
    let mut agent = agent(&[]);
    agent.packet(start(), b"a:1|c|#x:1");
    let one = series(&mut agent, "a");
    assert_eq!(one["host"], "");
    for tag in ["x:1", "task_family:diary", "task_version:7", "ecs_cluster_name:main"] {
        assert!(tags(&one).contains(&tag), "{one}");
    }
    let mut named = self::agent(&[("DD_HOSTNAME", "box")]);
    named.packet(start(), b"a:1|c");
    assert_eq!(series(&mut named, "a")["host"], "box");
}

#[test]
fn dd_ds_12_the_tag_host_sets_the_host() {
    let mut agent = agent(&[("DD_HOSTNAME", "box")]);
    agent.packet(start(), b"a:1|g|#host:h1,a:b\nb:1|g|#host:");
    let payloads = posted(&mut agent, Route::SeriesV1);
    let host = |name: &str| {
        let all = payloads[0]["series"].as_array().unwrap().iter();
        all.clone().find(|one| one["metric"] == name).unwrap()["host"].clone()
    };
    assert_eq!((host("a"), host("b")), ("h1".into(), "".into()));
}

#[test]
fn dd_ds_07_dd_sc_03_the_containers_tags_come_with_its_id_if_that_counts() {
    let mut off = agent(&[]);
    off.packet(start(), b"a:1|c|c:ci-c1");
    assert!(!tags(&series(&mut off, "a")).contains(&"ecs_container_name:app"));
    let on = [("DD_DOGSTATSD_ORIGIN_DETECTION_CLIENT", "true")];
    let mut low = agent(&on);
    low.packet(start(), b"a:1|c|c:ci-c1");
    let one = series(&mut low, "a");
    assert!(tags(&one).contains(&"ecs_container_name:app") && tags(&one).contains(&"image_tag:3"));
    assert!(!tags(&one).contains(&"container_id:c1"));
    let mut high = agent(&[on[0], ("DD_DOGSTATSD_TAG_CARDINALITY", "high")]);
    high.packet(start(), b"a:1|c|c:ci-c1\nb:1|c|c:ci-c1|card:none");
    let one = series(&mut high, "a");
    assert!(
        tags(&one).contains(&"container_id:c1")
            && tags(&one).iter().any(|tag| tag.starts_with("task_arn:"))
    );
}

#[test]
fn a_senders_own_env_goes_before_the_agents() {
    let mut agent = agent(&[("DD_ENV", "prod"), ("DD_TAGS", "team:diary")]);
    agent.packet(start(), b"a:1|g|#env:test\nb:1|g");
    let posted = posted(&mut agent, Route::SeriesV1);
    let all = posted[0]["series"].as_array().unwrap();
    let of = |name: &str| tags(all.iter().find(|one| one["metric"] == name).unwrap());
    assert!(of("a").contains(&"env:test") && !of("a").contains(&"env:prod"));
    assert!(of("b").contains(&"env:prod") && of("b").contains(&"team:diary"));
}

#[test]
fn dd_ds_18_an_idle_agent_says_that_it_is_there() {
    let mut agent = agent(&[]);
    assert_eq!(series(&mut agent, "datadog.agent.running")["points"][0][1], 1.0);
    let checks = posted(&mut agent, Route::CheckRun);
    assert_eq!(
        (&checks[0][0]["check"], &checks[0][0]["status"]),
        (&"datadog.agent.up".into(), &0.into())
    );
}

#[test]
fn dd_ct_04_a_kind_that_is_switched_off_is_not_sent_and_the_rest_is() {
    let everything = b"a:1|c\nd:1|d\n_e{1,1}:t|x\n_sc|db|0";
    let routes = |more: &[(&str, &str)]| {
        let mut agent = agent(more);
        agent.packet(start(), everything);
        let payloads = agent.flush(start() + Duration::from_secs(10), false);
        payloads.iter().map(|one| one.route).collect::<Vec<_>>()
    };
    let all = [Route::SeriesV1, Route::Sketches, Route::Intake, Route::CheckRun];
    assert_eq!(routes(&[]), all);
    for (name, route) in [
        ("DD_ENABLE_PAYLOADS_SERIES", Route::SeriesV1),
        ("DD_ENABLE_PAYLOADS_SKETCHES", Route::Sketches),
        ("DD_ENABLE_PAYLOADS_EVENTS", Route::Intake),
        ("DD_ENABLE_PAYLOADS_SERVICE_CHECKS", Route::CheckRun),
    ] {
        let rest: Vec<_> = all.into_iter().filter(|one| *one != route).collect();
        assert_eq!(routes(&[(name, "false")]), rest, "{name}");
    }
}

#[test]
fn dd_ct_07_a_listed_name_is_kept_back_with_its_suffix() {
    let mut agent = agent(&[("DD_METRIC_FILTERLIST", "h.max a")]);
    agent.packet(start(), b"a:1|c\nh:1|h");
    let posted = posted(&mut agent, Route::SeriesV1);
    let all = posted[0]["series"].as_array().unwrap();
    let names: Vec<_> = all.iter().filter_map(|one| one["metric"].as_str()).collect();
    assert!(names.contains(&"h.avg") && !names.contains(&"h.max") && !names.contains(&"a"));
    assert_eq!(agent.counts.kept_back, 2);
}

#[test]
fn nothing_leaves_while_a_maintenance_window_is_open() {
    let mut agent = agent(&[]);
    let window = r#"{"from": "1970-01-12T13:46:40Z", "until": "1970-01-12T13:50:00Z"}"#;
    agent.set_windows(Windows::read([("/w/now", window)]));
    agent.packet(start(), b"a:1|c\n_e{1,1}:t|x");
    assert!(agent.flush(start() + Duration::from_secs(10), false).is_empty());
    assert_eq!(agent.counts.quiet_flushes, 1);
    assert!(agent.exposition().contains("a{"), "whoever asks is told");
    let later = start() + Duration::from_secs(300);
    assert!(!agent.flush(later, false).is_empty(), "things leave again");
}

#[test]
fn secrets_do_not_leave_in_texts_and_denied_services_not_at_all() {
    let rules = r#"{"Services": {"Deny": ["batch"]}}"#;
    let mut agent = agent(&[("STANDIN_AGENT_CONTROL", rules)]);
    agent.packet(start(), b"_e{1,13}:t|token=abc def\n_e{1,1}:u|x|#service:batch");
    let posted = posted(&mut agent, Route::Intake);
    let events = posted[0]["events"]["api"].as_array().unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["msg_text"], "token=*** def");
}

#[test]
fn what_cannot_be_read_is_counted_without_its_text() {
    let mut agent = agent(&[]);
    agent.packet(start(), b"secret-thing\na:1|c");
    let status = agent.status(start()).to_string();
    assert!(status.contains(r#""Metrics":1"#) && !status.contains("secret-thing"), "{status}");
    assert!(status.contains(&Malformed::Shape.to_string()), "{status}");
}
