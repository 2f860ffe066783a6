//! From the API's document to what the edge decides on: references are looked up, defaults filled
//! in, positions taken.

mod behavior;
mod origin;

use std::sync::Arc;

use standin_kernel::{ApiError, Env, ids};

use crate::api::document::{CustomErrorResponse, DistributionConfig, Hint, HttpVersion};
use crate::config;
use crate::state::State;

/// The configuration of distribution `id`. Refuses references to what does not exist.
pub(crate) fn distribution(
    state: &State,
    env: &Env,
    (id, domain_name): (&str, &str),
    document: &DistributionConfig,
    hint: &Hint,
) -> Result<config::Distribution, ApiError> {
    let origins = origin::origins(state, document)?;
    let origin_groups = origin::groups(document)?;
    let behaviors = behavior::behaviors(state, document)?;
    let root = document.default_root_object.as_str();
    Ok(config::Distribution {
        id: id.into(),
        arn: arn(env, id).into(),
        domain_name: domain_name.into(),
        enabled: document.enabled,
        default_root_object: (!root.is_empty()).then(|| root.into()),
        origins,
        origin_groups,
        behaviors,
        error_responses: document.custom_error_responses.iter().map(error_response).collect(),
        assume_https: hint.viewer_protocol.is_some(),
        http3: matches!(document.http_version, HttpVersion::Http3 | HttpVersion::Http2And3),
        logging: document.logging.compiled().map(Arc::new),
    })
}

pub(crate) fn arn(env: &Env, id: &str) -> String {
    ids::global_arn(env, "cloudfront", &format!("distribution/{id}"))
}

fn error_response(document: &CustomErrorResponse) -> config::CustomErrorResponse {
    let page = document.response_code.parse().ok().map(|response_code| config::ErrorPage {
        path: document.response_page_path.as_str().into(),
        response_code,
    });
    config::CustomErrorResponse {
        error_code: document.error_code,
        caching_min_ttl_s: document.error_caching_min_ttl,
        page,
    }
}
