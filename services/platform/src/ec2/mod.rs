//! EC2: the network of an account, recorded and validated as on AWS. No packet is routed or
//! filtered by it here: everything of one machine reaches everything else over its loopback.
//!
//! Not known here: what other services keep in a network. A subnet with a load balancer in it can
//! be deleted.

mod api;
mod cidr;
pub(crate) mod resources;
mod rule;
mod state;
mod zone;

pub(crate) use api::{OPERATIONS, call};
pub(crate) use state::Ec2;
