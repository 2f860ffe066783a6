//! What happens to instances over time: `lifecycle` (starting, stopping, being told things),
//! `change` (what a modification does and when), `window` (when maintenance may happen), `event`
//! (what is told about it), `server` (which one is run), `fault` (what a machine that is broken on
//! purpose does to it), `usage` (what its server uses).

pub(crate) mod change;
pub(crate) mod event;
pub(crate) mod fault;
pub(crate) mod lifecycle;
pub(crate) mod server;
pub(crate) mod usage;
pub(crate) mod window;
