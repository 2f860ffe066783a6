//! One run: the stack is created, viewers ask, something happens at one phase of everything that
//! is periodic, and the stack is watched until it is right again.

use std::collections::BTreeMap;

use standin_kernel::cx::Pace;
use standin_kernel::{Duration, Env, Rng, ServiceName, Value, json};

use super::case::{Act, Case, Operation};
use super::cohort::Cohort;
use super::measure::{Class, Measures, Sample, Times};
use super::page::Designed;
use super::watch::{Watch, host};
use super::{Options, Workers};
use crate::drill;
use crate::play::{PATIENCE, Stage, create};
use crate::world::World;

/// From the beginning of the questions to the earliest fault.
const WARM_UP: Duration = Duration::from_secs(15);
/// The periods that phases are spread over: health checks and error caches run at most this long
/// in practice, and longer ones are sampled by where in them this falls.
const PHASES_OVER: Duration = Duration::from_secs(60);
/// What is done on purpose is watched for at least this long.
const PLANNED_MIN: Duration = Duration::from_secs(180);
/// Time for the stack to come to rest.
const SETTLING: Duration = Duration::from_secs(30);

/// What the runs of a review share.
#[derive(Debug)]
pub(crate) struct Ground<'a> {
    pub(crate) cohorts: &'a [Cohort],
    /// Asked beside the cohorts, to see when a load balancer's service could answer again.
    pub(crate) probes: &'a [Cohort],
    pub(crate) rest: &'a Rest,
    pub(crate) options: &'a Options,
}

/// What viewers get while nothing is broken.
#[derive(Clone, Debug)]
pub(crate) struct Rest {
    pub(crate) designed: Designed,
    /// In the order of the cohorts; `None`: no answer.
    statuses: Vec<Option<u16>>,
    /// Functions whose code nobody runs.
    pub(crate) idle: Vec<String>,
    /// The stack at rest: nobody has asked anything yet.
    world: World,
}

impl Rest {
    /// Asks for everything once; an error when the stack does not come up.
    pub(crate) fn of(stage: &Stage, cohorts: &[Cohort], options: &Options) -> Result<Self, String> {
        let at_rest = at_rest(stage, options.seed)?;
        let mut world = at_rest.clone();
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
        let idle = world.idle_functions();
        Ok(Self { designed, statuses, idle, world: at_rest })
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

/// A copy of a world in which chance goes its own way.
pub(crate) fn in_phase(world: &World, phase: usize) -> World {
    let mut world = world.clone();
    world.fork_chance(&format!("phase {phase}"));
    world
}

/// What the runs of a review share, and the moment at which each phase's fault begins: until then
/// all faults have the same story.
#[derive(Debug)]
pub(crate) struct Prepared<'a> {
    pub(crate) ground: Ground<'a>,
    /// By phase.
    eves: Vec<Watch>,
}

impl<'a> Prepared<'a> {
    pub(crate) fn new(ground: Ground<'a>, workers: &impl Workers) -> Self {
        let phases = ground.options.phases.max(1);
        Self { eves: workers.map(phases, |phase| eve(&ground, phase)), ground }
    }

