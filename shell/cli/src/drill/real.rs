//! A drill on the running stack: viewers with real sockets, faults through the API port.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use standin_host::Question;
use standin_kernel::http::RequestHead;
use standin_kernel::{ResponseHead, ServiceName, Time, Value, json};
use standin_sim::alarm;
use standin_sim::cohort::{Connection, Kind};
use standin_sim::drill::{Act, Operation, Planned, Turn, Viewer};
use standin_sim::observe::Got;
use standin_sim::operation::{self, references, resolved, update_input};
use standin_sim::play::PATIENCE;
use standin_sim::viewer::named_in;
use standin_sim::{AlarmStates, Answer, Drill, Event, Observation, Pages, Reason, Run, Scheme};
use tokio::sync::mpsc;
use tokio::task::spawn_local;

use super::browser::{Connections, To, ask};
use super::progress::Progress;
use super::resolve::Lookup;
use super::way::Way;
use crate::Failure;
use crate::link::Link;

/// One answer, before it is known why it was so.
pub(super) struct Raw {
    pub(super) viewer: usize,
    asked_at: Duration,
    took: Duration,
    answer: Answer,
    pub(super) head: Option<ResponseHead>,
    missing: Vec<String>,
}

/// Plays the story in real time.
pub(crate) async fn play(link: &Link, drill: &Drill, quiet: bool) -> Result<Run, Failure> {
    let pages = pages(link, drill).await?;
    let mut ways = Vec::new();
    for viewer in &drill.viewers {
        let (host, scheme) = (viewer.host.as_deref(), viewer.cohort.scheme);
        ways.push(Way::find(link, host, &viewer.get, scheme).await?);
    }
    let alarms = watched(link, drill).await?;
    link.ask(Question::Trace { on: true }).await?;
    let begin = Instant::now();
    let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (began, began_s) = (Time(0) + began, began.as_secs());
    let (sender, mut answers) = mpsc::unbounded_channel();
    for ((index, viewer), way) in drill.viewers.iter().enumerate().zip(ways) {
        let way = (link.clone(), way);
        spawn_local(view(index, viewer.clone(), drill.duration, way, begin, sender.clone()));
    }
    drop(sender);
    let progress = Progress::new(drill, begin, quiet);
    let acting =
        Acting { link, drill, begin, began_s, progress: &progress, events: RefCell::default() };
    let mut raw = Vec::new();
    let collect = async {
        while let Some(answer) = answers.recv().await {
            progress.saw(&answer);
            raw.push(answer);
        }
    };
    let playing = async { tokio::join!(acting.act(), collect).0 };
    let acted = tokio::select! {
        acted = playing => acted,
        () = progress.show() => Ok(()),
    };
    progress.clear();
    let because = because(link, &raw).await;
    link.ask(Question::Trace { on: false }).await?;
    acted?;
    raw.sort_by_key(|one| (one.asked_at, one.viewer));
    let because = because?;
    let see = |one: Raw| {
        let reasons = one.head.as_ref().and_then(request_id).and_then(|id| because.get(id));
        let reasons = reasons.cloned().unwrap_or_default();
        let times = (one.asked_at, one.took);
        let (answer, head, missing) = (&one.answer, one.head.as_ref(), one.missing);
        let got = Got { answer, head, missing };
        Observation::new(drill, one.viewer, times, &pages, got, reasons)
    };
    let mut events = acting.events.into_inner();
    events.sort_by_key(|event| event.at);
    let observations = raw.into_iter().map(see).collect();
    let mut told = Vec::new();
    for (alarm, name, before) in alarms {
        let history = alarm::history(&name, began);
        let history = link.call(PLATFORM, "cloudwatch:DescribeAlarmHistory", history).await?;
        told.push(AlarmStates::new(&alarm, before, &history, began));
    }
    Ok(Run { observations, events, alarms: told })
}

/// The alarms that expectations are about: as they name them, their names on AWS, their states
/// before anything happens.
async fn watched(link: &Link, drill: &Drill) -> Result<Vec<(String, String, String)>, Failure> {
    let mut watched = Vec::new();
    for (path, alarm) in alarm::watched(drill) {
        let known = physical_ids(link, &[alarm]).await?;
        let name = known.get(alarm).map_or(alarm, String::as_str).to_owned();
        let input = alarm::described(&name);
        let described = link.call(PLATFORM, "cloudwatch:DescribeAlarms", input).await?;
        let state = alarm::state(&described);
        let state = state.ok_or_else(|| format!("{path}: there is no alarm {alarm}"))?;
        watched.push((alarm.to_owned(), name, state));
    }
    Ok(watched)
}

const PLATFORM: ServiceName = ServiceName::Platform;

