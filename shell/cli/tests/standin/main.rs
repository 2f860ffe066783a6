//! Standin as its user meets it: the binary, real sockets, real processes. Every run has ports and
//! a state folder of its own, so all of it runs side by side.

// A test that cannot go on panics.
#![allow(clippy::unwrap_used)]

mod agent;
mod bad_input;
mod diary;
mod drill;
mod hostile;
mod maintenance;
mod names;
mod restart;
mod shop;
mod tls;
mod validate;
mod world;
