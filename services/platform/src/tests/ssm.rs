//! Parameters.

use standin_kernel::{Value, json};

use super::{Bench, Resource};

fn put(bench: &mut Bench, name: &str, value: &str) {
    bench.ok("PutParameter", json!({"Name": name, "Value": value, "Type": "String"}));
}

#[test]
fn cfn_rs_31_a_parameter_and_its_attributes() {
    let mut bench = Bench::new();
    let kind = "AWS::SSM::Parameter";
    let mut properties = json!({"Type": "String", "Value": "one", "Tags": {"a": "b"}});
    let mut made = Resource::new(kind, "Setting", properties.clone()).create(&mut bench);
    assert_eq!(made.id(), "CFN-Setting-1AB2C3D4E5F6");
    assert_eq!(
        (made.attribute("Type"), made.attribute("Value")),
        (&json!("String"), &json!("one"))
    );
    properties["Value"] = json!("two");
    properties["Tags"] = json!({"c": "d"});
    made.update(&mut bench, properties);
    assert_eq!(made.attribute("Value"), "two");
    let of = json!({"Name": made.id()});
    let seen = bench.ok("GetParameter", of.clone())["Parameter"].clone();
    assert_eq!((&seen["Value"], &seen["Version"]), (&json!("two"), &json!(2)));
    let tags = json!({"ResourceType": "Parameter", "ResourceId": made.id()});
    let expected = json!([{"Key": "c", "Value": "d"}]);
    assert_eq!(bench.ok("ssm:ListTagsForResource", tags)["TagList"], expected);
    made.delete(&mut bench);
    made.delete(&mut bench);
    assert_eq!(bench.code("GetParameter", of), "ParameterNotFound");
    let types = super::the_type(kind).properties().iter().find(|one| one.name == "Type").unwrap();
    assert!(format!("{:?}", types.kind).contains("[\"String\", \"StringList\"]"));
}

#[test]
fn parameters_have_versions() {
    let mut bench = Bench::new();
    put(&mut bench, "/app/url", "one");
    let again = json!({"Name": "/app/url", "Value": "two"});
    let (code, message) = bench.refused("PutParameter", again.clone());
    assert_eq!(code, "ParameterAlreadyExists");
    assert!(message.starts_with("The parameter already exists."), "{message}");
    let mut over = again;
    over["Overwrite"] = json!(true);
    assert_eq!(bench.ok("PutParameter", over.clone())["Version"], 2);
    let first = bench.ok("GetParameter", json!({"Name": "/app/url:1"}))["Parameter"].clone();
    assert_eq!((&first["Value"], &first["Selector"]), (&json!("one"), &json!(":1")));
    let arn = "arn:aws:ssm:ap-northeast-1:123456789012:parameter/app/url";
    assert_eq!(first["ARN"], arn);
    assert_eq!(bench.ok("GetParameter", json!({"Name": arn}))["Parameter"]["Value"], "two");
    let none = json!({"Name": "/app/url:9"});
    assert_eq!(bench.code("GetParameter", none), "ParameterVersionNotFound");
    let history =
        bench.ok("GetParameterHistory", json!({"Name": "/app/url"}))["Parameters"].clone();
    let values: Vec<&Value> = history.as_array().unwrap().iter().map(|one| &one["Value"]).collect();
    assert_eq!(values, ["one", "two"]);
    for _ in 0..200 {
        bench.ok("PutParameter", over.clone());
    }
    assert_eq!(
        bench.code("GetParameter", json!({"Name": "/app/url:102"})),
        "ParameterVersionNotFound"
    );
    bench.ok("GetParameter", json!({"Name": "/app/url:103"}));
    put(&mut bench, "plain", "x");
    let arn = "arn:aws:ssm:ap-northeast-1:123456789012:parameter/plain";
    assert_eq!(bench.ok("GetParameter", json!({"Name": arn}))["Parameter"]["Name"], "plain");
}

#[test]
fn parameters_are_found_by_path_and_filter() {
    let mut bench = Bench::new();
    for name in ["/app/a", "/app/b", "/app/deep/c", "/other", "plain"] {
        put(&mut bench, name, name);
    }
    let names = |seen: &Value| {
        let all = seen["Parameters"].as_array().unwrap().iter();
        all.map(|one| one["Name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let flat = bench.ok("GetParametersByPath", json!({"Path": "/app"}));
    assert_eq!(names(&flat), ["/app/a", "/app/b"]);
    let deep = bench.ok("GetParametersByPath", json!({"Path": "/app/", "Recursive": true}));
    assert_eq!(names(&deep), ["/app/a", "/app/b", "/app/deep/c"]);
    let root = bench.ok("GetParametersByPath", json!({"Path": "/"}));
    assert_eq!(names(&root), ["/other", "plain"]);
    let filters = json!([{"Key": "Name", "Option": "BeginsWith", "Values": ["/app/d"]}]);
    let seen = bench.ok("DescribeParameters", json!({"ParameterFilters": filters}));
    assert_eq!(names(&seen), ["/app/deep/c"]);
    let some = bench.ok("GetParameters", json!({"Names": ["/other", "none"]}));
    assert_eq!(
        (names(&some), &some["InvalidParameters"]),
        (vec!["/other".into()], &json!(["none"]))
    );
    let gone = bench.ok("DeleteParameters", json!({"Names": ["/other", "none"]}));
    assert_eq!(gone, json!({"DeletedParameters": ["/other"], "InvalidParameters": ["none"]}));
}

#[test]
fn an_encrypted_value_shows_only_on_request() {
    let mut bench = Bench::new();
    let input = json!({"Name": "password", "Value": "hunter2", "Type": "SecureString"});
    bench.ok("PutParameter", input);
    let hidden = bench.ok("GetParameter", json!({"Name": "password"}))["Parameter"].clone();
    assert!(hidden["Value"].as_str().unwrap().starts_with("AQICAH"), "{hidden}");
    let shown = json!({"Name": "password", "WithDecryption": true});
    assert_eq!(bench.ok("GetParameter", shown)["Parameter"]["Value"], "hunter2");
    assert!(!format!("{:?}", bench.platform).contains("hunter2"));
    let other = json!({"Name": "password", "Value": "x", "Type": "String", "Overwrite": true});
    assert_eq!(bench.code("PutParameter", other), "HierarchyTypeMismatchException");
    assert!(bench.log.is_empty());
}

#[test]
fn long_values_need_the_advanced_tier() {
    let mut bench = Bench::new();
    let long = "x".repeat(4097);
    let mut input = json!({"Name": "a", "Value": long, "Type": "String"});
    assert_eq!(bench.code("PutParameter", input.clone()), "ValidationException");
    input["Tier"] = json!("Intelligent-Tiering");
    assert_eq!(bench.ok("PutParameter", input.clone())["Tier"], "Advanced");
    input["Name"] = json!("b");
    input["Value"] = json!("x");
    assert_eq!(bench.ok("PutParameter", input)["Tier"], "Standard");
}
