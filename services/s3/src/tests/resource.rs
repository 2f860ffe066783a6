//! The CloudFormation types, driven as CloudFormation drives them.

use standin_kernel::resource::{Job, Progress, ResourceType, Support};
use standin_kernel::{Service, Value, json};

use super::Bench;
use crate::S3;

fn the_type(name: &str) -> &'static dyn ResourceType {
    let types = S3::new().resource_types();
    *types.iter().find(|known| known.type_name() == name).unwrap()
}

/// What a resource is to the one who creates it.
struct Stack<'a> {
    kind: &'static dyn ResourceType,
    properties: Value,
    previous: Option<Value>,
    hint: Value,
    base_directory: &'static str,
    physical_id: Option<&'a str>,
}

impl<'a> Stack<'a> {
    fn new(name: &str, properties: Value) -> Self {
        let kind = the_type(name);
        Self {
            kind,
            properties,
            previous: None,
            hint: Value::Null,
            base_directory: "/",
            physical_id: None,
        }
    }

    fn of(mut self, physical_id: &'a str) -> Self {
        self.physical_id = Some(physical_id);
        self
    }

    /// Goes through all steps; gives the physical id and attributes, or why it failed.
    fn run(
        &self,
        bench: &mut Bench,
        act: fn(&dyn ResourceType, &Job<'_>) -> Progress,
    ) -> Result<(String, Value), String> {
        let (mut step, mut context, mut reply) = (0, Value::Null, None);
        let mut physical_id = self.physical_id.map(str::to_owned);
        for _ in 0..100 {
            let job = Job {
                stack_name: "Stack",
                stack_id: "arn:aws:cloudformation:x",
                logical_id: "Pages",
                generated_name: "Stack-Pages-1AB2C3D4E5F6G",
                region: &bench.env.region.clone(),
                account: &bench.env.account.clone(),
                properties: &self.properties,
                previous: self.previous.as_ref(),
                hint: &self.hint,
                keeps_snapshot: false,
                base_directory: self.base_directory,
                physical_id: physical_id.as_deref(),
                step,
                context: &context,
                reply: reply.as_ref(),
            };
            match act(self.kind, &job) {
                Progress::Call { operation, input, step: next, context: kept, .. } => {
                    reply = Some(bench.call(operation, &input));
                    (step, context) = (next, kept);
                }
                Progress::Wait { step: next, context: kept, physical_id: learnt, .. } => {
                    physical_id = physical_id.or(learnt);
                    reply = None;
                    (step, context) = (next, kept);
                }
                Progress::Done { physical_id, attributes } => {
                    return Ok((physical_id, json!(attributes)));
                }
                Progress::Failed { message } => return Err(message),
            }
        }
        panic!("it never ends");
    }

    fn create(&self, bench: &mut Bench) -> Result<(String, Value), String> {
        self.run(bench, |kind, job| kind.create(job))
    }

    fn update(&self, bench: &mut Bench) -> Result<(String, Value), String> {
        self.run(bench, |kind, job| kind.update(job))
    }

    fn delete(&self, bench: &mut Bench) -> Result<(String, Value), String> {
        self.run(bench, |kind, job| kind.delete(job))
    }
}

#[test]
fn cfn_rs_08_a_bucket_and_its_attributes() {
    let mut bench = Bench::new();
    let (name, attributes) = Stack::new("AWS::S3::Bucket", json!({})).create(&mut bench).unwrap();
    assert_eq!(name, "stack-pages-1ab2c3d4e5f6g");
    let expected = json!({
        "Arn": format!("arn:aws:s3:::{name}"),
        "DomainName": format!("{name}.s3.amazonaws.com"),
        "DualStackDomainName": format!("{name}.s3.dualstack.ap-northeast-1.amazonaws.com"),
        "RegionalDomainName": format!("{name}.s3.ap-northeast-1.amazonaws.com"),
        "WebsiteURL": format!("http://{name}.s3-website-ap-northeast-1.amazonaws.com"),
    });
    assert_eq!(attributes, expected);
    let blocked = bench.ok("GetPublicAccessBlock", json!({"Bucket": name}));
    assert_eq!(blocked["PublicAccessBlockConfiguration"]["BlockPublicPolicy"], true);
    let names = the_type("AWS::S3::Bucket").attributes();
    assert!(attributes.as_object().unwrap().keys().all(|name| names.contains(&name.as_str())));
    let replacing: Vec<_> = the_type("AWS::S3::Bucket")
        .properties()
        .iter()
        .filter(|property| property.update == standin_kernel::resource::Update::Replacement)
        .map(|property| property.name)
        .collect();
    assert_eq!(replacing, ["BucketName", "BucketNamePrefix", "BucketNamespace"]);
}

/// Every honoured property in one.
fn everything() -> Value {
    json!({
        "BucketName": "pages",
        "AccessControl": "PublicRead",
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
        "PublicAccessBlockConfiguration": {"BlockPublicPolicy": true},
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [
            {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}},
        ]},
        "CorsConfiguration": {"CorsRules": [{
            "Id": "1", "AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAge": 5,
            "ExposedHeaders": ["ETag"],
        }]},
        "Tags": [{"Key": "a", "Value": "bkt"}],
        "VersioningConfiguration": {"Status": "Enabled"},
        "WebsiteConfiguration": {
            "IndexDocument": "index.html",
            "ErrorDocument": "error.html",
            "RoutingRules": [{
                "RoutingRuleCondition": {"KeyPrefixEquals": "a/"},
                "RedirectRule": {"ReplaceKeyPrefixWith": "b/"},
            }],
        },
    })
}

