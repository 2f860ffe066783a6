//! Drills: a story of faults and viewers with expectations, and the world it is played in under
//! virtual time. The same story is played on the real machine by the CLI; both give observations
//! from which the same timeline and verdict are made.
//!
//! Reading order: [`drill`] (the story), [`observe`] (what a viewer saw), [`reason`] (why),
//! [`timeline`], [`verdict`], [`operation`] (planned operations), [`fis`] (a drill on AWS),
//! [`world`] (the driver under virtual time), [`network`], [`cohort`], [`viewer`] and [`resolver`]
//! (who asks there), [`workload`] (how containers behave there).

pub mod alarm;
mod arrival;
mod blob;
pub mod cohort;
mod database;
pub mod drill;
mod evaluate;
pub mod fis;
pub mod function;
mod keys;
mod links;
mod model;
pub mod network;
pub mod observe;
pub mod operation;
pub mod play;
pub mod reason;
pub mod resolver;
pub mod review;
pub mod timeline;
pub mod verdict;
pub mod viewer;
pub mod workload;
pub mod world;

pub use alarm::AlarmStates;
pub use arrival::Scheme;
pub use cohort::Cohort;
pub use drill::{Drill, DrillError};
pub use function::{Event as FunctionEvent, Handler, Handlers};
pub use keys::Keys;
pub use network::Distances;
pub use observe::{Answer, Class, Observation, Pages};
pub use play::{Object, Stage, create, play};
pub use reason::Reason;
pub use resolver::Resolver;
pub use timeline::{Event, Run, Timeline};
pub use verdict::{Verdict, Worth, judge};
pub use viewer::{VisitId, Visited};
pub use world::World;
