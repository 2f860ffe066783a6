//! Origins and origin groups, as the edge has them.

use standin_kernel::{ApiError, Duration};

use crate::api::document::{DistributionConfig, Origin, OriginGroup, OriginProtocolPolicy};
use crate::config::{self, OriginKind, OriginProtocol, Signing};
use crate::error::no_such_origin;
use crate::state::State;

pub(super) fn origins(
    state: &State,
    document: &DistributionConfig,
) -> Result<Vec<config::Origin>, ApiError> {
    document.origins.iter().map(|one| origin(state, one)).collect()
}

fn origin(state: &State, document: &Origin) -> Result<config::Origin, ApiError> {
    let signing = match document.origin_access_control_id.as_str() {
        "" => Signing::Never,
        id => state.access_controls.get(id)?.document.compiled(),
    };
    let (kind, read_timeout_s) = match (&document.custom_origin_config, &document.s3_origin_config)
    {
        (Some(custom), _) => {
            let protocol = match custom.origin_protocol_policy {
                OriginProtocolPolicy::HttpOnly => OriginProtocol::HttpOnly,
                OriginProtocolPolicy::HttpsOnly => OriginProtocol::HttpsOnly,
                OriginProtocolPolicy::MatchViewer => OriginProtocol::MatchViewer,
            };
            let (http_port, https_port) = (custom.http_port, custom.https_port);
            let kind = OriginKind::Custom { http_port, https_port, protocol };
            (kind, custom.origin_read_timeout)
        }
        (None, Some(s3)) => (OriginKind::S3 { signing }, s3.origin_read_timeout),
        (None, None) => (OriginKind::S3 { signing }, 30),
    };
    let headers = document.custom_headers.iter();
    Ok(config::Origin {
        id: document.id.as_str().into(),
        domain_name: document.domain_name.to_ascii_lowercase().into(),
        path: document.origin_path.as_str().into(),
        host_header: None,
        custom_headers: headers
            .map(|line| (line.header_name.as_str().into(), line.header_value.as_str().into()))
            .collect(),
        connection_attempts: u8::try_from(document.connection_attempts).unwrap_or(3),
        connection_timeout: Duration::from_secs(document.connection_timeout),
        read_timeout: Duration::from_secs(read_timeout_s),
        completion_timeout: document.response_completion_timeout.map(Duration::from_secs),
        kind,
    })
}

pub(super) fn groups(document: &DistributionConfig) -> Result<Vec<config::OriginGroup>, ApiError> {
    document.origin_groups.iter().map(|one| group(document, one)).collect()
}

fn group(
    document: &DistributionConfig,
    group: &OriginGroup,
) -> Result<config::OriginGroup, ApiError> {
    let member = |index: usize| {
        let member = group.members.0.get(index)?;
        document.origins.iter().position(|origin| origin.id == member.origin_id)
    };
    let (Some(primary), Some(secondary)) = (member(0), member(1)) else {
        return Err(no_such_origin());
    };
    Ok(config::OriginGroup {
        id: group.id.as_str().into(),
        status_codes: group.failover_criteria.status_codes.0.clone(),
        primary,
        secondary,
    })
}
