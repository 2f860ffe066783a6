//! The operations of ACM, by AWS's names.

use serde::Deserialize;
use standin_kernel::ids::{arn, uuid};
use standin_kernel::resource::may_tag;
use standin_kernel::{ApiError, Cx, Duration, Value, json};

use super::state::{Acm, Certificate, Method};
use crate::operation::{Codes, Operations, present, read, seconds};
use crate::paging::page;
use crate::tags::{self, Fault, Tag};

pub(crate) const OPERATIONS: Operations<Acm> = &[
    ("RequestCertificate", request),
    ("DescribeCertificate", describe),
    ("ListCertificates", list),
    ("UpdateCertificateOptions", update_options),
    ("DeleteCertificate", delete),
    ("AddTagsToCertificate", add_tags),
    ("RemoveTagsFromCertificate", remove_tags),
    ("ListTagsForCertificate", list_tags),
];

const CODES: Codes = Codes::all("ValidationException");

/// How long issuing takes on AWS, once the record is there.
const ISSUING: Duration = Duration::from_secs(120);
/// How long a token makes two requests the same.
const SAME: Duration = Duration::from_secs(3600);
const VALIDITY: Duration = Duration::from_secs(198 * 24 * 3600);
const NAMES_MAX: usize = 10;

fn refused(code: &str, message: impl Into<String>) -> ApiError {
    ApiError::new(code, 400, message)
}

fn not_found(arn: &str) -> ApiError {
    refused("ResourceNotFoundException", format!("Could not find certificate {arn}."))
}

