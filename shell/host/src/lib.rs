//! The driver on the real machine: what a run keeps on disk, and containers as processes.

pub mod blobs;
pub mod orphans;
#[cfg(test)]
mod scratch;
pub mod store;
pub mod workloads;
