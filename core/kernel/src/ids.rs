//! Names that AWS gives out: ARNs and the shapes of generated ids.

use crate::{Env, Rng};

/// `arn:aws:{service}:{region}:{account}:{resource}` in this environment's region and account.
pub fn arn(env: &Env, service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{}:{}:{resource}", env.region, env.account)
}

/// An ARN of a global service, which has no region: `arn:aws:{service}::{account}:{resource}`.
pub fn global_arn(env: &Env, service: &str, resource: &str) -> String {
    format!("arn:aws:{service}::{}:{resource}", env.account)
}

/// `prefix-` and 17 hexadecimal digits: `vpc-0a1b...`.
pub fn ec2_id(rng: &mut Rng, prefix: &str) -> String {
    format!("{prefix}-0{}", rng.hex(16))
}

/// A random UUID in its usual form (version 4).
pub fn uuid(rng: &mut Rng) -> String {
    let (a, b, c, d, e) = (rng.hex(8), rng.hex(4), rng.hex(3), rng.hex(3), rng.hex(12));
    format!("{a}-{b}-4{c}-a{d}-{e}")
}

/// Upper-case letters and digits, as in distribution ids and in CloudFormation's name suffixes.
pub fn upper(rng: &mut Rng, count: usize) -> String {
    rng.text(count, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
}

/// Lower-case letters and digits, as in bucket names and DNS labels.
pub fn lower(rng: &mut Rng, count: usize) -> String {
    rng.text(count, b"abcdefghijklmnopqrstuvwxyz0123456789")
}
