//! Whether a statement makes the bucket public: it allows something to anybody, and no condition
//! pins the asker down to fixed values (S3-ACC-03, S3-ACC-04).

use super::condition::{Condition, How, Test};
use super::{Effect, Principal, Statement};

/// Keys that pin an asker down when they are held to fixed values.
const PINNING: [&str; 13] = [
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:userid",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
];

pub(super) fn is_public(statement: &Statement) -> bool {
    let anybody =
        statement.principals.negated || statement.principals.items.contains(&Principal::Anybody);
    statement.effect == Effect::Allow && anybody && !statement.conditions.iter().any(pins_down)
}

fn pins_down(condition: &Condition) -> bool {
    if condition.when_absent {
        return false;
    }
    match &condition.test {
        Test::Text { how, values, negated: false } => {
            let fixed = |value: &String| *how == How::Equal || !value.contains(['*', '?']);
            PINNING.contains(&condition.name.as_str()) && values.iter().all(fixed)
        }
        // Wider networks are as good as everywhere.
        Test::Ip { networks, negated: false } if condition.name == "aws:sourceip" => {
            networks.iter().all(|network| network.bits >= if network.is_ipv4() { 8 } else { 32 })
        }
        _ => false,
    }
}
