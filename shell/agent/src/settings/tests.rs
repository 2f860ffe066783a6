//! Holds what the agent is told to the ledger.

use super::*;

fn read(variables: &[(&str, &str)]) -> Result<Settings, Wrong> {
    let variables: Vec<(String, String)> =
        variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Settings::read(&variables)
}

fn places(all: &[Destination]) -> Vec<String> {
    all.iter().map(|one| one.url.to_string()).collect()
}

#[test]
fn nothing_leaves_the_machine_unless_a_place_is_named() {
    for told in [
        &[("DD_API_KEY", "k")] as &[_],
        &[("DD_SITE", "datadoghq.eu")],
        &[("DD_DD_URL", "https://app.datadoghq.com")],
        &[("DD_DD_URL", "http://intake.example.com")],
        &[("DD_ADDITIONAL_ENDPOINTS", r#"{"https://app.datadoghq.eu": ["k"]}"#)],
    ] {
        let intake = read(told).unwrap().intake;
        assert!(intake.metrics.is_empty() && intake.traces.is_empty(), "{told:?}");
    }
    let site = read(&[("DD_SITE", "datadoghq.eu")]).unwrap();
    assert_eq!(site.intake.would_be, "https://app.datadoghq.eu");
    let named =
        read(&[("STANDIN_INTAKE_URL", "http://intake.example.com:8080/x/")]).unwrap().intake;
    assert_eq!(places(&named.metrics), ["http://intake.example.com:8080/x"]);
    assert_eq!(places(&named.traces), places(&named.metrics));
    let tls = read(&[("STANDIN_INTAKE_URL", "https://intake.example.com")]).unwrap_err();
    assert_eq!(tls.name, "STANDIN_INTAKE_URL");
}

#[test]
fn dd_in_01_and_09_dd_dd_url_replaces_the_intake_of_metrics_alone() {
    for name in ["DD_DD_URL", "DD_URL"] {
        let intake = read(&[(name, "http://127.0.0.1:9000")]).unwrap().intake;
        assert_eq!(places(&intake.metrics), ["http://127.0.0.1:9000"]);
        assert!(intake.traces.is_empty());
    }
    let traces = read(&[("DD_APM_DD_URL", "http://localhost:9001")]).unwrap().intake;
    assert_eq!(places(&traces.traces), ["http://localhost:9001"]);
    assert!(traces.metrics.is_empty());
}

#[test]
fn dd_rt_08_additional_endpoints_get_everything_too() {
    let told = [
        ("DD_DD_URL", "http://127.0.0.1:1"),
        ("DD_ADDITIONAL_ENDPOINTS", r#"{"http://127.0.0.1:2": ["a", "b"]}"#),
    ];
    let intake = read(&told).unwrap().intake;
    let expected = ["http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:2"];
    assert_eq!(places(&intake.metrics), expected);
    assert_eq!(intake.metrics[2].key, "b");
}

#[test]
fn a_key_is_never_shown() {
    let told = [("DD_API_KEY", "0123456789abcdef"), ("DD_DD_URL", "http://127.0.0.1:1")];
    let settings = read(&told).unwrap();
    assert_eq!(settings.intake.metrics[0].key, "0123456789abcdef");
    assert!(!format!("{settings:?}").contains("0123456789abcdef"));
}

#[test]
fn dd_sc_02_no_hostname_on_fargate_unless_it_is_told() {
    assert_eq!(read(&[("ECS_FARGATE", "true")]).unwrap().hostname, None);
    assert_eq!(read(&[("AWS_EXECUTION_ENV", "AWS_ECS_FARGATE")]).unwrap().hostname, None);
    let told = read(&[("ECS_FARGATE", "true"), ("DD_HOSTNAME", "box")]).unwrap();
    assert_eq!(told.hostname.as_deref(), Some("box"));
    assert!(read(&[]).unwrap().hostname.is_some());
}

#[test]
fn dd_ds_17_port_0_turns_dogstatsd_off() {
    assert_eq!(read(&[]).unwrap().dogstatsd.port, 8125);
    assert_eq!(read(&[("DD_DOGSTATSD_PORT", "0")]).unwrap().dogstatsd.port, 0);
    assert_eq!(read(&[("DD_USE_DOGSTATSD", "false")]).unwrap().dogstatsd.port, 0);
    let socket = read(&[("DD_DOGSTATSD_SOCKET", "/run/dsd.socket")]).unwrap().dogstatsd.socket;
    assert_eq!(socket, Some(PathBuf::from("/run/dsd.socket")));
}

#[test]
fn env_service_and_version_are_tags_of_everything() {
    let told =
        [("DD_TAGS", "team:diary,env:prod extra"), ("DD_ENV", "test"), ("DD_SERVICE", "web")];
    assert_eq!(read(&told).unwrap().tags, ["team:diary", "env:prod", "extra", "service:web"]);
}

#[test]
fn what_has_no_effect_is_told_and_what_is_read_is_not() {
    let told = [
        ("DD_API_KEY", "k"),
        ("DD_APM_NON_LOCAL_TRAFFIC", "true"),
        ("DD_LOGS_ENABLED", "true"),
        ("DD_SOMETHING", "1"),
        ("PATH", "/bin"),
    ];
    let notes = read(&told).unwrap().notes;
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].starts_with("DD_LOGS_ENABLED has no effect here: "));
    assert!(notes[1].starts_with("DD_SOMETHING has no effect here: "));
}

#[test]
fn a_variable_that_makes_no_sense_is_named() {
    for (name, value) in [
        ("DD_DOGSTATSD_PORT", "many"),
        ("DD_APM_ENABLED", "perhaps"),
        ("DD_DOGSTATSD_TAG_CARDINALITY", "huge"),
        ("DD_SERIALIZER_COMPRESSOR_KIND", "rar"),
        ("STANDIN_TASK_ADDRESS", "here"),
        ("DD_ADDITIONAL_ENDPOINTS", "[]"),
    ] {
        assert_eq!(read(&[(name, value)]).unwrap_err().name, name);
    }
}

#[test]
fn an_address_is_read_with_port_and_path() {
    let url = |text: &str| Url::read(text).map(|url| (url.to_string(), url.is_local()));
    assert_eq!(url("http://localhost"), Ok(("http://localhost:80".into(), true)));
    assert_eq!(url("http://[::1]:9"), Ok(("http://[::1]:9".into(), true)));
    assert_eq!(url("http://10.0.0.1:9/a/"), Ok(("http://10.0.0.1:9/a".into(), false)));
    for wrong in ["127.0.0.1:9", "http://", "http://a:b@c", "http://a:port", "https://a", "ftp://a"]
    {
        assert!(url(wrong).is_err(), "{wrong}");
    }
}
