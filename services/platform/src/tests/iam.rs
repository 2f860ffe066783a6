//! Roles, policies and instance profiles.

use standin_kernel::{Value, json};

use super::{Bench, Resource, reads, trust};

const EXECUTION: &str = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";

fn role(bench: &mut Bench, name: &str) {
    let input = json!({"RoleName": name, "AssumeRolePolicyDocument": trust().to_string()});
    bench.ok("CreateRole", input);
}

#[test]
fn cfn_rs_34_a_role_with_policies_in_it_and_attached_to_it() {
    let mut bench = Bench::new();
    let mut properties = json!({
        "AssumeRolePolicyDocument": trust(),
        "ManagedPolicyArns": [EXECUTION],
        "Policies": [{"PolicyName": "reads", "PolicyDocument": reads()}],
        "Tags": [{"Key": "a", "Value": "b"}],
    });
    let mut role = Resource::new("AWS::IAM::Role", "Task", properties.clone()).create(&mut bench);
    let name = "Stack-Task-1AB2C3D4E5F6";
    assert_eq!(role.id(), name);
    assert_eq!(*role.attribute("Arn"), format!("arn:aws:iam::123456789012:role/{name}"));
    assert!(role.attribute("RoleId").as_str().unwrap().starts_with("AROA"));
    let of = json!({"RoleName": name});
    let attached = bench.ok("ListAttachedRolePolicies", of.clone());
    let expected =
        json!([{"PolicyName": "AmazonECSTaskExecutionRolePolicy", "PolicyArn": EXECUTION}]);
    assert_eq!(attached["AttachedPolicies"], expected);
    assert_eq!(bench.ok("ListRolePolicies", of.clone())["PolicyNames"], json!(["reads"]));
    properties["ManagedPolicyArns"] = json!(["arn:aws:iam::aws:policy/ReadOnlyAccess"]);
    properties["Policies"] = json!([{"PolicyName": "other", "PolicyDocument": reads()}]);
    properties["Tags"] = Value::Null;
    properties["MaxSessionDuration"] = json!(7200);
    properties["Description"] = json!("reads");
    role.update(&mut bench, properties);
    let attached = bench.ok("ListAttachedRolePolicies", of.clone());
    assert_eq!(attached["AttachedPolicies"][0]["PolicyName"], "ReadOnlyAccess");
    assert_eq!(bench.ok("ListRolePolicies", of.clone())["PolicyNames"], json!(["other"]));
    let seen = bench.ok("GetRole", of.clone())["Role"].clone();
    assert_eq!(
        (&seen["MaxSessionDuration"], &seen["Description"]),
        (&json!(7200), &json!("reads"))
    );
    assert_eq!(seen["Tags"], json!([]));
    let document = seen["AssumeRolePolicyDocument"].as_str().unwrap();
    assert!(document.starts_with("%7B%22"), "{document}");
    bench.ok(
        "PutRolePolicy",
        json!({
            "RoleName": name, "PolicyName": "alien", "PolicyDocument": reads().to_string(),
        }),
    );
    let failed = role.try_delete(&mut bench).unwrap_err();
    assert!(failed.contains("Cannot delete entity, must delete policies first."), "{failed}");
    bench.ok("DeleteRolePolicy", json!({"RoleName": name, "PolicyName": "alien"}));
    role.delete(&mut bench);
    assert_eq!(bench.code("GetRole", of), "NoSuchEntity");
}

