//! What happens to instances over time: `lifecycle` (starting, stopping, being told things),
//! `change` (what a modification does and when), `window` (when maintenance may happen), `event`
//! (what is told about it).

pub(crate) mod change;
pub(crate) mod event;
pub(crate) mod lifecycle;
pub(crate) mod window;
