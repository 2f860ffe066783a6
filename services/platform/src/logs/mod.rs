//! CloudWatch Logs: log groups and streams. The events in them are written by the host, not here:
//! `GetLogEvents`, `FilterLogEvents`, `PutLogEvents` and queries are not supported.

mod api;
pub(crate) mod resources;
mod state;
mod table;

pub(crate) use api::OPERATIONS;
pub(crate) use state::Logs;
