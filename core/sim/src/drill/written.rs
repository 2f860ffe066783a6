//! How the members of a drill are written: lengths of time, one name or several, a fault or an
//! operation with its time.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use standin_kernel::cx::Pace;
use standin_kernel::fault::{Mode, duration_of, from_fis, parse_duration};
use standin_kernel::{Duration, ServiceName, Value};

use super::{Act, FisAction, Operation, Planned, Turn, parameter_text};

/// What a viewer takes for a hang when the drill does not say.
pub(super) const fn patience() -> Duration {
    Duration::from_secs(10)
}

/// A turn as it is written: `{at, for, break, mode}`, `{at, for, break, action, parameters}` or
/// `{at, repair}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTurn {
    #[serde(deserialize_with = "duration")]
    at: Duration,
    #[serde(default, rename = "for", deserialize_with = "some_duration")]
    lasts: Option<Duration>,
    #[serde(default, rename = "break")]
    broken: Option<String>,
    #[serde(default, deserialize_with = "mode")]
    mode: Option<Mode>,
    #[serde(default)]
    action: Option<String>,
    #[serde(default)]
    parameters: BTreeMap<String, Value>,
    #[serde(default)]
    repair: Option<String>,
}

impl<'de> Deserialize<'de> for Turn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut written = WrittenTurn::deserialize(deserializer)?;
        let at = written.at;
        let act = match (written.broken.take(), written.repair.take()) {
            (Some(target), None) => return broken(target, written).map_err(D::Error::custom),
            (None, Some(_)) if written.says_how() => {
                return Err(D::Error::custom("repair takes no mode, action, parameters or for"));
            }
            (None, Some(target)) => {
                Act::Repair { target: Some(target).filter(|target| target != "all") }
            }
            _ => return Err(D::Error::custom("a fault says either break (with mode) or repair")),
        };
        Ok(Self { at, act, action: None })
    }
}

impl WrittenTurn {
    fn says_how(&self) -> bool {
        self.mode.is_some()
            || self.action.is_some()
            || self.lasts.is_some()
            || !self.parameters.is_empty()
    }
}

fn broken(target: String, written: WrittenTurn) -> Result<Turn, String> {
    let WrittenTurn { at, lasts, mode, action, parameters, .. } = written;
    let act = |mode, lasts| Act::Break { target, mode, lasts };
    let Some(id) = action else {
        if !parameters.is_empty() {
            return Err("parameters belong to an action".into());
        }
        return Ok(Turn { at, act: act(mode.unwrap_or(Mode::Stop), lasts), action: None });
    };
    if mode.is_some() {
        return Err("a fault has either a mode or an action".into());
    }
    let parameters: BTreeMap<String, String> =
        parameters.iter().map(|(name, value)| (name.clone(), parameter_text(value))).collect();
    let mode = from_fis(&id, &parameters).map_err(|wrong| wrong.to_string())?;
    let says = duration_of(&id, &parameters).map_err(|wrong| wrong.to_string())?;
    let act = act(mode, lasts.or(says));
    Ok(Turn { at, act, action: Some(FisAction { id, parameters }) })
}

/// An operation as it is written: `{at, call: {..}}` or `{at, update-stack: {..}}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPlanned {
    #[serde(deserialize_with = "duration")]
    at: Duration,
    #[serde(default)]
    call: Option<WrittenCall>,
    #[serde(default, rename = "update-stack")]
    update_stack: Option<WrittenUpdate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCall {
    service: ServiceName,
    operation: String,
    #[serde(default = "no_input")]
    input: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenUpdate {
    parameters: BTreeMap<String, Value>,
}

fn no_input() -> Value {
    Value::Object(serde_json::Map::new())
}

impl<'de> Deserialize<'de> for Planned {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = WrittenPlanned::deserialize(deserializer)?;
        let operation = match (written.call, written.update_stack) {
            (Some(WrittenCall { service, operation, input }), None) => {
                Operation::Call { service, operation, input }
            }
            (None, Some(WrittenUpdate { parameters })) => Operation::UpdateStack { parameters },
            _ => return Err(D::Error::custom("an operation is either call or update-stack")),
        };
        Ok(Self { at: written.at, operation })
    }
}

pub(super) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let text = match &value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let wrong =
        || D::Error::custom(format!("'{text}' is not a length of time; use 20s, 500ms, 2m"));
    parse_duration(&text).ok_or_else(wrong)
}

pub(super) fn some_duration<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    duration(deserializer).map(Some)
}

pub(super) fn pace<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Pace, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "aws" => Ok(Pace::Aws),
        "fast" => Ok(Pace::Fast),
        other => Err(D::Error::custom(format!("'{other}' is no pace; use aws or fast"))),
    }
}

fn mode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Mode>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Mode::from_str(&text).map(Some).map_err(D::Error::custom)
}

/// One name, or a list of them.
pub(super) fn one_or_many<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(one) => Ok(vec![one]),
        many @ Value::Array(_) => serde_json::from_value(many).map_err(D::Error::custom),
        other => Err(D::Error::custom(format!("'{other}' is neither a name nor a list of names"))),
    }
}