#[test]
fn roles_are_refused_in_aws_words() {
    let mut bench = Bench::new();
    role(&mut bench, "Task");
    let create = |name: &str, document: &Value| {
        let document = document.to_string();
        json!({"RoleName": name, "AssumeRolePolicyDocument": document})
    };
    let mut refused = |name: &str, document: &Value| {
        let error = bench.call("CreateRole", &create(name, document)).unwrap_err();
        (error.code, error.status, error.message)
    };
    let (code, status, message) = refused("TASK", &trust());
    assert_eq!((code.as_str(), status), ("EntityAlreadyExists", 409));
    assert_eq!(message, "Role with name TASK already exists.");
    assert_eq!(refused("a b", &trust()).0, "ValidationError");
    assert_eq!(refused(&"a".repeat(65), &trust()).0, "ValidationError");
    assert_eq!(refused("Other", &reads()).0, "MalformedPolicyDocument");
    assert_eq!(refused("Other", &json!("x")).2, "Syntax errors in policy.");
    let missing = bench.call("GetRole", &json!({"RoleName": "None"})).unwrap_err();
    assert_eq!((missing.code.as_str(), missing.status), ("NoSuchEntity", 404));
    assert_eq!(missing.message, "The role with name None cannot be found.");
    let attach = json!({"RoleName": "Task", "PolicyArn": "arn:aws:iam::123456789012:policy/none"});
    assert_eq!(bench.code("AttachRolePolicy", attach), "NoSuchEntity");
    let attach = json!({"RoleName": "Task", "PolicyArn": EXECUTION});
    bench.ok("AttachRolePolicy", attach.clone());
    let (code, message) = bench.refused("DeleteRole", json!({"RoleName": "Task"}));
    assert_eq!(code, "DeleteConflict");
    assert_eq!(message, "Cannot delete entity, must detach all policies first.");
    bench.ok("DetachRolePolicy", attach);
    bench.ok("DeleteRole", json!({"RoleName": "Task"}));
    let long = json!({
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*x"},
    });
    role(&mut bench, "Task");
    let put = json!({"RoleName": "Task", "PolicyName": "p", "PolicyDocument": long.to_string()});
    assert_eq!(bench.code("PutRolePolicy", put), "MalformedPolicyDocument");
    let long = json!({
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow", "Action": "s3:*",
            "Resource": format!("arn:aws:s3:::{}", "x".repeat(10_300)),
        },
    });
    let put = json!({"RoleName": "Task", "PolicyName": "p", "PolicyDocument": long.to_string()});
    assert_eq!(bench.code("PutRolePolicy", put), "LimitExceeded");
}

#[test]
fn cfn_rs_35_a_policy_is_written_into_each_of_its_roles() {
    let mut bench = Bench::new();
    for name in ["A", "B", "C"] {
        role(&mut bench, name);
    }
    let kind = "AWS::IAM::Policy";
    let none = json!({"PolicyName": "reads", "PolicyDocument": reads()});
    let failed = Resource::new(kind, "Reads", none).fails(&mut bench);
    assert_eq!(failed, "At least one of [Groups,Roles,Users] must be non-empty.");
    let properties = |name: &str, roles: Value| {
        let document = reads();
        json!({"PolicyName": name, "PolicyDocument": document, "Roles": roles})
    };
    let made = Resource::new(kind, "Reads", properties("reads", json!(["A", "B"])));
    let mut policy = made.create(&mut bench);
    assert_eq!(policy.id(), "Stack-Reads-1AB2C3D4E5F6");
    assert_eq!(policy.attribute("Id"), policy.id());
    let names = |bench: &mut Bench, role: &str| {
        bench.ok("ListRolePolicies", json!({"RoleName": role}))["PolicyNames"].clone()
    };
    assert_eq!(
        (names(&mut bench, "A"), names(&mut bench, "B")),
        (json!(["reads"]), json!(["reads"]))
    );
    policy.update(&mut bench, properties("looks", json!(["B", "C"])));
    assert_eq!(names(&mut bench, "A"), json!([]));
    assert_eq!(
        (names(&mut bench, "B"), names(&mut bench, "C")),
        (json!(["looks"]), json!(["looks"]))
    );
    bench.ok("DeleteRolePolicy", json!({"RoleName": "B", "PolicyName": "looks"}));
    policy.delete(&mut bench);
    assert_eq!((names(&mut bench, "B"), names(&mut bench, "C")), (json!([]), json!([])));
    let alone = json!({"PolicyName": "p", "RoleName": "A", "PolicyDocument": reads()});
    let mut alone = Resource::new("AWS::IAM::RolePolicy", "P", alone).create(&mut bench);
    assert_eq!((alone.id(), names(&mut bench, "A")), ("p|A", json!(["p"])));
    alone.delete(&mut bench);
}

