//! Sends payloads on: what is sent when, what is sent again, what is given up, what waits on disk.
//!
//! `queue` decides; `spool` is the disk and `client` the socket.

mod client;
mod queue;
mod spool;

pub(crate) use client::send;
pub use client::{Posted, get, post};
pub use queue::{Outcome, Queue, Transaction};
pub use spool::Spool;
