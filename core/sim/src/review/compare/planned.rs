//! A site is closed and opened again while viewers ask: from when to when does each of them see the
//! page, and what does the answer say.

use std::collections::BTreeMap;

use serde::Serialize;
use standin_kernel::{
    Bytes, Duration, ExchangeId, Method, RequestHead, ResponseHead, ServiceName, Time, Value, json,
};

use super::pattern::{Close, Pattern};
use crate::keys;
use crate::operation::update_input;
use crate::play::{PATIENCE, Stage};
use crate::review::run::{at_rest, in_phase};
use crate::review::scene::Scene;
use crate::review::site;
use crate::world::{Arrival, World};

/// Before the site is closed.
const BEFORE: Duration = Duration::from_secs(30);
/// How long it stays closed, and is looked at once it is open again: longer than an edge takes to
/// hear of a change and than what the patterns let it keep.
const CLOSED: Duration = Duration::from_secs(600);
/// Everybody asks once a second for this long after a change, and less often then.
const CLOSELY: Duration = Duration::from_secs(90);
const OFTEN: Duration = Duration::from_secs(1);
const SELDOM: Duration = Duration::from_secs(5);
/// Each phase begins this much later than the one before, as seen by what is periodic.
const PHASE: Duration = Duration::from_millis(7_300);
/// The edges that viewers come to, one a phase: first the one that hears last of a change
/// (CF-DEP-02).
const EDGES: [u8; 4] = [3, 0, 2, 1];

/// What one viewer sees of a planned closing; worst of all phases, in seconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Seen {
    /// `page /`, `page /news`, `program /`, `form /`, `operator /`
    pub viewer: String,
    pub who: Who,
    /// From the change until nothing but the page is seen; `None`: the site is seen all the time.
    pub page_after_s: Option<f64>,
    /// From the way back until nothing but the site is seen; `None`: not within ten minutes.
    pub site_after_s: Option<f64>,
    /// Seconds of an error without the page, from the closing on.
    pub error_s: f64,
    /// The answer at the end of the closed time.
    pub answer: Answer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Who {
    /// Reads a page that the edge asks the site for.
    Reader,
    /// Reads a page that the edge has in its cache.
    Cached,
    Program,
    Form,
    /// Knows the header that passes.
    Operator,
}

/// What an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    Site,
    Page,
    Error,
}

/// An answer, as far as it is compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    pub what: What,
    pub status: Option<u16>,
    pub content_type: Option<String>,
    pub retry_after: Option<String>,
    pub cache_control: Option<String>,
}

/// Who asks for what.
#[derive(Clone, Debug)]
struct Viewer {
    who: Who,
    word: &'static str,
    path: String,
    headers: BTreeMap<String, String>,
}

fn viewers(pattern: &Pattern) -> Vec<Viewer> {
    let one = |who, word, path: &str| Viewer {
        who,
        word,
        path: path.to_owned(),
        headers: BTreeMap::new(),
    };
    let mut all = vec![one(Who::Reader, "page", "/")];
    all.extend(pattern.cached.iter().map(|path| one(Who::Cached, "page", path)));
    all.push(one(Who::Program, "program", "/"));
    all.push(one(Who::Form, "form", pattern.form.as_deref().unwrap_or("/")));
    if !pattern.operator.is_empty() {
        let headers = pattern.operator.clone();
        all.push(Viewer { headers, ..one(Who::Operator, "operator", "/") });
    }
    all
}

impl Viewer {
    fn head(&self, host: &str) -> RequestHead {
        let mut head = RequestHead::get(host, &self.path);
        let accept = if self.who == Who::Program { "application/json" } else { "text/html" };
        head.headers.append("Accept", accept);
        head.headers.append("User-Agent", "standin-review");
        if self.who == Who::Form {
            head.method = Method::Post;
            head.headers.append("Content-Type", "application/x-www-form-urlencoded");
            head.headers.append("Content-Length", "0");
        }
        for (name, value) in &self.headers {
            head.headers.append(name, value);
        }
        head
    }
}

