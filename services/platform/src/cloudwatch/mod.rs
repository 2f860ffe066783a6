//! CloudWatch: alarms and dashboards, recorded. Metrics are not gathered yet, so an alarm stays in
//! INSUFFICIENT_DATA, and operations on metrics are not supported.

mod api;
pub(crate) mod resources;
mod state;
mod table;

pub(crate) use api::OPERATIONS;
pub(crate) use state::CloudWatch;
