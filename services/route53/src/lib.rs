//! Route 53: hosted zones, what a name is answered with, and the health checks behind it.
//!
//! [`state`] is what is kept. `api/` holds the operations, `resources/` the CloudFormation types.

mod api;
mod error;
mod resources;
mod state;

use standin_kernel::control::Record;
use standin_kernel::resource::ResourceType;
use standin_kernel::{ApiError, Cx, Service, ServiceName, Value};

use crate::state::State;

/// All that the account has in Route53.
#[derive(Debug, Default)]
pub struct Route53 {
    state: State,
}

impl Route53 {
    pub fn new() -> Self {
        Self::default()
    }
}

impl Service for Route53 {
    fn name(&self) -> ServiceName {
        ServiceName::Route53
    }

    fn resource_types(&self) -> &'static [&'static dyn ResourceType] {
        resources::ALL
    }

    fn call(&mut self, cx: &mut Cx<'_>, operation: &str, input: &Value) -> Result<Value, ApiError> {
        api::call(&mut self.state, cx, operation, input)
    }

    fn restore(&mut self, record: &Record) -> Result<(), String> {
        self.state.restore(record)
    }
}
