//! IAM: roles, policies and instance profiles, recorded and validated as on AWS. Nobody is denied
//! anything by them here. Users and groups are not built.

mod api;
mod document;
pub(crate) mod resources;
mod state;

pub(crate) use api::OPERATIONS;
pub(crate) use state::Iam;
