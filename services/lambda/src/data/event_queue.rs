//! Asynchronous invocations: an event waits in a queue, is tried, tried again, and given up
//! (LAM-AS-01 to LAM-AS-05, LAM-IN-08).

use serde::{Deserialize, Serialize};
use standin_kernel::{Bytes, Cx, Duration, Time, Value, json};

use super::Timer;
use super::invocation::{Invocation, Refusal, Waiter};
use super::outcome::Outcome;
use crate::Lambda;
use crate::state::{EventInvoke, LATEST};

/// How often a failing function is tried again, and how long an event is kept, in seconds.
const RETRIES: u32 = 2;
const AGE_S: u32 = 21_600;
/// The waits after a throttle.
const BACKOFF_MIN: Duration = Duration::from_secs(1);
const BACKOFF_MAX: Duration = Duration::from_secs(300);
/// How long a chain of functions that invoke each other through destinations may be.
const CHAIN_MAX: u32 = 16;

/// An event in the queue: one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Event {
    /// The request id, the same for every attempt (LAM-AS-01).
    pub(crate) id: String,
    pub(crate) function: String,
    pub(crate) qualifier: Option<String>,
    /// JSON.
    pub(crate) payload: String,
    pub(crate) client_context: Option<String>,
    pub(crate) received: Time,
    /// How often it was run.
    pub(crate) runs: u32,
    /// How often there was no room for it since then.
    pub(crate) throttles: u32,
    pub(crate) due: Time,
    /// How many functions before this one led to it.
    pub(crate) chain: u32,
}

/// What came of an attempt.
#[derive(Debug)]
pub(crate) enum Attempt {
    Ran {
        outcome: Outcome,
        version: String,
    },
    /// There was no room, or the function is not ready yet.
    Throttled,
}

/// Why nothing more is tried, as a destination reads it (LAM-AS-04).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    Success,
    RetriesExhausted,
    EventAgeExceeded,
}

impl Condition {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "Success",
            Self::RetriesExhausted => "RetriesExhausted",
            Self::EventAgeExceeded => "EventAgeExceeded",
        }
    }
}

impl Lambda {
    /// Takes an event into the queue; its first attempt is at once.
    pub(crate) fn enqueue(&mut self, cx: &mut Cx<'_>, event: Event) {
        let number = self.state.events.last_key_value().map_or(0, |(last, _)| *last);
        let number = number.max(self.live.last_number) + 1;
        self.live.last_number = number;
        self.state.events.insert(number, event);
        self.state.store_event(cx, number);
        self.live.timers.set(Timer::Event(number), cx.now, "an event's attempt");
    }

    /// An event's next attempt is due.
    pub(crate) fn try_event(&mut self, cx: &mut Cx<'_>, number: u64) {
        let Some(event) = self.state.events.get(&number).cloned() else { return };
        let Some(function) = self.state.functions.get(&event.function) else {
            // The function has been deleted; its events go with it.
            return self.forget_event(cx, number);
        };
        let settings = self.settings(&event);
        if cx.now.since(event.received) > age(settings.as_ref()) {
            return self.give_up(cx, number, Condition::EventAgeExceeded, None);
        }
        let arn = function.qualified_arn(event.qualifier.as_deref());
        let Some(config) = function.resolve(cx, event.qualifier.as_deref()).cloned() else {
            return self.forget_event(cx, number);
        };
        if config.new && config.settles > cx.now {
            self.live.timers.set(Timer::Event(number), config.settles, "a new function");
            return;
        }
        let mut invocation = Invocation::new(cx, &config, arn, Bytes::from(event.payload.clone()));
        invocation.id = event.id;
        invocation.client_context = event.client_context;
        invocation.waiter = Waiter::Event(number);
        match self.begin(cx, invocation) {
            Ok(()) => {}
            Err(Refusal::Throttled { reserved_zero: true }) => {
                // Nothing will ever run it (LAM-IN-08).
                self.give_up(cx, number, Condition::RetriesExhausted, None);
            }
            Err(Refusal::Throttled { .. }) => self.event_tried(cx, number, Attempt::Throttled),
        }
    }

