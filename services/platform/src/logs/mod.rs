//! CloudWatch Logs: log groups and streams, and the events that services and SDKs put into them.
//! What containers write is in the host's files, not here; queries are not supported.

mod api;
mod events;
pub(crate) mod resources;
mod state;
mod table;

pub(crate) use api::OPERATIONS;
pub(crate) use state::Logs;
