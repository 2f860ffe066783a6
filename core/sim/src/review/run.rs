//! One run: the stack is created, viewers ask, something happens at one phase of everything that
//! is periodic, and what each cohort saw is written down.

use std::collections::{BTreeMap, VecDeque};

use standin_kernel::cx::Pace;
use standin_kernel::{Duration, Env, Fact, Rng, ServiceName, Time, Value, json};

use super::Options;
use super::case::{Act, Case, Operation};
use super::cohort::Cohort;
use super::measure::{Class, Measures, Sample, Times};
use super::page::{Baseline, Designed};
use crate::drill;
use crate::play::{PATIENCE, Stage, create};
use crate::reason::Reason;
use crate::viewer::{VisitId, Visited};
use crate::world::World;

/// From the beginning of the questions to the earliest fault.
const WARM_UP: Duration = Duration::from_secs(15);
/// The periods that phases are spread over: health checks and error caches run at most this long
/// in practice, and longer ones are sampled by where in them this falls.
const PHASES_OVER: Duration = Duration::from_secs(60);
/// Everything is over when all cohorts saw the right page for this long.
const QUIET: Duration = Duration::from_secs(30);
/// The longest time after the fault that is looked at.
const TAIL_MAX: Duration = Duration::from_secs(1800);
/// What is done on purpose is watched for at least this long.
const PLANNED_MIN: Duration = Duration::from_secs(180);
/// The ledger's row of a load balancer that asks unhealthy targets.
const FAIL_OPEN: &str = "ALB-FO-01";
/// Time for the stack to come to rest.
const SETTLING: Duration = Duration::from_secs(30);

/// What the runs of a review share.
#[derive(Debug)]
pub(crate) struct Ground<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) cohorts: &'a [Cohort],
    /// Asked beside the cohorts, to see when a load balancer's service could answer again.
    pub(crate) probes: &'a [Cohort],
    pub(crate) rest: &'a Rest,
    pub(crate) options: &'a Options,
}

/// What viewers get while nothing is broken.
#[derive(Clone, Debug)]
pub(crate) struct Rest {
    designed: Designed,
    /// In the order of the cohorts; `None`: no answer.
    statuses: Vec<Option<u16>>,
}

impl Rest {
    /// Asks for everything once; an error when the stack does not come up.
    pub(crate) fn of(stage: &Stage, cohorts: &[Cohort], options: &Options) -> Result<Self, String> {
        let mut world = at_rest(stage, options.seed)?;
        let designed = Designed::of(&mut world, stage, cohorts);
        let mut status = |cohort: &Cohort| {
            let host = host(&world, cohort);
            let place = (host.as_str(), cohort.path.as_str());
            let visit = world.visit((&cohort.name, 0), &cohort.viewer(WARM), place, false);
            world.run_until(world.now() + PATIENCE);
            let answer = world.visited(visit)?.page?.answer?;
            Some(answer.0.status)
        };
        let statuses = cohorts.iter().map(&mut status).collect();
        Ok(Self { designed, statuses })
    }

    /// What a cohort is answered with.
    pub(crate) fn status(&self, cohorts: &[Cohort], name: &str) -> Option<u16> {
        let at = cohorts.iter().position(|cohort| cohort.name == name)?;
        self.statuses.get(at).copied().flatten()
    }

    /// Error pages that cannot be fetched even now, and the status instead.
    pub(crate) fn unreadable_pages(&self) -> impl Iterator<Item = (&str, u16)> {
        let pages = self.designed.error_pages.iter();
        pages.map(|(path, (status, _))| (path.as_str(), *status)).filter(|page| page.1 >= 400)
    }
}

/// What came of one run.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// In the order of the cohorts.
    pub(crate) seen: Vec<Vec<Sample>>,
    pub(crate) measures: Vec<Measures>,
    pub(crate) begins: Duration,
    /// `None` for what happens once.
    pub(crate) mended: Option<Duration>,
    /// A load balancer had no healthy target and asked them all (ALB-FO-01).
    pub(crate) failed_open: bool,
    /// Viewers came to a point of presence with an empty cache when it happened.
    pub(crate) cold: bool,
}

