//! Reviews a template: for every fault and planned operation, what do viewers see and for how long,
//! what decided it, and which setting would change it. The runs use the very code that serves real
//! sockets.
//!
//! Reading order: this file (the report), `scene` (what the template says), `cohort` (who asks),
//! `case` (what happens), `run` (one run), `page` (classes of answers), `measure` (seconds and
//! verdict), `row` (the runs of one case together), `finding` (what to change), `change` (how).

#![allow(dead_code)]

mod case;
mod change;
mod cohort;
mod measure;
mod page;
mod row;
mod run;
mod scene;

use serde::Serialize;
use standin_kernel::Duration;

pub use case::Title;
pub use change::Edit;
pub use cohort::{Cohort, Kind};
pub use measure::{Class, HANG, Measures, Verdict};
pub use row::{Row, Stretch, Track};

use crate::play::Stage;
use run::Ground;
use scene::Scene;

/// How a review is carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub seed: u64,
    /// How many phases of all that is periodic a fault begins at.
    pub phases: usize,
    /// How long a fault lasts.
    pub lasts: Duration,
    /// How often each cohort asks.
    pub every: Duration,
    /// Only cases whose id or title contains this.
    pub only: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            phases: 8,
            lasts: Duration::from_secs(120),
            every: Duration::from_secs(1),
            only: None,
        }
    }
}

/// What came out.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub cohorts: Vec<Cohort>,
    /// By case, and in it by cohort.
    pub rows: Vec<Row>,
    /// Why nothing was tried: the stack does not come up.
    pub broken: Option<String>,
}

/// Reviews what a stage sets.
pub fn review(stage: &Stage, options: &Options) -> Result<Report, String> {
    let scene = Scene::of(stage, &run::env())?;
    let cohorts = cohort::cohorts(&scene, stage);
    let probes = probes(&cohorts, &scene);
    let ground = Ground { stage, cohorts: &cohorts, probes: &probes, options };
    if let Err(why) = run::at_rest(stage, options.seed) {
        return Ok(Report { cohorts, rows: Vec::new(), broken: Some(why) });
    }
    let mut rows = Vec::new();
    for case in case::cases(&scene) {
        if options.only.as_ref().is_none_or(|only| case.matches(only)) {
            rows.extend(row::rows(&ground, &case)?);
        }
    }
    Ok(Report { cohorts, rows, broken: None })
}

/// One probe for each load balancer behind a cohort.
fn probes(cohorts: &[Cohort], scene: &Scene) -> Vec<Cohort> {
    let mut probes: Vec<Cohort> = Vec::new();
    for probe in cohorts.iter().filter_map(|cohort| cohort::probe(cohort, scene)) {
        if !probes.contains(&probe) {
            probes.push(probe);
        }
    }
    probes
}
