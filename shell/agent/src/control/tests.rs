//! Holds what may leave to the rules and to the ledger.

use std::collections::BTreeMap;

use standin_kernel::Time;

use super::*;

fn control(variables: &[(&str, &str)]) -> Result<Control, Wrong> {
    Control::read(&|name| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

fn series(name: &str, tags: &[&str]) -> Context {
    let tags = tags.iter().map(ToString::to_string).collect();
    Context { name: name.into(), host: String::new(), tags }
}

#[test]
fn what_is_allowed_leaves_unless_it_is_denied() {
    let rules = r#"{"Metrics": {"Allow": ["diary.*"], "Deny": ["diary.debug.*"]},
        "Services": {"Deny": ["batch*"]}}"#;
    let control = control(&[(NAME, rules)]).unwrap();
    assert!(control.lets_pass(&series("diary.requests", &[])));
    assert!(!control.lets_pass(&series("diary.debug.x", &[])));
    assert!(!control.lets_pass(&series("other", &[])));
    assert!(!control.lets_pass(&series("diary.requests", &["service:batch-7"])));
    assert!(control.lets_pass(&series("diary.requests", &["service:web"])));
}

#[test]
fn tags_are_denied_by_name_or_by_value_and_scrubbed() {
    let control = control(&[(NAME, r#"{"Tags": {"Deny": ["user_id", "env:test"]}}"#)]).unwrap();
    let mut tags = ["user_id:7", "env:test", "env:prod", "url:http://a:b@c/?token=x"]
        .map(str::to_owned)
        .to_vec();
    control.tags(&mut tags);
    assert_eq!(tags, ["env:prod", "url:http://a:***@c/?token=***"]);
}

#[test]
fn dd_ct_07_a_filterlist_names_series_as_they_are_sent() {
    let control = control(&[("DD_METRIC_FILTERLIST", "a.b h.max")]).unwrap();
    assert!(!control.lets_pass(&series("a.b", &[])));
    assert!(!control.lets_pass(&series("h.max", &[])));
    assert!(control.lets_pass(&series("h.avg", &[])));
    let older = self::control(&[("DD_STATSD_METRIC_BLOCKLIST", r#"["a.b"]"#)]).unwrap();
    assert!(!older.lets_pass(&series("a.b", &[])));
}

#[test]
fn dd_ct_05_traces_are_ignored_required_rejected_and_rewritten() {
    let control = control(&[
        ("DD_APM_IGNORE_RESOURCES", "GET /health,^ping$"),
        ("DD_APM_FILTER_TAGS_REQUIRE", "env:prod"),
        ("DD_APM_FILTER_TAGS_REJECT", "debug"),
        ("DD_APM_REPLACE_TAGS", r#"[{"name": "user", "pattern": "[0-9]+", "repl": "?"}]"#),
    ])
    .unwrap();
    let meta = |tags: &[(&str, &str)]| -> BTreeMap<String, String> {
        tags.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    };
    let prod = meta(&[("env", "prod")]);
    assert!(control.traces.takes("GET /", &prod));
    assert!(!control.traces.takes("GET /healthz", &prod));
    assert!(!control.traces.takes("ping", &prod));
    assert!(!control.traces.takes("GET /", &meta(&[("env", "test")])));
    assert!(!control.traces.takes("GET /", &meta(&[("env", "prod"), ("debug", "1")])));
    let (mut user, mut other) = ("u7".to_owned(), "u7".to_owned());
    control.traces.replace("user", &mut user);
    control.traces.replace("other", &mut other);
    assert_eq!((user.as_str(), other.as_str()), ("u?", "u7"));
}

#[test]
fn secrets_are_taken_out_unless_told_otherwise() {
    let cases = [
        ("password=hunter2 next", "password=*** next"),
        (r#"{"db_password": "hunter2"}"#, r#"{"db_password": "***"}"#),
        ("Authorization: Bearer abcdefghij", "Authorization: Bearer ***"),
        ("api_key:0123456789abcdef", "api_key:***"),
        ("postgres://keeper:pw@db/diary", "postgres://keeper:***@db/diary"),
        ("id AKIAABCDEFGHIJKLMNOP", "id AKIA***"),
        ("nothing of the kind: 5 tokens", "nothing of the kind: 5 tokens"),
    ];
    let scrub = control(&[]).unwrap().scrub;
    for (text, expected) in cases {
        let mut text = text.to_owned();
        scrub.clean(&mut text);
        assert_eq!(text, expected);
    }
    let off = control(&[(NAME, r#"{"ScrubSecrets": false}"#)]).unwrap().scrub;
    let mut text = "password=hunter2".to_owned();
    off.clean(&mut text);
    assert_eq!(text, "password=hunter2");
    let own = r#"{"Scrub": [{"Pattern": "card [0-9]+", "With": "card ***"}]}"#;
    let mut text = "card 42".to_owned();
    control(&[(NAME, own)]).unwrap().scrub.clean(&mut text);
    assert_eq!(text, "card ***");
}

#[test]
fn a_share_is_kept_of_the_traces_of_a_service() {
    let control = control(&[(NAME, r#"{"Traces": [{"Service": "b*", "Rate": 0.25}]}"#)]).unwrap();
    assert_eq!((control.traces.share("batch"), control.traces.share("web")), (0.25, 1.0));
}

#[test]
fn a_window_is_open_from_its_beginning_to_its_end() {
    let windows = Windows::read([
        ("/w/a", r#"{"from": "2026-11-24T20:00:00+09:00", "until": "2026-11-24T22:00:00+09:00"}"#),
        ("/w/b", "no window"),
    ]);
    // 2026-11-24T11:00:00Z
    let start = Time::from_seconds(1_795_518_000);
    let hours = |count: u64| std::time::Duration::from_secs(3600 * count);
    assert!(!windows.is_open(start - hours(1)));
    assert!(windows.is_open(start));
    assert!(windows.is_open(start + hours(1)));
    assert!(!windows.is_open(start + hours(2)));
    let open_end = Windows::read([("/w/c", r#"{"from": "2026-11-24T11:00:00Z"}"#)]);
    assert!(open_end.is_open(start + hours(1000)));
}

#[test]
fn rules_that_make_no_sense_are_refused_by_name() {
    for (name, value) in [
        (NAME, "{"),
        (NAME, r#"{"Metric": {}}"#),
        (NAME, r#"{"Scrub": [{"Pattern": "(", "With": ""}]}"#),
        (NAME, r#"{"Traces": [{"Service": "*", "Rate": 2}]}"#),
        ("DD_APM_IGNORE_RESOURCES", "("),
        ("DD_APM_REPLACE_TAGS", "{}"),
    ] {
        assert_eq!(control(&[(name, value)]).unwrap_err().name, name, "{value}");
    }
}
