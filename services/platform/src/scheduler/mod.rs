//! EventBridge Scheduler: schedules that call Lambda functions at moments, at rates and by the
//! calendar of a time zone. On AWS a target is called within the minute after its moment; here at
//! that moment, unless the pace is AWS's.

mod api;
mod cron;
mod expression;
mod group;
pub(crate) mod resources;
mod run;
mod state;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use api::OPERATIONS;
pub(crate) use expression::{Dialect, Expression};
pub(crate) use run::restored;
pub(crate) use state::Scheduler;