/// The point of presence whose cache is warm when it happens, and the one whose cache is empty.
const WARM: u8 = 0;
const COLD: u8 = 1;

/// The surroundings of every review: waits as long as on AWS.
pub(crate) fn env() -> Env {
    Env { pace: Pace::Aws, ..Env::default() }
}

/// A world with the stack at rest.
pub(crate) fn at_rest(stage: &Stage, seed: u64) -> Result<World, String> {
    let mut world = World::new(env(), seed);
    create(&mut world, stage).map_err(|wrong| wrong.to_string())?;
    world.run_until(world.now() + SETTLING);
    Ok(world)
}

/// Lets the case happen at one phase.
pub(crate) fn run(ground: &Ground<'_>, case: &Case, phase: usize) -> Result<Outcome, String> {
    let options = ground.options;
    let seed = options.seed.wrapping_add(phase as u64);
    let world = at_rest(ground.stage, seed)?;
    let begins = WARM_UP + offset(options, phase);
    let viewers = ground.cohorts.iter().chain(ground.probes);
    let hosts: Vec<String> = viewers.map(|cohort| host(&world, cohort)).collect();
    let mut running = Running {
        ground,
        start: world.now(),
        world,
        hosts,
        asked: VecDeque::new(),
        seen: vec![Vec::new(); ground.cohorts.len() + ground.probes.len()],
        baselines: vec![None; ground.cohorts.len() + ground.probes.len()],
        failed_open: false,
        phase,
        edge: WARM,
        crowd: None,
    };
    let mended = running.happen(case, begins)?;
    Ok(running.outcome(case, begins, mended))
}

/// Where in all periods the fault of this phase begins: evenly spread, with some chance.
fn offset(options: &Options, phase: usize) -> Duration {
    let step = PHASES_OVER / u32::try_from(options.phases.max(1)).unwrap_or(1);
    let mut rng = Rng::new(options.seed).fork("phase");
    (0..phase).for_each(|_| {
        rng.next_u64();
    });
    let within = rng.below(u64::try_from(step.as_millis()).unwrap_or(0));
    step * u32::try_from(phase).unwrap_or(0) + Duration::from_millis(within)
}

/// The name a cohort asks: a load balancer is known by its own name only once it is there.
fn host(world: &World, cohort: &Cohort) -> String {
    let resource = world.engine().services().cloudformation.resource(None, &cohort.host);
    let name = resource.and_then(|resource| {
        resource.attributes.get("DNSName").and_then(Value::as_str).map(str::to_owned)
    });
    name.unwrap_or_else(|| cohort.host.clone())
}

/// How much longer the fault of this phase lasts: its end, too, meets every age of what is cached.
fn longer(phase: usize, lasts: Duration) -> Duration {
    // The golden ratio spreads any number of phases evenly.
    let fraction = (phase as f64 * 0.618_033_988_75).fract();
    PHASES_OVER.min(lasts / 2).mul_f64(fraction)
}

struct Running<'a> {
    ground: &'a Ground<'a>,
    world: World,
    start: Time,
    hosts: Vec<String>,
    /// Questions without an answer yet: who, when, which.
    asked: VecDeque<(usize, Duration, VisitId)>,
    seen: Vec<Vec<Sample>>,
    baselines: Vec<Option<Baseline>>,
    failed_open: bool,
    phase: usize,
    /// The point of presence that viewers reach now.
    edge: u8,
    /// When the next of a crowd asks, and the time between two of them.
    crowd: Option<(Duration, Duration)>,
}

