//! Random nights of the reference stack: whatever breaks and is mended, and whenever viewers ask,
//! each of them has exactly one answer; no draining target is asked; nothing is served past its
//! time; and once all is mended the right page is back within a bound that follows from the
//! template.
//!
//! `STANDIN_NIGHTS=17..18` plays other nights than the first twelve.

// A test that cannot go on panics.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::Range;

use standin_kernel::fault::Mode;
use standin_kernel::{Bytes, Duration, Env, ExchangeId, Rng, ServiceName, Time, Value, json};
use standin_sim::drill::Act;
use standin_sim::world::Seen;
use standin_sim::{World, create};
use standin_tests::{drill, root};

/// What is broken, and how.
const FAULTS: [(&str, &[&str]); 11] = [
    ("Service", &["stop", "hang", "slow=3s", "status=500", "refuse", "loss=30%", "kill"]),
    ("Service", &["bad-deployment", "stop-task", "latency=1s/500ms", "blackhole=8080"]),
    ("Service/1", &["stop-task", "kill", "hang", "status=500"]),
    ("LoadBalancer", &["stop", "hang", "refuse", "slow=3s", "status=500", "certificate-expired"]),
    ("LoadBalancer->Service", &["cut", "loss=30%", "latency=500ms"]),
    (
        "Distribution/diary",
        &["stop", "hang", "loss=30%", "latency=3s/500ms", "certificate-expired"],
    ),
    ("PagesBucket", &["stop", "hang", "forbidden", "missing"]),
    ("PagesBucket/maintenance/sorry/index.html", &["forbidden", "missing"]),
    ("Database", &["stop", "kill", "hang", "refuse"]),
    ("ap-northeast-1a", &["stop", "cut"]),
    ("Distribution", &["stop", "status=500", "slow=3s"]),
];
const PATHS: [&str; 4] = ["/", "/static/diary.css", "/maintenance/sorry/index.html", "/entries/x"];

/// The longest that a slow or lossy network holds a request back between the load balancer's choice
/// and the task, and how long a sound one does: who was chosen before is still asked then.
const HELD: Duration = Duration::from_secs(14);
const SOUND: Duration = Duration::from_millis(10);
/// The trouble of a night.
const TROUBLE: Duration = Duration::from_secs(180);

/// Numbers of the template: seconds.
const ERROR_TTL_S: u64 = 5;
const PAGE_TTL_S: u64 = 1;
const CHECKS: Duration = Duration::from_secs(3 * 5);

/// From repair to the right page. ECS waits before it starts tasks again that could not start: each
/// time twice as long, so at most twice the trouble and the first delay of 5 s (ECS-SV-08). Then a
/// task starts, its checks find it healthy, and the last remembered error's time ends.
fn back_within() -> Duration {
    let throttle = TROUBLE * 2 + Duration::from_secs(5);
    let starts = Duration::from_secs(5);
    throttle + starts + CHECKS + Duration::from_secs(ERROR_TTL_S)
}

struct Night {
    seed: u64,
    world: World,
    chance: Rng,
    asked: Vec<(&'static str, ExchangeId)>,
    /// Until when requests may come late that a fault held back.
    late_until: Time,
    /// Since when a target drains.
    draining: BTreeMap<SocketAddr, Time>,
    group: Value,
    /// The page of the template's custom error responses.
    sorry: Bytes,
}

impl Night {
    fn new(seed: u64) -> Self {
        let (_, stage) = drill(&root().join("stacks/diary/drills/tasks-die.yaml")).unwrap();
        let mut world = World::new(Env::default(), seed);
        create(&mut world, &stage).unwrap();
        world.run_until(world.now() + Duration::from_secs(30));
        world.delivered();
        let sorry = stage.objects.iter().find(|one| one.key.ends_with("sorry/index.html")).unwrap();
        let sorry = sorry.body.clone();
        let groups = world.call(ServiceName::Elbv2, "DescribeTargetGroups", json!({})).unwrap();
        let group = groups["TargetGroups"][0]["TargetGroupArn"].clone();
        let chance = Rng::new(seed).fork("night");
        let (asked, draining, late_until) = (Vec::new(), BTreeMap::new(), world.now());
        Self { seed, world, chance, asked, late_until, draining, group, sorry }
    }

    fn pick(&mut self, many: usize) -> usize {
        usize::try_from(self.chance.below(many as u64)).unwrap()
    }

    fn trouble(&mut self) {
        let end = self.world.now() + TROUBLE;
        while self.world.now() < end {
            let pause = Duration::from_millis(self.chance.below(600));
            self.world.run_until(self.world.now() + pause);
            match self.chance.below(14) {
                0 => self.break_something(),
                1 => self.world.act(&Act::Repair { target: None }).unwrap(),
                2 => self.deploy(),
                _ => {
                    let path = PATHS[self.pick(PATHS.len())];
                    self.asked.push((path, self.world.ask("localhost", path, true)));
                }
            }
            self.no_draining_target_is_asked();
        }
        self.world.act(&Act::Repair { target: None }).unwrap();
    }

