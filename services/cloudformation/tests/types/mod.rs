//! A few resource types for the golden cases: a handful of properties each, of every kind and with
//! every kind of support.

use standin_kernel::resource::{Job, Kind, Progress, Property, ResourceType};

#[derive(Debug)]
struct Known {
    name: &'static str,
    properties: &'static [Property],
    attributes: &'static [&'static str],
}

impl ResourceType for Known {
    fn type_name(&self) -> &'static str {
        self.name
    }

    fn properties(&self) -> &'static [Property] {
        self.properties
    }

    fn attributes(&self) -> &'static [&'static str] {
        self.attributes
    }

    fn create(&self, _job: &Job<'_>) -> Progress {
        unreachable!("the template language creates nothing")
    }

    fn update(&self, _job: &Job<'_>) -> Progress {
        unreachable!("the template language updates nothing")
    }

    fn delete(&self, _job: &Job<'_>) -> Progress {
        unreachable!("the template language deletes nothing")
    }
}

const CDK: &[Property] =
    &[Property::new("Analytics", Kind::Text).no_effect("nobody counts constructs here")];

pub(crate) const ALL: &[&'static dyn ResourceType] = &[
    &Known { name: "AWS::CDK::Metadata", properties: CDK, attributes: &[] },
    &Known { name: "AWS::S3::Bucket", properties: BUCKET, attributes: &["Arn", "DomainName"] },
    &Known { name: "AWS::SNS::Topic", properties: TOPIC, attributes: &["TopicArn", "TopicName"] },
    &Known { name: "AWS::IAM::Role", properties: ROLE, attributes: &["Arn", "RoleId"] },
    &Known {
        name: "AWS::ElasticLoadBalancingV2::LoadBalancer",
        properties: BALANCER,
        attributes: &["DNSName", "LoadBalancerArn", "SecurityGroups"],
    },
    &Known {
        name: "AWS::ElasticLoadBalancingV2::TargetGroup",
        properties: TARGET_GROUP,
        attributes: &["TargetGroupArn", "TargetGroupName"],
    },
    &Known {
        name: "AWS::CloudFront::Distribution",
        properties: DISTRIBUTION,
        attributes: &["DomainName", "Id"],
    },
    &Known {
        name: "AWS::RDS::DBInstance",
        properties: DATABASE,
        attributes: &["Endpoint.Address"],
    },
];

const TAGS: Property = Property::new("Tags", Kind::List(&Kind::Object(TAG)));
const TAG: &[Property] =
    &[Property::new("Key", Kind::Text).required(), Property::new("Value", Kind::Text).required()];

const BUCKET: &[Property] = &[
    Property::new("BucketName", Kind::Text).replaces(),
    Property::new("AccelerateConfiguration", Kind::Json).refused("there is no acceleration"),
    Property::new("PublicAccessBlockConfiguration", Kind::Object(ACCESS)),
    Property::new("VersioningConfiguration", Kind::Object(VERSIONING)),
    Property::new("MetricsConfigurations", Kind::List(&Kind::Json))
        .no_effect("nothing is measured"),
    TAGS,
];
const ACCESS: &[Property] = &[
    Property::new("BlockPublicAcls", Kind::Bool),
    Property::new("BlockPublicPolicy", Kind::Bool).no_effect("policies are not looked at"),
];
const VERSIONING: &[Property] =
    &[Property::new("Status", Kind::Choice(&["Enabled", "Suspended"])).required()];

const TOPIC: &[Property] =
    &[Property::new("TopicName", Kind::Text).replaces(), Property::new("DisplayName", Kind::Text)];

const ROLE: &[Property] = &[
    Property::new("AssumeRolePolicyDocument", Kind::Json).required(),
    Property::new("RoleName", Kind::Text).replaces(),
];

const BALANCER: &[Property] = &[
    Property::new("Name", Kind::Text).replaces(),
    Property::new("Subnets", Kind::List(&Kind::Text)),
    Property::new("SecurityGroups", Kind::List(&Kind::Text)),
    Property::new("LoadBalancerAttributes", Kind::List(&Kind::Object(TAG))),
];

const TARGET_GROUP: &[Property] = &[
    Property::new("HealthCheckIntervalSeconds", Kind::Integer(5, 300)),
    Property::new("HealthCheckPath", Kind::Text),
    Property::new("Matcher", Kind::Object(MATCHER)),
    Property::new("Port", Kind::Integer(1, 65_535)).replaces(),
    Property::new("Protocol", Kind::Choice(&["HTTP", "HTTPS"])).replaces(),
    Property::new("VpcId", Kind::Text).replaces(),
    TAGS,
];
const MATCHER: &[Property] = &[Property::new("HttpCode", Kind::Text)];

const DISTRIBUTION: &[Property] =
    &[Property::new("DistributionConfig", Kind::Object(CONFIG)).required(), TAGS];
const CONFIG: &[Property] = &[
    Property::new("Enabled", Kind::Bool).required(),
    Property::new("Comment", Kind::Text),
    Property::new("Origins", Kind::List(&Kind::Object(ORIGIN))),
    Property::new("CustomErrorResponses", Kind::List(&Kind::Object(ERROR_RESPONSE))),
];
const ORIGIN: &[Property] = &[
    Property::new("Id", Kind::Text).required(),
    Property::new("DomainName", Kind::Text).required(),
    Property::new("Headers", Kind::Map(&Kind::Text)),
];
const ERROR_RESPONSE: &[Property] = &[
    Property::new("ErrorCode", Kind::Integer(400, 599)).required(),
    Property::new("ErrorCachingMinTTL", Kind::Number),
    Property::new("ResponsePagePath", Kind::Text),
];

const DATABASE: &[Property] = &[
    Property::new("DBClusterIdentifier", Kind::Text),
    Property::new("MasterUserPassword", Kind::Text),
];
