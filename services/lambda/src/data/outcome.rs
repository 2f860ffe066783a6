//! What comes of a run, and how whoever waits is told.

use standin_kernel::{ApiError, Bytes, Cx, Duration, Out, Value, json};

use super::event_queue::Attempt;
use super::invocation::{Invocation, Waiter};
use crate::Lambda;
use standin_kernel::base64;

/// How much of the log an invocation gives back, in bytes (LAM-IN-01).
const TAIL_BYTES: usize = 4 * 1024;

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) payload: Bytes,
    /// Whether the payload is an error (LAM-IN-02).
    pub(crate) failed: bool,
    /// What `REPORT` says of it: `timeout`, or `error` and its type.
    pub(crate) status: Option<(&'static str, Option<String>)>,
}

impl Outcome {
    pub(crate) const fn success(payload: Bytes) -> Self {
        Self { payload, failed: false, status: None }
    }

    /// An error in Lambda's own words.
    pub(crate) fn error(kind: &str, message: &str) -> Self {
        let body = json!({"errorType": kind, "errorMessage": message}).to_string();
        Self { payload: body.into(), failed: true, status: Some(("error", Some(kind.to_owned()))) }
    }

    /// An error as the function's runtime posted it (LAM-RT-05).
    pub(crate) const fn posted_error(payload: Bytes) -> Self {
        Self { payload, failed: true, status: None }
    }

    /// LAM-LC-03.
    pub(crate) fn timed_out(id: &str, limit: Duration) -> Self {
        let message = format!(
            "RequestId: {id} Error: Task timed out after {:.2} seconds",
            limit.as_secs_f64()
        );
        let mut outcome = Self::error("Sandbox.Timedout", &message);
        outcome.status = Some(("timeout", None));
        outcome
    }

    /// LAM-RT-11: the process ended with `code`, 128 and the signal's number for a signal.
    pub(crate) fn exited(id: &str, code: i32) -> Self {
        let how = match code {
            0 => "Runtime exited without providing a reason".to_owned(),
            134 => "Runtime exited with error: signal: aborted".to_owned(),
            137 => "Runtime exited with error: signal: killed".to_owned(),
            139 => "Runtime exited with error: signal: segmentation fault".to_owned(),
            143 => "Runtime exited with error: signal: terminated".to_owned(),
            code => format!("Runtime exited with error: exit status {code}"),
        };
        Self::error("Runtime.ExitError", &format!("RequestId: {id} Error: {how}"))
    }

    /// The process never ran. `reason` begins with the type: `Runtime.InvalidEntrypoint: ...`
    /// (LAM-RT-10).
    pub(crate) fn not_started(id: &str, reason: &str) -> Self {
        let (kind, why) = match reason.split_once(": ") {
            Some((kind, why)) if kind.starts_with("Runtime.") => (kind, why),
            _ => ("Runtime.InvalidEntrypoint", reason),
        };
        Self::error(kind, &format!("RequestId: {id} Error: {why}"))
    }

    /// LAM-RT-07.
    pub(crate) fn response_too_large() -> Self {
        let message = "Response payload size exceeded maximum allowed payload size \
                       (6291556 bytes).";
        Self::error("Function.ResponseSizeTooLarge", message)
    }

    pub(crate) fn broken(id: &str) -> Self {
        let message = format!("RequestId: {id} Error: broken on purpose");
        Self::error("Standin.BrokenOnPurpose", &message)
    }

    /// The output of `Invoke`.
    fn reply(&self, invocation: &Invocation, log: Option<&str>) -> Value {
        let mut reply = json!({"StatusCode": 200, "ExecutedVersion": invocation.version});
        // The id that the caller is told is the one that the function and its log have.
        reply["Standin"] = json!({"RequestId": invocation.id});
        match std::str::from_utf8(&self.payload) {
            Ok(text) => reply["Payload"] = json!(text),
            Err(_) => reply["PayloadBase64"] = json!(base64::encode(&self.payload)),
        }
        if self.failed {
            reply["FunctionError"] = json!("Unhandled");
        }
        if let (true, Some(log)) = (invocation.tail, log) {
            let bytes = log.as_bytes();
            let tail = &bytes[bytes.len().saturating_sub(TAIL_BYTES)..];
            reply["LogResult"] = json!(base64::encode(tail));
        }
        reply
    }
}

impl Lambda {
    /// Tells whoever waits for a run. `log`: the lines about it.
    pub(crate) fn end_of_run(
        &mut self,
        cx: &mut Cx<'_>,
        invocation: Invocation,
        outcome: Outcome,
        log: Option<&str>,
    ) {
        self.live.meters.ran(cx, &invocation.function, outcome.failed);
        match invocation.waiter {
            Waiter::Nobody => {}
            Waiter::Call(call) => {
                let reply = Ok(outcome.reply(&invocation, log));
                cx.emit(Out::Reply { call, reply });
            }
            Waiter::Url(exchange) => {
                let function = invocation.function.as_str();
                self.answer_url(cx, exchange, &invocation.id, function, &outcome);
            }
            Waiter::Event(number) => {
                let version = invocation.version;
                self.event_tried(cx, number, Attempt::Ran { outcome, version });
            }
        }
    }

    /// A run that does not even begin.
    pub(crate) fn refuse_run(&mut self, cx: &mut Cx<'_>, waiter: Waiter, error: ApiError) {
        match waiter {
            Waiter::Nobody => {}
            Waiter::Call(call) => cx.emit(Out::Reply { call, reply: Err(error) }),
            Waiter::Url(exchange) => self.refuse_url(cx, exchange, &error),
            Waiter::Event(number) => self.event_tried(cx, number, Attempt::Throttled),
        }
    }
}
