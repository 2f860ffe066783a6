//! What to change: each rule looks at the template and at what the runs showed, and drafts a
//! finding with its arithmetic and a change; the change is tried, and what it gives decides the
//! order.
//!
//! A rule is a function in the file of what it is about: `alias`, `database`, `error_page`,
//! `error_cache`, `front`, `origin`, `page`, `tasks`. `proof` asks what a run of all faults does
//! not show.

mod alias;
mod database;
mod error_cache;
mod error_page;
mod front;
mod origin;
mod page;
mod policy;
mod proof;
mod tasks;

use serde::Serialize;

use super::case::{self, Case};
use super::change::{Edit, changed};
use super::cohort::{Cohort, Kind, cohorts};
use super::measure::{Class, Measures, worst};
use super::row::{Row, outcomes};
use super::run::{self, Ground, Prepared, Rest};
use super::scene::Scene;
use super::{OneByOne, Options, Workers};
use crate::play::Stage;

/// A text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Words {
    pub en: String,
    pub ja: String,
}

/// Something to change.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// `error-page-on-failing-origin`
    pub rule: &'static str,
    pub title: Words,
    /// The arithmetic, from the template's own numbers.
    pub why: Words,
    pub advice: Words,
    pub setting: Setting,
    /// Rows of the ledger.
    pub ledger: Vec<&'static str>,
    /// What was changed to see what it gives; nothing when only the advice stands.
    pub edits: Vec<Edit>,
    pub gives: Option<Gives>,
    /// The larger, the more viewers suffer from it.
    pub harm: f64,
}

/// The setting it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Setting {
    pub logical_id: String,
    pub property: String,
    pub file: Option<String>,
    pub line: Option<u64>,
}

/// What a change gives, measured by running it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gives {
    /// Worst of all phases, before and after.
    Case { case: String, cohort: String, before: Measures, after: Measures },
    /// The status of the answer without any fault.
    Works { cohort: String, before: u16, after: u16 },
    /// Seconds after an edit of a page's object until viewers see it; `None`: not while it was
    /// looked at.
    Edited { path: String, before_s: Option<f64>, after_s: Option<f64> },
    /// Seconds of errors when a release goes out of which nothing works but the path of the health
    /// check.
    Release { before_s: f64, after_s: f64 },
    /// Seconds of errors after a reboot of the database, of tasks that do not reconnect.
    LostSessions { before_s: f64, after_s: f64 },
    /// The stack comes up.
    ComesUp,
    /// The changed stack does not come up: why.
    Refused(String),
}

/// What the rules look at.
#[derive(Debug)]
pub(crate) struct View<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) scene: &'a Scene,
    pub(crate) cohorts: &'a [Cohort],
    pub(crate) rows: &'a [Row],
    /// What is there before anything is broken; `None` when the stack does not come up.
    pub(crate) rest: Option<&'a Rest>,
}

/// A finding before its change is tried.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    rule: &'static str,
    title: Words,
    why: Words,
    advice: Words,
    /// Logical id and property.
    at: (String, String),
    ledger: Vec<&'static str>,
    edits: Vec<Edit>,
    proof: Proof,
    /// The harm when the change cannot be measured; 0: then it is no finding.
    floor: f64,
}

/// How a change shows what it gives.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Proof {
    Case {
        case: String,
        cohort: String,
    },
    Works {
        cohort: String,
    },
    /// How soon an edit of the page at this path is seen.
    Edited {
        path: String,
    },
    /// What an address that does not exist is answered with.
    NotFound,
    /// What viewers see of a release of which nothing works but this path.
    Release {
        health_path: String,
    },
    /// What viewers see after a reboot of the database, of tasks that do not reconnect.
    LostSessions,
    ComesUp,
    None,
}

