//! Secrets.

use standin_kernel::{Value, json};

use super::{Bench, Resource};

const KIND: &str = "AWS::SecretsManager::Secret";

fn secret(bench: &mut Bench, id: &str) -> String {
    let seen = bench.ok("GetSecretValue", json!({"SecretId": id}));
    seen["SecretString"].as_str().unwrap().to_owned()
}

#[test]
fn cfn_rs_32_a_secret_whose_password_is_made_here() {
    let mut bench = Bench::new();
    let mut properties = json!({"GenerateSecretString": {
        "SecretStringTemplate": "{\"username\": \"diary\"}", "GenerateStringKey": "password",
        "PasswordLength": 20, "ExcludePunctuation": true,
    }});
    let mut made = Resource::new(KIND, "Database", properties.clone()).create(&mut bench);
    let name = "Database-1AB2C3D4E5F6";
    let prefix = format!("arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:{name}-");
    assert!(made.id().starts_with(&prefix) && made.id().len() == prefix.len() + 6, "{}", made.id());
    assert_eq!(made.attribute("Id"), made.id());
    let first: Value = serde_json::from_str(&secret(&mut bench, name)).unwrap();
    assert_eq!(first["username"], "diary");
    let password = first["password"].as_str().unwrap().to_owned();
    assert!(password.len() == 20 && password.chars().all(|one| one.is_ascii_alphanumeric()));
    properties["Description"] = json!("of the database");
    properties["Tags"] = json!([{"Key": "a", "Value": "b"}]);
    made.update(&mut bench, properties.clone());
    let again: Value = serde_json::from_str(&secret(&mut bench, made.id())).unwrap();
    assert_eq!(again["password"], json!(password));
    let seen = bench.ok("DescribeSecret", json!({"SecretId": name}));
    assert_eq!(
        (&seen["Description"], &seen["Tags"][0]["Key"]),
        (&json!("of the database"), &json!("a"))
    );
    properties["GenerateSecretString"]["PasswordLength"] = json!(24);
    properties["Tags"] = Value::Null;
    made.update(&mut bench, properties);
    let new: Value = serde_json::from_str(&secret(&mut bench, name)).unwrap();
    assert_eq!(new["password"].as_str().unwrap().len(), 24);
    assert_eq!(bench.ok("DescribeSecret", json!({"SecretId": name}))["Tags"], json!([]));
    let before =
        bench.ok("GetSecretValue", json!({"SecretId": name, "VersionStage": "AWSPREVIOUS"}));
    assert!(before["SecretString"].as_str().unwrap().contains(&password));
    assert!(!format!("{:?}", bench.platform).contains(&password));
    made.delete(&mut bench);
    made.delete(&mut bench);
    assert_eq!(
        bench.code("DescribeSecret", json!({"SecretId": name})),
        "ResourceNotFoundException"
    );
    assert!(bench.log.is_empty());
}

#[test]
fn a_secret_with_a_value_of_its_own() {
    let mut bench = Bench::new();
    let mut made = Resource::new(KIND, "Own", json!({"Name": "own", "SecretString": "one"}));
    made = made.create(&mut bench);
    assert_eq!(secret(&mut bench, "own"), "one");
    made.update(&mut bench, json!({"Name": "own", "SecretString": "two"}));
    assert_eq!(secret(&mut bench, "own"), "two");
    let both = json!({"SecretString": "x", "GenerateSecretString": {}});
    let failed = Resource::new(KIND, "Both", both).fails(&mut bench);
    assert_eq!(failed, "You can't specify both SecretString and GenerateSecretString.");
    let empty = Resource::new(KIND, "Empty", json!({"Name": "empty"})).create(&mut bench);
    let (code, message) = bench.refused("GetSecretValue", json!({"SecretId": empty.id()}));
    assert_eq!(code, "ResourceNotFoundException");
    let wanted =
        "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT";
    assert_eq!(message, wanted);
}

