//! From the properties of `AWS::S3::Bucket` to the operations that bring them about, in the order
//! in which they do not stand in each other's way.

use standin_kernel::resource::Job;
use standin_kernel::{Value, json};

type Call = (&'static str, Value);

/// The input of `CreateBucket`.
pub(super) fn creation(job: &Job<'_>, bucket: &str) -> Value {
    let mut input = json!({"Bucket": bucket});
    if job.region != "us-east-1" {
        input["CreateBucketConfiguration"] = json!({"LocationConstraint": job.region});
    }
    let ownership = &job.properties["OwnershipControls"]["Rules"][0]["ObjectOwnership"];
    if !ownership.is_null() {
        input["ObjectOwnership"] = ownership.clone();
    }
    input
}

/// The calls for every setting that is not as in `previous` (`Null` for a new bucket).
pub(super) fn calls(job: &Job<'_>, bucket: &str, previous: &Value) -> Vec<Call> {
    let wanted = job.properties;
    let mut calls = Vec::new();
    let new = previous.is_null();
    for (property, call) in SETTINGS {
        let (value, before) = (&wanted[*property], &previous[*property]);
        if value == before || (new && value.is_null()) {
            continue;
        }
        calls.extend(call(value));
    }
    let (before, after) = (acl(&previous["AccessControl"]), acl(&wanted["AccessControl"]));
    if after != before {
        match after {
            // Public before ownership allows it fails, and so does ownership before privacy.
            acl if acl == PRIVATE => calls.insert(0, put_acl(&acl)),
            acl => calls.push(put_acl(&acl)),
        }
    }
    for (_, input) in &mut calls {
        input["Bucket"] = json!(bucket);
    }
    calls
}

type Setting = (&'static str, fn(&Value) -> Option<Call>);

const SETTINGS: &[Setting] = &[
    ("OwnershipControls", ownership),
    ("PublicAccessBlockConfiguration", public_access_block),
    ("BucketEncryption", encryption),
    ("CorsConfiguration", cors),
    ("Tags", tags),
    ("VersioningConfiguration", versioning),
    ("WebsiteConfiguration", website),
];

/// The setting is taken away: the operation that does it.
fn without(operation: &'static str) -> Option<Call> {
    Some((operation, json!({})))
}

fn ownership(value: &Value) -> Option<Call> {
    if value.is_null() {
        return without("DeleteBucketOwnershipControls");
    }
    Some(("PutBucketOwnershipControls", json!({"OwnershipControls": value})))
}

fn public_access_block(value: &Value) -> Option<Call> {
    if value.is_null() {
        return without("DeletePublicAccessBlock");
    }
    Some(("PutPublicAccessBlock", json!({"PublicAccessBlockConfiguration": value})))
}

const PRIVATE: &str = "private";

fn put_acl(acl: &str) -> Call {
    ("PutBucketAcl", json!({"ACL": acl}))
}

/// `PublicRead` is `public-read` to the operation.
fn acl(value: &Value) -> String {
    let mut acl = String::new();
    for character in value.as_str().unwrap_or("Private").chars() {
        if character.is_ascii_uppercase() && !acl.is_empty() {
            acl.push('-');
        }
        acl.push(character.to_ascii_lowercase());
    }
    acl
}

fn encryption(value: &Value) -> Option<Call> {
    let Some(rules) = value["ServerSideEncryptionConfiguration"].as_array() else {
        return without("DeleteBucketEncryption");
    };
    let rule = |rule: &Value| {
        kept(json!({
            "ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"],
            "BucketKeyEnabled": rule["BucketKeyEnabled"],
        }))
    };
    let rules: Vec<Value> = rules.iter().map(rule).collect();
    let configuration = json!({"Rules": rules});
    Some(("PutBucketEncryption", json!({"ServerSideEncryptionConfiguration": configuration})))
}

fn cors(value: &Value) -> Option<Call> {
    let Some(rules) = value["CorsRules"].as_array() else {
        return without("DeleteBucketCors");
    };
    let rule = |rule: &Value| {
        kept(json!({
            "ID": rule["Id"],
            "AllowedHeaders": rule["AllowedHeaders"],
            "AllowedMethods": rule["AllowedMethods"],
            "AllowedOrigins": rule["AllowedOrigins"],
            "ExposeHeaders": rule["ExposedHeaders"],
            "MaxAgeSeconds": rule["MaxAge"],
        }))
    };
    let rules: Vec<Value> = rules.iter().map(rule).collect();
    Some(("PutBucketCors", json!({"CORSConfiguration": {"CORSRules": rules}})))
}

fn tags(value: &Value) -> Option<Call> {
    if value.as_array().is_none_or(Vec::is_empty) {
        return without("DeleteBucketTagging");
    }
    Some(("PutBucketTagging", json!({"Tagging": {"TagSet": value}})))
}

/// There is no way back to a bucket without versions (S3-VER-01).
fn versioning(value: &Value) -> Option<Call> {
    let status = value["Status"].as_str().unwrap_or("Suspended");
    Some(("PutBucketVersioning", json!({"VersioningConfiguration": {"Status": status}})))
}

fn website(value: &Value) -> Option<Call> {
    if value.is_null() {
        return without("DeleteBucketWebsite");
    }
    let key = |name: &str, member: &str| {
        let value = &value[name];
        if value.is_null() { Value::Null } else { json!({ member: value }) }
    };
    let rule = |rule: &Value| {
        kept(json!({
            "Condition": rule["RoutingRuleCondition"],
            "Redirect": rule["RedirectRule"],
        }))
    };
    let rules = value["RoutingRules"].as_array();
    let configuration = kept(json!({
        "ErrorDocument": key("ErrorDocument", "Key"),
        "IndexDocument": key("IndexDocument", "Suffix"),
        "RedirectAllRequestsTo": value["RedirectAllRequestsTo"],
        "RoutingRules": rules.map(|rules| rules.iter().map(rule).collect::<Vec<_>>()),
    }));
    Some(("PutBucketWebsite", json!({"WebsiteConfiguration": configuration})))
}

/// Drops the members that are `null`.
fn kept(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
    value
}
