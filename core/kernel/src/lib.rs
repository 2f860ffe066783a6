//! The kernel: what every service and both drivers share, and nothing that knows a service.
//!
//! Reading order: [`time`], [`rng`], [`timers`] (what a machine is given), [`service`] (the
//! contract a service keeps), [`cx`] (what a machine may do), [`exchange`] (the data plane's
//! vocabulary), [`dns`] (names and answers), [`control`] (operation calls by name), [`resource`]
//! (CloudFormation types), [`workload`], [`database`] and [`datadog`] (what runs), [`fault`],
//! [`fact`] (why an answer is what it is), [`metric`] (what services count), [`http`] (heads of
//! HTTP/1).

pub mod base64;
pub mod control;
pub mod cx;
pub mod database;
pub mod datadog;
pub mod dns;
pub mod evaluation;
pub mod exchange;
pub mod fact;
pub mod fault;
pub mod function;
pub mod http;
pub mod ids;
pub mod limits;
pub mod metric;
pub mod need;
pub mod pattern;
pub mod resource;
pub mod rng;
pub mod service;
pub mod time;
pub mod timers;
pub mod workload;

pub use bytes::Bytes;
pub use control::{ApiError, CallId, Record};
pub use cx::{Cx, Env, Out, Pace};
pub use evaluation::{Evaluated, Evaluation, Evaluator};
pub use exchange::{
    Address, BlobId, Body, Caller, Coding, ExchangeId, Finish, Identity, LegRequest, LinkFailure,
    Request, Response,
};
pub use fact::{Fact, SettingRef};
pub use http::{Headers, Method, RequestHead, ResponseHead, Version};
pub use need::{Answer, Heard, Need};
pub use rng::Rng;
pub use serde_json::{Value, json};
pub use service::{Service, ServiceName};
pub use time::{Deadline, Duration, Time};
pub use timers::Timers;
