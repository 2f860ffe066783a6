//! Maintenance windows: what one is, whether the diary is closed at a moment, until when, and what
//! readers are told.
//!
//! Pure: the moment comes in as an argument. The switch on AWS, the command `standin maintenance`
//! and the simulator all judge with this crate, so they cannot disagree.

mod judge;
mod moment;
mod network;
mod page;
mod plan;
#[cfg(test)]
mod tests;
mod window;
mod words;

pub use judge::{Judgement, Open, judge};
pub use moment::{Moment, WrongTime, parse_time, zone};
pub use network::{Network, WrongNetwork};
pub use page::{Page, render};
pub use plan::{Conflict, check};
pub use window::{Kind, MESSAGE_MAX, Message, OPERATORS_MAX, Window, WrongWindow};
pub use words::{Language, until};
