//! How windows are printed.

use diary_window::{Kind, Moment, Window, judge};
use jiff::tz::TimeZone;
use standin_kernel::{Value, json};

use super::switch::agrees;
use crate::Failure;
use crate::table::Table;

/// `night: closed from 2026-11-24 20:00:00 +09:00 until 2026-11-24 22:00:00 +09:00`
pub(super) fn line(window: &Window, zone: &TimeZone) -> String {
    let until = match window.until {
        Some(until) => format!("until {}", until.in_zone(zone)),
        None => "without an end".to_owned(),
    };
    format!("{}: closed from {} {until}", window.id, window.from.in_zone(zone))
}

pub(super) fn list(
    windows: &[Window],
    now: Moment,
    zone: &TimeZone,
    as_json: bool,
) -> Result<(), Failure> {
    let current: Vec<&Window> = windows.iter().filter(|window| !window.is_over(now)).collect();
    if as_json {
        let all: Vec<Value> = current.iter().map(|window| document(window, now)).collect();
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    let mut table = Table::new(&["WINDOW", "STATE", "KIND", "FROM", "UNTIL", "MESSAGE"]);
    for window in current {
        table.row([
            window.id.clone(),
            if window.has(now) { "open" } else { "to come" }.to_owned(),
            kind(window.kind).to_owned(),
            window.from.in_zone(zone),
            window.until.map_or("-".to_owned(), |until| until.in_zone(zone)),
            [window.message.ja.as_str(), window.message.en.as_str()].join(" ").trim().to_owned(),
        ]);
    }
    match table.is_empty() {
        true => println!("no window is open or to come"),
        false => print!("{}", table.text()),
    }
    Ok(())
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Planned => "planned",
        Kind::Emergency => "emergency",
    }
}

fn document(window: &Window, now: Moment) -> Value {
    let mut document = json!(window);
    document["id"] = json!(window.id);
    document["open"] = json!(window.has(now));
    document
}

pub(super) fn status(
    windows: &[Window],
    state: &Value,
    now: Moment,
    zone: &TimeZone,
    as_json: bool,
) -> Result<(), Failure> {
    let judgement = judge(now, windows);
    let known = agrees(windows, state);
    if as_json {
        let status = json!({
            "closed": judgement.open.is_some(),
            "window": judgement.open.as_ref().map(|open| document(open.window, now)),
            "until": judgement.open.as_ref().and_then(|open| open.until),
            "retryAfterSeconds": judgement.open.as_ref().map(|open| open.retry_after_s(now)),
            "next": judgement.next.map(|next| document(next, now)),
            "switch": {"agrees": known, "state": state},
        });
        println!("{}", serde_json::to_string_pretty(&status)?);
        return Ok(());
    }
    match &judgement.open {
        Some(open) => {
            let until = match open.until {
                Some(until) => {
                    format!("until {} ({} s)", until.in_zone(zone), until.since(now))
                }
                None => "without an end".to_owned(),
            };
            println!("closed {until}, by window {}", open.window.id);
            for network in &open.operators {
                println!("  passes: {network}");
            }
        }
        None => println!("open"),
    }
    match judgement.next {
        Some(next) => println!("next: {}", line(next, zone)),
        None => println!("no other window is to come"),
    }
    match known {
        true => println!("the switch knows"),
        false => println!("the switch does not know yet: it said {state}"),
    }
    for wrong in state["ignored"].as_array().into_iter().flatten() {
        println!("  ignored: {}", wrong.as_str().unwrap_or_default());
    }
    Ok(())
}
