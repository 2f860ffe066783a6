//! The properties of `AWS::CertificateManager::Certificate`, and what becomes of each.

use standin_kernel::resource::{Kind, Property};

use crate::tags::TAGS;

pub(crate) const CERTIFICATE: &[Property] = &[
    Property::new("CertificateAuthorityArn", Kind::Text)
        .replaces()
        .refused("private certificate authorities are not built"),
    Property::new("CertificateExport", Kind::Choice(&["ENABLED", "DISABLED"]))
        .replaces()
        .refused("certificates have no key to export here"),
    Property::new(
        "CertificateTransparencyLoggingPreference",
        Kind::Choice(&["ENABLED", "DISABLED"]),
    )
    .no_effect("no public log hears of certificates made here"),
    Property::new("DomainName", Kind::Text).required().replaces(),
    Property::new("DomainValidationOptions", Kind::List(&Kind::Object(DOMAIN_VALIDATION_OPTION)))
        .replaces()
        .no_effect("certificates are issued without proof of ownership here"),
    Property::new("KeyAlgorithm", Kind::Text)
        .replaces()
        .no_effect("a certificate is a record without a key here"),
    Property::new("SubjectAlternativeNames", Kind::List(&Kind::Text)).replaces(),
    Property::new("Tags", TAGS),
    Property::new("ValidationMethod", Kind::Text)
        .replaces()
        .no_effect("certificates are issued without proof of ownership here"),
];

const DOMAIN_VALIDATION_OPTION: &[Property] = &[
    Property::new("DomainName", Kind::Text),
    Property::new("HostedZoneId", Kind::Text),
    Property::new("ValidationDomain", Kind::Text),
];
