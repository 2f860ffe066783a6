//! Plays a drill in the virtual world: creates the stack, waits until it is at rest, then lets the
//! viewers ask and the faults happen at their times.

use std::collections::BTreeMap;
use std::sync::Arc;

use standin_cloudformation::StackStatus;
use standin_kernel::{Bytes, Duration, Evaluator, ServiceName, Time, Value, json};

use crate::alarm::{self, AlarmStates};
use crate::drill::{Drill, DrillError, Operation};
use crate::function::Handlers;
use crate::keys::{self, Keys};
use crate::observe::{Answer, Got, Observation, Pages};
use crate::operation::{self, references, resolved, update_input};
use crate::reason::Reason;
use crate::timeline::{Event, Run};
use crate::viewer::VisitId;
use crate::world::World;

/// What the story needs besides its own text.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The input of `CreateStack`.
    pub stack: Value,
    /// Objects by the logical id of their bucket.
    pub objects: Vec<Object>,
    /// What is written into key value stores once the stack is there.
    pub keys: Keys,
    /// Who runs functions at the edge; without, each of them fails.
    pub evaluator: Option<Arc<dyn Evaluator>>,
    /// Who does the work of Lambda functions.
    pub handlers: Handlers,
}

/// An object that fills a bucket.
#[derive(Clone, Debug)]
pub struct Object {
    pub bucket: String,
    pub key: String,
    pub content_type: String,
    pub body: Bytes,
}

/// Time between the end of the stack's creation and the beginning of the story.
const SETTLING: Duration = Duration::from_secs(30);
/// How long a viewer waits for an answer.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// Plays the story.
pub fn play(world: &mut World, drill: &Drill, stage: &Stage) -> Result<Run, DrillError> {
    create(world, stage)?;
    world.run_until(world.now() + SETTLING);
    let pages = pages(world, drill)?;
    let alarms = watched(world, drill)?;
    let mut stage = Playing { drill, stack: &stage.stack, start: world.now(), events: Vec::new() };
    for function in world.idle_functions() {
        let says = format!(
            "the simulator does not run the code of {function}: an event gives null, a request a \
             short page, and nothing else comes of it (Model in docs/model.md)"
        );
        stage.say(world, says);
    }
    let mut asked = Vec::new();
    let mut updating = false;
    for (at, what) in schedule(drill) {
        world.run_until(stage.start + at);
        updating = updating && stage.goes_on(world);
        match what {
            Moment::Turn(index) => stage.turn(world, index)?,
            Moment::Operation(index) => updating |= stage.operate(world, index)?,
            Moment::Ask(index, member) => {
                let viewer = &drill.viewers[index];
                let host = viewer.host.as_deref().unwrap_or("localhost");
                let place = (host, viewer.get.as_str());
                let visit = world.visit((&viewer.name, member), &viewer.cohort, place, true);
                asked.push((index, at, visit));
            }
        }
    }
    world.run_until(stage.start + drill.duration + PATIENCE);
    if updating {
        stage.goes_on(world);
    }
    let start = stage.start;
    let see = |one| observed(world, drill, &pages, start, one);
    let observations = asked.into_iter().map(see).collect();
    let alarms = alarms.into_iter().map(|alarm| told(world, start, alarm)).collect();
    Ok(Run { observations, events: stage.events, alarms })
}

/// An alarm that expectations are about: as they name it, its name on AWS, its state.
type Watched<'a> = (&'a str, String, String);

/// The alarms that expectations are about, as they are before anything happens.
fn watched<'a>(world: &mut World, drill: &'a Drill) -> Result<Vec<Watched<'a>>, DrillError> {
    let mut watched = Vec::new();
    for (path, alarm) in alarm::watched(drill) {
        let view = &world.engine().services().cloudformation;
        let resource = view.resource(None, alarm);
        let name = resource.map_or(alarm.to_owned(), |resource| resource.physical_id.clone());
        let described = world.call(PLATFORM, "DescribeAlarms", alarm::described(&name));
        let state = described.ok().and_then(|described| alarm::state(&described));
        let none = || DrillError::member(path, format!("there is no alarm {alarm}"));
        watched.push((alarm, name, state.ok_or_else(none)?));
    }
    Ok(watched)
}

