//! What each cohort sees: viewers ask in turn, and the answers are written down with their classes.

use std::collections::VecDeque;

use standin_kernel::{Duration, Fact, Time, Value};

use super::cohort::Cohort;
use super::measure::{Class, Sample};
use super::page::Baseline;
use super::run::Ground;
use crate::play::PATIENCE;
use crate::reason::Reason;
use crate::viewer::{VisitId, Visited};
use crate::world::World;

/// Everything is over when all cohorts saw the right page for this long.
const QUIET: Duration = Duration::from_secs(30);
/// The longest time after the fault that is looked at.
const TAIL_MAX: Duration = Duration::from_secs(1800);
/// The ledger's row of a load balancer that asks unhealthy targets.
const FAIL_OPEN: &str = "ALB-FO-01";

/// The name a cohort asks: a load balancer is known by its own name only once it is there.
pub(crate) fn host(world: &World, cohort: &Cohort) -> String {
    let resource = world.engine().services().cloudformation.resource(None, &cohort.host);
    let name = resource.and_then(|resource| {
        resource.attributes.get("DNSName").and_then(Value::as_str).map(str::to_owned)
    });
    name.unwrap_or_else(|| cohort.host.clone())
}

/// A stack and those who look at it.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    pub(crate) world: World,
    /// When the first question was asked; all other times count from it.
    pub(crate) start: Time,
    hosts: Vec<String>,
    /// Whose turn it is, and when the round began in which it is.
    who: usize,
    round: Duration,
    /// Questions without an answer yet: who, when, which.
    asked: VecDeque<(usize, Duration, VisitId)>,
    /// In the order of the cohorts, then of the probes.
    pub(crate) seen: Vec<Vec<Sample>>,
    baselines: Vec<Option<Baseline>>,
    pub(crate) failed_open: bool,
    /// The point of presence that viewers reach now.
    pub(crate) edge: u8,
    /// When the next of a crowd asks, and the time between two of them.
    pub(crate) crowd: Option<(Duration, Duration)>,
}

impl Watch {
    pub(crate) fn new(ground: &Ground<'_>, world: World) -> Self {
        let viewers = ground.cohorts.iter().chain(ground.probes);
        let hosts: Vec<String> = viewers.map(|cohort| host(&world, cohort)).collect();
        let count = hosts.len();
        Self {
            start: world.now(),
            world,
            hosts,
            who: 0,
            round: Duration::ZERO,
            asked: VecDeque::new(),
            seen: vec![Vec::new(); count],
            baselines: vec![None; count],
            failed_open: false,
            edge: 0,
            crowd: None,
        }
    }

    /// Lets time pass up to `until`, with all its questions.
    pub(crate) fn pass_with(&mut self, ground: &Ground<'_>, until: Duration) {
        while self.next_turn(ground) < until {
            self.take_turn(ground);
        }
        self.pass(ground, until);
    }

    /// Lets time pass until everybody has seen the right page for a while.
    pub(crate) fn until_quiet(&mut self, ground: &Ground<'_>, mended: Duration) {
        while self.who != 0 || self.round < mended || !self.is_quiet(ground, mended) {
            self.take_turn(ground);
        }
        self.pass(ground, self.round + PATIENCE);
        self.collect(ground, true);
    }

    /// The cohorts ask one after the other, spread over a round.
    fn next_turn(&self, ground: &Ground<'_>) -> Duration {
        let step = ground.options.every / u32::try_from(self.hosts.len().max(1)).unwrap_or(1);
        self.round + step * u32::try_from(self.who).unwrap_or(0)
    }

    fn take_turn(&mut self, ground: &Ground<'_>) {
        let at = self.next_turn(ground);
        if self.who < self.hosts.len() {
            self.pass(ground, at);
            self.ask(ground, self.who, at);
            self.who += 1;
        }
        if self.who >= self.hosts.len() {
            self.collect(ground, false);
            self.round += ground.options.every;
            self.who = 0;
        }
    }

