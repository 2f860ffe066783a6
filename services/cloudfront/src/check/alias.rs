//! Alternate domain names and the certificate they need (CF-ALT-01, CF-ALT-04, CF-REQ-03).

use std::collections::BTreeSet;

use standin_kernel::ApiError;

use crate::api::document::{CertificateSource, DistributionConfig};
use crate::error::{invalid, invalid_argument, within};
use crate::state::State;

/// CF-LIM-01
const ALIASES_MAX: usize = 100;

/// Names are well formed, covered by a certificate of some kind, and nobody else's: those of
/// `holders` do not count.
pub(super) fn aliases(
    state: &State,
    holders: &[&str],
    document: &DistributionConfig,
) -> Result<(), ApiError> {
    let aliases = &document.aliases;
    let message = "Your request contains more CNAMEs than are allowed per distribution.";
    within(aliases.len(), ALIASES_MAX, "TooManyDistributionCNAMEs", message)?;
    let mut seen = BTreeSet::new();
    for alias in aliases.iter() {
        if !is_name(alias) || !seen.insert(alias) {
            let message = "The parameter CNAME contains one or more parameters that are not valid.";
            return Err(invalid_argument(message));
        }
    }
    let certificate = &document.viewer_certificate;
    let own = certificate.acm_certificate_arn.is_some() || certificate.iam_certificate_id.is_some();
    if !aliases.is_empty() && !own {
        let message = "To add an alternate domain name (CNAME) to a CloudFront distribution, you \
                       must attach a trusted certificate that validates your authorization to use \
                       the domain name. For more details, see: \
                       https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/\
                       CNAMEs.html#alternate-domain-names-requirements";
        return Err(invalid("InvalidViewerCertificate", message));
    }
    let others =
        state.distributions.values().filter(|other| !holders.contains(&other.settings.id.as_str()));
    if others.flat_map(|other| other.settings.config.aliases.iter()).any(|one| seen.contains(one)) {
        let message = "One or more of the CNAMEs you provided are already associated with a \
                       different resource.";
        return Err(ApiError::new("CNAMEAlreadyExists", 409, message));
    }
    Ok(())
}

/// A lower-case domain name, or one with `*.` in front (CF-REQ-03, CF-REQ-12).
fn is_name(alias: &str) -> bool {
    let name = alias.strip_prefix("*.").unwrap_or(alias);
    let label = |label: &str| {
        let inner = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
        };
        (1..=63).contains(&label.len())
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    alias.len() <= 253
        && name.contains('.')
        && name.split('.').all(label)
        && !name.ends_with(".cloudfront.net")
}

/// One certificate, and the members AWS adds about it.
pub(super) fn certificate(document: &mut DistributionConfig) -> Result<(), ApiError> {
    let certificate = &mut document.viewer_certificate;
    let chosen = [
        certificate.cloud_front_default_certificate,
        certificate.acm_certificate_arn.is_some(),
        certificate.iam_certificate_id.is_some(),
    ];
    if chosen.iter().filter(|one| **one).count() > 1 {
        let message = "Your request must specify exactly one of CloudFrontDefaultCertificate, \
                       ACMCertificateArn and IAMCertificateId.";
        return Err(invalid("InvalidViewerCertificate", message));
    }
    if chosen[0] || chosen == [false; 3] {
        certificate.cloud_front_default_certificate = true;
        certificate.ssl_support_method = Some("vip".into());
        certificate.minimum_protocol_version = "TLSv1".into();
        certificate.certificate = None;
        certificate.certificate_source = Some(CertificateSource::Cloudfront);
        return Ok(());
    }
    if !matches!(certificate.ssl_support_method.as_deref(), Some("sni-only" | "vip" | "static-ip"))
    {
        let message = "The parameter SSLSupportMethod is required with a certificate of your own.";
        return Err(invalid("InvalidViewerCertificate", message));
    }
    if let Some(arn) = &certificate.acm_certificate_arn {
        if !arn.starts_with("arn:aws:acm:us-east-1:") || !arn.contains(":certificate/") {
            let message = "The specified SSL certificate doesn't exist, isn't in us-east-1 region, \
                           isn't valid, or doesn't include a valid certificate chain.";
            return Err(invalid("InvalidViewerCertificate", message));
        }
        certificate.certificate = Some(arn.clone());
        certificate.certificate_source = Some(CertificateSource::Acm);
    }
    if let Some(id) = &certificate.iam_certificate_id {
        certificate.certificate = Some(id.clone());
        certificate.certificate_source = Some(CertificateSource::Iam);
    }
    Ok(())
}
