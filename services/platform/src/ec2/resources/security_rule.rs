//! `AWS::EC2::SecurityGroupIngress` and `AWS::EC2::SecurityGroupEgress`: a rule on its own, so that
//! two groups can name each other (CFN-RS-40).

use standin_kernel::resource::Job;
use standin_kernel::{Value, json};

use super::security_group::permission;
use super::{PLAIN, rule_table};
use crate::made::{Call, Made, text};
use crate::operation::present;

pub(crate) const SECURITY_GROUP_INGRESS: Made = Made {
    type_name: "AWS::EC2::SecurityGroupIngress",
    properties: rule_table::SECURITY_GROUP_INGRESS,
    create: |job| ("ec2:AuthorizeSecurityGroupIngress", new(job)),
    settings: |job, id, previous| {
        anew("ec2:UpdateSecurityGroupRuleDescriptionsIngress", job, id, previous)
    },
    delete: |job, id| vec![("ec2:RevokeSecurityGroupIngress", one(job, id))],
    ..RULE
};

pub(crate) const SECURITY_GROUP_EGRESS: Made = Made {
    type_name: "AWS::EC2::SecurityGroupEgress",
    properties: rule_table::SECURITY_GROUP_EGRESS,
    create: |job| ("ec2:AuthorizeSecurityGroupEgress", new(job)),
    settings: |job, id, previous| {
        anew("ec2:UpdateSecurityGroupRuleDescriptionsEgress", job, id, previous)
    },
    delete: |job, id| vec![("ec2:RevokeSecurityGroupEgress", one(job, id))],
    ..RULE
};

const RULE: Made = Made {
    attributes: &["Id"],
    physical_id: |_, reply| text(reply, "/SecurityGroupRules/0/SecurityGroupRuleId"),
    known: |_, id, _| vec![("Id", json!(id))],
    gone: &["InvalidSecurityGroupRuleId.NotFound", "InvalidGroup.NotFound"],
    ..PLAIN
};

fn group(job: &Job<'_>) -> Value {
    present(json!({
        "GroupId": job.properties["GroupId"],
        "GroupName": job.properties["GroupName"],
    }))
}

fn new(job: &Job<'_>) -> Value {
    let mut input = group(job);
    input["IpPermissions"] = json!([permission(job.properties)]);
    input
}

fn one(job: &Job<'_>, id: &str) -> Value {
    let mut input = group(job);
    input["SecurityGroupRuleIds"] = json!([id]);
    input
}

/// Only the description changes in place.
fn anew(operation: &'static str, job: &Job<'_>, id: &str, previous: &Value) -> Vec<Call> {
    if previous.is_null() {
        return Vec::new();
    }
    let mut input = group(job);
    let description = &job.properties["Description"];
    let rule = present(json!({"SecurityGroupRuleId": id, "Description": description}));
    input["SecurityGroupRuleDescriptions"] = json!([rule]);
    vec![(operation, input)]
}