type Rule = fn(&View<'_>) -> Vec<Draft>;

const RULES: [Rule; 26] = [
    alias::two_distributions,
    origin::group_with_post,
    tasks::dependency_without_health_check,
    origin::website_without_tls,
    error_page::on_failing_origin,
    error_page::not_readable,
    front::none_at_all,
    error_page::none_for_status,
    error_page::sent_with_200,
    page::for_programs,
    page::not_found,
    page::kept_long,
    page::in_one_bucket,
    error_cache::kept_long,
    error_cache::switched_off,
    origin::connect_timeout,
    origin::read_timeout,
    origin::stand_in_is_cached,
    tasks::health_check_is_slow,
    tasks::check_sees_no_pages,
    tasks::fail_open,
    tasks::single_task,
    tasks::single_zone,
    database::single_machine,
    database::deep_check,
    database::lost_sessions,
];

/// Findings of this harm stand above all others: nothing works.
const NOTHING_WORKS: f64 = 100_000.0;

/// All findings in order of harm.
pub(crate) fn findings(
    view: &View<'_>,
    options: &Options,
    workers: &impl Workers,
) -> Result<Vec<Finding>, String> {
    let drafts: Vec<Draft> = RULES.iter().flat_map(|rule| rule(view)).collect();
    let tried = workers.map(drafts.len(), |at| tried(view, options, drafts[at].clone()));
    let findings: Vec<Option<Finding>> = tried.into_iter().collect::<Result<_, _>>()?;
    let mut findings: Vec<Finding> = findings.into_iter().flatten().collect();
    findings.sort_by(|one, other| other.harm.total_cmp(&one.harm));
    Ok(findings)
}

/// Tries the change of a draft; `None` when it shows nothing and there is nothing else to say.
fn tried(view: &View<'_>, options: &Options, draft: Draft) -> Result<Option<Finding>, String> {
    let gives = gives(view, options, &draft)?;
    let measured = match &gives {
        Some(Gives::Case { before, after, .. }) => before.harm() - after.harm(),
        Some(Gives::Works { before, after, .. })
            if after < before && draft.proof != Proof::NotFound =>
        {
            NOTHING_WORKS / 10.0
        }
        Some(Gives::ComesUp) => NOTHING_WORKS,
        _ => 0.0,
    };
    let harm = measured.max(draft.floor);
    if harm <= 0.5 {
        return Ok(None);
    }
    let (logical_id, property) = draft.at;
    let place = view.scene.place(&logical_id, &property);
    let (file, line) = place.map_or((None, None), |(file, line)| (Some(file), Some(line)));
    Ok(Some(Finding {
        rule: draft.rule,
        title: draft.title,
        why: draft.why,
        advice: draft.advice,
        setting: Setting { logical_id, property, file, line },
        ledger: draft.ledger,
        edits: draft.edits,
        gives,
        harm,
    }))
}

fn gives(view: &View<'_>, options: &Options, draft: &Draft) -> Result<Option<Gives>, String> {
    if draft.edits.is_empty() || draft.proof == Proof::None {
        return Ok(None);
    }
    let Some(stage) = changed(view.stage, view.scene, &draft.edits) else { return Ok(None) };
    let scene = match Scene::of(&stage, &run::env()) {
        Ok(scene) => scene,
        Err(why) => return Ok(Some(Gives::Refused(why))),
    };
    let changed = cohorts(&scene, &stage);
    let rest = match Rest::of(&stage, &changed, options) {
        Ok(rest) => rest,
        Err(why) => return Ok(Some(Gives::Refused(why))),
    };
    Ok(match &draft.proof {
        Proof::None => None,
        Proof::ComesUp => Some(Gives::ComesUp),
        Proof::Edited { path } => {
            let seen = |stage: &Stage| proof::edit_seen_s(stage, path, options.seed);
            let (before_s, after_s) = (seen(view.stage)?, seen(&stage)?);
            Some(Gives::Edited { path: path.clone(), before_s, after_s })
        }
        Proof::Release { health_path } => {
            let errors = |stage: &Stage, scene: &Scene| {
                proof::release_errors_s(stage, scene, health_path, options.seed)
            };
            let (before, after) = (errors(view.stage, view.scene)?, errors(&stage, &scene)?);
            before.zip(after).map(|(before_s, after_s)| Gives::Release { before_s, after_s })
        }
        Proof::LostSessions => {
            let errors =
                |stage: &Stage, scene: &Scene| proof::lost_sessions_s(stage, scene, options.seed);
            let (before, after) = (errors(view.stage, view.scene)?, errors(&stage, &scene)?);
            before.zip(after).map(|(before_s, after_s)| Gives::LostSessions { before_s, after_s })
        }
        Proof::NotFound => {
            let answer =
                |stage: &Stage, scene: &Scene| proof::not_found(stage, scene, options.seed);
            let (before, after) = (answer(view.stage, view.scene)?, answer(&stage, &scene)?);
            let cohort = format!("page {}", proof::NOWHERE);
            before.zip(after).map(|(before, after)| Gives::Works { cohort, before, after })
        }
        Proof::Works { cohort } => {
            let before = view.rest.and_then(|rest| rest.status(view.cohorts, cohort));
            let after = rest.status(&changed, cohort);
            let cohort = cohort.clone();
            before.zip(after).map(|(before, after)| Gives::Works { cohort, before, after })
        }
        Proof::Case { case, cohort } => {
            let cases = case::all(&scene, options.pairs);
            let Some(case) = cases.into_iter().find(|one| one.is_like(case)) else {
                return Ok(None);
            };
            let probes = super::probes(&changed, &scene);
            let cohorts = changed.as_slice();
            let ground = Ground { cohorts, probes: &probes, rest: &rest, options };
            after(view, ground, &case, draft, cohort)?
        }
    })
}

fn after(
    view: &View<'_>,
    ground: Ground<'_>,
    case: &Case,
    draft: &Draft,
    cohort: &str,
) -> Result<Option<Gives>, String> {
    let Proof::Case { case: tried, .. } = &draft.proof else { return Ok(None) };
    let row = view.rows.iter().find(|row| row.case == *tried && row.cohort == *cohort);
    let Some(row) = row else { return Ok(None) };
    let named = ground.cohorts.iter().position(|one| one.name == *cohort);
    // A change of the cache's key can leave no readers of a language of their own.
    let like = |was: &Cohort, one: &Cohort| one.kind == was.kind && one.path == was.path;
    let was = view.cohort(row);
    let alike = || ground.cohorts.iter().position(|one| was.is_some_and(|was| like(was, one)));
    let Some(who) = named.or_else(alike) else { return Ok(None) };
    let prepared = Prepared::new(ground, &OneByOne);
    let runs = outcomes(&prepared, case)?;
    let runs: Vec<Measures> = runs.iter().map(|outcome| outcome.measures[who]).collect();
    Ok(Some(Gives::Case {
        case: tried.clone(),
        cohort: cohort.to_owned(),
        before: row.worst,
        after: Measures::each(&runs, worst),
    }))
}

impl View<'_> {
    /// The distribution's logical id and its configuration.
    fn distribution(&self) -> Option<(&str, &standin_kernel::Value)> {
        let item = self.scene.distribution()?;
        Some((&item.logical_id, &item.properties["DistributionConfig"]))
    }

    /// The row in which a measure is largest, among those that fit.
    fn largest(
        &self,
        fits: impl Fn(&Row) -> bool,
        measure: impl Fn(&Measures) -> f64,
    ) -> Option<&Row> {
        let rows = self.rows.iter().filter(|row| fits(row) && measure(&row.worst) > 0.0);
        let order =
            |one: &&Row, other: &&Row| measure(&one.worst).total_cmp(&measure(&other.worst));
        // The first of equals: cases come in the order of how likely they are.
        rows.rev().max_by(order)
    }

    fn cohort(&self, row: &Row) -> Option<&Cohort> {
        self.cohorts.iter().find(|cohort| cohort.name == row.cohort)
    }
}

