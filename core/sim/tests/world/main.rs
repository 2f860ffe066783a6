//! The virtual world as a whole, on a small site: every fault, every kind of viewer.

#![allow(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]

mod alarms;
mod dns;
mod faults;
mod stage;
mod viewers;
