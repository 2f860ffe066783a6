//! Bounds on everything that could grow, with the AWS quota's name where one exists.

/// Largest request head a viewer may send (CF-SIZ: 32,768 bytes for request line and headers).
pub const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Most header lines in one head.
pub const HEADERS_MAX: usize = 128;
/// Longest chain of operation calls that one input may cause.
pub const CALLS_PER_INPUT_MAX: usize = 10_000;
/// Longest chain of exchanges one inside another (viewer to edge to balancer is two).
pub const EXCHANGE_DEPTH_MAX: usize = 8;
/// Largest body kept in an edge cache; larger ones are relayed and not kept.
pub const CACHED_BODY_BYTES_MAX: u64 = 8 * 1024 * 1024;