fn wrong_tags(fault: &Fault) -> ApiError {
    let code = match fault {
        Fault::TooMany => "TooManyTagsException",
        _ => "InvalidTagException",
    };
    refused(code, fault.message())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Request {
    domain_name: String,
    validation_method: Option<Method>,
    #[serde(default)]
    subject_alternative_names: Vec<String>,
    idempotency_token: Option<String>,
    #[serde(default)]
    domain_validation_options: Vec<ValidationOption>,
    options: Option<Options>,
    key_algorithm: Option<String>,
    tags: Option<Vec<Tag>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ValidationOption {
    domain_name: String,
    validation_domain: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Options {
    certificate_transparency_logging_preference: Option<Switch>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Switch {
    Enabled,
    Disabled,
}

const ALGORITHMS: [&str; 7] = [
    "RSA_1024",
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "EC_prime256v1",
    "EC_secp384r1",
    "EC_secp521r1",
];

fn request(acm: &mut Acm, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Request = read("RequestCertificate", value, CODES)?;
    let domain = asked.domain_name.to_ascii_lowercase();
    let mut others: Vec<String> = Vec::new();
    for name in &asked.subject_alternative_names {
        let name = name.to_ascii_lowercase();
        if name != domain && !others.contains(&name) {
            others.push(name);
        }
    }
    for name in others.iter().chain([&domain]) {
        check_domain(name)?;
    }
    if others.len() >= NAMES_MAX {
        let message = format!("A certificate has at most {NAMES_MAX} domain names.");
        return Err(refused("LimitExceededException", message));
    }
    for option in &asked.domain_validation_options {
        let named = option.domain_name.to_ascii_lowercase();
        let of = option.validation_domain.to_ascii_lowercase();
        let below = named == of || named.ends_with(&format!(".{of}"));
        if !below || !others.iter().chain([&domain]).any(|name| *name == named) {
            let message = format!("{of} is not a valid validation domain of {named}.");
            return Err(refused("InvalidDomainValidationOptionsException", message));
        }
    }
    let same = |one: &&Certificate| {
        asked.idempotency_token.is_some()
            && one.token == asked.idempotency_token
            && one.domain == domain
            && cx.now < one.created + SAME
    };
    if let Some(there) = acm.certificates.values().find(same) {
        return Ok(json!({"CertificateArn": there.arn}));
    }
    let key_algorithm = asked.key_algorithm.unwrap_or_else(|| "RSA_2048".into());
    if !ALGORITHMS.contains(&key_algorithm.as_str()) {
        let message = format!("KeyAlgorithm must be one of {}", ALGORITHMS.join(", "));
        return Err(refused("ValidationException", message));
    }
    let preference = asked.options.and_then(|one| one.certificate_transparency_logging_preference);
    let id = uuid(cx.rng);
    let proofs = (0..=others.len()).map(|_| cx.rng.hex(32)).collect();
    let certificate = Certificate {
        arn: arn(cx.env, "acm", &format!("certificate/{id}")),
        domain,
        others,
        // The API's default is e-mail; nobody reads mail here, and neither is waited for.
        method: asked.validation_method.unwrap_or(Method::Email),
        key_algorithm,
        logged: preference != Some(Switch::Disabled),
        created: cx.now,
        issued: cx.now + cx.env.paced(Duration::ZERO, ISSUING),
        proofs,
        token: asked.idempotency_token,
        tags: tags::of(asked.tags, cx.asked_by).map_err(|fault| wrong_tags(&fault))?,
    };
    let arn = certificate.arn.clone();
    acm.certificates.put(cx, &arn, certificate);
    Ok(json!({"CertificateArn": arn}))
}

/// A name of at least two labels, perhaps with `*` before them.
fn check_domain(name: &str) -> Result<(), ApiError> {
    let labels: Vec<&str> = name.strip_prefix("*.").unwrap_or(name).split('.').collect();
    let fine = |label: &&str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if name.len() <= 253 && labels.len() >= 2 && labels.iter().all(fine) {
        return Ok(());
    }
    let message = format!(
        "1 validation error detected: Value '{name}' at 'domainName' failed to satisfy \
         constraint: Member must satisfy regular expression pattern of a domain name"
    );
    Err(refused("ValidationException", message))
}

impl Certificate {
    fn is_issued(&self, cx: &Cx<'_>) -> bool {
        self.issued <= cx.now
    }

    fn status(&self, cx: &Cx<'_>) -> &'static str {
        if self.is_issued(cx) { "ISSUED" } else { "PENDING_VALIDATION" }
    }

    fn names(&self) -> impl Iterator<Item = &String> {
        [&self.domain].into_iter().chain(&self.others)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Named {
    certificate_arn: String,
}

fn describe(acm: &mut Acm, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Named = read("DescribeCertificate", value, CODES)?;
    let found = acm.certificates.get(&asked.certificate_arn);
    let certificate = found.ok_or_else(|| not_found(&asked.certificate_arn))?;
    let issued = certificate.is_issued(cx);
    let preference = if certificate.logged { "ENABLED" } else { "DISABLED" };
    let shown = json!({
        "CertificateArn": certificate.arn,
        "DomainName": certificate.domain,
        "SubjectAlternativeNames": certificate.names().collect::<Vec<_>>(),
        "DomainValidationOptions": validations(certificate, issued),
        "Subject": format!("CN={}", certificate.domain),
        "Issuer": issued.then_some("Amazon"),
        "CreatedAt": seconds(certificate.created),
        "IssuedAt": issued.then(|| seconds(certificate.issued)),
        "NotBefore": issued.then(|| seconds(certificate.issued)),
        "NotAfter": issued.then(|| seconds(certificate.issued + VALIDITY)),
        "Status": certificate.status(cx),
        "KeyAlgorithm": certificate.key_algorithm,
        "InUseBy": [],
        "Type": "AMAZON_ISSUED",
        "RenewalEligibility": "INELIGIBLE",
        "Options": {"CertificateTransparencyLoggingPreference": preference},
    });
    Ok(json!({"Certificate": present(shown)}))
}

/// What would prove each name on AWS, and that it is proven without it.
fn validations(certificate: &Certificate, issued: bool) -> Vec<Value> {
    let status = if issued { "SUCCESS" } else { "PENDING_VALIDATION" };
    let one = |(name, proof): (&String, &String)| {
        let bare = name.strip_prefix("*.").unwrap_or(name);
        let record = (certificate.method == Method::Dns).then(|| {
            json!({
                "Name": format!("_{proof}.{bare}."),
                "Type": "CNAME",
                "Value": format!("_{}.standin.acm-validations.aws.", &proof[..proof.len() / 2]),
            })
        });
        present(json!({
            "DomainName": name,
            "ValidationDomain": name,
            "ValidationStatus": status,
            "ResourceRecord": record,
            "ValidationMethod": certificate.method,
        }))
    };
    certificate.names().zip(&certificate.proofs).map(one).collect()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct List {
    #[serde(default)]
    certificate_statuses: Vec<String>,
    next_token: Option<String>,
    max_items: Option<usize>,
}

fn list(acm: &mut Acm, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: List = read("ListCertificates", value, CODES)?;
    let statuses = &asked.certificate_statuses;
    let wanted = |one: &&Certificate| {
        statuses.is_empty() || statuses.iter().any(|status| *status == one.status(cx))
    };
    let shown = |one: &Certificate| {
        let issued = one.is_issued(cx);
        present(json!({
            "CertificateArn": one.arn,
            "DomainName": one.domain,
            "SubjectAlternativeNameSummaries": one.names().collect::<Vec<_>>(),
            "HasAdditionalSubjectAlternativeNames": false,
            "Status": one.status(cx),
            "Type": "AMAZON_ISSUED",
            "KeyAlgorithm": one.key_algorithm,
            "InUse": false,
            "RenewalEligibility": "INELIGIBLE",
            "CreatedAt": seconds(one.created),
            "IssuedAt": issued.then(|| seconds(one.issued)),
        }))
    };
    let all = acm.certificates.values().filter(wanted).map(shown).collect();
    let page = page(all, asked.next_token.as_deref(), asked.max_items.unwrap_or(1000));
    let page = page.ok_or_else(|| refused("ValidationException", "Invalid NextToken"))?;
    Ok(present(json!({"CertificateSummaryList": page.items, "NextToken": page.next})))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct UpdateOptions {
    certificate_arn: String,
    options: Options,
}

fn update_options(acm: &mut Acm, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: UpdateOptions = read("UpdateCertificateOptions", value, CODES)?;
    let preference = asked.options.certificate_transparency_logging_preference;
    let changed = acm.certificates.change(cx, &asked.certificate_arn, |certificate| {
        certificate.logged = preference.map_or(certificate.logged, |one| one == Switch::Enabled);
    });
    changed.map(|()| json!({})).ok_or_else(|| not_found(&asked.certificate_arn))
}

fn delete(acm: &mut Acm, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Named = read("DeleteCertificate", value, CODES)?;
    let gone = acm.certificates.remove(cx, &asked.certificate_arn);
    gone.map(|_| json!({})).ok_or_else(|| not_found(&asked.certificate_arn))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Tagging {
    certificate_arn: String,
    tags: Vec<Tag>,
}

fn add_tags(acm: &mut Acm, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Tagging = read("AddTagsToCertificate", value, CODES)?;
    let by = cx.asked_by;
    let add = |one: &mut Certificate| tags::add(&mut one.tags, asked.tags, by);
    let added = acm.certificates.change(cx, &asked.certificate_arn, add);
    let added = added.ok_or_else(|| not_found(&asked.certificate_arn))?;
    added.map(|()| json!({})).map_err(|fault| wrong_tags(&fault))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Untagging {
    certificate_arn: String,
    tags: Vec<Unwanted>,
}

/// With a value: only if the tag has it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Unwanted {
    key: String,
    value: Option<String>,
}

fn remove_tags(acm: &mut Acm, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Untagging = read("RemoveTagsFromCertificate", value, CODES)?;
    if asked.tags.iter().any(|one| !may_tag(cx.asked_by, &one.key)) {
        return Err(wrong_tags(&Fault::Reserved));
    }
    let unwanted = |key: &String, value: &String| {
        let same = |one: &Unwanted| one.value.as_ref().is_none_or(|wanted| wanted == value);
        asked.tags.iter().any(|one| one.key == *key && same(one))
    };
    let changed = acm.certificates.change(cx, &asked.certificate_arn, |certificate| {
        certificate.tags.retain(|key, value| !unwanted(key, value));
    });
    changed.map(|()| json!({})).ok_or_else(|| not_found(&asked.certificate_arn))
}

fn list_tags(acm: &mut Acm, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Named = read("ListTagsForCertificate", value, CODES)?;
    let found = acm.certificates.get(&asked.certificate_arn);
    let certificate = found.ok_or_else(|| not_found(&asked.certificate_arn))?;
    Ok(json!({"Tags": tags::list(&certificate.tags)}))
}