    pub(crate) fn phases(&self) -> usize {
        self.eves.len()
    }
}

/// The stack at rest, and viewers who ask until the fault of this phase begins.
fn eve(ground: &Ground<'_>, phase: usize) -> Watch {
    let mut watch = Watch::new(ground, in_phase(&ground.rest.world, phase));
    watch.pass_with(ground, begins(ground.options, phase));
    watch
}

/// Lets the case happen at one phase.
pub(crate) fn run(prepared: &Prepared<'_>, case: &Case, phase: usize) -> Result<Outcome, String> {
    let Prepared { ground, eves } = prepared;
    let options = ground.options;
    let begins = begins(options, phase);
    let lasts = if case.takes_long() { options.lasts.max(PLANNED_MIN) } else { options.lasts };
    let mended = begins + lasts + longer(phase, lasts);
    let mut watch = eves[phase].clone();
    act(&mut watch, case, true)?;
    // Every other phase is that of viewers elsewhere, whose edge has kept nothing.
    watch.edge = if is_cold(phase) { COLD } else { WARM };
    watch.pass_with(ground, mended);
    act(&mut watch, case, false)?;
    watch.until_quiet(ground, mended);
    let mended = (!case.happens_once()).then_some(mended);
    Ok(outcome(ground, watch, (begins, mended), is_cold(phase)))
}

fn begins(options: &Options, phase: usize) -> Duration {
    WARM_UP + offset(options, phase)
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

/// How much longer the fault of this phase lasts: its end, too, meets every age of what is cached.
fn longer(phase: usize, lasts: Duration) -> Duration {
    // The golden ratio spreads any number of phases evenly.
    let fraction = (phase as f64 * 0.618_033_988_75).fract();
    PHASES_OVER.min(lasts / 2).mul_f64(fraction)
}

fn act(watch: &mut Watch, case: &Case, begins: bool) -> Result<(), String> {
    let operation = match (&case.act, begins) {
        (Act::Break { faults }, true) => {
            for (target, mode) in faults {
                let (target, mode) = (target.clone(), *mode);
                let act = drill::Act::Break { target, mode, lasts: None };
                watch.world.act(&act).map_err(|refused| refused.message)?;
            }
            return Ok(());
        }
        (Act::Break { .. }, false) if case.happens_once() => return Ok(()),
        (Act::Break { .. }, false) => {
            let act = drill::Act::Repair { target: None };
            return watch.world.act(&act).map_err(|refused| refused.message);
        }
        (Act::Surge(surge), begins) => {
            let gap = Duration::from_secs(1) / surge.per_second.max(1);
            watch.crowd = begins.then(|| (watch.world.now().since(watch.start), gap));
            return Ok(());
        }
        (Act::Once(operation) | Act::There { and: operation, .. }, true) => operation,
        (Act::There { back, .. }, false) => back,
        (Act::Once(_), false) => return Ok(()),
    };
    operate(&mut watch.world, operation)
}

fn operate(world: &mut World, operation: &Operation) -> Result<(), String> {
    let (service, name, input) = match operation {
        Operation::Service { logical_id, members } => {
            let arn = physical_id(world, logical_id);
            // arn:aws:ecs:REGION:ACCOUNT:service/CLUSTER/NAME
            let cluster = arn.split('/').nth(1).unwrap_or_default().to_owned();
            let mut input = json!({"cluster": cluster, "service": arn});
            for (name, value) in members.as_object().into_iter().flatten() {
                input[name] = value.clone();
            }
            (ServiceName::Ecs, "UpdateService", input)
        }
        Operation::ErrorTtl { logical_id } => {
            let id = physical_id(world, logical_id);
            let get = json!({"Id": id});
            let got = call(world, ServiceName::CloudFront, "GetDistributionConfig", get)?;
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
    call(world, service, name, input).map(drop)
}

fn call(
    world: &mut World,
    service: ServiceName,
    name: &str,
    input: Value,
) -> Result<Value, String> {
    world.call(service, name, input).map_err(|refused| refused.to_string())
}

fn physical_id(world: &World, logical_id: &str) -> String {
    let cloudformation = &world.engine().services().cloudformation;
    let resource = cloudformation.resource(None, logical_id);
    resource.map(|resource| resource.physical_id).unwrap_or_default()
}

fn outcome(
    ground: &Ground<'_>,
    watch: Watch,
    (begins, mended): (Duration, Option<Duration>),
    cold: bool,
) -> Outcome {
    let Watch { mut seen, failed_open, .. } = watch;
    let probes = seen.split_off(ground.cohorts.len());
    let from = mended.unwrap_or(begins);
    let able: BTreeMap<&str, Duration> = ground
        .probes
        .iter()
        .zip(&probes)
        .map(|(probe, samples)| (probe.host.as_str(), able_again(samples, from)))
        .collect();
    let measures = ground.cohorts.iter().zip(&seen).map(|(cohort, samples)| {
        let able = cohort.behind.as_deref().and_then(|behind| able.get(behind).copied());
        let (every, able) = (ground.options.every, able.unwrap_or(from));
        Measures::of(
            samples,
            Times { begins, mended: mended.unwrap_or(Duration::MAX), able, every },
        )
    });
    Outcome { measures: measures.collect(), seen, begins, mended, failed_open, cold }
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