const PLATFORM: ServiceName = ServiceName::Platform;

fn told(world: &mut World, start: Time, (alarm, name, before): Watched<'_>) -> AlarmStates {
    let history = alarm::history(&name, start);
    let history = world.call(PLATFORM, "DescribeAlarmHistory", history).unwrap_or_default();
    AlarmStates::new(alarm, before, &history, start)
}

/// A story while it is played.
struct Playing<'a> {
    drill: &'a Drill,
    /// The input of `CreateStack`.
    stack: &'a Value,
    start: Time,
    events: Vec<Event>,
}

impl Playing<'_> {
    fn say(&mut self, world: &World, says: String) {
        self.events.push(Event { at: world.now().since(self.start), says });
    }

    /// Breaks or mends.
    fn turn(&mut self, world: &mut World, index: usize) -> Result<(), DrillError> {
        let turn = &self.drill.faults[index];
        world
            .act(&turn.act)
            .map_err(|refused| DrillError::member(format!("faults[{index}]"), refused.message))?;
        self.say(world, turn.words());
        Ok(())
    }

    /// Carries out a planned operation; `true` when a stack update has begun.
    fn operate(&mut self, world: &mut World, index: usize) -> Result<bool, DrillError> {
        let planned = &self.drill.operations[index].operation;
        let refused = |why: String| DrillError::member(format!("operations[{index}]"), why);
        let begun = match planned {
            Operation::Call { service, operation, input } => {
                let mut known = BTreeMap::new();
                for logical_id in references(input) {
                    let view = &world.engine().services().cloudformation;
                    if let Some(resource) = view.resource(None, logical_id) {
                        known.insert(logical_id.to_owned(), resource.physical_id.clone());
                    }
                }
                let input = operation::written(input, self.start.seconds()).map_err(refused)?;
                let input = resolved(&input, &known)
                    .map_err(|id| refused(format!("the stack has no resource {id}")))?;
                let reply = world.call(*service, operation, input);
                reply.map_err(|error| refused(error.to_string()))?;
                false
            }
            Operation::UpdateStack { parameters } => {
                let input = update_input(&self.described(world), parameters);
                let reply = world.call(ServiceName::CloudFormation, "UpdateStack", input);
                reply.map_err(|error| refused(error.to_string()))?;
                true
            }
        };
        self.say(world, operation::words(planned));
        Ok(begun)
    }

    /// Whether the stack's update goes on; says how it ended when it has.
    fn goes_on(&mut self, world: &World) -> bool {
        let status = status(world, self.stack["StackName"].as_str().unwrap_or_default());
        let going_on = status.is_some_and(StackStatus::is_in_progress);
        if !going_on {
            self.say(world, format!("the stack is {}", status.map_or("", StackStatus::as_str)));
        }
        going_on
    }

    fn described(&self, world: &mut World) -> Value {
        let name = json!({"StackName": self.stack["StackName"]});
        let described = world.call(ServiceName::CloudFormation, "DescribeStacks", name);
        described.map(|described| described["Stacks"][0].clone()).unwrap_or_default()
    }
}

/// Things of one moment happen in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    Turn(usize),
    Operation(usize),
    /// The viewer, and which member of its cohort.
    Ask(usize, u32),
}

/// All moments of the story in order; within one moment faults come first.
fn schedule(drill: &Drill) -> Vec<(Duration, Moment)> {
    let turns = drill.faults.iter().enumerate();
    let mut moments: Vec<_> = turns.map(|(index, turn)| (turn.at, Moment::Turn(index))).collect();
    let operations = drill.operations.iter().enumerate();
    moments.extend(operations.map(|(index, planned)| (planned.at, Moment::Operation(index))));
    for (index, viewer) in drill.viewers.iter().enumerate() {
        let turns = viewer.cohort.turns(viewer.every, drill.duration);
        moments.extend(turns.into_iter().map(|(at, member)| (at, Moment::Ask(index, member))));
    }
    moments.sort();
    moments
}

