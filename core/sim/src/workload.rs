//! How a container behaves under virtual time: when it starts, whether it ends by itself, how fast
//! and what it answers, how much it can bear. Inferred from the task definition, refined under
//! `Metadata: Standin: Containers: X: Model` (docs/model.md).

use std::collections::VecDeque;
use std::net::SocketAddr;

use standin_kernel::http::RequestHead;
use standin_kernel::pattern::matches;
use standin_kernel::workload::WorkloadSpec;
use standin_kernel::{Body, Bytes, Duration, Method, Response, Rng, Time, Value};

use crate::database::{Reach, Sessions};
use crate::model::{IMAGES, Members, OF_CONTAINERS};

/// What a healthy application answers.
const APPLICATION: &[u8] = b"the application answers\n";
/// How long it takes to say that there is no room.
const NO_ROOM: Duration = Duration::from_millis(1);

/// The behaviour of one container.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// From launch until it runs.
    pub starts_after: Duration,
    /// Ends by itself this long after it started.
    pub ends_after: Option<Duration>,
    /// The code it ends with when it ends by itself.
    pub exit_code: i32,
    /// From start until it accepts connections; `None`: never.
    pub ready_after: Option<Duration>,
    /// From SIGTERM until it has ended.
    pub stops_after: Duration,
    /// How long an answer takes.
    pub answers_after: Duration,
    /// Of a hundred answers, how many are a 500.
    pub error_percent: f64,
    /// How many requests it works on at once; `None`: any number.
    pub capacity: Option<usize>,
    /// How many more wait for their turn. Whoever comes then gets a 503.
    pub backlog: usize,
    /// How long it waits for a database that is silent; `None`: without end.
    pub database_timeout: Option<Duration>,
    /// Whether it opens another session with a database after one has broken.
    pub reconnects: bool,
    /// What it answers; the first path that fits counts.
    pub paths: Vec<PathModel>,
}

/// What a container answers on some paths.
#[derive(Clone, Debug, PartialEq)]
pub struct PathModel {
    /// `/static/*`, with CloudFront's wildcards.
    pub path: String,
    pub status: u16,
    pub content_type: String,
    pub cache_control: Option<String>,
    /// `Retry-After` in seconds.
    pub retry_after_s: Option<u32>,
    pub body: Bytes,
    /// How long an answer takes; as the others when left out.
    pub answers_after: Option<Duration>,
    /// Without the database it answers 500 here.
    pub needs_database: bool,
}

/// A request to a container.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) head: &'a RequestHead,
    pub(crate) now: Time,
    /// What came of asking the databases that the path needs.
    pub(crate) database: Reach,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            starts_after: Duration::from_millis(20),
            ends_after: None,
            exit_code: 0,
            ready_after: Some(Duration::from_millis(30)),
            stops_after: Duration::from_millis(10),
            answers_after: Duration::from_millis(2),
            error_percent: 0.0,
            capacity: None,
            backlog: 0,
            database_timeout: None,
            reconnects: true,
            paths: Vec::new(),
        }
    }
}

impl Model {
    /// The model of a container. `one_shot`: another container waits for it to SUCCESS or COMPLETE,
    /// so it is one that ends. Fails with the member that is wrong.
    pub fn of(spec: &WorkloadSpec, one_shot: bool) -> Result<Self, String> {
        let mut model = Self::default();
        if one_shot {
            model.ends_after = Some(Duration::from_millis(50));
        }
        let written = &spec.local["Model"];
        if written.is_null() {
            return Ok(model);
        }
        let members = Members::read(written, "Model", &OF_CONTAINERS, Some(IMAGES))?;
        members.apply(&mut model)?;
        for (pattern, refined) in members.images()? {
            let place = format!("Model.Images.{pattern}");
            let refined = Members::read(refined, &place, &OF_CONTAINERS, None)?;
            // Read all the same: a wrong member is wrong before its image is run.
            let mut changed = model.clone();
            refined.apply(&mut changed)?;
            if matches(pattern, &spec.image) {
                model = changed;
            }
        }
        Ok(model)
    }

    fn path(&self, path: &str) -> Option<&PathModel> {
        self.paths.iter().find(|one| matches(&one.path, path))
    }

    /// Whether it asks its database before it answers.
    pub(crate) fn needs_database(&self, path: &str) -> bool {
        self.path(path).is_none_or(|path| path.needs_database)
    }

    /// Whether it accepts connections `since` it started.
    pub(crate) fn is_ready(&self, since: Duration) -> bool {
        self.ready_after.is_some_and(|after| since >= after)
    }
}

/// The requests that a container works on, by the moments they will be done, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Desk {
    done: VecDeque<Time>,
}

