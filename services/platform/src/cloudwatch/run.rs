//! When alarms are looked at, what becomes of their state, and what that sets off.

use standin_kernel::time::Deadline;
use standin_kernel::{ApiError, Cx, Duration, ServiceName, Time, Value, json};

use super::alarm::{Alarm, Evaluated, HistoryItem, Status};
use super::evaluate::{State, decimal};
use super::query::Query;
use super::state::CloudWatch;

/// The tickets of this service lie between those of the Scheduler and those of EventBridge.
pub(crate) const TICKETS: u64 = 1 << 62;

/// After the end of a minute: what the services tell of it is there then.
const SETTLES: Duration = Duration::from_secs(1);

/// Who calls a function for an alarm.
const PRINCIPAL: &str = "lambda.alarms.cloudwatch.amazonaws.com";

impl CloudWatch {
    pub(crate) fn deadline(&self) -> Option<Deadline> {
        self.timers.deadline()
    }

    pub(crate) fn on_deadline(&mut self, cx: &mut Cx<'_>) {
        while let Some(name) = self.timers.pop(cx.now) {
            self.look(cx, &name);
            self.plan(cx, &name);
        }
    }

    /// Sets the time of the next look: every minute, and every ten seconds where a period is
    /// shorter than a minute (CW-AL-01). Nothing when there is no such alarm.
    pub(super) fn plan(&mut self, cx: &Cx<'_>, name: &str) {
        match self.alarms.get(name) {
            None => self.timers.clear(&name.to_owned()),
            Some(alarm) => {
                let step_s = step_s(alarm);
                let ended = (cx.now - SETTLES).seconds() / step_s * step_s;
                let at = Time::from_seconds(ended + step_s) + SETTLES;
                self.timers.set(name.to_owned(), at, "evaluation of an alarm");
            }
        }
    }

    fn look(&mut self, cx: &mut Cx<'_>, name: &str) {
        let Some(alarm) = self.alarms.get(name) else { return };
        let step_s = step_s(alarm);
        let end = cx.now.seconds() / step_s * step_s;
        let Some(seen) = alarm.settings.evaluate(&self.metrics, end) else { return };
        let (from, to) = (alarm.status.state, seen.verdict.state);
        let Some(to) = to.filter(|to| *to != from) else { return };
        let shown: Vec<String> = seen.counted().map(|(at, value)| shown(at, value)).collect();
        let reason = seen.verdict.reason(seen.rule, from, to, &shown);
        let data = reason_data(cx.now, alarm, &seen);
        self.turn(cx, name, to, reason, Some(data.to_string()));
    }

    /// An alarm takes on a state, which may be the one it has, and those that name it follow.
    pub(super) fn turn(
        &mut self,
        cx: &mut Cx<'_>,
        name: &str,
        to: State,
        reason: String,
        reason_data: Option<String>,
    ) {
        if self.take_on(cx, name, to, reason, reason_data) {
            self.follow(cx, name);
        }
    }

    /// Whether the state is another one now.
    pub(super) fn take_on(
        &mut self,
        cx: &mut Cx<'_>,
        name: &str,
        to: State,
        reason: String,
        reason_data: Option<String>,
    ) -> bool {
        let status = Status { state: to, reason, reason_data, updated: cx.now };
        let put = |old: &mut Status| std::mem::replace(old, status.clone());
        let old = match self.composites.has(name) {
            true => self.composites.change(cx, name, |alarm| put(&mut alarm.status)),
            false => self.alarms.change(cx, name, |alarm| put(&mut alarm.status)),
        };
        let Some(old) = old else { return false };
        let (was, is) = (old.state.as_str(), to.as_str());
        if old.state == to {
            return false;
        }
        cx.log("cloudwatch", format!("alarm {name}: {was} -> {is}: {}", status.reason));
        let side = |status: &Status| {
            json!({
                "stateValue": status.state.as_str(),
                "stateReason": status.reason,
                "stateReasonData": status.reason_data,
            })
        };
        let data = json!({"version": "1.0", "oldState": side(&old), "newState": side(&status)});
        let summary = format!("Alarm updated from {was} to {is}");
        self.note(cx, name, "StateUpdate", summary, data);
        self.act(cx, name, &old);
        true
    }