    /// Lets time pass; a crowd, if there is one, asks meanwhile.
    fn pass(&mut self, ground: &Ground<'_>, until: Duration) {
        while let Some((next, gap)) = self.crowd.filter(|(next, _)| *next < until) {
            self.world.run_until(self.start + next);
            if let (Some(cohort), Some(host)) = (ground.cohorts.first(), self.hosts.first()) {
                self.world.ask_unwatched(cohort.viewer(self.edge).head(host, "/").0);
            }
            self.crowd = Some((next + gap, gap));
        }
        self.world.run_until(self.start + until);
    }

    fn ask(&mut self, ground: &Ground<'_>, who: usize, at: Duration) {
        let viewers = ground.cohorts.iter().chain(ground.probes);
        let Some(cohort) = viewers.into_iter().nth(who) else { return };
        let place = (self.hosts[who].as_str(), cohort.path.as_str());
        let viewer = cohort.viewer(self.edge);
        let visit = self.world.visit((&cohort.name, 0), &viewer, place, true);
        self.asked.push_back((who, at, visit));
    }

    /// Takes the answers that have come; at the end, what has not come is no answer.
    fn collect(&mut self, ground: &Ground<'_>, at_the_end: bool) {
        for _ in 0..self.asked.len() {
            let Some((who, asked, visit)) = self.asked.pop_front() else { return };
            if !at_the_end && !self.world.has_visited(visit) {
                self.asked.push_back((who, asked, visit));
                continue;
            }
            let visited = self.world.visited(visit).unwrap_or_default();
            self.note(ground, (who, asked), &visited);
        }
    }

    fn note(&mut self, ground: &Ground<'_>, (who, asked): (usize, Duration), visited: &Visited) {
        let took = visited.at().map_or(PATIENCE, |at| at.since(self.start + asked));
        let answer = visited.answer();
        let missing: Vec<String> = visited.missing().map(|one| one.target.clone()).collect();
        if let (None, Some((head, body))) = (&self.baselines[who], answer) {
            self.baselines[who] = Some(Baseline::of(head, body, &missing));
        }
        let facts = visited.page.as_ref().map_or(&[][..], |seen| &seen.facts);
        let class = match (answer, &self.baselines[who]) {
            (Some((head, body)), Some(baseline)) => {
                ground.rest.designed.classify(baseline, (head, body), &missing, facts)
            }
            _ => Class::NoAnswer,
        };
        let facts = match class {
            Class::Incomplete => visited.why_missing(),
            _ => facts,
        };
        let status = answer.map(|(head, _)| head.status);
        self.failed_open |= facts.iter().any(|fact| fact.row.as_deref() == Some(FAIL_OPEN));
        let because = self.because(who, (class, status), facts);
        let samples = &mut self.seen[who];
        let at = samples.partition_point(|sample| sample.asked <= asked);
        samples.insert(at, Sample { asked, took, class, status, because });
    }

    /// Why an answer is what it is matters where it differs from the one before.
    fn because(
        &self,
        who: usize,
        (class, status): (Class, Option<u16>),
        facts: &[Fact],
    ) -> Vec<Reason> {
        match self.seen[who].last() {
            Some(last) if last.class == class && last.status == status => Vec::new(),
            _ => {
                let engine = self.world.engine();
                facts.iter().map(|fact| Reason::from_located(&engine.located(fact))).collect()
            }
        }
    }

    /// Whether the fault is over and everybody has seen the right page for a while.
    fn is_quiet(&self, ground: &Ground<'_>, mended: Duration) -> bool {
        let now = self.round;
        if now >= mended + TAIL_MAX {
            return true;
        }
        if now < mended + QUIET {
            return false;
        }
        let waiting = |asked: Duration| asked + ground.options.every * 2 < now;
        !self.asked.iter().any(|(_, asked, _)| waiting(*asked))
            && self.seen.iter().all(|samples| {
                let late = samples.iter().rev().take_while(|sample| sample.asked + QUIET >= now);
                late.into_iter().all(|sample| sample.class == Class::Right)
            })
    }
}
