//! Plays a drill in the virtual world: creates the stack, waits until it is at rest, then lets the
//! viewers ask and the faults happen at their times.

use std::collections::BTreeMap;

use standin_kernel::{Bytes, Duration, ExchangeId, ServiceName, Time, Value, json};

use crate::drill::{Drill, DrillError};
use crate::observe::{Answer, Observation, Pages};
use crate::world::World;

/// What the story needs besides its own text.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The input of `CreateStack`.
    pub stack: Value,
    /// Objects by the logical id of their bucket.
    pub objects: Vec<Object>,
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

/// Plays the story; the observations are in the order in which they were asked.
pub fn play(
    world: &mut World,
    drill: &Drill,
    stage: &Stage,
) -> Result<Vec<Observation>, DrillError> {
    create(world, stage)?;
    world.run_until(world.now() + SETTLING);
    let pages = pages(world, drill);
    let start = world.now();
    let mut asked = Vec::new();
    for (at, what) in schedule(drill) {
        world.run_until(start + at);
        match what {
            Moment::Turn(index) => {
                let turn = &drill.faults[index];
                world.act(&turn.act).map_err(|refused| DrillError::Sense(refused.message))?;
            }
            Moment::Ask(index) => {
                let viewer = &drill.viewers[index];
                let host = viewer.host.as_deref().unwrap_or("localhost");
                asked.push((index, at, world.ask(host, &viewer.get, true)));
            }
        }
    }
    world.run_until(start + drill.duration + PATIENCE);
    Ok(asked.into_iter().map(|one| observed(world, drill, &pages, start, one)).collect())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    Turn(usize),
    Ask(usize),
}

/// All moments of the story in order; within one moment faults come first.
fn schedule(drill: &Drill) -> Vec<(Duration, Moment)> {
    let mut moments: Vec<_> = drill
        .faults
        .iter()
        .enumerate()
        .map(|(index, turn)| (turn.at, Moment::Turn(index)))
        .collect();
    for (index, viewer) in drill.viewers.iter().enumerate() {
        let mut at = Duration::ZERO;
        while at < drill.duration {
            moments.push((at, Moment::Ask(index)));
            at += viewer.every;
        }
    }
    moments.sort();
    moments
}

fn observed(
    world: &mut World,
    drill: &Drill,
    pages: &Pages,
    start: Time,
    (viewer, asked_at, exchange): (usize, Duration, ExchangeId),
) -> Observation {
    let seen = world.seen(exchange);
    let (answer, status) = match seen.as_ref().and_then(|seen| seen.answer.as_ref()) {
        Some((head, body)) => {
            (Answer::Response { status: head.status, body: body.to_vec() }, Some(head.status))
        }
        None => (Answer::None, None),
    };
    let took = match &seen {
        Some(seen) => seen.at.since(start + asked_at),
        None => PATIENCE,
    };
    let because = seen.map_or_else(Vec::new, |seen| {
        seen.facts.iter().map(|fact| world.engine().reason(fact)).collect()
    });
    Observation {
        viewer: drill.viewers[viewer].name.clone(),
        asked_at,
        took,
        class: pages.classify(&answer),
        status,
        because,
    }
}

/// Creates the stack and fills its buckets.
pub(crate) fn create(world: &mut World, stage: &Stage) -> Result<(), DrillError> {
    let failed = |why: String| DrillError::Stack(why);
    let service = ServiceName::CloudFormation;
    world
        .call(service, "CreateStack", stage.stack.clone())
        .map_err(|refused| failed(refused.message))?;
    let name = json!({"StackName": stage.stack["StackName"]});
    let mut status = String::new();
    let rested = world.run_while(|world| {
        let described = world.call(service, "DescribeStacks", name.clone()).unwrap_or_default();
        status = described["Stacks"][0]["StackStatus"].as_str().unwrap_or("").to_owned();
        status.ends_with("_IN_PROGRESS")
    });
    if !rested || status != "CREATE_COMPLETE" {
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
    Ok(())
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
fn pages(world: &mut World, drill: &Drill) -> Pages {
    let mut pages = Pages::default();
    for (name, page) in &drill.pages {
        let exchange = world.ask("localhost", &page.path, false);
        world.run_until(world.now() + Duration::from_secs(5));
        if let Some((_, body)) = world.seen(exchange).and_then(|seen| seen.answer) {
            pages.insert(name, body.to_vec());
        }
    }
    pages
}