impl Desk {
    /// What the container answers to a request, and when; `None`: never.
    pub(crate) fn answer(
        &mut self,
        model: &Model,
        asked: &Asked<'_>,
        luck: &mut Rng,
    ) -> Option<(Time, Response)> {
        let Asked { head, now, database } = *asked;
        let path = model.path(head.path());
        let mut takes = path.and_then(|path| path.answers_after).unwrap_or(model.answers_after);
        if database == Reach::Silent {
            takes = model.database_timeout?.max(takes);
        }
        let Some(at) = self.turn(model, now, takes) else {
            return Some((now + NO_ROOM, Response::text(503, "text/plain", "no room\n")));
        };
        let unlucky =
            model.error_percent > 0.0 && luck.below(1_000_000) < per_million(model.error_percent);
        let mut response = match path {
            _ if database != Reach::Answers => {
                Response::text(500, "text/plain", "the database does not answer\n")
            }
            _ if unlucky => Response::text(500, "text/plain", "the application failed\n"),
            Some(path) => {
                let body = path.body.clone();
                let mut response = Response::text(path.status, &path.content_type, body);
                if let Some(value) = &path.cache_control {
                    response.head.headers.append("Cache-Control", value);
                }
                if let Some(seconds) = path.retry_after_s {
                    response.head.headers.append("Retry-After", seconds.to_string());
                }
                response
            }
            None => Response::text(200, "text/html", Bytes::from_static(APPLICATION)),
        };
        if head.method == Method::Head {
            response.head_length = response.body.length();
            response.body = Body::Empty;
        }
        Some((at, response))
    }

    /// When a request that comes now is done; `None` when there is no room for it.
    fn turn(&mut self, model: &Model, now: Time, takes: Duration) -> Option<Time> {
        let Some(capacity) = model.capacity else { return Some(now + takes) };
        while self.done.front().is_some_and(|done| *done <= now) {
            self.done.pop_front();
        }
        let inside = self.done.len();
        if inside >= capacity + model.backlog {
            return None;
        }
        let begins = match inside.checked_sub(capacity) {
            // As many as there is work for at once are done before the last `capacity` of them.
            Some(before) => self.done[before],
            None => now,
        };
        let done = begins + takes;
        let at = self.done.partition_point(|other| *other <= done);
        self.done.insert(at, done);
        Some(done)
    }
}

pub(crate) fn per_million(percent: f64) -> u64 {
    let whole = Duration::try_from_secs_f64(percent / 100.0).unwrap_or_default();
    u64::try_from(whole.as_micros()).unwrap_or(0)
}

/// A container, or a database server, that was launched.
#[derive(Clone, Debug)]
pub(crate) struct Container {
    pub(crate) spec: WorkloadSpec,
    pub(crate) model: Model,
    pub(crate) sessions: Sessions,
    pub(crate) running_since: Option<Time>,
    pub(crate) desk: Desk,
}

impl Container {
    pub(crate) fn accepts_connections(&self, now: Time) -> bool {
        self.running_since.is_some_and(|at| self.model.is_ready(now.since(at)))
    }

    /// Where it listens.
    pub(crate) fn places(&self) -> Vec<SocketAddr> {
        let address = self.spec.address;
        self.spec.ports.iter().map(|port| SocketAddr::from((address, *port))).collect()
    }
}

/// Names of the containers of a task definition that others wait for to end.
pub fn one_shots(task_definition: &Value) -> Vec<String> {
    let containers = task_definition["containerDefinitions"].as_array();
    containers
        .into_iter()
        .flatten()
        .flat_map(|container| container["dependsOn"].as_array().into_iter().flatten())
        .filter(|needs| needs["condition"] == "SUCCESS" || needs["condition"] == "COMPLETE")
        .filter_map(|needs| needs["containerName"].as_str().map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use standin_kernel::json;

    use super::*;

    #[test]
    fn a_container_waited_for_to_succeed_is_one_that_ends() {
        let definition = json!({"containerDefinitions": [
            {"name": "app", "dependsOn": [
                {"containerName": "prepare", "condition": "SUCCESS"},
                {"containerName": "agent", "condition": "HEALTHY"},
            ]},
            {"name": "prepare"}, {"name": "agent"},
        ]});
        assert_eq!(one_shots(&definition), ["prepare"]);
    }

    fn ask(desk: &mut Desk, model: &Model, at_ms: u64) -> (u64, u16) {
        let now = Time(0) + Duration::from_millis(at_ms);
        let head = RequestHead::get("h", "/static/a.css");
        let asked = Asked { head: &head, now, database: Reach::Answers };
        let (at, response) = desk.answer(model, &asked, &mut Rng::new(1)).unwrap();
        (at.millis(), response.head.status)
    }

    #[test]
    fn beyond_its_capacity_it_is_slow_and_then_full() {
        let model = Model {
            answers_after: Duration::from_millis(100),
            capacity: Some(2),
            backlog: 2,
            ..Model::default()
        };
        let mut desk = Desk::default();
        let answers: Vec<_> = (0..5).map(|at| ask(&mut desk, &model, at)).collect();
        assert_eq!(answers, [(100, 200), (101, 200), (200, 200), (201, 200), (5, 503)]);
        assert_eq!(ask(&mut desk, &model, 150), (300, 200));
        assert_eq!(ask(&mut desk, &model, 400), (500, 200));
    }

    #[test]
    fn some_answers_are_errors_if_the_model_says_so() {
        let model = Model { error_percent: 25.0, ..Model::default() };
        let (mut desk, mut luck) = (Desk::default(), Rng::new(3));
        let head = RequestHead::get("h", "/");
        let asked = Asked { head: &head, now: Time(0), database: Reach::Answers };
        let mut fails = || desk.answer(&model, &asked, &mut luck).unwrap().1.head.status == 500;
        let failed = (0..4000).filter(|_| fails()).count();
        assert!((900..1100).contains(&failed), "{failed}");
    }
}
