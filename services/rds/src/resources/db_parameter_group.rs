//! `AWS::RDS::DBParameterGroup`: dynamic values act at once, static ones wait for a reboot
//! (RDS-PG-04).

use std::collections::BTreeMap;

use standin_kernel::resource::{Call, Job, Kind, Progress, Property, ResourceType};
use standin_kernel::{Value, json};

use super::steps::{self, TAG};
use crate::family::Family;
use crate::parameter::table::{self, Apply};

#[derive(Debug)]
pub(super) struct DbParameterGroup;

const PROPERTIES: &[Property] = &[
    Property::new("DBParameterGroupName", Kind::Text).replaces(),
    Property::new("Description", Kind::Text).required().replaces(),
    Property::new("Family", Kind::Text).required().replaces(),
    Property::new("Parameters", Kind::Json),
    Property::new("Tags", Kind::List(&Kind::Object(TAG))),
];

/// RDS-PG-06
const A_CALL: usize = 20;

impl ResourceType for DbParameterGroup {
    fn type_name(&self) -> &'static str {
        "AWS::RDS::DBParameterGroup"
    }

    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["DBParameterGroupArn", "DBParameterGroupName"]
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        const LONGEST: usize = 255;
        match (job.step, job.reply) {
            (0, _) => {
                let name = job.properties["DBParameterGroupName"].as_str().map(str::to_lowercase);
                let name = name.unwrap_or_else(|| steps::generated_name(job, LONGEST));
                let input = json!({
                    "DBParameterGroupName": name,
                    "DBParameterGroupFamily": job.properties["Family"],
                    "Description": job.properties["Description"],
                    "Tags": job.tags("Tags"),
                });
                steps::call("CreateDBParameterGroup", input, 1)
            }
            (_, Some(Err(error))) => steps::refused(error),
            (1, Some(Ok(made))) => {
                let name = made["DBParameterGroup"]["DBParameterGroupName"].as_str();
                steps::wait(name.unwrap_or_default(), std::time::Duration::ZERO, 2)
            }
            _ => steps::go_on(job, 2, value_calls(job), || done(job)),
        }
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        if let Some(Err(error)) = job.reply {
            return steps::refused(error);
        }
        let mut calls = value_calls(job);
        calls.extend(steps::tag_calls(job, "pg"));
        steps::go_on(job, 0, calls, || done(job))
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        steps::delete(job, "DeleteDBParameterGroup", "DBParameterGroupName")
    }
}

fn done(job: &Job<'_>) -> Progress {
    let name = job.physical_id.unwrap_or_default();
    let arn = format!("arn:aws:rds:{}:{}:pg:{name}", job.region, job.account);
    Progress::done(
        name,
        [("DBParameterGroupArn", arn.into()), ("DBParameterGroupName", name.into())],
    )
}

fn values(properties: &Value) -> BTreeMap<String, String> {
    let all = properties["Parameters"].as_object().into_iter().flatten();
    all.filter_map(|(name, value)| Some((name.clone(), steps::text(value)?))).collect()
}

/// The calls that bring the values from what they were to what they are to be, in as many as the
/// limit of a call asks for.
fn value_calls(job: &Job<'_>) -> Vec<Call> {
    let (had, has) = (values(job.previous.unwrap_or(&Value::Null)), values(job.properties));
    let family = job.properties["Family"].as_str().unwrap_or_default();
    let family = Family::parse(family);
    let method = |name: &str| {
        let definition = family.and_then(|family| table::find(family, name));
        let dynamic = definition.is_none_or(|one| one.apply == Apply::Dynamic);
        if dynamic { "immediate" } else { "pending-reboot" }
    };
    let set: Vec<Value> = has
        .iter()
        .filter(|(name, value)| had.get(*name) != Some(value))
        .map(|(name, value)| {
            json!({"ParameterName": name, "ParameterValue": value, "ApplyMethod": method(name)})
        })
        .collect();
    let reset: Vec<Value> = had
        .keys()
        .filter(|name| !has.contains_key(*name))
        .map(|name| json!({"ParameterName": name, "ApplyMethod": method(name)}))
        .collect();
    let group = job.physical_id.unwrap_or_default();
    let calls = |operation: &'static str, list: &[Value]| -> Vec<Call> {
        list.chunks(A_CALL)
            .map(|some| (operation, json!({"DBParameterGroupName": group, "Parameters": some})))
            .collect()
    };
    let mut all = calls("ModifyDBParameterGroup", &set);
    all.extend(calls("ResetDBParameterGroup", &reset));
    all
}
