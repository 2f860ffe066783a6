//! Reviews a template: for every fault and planned operation, what do viewers see and for how long,
//! what decided it, and which setting would change it. The runs use the very code that serves real
//! sockets.
//!
//! Reading order: this file (the report), `scene` (what the template says), `cohort` (who asks),
//! `case` and `surge` (what happens), `run` and `watch` (one run), `page` (classes of answers),
//! `measure` (seconds and verdict), `row` (the runs of one case together), `finding` (what to
//! change), `change` (how).

mod case;
mod change;
mod cohort;
mod compare;
mod finding;
mod measure;
mod page;
mod row;
mod run;
mod scene;
mod site;
mod surge;
mod watch;

use serde::Serialize;
use standin_kernel::Duration;

pub use case::Title;
pub use change::Edit;
pub use cohort::{Cohort, Kind};
pub use compare::{Answer, Compared, Failure, Fault, Seen, Sudden, What, Who, compare};
pub use finding::{Finding, Gives, Setting, Words};
pub use measure::{Class, HANG, Measures, Verdict};
pub use row::{Row, Stretch, Track};

use crate::play::Stage;
use finding::View;
use run::{Ground, Prepared, Rest};
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
    /// Also two faults at once, every two of different things.
    pub pairs: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            phases: 8,
            lasts: Duration::from_secs(120),
            every: Duration::from_secs(1),
            only: None,
            pairs: false,
        }
    }
}

/// What came out.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub cohorts: Vec<Cohort>,
    /// By case, and in it by cohort.
    pub rows: Vec<Row>,
    /// In order of harm.
    pub findings: Vec<Finding>,
    /// Why nothing was tried: the stack does not come up.
    pub broken: Option<String>,
    /// Logical ids of functions whose code the simulator does not run (docs/model.md).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub idle: Vec<String>,
}

/// Who does the work of a review, which falls into pieces that know nothing of each other.
pub trait Workers {
    /// What `work` gives for each of `0..count`, in order.
    fn map<T: Send>(&self, count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T>;
}

/// One piece after the other.
#[derive(Clone, Copy, Debug, Default)]
pub struct OneByOne;

impl Workers for OneByOne {
    fn map<T: Send>(&self, count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
        (0..count).map(work).collect()
    }
}

/// Reviews what a stage sets.
pub fn review(stage: &Stage, options: &Options, workers: &impl Workers) -> Result<Report, String> {
    let scene = Scene::of(stage, &run::env())?;
    let cohorts = cohort::cohorts(&scene, stage);
    let probes = probes(&cohorts, &scene);
    let mut view = View { stage, scene: &scene, cohorts: &cohorts, rows: &[], rest: None };
    let rest = match Rest::of(stage, &cohorts, options) {
        Ok(rest) => rest,
        Err(why) => {
            let findings = finding::findings(&view, options, workers)?;
            let (rows, idle) = (Vec::new(), Vec::new());
            return Ok(Report { cohorts, rows, findings, broken: Some(why), idle });
        }
    };
    let ground = Ground { cohorts: &cohorts, probes: &probes, rest: &rest, options };
    let mut cases = case::all(&scene, options.pairs);
    cases.retain(|case| options.only.as_ref().is_none_or(|only| case.matches(only)));
    let prepared = Prepared::new(ground, workers);
    let rows = workers.map(cases.len(), |at| row::rows(&prepared, &cases[at]));
    let rows = rows.into_iter().collect::<Result<Vec<_>, _>>()?.concat();
    (view.rows, view.rest) = (&rows, Some(&rest));
    let findings = finding::findings(&view, options, workers)?;
    let idle = rest.idle.clone();
    Ok(Report { cohorts, rows, findings, broken: None, idle })
}

/// The stage with the edits of a finding made.
pub fn apply(stage: &Stage, edits: &[Edit]) -> Result<Stage, String> {
    let scene = Scene::of(stage, &run::env())?;
    change::changed(stage, &scene, edits).ok_or_else(|| "the template has no such place".into())
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
