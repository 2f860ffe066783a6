//! Which conditions are possible.

use standin_kernel::{Value, json};

use super::{Bench, and, rule};

struct Listener {
    bench: Bench,
    arn: String,
    priority: u32,
}

impl Listener {
    fn new() -> Self {
        let mut bench = Bench::new();
        let (_, arn, _) = bench.site();
        Self { bench, arn, priority: 0 }
    }

    fn call(&mut self, conditions: &[Value]) -> Result<Value, String> {
        self.priority += 1;
        let rule = and(rule(&self.arn, self.priority, "/"), json!({"Conditions": conditions}));
        let answer = self.bench.call("CreateRule", &rule);
        answer.map(|made| made["Rules"][0]["Conditions"].clone()).map_err(|error| error.to_string())
    }

    #[track_caller]
    fn taken(&mut self, conditions: &[Value]) -> Value {
        self.call(conditions).unwrap()
    }

    #[track_caller]
    fn refused(&mut self, conditions: &[Value]) -> String {
        self.call(conditions).unwrap_err()
    }
}

fn host(values: &[&str]) -> Value {
    json!({"Field": "host-header", "HostHeaderConfig": {"Values": values}})
}

fn path(values: &[&str]) -> Value {
    json!({"Field": "path-pattern", "PathPatternConfig": {"Values": values}})
}

fn header(name: &str, values: &[&str]) -> Value {
    json!({
        "Field": "http-header",
        "HttpHeaderConfig": {"HttpHeaderName": name, "Values": values},
    })
}

fn method(values: &[&str]) -> Value {
    json!({"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": values}})
}

fn query(pairs: Value) -> Value {
    json!({"Field": "query-string", "QueryStringConfig": {"Values": pairs}})
}

fn source(values: &[&str]) -> Value {
    json!({"Field": "source-ip", "SourceIpConfig": {"Values": values}})
}

#[test]
fn alb_ru_04_some_fields_once_others_as_often_as_wanted() {
    let mut listener = Listener::new();
    for twice in [
        [host(&["a.example"]), host(&["b.example"])],
        [path(&["/a"]), path(&["/b"])],
        [method(&["GET"]), method(&["PUT"])],
        [source(&["10.0.0.0/8"]), source(&["192.168.0.0/16"])],
    ] {
        let refused = listener.refused(&twice);
        assert!(refused.starts_with("A rule can only have one '"), "{refused}");
    }
    listener.taken(&[header("X-A", &["1"]), header("X-B", &["2"])]);
    let pair = json!([{"Key": "a", "Value": "1"}]);
    listener.taken(&[query(pair.clone()), query(pair)]);
    listener.refused(&[]);
    listener.refused(&[json!({"Field": "moon"})]);
    listener.refused(&[path(&[])]);
}

#[test]
fn alb_ru_05_five_match_values_of_a_rule() {
    let mut listener = Listener::new();
    listener.taken(&[path(&["/a", "/b", "/c"]), host(&["a.example", "b.example"])]);
    let six = [path(&["/a", "/b", "/c"]), host(&["a.example", "b.example", "c.example"])];
    let refused = listener.refused(&six);
    assert_eq!(refused, "A rule can only have '5' condition values (ValidationError)");
}

#[test]
fn alb_ru_06_five_wildcards_of_a_rule_and_not_seven() {
    let mut listener = Listener::new();
    listener.taken(&[path(&["/*/*/?", "/*/*"])]);
    listener.refused(&[path(&["/*/*/?", "/*/*/?/*"])]);
    // Escaped ones are no wildcards.
    listener.taken(&[query(json!([{"Value": r"\*\*\*\*\?\?\?"}]))]);
}

#[test]
fn alb_ru_08_host_headers_have_a_dot_and_letters_behind_it() {
    let mut listener = Listener::new();
    let shown = listener.taken(&[host(&["*.example.com", "A-b.example"])]);
    assert_eq!(shown[0]["Values"], shown[0]["HostHeaderConfig"]["Values"]);
    let long = format!("{}.example", "x".repeat(121));
    for wrong in ["example", "a.example1", "a_b.example", "a.", "10.0.0.1", "", &long] {
        listener.refused(&[host(&[wrong])]);
    }
}