/// Does what the story says, when it says so.
struct Acting<'a> {
    link: &'a Link,
    drill: &'a Drill,
    begin: Instant,
    /// The same by the calendar: seconds since 1970.
    began_s: u64,
    progress: &'a Progress<'a>,
    events: RefCell<Vec<Event>>,
}

/// A fault or an operation, with its place in the drill.
enum Deed<'a> {
    Turn(&'a Turn),
    Planned(&'a Planned),
}

impl Acting<'_> {
    async fn act(&self) -> Result<(), Failure> {
        let turns = self.drill.faults.iter().enumerate();
        let mut deeds: Vec<(Duration, String, Deed<'_>)> = turns
            .map(|(index, turn)| (turn.at, format!("faults[{index}]"), Deed::Turn(turn)))
            .collect();
        let planned = self.drill.operations.iter().enumerate();
        deeds.extend(planned.map(|(index, planned)| {
            (planned.at, format!("operations[{index}]"), Deed::Planned(planned))
        }));
        deeds.sort_by_key(|(at, ..)| *at);
        let mut updates = Vec::new();
        for (at, path, deed) in deeds {
            tokio::time::sleep_until((self.begin + at).into()).await;
            let begun = match deed {
                Deed::Turn(turn) => self.turn(turn).await.map(|()| None),
                Deed::Planned(planned) => self.operate(planned).await,
            };
            updates.extend(begun.map_err(|wrong| format!("{path}: {wrong}"))?);
        }
        let end = self.begin + self.drill.duration;
        for stack in updates {
            self.follow(&stack, end).await?;
        }
        Ok(())
    }

    fn say(&self, says: String) {
        let at = self.begin.elapsed();
        self.progress.say(&format!("{:>6.1}s  {says}", at.as_secs_f64()));
        self.events.borrow_mut().push(Event { at, says });
    }

    async fn turn(&self, turn: &Turn) -> Result<(), Failure> {
        let question = match turn.act.clone() {
            Act::Break { target, mode, lasts } => {
                let lasts = lasts.map(|lasts| format!("{}ms", lasts.as_millis()));
                Question::Break { target, mode: mode.to_string(), lasts }
            }
            Act::Repair { target } => Question::Repair { target },
        };
        self.link.ask(question).await?;
        self.say(turn.words());
        Ok(())
    }

    /// Carries out a planned operation; the stack whose update has begun.
    async fn operate(&self, planned: &Planned) -> Result<Option<String>, Failure> {
        let updated = match &planned.operation {
            Operation::Call { service, operation, input } => {
                let known = physical_ids(self.link, &references(input)).await?;
                let input = operation::written(input, self.began_s)?;
                let input = resolved(&input, &known)
                    .map_err(|id| format!("no stack has a resource {id}"))?;
                self.link.call(*service, operation, input).await?;
                None
            }
            Operation::UpdateStack { parameters } => {
                let stacks = stacks(self.link).await?;
                let [stack] = stacks.as_slice() else {
                    return Err(format!("there are {} stacks; one is needed", stacks.len()).into());
                };
                let input = update_input(stack, parameters);
                self.link.call(ServiceName::CloudFormation, "UpdateStack", input).await?;
                stack["StackName"].as_str().map(str::to_owned)
            }
        };
        self.say(operation::words(&planned.operation));
        Ok(updated)
    }

    /// Says how a stack's update ended, if it did before `end`.
    async fn follow(&self, stack: &str, end: Instant) -> Result<(), Failure> {
        while Instant::now() < end {
            let input = json!({"StackName": stack});
            let described = self.link.call(CLOUDFORMATION, "DescribeStacks", input).await?;
            let status = described["Stacks"][0]["StackStatus"].as_str().unwrap_or("").to_owned();
            if !status.ends_with("_IN_PROGRESS") {
                self.say(format!("the stack is {status}"));
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        Ok(())
    }
}

async fn stacks(link: &Link) -> Result<Vec<Value>, Failure> {
    let described = link.call(CLOUDFORMATION, "DescribeStacks", json!({})).await?;
    Ok(described["Stacks"].as_array().cloned().unwrap_or_default())
}

/// What `Ref` gives for each of these logical ids that a stack has.
async fn physical_ids(link: &Link, wanted: &[&str]) -> Result<BTreeMap<String, String>, Failure> {
    let mut known = BTreeMap::new();
    if wanted.is_empty() {
        return Ok(known);
    }
    for stack in stacks(link).await? {
        let input = json!({"StackName": stack["StackName"]});
        let described = link.call(CLOUDFORMATION, "DescribeStackResources", input).await?;
        for resource in described["StackResources"].as_array().into_iter().flatten() {
            let text = |name: &str| resource[name].as_str().unwrap_or("").to_owned();
            let logical_id = text("LogicalResourceId");
            if wanted.contains(&logical_id.as_str()) {
                known.entry(logical_id).or_insert_with(|| text("PhysicalResourceId"));
            }
        }
    }
    Ok(known)
}

const CLOUDFORMATION: ServiceName = ServiceName::CloudFormation;

fn request_id(head: &ResponseHead) -> Option<&str> {
    head.headers.get("X-Amz-Cf-Id")
}

/// One cohort: asks on time, whether or not the last answer has come.
async fn view(
    index: usize,
    viewer: Viewer,
    duration: Duration,
    (link, way): (Link, Way),
    begin: Instant,
    sender: mpsc::UnboundedSender<Raw>,
) {
    let (host, port) = (way.host.clone(), way.port);
    let lookup = Rc::new(Lookup::new(link, &host, viewer.cohort.resolver));
    let connections = Connections::new(way, viewer.cohort.address);
    for (asked_at, member) in viewer.cohort.turns(viewer.every, duration) {
        tokio::time::sleep_until((begin + asked_at).into()).await;
        let (viewer, host, sender) = (viewer.clone(), host.clone(), sender.clone());
        let keeps = viewer.cohort.connection == Connection::KeepAlive;
        let (lookup, connections) = (Rc::clone(&lookup), connections.clone());
        spawn_local(async move {
            let asked = Instant::now();
            let (head, has_body) = viewer.cohort.head(&host, &viewer.get);
            let got = tokio::time::timeout(PATIENCE, async {
                let to = (lookup.address().await?, port);
                let answer = connections.ask(to, (member, keeps), (&head, has_body)).await;
                answer.map(|(head, body)| (to, head, body))
            });
            let got = got.await;
            let took = asked.elapsed();
            let mut missing = Vec::new();
            let (answer, head) = match got {
                Ok(Ok((to, head, body))) => {
                    if viewer.cohort.kind == Kind::Page {
                        let named = named_in(&head, &body, &viewer.get);
                        let who = (to, member, &connections);
                        missing = missing_of(who, &viewer, &host, named).await;
                    }
                    (Answer::of(&head, body), Some(head))
                }
                Ok(Err(_)) => (Answer::Closed, None),
                Err(_) => (Answer::Silence, None),
            };
            let _ = sender.send(Raw { viewer: index, asked_at, took, answer, head, missing });
        });
    }
}

/// What a page names and a browser does not get; it asks for all of it over the connection it has.
async fn missing_of(
    (to, member, connections): (To, u32, &Connections),
    viewer: &Viewer,
    host: &str,
    named: Vec<String>,
) -> Vec<String> {
    let mut missing = Vec::new();
    let cohort = standin_sim::Cohort { kind: Kind::Get, ..viewer.cohort.clone() };
    for target in named {
        let (head, _) = cohort.head(host, &target);
        let asking = connections.ask(to, (member, true), (&head, false));
        let got = tokio::time::timeout(PATIENCE, asking).await;
        if !matches!(got, Ok(Ok((head, _))) if head.status < 400) {
            missing.push(target);
        }
    }
    missing
}

async fn get(link: &Link, target: &str) -> Result<(ResponseHead, Vec<u8>), Failure> {
    let way = Way::find(link, None, target, Scheme::Suited).await?;
    let mut head = RequestHead::get(&way.host, target);
    head.headers.append("User-Agent", "standin-drill");
    let to = (IpAddr::V4(Ipv4Addr::LOCALHOST), way.port);
    ask(&way, (None, to), head, false).await
}

async fn pages(link: &Link, drill: &Drill) -> Result<Pages, Failure> {
    let mut pages = Pages::default();
    for (name, page) in &drill.pages {
        if let Some(text) = &page.contains {
            pages.insert_text(name, text);
        }
        let Some(path) = &page.path else { continue };
        let (head, body) = get(link, path).await?;
        if head.status != 200 {
            let status = head.status;
            return Err(format!("pages.{name}: {path} answers {status}").into());
        }
        pages.insert(name, body);
    }
    Ok(pages)
}

/// Why each answer was what it was, by request id.
async fn because(link: &Link, raw: &[Raw]) -> Result<BTreeMap<String, Vec<Reason>>, Failure> {
    let mut because = BTreeMap::new();
    let ids = raw.iter().filter_map(|one| one.head.as_ref().and_then(request_id));
    let ids: Vec<String> = ids.map(str::to_owned).collect();
    for some in ids.chunks(200) {
        let facts = link.ask(Question::Facts { request_ids: some.to_vec() }).await?;
        for (id, located) in facts.as_object().into_iter().flatten() {
            let located = located.as_array().into_iter().flatten();
            because.insert(id.clone(), located.map(Reason::from_located).collect());
        }
    }
    Ok(because)
}
