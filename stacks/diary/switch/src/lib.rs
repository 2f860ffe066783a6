//! The switch of Saburo's diary: reads the maintenance windows, judges the time, and brings the
//! edge, the bucket, the distribution and the next alarm in line with that.
//!
//! Every run does the whole of it and may be repeated at will: what is right already is not
//! touched. AWS comes in as a trait, so that the same code runs as a Lambda function and in tests.

mod apply;
mod aws;
mod distribution;
mod edge;
mod pass;
mod settings;
#[cfg(test)]
mod tests;

pub use apply::{Report, apply};
pub use aws::{Aws, Failure};
pub use distribution::Mode;
pub use edge::{Edge, edge};
pub use pass::{cookie, hmac_sha256};
pub use settings::Settings;
