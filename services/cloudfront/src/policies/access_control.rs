//! Origin access controls: whether requests to a bucket are signed (CF-S3O-01, CF-S3O-02).

use serde::{Deserialize, Serialize};
use standin_kernel::ApiError;

use super::{Document, Shelf};
use crate::api::document::DistributionConfig;
use crate::config::Signing;
use crate::error::{invalid_argument, not_built};
use crate::state::State;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct OriginAccessControlConfig {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) description: String,
    pub(crate) signing_protocol: String,
    pub(crate) signing_behavior: SigningBehavior,
    pub(crate) origin_access_control_origin_type: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SigningBehavior {
    Never,
    Always,
    NoOverride,
}

impl Document for OriginAccessControlConfig {
    const NOUN: &'static str = "OriginAccessControl";
    const CONFIG: &'static str = "OriginAccessControlConfig";
    const WORDS: &'static str = "origin access control";
    const TOO_MANY: &'static str = "TooManyOriginAccessControls";
    const MOST: usize = 100;
    const RECORD: &'static str = "origin-access-control";

    fn name(&self) -> &str {
        &self.name
    }

    fn settle(&mut self) -> Result<(), ApiError> {
        if self.name.is_empty() || self.name.chars().count() > 64 {
            return Err(invalid_argument("The parameter Name is invalid."));
        }
        if self.description.chars().count() > 256 {
            return Err(invalid_argument("The parameter Description is too long."));
        }
        match self.origin_access_control_origin_type.as_str() {
            "s3" => {}
            "mediastore" | "mediapackagev2" | "lambda" => {
                let why = "only origins of type s3 are signed for";
                return Err(not_built("OriginAccessControlOriginType", why));
            }
            _ => {
                let message = "The parameter OriginAccessControlOriginType is invalid.";
                return Err(invalid_argument(message));
            }
        }
        match self.signing_protocol.as_str() {
            "sigv4" => Ok(()),
            "sigv4a" => Err(not_built("SigningProtocol", "requests are signed with sigv4")),
            _ => Err(invalid_argument("The parameter SigningProtocol is invalid.")),
        }
    }

    fn is_used(config: &DistributionConfig, id: &str) -> bool {
        config.origins.iter().any(|origin| origin.origin_access_control_id == id)
    }

    fn shelf(state: &State) -> &Shelf<Self> {
        &state.access_controls
    }

    fn shelf_mut(state: &mut State) -> &mut Shelf<Self> {
        &mut state.access_controls
    }
}

impl OriginAccessControlConfig {
    /// What it comes to at the edge.
    pub(crate) const fn compiled(&self) -> Signing {
        match self.signing_behavior {
            SigningBehavior::Never => Signing::Never,
            SigningBehavior::Always => Signing::Always,
            SigningBehavior::NoOverride => Signing::NoOverride,
        }
    }
}
