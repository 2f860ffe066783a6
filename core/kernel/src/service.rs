//! The contract of a service: a pure machine that is told what happened and says what to do.
//!
//! When a call returns, everything to be done has been emitted and nothing waits inside to be asked
//! for. Time and chance come only through [`Cx`]. `on_deadline` may be called late, never early.
//! Same state, same calls, same outputs.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::control::{ApiError, CallId, Record};
use crate::cx::Cx;
use crate::evaluation::Evaluated;
use crate::exchange::{Caller, ExchangeId, Finish, LinkFailure, Request, Response};
use crate::need::{Heard, Need};
use crate::resource::ResourceType;
use crate::time::Deadline;
use crate::workload::{WorkloadEvent, WorkloadId};

/// The services, by the names AWS's SDKs use. `Platform` is all that carries no viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServiceName {
    CloudFormation,
    CloudFront,
    Elbv2,
    Ecs,
    S3,
    Platform,
    Lambda,
    Route53,
    Rds,
}

impl ServiceName {
    pub const ALL: [Self; 9] = [
        Self::CloudFormation,
        Self::CloudFront,
        Self::Elbv2,
        Self::Ecs,
        Self::S3,
        Self::Platform,
        Self::Lambda,
        Self::Route53,
        Self::Rds,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CloudFormation => "cloudformation",
            Self::CloudFront => "cloudfront",
            Self::Elbv2 => "elbv2",
            Self::Ecs => "ecs",
            Self::S3 => "s3",
            Self::Platform => "platform",
            Self::Lambda => "lambda",
            Self::Route53 => "route53",
            Self::Rds => "rds",
        }
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A service. Data-plane methods have empty defaults for services that carry no viewers.
pub trait Service: fmt::Debug {
    fn name(&self) -> ServiceName;

    /// The CloudFormation types that live in this service.
    fn resource_types(&self) -> &'static [&'static dyn ResourceType];

    /// Carries out an operation (`CreateTargetGroup`) with its input document; the member names are
    /// those of AWS's API.
    fn call(&mut self, cx: &mut Cx<'_>, operation: &str, input: &Value) -> Result<Value, ApiError>;

    /// What has to be heard, beyond `heard`, before the operation can be carried out. Asked again
    /// after every answer, until nothing is missing.
    fn needs(&self, _operation: &str, _input: &Value, _heard: &[Heard]) -> Option<Need> {
        None
    }

    /// `call` with what `needs` asked for.
    fn call_knowing(
        &mut self,
        cx: &mut Cx<'_>,
        operation: &str,
        input: &Value,
        _heard: &[Heard],
    ) -> Result<Value, ApiError> {
        self.call(cx, operation, input)
    }

    /// The same for a service whose reply may have to wait: with `None`, `Out::Reply` brings it
    /// under `id`.
    fn call_later(
        &mut self,
        cx: &mut Cx<'_>,
        _id: CallId,
        operation: &str,
        input: &Value,
        heard: &[Heard],
    ) -> Option<Result<Value, ApiError>> {
        Some(self.call_knowing(cx, operation, input, heard))
    }

    /// The exchange on whose behalf this service called with `ticket`, if there is one: what is
    /// decided about the call, and about its reply, is noted there.
    fn concerns(&self, _ticket: u64) -> Option<ExchangeId> {
        None
    }

    /// The reply to an `Out::Call` of this service.
    fn reply(&mut self, _cx: &mut Cx<'_>, _ticket: u64, _reply: Result<Value, ApiError>) {}

    /// Whether this service serves viewers under `host` (lower case, without port).
    fn serves(&self, _host: &str) -> bool {
        false
    }

    /// Somebody asks; answer now or later with exactly one `Out::Respond`.
    fn request(&mut self, _cx: &mut Cx<'_>, _exchange: ExchangeId, _request: Request) {}

    /// A leg's answer. A relayed body is `Body::Relay`; pass it on, or not.
    fn response(&mut self, _cx: &mut Cx<'_>, _caller: Caller, _response: Response) {}

    /// A leg gave no answer.
    fn failed(&mut self, _cx: &mut Cx<'_>, _caller: Caller, _failure: LinkFailure) {}

    /// An exchange of this service is over, its body included; forget it.
    fn finished(&mut self, _cx: &mut Cx<'_>, _exchange: ExchangeId, _finish: Finish) {}

    /// The whole body asked for with `Body::Relay { keep }`; `None` when it did not come whole or
    /// was too large.
    fn kept(&mut self, _cx: &mut Cx<'_>, _keep: u64, _body: Option<bytes::Bytes>) {}

    /// What came of an `Out::Evaluate` of this service.
    fn evaluated(&mut self, _cx: &mut Cx<'_>, _ticket: u64, _evaluated: &Evaluated) {}

    /// The whole body that `Out::Collect` asked for, empty when there is none; `None` when it was
    /// larger than the limit or did not come whole.
    fn collected(&mut self, _cx: &mut Cx<'_>, _id: ExchangeId, _body: Option<bytes::Bytes>) {}

    fn workload(&mut self, _cx: &mut Cx<'_>, _id: WorkloadId, _event: WorkloadEvent) {}

    fn deadline(&self) -> Option<Deadline> {
        None
    }

    /// Does all that is due at `cx.now`.
    fn on_deadline(&mut self, _cx: &mut Cx<'_>) {}

    /// Takes back a record from before a restart. Called for each record, in the order of kind and
    /// id, before `restored`.
    fn restore(&mut self, _record: &Record) -> Result<(), String> {
        Ok(())
    }

    /// All records are back: rebuild what is live.
    fn restored(&mut self, _cx: &mut Cx<'_>) {}
}