    /// An attempt has ended.
    pub(crate) fn event_tried(&mut self, cx: &mut Cx<'_>, number: u64, attempt: Attempt) {
        let Some(event) = self.state.events.get_mut(&number) else { return };
        let (wait, outcome) = match attempt {
            Attempt::Throttled => {
                let doubled = BACKOFF_MIN.saturating_mul(1 << event.throttles.min(10));
                event.throttles += 1;
                (doubled.min(BACKOFF_MAX), None)
            }
            Attempt::Ran { outcome, version } => {
                event.runs += 1;
                event.throttles = 0;
                // One minute after the first attempt, two after the second (LAM-AS-01).
                (Duration::from_secs(60) * event.runs, Some((outcome, version)))
            }
        };
        let runs = event.runs;
        event.due = cx.now + wait;
        let (due, received) = (event.due, event.received);
        let event = event.clone();
        let settings = self.settings(&event);
        if let Some((outcome, version)) = outcome {
            let retries = settings.as_ref().and_then(|one| one.retries).unwrap_or(RETRIES);
            if !outcome.failed {
                return self.give_up(cx, number, Condition::Success, Some((outcome, version)));
            }
            if runs > retries {
                let condition = Condition::RetriesExhausted;
                return self.give_up(cx, number, condition, Some((outcome, version)));
            }
        }
        if due.since(received) > age(settings.as_ref()) {
            return self.give_up(cx, number, Condition::EventAgeExceeded, None);
        }
        self.state.store_event(cx, number);
        self.live.timers.set(Timer::Event(number), due, "an event's attempt");
    }

    /// An event is done with: its destination hears of it, and it is forgotten.
    fn give_up(
        &mut self,
        cx: &mut Cx<'_>,
        number: u64,
        condition: Condition,
        ran: Option<(Outcome, String)>,
    ) {
        let Some(event) = self.state.events.get(&number).cloned() else { return };
        self.forget_event(cx, number);
        if condition != Condition::Success {
            let line =
                format!("{}: event {} given up: {}", event.function, event.id, condition.as_str());
            cx.log("lambda", line);
        }
        let Some(settings) = self.settings(&event) else { return };
        let destination = match condition {
            Condition::Success => settings.on_success,
            _ => settings.on_failure,
        };
        let Some(destination) = destination else { return };
        if event.chain >= CHAIN_MAX {
            // As on AWS, functions that invoke each other in a circle are stopped.
            cx.log("lambda", format!("{}: a circle of destinations is cut", event.function));
            return;
        }
        let record = self.record(cx, &event, condition, ran);
        let name = destination.split(':').nth(6).unwrap_or_default().to_owned();
        let qualifier = destination.split(':').nth(7).map(str::to_owned);
        if self.state.functions.contains_key(&name) {
            let event = Event {
                id: standin_kernel::ids::uuid(cx.rng),
                function: name,
                qualifier,
                payload: record.to_string(),
                client_context: None,
                received: cx.now,
                runs: 0,
                throttles: 0,
                due: cx.now,
                chain: event.chain + 1,
            };
            self.enqueue(cx, event);
        }
    }

    /// What a destination is given (LAM-AS-04).
    fn record(
        &self,
        cx: &Cx<'_>,
        event: &Event,
        condition: Condition,
        ran: Option<(Outcome, String)>,
    ) -> Value {
        let function = self.state.functions.get(&event.function);
        let qualifier = event.qualifier.as_deref().unwrap_or(LATEST);
        let payload: Value = serde_json::from_str(&event.payload).unwrap_or_default();
        let mut record = json!({
            "version": "1.0",
            "timestamp": cx.now.iso8601(),
            "requestContext": {
                "requestId": event.id,
                "functionArn": function.map(|one| one.qualified_arn(Some(qualifier))),
                "condition": condition.as_str(),
                "approximateInvokeCount": event.runs,
            },
            "requestPayload": payload,
        });
        if let Some((outcome, version)) = ran {
            let mut context = json!({"statusCode": 200, "executedVersion": version});
            if outcome.failed {
                context["functionError"] = json!("Unhandled");
            }
            record["responseContext"] = context;
            let text = String::from_utf8_lossy(&outcome.payload).into_owned();
            record["responsePayload"] = serde_json::from_str(&text).unwrap_or(json!(text));
        }
        record
    }

    fn settings(&self, event: &Event) -> Option<EventInvoke> {
        let function = self.state.functions.get(&event.function)?;
        let qualifier = event.qualifier.as_deref().unwrap_or(LATEST);
        function.event_invoke.get(qualifier).cloned()
    }

    fn forget_event(&mut self, cx: &mut Cx<'_>, number: u64) {
        self.state.events.remove(&number);
        self.state.store_event(cx, number);
        self.live.timers.clear(&Timer::Event(number));
    }
}

fn age(settings: Option<&EventInvoke>) -> Duration {
    Duration::from_secs(settings.and_then(|one| one.age_s).unwrap_or(AGE_S).into())
}
