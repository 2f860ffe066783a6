//! The function of the template at the edge, run by the interpreter that runs it in Standin, with
//! what the switch tells it.

// A test that cannot go on panics; documents are written in place.
#![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]

use std::collections::BTreeMap;
use std::sync::Arc;

use diary_switch::{cookie, edge};
use diary_window::{Moment, Window, zone};
use serde_json::{Value, json};
use standin_functions::QuickJs;
use standin_kernel::Time;
use standin_kernel::evaluation::{Evaluation, Evaluator, KeyValues, Language, Program};

const NOW: i64 = 1_795_510_800;
const SECRET: &str = "sesame";

/// The code as the template has it.
fn code() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml");
    let template = std::fs::read_to_string(path).unwrap();
    let (_, rest) = template.split_once("      FunctionCode: |\n").unwrap();
    let inside = rest.lines().take_while(|line| line.is_empty() || line.starts_with("        "));
    let lines: Vec<&str> = inside.map(|line| line.get(8..).unwrap_or("")).collect();
    lines.join("\n")
}

/// An edge that was told about windows at `told`, and what it answers.
struct Edge {
    values: BTreeMap<String, String>,
}

impl Edge {
    fn told(windows: &[(&str, Value)], told: i64) -> Self {
        let windows: Vec<Window> = windows
            .iter()
            .map(|(id, document)| Window::parse(id, &document.to_string()).unwrap())
            .collect();
        let tokyo = zone("Asia/Tokyo").unwrap();
        let mut values = edge(Moment(NOW + told), &windows, &tokyo).keys;
        values.insert("pass".into(), SECRET.into());
        Self { values }
    }

    #[track_caller]
    fn answer(&self, at: i64, viewer: &str, headers: Value, cookies: Value) -> Value {
        let evaluation = Evaluation {
            exchange: None,
            program: Arc::new(Program {
                name: "closing".into(),
                version: "1".into(),
                code: code(),
                language: Language::Js20,
            }),
            event: Arc::new(json!({
                "version": "1.0",
                "context": {"eventType": "viewer-request"},
                "viewer": {"ip": viewer},
                "request": {
                    "method": "GET", "uri": "/entries", "querystring": {},
                    "headers": headers, "cookies": cookies,
                },
            })),
            request_id: None,
            raw_query: None,
            store: Some(Arc::new(KeyValues {
                values: self.values.clone(),
                ..KeyValues::default()
            })),
            edge_location: "NRT57".into(),
            now: Time::from_seconds(u64::try_from(NOW + at).unwrap()),
            seed: 1,
        };
        let evaluated = QuickJs::default().evaluate(&evaluation);
        assert!(evaluated.utilization_percent < 80, "{}", evaluated.utilization_percent);
        evaluated.result.clone().unwrap()
    }

    #[track_caller]
    fn reader(&self, at: i64) -> Value {
        self.answer(at, "198.51.100.9", json!({}), json!({}))
    }

    #[track_caller]
    fn closed(&self, at: i64) -> bool {
        let answer = self.reader(at);
        assert!(answer["statusCode"] == 503 || answer["uri"] == "/entries", "{answer}");
        answer["statusCode"] == 503
    }
}

fn at(seconds: i64) -> String {
    Moment(NOW + seconds).to_string()
}

fn night() -> Value {
    json!({"from": at(20), "until": at(60), "operators": ["203.0.113.0/25", "2001:db8:0:1::/64"]})
}

#[test]
fn a_window_begins_and_ends_on_its_second_without_another_word() {
    let edge = Edge::told(&[("night", night())], 0);
    let closed: Vec<bool> = [0, 19, 20, 59, 60, 600].iter().map(|at| edge.closed(*at)).collect();
    assert_eq!(closed, [false, false, true, true, false, false]);
}