/// Closes and opens at each phase; the worst of each viewer.
pub(super) fn planned(
    stage: &Stage,
    scene: &Scene,
    pattern: &Pattern,
    (seed, phases): (u64, usize),
) -> Result<Vec<Seen>, String> {
    let Some(close) = &pattern.close else { return Ok(Vec::new()) };
    let mut worst: Vec<Seen> = Vec::new();
    let world = at_rest(stage, seed)?;
    for phase in 0..phases.max(1) {
        let world = in_phase(&world, phase);
        let seen = Run::of(stage, scene, pattern, (world, phase))?.through(close)?;
        if worst.is_empty() {
            worst = seen;
            continue;
        }
        for (all, one) in worst.iter_mut().zip(seen) {
            all.page_after_s = larger(all.page_after_s, one.page_after_s);
            all.site_after_s = larger(all.site_after_s, one.site_after_s);
            all.error_s = all.error_s.max(one.error_s);
        }
    }
    Ok(worst)
}

/// Never is later than any time.
fn larger(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    Some(one?.max(other?))
}

/// One question: who, when, and what came.
struct Asked {
    who: usize,
    at: Duration,
    /// The time that this question stands for.
    every: Duration,
    exchange: ExchangeId,
}

struct Run<'a> {
    world: World,
    stage: &'a Stage,
    viewers: Vec<Viewer>,
    host: String,
    says: &'a str,
    edge: u8,
    asked: Vec<Asked>,
}

impl<'a> Run<'a> {
    fn of(
        stage: &'a Stage,
        scene: &Scene,
        pattern: &'a Pattern,
        (mut world, phase): (World, usize),
    ) -> Result<Self, String> {
        let later = PHASE * u32::try_from(phase).unwrap_or(0);
        world.run_until(world.now() + later);
        let host = site::host(&world, scene).ok_or("there is nobody to ask")?;
        let edge = EDGES[phase % EDGES.len()];
        let (viewers, says) = (viewers(pattern), pattern.says.as_str());
        Ok(Self { world, stage, viewers, host, says, edge, asked: Vec::new() })
    }

    fn through(mut self, close: &Close) -> Result<Vec<Seen>, String> {
        let begin = self.world.now();
        self.ask_until(Duration::ZERO, BEFORE, begin);
        let described = self.described();
        self.update(&described, &close.parameters)?;
        keys::put(&mut self.world, &close.keys)?;
        let open_at = BEFORE + CLOSED;
        self.ask_until(BEFORE, open_at, begin);
        let former = former(&described, &close.parameters);
        self.update(&described, &former)?;
        keys::delete(&mut self.world, &close.keys)?;
        let end = open_at + CLOSED;
        self.ask_until(open_at, end, begin);
        self.world.run_until(begin + end + PATIENCE);
        let mut answers: Vec<Vec<Sample>> = vec![Vec::new(); self.viewers.len()];
        for Asked { who, at, every, exchange } in std::mem::take(&mut self.asked) {
            let seen = self.world.seen(exchange);
            let took = seen.as_ref().map_or(PATIENCE, |seen| seen.at.since(begin + at));
            answers[who].push(Sample {
                at,
                took,
                every,
                answer: seen.and_then(|seen| seen.answer),
            });
        }
        let says = self.says;
        let seen = self.viewers.iter().zip(&answers);
        Ok(seen.map(|(viewer, samples)| told(viewer, samples, says, open_at)).collect())
    }

    /// Everybody asks, one after the other.
    fn ask_until(&mut self, from: Duration, until: Duration, begin: Time) {
        let mut round = from;
        while round < until {
            let every = if round < from + CLOSELY { OFTEN } else { SELDOM };
            let step = every / u32::try_from(self.viewers.len()).unwrap_or(1);
            for who in 0..self.viewers.len() {
                let at = round + step * u32::try_from(who).unwrap_or(0);
                self.world.run_until(begin + at);
                let head = self.viewers[who].head(&self.host);
                let arrival = Arrival { edge: self.edge, ..Arrival::default() };
                let exchange = self.world.request_as(head, arrival, false);
                self.asked.push(Asked { who, at, every, exchange });
            }
            round += every;
        }
        self.world.run_until(begin + until);
    }

