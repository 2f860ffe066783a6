//! `AWS::IAM::RolePolicy`: one policy written into one role.

use standin_kernel::json;

use super::{PLAIN, table, text_of};
use crate::made::{Call, Made, property};

pub(crate) const ROLE_POLICY: Made = Made {
    type_name: "AWS::IAM::RolePolicy",
    properties: table::ROLE_POLICY,
    create: put,
    physical_id: |job, _| format!("{}|{}", property(job, "PolicyName"), property(job, "RoleName")),
    settings: |job, _, previous| match previous.is_null() {
        true => Vec::new(),
        false => vec![put(job)],
    },
    delete: |job, _| {
        let names = json!({
            "RoleName": job.properties["RoleName"],
            "PolicyName": job.properties["PolicyName"],
        });
        vec![("iam:DeleteRolePolicy", names)]
    },
    ..PLAIN
};

fn put(job: &standin_kernel::resource::Job<'_>) -> Call {
    let input = json!({
        "RoleName": job.properties["RoleName"],
        "PolicyName": job.properties["PolicyName"],
        "PolicyDocument": text_of(&job.properties["PolicyDocument"]),
    });
    ("iam:PutRolePolicy", input)
}
