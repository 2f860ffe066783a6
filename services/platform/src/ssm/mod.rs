//! Systems Manager: parameters with their versions. Nothing is encrypted at rest here; an encrypted
//! parameter shows an opaque text to those who do not ask for decryption. Patterns are recorded,
//! and values are not checked against them.

mod api;
mod name;
pub(crate) mod resources;
mod state;
mod table;

pub(crate) use api::OPERATIONS;
pub(crate) use state::Ssm;
