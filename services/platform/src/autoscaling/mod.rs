//! Application Auto Scaling: what may be scaled and by which policies, recorded for services of
//! ECS. Metrics are not gathered yet, so nothing scales by itself: a service keeps its desired
//! count. Whether the service is there is not looked up. Scheduled scaling is not built.

mod api;
pub(crate) mod resources;
mod state;
mod table;

pub(crate) use api::OPERATIONS;
pub(crate) use state::AutoScaling;
