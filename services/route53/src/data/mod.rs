//! Decisions about questions: which zone and name, which record set, with what.

pub(crate) mod answer;
pub(crate) mod health;
pub(crate) mod location;
pub(crate) mod policy;
pub(crate) mod rdata;
pub(crate) mod target;
pub(crate) mod zone;
