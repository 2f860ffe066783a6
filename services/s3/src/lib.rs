//! S3: buckets and objects, who may read them, and the two kinds of endpoint that serve them.
//!
//! [`state`] is what is kept. `api/` holds the operations, `resources/` the CloudFormation types.
//! `data/` decides about requests: `endpoint` (which bucket, which kind of endpoint), `rest` and
//! `website` (the two kinds), `access` and `policy` (may this one read), `conditional` and `range`
//! (which part of the object), `redirect` (rules of a website), `cors`, `listing`,
//! `error_document`.

mod api;
mod data;
mod error;
mod resources;
mod state;
#[cfg(test)]
mod tests;

use standin_kernel::control::Record;
use standin_kernel::fault::Mode;
use standin_kernel::resource::ResourceType;
use standin_kernel::{ApiError, Cx, ExchangeId, Request, Service, ServiceName, Value};

use crate::data::endpoint::{Endpoint, Kind};
use crate::state::State;

/// All buckets of the account.
#[derive(Clone, Debug, Default)]
pub struct S3 {
    state: State,
    date: data::Date,
}

impl S3 {
    pub fn new() -> Self {
        Self::default()
    }

    /// What is broken on purpose: buckets, or single keys of them, that are missing or that nobody
    /// may read. Other modes are no matter of S3's.
    pub fn set_broken(&mut self, broken: Vec<(String, Option<String>, Mode)>) {
        self.state.broken = broken;
    }

    /// Whether `host` (lower case, without port) answers on `port`: website endpoints have no TLS,
    /// so their port 443 is closed (S3-EP-02, S3-EP-03).
    pub fn listens(&self, host: &str, port: u16) -> bool {
        Endpoint::parse(host).is_some_and(|at| at.kind == Kind::Rest || port != 443)
    }
}

impl Service for S3 {
    fn name(&self) -> ServiceName {
        ServiceName::S3
    }

    fn resource_types(&self) -> &'static [&'static dyn ResourceType] {
        resources::ALL
    }

    fn call(&mut self, cx: &mut Cx<'_>, operation: &str, input: &Value) -> Result<Value, ApiError> {
        api::call(&mut self.state, cx, operation, input)
    }

    fn serves(&self, host: &str) -> bool {
        Endpoint::parse(host).is_some()
    }

    fn request(&mut self, cx: &mut Cx<'_>, exchange: ExchangeId, request: Request) {
        let response = data::answer(&self.state, &mut self.date, cx, &request);
        cx.respond(exchange, response);
    }

    fn restore(&mut self, record: &Record) -> Result<(), String> {
        self.state.restore(record)
    }
}
