//! A table of policies and questions, and what always holds.

use std::net::IpAddr;

use proptest::prelude::*;
use serde_json::{Value, json};
use standin_kernel::{Identity, Time};

use super::{Asker, Decision, Detail, Policy, Question};

const NOW: Time = Time::from_seconds(1_800_000_000);

fn cloudfront(distribution: &str) -> Identity {
    let source_arn = format!("arn:aws:cloudfront::123456789012:distribution/{distribution}");
    Identity::Service { principal: "cloudfront.amazonaws.com", source_arn: source_arn.into() }
}

fn policy(statements: &Value) -> Policy {
    Policy::read(&json!({"Version": "2012-10-17", "Statement": statements}).to_string()).unwrap()
}

/// Somebody asks for `action` on `resource`, from 203.0.113.9 over TLS.
fn decide(policy: &Policy, identity: &Identity, action: &str, resource: &str) -> Decision {
    let asker = Asker {
        identity,
        account: "123456789012",
        tls: true,
        source_ip: IpAddr::from([203, 0, 113, 9]),
        user_agent: Some("curl/8"),
        referer: None,
        now: NOW,
    };
    let detail = Detail { prefix: Some("home/"), max_keys: Some("10"), ..Detail::default() };
    policy.decide(&Question { asker: &asker, action, resource, detail })
}

fn allows(statement: &Value, identity: &Identity, action: &str, resource: &str) -> bool {
    let decision = decide(&policy(&json!([statement])), identity, action, resource);
    matches!(decision, Decision::Allowed { .. })
}

#[test]
fn principals_actions_and_resources() {
    let anonymous = Identity::Anonymous;
    let edge = cloudfront("E1");
    let account = Identity::Account;
    let object = "arn:aws:s3:::b/a/k";
    // Principal, action, resource; who asks for what; whether it is allowed.
    let table = [
        (json!("*"), "s3:GetObject", "arn:aws:s3:::b/*", &anonymous, "s3:GetObject", true),
        (json!({"AWS": "*"}), "s3:GetObject", "arn:aws:s3:::b/*", &edge, "s3:GetObject", true),
        (json!("*"), "s3:getobject", "arn:aws:s3:::b/*", &anonymous, "s3:GetObject", true),
        (json!("*"), "s3:Get*", "arn:aws:s3:::b/*", &anonymous, "s3:GetObjectVersion", true),
        (json!("*"), "s3:GetObject", "arn:aws:s3:::b/*", &anonymous, "s3:GetObjectVersion", false),
        (json!("*"), "s3:*", "arn:aws:s3:::b/A/*", &anonymous, "s3:GetObject", false),
        (json!("*"), "s3:*", "arn:aws:s3:::b/?/k", &anonymous, "s3:GetObject", true),
        (json!("*"), "s3:*", "arn:aws:s3:::b", &anonymous, "s3:GetObject", false),
        (json!("*"), "*", "*", &anonymous, "s3:GetObject", true),
        (json!({"Service": "cloudfront.amazonaws.com"}), "s3:*", "*", &edge, "s3:GetObject", true),
        (json!({"Service": "logs.amazonaws.com"}), "s3:*", "*", &edge, "s3:GetObject", false),
        (
            json!({"Service": "cloudfront.amazonaws.com"}),
            "s3:*",
            "*",
            &anonymous,
            "s3:GetObject",
            false,
        ),
        (json!({"AWS": "123456789012"}), "s3:*", "*", &account, "s3:GetObject", true),
        (json!({"AWS": "arn:aws:iam::123456789012:root"}), "s3:*", "*", &account, "s3:X", true),
        (json!({"AWS": "210987654321"}), "s3:*", "*", &account, "s3:GetObject", false),
        (json!({"AWS": "123456789012"}), "s3:*", "*", &anonymous, "s3:GetObject", false),
    ];
    for (principal, action, resource, identity, asked, expected) in table {
        let statement = json!({
            "Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource,
        });
        let shown = format!("{statement} {identity:?}");
        assert_eq!(allows(&statement, identity, asked, object), expected, "{shown}");
    }
}

