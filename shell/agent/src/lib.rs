//! A stand-in for the Datadog Agent as the sidecar of a task: what is taken in, what comes of it,
//! what leaves and where to.
//!
//! Reading order: `settings` (what it is told), `dogstatsd` and `trace` (what comes in), `task`
//! (whose it is), `aggregate` (points from samples), `control` (what may leave), `payload` (how),
//! `forward` (where to, and again when that failed), `agent` (all of it as one machine),
//! `prometheus` (the same for whoever asks), `health` (whether it is well), `run` (sockets and
//! clock). All but `run`, `forward::client` and `forward::spool` is pure.

pub mod agent;
pub mod aggregate;
pub mod control;
pub mod dogstatsd;
pub mod forward;
pub mod health;
pub mod payload;
pub mod prometheus;
pub mod run;
pub mod settings;
pub mod task;
pub mod trace;

pub use agent::Agent;
pub use settings::Settings;
