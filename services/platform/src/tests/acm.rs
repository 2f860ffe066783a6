//! Certificates.

use standin_kernel::{Value, json};

use super::{Bench, Resource};

const KIND: &str = "AWS::CertificateManager::Certificate";

#[test]
fn cfn_rs_53_a_certificate_is_created_when_it_is_issued() {
    let mut bench = Bench::slow();
    let mut properties = json!({
        "DomainName": "Diary.example.com", "ValidationMethod": "DNS",
        "SubjectAlternativeNames": ["*.diary.example.com", "diary.example.com"],
        "DomainValidationOptions": [{"DomainName": "diary.example.com", "HostedZoneId": "Z1"}],
    });
    let mut made = Resource::new(KIND, "Certificate", properties.clone()).create(&mut bench);
    assert!(made.waits >= 100, "{}", made.waits);
    let prefix = "arn:aws:acm:ap-northeast-1:123456789012:certificate/";
    assert!(made.id().starts_with(prefix), "{}", made.id());
    assert_eq!(made.attribute("CertificateArn"), made.id());
    assert_eq!(made.attribute("CertificateStatus"), "ISSUED");
    let of = json!({"CertificateArn": made.id()});
    let seen = bench.ok("DescribeCertificate", of.clone())["Certificate"].clone();
    assert_eq!(seen["DomainName"], "diary.example.com");
    let names = json!(["diary.example.com", "*.diary.example.com"]);
    assert_eq!(seen["SubjectAlternativeNames"], names);
    let record = &seen["DomainValidationOptions"][1]["ResourceRecord"];
    assert!(record["Name"].as_str().unwrap().ends_with(".diary.example.com."), "{record}");
    assert_eq!(seen["DomainValidationOptions"][1]["ValidationStatus"], "SUCCESS");
    properties["Tags"] = json!([{"Key": "a", "Value": "b"}]);
    properties["CertificateTransparencyLoggingPreference"] = json!("DISABLED");
    made.update(&mut bench, properties.clone());
    assert_eq!(bench.ok("ListTagsForCertificate", of.clone())["Tags"][0]["Value"], "b");
    properties["Tags"] = Value::Null;
    made.update(&mut bench, properties);
    assert_eq!(bench.ok("ListTagsForCertificate", of.clone())["Tags"], json!([]));
    let seen = bench.ok("DescribeCertificate", of.clone());
    let options = &seen["Certificate"]["Options"];
    assert_eq!(options["CertificateTransparencyLoggingPreference"], "DISABLED");
    made.delete(&mut bench);
    made.delete(&mut bench);
    assert_eq!(bench.code("DescribeCertificate", of), "ResourceNotFoundException");
    let replacing = super::the_type(KIND).properties().iter();
    let replacing: Vec<&str> = replacing
        .filter(|one| one.update == standin_kernel::resource::Update::Replacement)
        .map(|one| one.name)
        .collect();
    let expected = [
        "CertificateAuthorityArn",
        "CertificateExport",
        "DomainName",
        "DomainValidationOptions",
        "KeyAlgorithm",
        "SubjectAlternativeNames",
        "ValidationMethod",
    ];
    assert_eq!(replacing, expected);
}

#[test]
fn a_certificate_is_pending_until_its_time() {
    let mut bench = Bench::slow();
    let made = bench.ok("RequestCertificate", json!({"DomainName": "a.example.com"}));
    let status = |bench: &mut Bench| {
        let seen = bench.ok("DescribeCertificate", made.clone());
        (seen["Certificate"]["Status"].clone(), seen["Certificate"]["IssuedAt"].clone())
    };
    assert_eq!(status(&mut bench), (json!("PENDING_VALIDATION"), Value::Null));
    let issued = json!({"CertificateStatuses": ["ISSUED"]});
    assert_eq!(bench.ok("ListCertificates", issued.clone())["CertificateSummaryList"], json!([]));
    bench.later(120);
    assert_eq!(status(&mut bench), (json!("ISSUED"), json!(1_800_000_120.0)));
    let seen = bench.ok("ListCertificates", issued);
    assert_eq!(seen["CertificateSummaryList"][0]["DomainName"], "a.example.com");
}

#[test]
fn wrong_names_are_refused() {
    let mut bench = Bench::new();
    for name in ["", "localhost", "a..com", "-a.com", "a_b.com", "*.*.com"] {
        let code = bench.code("RequestCertificate", json!({"DomainName": name}));
        assert_eq!(code, "ValidationException", "{name}");
    }
    let names: Vec<String> = (0..11).map(|number| format!("a{number}.example.com")).collect();
    let many = json!({"DomainName": "a.example.com", "SubjectAlternativeNames": names});
    assert_eq!(bench.code("RequestCertificate", many), "LimitExceededException");
}
