//! Secrets Manager: secrets with versions and stages. Values are stored as they are, for nothing is
//! encrypted at rest here, and never printed. Passwords come out of the run's own chance: they are
//! as guessable as its seed.

mod api;
pub(crate) mod attachment;
mod password;
pub(crate) mod resources;
mod state;
mod table;
mod value;

pub(crate) use api::{OPERATIONS, call};
pub(crate) use state::SecretsManager;