#[test]
fn mp_s01_mp_s02_mp_a11_readers_get_503_with_its_end_in_their_language() {
    let edge = Edge::told(&[("night", night())], 0);
    let headers = json!({"accept-language": {"value": "en-GB,en;q=0.9,ja;q=0.2"}});
    let english = edge.answer(25, "198.51.100.9", headers, json!({}));
    let header = |answer: &Value, name: &str| answer["headers"][name]["value"].clone();
    assert_eq!(header(&english, "retry-after"), "35");
    assert_eq!(header(&english, "cache-control"), "no-store");
    assert_eq!(header(&english, "content-language"), "en");
    assert_eq!(header(&english, "vary"), "Accept, Accept-Language");
    let body = english["body"]["data"].as_str().unwrap();
    assert!(body.starts_with("<!doctype html>") && body.ends_with("</html>\n"));
    assert!(body.contains("18:01 <span>(Japan time, UTC+9)"), "{body}");
    let japanese = edge.reader(25);
    assert!(japanese["body"]["data"].as_str().unwrap().contains("18:01<span>（日本時間）"));
}

#[test]
fn mp_r08_programs_get_json() {
    let edge = Edge::told(&[("night", night())], 0);
    let headers = json!({"accept": {"value": "application/json"}});
    let answer = edge.answer(25, "198.51.100.9", headers, json!({}));
    assert_eq!(answer["headers"]["content-type"]["value"], "application/json");
    let body: Value = serde_json::from_str(answer["body"]["data"].as_str().unwrap()).unwrap();
    assert_eq!(body["until"], NOW + 60);
}

#[test]
fn mp_r10_operators_pass_by_address_or_by_a_cookie_that_is_signed_and_not_over() {
    let edge = Edge::told(&[("night", night())], 0);
    let from = |ip: &str| edge.answer(25, ip, json!({}), json!({}))["uri"] == "/entries";
    assert!(from("203.0.113.7") && from("2001:db8::1:ffff:0:0:9") && from("2001:db8:0:1::"));
    assert!(!from("203.0.113.200") && !from("2001:db8:0:2::1") && !from("::1"));
    let with = |cookie: &str| {
        let cookies = json!({"diary-operator": {"value": cookie}});
        edge.answer(25, "198.51.100.9", json!({}), cookies)["uri"] == "/entries"
    };
    assert!(with(&cookie(SECRET, Moment(NOW + 26))));
    assert!(!with(&cookie(SECRET, Moment(NOW + 25))), "it is over");
    assert!(!with(&cookie("other", Moment(NOW + 26))));
    let later = cookie(SECRET, Moment(NOW + 26)).replacen(&(NOW + 26).to_string(), "9999999999", 1);
    assert!(!with(&later), "another time was signed");
    assert!(!with("") && !with("x") && !with("1."));
}

#[test]
fn an_emergency_without_end_holds_and_comes_before_planned_work() {
    let fire = json!({"kind": "emergency", "from": at(-5)});
    let edge = Edge::told(&[("fire", fire), ("night", night())], 0);
    assert!(edge.closed(0) && edge.closed(30) && edge.closed(100_000));
    assert_eq!(edge.reader(0)["headers"]["retry-after"]["value"], "120");
    let body = edge.reader(0)["body"]["data"].to_string();
    assert!(body.contains("まだ分かりません"), "{body}");
}

#[test]
fn cf_kvs_05_a_missing_key_never_closes_the_diary_and_a_missing_page_is_a_short_one() {
    let mut edge = Edge::told(&[("night", night())], 0);
    let pages: Vec<String> =
        edge.values.keys().filter(|key| key.ends_with(".ja.0")).cloned().collect();
    for page in pages {
        edge.values.remove(&page);
    }
    let answer = edge.reader(25);
    assert_eq!(answer["statusCode"], 503);
    assert!(answer["body"]["data"].as_str().unwrap().contains("お休みしています"));
    edge.values.remove("pass");
    let cookies = json!({"diary-operator": {"value": "1.2"}});
    assert_eq!(edge.answer(25, "198.51.100.9", json!({}), cookies)["statusCode"], 503);
    edge.values.clear();
    assert!(!edge.closed(25));
}

#[test]
fn cf_fn_02_the_function_is_within_the_size_that_cloudfront_takes() {
    assert!(code().len() < 10_240, "{}", code().len());
}
