//! What AWS refuses in a distribution's document, and what Standin refuses because it is not built;
//! references to other things are looked up in `compile`.

mod alias;
mod behavior;
mod error_response;
mod origin;

use standin_kernel::ApiError;

use crate::api::document::{DistributionConfig, GeoRestriction};
use crate::error::{invalid, invalid_argument, not_built};
use crate::state::State;

/// Checks a document for distribution `id` (empty for a new one) and spells its defaults out.
pub(crate) fn distribution(
    state: &State,
    id: &str,
    document: &mut DistributionConfig,
) -> Result<(), ApiError> {
    built(document)?;
    if document.comment.chars().count() > 128 {
        return Err(invalid_argument("The parameter Comment is too long."));
    }
    let places = ["PriceClass_100", "PriceClass_200", "PriceClass_All", "None"];
    if !places.contains(&document.price_class.as_str()) {
        return Err(invalid_argument("The parameter PriceClass is invalid."));
    }
    root_object(&document.default_root_object)?;
    origin::origins(document)?;
    origin::groups(document)?;
    behavior::behaviors(document)?;
    error_response::responses(document)?;
    alias::certificate(document)?;
    alias::aliases(state, &[id], document)
}

/// Checks the names of distribution `id` to which one moves that `holder` has had.
pub(crate) fn moved_alias(
    state: &State,
    id: &str,
    holder: Option<&str>,
    document: &DistributionConfig,
) -> Result<(), ApiError> {
    alias::aliases(state, &[id, holder.unwrap_or(id)], document)
}

/// CF-ROOT-04
fn root_object(name: &str) -> Result<(), ApiError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.*$/~\"'&:+@".contains(&byte);
    if name.len() > 255 || !name.bytes().all(allowed) {
        let message = "The default root object file name is too big or contains an invalid \
                       character.";
        return Err(invalid("InvalidDefaultRootObject", message));
    }
    Ok(())
}

/// Members whose absence viewers would see.
fn built(document: &DistributionConfig) -> Result<(), ApiError> {
    let GeoRestriction { restriction_type, items, .. } = &document.restrictions.geo_restriction;
    let asked = [
        ("WebACLId", !document.web_acl_id.is_empty(), "AWS WAF is not built"),
        (
            "ContinuousDeploymentPolicyId",
            !document.continuous_deployment_policy_id.is_empty(),
            "continuous deployment is not built",
        ),
        ("Staging", document.staging, "continuous deployment is not built"),
        (
            "ConnectionMode",
            document.connection_mode != "direct",
            "distribution tenants are not built",
        ),
        (
            "ViewerMtlsConfig",
            document.viewer_mtls_config.is_some(),
            "viewers bring no certificates here",
        ),
        (
            "ConnectionFunctionAssociation",
            document.connection_function_association.is_some(),
            "viewers bring no certificates here",
        ),
        ("CacheTagConfig", document.cache_tag_config.is_some(), "invalidation by tag is not built"),
        (
            "GeoRestriction",
            restriction_type != "none" || !items.is_empty(),
            "viewers of one machine have no country",
        ),
    ];
    refuse(&asked)
}

/// Refuses the first member that is asked for.
fn refuse(asked: &[(&str, bool, &str)]) -> Result<(), ApiError> {
    match asked.iter().find(|(_, asked, _)| *asked) {
        None => Ok(()),
        Some((member, _, why)) => Err(not_built(member, why)),
    }
}
