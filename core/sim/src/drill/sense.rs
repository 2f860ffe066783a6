//! What is refused although it can be read: a fault after the end, a class nobody defined, an
//! expectation that says nothing.

use std::collections::BTreeSet;

use standin_kernel::{Duration, Value};

use super::{Drill, DrillError, Expectation, Operation, Viewer};
use crate::observe::CLASSES;
use crate::operation;

/// The quickest a viewer may ask.
const EVERY_MIN: Duration = Duration::from_millis(10);

/// Refuses the first thing that makes no sense, by its path.
pub(super) fn check(drill: &Drill) -> Result<(), DrillError> {
    if drill.duration.is_zero() {
        return Err(DrillError::member("duration", "a drill needs some time"));
    }
    if drill.patience.is_zero() {
        return Err(DrillError::member("patience", "nobody answers in no time"));
    }
    if drill.viewers.is_empty() {
        return Err(DrillError::member("viewers", "a drill needs at least one viewer"));
    }
    let mut names = BTreeSet::new();
    for (index, one) in drill.viewers.iter().enumerate() {
        let path = format!("viewers[{index}]");
        viewer(&path, one)?;
        if !names.insert(&one.name) {
            let why = format!("there are two viewers called {}", one.name);
            return Err(DrillError::member(format!("{path}.name"), why));
        }
    }
    for (name, page) in &drill.pages {
        if CLASSES.contains(&name.as_str()) {
            let why = format!("{name} is a class of its own; call the page something else");
            return Err(DrillError::member(format!("pages.{name}"), why));
        }
        match (&page.path, &page.contains) {
            (Some(path), None) => path_of_request(&format!("pages.{name}.path"), path)?,
            (None, Some(text)) if !text.is_empty() => {}
            _ => {
                let why = "a page is told by its path, or by a text that it contains";
                return Err(DrillError::member(format!("pages.{name}"), why));
            }
        }
    }
    for (index, turn) in drill.faults.iter().enumerate() {
        in_time(drill, &format!("faults[{index}].at"), turn.at)?;
    }
    for (index, planned) in drill.operations.iter().enumerate() {
        in_time(drill, &format!("operations[{index}].at"), planned.at)?;
        if let Operation::Call { input, .. } = &planned.operation {
            let path = format!("operations[{index}].call.input");
            references(&path, input)?;
            operation::written(input, 0).map_err(|why| DrillError::member(path, why))?;
        }
    }
    for (index, expected) in drill.expect.iter().enumerate() {
        expectation(drill, &format!("expect[{index}]"), expected)?;
    }
    Ok(())
}

fn viewer(path: &str, viewer: &Viewer) -> Result<(), DrillError> {
    if viewer.every < EVERY_MIN {
        let why = format!("viewer {}: every must be 10ms or more", viewer.name);
        return Err(DrillError::member(format!("{path}.every"), why));
    }
    viewer.cohort.check().map_err(|why| DrillError::member(format!("{path}.cohort"), why))?;
    path_of_request(&format!("{path}.get"), &viewer.get)
}

fn path_of_request(path: &str, target: &str) -> Result<(), DrillError> {
    if target.starts_with('/') {
        return Ok(());
    }
    Err(DrillError::member(path, format!("'{target}' does not begin with /")))
}

fn in_time(drill: &Drill, path: &str, at: Duration) -> Result<(), DrillError> {
    if at <= drill.duration {
        return Ok(());
    }
    let (at, end) = (at.as_secs_f64(), drill.duration.as_secs_f64());
    Err(DrillError::member(path, format!("{at}s comes after the end of the drill, {end}s")))
}

/// `Ref` is the one function an input may use: it is known in both worlds.
fn references(path: &str, input: &Value) -> Result<(), DrillError> {
    match input {
        Value::Object(members) => members.iter().try_for_each(|(name, value)| {
            let path = format!("{path}.{name}");
            if name.starts_with("Fn::") {
                return Err(DrillError::member(path, "only !Ref may be used in an input"));
            }
            references(&path, value)
        }),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| references(&format!("{path}[{index}]"), item)),
        _ => Ok(()),
    }
}

fn expectation(drill: &Drill, path: &str, expected: &Expectation) -> Result<(), DrillError> {
    match (&expected.alarm, &expected.state) {
        (None, None) => about_answers(drill, path, expected)?,
        (Some(_), Some(state)) => about_an_alarm(path, expected, state)?,
        _ => {
            let why = "an expectation about an alarm says alarm and in";
            return Err(DrillError::member(path, why));
        }
    }
    let until = expected.until.unwrap_or(drill.duration);
    if expected.after + expected.within >= until {
        let why = "no time is left between after (with within) and until or the drill's end";
        return Err(DrillError::member(path, why));
    }
    Ok(())
}

/// The states of alarms, as CloudWatch calls them.
const STATES: [&str; 3] = ["OK", "ALARM", "INSUFFICIENT_DATA"];

fn about_an_alarm(path: &str, expected: &Expectation, state: &str) -> Result<(), DrillError> {
    if !STATES.contains(&state) {
        let why = format!("'{state}' is no state of an alarm; use {}", STATES.join(", "));
        return Err(DrillError::member(format!("{path}.in"), why));
    }
    let about_answers = expected.viewer.is_some()
        || !expected.every_answer.is_empty()
        || !expected.never.is_empty()
        || expected.status.is_some()
        || !expected.header.is_empty();
    match about_answers {
        true => Err(DrillError::member(path, "an expectation is about answers or about an alarm")),
        false => Ok(()),
    }
}

fn about_answers(drill: &Drill, path: &str, expected: &Expectation) -> Result<(), DrillError> {
    let says_nothing = expected.every_answer.is_empty()
        && expected.never.is_empty()
        && expected.status.is_none()
        && expected.header.is_empty();
    if says_nothing {
        let why = "an expectation needs every_answer, never, status, header or alarm";
        return Err(DrillError::member(path, why));
    }
    for (member, classes) in [("every_answer", &expected.every_answer), ("never", &expected.never)]
    {
        if let Some(class) = classes.iter().find(|class| !knows(drill, class)) {
            let why = format!("'{class}' is neither {} nor one of pages", CLASSES.join(", "));
            return Err(DrillError::member(format!("{path}.{member}"), why));
        }
    }
    if let Some(name) = &expected.viewer
        && drill.viewers.iter().all(|viewer| viewer.name != *name)
    {
        let why = format!("there is no viewer {name}");
        return Err(DrillError::member(format!("{path}.viewer"), why));
    }
    Ok(())
}

fn knows(drill: &Drill, class: &str) -> bool {
    CLASSES.contains(&class) || drill.pages.contains_key(class)
}