#[test]
fn versions_move_through_their_stages() {
    let mut bench = Bench::new();
    bench.ok("CreateSecret", json!({"Name": "s", "SecretString": "1"}));
    let put = |bench: &mut Bench, value: &str, stages: Value| {
        let input = json!({"SecretId": "s", "SecretString": value, "VersionStages": stages});
        bench.ok("PutSecretValue", input)["VersionId"].clone()
    };
    put(&mut bench, "2", json!(["AWSCURRENT"]));
    let pending = put(&mut bench, "3", json!(["AWSPENDING"]));
    let stage = |bench: &mut Bench, stage: &str| {
        bench.ok("GetSecretValue", json!({"SecretId": "s", "VersionStage": stage}))["SecretString"]
            .clone()
    };
    let all = ["AWSCURRENT", "AWSPREVIOUS", "AWSPENDING"];
    assert_eq!(all.map(|one| stage(&mut bench, one)), ["2", "1", "3"]);
    let current = bench.ok("GetSecretValue", json!({"SecretId": "s"}))["VersionId"].clone();
    bench.ok(
        "UpdateSecretVersionStage",
        json!({
            "SecretId": "s", "VersionStage": "AWSCURRENT", "RemoveFromVersionId": current,
            "MoveToVersionId": pending,
        }),
    );
    assert_eq!(all.map(|one| stage(&mut bench, one)), ["3", "2", "3"]);
    let versions = bench.ok("ListSecretVersionIds", json!({"SecretId": "s"}));
    assert_eq!(versions["Versions"].as_array().unwrap().len(), 2);
    let token = "t".repeat(32);
    let same = json!({"SecretId": "s", "SecretString": "4", "ClientRequestToken": token});
    let first = bench.ok("PutSecretValue", same.clone());
    assert_eq!(bench.ok("PutSecretValue", same), first);
    let other = json!({"SecretId": "s", "SecretString": "5", "ClientRequestToken": token});
    assert_eq!(bench.code("PutSecretValue", other), "ResourceExistsException");
}

#[test]
fn a_deleted_secret_can_be_had_back_for_a_while() {
    let mut bench = Bench::new();
    let create = json!({"Name": "s", "SecretString": "1"});
    bench.ok("CreateSecret", create.clone());
    let (code, message) = bench.refused("CreateSecret", create.clone());
    assert_eq!(code, "ResourceExistsException");
    assert_eq!(message, "The operation failed because the secret s already exists.");
    let of = json!({"SecretId": "s"});
    bench.ok("DeleteSecret", json!({"SecretId": "s", "RecoveryWindowInDays": 7}));
    let (code, message) = bench.refused("GetSecretValue", of.clone());
    assert_eq!(code, "InvalidRequestException");
    assert!(message.ends_with("because it was marked for deletion."), "{message}");
    assert_eq!(bench.code("CreateSecret", create.clone()), "InvalidRequestException");
    assert_eq!(bench.ok("ListSecrets", json!({}))["SecretList"], json!([]));
    bench.ok("RestoreSecret", of.clone());
    assert_eq!(secret(&mut bench, "s"), "1");
    bench.ok("DeleteSecret", json!({"SecretId": "s", "RecoveryWindowInDays": 7}));
    bench.later(7 * 24 * 3600 - 1);
    bench.ok("DescribeSecret", of.clone());
    bench.later(1);
    assert_eq!(bench.code("DescribeSecret", of), "ResourceNotFoundException");
    assert!(bench.records.is_empty());
    bench.ok("CreateSecret", create);
    let short = json!({"SecretId": "s", "RecoveryWindowInDays": 6});
    assert_eq!(bench.code("DeleteSecret", short), "InvalidParameterException");
}

#[test]
fn passwords_have_each_kind_of_character() {
    let mut bench = Bench::new();
    for _ in 0..50 {
        let made = bench.ok("GetRandomPassword", json!({"PasswordLength": 4}));
        let password = made["RandomPassword"].as_str().unwrap().to_owned();
        let kinds: [fn(&char) -> bool; 4] = [
            char::is_ascii_lowercase,
            char::is_ascii_uppercase,
            char::is_ascii_digit,
            char::is_ascii_punctuation,
        ];
        assert!(kinds.iter().all(|kind| password.chars().any(|one| kind(&one))), "{password}");
    }
    assert_eq!(
        bench.code("GetRandomPassword", json!({"PasswordLength": 3})),
        "InvalidParameterException"
    );
    let digits = json!({
        "PasswordLength": 9, "ExcludeLowercase": true, "ExcludeUppercase": true,
        "ExcludePunctuation": true, "ExcludeCharacters": "12345678",
    });
    let made = bench.ok("GetRandomPassword", digits)["RandomPassword"].clone();
    assert!(made.as_str().unwrap().chars().all(|one| "09".contains(one)), "{made}");
}