    fn break_something(&mut self) {
        let (target, modes) = FAULTS[self.pick(FAULTS.len())];
        let mode = modes[self.pick(modes.len())].parse().unwrap();
        let act = Act::Break { target: target.to_owned(), mode, lasts: None };
        if let Err(refused) = self.world.act(&act) {
            // There may be no task left to break, and no server.
            assert_eq!(refused.code, "InvalidTarget", "seed {}: {refused}", self.seed);
        }
    }

    /// A deployment of the same revision: old tasks drain.
    fn deploy(&mut self) {
        let cloudformation = &self.world.engine().services().cloudformation;
        let service = cloudformation.resource(None, "Service").unwrap().physical_id;
        let cluster = service.split('/').nth(1).unwrap().to_owned();
        let input = json!({"cluster": cluster, "service": service, "forceNewDeployment": true});
        self.world.call(ServiceName::Ecs, "UpdateService", input).unwrap();
    }

    /// Whoever has been draining for longer than a request can be held back is asked no more.
    fn no_draining_target_is_asked(&mut self) {
        for sent in self.world.delivered() {
            let since = self.draining.get(&sent.to);
            let held = if sent.at < self.late_until { HELD } else { SOUND };
            let late = since.is_some_and(|since| sent.at > *since + held);
            assert!(!late, "seed {}: {} drains since {since:?}, {sent:?}", self.seed, sent.to);
        }
        let holds = |mode| matches!(mode, Mode::Slow(_) | Mode::Latency { .. } | Mode::Loss(_));
        if self.world.engine().faults().iter().any(|active| holds(active.fault.mode)) {
            self.late_until = self.world.now() + HELD;
        }
        let input = json!({"TargetGroupArn": self.group});
        let health = self.world.call(ServiceName::Elbv2, "DescribeTargetHealth", input).unwrap();
        let described = health["TargetHealthDescriptions"].as_array().unwrap();
        let draining = described.iter().filter(|one| one["TargetHealth"]["State"] == "draining");
        let now = self.world.now();
        let mut still = BTreeMap::new();
        for one in draining {
            let (id, port) = (one["Target"]["Id"].as_str().unwrap(), &one["Target"]["Port"]);
            let address: SocketAddr = format!("{id}:{port}").parse().unwrap();
            still.insert(address, self.draining.get(&address).copied().unwrap_or(now));
        }
        self.draining = still;
    }

    /// An answer out of the cache is no older than it may be, unless it is shown because its origin
    /// fails (CF-STALE-01).
    fn is_in_its_time(&self, path: &str, seen: &Seen) {
        let Some((head, body)) = &seen.answer else { return };
        let age: Option<u64> = head.headers.get("Age").and_then(|age| age.parse().ok());
        let Some(age) = age else { return };
        // A custom error page has an age of its own (CF-CER-10).
        if *body == self.sorry {
            return;
        }
        let most = match path {
            _ if head.status >= 400 => ERROR_TTL_S,
            "/" | "/entries/x" => PAGE_TTL_S,
            _ => return,
        };
        let stale = seen.facts.iter().filter_map(|fact| fact.row.as_deref());
        let excused = stale.into_iter().any(|row| row.starts_with("CF-STALE-"));
        let seed = self.seed;
        assert!(age <= most || excused, "seed {seed}: {path}, {age} s old: {:#?}", seen.facts);
    }

    fn each_has_one_answer(&mut self) {
        for (path, asked) in std::mem::take(&mut self.asked) {
            let seen = self.world.seen(asked);
            let seen = seen.unwrap_or_else(|| panic!("seed {}: {path} has no answer", self.seed));
            self.is_in_its_time(path, &seen);
        }
        let engine = self.world.engine();
        let waiting = engine.open_exchanges_of(ServiceName::Lambda);
        assert_eq!(engine.open_exchanges(), waiting, "seed {}", self.seed);
    }

    /// The right page, and nothing else, for a minute.
    fn all_is_well(&mut self) {
        for _ in 0..60 {
            let asked = self.world.ask("localhost", "/", true);
            self.world.run_until(self.world.now() + Duration::from_secs(1));
            let seed = self.seed;
            let seen = self.world.seen(asked).unwrap_or_else(|| panic!("seed {seed}: it hangs"));
            let status = seen.answer.as_ref().map(|(head, _)| head.status);
            assert_eq!(status, Some(200), "seed {seed}: the diary is back: {:#?}", seen.facts);
        }
    }
}

fn nights() -> Range<u64> {
    let Ok(written) = std::env::var("STANDIN_NIGHTS") else { return 0..12 };
    let (from, to) = written.split_once("..").unwrap();
    from.parse().unwrap()..to.parse().unwrap()
}

#[test]
fn a_bad_night_leaves_nobody_without_an_answer_and_the_right_page_is_back_in_time() {
    for seed in nights() {
        let mut night = Night::new(seed);
        night.trouble();
        let repaired = night.world.now();
        night.world.run_until(repaired + back_within());
        night.no_draining_target_is_asked();
        night.each_has_one_answer();
        night.all_is_well();
    }
}