#[test]
fn negated_elements() {
    let anonymous = Identity::Anonymous;
    let statement = json!({
        "Effect": "Allow",
        "NotPrincipal": {"Service": "cloudfront.amazonaws.com"},
        "NotAction": "s3:Delete*",
        "NotResource": "arn:aws:s3:::b/private/*",
    });
    let ask = |identity: &Identity, action: &str, resource: &str| {
        allows(&statement, identity, action, resource)
    };
    assert!(ask(&anonymous, "s3:GetObject", "arn:aws:s3:::b/k"));
    assert!(!ask(&anonymous, "s3:DeleteObject", "arn:aws:s3:::b/k"));
    assert!(!ask(&anonymous, "s3:GetObject", "arn:aws:s3:::b/private/k"));
    assert!(!ask(&cloudfront("E1"), "s3:GetObject", "arn:aws:s3:::b/k"));
}

#[test]
fn conditions() {
    let arn = "arn:aws:cloudfront::123456789012:distribution";
    let edge = cloudfront("E1");
    let anonymous = Identity::Anonymous;
    let table = [
        (json!({"StringEquals": {"AWS:SourceArn": format!("{arn}/E1")}}), &edge, true),
        (json!({"StringEquals": {"aws:SourceArn": format!("{arn}/E2")}}), &edge, false),
        (
            json!({"StringEquals": {"aws:SourceArn": [format!("{arn}/E2"), format!("{arn}/E1")]}}),
            &edge,
            true,
        ),
        (json!({"StringEquals": {"aws:SourceArn": format!("{arn}/*")}}), &edge, false),
        (json!({"StringLike": {"aws:SourceArn": format!("{arn}/*")}}), &edge, true),
        (
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:cloudfront::*:distribution/E?"}}),
            &edge,
            true,
        ),
        (json!({"ArnLike": {"aws:SourceArn": "arn:*/E1"}}), &edge, false),
        (json!({"ArnNotEquals": {"aws:SourceArn": format!("{arn}/E1")}}), &edge, false),
        (json!({"StringEquals": {"aws:SourceAccount": "123456789012"}}), &edge, true),
        (json!({"StringEquals": {"aws:SourceAccount": "123456789012"}}), &anonymous, false),
        (json!({"StringNotEquals": {"aws:SourceAccount": "1"}}), &anonymous, true),
        (json!({"StringEqualsIfExists": {"aws:SourceAccount": "1"}}), &anonymous, true),
        (json!({"StringEqualsIfExists": {"aws:SourceAccount": "1"}}), &edge, false),
        (json!({"Bool": {"aws:SecureTransport": true}}), &anonymous, true),
        (json!({"Bool": {"aws:SecureTransport": "false"}}), &anonymous, false),
        (json!({"Bool": {"aws:PrincipalIsAWSService": "true"}}), &edge, true),
        (
            json!({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "203.0.113.0/24"]}}),
            &anonymous,
            true,
        ),
        (json!({"IpAddress": {"aws:SourceIp": "203.0.113.8/31"}}), &anonymous, true),
        (json!({"IpAddress": {"aws:SourceIp": "203.0.113.8"}}), &anonymous, false),
        (json!({"IpAddress": {"aws:SourceIp": "::/0"}}), &anonymous, false),
        (json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}), &anonymous, true),
        (json!({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), &anonymous, false),
        (json!({"StringLike": {"aws:UserAgent": "curl/*"}}), &anonymous, true),
        (json!({"StringEqualsIgnoreCase": {"aws:UserAgent": "CURL/8"}}), &anonymous, true),
        (json!({"StringLike": {"aws:Referer": "*"}}), &anonymous, false),
        (json!({"StringNotLike": {"aws:Referer": "*"}}), &anonymous, true),
        (json!({"Null": {"aws:Referer": "true"}}), &anonymous, true),
        (json!({"Null": {"aws:UserAgent": "true"}}), &anonymous, false),
        (json!({"DateLessThan": {"aws:CurrentTime": "2027-02-01T00:00:00Z"}}), &anonymous, true),
        (json!({"DateGreaterThan": {"aws:CurrentTime": "2027-02-01"}}), &anonymous, false),
        (json!({"NumericLessThanEquals": {"s3:max-keys": "10"}}), &anonymous, true),
        (json!({"NumericGreaterThan": {"s3:max-keys": 10}}), &anonymous, false),
        (json!({"StringLike": {"s3:prefix": ["home/*"]}}), &anonymous, true),
        (json!({"ForAnyValue:StringEquals": {"aws:SourceVpce": "x"}}), &anonymous, false),
        (json!({"ForAllValues:StringEquals": {"aws:SourceVpce": "x"}}), &anonymous, true),
        (json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}), &anonymous, false),
        (json!({"StringEquals": {"aws:PrincipalAccount": "anonymous"}}), &anonymous, true),
        (
            json!({"Bool": {"aws:SecureTransport": true}, "StringLike": {"aws:UserAgent": "x*"}}),
            &anonymous,
            false,
        ),
    ];
    for (condition, identity, expected) in table {
        let statement = json!({
            "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*",
            "Condition": condition,
        });
        let shown = statement["Condition"].to_string();
        let allowed = allows(&statement, identity, "s3:GetObject", "arn:aws:s3:::b/k");
        assert_eq!(allowed, expected, "{shown}");
    }
}

