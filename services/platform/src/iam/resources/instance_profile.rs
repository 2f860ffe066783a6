//! `AWS::IAM::InstanceProfile`.

use standin_kernel::json;

use super::{PLAIN, only, table, texts};
use crate::made::{Call, Made, text, with};
use crate::name;

pub(crate) const INSTANCE_PROFILE: Made = Made {
    type_name: "AWS::IAM::InstanceProfile",
    properties: table::INSTANCE_PROFILE,
    attributes: &["Arn"],
    create: |job| {
        let input = json!({"InstanceProfileName": name::of(job, "InstanceProfileName", 128)});
        ("iam:CreateInstanceProfile", with(input, job, &["Path"]))
    },
    physical_id: |_, reply| text(reply, "/InstanceProfile/InstanceProfileName"),
    settings: |job, profile, previous| {
        let (before, after) = (texts(previous, "Roles"), texts(job.properties, "Roles"));
        let mut calls: Vec<Call> = Vec::new();
        for role in only(&before, &after) {
            let input = json!({"InstanceProfileName": profile, "RoleName": role});
            calls.push(("iam:RemoveRoleFromInstanceProfile", input));
        }
        for role in only(&after, &before) {
            let input = json!({"InstanceProfileName": profile, "RoleName": role});
            calls.push(("iam:AddRoleToInstanceProfile", input));
        }
        calls
    },
    look: |_, profile| vec![("iam:GetInstanceProfile", json!({"InstanceProfileName": profile}))],
    known: |_, _, seen| vec![("Arn", json!(text(seen, "/0/InstanceProfile/Arn")))],
    delete: |job, profile| {
        let mut calls: Vec<Call> = Vec::new();
        for role in texts(job.properties, "Roles") {
            let input = json!({"InstanceProfileName": profile, "RoleName": role});
            calls.push(("iam:RemoveRoleFromInstanceProfile", input));
        }
        calls.push(("iam:DeleteInstanceProfile", json!({"InstanceProfileName": profile})));
        calls
    },
    ..PLAIN
};