#[test]
fn every_property_of_a_bucket_reaches_it_and_leaves_it() {
    let mut bench = Bench::new();
    Stack::new("AWS::S3::Bucket", everything()).create(&mut bench).unwrap();
    let of = json!({"Bucket": "pages"});
    let website = bench.ok("GetBucketWebsite", of.clone());
    assert_eq!(website["ErrorDocument"]["Key"], "error.html");
    assert_eq!(website["RoutingRules"][0]["Condition"]["KeyPrefixEquals"], "a/");
    let cors = bench.ok("GetBucketCors", of.clone());
    assert_eq!(cors["CORSRules"][0]["ExposeHeaders"], json!(["ETag"]));
    assert_eq!(bench.ok("GetBucketVersioning", of.clone())["Status"], "Enabled");
    assert_eq!(bench.ok("GetBucketTagging", of.clone())["TagSet"][0]["Value"], "bkt");
    assert_eq!(bench.get("pages.s3.ap-northeast-1.amazonaws.com", "/").status, 200);
    let mut bare = Stack::new("AWS::S3::Bucket", json!({"BucketName": "pages"})).of("pages");
    bare.previous = Some(everything());
    bare.update(&mut bench).unwrap();
    assert_eq!(bench.refusal("GetBucketWebsite", of.clone()).0, "NoSuchWebsiteConfiguration");
    assert_eq!(bench.refusal("GetBucketCors", of.clone()).0, "NoSuchCORSConfiguration");
    assert_eq!(bench.refusal("GetBucketTagging", of.clone()).0, "NoSuchTagSet");
    assert_eq!(bench.ok("GetBucketVersioning", of)["Status"], "Suspended");
    assert_eq!(bench.get("pages.s3.ap-northeast-1.amazonaws.com", "/").status, 403);
}

#[test]
fn a_refused_setting_fails_the_resource_in_aws_words() {
    let mut bench = Bench::new();
    let properties = json!({"BucketName": "pages", "AccessControl": "PublicRead"});
    let failed = Stack::new("AWS::S3::Bucket", properties).create(&mut bench).unwrap_err();
    assert!(failed.contains("The bucket does not allow ACLs (Service: S3, Status Code: 400"));
    let again = json!({"BucketName": "pages"});
    let failed = Stack::new("AWS::S3::Bucket", again).create(&mut bench).unwrap_err();
    assert!(failed.contains("you already own it"), "{failed}");
}

#[test]
fn a_bucket_with_objects_stays_unless_standin_filled_it() {
    let mut bench = Bench::open();
    let enabled = json!({"Status": "Enabled"});
    bench.ok("PutBucketVersioning", json!({"Bucket": "bkt", "VersioningConfiguration": enabled}));
    for key in ["a", "bkt", "bkt"] {
        bench.put(key, key, json!({}));
    }
    bench.ok("DeleteObject", json!({"Bucket": "bkt", "Key": "a"}));
    let mut bucket = Stack::new("AWS::S3::Bucket", json!({"BucketName": "bkt"})).of("bkt");
    let failed = bucket.delete(&mut bench).unwrap_err();
    assert!(failed.contains("The bucket you tried to delete is not empty"), "{failed}");
    bucket.hint = json!({"Folder": "pages"});
    // One that came over the API was filled by nobody.
    bucket.base_directory = "";
    assert_eq!(bucket.delete(&mut bench).unwrap_err(), failed);
    bucket.base_directory = "/";
    bucket.delete(&mut bench).unwrap();
    assert_eq!(bench.refusal("HeadBucket", json!({"Bucket": "bkt"})).0, "NotFound");
    assert!(bench.records.is_empty());
    // What is gone already is deleted.
    bucket.delete(&mut bench).unwrap();
    bucket.hint = Value::Null;
    bucket.delete(&mut bench).unwrap();
}

#[test]
fn cfn_rs_09_a_bucket_has_one_policy() {
    let mut bench = Bench::new();
    bench.ok("CreateBucket", json!({"Bucket": "bkt"}));
    let statement = json!({
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::bkt/*",
    });
    let document = json!({"Version": "2012-10-17", "Statement": [statement]});
    let properties = json!({"Bucket": "bkt", "PolicyDocument": document});
    let policy = Stack::new("AWS::S3::BucketPolicy", properties.clone()).of("bkt");
    let (name, attributes) = policy.create(&mut bench).unwrap();
    assert_eq!((name.as_str(), attributes), ("bkt", json!({})));
    let stored = bench.ok("GetBucketPolicy", json!({"Bucket": "bkt"}));
    let stored: Value = serde_json::from_str(stored["Policy"].as_str().unwrap()).unwrap();
    assert_eq!(stored, document);
    let failed = policy.create(&mut bench).unwrap_err();
    assert_eq!(failed, "The bucket policy already exists on bucket bkt.");
    policy.update(&mut bench).unwrap();
    policy.delete(&mut bench).unwrap();
    assert_eq!(bench.refusal("GetBucketPolicy", json!({"Bucket": "bkt"})).0, "NoSuchBucketPolicy");
    bench.ok("DeleteBucket", json!({"Bucket": "bkt"}));
    policy.delete(&mut bench).unwrap();
    let failed = policy.create(&mut bench).unwrap_err();
    assert!(failed.contains("The specified bucket does not exist"), "{failed}");
    assert!(failed.contains("HandlerErrorCode: NotFound"), "{failed}");
}

#[test]
fn what_is_not_honoured_says_why() {
    for kind in S3::new().resource_types() {
        let mut names: Vec<_> = kind.properties().iter().map(|property| property.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), kind.properties().len(), "{}", kind.type_name());
        for property in kind.properties() {
            match property.support {
                Support::Honoured => {}
                Support::NoEffect(why) | Support::Refused(why) => assert!(!why.is_empty()),
            }
        }
    }
}
