//! What survives a restart: everything.

use standin_kernel::control::Record;
use standin_kernel::{Service, json};

use super::Bench;
use super::stack::{settings, web_stack};
use crate::Platform;

#[test]
fn everything_is_as_before_after_a_restart() {
    let mut bench = Bench::new();
    let mut all = web_stack(&mut bench);
    all.extend(settings(&mut bench));
    let seen = |bench: &mut Bench| {
        let operations = [
            "DescribeVpcs",
            "DescribeSubnets",
            "DescribeRouteTables",
            "DescribeSecurityGroups",
            "DescribeInternetGateways",
            "DescribeTags",
            "DescribeNetworkAcls",
            "ListRoles",
            "DescribeLogGroups",
            "ListCertificates",
            "DescribeParameters",
            "ListSecrets",
            "DescribeAlarms",
            "ListDashboards",
        ];
        operations.map(|operation| bench.ok(operation, json!({})))
    };
    let before = seen(&mut bench);
    bench.restart();
    assert_eq!(seen(&mut bench), before);
    for mut one in all.into_iter().rev() {
        one.delete(&mut bench);
    }
    assert!(bench.records.is_empty());
}

#[test]
fn a_record_that_cannot_be_read_is_an_error() {
    let record = |kind: &str, document| Record {
        kind: kind.into(),
        id: "x".into(),
        document: Some(document),
    };
    let mut platform = Platform::new();
    let sections = [
        "x",
        "ec2.x",
        "iam.x",
        "logs.x",
        "acm.x",
        "ssm.x",
        "secretsmanager.x",
        "cloudwatch.x",
        "application-autoscaling.x",
    ];
    for kind in sections {
        let error = platform.restore(&record(kind, json!({}))).unwrap_err();
        assert_eq!(error, format!("a record of unknown kind {kind}"));
    }
    assert!(platform.restore(&record("ec2.vpc", json!({"id": 1}))).is_err());
}