impl Row {
    fn proof(&self) -> Proof {
        Proof::Case { case: self.case.clone(), cohort: self.cohort.clone() }
    }

    /// Statuses that nobody designed a page for, after the fault began.
    fn raw_statuses(&self) -> impl Iterator<Item = u16> {
        let begins_s = self.track.begins_s;
        self.track
            .stretches
            .iter()
            .filter(move |one| one.class == Class::Raw && one.to_s > begins_s)
            .filter_map(|one| one.status)
    }

    fn reads_pages(&self) -> bool {
        self.kind == Kind::Page
    }
}

/// `12 s`, `0.5 s`
fn seconds(value: f64) -> String {
    if value.fract() < 0.05 || value > 10.0 {
        format!("{value:.0} s")
    } else {
        format!("{value:.1} s")
    }
}

/// `; measured: 12 s of raw error` in both languages; nothing when no run shows it.
fn measured(value: Option<f64>, en: &str, ja: &str) -> (String, String) {
    value.map(seconds).map_or_else(Default::default, |value| {
        (format!("; measured: {value} {en}"), format!("; 実測: {ja} {value}"))
    })
}

/// Both languages at once.
fn words(en: impl Into<String>, ja: impl Into<String>) -> Words {
    Words { en: en.into(), ja: ja.into() }
}
