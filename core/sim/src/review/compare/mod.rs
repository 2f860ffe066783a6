//! Compares templates, side by side: when the page comes and goes, planned and sudden, what its
//! answer says, who passes, and which single faults break it.

mod pattern;
mod planned;

use std::collections::BTreeSet;

use serde::Serialize;

pub use planned::{Answer, Seen, What, Who};

use super::case::{Act, Case, cases};
use super::cohort::cohorts;
use super::measure::{Class, Verdict};
use super::row::{Row, rows};
use super::run::{self, Ground, Prepared, Rest};
use super::scene::Scene;
use super::{Kind, Options, Title, Words, Workers, probes};
use crate::play::Stage;
use pattern::{Pattern, closed};

/// One template among others.
#[derive(Clone, Debug, Serialize)]
pub struct Compared {
    /// The template's own words for what it does, if it says any.
    pub title: Option<Words>,
    /// Rows of the ledger.
    pub ledger: Vec<String>,
    /// What viewers see of a planned closing; nothing when the template says none.
    pub planned: Vec<Seen>,
    /// What readers see when the site fails.
    pub sudden: Vec<Sudden>,
    /// How many single faults were tried.
    pub faults: usize,
    /// Those that bring readers an error without the page, while the site is open.
    pub broken_by: Vec<Fault>,
    /// The same while it is closed.
    pub broken_by_while_closed: Vec<Fault>,
    /// Why nothing was tried.
    pub refused: Option<String>,
}

/// A fault and its words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Fault {
    pub case: String,
    pub title: Title,
}

/// What readers of the default behavior see of one failure; worst of all phases, in seconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sudden {
    pub case: String,
    pub failure: Failure,
    pub verdict: Verdict,
    pub until_page_s: Option<f64>,
    pub raw_error_s: f64,
    pub wait_max_s: f64,
    pub sorry_after_s: f64,
    pub stale_s: f64,
    /// Statuses of the page.
    pub statuses: BTreeSet<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// All tasks stop.
    Stop,
    /// All tasks take requests and are silent.
    Hang,
    /// The load balancer, or the bucket of a static site, cannot be reached.
    Unreachable,
}

/// One template's part of the comparison.
pub fn compare(stage: &Stage, options: &Options, workers: &impl Workers) -> Compared {
    compared(stage, options, workers).unwrap_or_else(|why| Compared {
        title: None,
        ledger: Vec::new(),
        planned: Vec::new(),
        sudden: Vec::new(),
        faults: 0,
        broken_by: Vec::new(),
        broken_by_while_closed: Vec::new(),
        refused: Some(why),
    })
}

fn compared(stage: &Stage, options: &Options, workers: &impl Workers) -> Result<Compared, String> {
    let scene = Scene::of(stage, &run::env())?;
    let written = Pattern::of(&scene)?;
    let pattern = written.clone().unwrap_or_default();
    let (open, faults) = all_rows(stage, options, workers)?;
    let closed = match &pattern.close {
        Some(close) => all_rows(&closed(stage, close), options, workers)?.0,
        None => Vec::new(),
    };
    let planned = planned::planned(stage, &scene, &pattern, (options.seed, options.phases))?;
    Ok(Compared {
        title: written.map(|_| Words { en: pattern.title.en, ja: pattern.title.ja }),
        ledger: pattern.ledger,
        planned,
        sudden: sudden(&scene, &open),
        faults,
        broken_by: broken_by(&open),
        broken_by_while_closed: broken_by(&closed),
        refused: None,
    })
}

/// The rows of all faults, and how many faults there are.
fn all_rows(
    stage: &Stage,
    options: &Options,
    workers: &impl Workers,
) -> Result<(Vec<Row>, usize), String> {
    let scene = Scene::of(stage, &run::env())?;
    let cohorts = cohorts(&scene, stage);
    let probes = probes(&cohorts, &scene);
    let rest = Rest::of(stage, &cohorts, options)?;
    let ground = Ground { cohorts: &cohorts, probes: &probes, rest: &rest, options };
    let mut cases = cases(&scene);
    cases.retain(|case| matches!(case.act, Act::Break { .. }));
    let prepared = Prepared::new(ground, workers);
    let run = |at: usize| -> Result<Vec<Row>, String> {
        let case: &Case = &cases[at];
        rows(&prepared, case)
    };
    let rows = workers.map(cases.len(), run).into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok((rows.concat(), cases.len()))
}

fn broken_by(rows: &[Row]) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    let raw = rows.iter().filter(|row| row.kind == Kind::Page && row.worst.raw_error_s > 0.0);
    for row in raw {
        let fault = Fault { case: row.case.clone(), title: row.title.clone() };
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    }
    faults
}

/// The failures that every way is measured by: of the first service and load balancer, or of the
/// bucket that holds a static site.
fn sudden(scene: &Scene, rows: &[Row]) -> Vec<Sudden> {
    let first = |type_name| scene.all(type_name).next().map(|item| item.logical_id.as_str());
    let cases = match first("AWS::ECS::Service") {
        Some(service) => {
            let balancer = first("AWS::ElasticLoadBalancingV2::LoadBalancer").unwrap_or_default();
            vec![
                (Failure::Stop, format!("{service}: stop")),
                (Failure::Hang, format!("{service}: hang")),
                (Failure::Unreachable, format!("{balancer}: stop")),
            ]
        }
        None => {
            let config = scene.distribution().map(|one| &one.properties["DistributionConfig"]);
            let target = config.map(|config| &config["DefaultCacheBehavior"]["TargetOriginId"]);
            let target = target.and_then(standin_kernel::Value::as_str).unwrap_or_default();
            let id = scene.distribution().map_or("", |one| one.logical_id.as_str());
            vec![(Failure::Unreachable, format!("{id}/{target}: stop"))]
        }
    };
    let found = cases.into_iter().filter_map(|(failure, case)| {
        let mut fitting = rows.iter().filter(|row| row.case == case && row.kind == Kind::Page);
        fitting.next().map(|row| one(failure, row))
    });
    found.collect()
}

fn one(failure: Failure, row: &Row) -> Sudden {
    let sorry = row.track.stretches.iter().filter(|one| one.class == Class::Sorry);
    Sudden {
        case: row.case.clone(),
        failure,
        verdict: row.verdict,
        until_page_s: row.worst.until_page_s,
        raw_error_s: row.worst.raw_error_s,
        wait_max_s: row.worst.wait_max_s,
        sorry_after_s: row.worst.sorry_after_s,
        stale_s: row.worst.stale_s,
        statuses: sorry.filter_map(|one| one.status).collect(),
    }
}
