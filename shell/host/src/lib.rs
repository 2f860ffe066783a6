//! The driver on the real machine: what a run keeps on disk, and containers as processes.

pub mod blobs;
#[cfg(test)]
mod scratch;
pub mod store;
