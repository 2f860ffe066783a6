//! When a rule's targets are called, with what, and whether they are called again.

use standin_kernel::ids::uuid;
use standin_kernel::time::Deadline;
use standin_kernel::{ApiError, Cx, Duration, ServiceName, Time, Value, json};

use super::state::{Call, Events, Timer};

/// The tickets of this service begin here, above those of the Scheduler.
pub(crate) const TICKETS: u64 = 1 << 63;

const BACKOFF_MAX: Duration = Duration::from_secs(300);

impl Events {
    pub(crate) fn deadline(&self) -> Option<Deadline> {
        self.timers.deadline()
    }

    pub(crate) fn on_deadline(&mut self, cx: &mut Cx<'_>) {
        while let Some(timer) = self.timers.pop(cx.now) {
            match timer {
                Timer::Due(name) => self.due(cx, &name),
                Timer::Again(ticket) => self.invoke(cx, ticket),
            }
        }
    }

    /// Sets or clears the timer of a rule that was put or deleted.
    pub(super) fn plan(&mut self, name: &str, after: Time) {
        let timer = Timer::Due(name.to_owned());
        let enabled = self.rules.get(name).filter(|rule| rule.enabled);
        match enabled.and_then(|rule| rule.next(after)) {
            Some(at) => {
                self.planned.insert(name.to_owned(), at);
                self.timers.set(timer, at, "rule");
            }
            None => {
                self.planned.remove(name);
                self.timers.clear(&timer);
            }
        }
    }

    fn due(&mut self, cx: &mut Cx<'_>, name: &str) {
        let Some(rule) = self.rules.get(name) else { return };
        let moment = self.planned.remove(name).unwrap_or(cx.now);
        let event = event(cx, &rule.arn, moment);
        let calls: Vec<Call> = rule
            .targets
            .values()
            .map(|target| Call {
                rule: rule.arn.clone(),
                payload: target.input.clone().unwrap_or_else(|| event.to_string()),
                target: target.clone(),
                began: cx.now,
                attempts: 0,
            })
            .collect();
        for call in calls {
            let ticket = TICKETS + self.tickets;
            self.tickets += 1;
            self.calls.insert(ticket, call);
            self.invoke(cx, ticket);
        }
        self.plan(name, cx.now);
    }

    fn invoke(&mut self, cx: &mut Cx<'_>, ticket: u64) {
        let Some(call) = self.calls.get_mut(&ticket) else { return };
        call.attempts += 1;
        let input = json!({
            "FunctionName": call.target.arn,
            "InvocationType": "Event",
            "Payload": call.payload,
            // The function's policy must let the rule call it.
            "Standin": {"Principal": "events.amazonaws.com", "SourceArn": call.rule},
        });
        cx.call(ticket, ServiceName::Lambda, "Invoke", input);
    }

    pub(crate) fn reply(&mut self, cx: &mut Cx<'_>, ticket: u64, reply: &Result<Value, ApiError>) {
        let Some(call) = self.calls.remove(&ticket) else { return };
        let Err(error) = reply else { return };
        let seconds = 1u64.checked_shl(call.attempts.saturating_sub(1)).unwrap_or(u64::MAX);
        let wait = Duration::from_secs(seconds).min(BACKOFF_MAX);
        let age = (cx.now + wait).since(call.began);
        let again = (error.status >= 500 || error.status == 429)
            && call.attempts <= call.target.attempts_max
            && age <= Duration::from_secs(call.target.age_max_s.into());
        let word = if again { "tried again later" } else { "given up" };
        cx.log("events", format!("{}: {error}; {word}", call.rule));
        if again {
            self.timers.set(Timer::Again(ticket), cx.now + wait, "another call of a target");
            self.calls.insert(ticket, call);
        }
    }
}

/// Sets the timers again after a restart; what was missed meanwhile stays missed.
pub(crate) fn restored(events: &mut Events, cx: &mut Cx<'_>) {
    for name in events.rules.ids() {
        events.plan(&name, cx.now);
    }
}

/// `detail` is an object here, unlike the Scheduler's (EVR-EX-03).
fn event(cx: &mut Cx<'_>, rule_arn: &str, moment: Time) -> Value {
    let time = moment.iso8601();
    let time = time.split('.').next().unwrap_or_default();
    json!({
        "version": "0",
        "id": uuid(cx.rng),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": cx.env.account,
        "time": format!("{time}Z"),
        "region": cx.env.region,
        "resources": [rule_arn],
        "detail": {},
    })
}
