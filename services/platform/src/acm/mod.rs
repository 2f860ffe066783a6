//! ACM: certificates, issued a while after they are asked for, without proof that the domain is
//! one's own. A certificate is a record: there is no key behind it. Who uses one is not known here,
//! so one in use can be deleted.

mod api;
pub(crate) mod resources;
mod state;
mod table;

pub(crate) use api::OPERATIONS;
pub(crate) use state::Acm;
