//! `AWS::Route53::HostedZone`: a public zone with its name servers, or a private one with its VPCs.

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
    Property::new("VPCs", Kind::List(&Kind::Object(VPC))),
];

const CREATE: u32 = 0;
const CREATED: u32 = 1;
const TAGGED: u32 = 2;
const LOOK: u32 = 3;
const LOOKED: u32 = 4;
const FINISH: u32 = 5;
const VPCS: u32 = 6;

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
                if let Some(vpc) = vpcs(job.properties).first() {
                    input["VPC"] = vpc.clone();
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
                    None => associated(job, context, &id),
                }
            }
            (TAGGED | VPCS, _) => associated(job, job.context.clone(), known(job)),
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
                None => associated(job, Value::Null, id),
            },
            (TAGGED | VPCS, _) => associated(job, job.context.clone(), id),
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

fn vpcs(properties: &Value) -> &[Value] {
    properties["VPCs"].as_array().map_or(&[], Vec::as_slice)
}

/// Brings the zone's VPCs to what they are to be, one call after the other; then goes on. What is
/// new comes first: a private zone keeps one at all times.
fn associated(job: &Job<'_>, mut context: Value, id: &str) -> Progress {
    let has = vpcs(job.properties);
    // A zone is made with the first.
    let had = job.previous.map_or(&has[..has.len().min(1)], vpcs);
    let new = has.iter().filter(|vpc| !had.contains(vpc));
    let gone = had.iter().filter(|vpc| !has.contains(vpc));
    let mut calls = new
        .map(|vpc| ("AssociateVPCWithHostedZone", vpc))
        .chain(gone.map(|vpc| ("DisassociateVPCFromHostedZone", vpc)));
    let done = context["Vpcs"].as_u64().unwrap_or(0);
    match calls.nth(usize::try_from(done).unwrap_or(usize::MAX)) {
        Some((operation, vpc)) => {
            context["Vpcs"] = json!(done + 1);
            context["Zone"] = json!(id);
            steps::call(operation, json!({"HostedZoneId": id, "VPC": vpc}), VPCS, context)
        }
        None if job.previous.is_none() => steps::wait(true, LOOK, context, id),
        None => finish(job, id),
    }
}

fn known<'j>(job: &Job<'j>) -> &'j str {
    job.physical_id.or_else(|| job.context["Zone"].as_str()).unwrap_or_default()
}

fn finish(job: &Job<'_>, id: &str) -> Progress {
    match (job.step, job.reply) {
        (FINISH, Some(Ok(zone))) => {
            match zone["DelegationSet"]["NameServers"].clone() {
                // A private zone is not delegated to.
                Value::Null => Progress::done(id, [("Id", id.into())]),
                servers => Progress::done(id, [("Id", id.into()), ("NameServers", servers)]),
            }
        }
        _ => steps::call("GetHostedZone", json!({"Id": id}), FINISH, json!({"Zone": id})),
    }
}