#[test]
fn cfn_rs_36_a_managed_policy_and_its_versions() {
    let mut bench = Bench::new();
    role(&mut bench, "A");
    role(&mut bench, "B");
    let properties = |action: &str, roles: Value| {
        let mut document = reads();
        document["Statement"]["Action"] = json!(action);
        json!({"ManagedPolicyName": "reads", "PolicyDocument": document, "Roles": roles})
    };
    let made = properties("s3:Get0", json!(["A"]));
    let kind = "AWS::IAM::ManagedPolicy";
    let mut policy = Resource::new(kind, "Reads", made).create(&mut bench);
    let arn = "arn:aws:iam::123456789012:policy/reads";
    assert_eq!(policy.id(), arn);
    assert_eq!(policy.attribute("AttachmentCount"), 1);
    assert!(policy.attribute("PolicyId").as_str().unwrap().starts_with("ANPA"));
    // More often than a policy may have versions.
    for number in 1..8 {
        policy.update(&mut bench, properties(&format!("s3:Get{number}"), json!(["B"])));
    }
    assert_eq!(policy.attribute("DefaultVersionId"), "v8");
    let of = json!({"PolicyArn": arn});
    let entities = bench.ok("ListEntitiesForPolicy", of.clone());
    assert_eq!(entities["PolicyRoles"][0]["RoleName"], "B");
    let versions = bench.ok("ListPolicyVersions", of.clone())["Versions"].clone();
    let ids: Vec<&Value> =
        versions.as_array().unwrap().iter().map(|version| &version["VersionId"]).collect();
    assert_eq!(ids, ["v8", "v7"]);
    assert_eq!(bench.code("DeletePolicy", of.clone()), "DeleteConflict");
    policy.delete(&mut bench);
    assert_eq!(bench.code("GetPolicy", of), "NoSuchEntity");
}

#[test]
fn a_policy_has_five_versions_at_most() {
    let mut bench = Bench::new();
    let document = reads().to_string();
    let made = bench.ok("CreatePolicy", json!({"PolicyName": "p", "PolicyDocument": document}));
    let arn = made["Policy"]["Arn"].clone();
    let again = json!({"PolicyName": "P", "PolicyDocument": document});
    assert_eq!(bench.code("CreatePolicy", again), "EntityAlreadyExists");
    let version = json!({"PolicyArn": arn, "PolicyDocument": document});
    for _ in 0..4 {
        bench.ok("CreatePolicyVersion", version.clone());
    }
    assert_eq!(bench.code("CreatePolicyVersion", version.clone()), "LimitExceeded");
    let first = json!({"PolicyArn": arn, "VersionId": "v1"});
    assert_eq!(bench.code("DeletePolicyVersion", first.clone()), "DeleteConflict");
    bench.ok("SetDefaultPolicyVersion", json!({"PolicyArn": arn, "VersionId": "v3"}));
    bench.ok("DeletePolicyVersion", first.clone());
    let (code, message) = bench.refused("GetPolicyVersion", first);
    assert_eq!(code, "NoSuchEntity");
    assert!(message.ends_with("version v1 does not exist or is not attachable."), "{message}");
    bench.ok("CreatePolicyVersion", version);
}

#[test]
fn an_instance_profile_has_one_role() {
    let mut bench = Bench::new();
    role(&mut bench, "A");
    role(&mut bench, "B");
    let kind = "AWS::IAM::InstanceProfile";
    let made = Resource::new(kind, "Profile", json!({"Roles": ["A"], "Path": "/web/"}));
    let mut profile = made.create(&mut bench);
    let name = "Stack-Profile-1AB2C3D4E5F6";
    let arn = format!("arn:aws:iam::123456789012:instance-profile/web/{name}");
    assert_eq!(*profile.attribute("Arn"), arn);
    let both = json!({"InstanceProfileName": name, "RoleName": "B"});
    assert_eq!(bench.code("AddRoleToInstanceProfile", both), "LimitExceeded");
    assert_eq!(bench.code("DeleteRole", json!({"RoleName": "A"})), "DeleteConflict");
    profile.update(&mut bench, json!({"Roles": ["B"], "Path": "/web/"}));
    let of_role = bench.ok("ListInstanceProfilesForRole", json!({"RoleName": "B"}));
    assert_eq!(of_role["InstanceProfiles"][0]["Roles"][0]["RoleName"], "B");
    profile.delete(&mut bench);
    bench.ok("DeleteRole", json!({"RoleName": "B"}));
}

