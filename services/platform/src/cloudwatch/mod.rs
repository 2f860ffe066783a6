//! CloudWatch: metrics that services and programs put, alarms that are evaluated on them, and
//! dashboards, recorded.
//!
//! `metric` is what is kept, `statistic` and `expression` what is made of it, `query` both.
//! `alarm` is an alarm, `evaluate` its state, `run` what that sets off, `unsupported` what AWS has
//! of alarms beyond that. `composite` is an alarm on alarms, `alarm_rule` what it says of them.

mod alarm;
mod alarm_rule;
mod api;
mod composite;
mod evaluate;
mod expression;
mod metric;
mod query;
pub(crate) mod resources;
mod run;
mod state;
mod statistic;
mod table;
mod unsupported;

pub(crate) use api::OPERATIONS;
pub(crate) use run::{TICKETS, restored};
pub(crate) use state::CloudWatch;