    /// Adds to an alarm's history.
    pub(super) fn note(
        &mut self,
        cx: &mut Cx<'_>,
        name: &str,
        kind: &str,
        summary: String,
        data: Value,
    ) {
        if !self.histories.has(name) {
            self.histories.put(cx, name, super::alarm::History::default());
        }
        let item = HistoryItem { at: cx.now, kind: kind.to_owned(), summary, data };
        self.histories.change(cx, name, |history| history.add(item));
    }

    /// Calls the functions that the new state names; all other actions have no effect here
    /// (CW-AL-10).
    fn act(&mut self, cx: &mut Cx<'_>, name: &str, old: &Status) {
        let Some(Turned { arn, status, actions, configuration }) = self.turned(name) else {
            return;
        };
        let payload = event(cx, name, &arn, [&status, old], &configuration).to_string();
        for action in actions {
            if !is_function(&action) {
                cx.log("cloudwatch", format!("alarm {name}: {action} has no effect here"));
                let data = json!({"version": "1.0", "actionState": "Failed"});
                let summary = format!("Failed to execute action {action}: it has no effect here");
                self.note(cx, name, "Action", summary, data);
                continue;
            }
            self.tickets += 1;
            let ticket = TICKETS + self.tickets;
            let input = json!({
                "FunctionName": action,
                "InvocationType": "Event",
                "Payload": payload,
                // The function's policy must let the alarm call it.
                "Standin": {"Principal": PRINCIPAL, "SourceArn": arn},
            });
            self.actions.insert(ticket, (name.to_owned(), action));
            cx.call(ticket, ServiceName::Lambda, "Invoke", input);
        }
    }

    /// An alarm of either kind; `None` when its actions are off.
    fn turned(&self, name: &str) -> Option<Turned> {
        if let Some(alarm) = self.alarms.get(name).filter(|alarm| alarm.settings.actions_enabled) {
            let metrics: Vec<Value> = alarm.settings.queries().iter().map(watched).collect();
            let description = &alarm.settings.alarm_description;
            return Some(Turned {
                arn: alarm.arn.clone(),
                status: alarm.status.clone(),
                actions: alarm.settings.actions(alarm.status.state).to_vec(),
                configuration: json!({"description": description, "metrics": metrics}),
            });
        }
        let alarm = self.composites.get(name).filter(|alarm| alarm.settings.actions_enabled)?;
        let (description, rule) = (&alarm.settings.alarm_description, &alarm.settings.alarm_rule);
        Some(Turned {
            arn: alarm.arn.clone(),
            status: alarm.status.clone(),
            actions: alarm.settings.actions(alarm.status.state).to_vec(),
            configuration: json!({"description": description, "alarmRule": rule}),
        })
    }

    /// What a function said to the call.
    pub(crate) fn reply(&mut self, cx: &mut Cx<'_>, ticket: u64, reply: &Result<Value, ApiError>) {
        let Some((name, action)) = self.actions.remove(&ticket) else { return };
        let (state, summary) = match reply {
            Ok(_) => ("Succeeded", format!("Successfully executed action {action}")),
            Err(error) => ("Failed", format!("Failed to execute action {action}: {error}")),
        };
        if reply.is_err() {
            cx.log("cloudwatch", format!("alarm {name}: {summary}"));
        }
        if self.state_of(&name).is_some() {
            let data = json!({"version": "1.0", "actionState": state});
            self.note(cx, &name, "Action", summary, data);
        }
    }
}

/// An alarm that has taken on a state, and what that sets off.
struct Turned {
    arn: String,
    status: Status,
    actions: Vec<String>,
    /// As functions are told of it.
    configuration: Value,
}

