//! The driver on the real machine: sockets, processes, disk and clock around the engine.
//!
//! Reading order: [`run`] (start and stop), [`driver`] (inputs and effects), `http` (viewers and
//! origins), `tls` (viewers' certificates), `dns` (name servers), [`control`], `api`, `aws` and
//! `objects` (the API port), [`workloads`] (containers as processes), [`store`] and [`blobs`] (what
//! survives), `recorder` (a run on record), [`orphans`] (what must not).

mod api;
mod aws;
pub mod blobs;
pub mod control;
mod dns;
pub mod driver;
pub mod fill;
mod functions;
mod garbage;
mod http;
mod objects;
pub mod orphans;
mod recorder;
pub mod run;
mod runtime_api;
#[cfg(test)]
mod scratch;
pub mod store;
mod tls;
pub mod workloads;

pub use crate::control::{Question, answer};
pub use crate::driver::Driver;
pub use crate::run::{Config, StartError, TlsPort, start, stop};
pub use crate::tls::authority_file;
pub use standin_wire::sigv4::Credentials;
