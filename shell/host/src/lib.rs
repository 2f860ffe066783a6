//! The driver on the real machine: what a run keeps on disk, and containers as processes.

#[cfg(test)]
mod scratch;
pub mod store;
