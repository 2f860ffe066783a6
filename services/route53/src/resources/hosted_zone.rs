//! `AWS::Route53::HostedZone`: a public zone with its name servers.

use standin_kernel::resource::{Job, Kind, Progress, Property, ResourceType, Tagging};
use standin_kernel::{Value, json};

use super::steps::{self, TAG};

#[derive(Debug)]
pub(super) struct HostedZone;

const CONFIG: &[Property] = &[Property::new("Comment", Kind::Text)];

const FEATURES: &[Property] = &[Property::new("EnableAcceleratedRecovery", Kind::Bool)];

const QUERY_LOGGING: &[Property] =
    &[Property::new("CloudWatchLogsLogGroupArn", Kind::Text).required()];

const VPC: &[Property] = &[
    Property::new("VPCId", Kind::Text).required(),
    Property::new("VPCRegion", Kind::Text).required(),
];

const PROPERTIES: &[Property] = &[
    Property::new("DelegationSetId", Kind::Text)
        .replaces()
        .refused("reusable delegation sets are not built"),
    Property::new("HostedZoneConfig", Kind::Object(CONFIG)),
    Property::new("HostedZoneFeatures", Kind::Object(FEATURES))
        .no_effect("the control plane of one machine does not move to another Region"),
    Property::new("HostedZoneTags", Kind::List(&Kind::Object(TAG))),
    Property::new("Name", Kind::Text).required().replaces(),
    Property::new("QueryLoggingConfig", Kind::Object(QUERY_LOGGING))
        .no_effect("queries are not written to a log group"),
    Property::new("VPCs", Kind::List(&Kind::Object(VPC)))
        .refused("private zones are not built: a question does not say from which VPC it comes"),
];

const CREATE: u32 = 0;
const CREATED: u32 = 1;
const TAGGED: u32 = 2;
const LOOK: u32 = 3;
const LOOKED: u32 = 4;
const FINISH: u32 = 5;

impl ResourceType for HostedZone {
    fn type_name(&self) -> &'static str {
        "AWS::Route53::HostedZone"
    }

    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Id", "NameServers"]
    }

    fn tagging(&self) -> Tagging {
        Tagging::without_system_tags("HostedZoneTags")
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        match (job.step, job.reply) {
            (CREATE, _) => {
                let reference = format!("{} {}", job.stack_id, job.generated_name);
                let reference: String = reference.chars().rev().take(128).collect();
                let mut input = json!({
                    "Name": job.properties["Name"],
                    "CallerReference": reference.chars().rev().collect::<String>(),
                });
                if let Some(comment) = job.properties["HostedZoneConfig"]["Comment"].as_str() {
                    input["HostedZoneConfig"] = json!({"Comment": comment});
                }
                if !job.hint.is_null() {
                    input["Standin"] = job.hint.clone();
                }
                steps::call("CreateHostedZone", input, CREATED, Value::Null)
            }
            (_, Some(Err(error))) => steps::refused(error),
            (CREATED, Some(Ok(made))) => {
                let id = made["HostedZone"]["Id"].as_str().unwrap_or_default();
                let id = id.trim_start_matches("/hostedzone/").to_owned();
                let context = json!({"Change": made["ChangeInfo"]["Id"], "Zone": id});
                match steps::tags(job, "HostedZoneTags", "hostedzone", &id) {
                    Some(input) => steps::call("ChangeTagsForResource", input, TAGGED, context),
                    None => steps::wait(true, LOOK, context, &id),
                }
            }
            (TAGGED, _) => steps::wait(true, LOOK, job.context.clone(), known(job)),
            (LOOK, _) => {
                let input = json!({"Id": job.context["Change"]});
                steps::call("GetChange", input, LOOKED, job.context.clone())
            }
            (LOOKED, Some(Ok(answer))) if answer["ChangeInfo"]["Status"] != "INSYNC" => {
                steps::wait(false, LOOK, job.context.clone(), known(job))
            }
            _ => finish(job, known(job)),
        }
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        let id = job.physical_id.unwrap_or_default();
        match (job.step, job.reply) {
            (_, Some(Err(error))) => steps::refused(error),
            (CREATE, _) => {
                let comment = &job.properties["HostedZoneConfig"]["Comment"];
                let mut input = json!({"Id": id});
                if comment.is_string() {
                    input["Comment"] = comment.clone();
                }
                steps::call("UpdateHostedZoneComment", input, CREATED, Value::Null)
            }
            (CREATED, _) => match steps::tags(job, "HostedZoneTags", "hostedzone", id) {
                Some(input) => steps::call("ChangeTagsForResource", input, TAGGED, Value::Null),
                None => finish(job, id),
            },
            _ => finish(job, id),
        }
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        let id = job.physical_id.unwrap_or_default();
        match (job.step, job.reply) {
            (CREATE, _) => steps::call("DeleteHostedZone", json!({"Id": id}), FINISH, Value::Null),
            (_, Some(Err(error))) if error.code != "NoSuchHostedZone" => steps::refused(error),
            _ => Progress::done(id, []),
        }
    }
}

fn known<'j>(job: &Job<'j>) -> &'j str {
    job.physical_id.or_else(|| job.context["Zone"].as_str()).unwrap_or_default()
}

fn finish(job: &Job<'_>, id: &str) -> Progress {
    match (job.step, job.reply) {
        (FINISH, Some(Ok(zone))) => {
            let servers = zone["DelegationSet"]["NameServers"].clone();
            Progress::done(id, [("Id", id.into()), ("NameServers", servers)])
        }
        _ => steps::call("GetHostedZone", json!({"Id": id}), FINISH, json!({"Zone": id})),
    }
}