    fn described(&mut self) -> Value {
        let name = json!({"StackName": self.stage.stack["StackName"]});
        let described = self.world.call(ServiceName::CloudFormation, "DescribeStacks", name);
        described.map(|described| described["Stacks"][0].clone()).unwrap_or_default()
    }

    fn update(&mut self, stack: &Value, values: &BTreeMap<String, Value>) -> Result<(), String> {
        if values.is_empty() {
            return Ok(());
        }
        let input = update_input(stack, values);
        let reply = self.world.call(ServiceName::CloudFormation, "UpdateStack", input);
        reply.map(drop).map_err(|refused| refused.to_string())
    }
}

/// What the parameters were before.
fn former(stack: &Value, values: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let mut parameters = stack["Parameters"].as_array().into_iter().flatten().filter_map(|one| {
        let key = one["ParameterKey"].as_str()?;
        Some((key.to_owned(), one["ParameterValue"].clone()))
    });
    parameters.by_ref().filter(|(key, _)| values.contains_key(key)).collect()
}

#[derive(Clone, Debug)]
struct Sample {
    at: Duration,
    took: Duration,
    every: Duration,
    answer: Option<(ResponseHead, Bytes)>,
}

fn told(viewer: &Viewer, samples: &[Sample], says: &str, open_at: Duration) -> Seen {
    let site = samples.first().and_then(|first| first.answer.clone());
    let kinds: Vec<What> = samples.iter().map(|one| what(one, site.as_ref(), says)).collect();
    let between = |from: Duration, until: Duration| {
        let all = samples.iter().zip(&kinds);
        all.filter(move |(one, _)| one.at >= from && one.at < until)
    };
    // From the last answer of another kind on, all are of this one.
    let settled = |from: Duration, until: Duration, wanted: What| {
        let (last, kind) = between(from, until).next_back()?;
        if *kind != wanted || last.answer.is_none() {
            return None;
        }
        let other = between(from, until).rfind(|(_, kind)| **kind != wanted);
        Some(other.map_or(0.0, |(one, _)| (one.at + one.took - from).as_secs_f64()))
    };
    let last = between(BEFORE, open_at).next_back().map(|(one, kind)| answer(one, *kind));
    let errors = between(BEFORE, Duration::MAX).filter(|(_, kind)| **kind == What::Error);
    let errors: Duration = errors.map(|(one, _)| one.every).sum();
    Seen {
        viewer: format!("{} {}", viewer.word, viewer.path),
        who: viewer.who,
        page_after_s: settled(BEFORE, open_at, What::Page),
        site_after_s: settled(open_at, Duration::MAX, What::Site),
        error_s: errors.as_secs_f64(),
        answer: last.unwrap_or_else(Answer::none),
    }
}

fn what(sample: &Sample, site: Option<&(ResponseHead, Bytes)>, says: &str) -> What {
    let Some((head, body)) = &sample.answer else { return What::Error };
    let same = |(was, it): &(ResponseHead, Bytes)| {
        // What the site never does is an error with an id of its own each time.
        was.status == head.status && (it == body || was.status >= 400)
    };
    if !says.is_empty() && String::from_utf8_lossy(body).contains(says) {
        What::Page
    } else if site.is_some_and(same) {
        What::Site
    } else {
        What::Error
    }
}

fn answer(sample: &Sample, what: What) -> Answer {
    let Some((head, _)) = &sample.answer else { return Answer::none() };
    let header = |name: &str| head.headers.get(name).map(str::to_owned);
    Answer {
        what,
        status: Some(head.status),
        content_type: header("Content-Type"),
        retry_after: header("Retry-After"),
        cache_control: header("Cache-Control"),
    }
}

impl Answer {
    const fn none() -> Self {
        Self {
            what: What::Error,
            status: None,
            content_type: None,
            retry_after: None,
            cache_control: None,
        }
    }
}
