//! Versions and aliases.

use standin_kernel::json;

use super::Bench;

#[test]
fn a_version_is_what_latest_was() {
    let mut bench = Bench::with(json!({"Description": "old"}));
    let first = bench.ok("PublishVersion", json!({"FunctionName": "f"}));
    assert_eq!(first["Version"], "1");
    let again = bench.ok("PublishVersion", json!({"FunctionName": "f"}));
    assert_eq!(again["Version"], "1", "without a change there is no new one");
    bench.ok("UpdateFunctionConfiguration", json!({"FunctionName": "f", "Description": "new"}));
    bench.later_ms(100);
    let second = bench.ok("PublishVersion", json!({"FunctionName": "f"}));
    assert_eq!((&second["Version"], &second["Description"]), (&json!("2"), &json!("new")));
    let shown = bench.ok("GetFunctionConfiguration", json!({"FunctionName": "f:1"}));
    assert_eq!(shown["Description"], "old");
    let listed = bench.ok("ListVersionsByFunction", json!({"FunctionName": "f"}));
    assert_eq!(listed["Versions"].as_array().unwrap().len(), 3);
}

#[test]
fn an_alias_shares_its_runs_by_weight() {
    let mut bench = Bench::with(json!({}));
    bench.ok("PublishVersion", json!({"FunctionName": "f"}));
    bench.ok("UpdateFunctionConfiguration", json!({"FunctionName": "f", "Description": "new"}));
    bench.later_ms(100);
    bench.ok("PublishVersion", json!({"FunctionName": "f"}));
    let alias = json!({
        "FunctionName": "f", "Name": "live", "FunctionVersion": "1",
        "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.25}},
    });
    bench.ok("CreateAlias", alias);
    let mut second = 0;
    for _ in 0..400 {
        bench.start("Invoke", &json!({"FunctionName": "f:live"}));
        let spec = bench.launched.last().unwrap();
        let mut variables = spec.environment.iter();
        let version = variables.find(|(name, _)| name == "AWS_LAMBDA_FUNCTION_VERSION");
        second += usize::from(version.unwrap().1 == "2");
    }
    assert!((70..130).contains(&second), "{second}");
    let used = json!({"FunctionName": "f", "Qualifier": "1"});
    assert_eq!(bench.refused("DeleteFunction", used).0, "ResourceConflictException");
}
