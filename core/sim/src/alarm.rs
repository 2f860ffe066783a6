//! In which state an alarm was when, as its history tells: the same in both worlds.

use standin_kernel::{Duration, Time, Value, json};

use crate::drill::Drill;

/// The states of one alarm in the course of a drill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmStates {
    /// As the drill names it.
    pub name: String,
    /// Each with the moment since which it was there; the first at the beginning of the drill.
    pub states: Vec<(Duration, String)>,
}

/// The alarms that expectations are about, each once: with the path of the first of them.
pub fn watched(drill: &Drill) -> Vec<(String, &str)> {
    let mut watched: Vec<(String, &str)> = Vec::new();
    for (index, expected) in drill.expect.iter().enumerate() {
        let Some(alarm) = expected.alarm.as_deref() else { continue };
        if watched.iter().all(|(_, known)| *known != alarm) {
            watched.push((format!("expect[{index}].alarm"), alarm));
        }
    }
    watched
}

/// The input of `DescribeAlarms` for an alarm by its name on AWS.
pub fn described(name: &str) -> Value {
    json!({"AlarmNames": [name], "AlarmTypes": TYPES})
}

/// The input of `DescribeAlarmHistory` for all changes since the beginning of a drill.
pub fn history(name: &str, start: Time) -> Value {
    json!({
        "AlarmName": name, "AlarmTypes": TYPES, "HistoryItemType": "StateUpdate",
        "StartDate": start.iso8601(), "ScanBy": "TimestampAscending",
    })
}

const TYPES: [&str; 2] = ["MetricAlarm", "CompositeAlarm"];

/// The state of the alarm that `DescribeAlarms` gave; `None`: there is none.
pub fn state(described: &Value) -> Option<String> {
    let lists = ["MetricAlarms", "CompositeAlarms"];
    let alarm = lists.iter().map(|list| &described[*list][0]).find(|alarm| !alarm.is_null())?;
    alarm["StateValue"].as_str().map(str::to_owned)
}

impl AlarmStates {
    /// `before`: the state at the beginning, `history` the reply to `DescribeAlarmHistory`.
    pub fn new(name: &str, before: String, history: &Value, start: Time) -> Self {
        let mut states = vec![(Duration::ZERO, before)];
        for item in history["AlarmHistoryItems"].as_array().into_iter().flatten() {
            let data = item["HistoryData"].as_str().unwrap_or_default();
            let data: Value = serde_json::from_str(data).unwrap_or_default();
            let to = data["newState"]["stateValue"].as_str();
            let at = item["Timestamp"].as_str().and_then(Time::parse_iso8601);
            if let (Some(to), Some(at)) = (to, at.filter(|at| *at >= start)) {
                states.push((at.since(start), to.to_owned()));
            }
        }
        Self { name: name.to_owned(), states }
    }

    /// The states between two moments, each with the moment in that time since which it was there.
    pub(crate) fn between(&self, from: Duration, until: Duration) -> Vec<(Duration, &str)> {
        let ends = self.states.iter().skip(1).map(|(at, _)| *at).chain([Duration::MAX]);
        let with_ends = self.states.iter().zip(ends);
        let there = with_ends.filter(|((since, _), end)| *since < until && *end > from);
        there.map(|((since, state), _)| ((*since).max(from), state.as_str())).collect()
    }
}
