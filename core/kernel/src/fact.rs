//! Why an answer is what it is: facts that services note while somebody looks at an exchange.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::ServiceName;

/// One decision on the way of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    pub service: ServiceName,
    /// What was decided, as a noun: `behavior`, `cache`, `origin`, `rule`, `target`, `error page`.
    pub step: Cow<'static, str>,
    /// What was decided and why, one sentence without a final stop.
    pub says: String,
    /// The setting that made it so.
    pub setting: Option<SettingRef>,
    /// The ledger row that states the behaviour: `CF-ERR-05`.
    pub row: Option<Cow<'static, str>>,
}

/// Points at a property of a resource; CloudFormation turns it into a line of the template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingRef {
    /// The resource's physical id, as `Ref` gives it.
    pub resource: String,
    /// `DistributionConfig.CustomErrorResponses[2].ErrorCachingMinTTL`
    pub property: String,
}

impl Fact {
    pub fn new(service: ServiceName, step: &'static str, says: impl Into<String>) -> Self {
        Self { service, step: step.into(), says: says.into(), setting: None, row: None }
    }

    #[must_use]
    pub fn setting(mut self, resource: &str, property: impl Into<String>) -> Self {
        let property = property.into();
        self.setting = Some(SettingRef { resource: resource.into(), property });
        self
    }

    #[must_use]
    pub fn row(mut self, row: &'static str) -> Self {
        self.row = Some(Cow::Borrowed(row));
        self
    }
}
