//! A Lambda function's execution environment as Lambda asks for it.
//!
//! Lambda decides; the driver runs a process (or models one) that gets its work at the Runtime API:
//! port [`RUNTIME_API_PORT`] of the workload's address, whose requests reach Lambda as exchanges of
//! [`crate::Identity::Workload`].

use serde::{Deserialize, Serialize};

/// Where the Runtime API of an environment listens.
pub const RUNTIME_API_PORT: u16 = 9001;
/// Largest body on the Runtime API: 6 MiB and 100 bytes (LAM-RT-07).
pub const RESPONSE_BYTES_MAX: u64 = 6 * 1024 * 1024 + 100;

/// What runs in an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionSpec {
    pub function_name: String,
    /// `provided.al2023`, `python3.13`, `nodejs22.x`.
    pub runtime: String,
    /// `module.function` for Python and Node.js; any text for a bootstrap.
    pub handler: String,
    pub code: FunctionCode,
    /// Names the folder of temporary files, which outlives a process (LAM-LC-04).
    pub scratch: String,
}

/// Where the code is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FunctionCode {
    /// A zip archive among the stored bodies, by its SHA-256 in hexadecimal digits.
    Archive(String),
    /// One source file, as a template has it under `ZipFile`.
    Source(String),
    /// What the hint says: `WorkloadSpec::local`.
    Local,
}
