//! One run of a function: what it is given, who waits for what comes of it, and whether it may
//! begin.

use standin_kernel::{ApiError, Bytes, CallId, Cx, Duration, ExchangeId, Fact, ServiceName, ids};

use super::Timer;
use super::fault::Broken;
use super::outcome::Outcome;
use crate::Lambda;
use crate::error::throttled;
use crate::state::Config;

/// One run of a function.
#[derive(Clone, Debug)]
pub(crate) struct Invocation {
    /// The request id that logs and errors name.
    pub(crate) id: String,
    pub(crate) function: String,
    /// `$LATEST` or a number.
    pub(crate) version: String,
    /// As it was invoked: with the qualifier, if there was one.
    pub(crate) arn: String,
    pub(crate) payload: Bytes,
    pub(crate) waiter: Waiter,
    /// Whether the end of the log is wanted (`LogType: Tail`).
    pub(crate) tail: bool,
    /// In base64, as it was given.
    pub(crate) client_context: Option<String>,
}

/// Who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiter {
    /// Whoever waited has gone; the run goes on.
    Nobody,
    Call(CallId),
    /// A request to a function URL.
    Url(ExchangeId),
    /// An event in the queue.
    Event(u64),
}

/// Why a run does not begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// LAM-IN-06; `reserved_zero` when nothing will ever run (LAM-IN-08).
    Throttled { reserved_zero: bool },
}

impl Refusal {
    pub(crate) fn error(&self) -> ApiError {
        match self {
            Self::Throttled { .. } => throttled(),
        }
    }
}

impl Invocation {
    pub(crate) fn new(cx: &mut Cx<'_>, config: &Config, arn: String, payload: Bytes) -> Self {
        let function = arn.split(':').nth(6).unwrap_or_default().to_owned();
        Self {
            id: ids::uuid(cx.rng),
            function,
            version: config.version.clone(),
            arn,
            payload,
            waiter: Waiter::Nobody,
            tail: false,
            client_context: None,
        }
    }
}

impl Lambda {
    /// Begins a run, unless there is no room for it.
    pub(crate) fn begin(&mut self, cx: &mut Cx<'_>, invocation: Invocation) -> Result<(), Refusal> {
        let function = invocation.function.clone();
        let begun = self.try_to_begin(cx, invocation);
        if begun.is_err() {
            self.live.meters.throttled(cx, &function);
        }
        begun
    }

    fn try_to_begin(&mut self, cx: &mut Cx<'_>, invocation: Invocation) -> Result<(), Refusal> {
        let broken = self.live.broken(&invocation.function);
        if broken == Some(Broken::Throttle) {
            cx.note(|| fact("concurrency", "the function is throttled on purpose"));
            return Err(Refusal::Throttled { reserved_zero: false });
        }
        self.check_concurrency(cx, &invocation.function)?;
        match broken {
            Some(Broken::Error) => {
                let outcome = Outcome::broken(&invocation.id);
                self.end_of_run(cx, invocation, outcome, None);
            }
            Some(Broken::Slow(by)) => self.hold(cx, invocation, by, "slowed by a fault"),
            Some(Broken::Hang) => {
                let limit = self.timeout_of(&invocation);
                self.hold(cx, invocation, limit, "hanging by a fault");
            }
            Some(Broken::Throttle) | None => self.assign(cx, invocation),
        }
        Ok(())
    }

    fn hold(&mut self, cx: &mut Cx<'_>, invocation: Invocation, by: Duration, why: &'static str) {
        let number = self.live.number();
        self.live.held.insert(number, invocation);
        self.live.timers.set(Timer::Held(number), cx.now + by, why);
    }

    /// A fault's delay is over.
    pub(crate) fn release(&mut self, cx: &mut Cx<'_>, number: u64) {
        let Some(invocation) = self.live.held.remove(&number) else { return };
        if self.live.broken(&invocation.function) == Some(Broken::Hang) {
            let limit = self.timeout_of(&invocation);
            let outcome = Outcome::timed_out(&invocation.id, limit);
            self.end_of_run(cx, invocation, outcome, None);
        } else {
            self.assign(cx, invocation);
        }
    }

    /// How long the version may take.
    pub(crate) fn timeout_of(&self, invocation: &Invocation) -> Duration {
        let function = self.state.functions.get(&invocation.function);
        let config = function.and_then(|function| function.version(&invocation.version));
        Duration::from_secs(config.map_or(3, |config| config.timeout_s).into())
    }
}

pub(crate) fn fact(step: &'static str, says: impl Into<String>) -> Fact {
    Fact::new(ServiceName::Lambda, step, says)
}
