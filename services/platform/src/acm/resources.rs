//! `AWS::CertificateManager::Certificate` (CFN-RS-53): created when it is issued.

use standin_kernel::resource::Job;
use standin_kernel::{Value, json};

use super::table;
use crate::made::{Call, Made, changed, text, with};
use crate::tags;

const PREFERENCE: &str = "CertificateTransparencyLoggingPreference";

pub(crate) const CERTIFICATE: Made = Made {
    type_name: "AWS::CertificateManager::Certificate",
    service: "Acm",
    properties: table::CERTIFICATE,
    attributes: &["CertificateArn", "CertificateStatus"],
    create: |job| {
        let names =
            ["DomainName", "SubjectAlternativeNames", "ValidationMethod", "KeyAlgorithm", "Tags"];
        let mut input = with(json!({}), job, &names);
        if !job.properties[PREFERENCE].is_null() {
            input["Options"] = json!({PREFERENCE: job.properties[PREFERENCE]});
        }
        if let Some(options) = validation(job) {
            input["DomainValidationOptions"] = options;
        }
        ("acm:RequestCertificate", input)
    },
    physical_id: |_, reply| text(reply, "/CertificateArn"),
    settings: |job, arn, previous| {
        if previous.is_null() {
            return Vec::new();
        }
        let mut calls: Vec<Call> = Vec::new();
        if changed(job, previous, PREFERENCE) {
            let preference = job.properties[PREFERENCE].as_str().unwrap_or("ENABLED");
            let input = json!({"CertificateArn": arn, "Options": {PREFERENCE: preference}});
            calls.push(("acm:UpdateCertificateOptions", input));
        }
        let (put, gone) = tags::change(&previous["Tags"], &job.properties["Tags"]);
        if !gone.is_empty() {
            let gone: Vec<Value> = gone.iter().map(|key| json!({"Key": key})).collect();
            let input = json!({"CertificateArn": arn, "Tags": gone});
            calls.push(("acm:RemoveTagsFromCertificate", input));
        }
        if !put.is_empty() {
            calls.push(("acm:AddTagsToCertificate", json!({"CertificateArn": arn, "Tags": put})));
        }
        calls
    },
    look: |_, arn| vec![("acm:DescribeCertificate", json!({"CertificateArn": arn}))],
    ready: |seen| text(seen, "/0/Certificate/Status") == "ISSUED",
    known: |_, arn, seen| {
        vec![
            ("CertificateArn", json!(arn)),
            ("CertificateStatus", json!(text(seen, "/0/Certificate/Status"))),
        ]
    },
    delete: |_, arn| vec![("acm:DeleteCertificate", json!({"CertificateArn": arn}))],
    gone: &["ResourceNotFoundException"],
    ..Made::PLAIN
};

/// The options that the operation knows: those of e-mail. Hosted zones are CloudFormation's own way
/// to put the proof into DNS, which is not needed here.
fn validation(job: &Job<'_>) -> Option<Value> {
    let options = job.properties["DomainValidationOptions"].as_array()?.iter();
    let with_domain = options.filter(|option| !option["ValidationDomain"].is_null());
    let known: Vec<Value> = with_domain
        .map(|option| {
            json!({
                "DomainName": option["DomainName"],
                "ValidationDomain": option["ValidationDomain"],
            })
        })
        .collect();
    (!known.is_empty()).then_some(Value::Array(known))
}
