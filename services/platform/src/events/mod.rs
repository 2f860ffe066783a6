//! EventBridge rules that follow a schedule: at a rate or by the calendar in UTC they call Lambda
//! functions. There are no events to match a pattern against here, and one bus.

mod api;
pub(crate) mod resources;
mod run;
mod state;
mod table;

pub(crate) use api::OPERATIONS;
pub(crate) use run::{TICKETS, restored};
pub(crate) use state::Events;
