//! `AWS::RDS::DBSubnetGroup`

use standin_kernel::resource::{Job, Kind, Progress, Property, ResourceType};
use standin_kernel::{Value, json};

use super::steps::{self, TAG};

#[derive(Debug)]
pub(super) struct DbSubnetGroup;

const PROPERTIES: &[Property] = &[
    Property::new("DBSubnetGroupDescription", Kind::Text).required(),
    Property::new("DBSubnetGroupName", Kind::Text).replaces(),
    Property::new("SubnetIds", Kind::List(&Kind::Text))
        .required()
        .no_effect("one machine has one network"),
    Property::new("Tags", Kind::List(&Kind::Object(TAG))),
];

impl ResourceType for DbSubnetGroup {
    fn type_name(&self) -> &'static str {
        "AWS::RDS::DBSubnetGroup"
    }

    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["DBSubnetGroupArn"]
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        const LONGEST: usize = 255;
        match (job.step, job.reply) {
            (0, _) => {
                let name = job.properties["DBSubnetGroupName"].as_str().map(str::to_lowercase);
                let name = name.unwrap_or_else(|| steps::generated_name(job, LONGEST));
                let input = json!({
                    "DBSubnetGroupName": name,
                    "DBSubnetGroupDescription": job.properties["DBSubnetGroupDescription"],
                    "SubnetIds": job.properties["SubnetIds"],
                    "Tags": job.tags("Tags"),
                });
                steps::call("CreateDBSubnetGroup", input, 1)
            }
            (_, Some(Err(error))) => steps::refused(error),
            (_, reply) => {
                let made = reply.and_then(|reply| reply.as_ref().ok()).unwrap_or(&Value::Null);
                let group = &made["DBSubnetGroup"];
                let name = group["DBSubnetGroupName"].as_str().unwrap_or_default();
                Progress::done(name, [("DBSubnetGroupArn", group["DBSubnetGroupArn"].clone())])
            }
        }
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        if let Some(Err(error)) = job.reply {
            return steps::refused(error);
        }
        let name = job.physical_id.unwrap_or_default();
        let input = json!({
            "DBSubnetGroupName": name,
            "DBSubnetGroupDescription": job.properties["DBSubnetGroupDescription"],
            "SubnetIds": job.properties["SubnetIds"],
        });
        let mut calls = vec![("ModifyDBSubnetGroup", input)];
        calls.extend(steps::tag_calls(job, "subgrp"));
        let arn = format!("arn:aws:rds:{}:{}:subgrp:{name}", job.region, job.account);
        steps::go_on(job, 0, calls, || Progress::done(name, [("DBSubnetGroupArn", arn.into())]))
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        steps::delete(job, "DeleteDBSubnetGroup", "DBSubnetGroupName")
    }
}
