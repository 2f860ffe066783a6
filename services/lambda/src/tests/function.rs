//! Functions made, shown and refused.

use standin_kernel::json;

use super::{Bench, creation};

#[test]
fn lam_fn_01_handler_and_runtime_are_needed_and_names_have_64_letters() {
    let mut bench = Bench::new();
    for member in ["Handler", "Runtime"] {
        let mut input = creation("f");
        input.as_object_mut().unwrap().remove(member);
        let (code, message) = bench.refused("CreateFunction", input);
        assert_eq!(code, "InvalidParameterValueException");
        assert!(message.starts_with(member), "{message}");
    }
    let (code, message) = bench.refused("CreateFunction", creation(&"a".repeat(65)));
    assert_eq!(code, "ValidationException");
    assert!(message.contains("'functionName'"), "{message}");
    let mut large = creation("f");
    large["Code"] =
        json!({"Standin": {"Blob": "00".repeat(32), "Length": 9, "Unpacked": 262_144_001}});
    let (_, message) = bench.refused("CreateFunction", large);
    assert_eq!(message, "Unzipped size must be smaller than 262144000 bytes");
}

#[test]
fn lam_fn_04_a_role_that_does_not_trust_lambda() {
    let mut bench = Bench::new();
    bench.trusted = false;
    let (code, message) = bench.refused("CreateFunction", creation("f"));
    assert_eq!(code, "InvalidParameterValueException");
    assert_eq!(message, "The role defined for the function cannot be assumed by Lambda.");
}

#[test]
fn code_that_is_not_in_the_bucket() {
    let mut bench = Bench::new();
    let mut input = creation("f");
    input["Code"]["S3Key"] = json!("other.zip");
    let (code, message) = bench.refused("CreateFunction", input);
    assert_eq!(code, "InvalidParameterValueException");
    assert_eq!(
        message,
        "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The \
         specified key does not exist."
    );
}

#[test]
fn what_is_not_here_is_refused_by_name() {
    let mut bench = Bench::new();
    for (member, value) in [
        ("Layers", json!(["arn:aws:lambda:ap-northeast-1:123456789012:layer:l:1"])),
        ("PackageType", json!("Image")),
        ("SnapStart", json!({"ApplyOn": "PublishedVersions"})),
        ("CodeSigningConfigArn", json!("arn:x")),
        ("Speed", json!(1)),
    ] {
        let mut input = creation("f");
        input[member] = value;
        assert_eq!(bench.refused("CreateFunction", input).0, "InvalidParameterValueException");
    }
    assert_eq!(bench.refused("PublishLayerVersion", json!({})).0, "InvalidAction");
}

#[test]
fn lam_fn_03_a_service_invokes_only_with_a_statement() {
    let mut bench = Bench::with(json!({}));
    let group = "arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:targetgroup/t/1";
    let by = json!({
        "FunctionName": "f",
        "Standin": {"Principal": "elasticloadbalancing.amazonaws.com", "SourceArn": group},
    });
    assert_eq!(bench.refused("Invoke", by.clone()).0, "AccessDeniedException");
    let statement = json!({
        "FunctionName": "f", "StatementId": "alb", "Action": "lambda:InvokeFunction",
        "Principal": "elasticloadbalancing.amazonaws.com", "SourceArn": group,
    });
    bench.ok("AddPermission", statement.clone());
    assert_eq!(bench.refused("AddPermission", statement).0, "ResourceConflictException");
    let policy = bench.ok("GetPolicy", json!({"FunctionName": "f"}))["Policy"].clone();
    assert!(policy.as_str().unwrap().contains("\"Sid\":\"alb\""));
    bench.start("Invoke", &by);
    assert_eq!(bench.launched.len(), 1);
    bench.ok("RemovePermission", json!({"FunctionName": "f", "StatementId": "alb"}));
    assert_eq!(
        bench.refused("GetPolicy", json!({"FunctionName": "f"})).0,
        "ResourceNotFoundException"
    );
}
