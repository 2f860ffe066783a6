//! Planned work on the running diary: closed and open on time, without a hand.

use std::time::{Duration, Instant};

use standin_kernel::Value;

use crate::world::{Answer, Standin, root, text};

/// What closes the diary needs no database.
const ON_FILES: [&str; 2] = ["--parameters", "Store=file"];

fn diary() -> Standin {
    Standin::up(&root().join("stacks/diary/template.yaml"), &ON_FILES)
}

fn state(run: &Standin) -> Value {
    serde_json::from_str(&run.ok(&["maintenance", "status", "--json"])).unwrap()
}

fn with(run: &Standin, header: &str) -> Answer {
    run.ask(&format!("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{header}\r\n\r\n"))
}

/// Asks every tenth of a second for this long; the changes of what came, and when, in seconds.
fn changes(run: &Standin, lasts: Duration) -> Vec<(f64, u16)> {
    let begin = Instant::now();
    let mut seen: Vec<(f64, u16)> = Vec::new();
    while begin.elapsed() < lasts {
        let status = run.get("/").status;
        if seen.last().is_none_or(|(_, last)| *last != status) {
            seen.push((begin.elapsed().as_secs_f64(), status));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    seen
}

#[test]
fn a_window_opens_and_closes_on_time_and_nobody_is_locked_in() {
    let run = diary();
    let began = Instant::now();
    let words = ["--message", "引っ越しです", "--message-en", "We are moving"];
    let schedule = ["maintenance", "schedule", "--zone", "Asia/Tokyo", "--from", "+6s", "--until"];
    let said = run.ok(&[&schedule[..], &["+14s"], &words].concat());
    assert!(said.contains("+09:00") && said.contains("the edge was told"), "{said}");
    let took = began.elapsed().as_secs_f64();
    let seen = changes(&run, Duration::from_secs(18));
    let [(_, 200), (closed, 503), (open, 200)] = seen[..] else { panic!("{seen:?}") };
    // Times are written in whole seconds, and an edge may be told a moment later.
    assert!((4.5..7.5).contains(&(closed + took)), "closed after {closed} + {took} s");
    assert!((12.5..15.5).contains(&(open + took)), "open after {open} + {took} s");
    let listed = run.ok(&["maintenance", "list"]);
    assert!(listed.contains("no window is open or to come"), "{listed}");
}

#[test]
fn readers_see_the_end_and_operators_the_diary() {
    let run = diary();
    // Nothing is refused by accident: the same again changes nothing.
    let on = ["maintenance", "on", "--until", "+10m", "--message", "引っ越しです"];
    let said = run.ok(&on);
    assert!(said.contains("now: closed from"), "{said}");
    let page = run.until("/", "the page", |answer| answer.status == 503);
    assert_eq!(page.header("Cache-Control"), "no-store");
    assert_eq!(page.header("Content-Language"), "ja");
    assert_eq!(page.header("X-Cache"), "FunctionGeneratedResponse from cloudfront");
    let wait: u32 = page.header("Retry-After").parse().unwrap();
    assert!((500..=600).contains(&wait), "{wait}");
    assert!(page.body.contains("引っ越しです") && page.body.contains("<time datetime="));
    let english = with(&run, "Accept-Language: en-GB");
    assert!(english.body.contains("It opens again on"), "{english:?}");
    for asset in page.body.split(['"', '\'']).filter(|text| text.starts_with("/maintenance/")) {
        assert_eq!(run.get(asset).status, 200, "{asset}");
    }
    let post = run.ask(
        "POST /entries HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\
         Connection: close\r\n\r\nx",
    );
    assert_eq!(post.status, 503, "MP-S10");
    assert_eq!(state(&run)["closed"], true);
    let said = run.ok(&["explain", "/"]);
    assert!(said.contains("ClosingFunction") || said.contains("function"), "{said}");

    let cookie = run.ok(&["maintenance", "pass", "--for", "5m"]);
    assert_eq!(with(&run, &format!("Cookie: {}", cookie.trim())).status, 200);
    assert_eq!(with(&run, "Cookie: diary-operator=9999999999.00").status, 503);

    // Longer while it is on; then by address; then open.
    run.ok(&["maintenance", "on", "--until", "+20m", "--operator", "203.0.113.0/24"]);
    run.until("/", "a later end", |answer| {
        answer.header("Retry-After").parse::<u32>().is_ok_and(|wait| wait > 600)
    });
    run.ok(&["maintenance", "on", "--operator", "127.0.0.1"]);
    run.until("/", "the diary for this address", |answer| answer.status == 200);
    run.ok(&["maintenance", "on", "--operator", "203.0.113.0/24"]);
    run.until("/", "the page again", |answer| answer.status == 503);
    let preview = run.ok(&["maintenance", "preview", "--language", "en"]);
    assert!(preview.contains("<!doctype html>"), "{preview}");
    let said = run.ok(&["maintenance", "off"]);
    assert!(said.contains("ended: now"), "{said}");
    run.until("/", "the diary", |answer| answer.status == 200);
    let said = run.ok(&["maintenance", "off"]);
    assert!(said.contains("nothing to change"), "{said}");
}

#[test]
fn nonsense_is_refused_by_name_and_windows_outlive_a_restart() {
    let run = diary();
    let refused = |arguments: &[&str]| {
        let output = run.cli(&[&["maintenance"], arguments].concat());
        assert!(!output.status.success(), "{arguments:?}");
        text(&output.stderr)
    };
    let said = refused(&["schedule", "--from", "+60s", "--until", "+20s"]);
    assert!(said.contains("not after its start"), "{said}");
    let said = refused(&["schedule", "--from", "soon", "--until", "+20s"]);
    assert!(said.contains("soon is no time"), "{said}");
    run.ok(&["maintenance", "schedule", "--name", "night", "--from", "+1h", "--until", "+2h"]);
    let said = refused(&["schedule", "--from", "+90m", "--until", "+3h"]);
    assert!(said.contains("overlap window night"), "{said}");
    let said = refused(&["--profile", "x", "list"]);
    assert!(said.contains("--target aws"), "{said}");
    run.ok(&["maintenance", "on"]);
    run.until("/", "the page", |answer| answer.status == 503);

    let template = root().join("stacks/diary/template.yaml");
    let run = Standin::up_in(run.kill(), &template, &ON_FILES);
    assert_eq!(run.get("/").status, 503, "closed before and after");
    let listed = run.ok(&["maintenance", "list"]);
    assert!(listed.contains("night") && listed.contains("now"), "{listed}");
    run.ok(&["maintenance", "cancel", "night"]);
    run.ok(&["maintenance", "off"]);
    run.until("/", "the diary", |answer| answer.status == 200);
}