impl Running<'_> {
    /// Lets time pass with all its questions; returns when the fault was mended.
    fn happen(&mut self, case: &Case, begins: Duration) -> Result<Duration, String> {
        let options = self.ground.options;
        let lasts = if case.takes_long() { options.lasts.max(PLANNED_MIN) } else { options.lasts };
        let mended = begins + lasts + longer(self.phase, lasts);
        let (mut begun, mut over) = (false, false);
        let step = options.every / u32::try_from(self.hosts.len().max(1)).unwrap_or(1);
        let mut round = Duration::ZERO;
        while round < mended || !self.is_quiet(round, mended) {
            for who in 0..self.hosts.len() {
                let at = round + step * u32::try_from(who).unwrap_or(0);
                if !begun && at >= begins {
                    self.pass(begins);
                    self.act(case, true)?;
                    // Every other phase is that of viewers elsewhere, whose edge has kept nothing.
                    self.edge = if is_cold(self.phase) { COLD } else { WARM };
                    begun = true;
                }
                if !over && at >= mended {
                    self.pass(mended);
                    self.act(case, false)?;
                    over = true;
                }
                self.pass(at);
                self.ask(who, at);
            }
            self.collect(false);
            round += options.every;
        }
        self.pass(round + PATIENCE);
        self.collect(true);
        Ok(if case.happens_once() { Duration::MAX } else { mended })
    }

    /// Lets time pass; a crowd, if there is one, asks meanwhile.
    fn pass(&mut self, until: Duration) {
        while let Some((next, gap)) = self.crowd.filter(|(next, _)| *next < until) {
            self.world.run_until(self.start + next);
            if let (Some(cohort), Some(host)) = (self.ground.cohorts.first(), self.hosts.first()) {
                self.world.ask_unwatched(cohort.viewer(self.edge).head(host, "/").0);
            }
            self.crowd = Some((next + gap, gap));
        }
        self.world.run_until(self.start + until);
    }

    fn ask(&mut self, who: usize, at: Duration) {
        let viewers = self.ground.cohorts.iter().chain(self.ground.probes);
        let Some(cohort) = viewers.into_iter().nth(who) else { return };
        let place = (self.hosts[who].as_str(), cohort.path.as_str());
        let viewer = cohort.viewer(self.edge);
        let visit = self.world.visit((&cohort.name, 0), &viewer, place, true);
        self.asked.push_back((who, at, visit));
    }

    /// Takes the answers that have come; at the end, what has not come is no answer.
    fn collect(&mut self, at_the_end: bool) {
        for _ in 0..self.asked.len() {
            let Some((who, asked, visit)) = self.asked.pop_front() else { return };
            if !at_the_end && !self.world.has_visited(visit) {
                self.asked.push_back((who, asked, visit));
                continue;
            }
            let visited = self.world.visited(visit).unwrap_or_default();
            self.note(who, asked, &visited);
        }
    }

    fn note(&mut self, who: usize, asked: Duration, visited: &Visited) {
        let took = visited.at().map_or(PATIENCE, |at| at.since(self.start + asked));
        let answer = visited.answer();
        let missing: Vec<String> = visited.missing().map(|one| one.target.clone()).collect();
        if let (None, Some((head, body))) = (&self.baselines[who], answer) {
            self.baselines[who] = Some(Baseline::of(head, body, &missing));
        }
        let facts = visited.page.as_ref().map_or(&[][..], |seen| &seen.facts);
        let class = match (answer, &self.baselines[who]) {
            (Some((head, body)), Some(baseline)) => {
                self.ground.rest.designed.classify(baseline, (head, body), &missing, facts)
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
    fn is_quiet(&self, now: Duration, mended: Duration) -> bool {
        if now >= mended + TAIL_MAX {
            return true;
        }
        if now < mended + QUIET {
            return false;
        }
        let waiting = |asked: Duration| asked + self.ground.options.every * 2 < now;
        !self.asked.iter().any(|(_, asked, _)| waiting(*asked))
            && self.seen.iter().all(|samples| {
                let late = samples.iter().rev().take_while(|sample| sample.asked + QUIET >= now);
                late.into_iter().all(|sample| sample.class == Class::Right)
            })
    }

    fn act(&mut self, case: &Case, begins: bool) -> Result<(), String> {
        let operation = match (&case.act, begins) {
            (Act::Break { faults }, true) => {
                for (target, mode) in faults {
                    let (target, mode) = (target.clone(), *mode);
                    let act = drill::Act::Break { target, mode, lasts: None };
                    self.world.act(&act).map_err(|refused| refused.message)?;
                }
                return Ok(());
            }
            (Act::Break { .. }, false) if case.happens_once() => return Ok(()),
            (Act::Break { .. }, false) => {
                let act = drill::Act::Repair { target: None };
                return self.world.act(&act).map_err(|refused| refused.message);
            }
            (Act::Surge(surge), begins) => {
                let gap = Duration::from_secs(1) / surge.per_second.max(1);
                self.crowd = begins.then(|| (self.world.now().since(self.start), gap));
                return Ok(());
            }
            (Act::Once(operation) | Act::There { and: operation, .. }, true) => operation,
            (Act::There { back, .. }, false) => back,
            (Act::Once(_), false) => return Ok(()),
        };
        self.operate(operation)
    }

    fn operate(&mut self, operation: &Operation) -> Result<(), String> {
        let (service, name, input) = match operation {
            Operation::Service { logical_id, members } => {
                let arn = self.physical_id(logical_id);
                // arn:aws:ecs:REGION:ACCOUNT:service/CLUSTER/NAME
                let cluster = arn.split('/').nth(1).unwrap_or_default().to_owned();
                let mut input = json!({"cluster": cluster, "service": arn});
                for (name, value) in members.as_object().into_iter().flatten() {
                    input[name] = value.clone();
                }
                (ServiceName::Ecs, "UpdateService", input)
            }
            Operation::ErrorTtl { logical_id } => {
                let id = self.physical_id(logical_id);
                let get = json!({"Id": id});
                let got = self.call(ServiceName::CloudFront, "GetDistributionConfig", get)?;
                let mut config = got["DistributionConfig"].clone();
                let entries = config["CustomErrorResponses"]["Items"].as_array_mut();
                for entry in entries.into_iter().flatten() {
                    let ttl = entry["ErrorCachingMinTTL"].as_u64().unwrap_or(10);
                    entry["ErrorCachingMinTTL"] = json!(ttl + 1);
                }
                let etag = &got["ETag"];
                let input = json!({"Id": id, "IfMatch": etag, "DistributionConfig": config});
                (ServiceName::CloudFront, "UpdateDistribution", input)
            }
        };
        self.call(service, name, input).map(drop)
    }

    fn call(&mut self, service: ServiceName, name: &str, input: Value) -> Result<Value, String> {
        self.world.call(service, name, input).map_err(|refused| refused.to_string())
    }

    fn physical_id(&self, logical_id: &str) -> String {
        let cloudformation = &self.world.engine().services().cloudformation;
        let resource = cloudformation.resource(None, logical_id);
        resource.map(|resource| resource.physical_id).unwrap_or_default()
    }

    fn outcome(mut self, case: &Case, begins: Duration, mended: Duration) -> Outcome {
        let probes = self.seen.split_off(self.ground.cohorts.len());
        let from = if case.happens_once() { begins } else { mended };
        let able: BTreeMap<&str, Duration> = self
            .ground
            .probes
            .iter()
            .zip(&probes)
            .map(|(probe, samples)| (probe.host.as_str(), able_again(samples, from)))
            .collect();
        let measures = self.ground.cohorts.iter().zip(&self.seen).map(|(cohort, samples)| {
            let able = cohort.behind.as_deref().and_then(|behind| able.get(behind).copied());
            let every = self.ground.options.every;
            Measures::of(samples, Times { begins, mended, able: able.unwrap_or(from), every })
        });
        let measures = measures.collect();
        Outcome {
            seen: self.seen,
            measures,
            begins,
            mended: (!case.happens_once()).then_some(mended),
            failed_open: self.failed_open,
            cold: is_cold(self.phase),
        }
    }
}

/// Whether viewers of this phase meet an empty cache.
const fn is_cold(phase: usize) -> bool {
    phase % 2 == 1
}

/// When the load balancer's service first answered rightly again after `from`; a hang that ends
/// with the right answer counts from its end.
fn able_again(samples: &[Sample], from: Duration) -> Duration {
    let after = samples.iter().filter(|sample| sample.asked >= from);
    let right = after.filter(|sample| sample.class == Class::Right);
    right.map(|sample| sample.asked + sample.took).min().unwrap_or(from)
}