#[test]
fn alb_ru_09_path_patterns_have_128_characters() {
    let mut listener = Listener::new();
    listener.taken(&[path(&["/img/*.p?g", &format!("/{}", "x".repeat(127))])]);
    listener.refused(&[path(&[&format!("/{}", "x".repeat(128))])]);
    listener.refused(&[path(&["/a b"])]);
    // The older form.
    let shown = listener.taken(&[json!({"Field": "path-pattern", "Values": ["/a"]})]);
    assert_eq!(shown[0]["PathPatternConfig"]["Values"], json!(["/a"]));
    let both =
        json!({"Field": "path-pattern", "Values": ["/a"], "PathPatternConfig": {"Values": ["/b"]}});
    listener.refused(&[both]);
}

#[test]
fn alb_ru_10_http_headers_by_a_name_that_is_not_host() {
    let mut listener = Listener::new();
    listener.taken(&[header("X-Env", &["prod*"])]);
    let long = "x".repeat(41);
    for name in ["Host", "host", "", "X Env", "X-*", &long] {
        listener.refused(&[header(name, &["a"])]);
    }
    listener.refused(&[header("X-Env", &[&"x".repeat(129)])]);
    listener.refused(&[header("X-Env", &[])]);
    let older = json!({"Field": "http-header", "Values": ["a"]});
    listener.refused(&[older]);
}

#[test]
fn alb_ru_11_query_strings_with_or_without_key() {
    let mut listener = Listener::new();
    let pairs = json!([{"Key": "version", "Value": "v1"}, {"Value": "*x*"}]);
    let shown = listener.taken(&[query(pairs.clone())]);
    assert_eq!(shown[0]["QueryStringConfig"]["Values"], pairs);
    listener.refused(&[query(json!([]))]);
    listener.refused(&[query(json!([{"Key": "a"}]))]);
    listener.refused(&[query(json!([{"Key": "x".repeat(129), "Value": "a"}]))]);
}

#[test]
fn alb_ru_12_methods_in_capitals() {
    let mut listener = Listener::new();
    listener.taken(&[method(&["GET", "M-SEARCH", "A_B"])]);
    for wrong in ["get", "GE*", "", "X1"] {
        listener.refused(&[method(&[wrong])]);
    }
}

#[test]
fn alb_ru_13_source_addresses_as_blocks() {
    let mut listener = Listener::new();
    listener.taken(&[source(&["10.0.0.0/8", "2001:db8::/32"])]);
    for wrong in ["10.0.0.1", "10.0.0.0/33", "10.*/8", "255.255.255.255/32"] {
        listener.refused(&[source(&[wrong])]);
    }
}

#[test]
fn regular_expressions_are_refused_by_name() {
    let mut listener = Listener::new();
    let regex = json!(["^/v[0-9]+/"]);
    for condition in [
        json!({"Field": "path-pattern", "PathPatternConfig": {"RegexValues": regex}}),
        json!({"Field": "host-header", "HostHeaderConfig": {"RegexValues": regex}}),
        json!({
            "Field": "http-header",
            "HttpHeaderConfig": {"HttpHeaderName": "X", "RegexValues": regex},
        }),
        json!({"Field": "path-pattern", "RegexValues": regex}),
    ] {
        let refused = listener.refused(&[condition]);
        assert!(refused.contains("RegexValues") && refused.contains("not supported"), "{refused}");
    }
}

#[test]
fn a_condition_has_the_configuration_of_its_field() {
    let mut listener = Listener::new();
    let mixed = and(path(&["/a"]), json!({"HostHeaderConfig": {"Values": ["a.example"]}}));
    let refused = listener.refused(&[mixed]);
    assert!(refused.contains("HostHeaderConfig cannot be specified"), "{refused}");
}