#[test]
fn a_role_changes_in_place() {
    let mut bench = Bench::new();
    let boundary = "arn:aws:iam::aws:policy/PowerUserAccess";
    let mut properties = json!({
        "AssumeRolePolicyDocument": trust(), "RoleName": "Task", "PermissionsBoundary": boundary,
    });
    let kind = "AWS::IAM::Role";
    let mut made = Resource::new(kind, "Task", properties.clone()).create(&mut bench);
    let of = json!({"RoleName": "Task"});
    let seen = |bench: &mut Bench| bench.ok("GetRole", json!({"RoleName": "Task"}))["Role"].clone();
    let there = &seen(&mut bench)["PermissionsBoundary"]["PermissionsBoundaryArn"];
    assert_eq!(*there, boundary);
    let mut document = trust();
    document["Statement"][0]["Principal"]["Service"] = json!("ec2.amazonaws.com");
    properties["AssumeRolePolicyDocument"] = document;
    properties["PermissionsBoundary"] = Value::Null;
    properties["Tags"] = json!([{"Key": "a", "Value": "b"}]);
    made.update(&mut bench, properties.clone());
    let changed = seen(&mut bench);
    assert!(changed["AssumeRolePolicyDocument"].as_str().unwrap().contains("ec2.amazonaws.com"));
    assert_eq!(changed["PermissionsBoundary"], Value::Null);
    assert_eq!(bench.ok("ListRoleTags", of.clone())["Tags"][0]["Value"], "b");
    assert_eq!(bench.code("DeleteRolePermissionsBoundary", of), "NoSuchEntity");
    properties["PermissionsBoundary"] = json!(boundary);
    made.update(&mut bench, properties);
    assert_eq!(seen(&mut bench)["PermissionsBoundary"]["PermissionsBoundaryArn"], boundary);
    let described = json!({"RoleName": "Task", "Description": "x"});
    assert_eq!(bench.ok("UpdateRoleDescription", described)["Role"]["Description"], "x");
}

#[test]
fn documents_come_back_encoded_as_on_aws() {
    let mut bench = Bench::new();
    role(&mut bench, "Task");
    let document = reads().to_string();
    let put = json!({"RoleName": "Task", "PolicyName": "p", "PolicyDocument": document});
    bench.ok("PutRolePolicy", put);
    let of = json!({"RoleName": "Task", "PolicyName": "p"});
    let encoded = bench.ok("GetRolePolicy", of)["PolicyDocument"].clone();
    assert!(encoded.as_str().unwrap().starts_with("%7B%22Statement%22%3A"), "{encoded}");
    let made = bench.ok("CreatePolicy", json!({"PolicyName": "p", "PolicyDocument": document}));
    let arn = made["Policy"]["Arn"].clone();
    let first = bench.ok("GetPolicyVersion", json!({"PolicyArn": arn, "VersionId": "v1"}));
    assert_eq!(first["PolicyVersion"]["Document"], encoded);
    bench.ok("TagPolicy", json!({"PolicyArn": arn, "Tags": [{"Key": "a", "Value": "b"}]}));
    let local = json!({"Scope": "Local"});
    let seen = bench.ok("ListPolicies", local.clone())["Policies"].clone();
    assert_eq!((&seen[0]["PolicyName"], &seen[0]["Tags"][0]["Key"]), (&json!("p"), &json!("a")));
    bench.ok("UntagPolicy", json!({"PolicyArn": arn, "TagKeys": ["a"]}));
    assert_eq!(bench.ok("ListPolicies", local)["Policies"][0]["Tags"], json!([]));
    // AWS's own policies cannot be listed here, and that is said.
    assert_eq!(bench.code("ListPolicies", json!({})), "ValidationError");
    bench.ok("CreateInstanceProfile", json!({"InstanceProfileName": "a", "Path": "/x/"}));
    let profiles = |bench: &mut Bench, prefix: &str| {
        let seen = bench.ok("ListInstanceProfiles", json!({"PathPrefix": prefix}));
        seen["InstanceProfiles"].as_array().unwrap().len()
    };
    assert_eq!((profiles(&mut bench, "/x/"), profiles(&mut bench, "/y/")), (1, 0));
}
