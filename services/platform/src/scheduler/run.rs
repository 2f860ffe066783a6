//! When a schedule's target is called, with what, and whether it is called again.

use standin_kernel::ids::uuid;
use standin_kernel::time::Deadline;
use standin_kernel::{ApiError, Cx, Duration, ServiceName, Time, Value, json};

use super::state::{Invocation, Schedule, Scheduler, Timer};

/// The longest wait between two calls.
const BACKOFF_MAX: Duration = Duration::from_secs(300);

impl Scheduler {
    pub(crate) fn deadline(&self) -> Option<Deadline> {
        self.timers.deadline()
    }

    pub(crate) fn on_deadline(&mut self, cx: &mut Cx<'_>) {
        while let Some(timer) = self.timers.pop(cx.now) {
            match timer {
                Timer::Due(key) => self.due(cx, &key),
                Timer::Attempt(ticket) => self.attempt(cx, ticket),
            }
        }
    }

    /// Sets or clears the timer of a schedule that was made, changed or deleted: the first moment
    /// after `after`.
    pub(super) fn plan(&mut self, key: &str, after: Time) {
        let enabled = self.schedules.get(key).filter(|schedule| schedule.enabled);
        match enabled.and_then(|schedule| schedule.next(after)) {
            Some(at) => self.set(key, at, at),
            None => {
                self.timers.clear(&Timer::Due(key.to_owned()));
                self.planned.remove(key);
            }
        }
    }

    fn set(&mut self, key: &str, moment: Time, timer: Time) {
        self.planned.insert(key.to_owned(), moment);
        self.timers.set(Timer::Due(key.to_owned()), timer, "schedule");
    }

    fn due(&mut self, cx: &mut Cx<'_>, key: &str) {
        let Some(schedule) = self.schedules.get(key) else { return };
        let scheduled = self.planned.remove(key).unwrap_or(cx.now);
        let delay = delay(cx, schedule);
        self.schedules.change(cx, key, |schedule| schedule.ran = Some(scheduled));
        self.tickets += 1;
        let invocation = Invocation {
            schedule: key.to_owned(),
            execution: uuid(cx.rng),
            scheduled,
            attempts: 0,
        };
        self.invocations.insert(self.tickets, invocation);
        self.timers.set(
            Timer::Attempt(self.tickets),
            cx.now + delay,
            "call of a schedule's target",
        );
        self.plan(key, cx.now);
    }

    fn attempt(&mut self, cx: &mut Cx<'_>, ticket: u64) {
        let Some(invocation) = self.invocations.get_mut(&ticket) else { return };
        let schedule = self.schedules.get(&invocation.schedule).filter(|one| one.enabled);
        let Some(schedule) = schedule else {
            // Deleted or disabled meanwhile.
            self.invocations.remove(&ticket);
            return;
        };
        invocation.attempts += 1;
        let input = json!({
            "FunctionName": schedule.target.arn,
            // The function's own retries follow on top (SCH-EX-14).
            "InvocationType": "Event",
            "Payload": payload(cx, schedule, invocation),
        });
        cx.call(ticket, ServiceName::Lambda, "Invoke", input);
    }

    /// What the target said to a call.
    pub(crate) fn reply(&mut self, cx: &mut Cx<'_>, ticket: u64, reply: &Result<Value, ApiError>) {
        let Some(invocation) = self.invocations.get(&ticket) else { return };
        let key = invocation.schedule.clone();
        let Some(schedule) = self.schedules.get(&key) else {
            self.invocations.remove(&ticket);
            return;
        };
        if let Err(error) = reply {
            let wait = backoff(invocation.attempts);
            let age = (cx.now + wait).since(invocation.scheduled);
            let again = is_worth_trying_again(error)
                && invocation.attempts <= schedule.target.attempts_max
                && age <= Duration::from_secs(schedule.target.age_max_s.into());
            let name = &schedule.name;
            if again {
                cx.log("scheduler", format!("{name}: {error}; tried again later"));
                self.timers.set(Timer::Attempt(ticket), cx.now + wait, "another call of a target");
                return;
            }
            cx.log("scheduler", format!("{name}: given up: {error}"));
        }
        self.invocations.remove(&ticket);
        self.complete(cx, &key);
    }

    /// Deletes a schedule that has had its last run, if it says so (SCH-EX-12).
    fn complete(&mut self, cx: &mut Cx<'_>, key: &str) {
        let Some(schedule) = self.schedules.get(key) else { return };
        let running = self.invocations.values().any(|one| one.schedule == key);
        if schedule.delete_after && !running && schedule.next(cx.now).is_none() {
            self.schedules.remove(cx, key);
            self.plan(key, cx.now);
        }
    }
}

/// Sets the timers again after a restart. A one-time schedule whose moment passed meanwhile is
/// carried out at once; of the others' moments only those to come are.
pub(crate) fn restored(scheduler: &mut Scheduler, cx: &mut Cx<'_>) {
    for key in scheduler.schedules.ids() {
        let missed = scheduler.schedules.get(&key).and_then(|schedule| {
            let once = schedule.expression().is_some_and(|expression| expression.is_once());
            let waiting = once && schedule.enabled && schedule.ran.is_none();
            schedule.next(schedule.modified).filter(|at| waiting && *at < cx.now)
        });
        match missed {
            Some(moment) => scheduler.set(&key, moment, cx.now),
            None => scheduler.plan(&key, cx.now),
        }
    }
}

/// How long after its moment a target is called: anywhere in a flexible window (SCH-EX-07), and
/// at AWS's pace somewhere in the minute (SCH-EX-05).
fn delay(cx: &mut Cx<'_>, schedule: &Schedule) -> Duration {
    if schedule.window_min > 0 {
        let window_ms = u64::from(schedule.window_min) * 60_000;
        return Duration::from_millis(cx.rng.below(window_ms));
    }
    cx.env.paced(Duration::ZERO, Duration::from_millis(schedule.lag_ms))
}

fn backoff(attempts: u32) -> Duration {
    let seconds = 1u64.checked_shl(attempts.saturating_sub(1)).unwrap_or(u64::MAX);
    Duration::from_secs(seconds).min(BACKOFF_MAX)
}

/// A function that is not there, or a call it may not make, will not be right later.
fn is_worth_trying_again(error: &ApiError) -> bool {
    error.status >= 500 || error.status == 429
}

/// What the function gets: the input with its context attributes replaced (SCH-EX-10), or an
/// event whose `detail` is a text (SCH-EX-11).
fn payload(cx: &Cx<'_>, schedule: &Schedule, invocation: &Invocation) -> String {
    let scheduled = time(invocation.scheduled);
    match &schedule.target.input {
        Some(input) => input
            .replace("<aws.scheduler.schedule-arn>", &schedule.arn)
            .replace("<aws.scheduler.scheduled-time>", &scheduled)
            .replace("<aws.scheduler.execution-id>", &invocation.execution)
            .replace("<aws.scheduler.attempt-number>", &invocation.attempts.to_string()),
        None => json!({
            "version": "0",
            "id": invocation.execution,
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": cx.env.account,
            "time": scheduled,
            "region": cx.env.region,
            "resources": [schedule.arn],
            "detail": "{}",
        })
        .to_string(),
    }
}

/// Without a fraction: `2026-11-24T08:30:00Z`.
fn time(time: Time) -> String {
    let text = time.iso8601();
    text.split('.').next().map(|whole| format!("{whole}Z")).unwrap_or_default()
}
