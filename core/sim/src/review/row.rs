//! One case and one cohort: all phases together, the worst of them as a timeline.

use serde::Serialize;

use super::case::{Case, Title};
use super::cohort::Kind;
use super::measure::{Class, Measures, Verdict, median, worst};
use super::run::{Ground, Outcome, Prepared, run};
use crate::reason::{Reason, deciding};

/// What one cohort sees of one case.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// `Service: stop`
    pub case: String,
    pub title: Title,
    pub planned: bool,
    /// The action of AWS FIS that does the same: `aws:ecs:stop-task`.
    pub action: Option<&'static str>,
    pub cohort: String,
    pub kind: Kind,
    pub verdict: Verdict,
    /// Each measure's worst over all phases, and its median.
    pub worst: Measures,
    pub median: Measures,
    /// The phase whose timeline is shown.
    pub phase: usize,
    /// In that phase, viewers came to a point of presence with an empty cache when it happened.
    pub cold: bool,
    /// A load balancer asked unhealthy targets because no healthy one was left.
    pub fails_open: bool,
    /// What decided the worst of what was seen.
    pub because: Option<Reason>,
    pub track: Track,
}

/// What a cohort saw in one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Track {
    /// When the fault began; times count from the run's first question.
    pub begins_s: f64,
    /// When it was mended; nothing for what happens once.
    pub mended_s: Option<f64>,
    pub stretches: Vec<Stretch>,
}

/// A run of answers of the same class and status.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stretch {
    /// When the first was asked, and when the next stretch begins.
    pub from_s: f64,
    pub to_s: f64,
    pub class: Class,
    pub status: Option<u16>,
    pub answers: usize,
    pub slowest_s: f64,
    /// What made it differ from what came before.
    pub because: Option<Reason>,
}

/// Runs a case at all phases; a row for each cohort.
pub(crate) fn rows(prepared: &Prepared<'_>, case: &Case) -> Result<Vec<Row>, String> {
    let outcomes = outcomes(prepared, case)?;
    let ground = &prepared.ground;
    Ok((0..ground.cohorts.len()).map(|who| row(ground, case, &outcomes, who)).collect())
}

pub(crate) fn outcomes(prepared: &Prepared<'_>, case: &Case) -> Result<Vec<Outcome>, String> {
    (0..prepared.phases()).map(|phase| run(prepared, case, phase)).collect()
}

fn row(ground: &Ground<'_>, case: &Case, outcomes: &[Outcome], who: usize) -> Row {
    let measures: Vec<Measures> = outcomes.iter().map(|outcome| outcome.measures[who]).collect();
    let rank = |at: &usize| {
        let one = &measures[*at];
        (one.verdict(), one.harm())
    };
    let order = |one: &usize, other: &usize| {
        let ((verdict, harm), (other_verdict, other_harm)) = (rank(one), rank(other));
        verdict.cmp(&other_verdict).then(harm.total_cmp(&other_harm)).then(other.cmp(one))
    };
    let phase = (0..measures.len()).max_by(order).unwrap_or_default();
    let outcome = &outcomes[phase];
    let track = track(outcome, who, ground.options.every.as_secs_f64());
    let cohort = &ground.cohorts[who];
    Row {
        case: case.id.clone(),
        title: case.title.clone(),
        planned: case.is_planned(),
        action: case.action,
        cohort: cohort.name.clone(),
        kind: cohort.kind,
        verdict: measures[phase].verdict(),
        worst: Measures::each(&measures, worst),
        median: Measures::each(&measures, median),
        phase,
        cold: outcome.cold,
        fails_open: outcomes.iter().any(|outcome| outcome.failed_open),
        because: because(&track),
        track,
    }
}

fn track(outcome: &Outcome, who: usize, every_s: f64) -> Track {
    let samples = &outcome.seen[who];
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut before: &[Reason] = &[];
    for sample in samples {
        let (asked_s, took_s) = (sample.asked.as_secs_f64(), sample.took.as_secs_f64());
        if let Some(last) = stretches.last_mut() {
            last.to_s = asked_s;
            if last.class == sample.shown() && last.status == sample.status {
                last.answers += 1;
                last.slowest_s = last.slowest_s.max(took_s);
                continue;
            }
        }
        stretches.push(Stretch {
            from_s: asked_s,
            to_s: asked_s + every_s,
            class: sample.shown(),
            status: sample.status,
            answers: 1,
            slowest_s: took_s,
            because: deciding(&sample.because, before).cloned(),
        });
        if !sample.because.is_empty() {
            before = &sample.because;
        }
    }
    if let (Some(last), Some(sample)) = (stretches.last_mut(), samples.last()) {
        last.to_s = sample.asked.as_secs_f64() + every_s;
    }
    let mended_s = outcome.mended.map(|mended| mended.as_secs_f64());
    Track { begins_s: outcome.begins.as_secs_f64(), mended_s, stretches }
}

/// The reason of the worst class after the fault began.
fn because(track: &Track) -> Option<Reason> {
    let after = track.stretches.iter().filter(|stretch| stretch.to_s > track.begins_s);
    let worst = after.filter(|stretch| stretch.class != Class::Right);
    let worst = worst.filter(|stretch| stretch.because.is_some());
    worst
        .max_by(|one, other| one.class.cmp(&other.class).then(std::cmp::Ordering::Greater))?
        .because
        .clone()
}