/// Sets the timers again after a restart.
pub(crate) fn restored(cloudwatch: &mut CloudWatch, cx: &mut Cx<'_>) {
    for name in cloudwatch.alarms.ids() {
        cloudwatch.plan(cx, &name);
    }
}

/// Whether an action is a function, the only kind there is here.
pub(super) fn is_function(action: &str) -> bool {
    action.starts_with("arn:aws:lambda:")
}

/// How often an alarm is looked at, in seconds.
fn step_s(alarm: &Alarm) -> u64 {
    if alarm.settings.period_s() < 60 { 10 } else { 60 }
}

impl Evaluated {
    /// The points that count, the newest first: when each began, and its value.
    fn counted(&self) -> impl Iterator<Item = (u64, f64)> {
        let points = self.verdict.counted.iter().rev();
        points.filter_map(|at| {
            self.points.get(*at).and_then(|(begin, value)| Some((*begin, (*value)?)))
        })
    }
}

/// `5.0 (24/11/26 08:30:00)`
fn shown(at: u64, value: f64) -> String {
    let time = Time::from_seconds(at).iso8601();
    let part = |from: usize, to: usize| time.get(from..to).unwrap_or_default();
    let (year, month, day, clock) = (part(2, 4), part(5, 7), part(8, 10), part(11, 19));
    format!("{} ({day}/{month}/{year} {clock})", decimal(value))
}

/// `2026-11-24T08:30:00.123+0000`, the form of times in reasons and events.
pub(super) fn zoned(time: Time) -> String {
    time.iso8601().replace('Z', "+0000")
}

fn reason_data(now: Time, alarm: &Alarm, seen: &Evaluated) -> Value {
    let points: Vec<(u64, f64)> = seen.counted().collect();
    let oldest = points.last().map(|(at, _)| zoned(Time::from_seconds(*at)));
    let values: Vec<f64> = points.iter().rev().map(|(_, value)| *value).collect();
    let evaluated = points
        .iter()
        .map(|(at, value)| json!({"timestamp": zoned(Time::from_seconds(*at)), "value": value}));
    let evaluated: Vec<Value> = evaluated.collect();
    let mut data = json!({
        "version": "1.0",
        "queryDate": zoned(now),
        "startDate": oldest,
        "statistic": alarm.settings.stat(),
        "period": seen.period_s,
        "recentDatapoints": values,
        "threshold": seen.rule.threshold,
        "evaluatedDatapoints": evaluated,
    });
    if let Some(members) = data.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
    data
}

/// What a function gets from an alarm; `states`: the new one and the old.
fn event(cx: &Cx<'_>, name: &str, arn: &str, states: [&Status; 2], configuration: &Value) -> Value {
    let [new, old] = states.map(|status| {
        let mut side = json!({
            "value": status.state.as_str(),
            "reason": status.reason,
            "timestamp": zoned(status.updated),
        });
        if let Some(data) = &status.reason_data {
            side["reasonData"] = json!(data);
        }
        side
    });
    json!({
        "source": "aws.cloudwatch",
        "alarmArn": arn,
        "accountId": cx.env.account,
        "time": zoned(cx.now),
        "region": cx.env.region,
        "alarmData": {
            "alarmName": name,
            "state": new,
            "previousState": old,
            "configuration": configuration,
        },
    })
}

fn watched(query: &Query) -> Value {
    let mut shown = json!({"id": query.id, "returnData": query.returns()});
    if let Some(stat) = &query.metric_stat {
        let pairs = stat.metric.dimensions.iter();
        let dimensions: serde_json::Map<String, Value> =
            pairs.map(|one| (one.name.clone(), json!(one.value))).collect();
        shown["metricStat"] = json!({
            "metric": {
                "namespace": stat.metric.namespace,
                "name": stat.metric.metric_name,
                "dimensions": dimensions,
            },
            "period": stat.period,
            "stat": stat.stat,
        });
    }
    if let Some(expression) = &query.expression {
        shown["expression"] = json!(expression);
    }
    shown
}