fn observed(
    world: &mut World,
    drill: &Drill,
    pages: &Pages,
    start: Time,
    (viewer, asked_at, visit): (usize, Duration, VisitId),
) -> Observation {
    let visited = world.visited(visit).unwrap_or_default();
    let missing = visited.missing().map(|asset| asset.target.clone()).collect();
    let seen = visited.page;
    let (answer, head) = match seen.as_ref().map(|seen| seen.answer.as_ref()) {
        Some(Some((head, body))) => (Answer::of(head, body.to_vec()), Some(head)),
        Some(None) => (Answer::Closed, None),
        None => (Answer::Silence, None),
    };
    let took = seen.as_ref().map_or(PATIENCE, |seen| seen.at.since(start + asked_at));
    let facts = seen.as_ref().map_or(&[][..], |seen| &seen.facts);
    let engine = world.engine();
    let because = facts.iter().map(|fact| Reason::from_located(&engine.located(fact))).collect();
    let got = Got { answer: &answer, head, missing };
    Observation::new(drill, viewer, (asked_at, took), pages, got, because)
}

/// Creates the stack and fills its buckets.
pub fn create(world: &mut World, stage: &Stage) -> Result<(), DrillError> {
    if let Some(evaluator) = &stage.evaluator {
        world.set_evaluator(Arc::clone(evaluator));
    }
    world.set_handlers(stage.handlers.clone());
    let failed = |why: String| DrillError::Stack(why);
    let service = ServiceName::CloudFormation;
    world
        .call(service, "CreateStack", stage.stack.clone())
        .map_err(|refused| failed(refused.message))?;
    let name = stage.stack["StackName"].as_str().unwrap_or_default();
    let rested =
        world.run_while(|world| status(world, name).is_some_and(StackStatus::is_in_progress));
    let status = status(world, name).map_or("gone", StackStatus::as_str);
    if !rested || status != "CREATE_COMPLETE" {
        let name = json!({"StackName": name});
        return Err(failed(format!("it is {status}\n{}", reasons(world, &name))));
    }
    let mut buckets = BTreeMap::new();
    for object in &stage.objects {
        let bucket = buckets.entry(object.bucket.clone()).or_insert_with(|| {
            let resource = world.engine().services().cloudformation.resource(None, &object.bucket);
            resource.map(|resource| resource.physical_id.clone()).unwrap_or_default()
        });
        let (bucket, body) = (bucket.clone(), object.body.clone());
        world
            .put_object(&bucket, &object.key, &object.content_type, body)
            .map_err(|refused| failed(refused.message))?;
    }
    keys::put(world, &stage.keys).map_err(failed)
}

/// The status of the stack called `name`, if there is one.
fn status(world: &World, name: &str) -> Option<StackStatus> {
    let stacks = world.engine().services().cloudformation.stacks();
    stacks.into_iter().find(|stack| stack.name == name).map(|stack| stack.status)
}

/// The failures among a stack's events, a line each.
fn reasons(world: &mut World, name: &Value) -> String {
    let service = ServiceName::CloudFormation;
    let events = world.call(service, "DescribeStackEvents", name.clone()).unwrap_or_default();
    let events = events["StackEvents"].as_array().cloned().unwrap_or_default();
    let failed = events.iter().rev().filter(|event| {
        event["ResourceStatus"].as_str().is_some_and(|status| status.ends_with("_FAILED"))
    });
    failed
        .map(|event| {
            let text = |name: &str| event[name].as_str().unwrap_or("").to_owned();
            format!("  {}: {}\n", text("LogicalResourceId"), text("ResourceStatusReason"))
        })
        .collect()
}

/// The bodies by which answers are told apart, fetched before anything is broken.
fn pages(world: &mut World, drill: &Drill) -> Result<Pages, DrillError> {
    let mut pages = Pages::default();
    for (name, page) in &drill.pages {
        if let Some(text) = &page.contains {
            pages.insert_text(name, text);
        }
        let Some(path) = &page.path else { continue };
        let exchange = world.ask("localhost", path, false);
        world.run_until(world.now() + Duration::from_secs(5));
        match world.seen(exchange).and_then(|seen| seen.answer) {
            Some((head, body)) if head.status == 200 => pages.insert(name, body.to_vec()),
            other => {
                let status =
                    other.map_or("nothing".to_owned(), |(head, _)| head.status.to_string());
                let why = format!("{path} answers {status}");
                return Err(DrillError::member(format!("pages.{name}"), why));
            }
        }
    }
    Ok(pages)
}