#[test]
fn what_aws_refuses_is_refused_in_its_words() {
    let base = || {
        json!({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::b/*"})
    };
    let with = |name: &str, value: Value| {
        let mut statement = base();
        statement[name] = value;
        statement
    };
    let without = |name: &str| {
        let mut statement = base();
        statement.as_object_mut().unwrap().remove(name);
        statement
    };
    let table = [
        (without("Principal"), "Missing required field Principal"),
        (without("Action"), "Missing required field Action"),
        (without("Resource"), "Missing required field Resource"),
        (without("Effect"), "Missing required field Effect"),
        (with("Effect", json!("Maybe")), "Invalid effect: Maybe"),
        (with("Principal", json!("me")), "Invalid principal in policy"),
        (with("Principal", json!({"AWS": "me"})), "Invalid principal in policy"),
        (with("Principal", json!({"Service": "cloudfront"})), "Invalid principal in policy"),
        (with("Action", json!("ec2:Run")), "Policy has invalid action"),
        (with("Resource", json!("b/*")), "Policy has invalid resource"),
        (with("Resource", json!("arn:aws:s3:::other/*")), "Policy has invalid resource"),
        (
            with("Resource", json!("arn:aws:s3:::b")),
            "Action does not apply to any resource(s) in statement",
        ),
        (
            with("Action", json!("s3:ListBucket")),
            "Action does not apply to any resource(s) in statement",
        ),
        (with("Reason", json!("x")), "Unknown field Reason"),
        (
            with("Condition", json!({"Likes": {"aws:SourceIp": "x"}})),
            "Invalid Condition type : Likes",
        ),
        (
            with("Condition", json!({"BinaryEquals": {"aws:x": "x"}})),
            "the condition BinaryEquals is not supported by Standin",
        ),
        (with("Condition", json!({"Bool": {"x": "true"}})), "Policy has an invalid condition key"),
        (
            with("Condition", json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/33"}})),
            "Invalid value in policy condition: 10.0.0.0/33",
        ),
        (
            with("Resource", json!("arn:aws:s3:::b/${aws:userid}/*")),
            "policy variables are not supported by Standin: arn:aws:s3:::b/${aws:userid}/*",
        ),
    ];
    for (statement, expected) in table {
        let text = json!({"Statement": [statement]}).to_string();
        let refusal = Policy::read(&text).and_then(|policy| policy.fits("b")).unwrap_err();
        assert_eq!((refusal.code, refusal.message.as_ref()), ("MalformedPolicy", expected));
    }
    for text in ["", "[]", "{", "null"] {
        let refusal = Policy::read(text).unwrap_err();
        let expected = "Policies must be valid JSON and the first byte must be '{'";
        assert_eq!(refusal.message, expected);
    }
    let version = json!({"Version": "2020-01-01", "Statement": [base()]}).to_string();
    let refusal = Policy::read(&version).unwrap_err();
    assert_eq!(refusal.message, "The policy must contain a valid version string");
}

#[test]
fn s3_acc_04_what_counts_as_public() {
    let arn = "arn:aws:cloudfront::123456789012:distribution/E1";
    let edge = json!({"Service": "cloudfront.amazonaws.com"});
    let anybody = json!("*");
    let table = [
        (&anybody, Value::Null, true),
        (&edge, Value::Null, false),
        (&edge, json!({"StringEquals": {"aws:SourceArn": arn}}), false),
        (&anybody, json!({"StringEquals": {"aws:SourceArn": arn}}), false),
        (&anybody, json!({"StringLike": {"aws:SourceArn": "*"}}), true),
        (&anybody, json!({"StringEqualsIfExists": {"aws:SourceArn": arn}}), true),
        (&anybody, json!({"StringNotEquals": {"aws:SourceArn": arn}}), true),
        (&anybody, json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}}), false),
        (&anybody, json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), false),
        (&anybody, json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}), true),
        (&anybody, json!({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "::/0"]}}), true),
        (&anybody, json!({"StringLike": {"aws:Referer": "https://x/*"}}), true),
        (&anybody, json!({"Bool": {"aws:SecureTransport": "true"}}), true),
    ];
    for (principal, condition, expected) in table {
        let mut statement = json!({
            "Effect": "Allow", "Principal": principal, "Action": "s3:*", "Resource": "*",
        });
        if !condition.is_null() {
            statement["Condition"] = condition;
        }
        assert_eq!(policy(&json!([statement])).is_public(), expected, "{statement}");
        statement["Effect"] = json!("Deny");
        assert!(!policy(&json!([statement])).is_public());
    }
}

fn a_statement() -> impl Strategy<Value = Value> {
    let effect = prop_oneof![Just("Allow"), Just("Deny")];
    let principal = prop_oneof![
        Just(json!("*")),
        Just(json!({"Service": "cloudfront.amazonaws.com"})),
        Just(json!({"AWS": "123456789012"})),
    ];
    let action = prop_oneof![Just("s3:GetObject"), Just("s3:Get*"), Just("s3:Put*"), Just("*")];
    let resource = prop_oneof![
        Just("*"),
        Just("arn:aws:s3:::b/*"),
        Just("arn:aws:s3:::b/k"),
        Just("arn:aws:s3:::b/other"),
    ];
    let condition = prop_oneof![
        Just(json!({})),
        Just(json!({"Bool": {"aws:SecureTransport": "true"}})),
        Just(json!({"Bool": {"aws:SecureTransport": "false"}})),
        Just(json!({"StringLike": {"aws:Referer": "*"}})),
    ];
    (effect, principal, action, resource, condition).prop_map(
        |(effect, principal, action, resource, condition)| {
            json!({
                "Effect": effect, "Principal": principal, "Action": action, "Resource": resource,
                "Condition": condition,
            })
        },
    )
}

proptest! {
    #[test]
    fn s3_acc_06_an_explicit_deny_always_wins(
        statements in proptest::collection::vec(a_statement(), 1..6),
        signed: bool,
    ) {
        let identity = if signed { cloudfront("E1") } else { Identity::Anonymous };
        let ask = |statements: &[Value]| {
            decide(&policy(&json!(statements)), &identity, "s3:GetObject", "arn:aws:s3:::b/k")
        };
        let alone: Vec<Decision> =
            statements.iter().map(|one| ask(std::slice::from_ref(one))).collect();
        let denied = alone.iter().any(|one| matches!(one, Decision::Denied { .. }));
        let allowed = alone.iter().any(|one| matches!(one, Decision::Allowed { .. }));
        match ask(&statements) {
            Decision::Denied { statement } => {
                prop_assert!(denied);
                let first = alone.iter().position(|one| matches!(one, Decision::Denied { .. }));
                prop_assert_eq!(Some(statement), first);
            }
            Decision::Allowed { .. } => prop_assert!(allowed && !denied),
            Decision::Silent => prop_assert!(!allowed && !denied),
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        if let Err(refusal) = Policy::read(&text) {
            prop_assert_eq!(refusal.code, "MalformedPolicy");
        }
    }
}
