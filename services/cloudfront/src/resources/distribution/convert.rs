//! From the properties of `AWS::CloudFront::Distribution` to the API's document.

use standin_kernel::resource::Job;
use standin_kernel::{Value, json};

use crate::resources::convert::{default, quantified, rename, take};

/// `DistributionConfig`
pub(super) fn document(job: &Job<'_>, caller_reference: &str) -> Value {
    let mut document = quantified(&job.properties["DistributionConfig"]);
    document["CallerReference"] = json!(caller_reference);
    default(&mut document, "Comment", json!(""));
    rename(&mut document, "IPV6Enabled", "IsIPV6Enabled");
    // The only values taken; they come as text.
    take(&mut document, "Staging");
    let origins = document["Origins"]["Items"].as_array_mut();
    origins.into_iter().flatten().for_each(origin);
    behavior(&mut document["DefaultCacheBehavior"]);
    let behaviors = document.pointer_mut("/CacheBehaviors/Items").and_then(Value::as_array_mut);
    behaviors.into_iter().flatten().for_each(behavior);
    let responses =
        document.pointer_mut("/CustomErrorResponses/Items").and_then(Value::as_array_mut);
    for response in responses.into_iter().flatten() {
        if let Some(code) = response.get("ResponseCode").and_then(Value::as_u64) {
            response["ResponseCode"] = json!(code.to_string());
        }
    }
    if let Some(logging) = document.get_mut("Logging") {
        let enabled = logging.get("Bucket").is_some_and(|bucket| bucket != "");
        logging["Enabled"] = json!(enabled);
    }
    if let Some(certificate) = document.get_mut("ViewerCertificate") {
        rename(certificate, "AcmCertificateArn", "ACMCertificateArn");
        rename(certificate, "IamCertificateId", "IAMCertificateId");
        rename(certificate, "SslSupportMethod", "SSLSupportMethod");
    }
    if let Some(places) = document.pointer_mut("/Restrictions/GeoRestriction") {
        places["Quantity"] = json!(0);
    }
    document
}

fn origin(origin: &mut Value) {
    rename(origin, "OriginCustomHeaders", "CustomHeaders");
    if let Some(custom) = origin.get_mut("CustomOriginConfig") {
        rename(custom, "OriginSSLProtocols", "OriginSslProtocols");
        // An SDK takes no origin without one, so a template's silence means the newest.
        default(custom, "OriginSslProtocols", json!({"Quantity": 1, "Items": ["TLSv1.2"]}));
        default(custom, "HTTPPort", json!(80));
        default(custom, "HTTPSPort", json!(443));
    }
    if let Some(s3) = origin.get_mut("S3OriginConfig") {
        default(s3, "OriginAccessIdentity", json!(""));
    }
    if let Some(shield) = origin.get_mut("OriginShield") {
        default(shield, "Enabled", json!(false));
    }
}

fn behavior(behavior: &mut Value) {
    take(behavior, "SmoothStreaming");
    take(behavior, "GrpcConfig");
    let cached = take(behavior, "CachedMethods");
    if let Some(cached) = cached {
        let usual = || json!({"Quantity": 2, "Items": ["HEAD", "GET"]});
        default(behavior, "AllowedMethods", usual());
        behavior["AllowedMethods"]["CachedMethods"] = cached;
    }
    if let Some(forwarded) = behavior.get_mut("ForwardedValues") {
        default(forwarded, "Cookies", json!({"Forward": "none"}));
    }
    // An empty text is no policy.
    for member in ["CachePolicyId", "OriginRequestPolicyId", "ResponseHeadersPolicyId"] {
        if behavior.get(member).is_some_and(|id| id == "") {
            take(behavior, member);
        }
    }
}
