//! Functions as users write them, run for their outcome.

use std::sync::Arc;

use standin_kernel::evaluation::{FailureKind, KeyValues, Language, Program};
use standin_kernel::{Evaluated, Evaluation, Evaluator, Time, Value, json};

use crate::QuickJs;

pub(crate) fn program(code: &str, language: Language) -> Program {
    Program { name: "f".into(), version: "E1".into(), code: code.into(), language }
}

pub(crate) fn evaluation(code: &str) -> Evaluation {
    let mut values = KeyValues { id: "store-1".into(), ..KeyValues::default() };
    values.values.insert("maintenance".into(), r#"{"on":true}"#.into());
    values.created = Time::from_seconds(1_800_000_000);
    values.modified = values.created;
    Evaluation {
        exchange: None,
        program: Arc::new(program(code, Language::Js20)),
        event: Arc::new(json!({
            "version": "1.0", "request": {"method": "GET", "uri": "/a", "headers": {}},
        })),
        request_id: None,
        raw_query: Some("a=%20".into()),
        store: Some(Arc::new(values)),
        edge_location: "NRT57".into(),
        now: Time::from_seconds(1_800_000_000),
        seed: 7,
    }
}

pub(crate) fn run(code: &str) -> Arc<Evaluated> {
    QuickJs::default().evaluate(&evaluation(code))
}

/// What an expression comes to in a function's body.
fn value(expression: &str) -> Value {
    let code = format!(
        "import cf from 'cloudfront';\nasync function handler(event) {{ return {expression}; }}"
    );
    run(&code).result.clone().unwrap()
}

fn failed(code: &str) -> (FailureKind, String) {
    let failure = run(code).result.clone().unwrap_err();
    (failure.kind, failure.message)
}

#[test]
fn cf_fn_03_the_event_goes_in_and_comes_back() {
    let made = run("function handler(event) { event.request.uri = '/b'; return event.request; }");
    assert_eq!(made.result, Ok(json!({"method": "GET", "uri": "/b", "headers": {}})));
    assert!((1..=10).contains(&made.utilization_percent));
}

#[test]
fn cf_fn_02_an_endless_loop_is_stopped_after_the_same_number_of_steps() {
    let code = "function handler() { let n = 0; for (;;) n++; }";
    assert_eq!(failed(code).0, FailureKind::Time);
    assert_eq!(run(code).utilization_percent, 100);
    let caught = "function handler() { try { for (;;); } catch (e) {} return 1; }";
    assert_eq!(failed(caught).0, FailureKind::Time);
    let top = "for (;;); function handler() {}";
    assert_eq!(failed(top).0, FailureKind::Time);
}

#[test]
fn cf_fn_02_two_megabytes_are_the_limit() {
    let enough = "function handler() { return 'x'.repeat(500000).length; }";
    assert_eq!(run(enough).result, Ok(json!(500_000)));
    let more = "function handler() { const all = []; \
                for (let i = 0; i < 9; i++) all.push(new Uint8Array(500000)); return 1; }";
    assert_eq!(failed(more).0, FailureKind::Memory);
}

#[test]
fn cf_fn_02_no_code_out_of_texts_and_no_timers() {
    for code in [
        "eval('1')",
        "new Function('return 1')()",
        "(() => 1).constructor('return 1')()",
        "(async () => 1).constructor('return 1')()",
    ] {
        let (kind, message) = failed(&format!("function handler() {{ return {code}; }}"));
        assert_eq!((kind, message.contains("disabled")), (FailureKind::Thrown, true), "{code}");
    }
    for name in ["setTimeout", "fetch", "process", "performance"] {
        assert_eq!(value(&format!("typeof {name}")), "undefined", "{name}");
    }
}

#[test]
fn cf_fn_11_what_is_thrown_or_cannot_be_read_is_told() {
    let (kind, message) = failed("function handler() { return x; }");
    assert_eq!(kind, FailureKind::Thrown);
    assert!(message.starts_with("ReferenceError"), "{message}");
    assert_eq!(failed("async function handler() { throw new Error('no'); }").1, "Error: no");
    assert_eq!(failed("function handler( {").0, FailureKind::Syntax);
    assert_eq!(failed("const h = 1;").0, FailureKind::Syntax);
    assert_eq!(failed("import x from 'fs'; function handler() {}").0, FailureKind::Syntax);
}

#[test]
fn cf_fn_12_runtime_1_has_neither_modules_nor_the_store() {
    let old = |code: &str| {
        let program = Arc::new(program(code, Language::Js10));
        QuickJs::default().evaluate(&Evaluation { program, ..evaluation("") })
    };
    let made = old("function handler(event) { var c = require('crypto'); \
                    return c.createHash('md5').update('').digest('hex'); }");
    assert_eq!(made.result, Ok(json!("d41d8cd98f00b204e9800998ecf8427e")));
    let imports = old("import cf from 'cloudfront'; function handler() {}");
    assert_eq!(imports.result.as_ref().unwrap_err().kind, FailureKind::Syntax);
    let required = old("function handler() { return require('cloudfront'); }");
    assert_eq!(required.result.as_ref().unwrap_err().kind, FailureKind::Thrown);
}

#[test]
fn cf_fn_13_the_clock_stands_still_in_utc() {
    assert_eq!(
        value("[Date.now() === Date.now(), Date.now()]"),
        json!([true, 1_800_000_000_000_u64])
    );
    assert_eq!(value("new Date().toISOString()"), "2027-01-15T08:00:00.000Z");
    assert_eq!(value("new Date().toString()"), "Fri Jan 15 2027 08:00:00 GMT+0000 (UTC)");
    assert_eq!(value("new Date(2027, 0, 15, 8).getTime()"), 1_800_000_000_000_u64);
    assert_eq!(value("new Date('2027-01-15T08:00:00').getHours()"), 8);
    assert_eq!(value("Date.parse('2027-01-15T17:00:00+09:00')"), 1_800_000_000_000_u64);
    assert_eq!(value("new Date() instanceof Date && typeof Date()"), "string");
    assert_eq!(value("Math.random() === Math.random()"), false);
}

#[test]
fn cf_fn_13_the_log_ends_after_ten_kilobytes() {
    let made =
        run("function handler() { console.log('a', 1, {b: [2]}); console.log('x'.repeat(20000)); \
                    console.log('never'); return null; }");
    assert_eq!(made.console[0], "a 1 {\"b\":[2]}");
    assert_eq!(made.console.len(), 2);
    assert_eq!(made.console[0].len() + made.console[1].len(), 10 * 1024);
}

#[test]
fn cf_fn_18_edge_location_and_raw_query() {
    assert_eq!(value("cf.edgeLocation.name"), "NRT57");
    assert_eq!(value("event.request.rawQueryString()"), "a=%20");
}

#[test]
fn cf_kvs_01_get_exists_and_meta() {
    assert_eq!(value("await cf.kvs().get('maintenance')"), r#"{"on":true}"#);
    assert_eq!(value("(await cf.kvs().get('maintenance', {format: 'json'})).on"), true);
    assert_eq!(value("(await cf.kvs().get('maintenance', {format: 'bytes'}))[0]"), 123);
    assert_eq!(value("await cf.kvs('store-1').exists('maintenance')"), true);
    assert_eq!(value("await cf.kvs().exists('no')"), false);
    assert_eq!(value("(await cf.kvs().meta()).keyCount"), 1);
    let missing = "import cf from 'cloudfront'; \
                   async function handler() { return await cf.kvs().get('no'); }";
    assert_eq!(failed(missing).0, FailureKind::Thrown);
    assert_eq!(
        failed("import cf from 'cloudfront'; cf.kvs('other'); function handler() {}").0,
        FailureKind::Thrown
    );
    let without = Evaluation {
        store: None,
        ..evaluation("import cf from 'cloudfront'; cf.kvs(); function handler() {}")
    };
    assert!(QuickJs::default().evaluate(&without).result.is_err());
}

#[test]
fn cf_fn_15_calls_of_origin_helpers_are_kept_in_order() {
    let made = run("import cf from 'cloudfront'; function handler(event) { \
                    cf.updateRequestOrigin({domainName: 'a.example'}); \
                    cf.selectRequestOriginById('two', {originOverrides: {}}); \
                    return event.request; }");
    assert_eq!(made.origin_calls.len(), 2);
    assert_eq!(made.origin_calls[0].argument, json!({"domainName": "a.example"}));
    assert_eq!(made.origin_calls[1].argument["originId"], "two");
}

#[test]
fn the_modules_and_what_they_give() {
    assert_eq!(
        value(
            "require('crypto').createHmac('sha256', 'key').update('a').update('b')\
             .digest('base64url')"
        ),
        "XBwMlIy-9a19GR5G5ZAfoDlfhfaU-kYz9mWhpjcBe2U",
    );
    assert_eq!(
        value("Buffer.isBuffer(require('crypto').createHash('sha1').update('').digest())"),
        true
    );
    assert_eq!(
        value("require('querystring').parse('a=1&a=2&b=%20+')"),
        json!({"a": ["1", "2"], "b": "  "})
    );
    assert_eq!(
        value("require('querystring').stringify({a: ['1', 2], b: 'x y'})"),
        "a=1&a=2&b=x%20y"
    );
    assert_eq!(value("Buffer.from('aGk', 'base64').toString()"), "hi");
    assert_eq!(value("Buffer.from('héé').toString('hex')"), "68c3a9c3a9");
    assert_eq!(value("Buffer.concat([Buffer.from('a'), Buffer.alloc(2, 'b')]).toString()"), "abb");
    assert_eq!(value("[atob('aGk='), btoa('hi')]"), json!(["hi", "aGk="]));
    assert_eq!(value("new TextDecoder().decode(new TextEncoder().encode('é'))"), "é");
    assert_eq!(value("Buffer.from([1, 2, 3, 4]).readUInt32BE(0)"), 0x0102_0304);
    assert_eq!(value("Buffer.from([255, 254]).readIntBE(0, 2)"), -2);
}
