//! `AWS::Route53::HealthCheck`: what the checkers ask, and who they are.

use standin_kernel::resource::{Job, Kind, Progress, Property, ResourceType, Tagging};
use standin_kernel::{Value, json};

use super::steps::{self, TAG};

#[derive(Debug)]
pub(super) struct HealthCheck;

const ALARM: &[Property] =
    &[Property::new("Name", Kind::Text).required(), Property::new("Region", Kind::Text).required()];

const CONFIG: &[Property] = &[
    Property::new("AlarmIdentifier", Kind::Object(ALARM)),
    Property::new("ChildHealthChecks", Kind::List(&Kind::Text)),
    Property::new("EnableSNI", Kind::Bool)
        .no_effect("TLS ends at this machine's edge, which takes every name"),
    Property::new("FailureThreshold", Kind::Integer(1, 10)),
    Property::new("FullyQualifiedDomainName", Kind::Text),
    Property::new("HealthThreshold", Kind::Integer(0, 256)),
    Property::new("IPAddress", Kind::Text),
    Property::new(
        "InsufficientDataHealthStatus",
        Kind::Choice(&["Healthy", "LastKnownStatus", "Unhealthy"]),
    ),
    Property::new("Inverted", Kind::Bool),
    Property::new("MeasureLatency", Kind::Bool).replaces().no_effect("there are no latency graphs"),
    Property::new("Port", Kind::Integer(1, 65_535)),
    Property::new("Regions", Kind::List(&Kind::Text)),
    Property::new("RequestInterval", Kind::Integer(10, 30)).replaces(),
    Property::new("ResourcePath", Kind::Text),
    Property::new("RoutingControlArn", Kind::Text)
        .refused("Application Recovery Controller is not built"),
    Property::new("SearchString", Kind::Text),
    Property::new(
        "Type",
        Kind::Choice(&[
            "CALCULATED",
            "CLOUDWATCH_METRIC",
            "HTTP",
            "HTTPS",
            "HTTPS_STR_MATCH",
            "HTTP_STR_MATCH",
            "RECOVERY_CONTROL",
            "TCP",
        ]),
    )
    .required()
    .replaces(),
];

const PROPERTIES: &[Property] = &[
    Property::new("HealthCheckConfig", Kind::Object(CONFIG)).required(),
    Property::new("HealthCheckTags", Kind::List(&Kind::Object(TAG))),
];

const CREATE: u32 = 0;
const CREATED: u32 = 1;
const TAGGED: u32 = 2;

impl ResourceType for HealthCheck {
    fn type_name(&self) -> &'static str {
        "AWS::Route53::HealthCheck"
    }

    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["HealthCheckId"]
    }

    fn tagging(&self) -> Tagging {
        Tagging::without_system_tags("HealthCheckTags")
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        match (job.step, job.reply) {
            (CREATE, _) => {
                let config = config(job.properties);
                // At most 64 characters; the end of the name is what makes it one of its own.
                let name = job.generated_name;
                let from = name.len().saturating_sub(64);
                let reference = name.get(from..).unwrap_or(name);
                let input = json!({"CallerReference": reference, "HealthCheckConfig": config});
                steps::call("CreateHealthCheck", input, CREATED, Value::Null)
            }
            (_, Some(Err(error))) => steps::refused(error),
            (CREATED, Some(Ok(made))) => {
                let id = made["HealthCheck"]["Id"].as_str().unwrap_or_default();
                match steps::tags(job, "HealthCheckTags", "healthcheck", id) {
                    Some(input) => steps::call("ChangeTagsForResource", input, TAGGED, json!(id)),
                    None => finish(id),
                }
            }
            _ => finish(job.context.as_str().unwrap_or_default()),
        }
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        let id = job.physical_id.unwrap_or_default();
        match (job.step, job.reply) {
            (_, Some(Err(error))) => steps::refused(error),
            (CREATE, _) => {
                let mut input = config(job.properties);
                let previous = config(job.previous.unwrap_or(&Value::Null));
                let mut reset = Vec::new();
                for member in
                    ["FullyQualifiedDomainName", "Regions", "ResourcePath", "ChildHealthChecks"]
                {
                    if input[member].is_null() && !previous[member].is_null() {
                        reset.push(member);
                    }
                }
                if let Some(members) = input.as_object_mut() {
                    // These never change in place.
                    members.retain(|name, value| {
                        !value.is_null()
                            && !["Type", "MeasureLatency", "RequestInterval"]
                                .contains(&name.as_str())
                    });
                }
                input["HealthCheckId"] = id.into();
                if !reset.is_empty() {
                    input["ResetElements"] = json!(reset);
                }
                steps::call("UpdateHealthCheck", input, CREATED, Value::Null)
            }
            (CREATED, _) => match steps::tags(job, "HealthCheckTags", "healthcheck", id) {
                Some(input) => steps::call("ChangeTagsForResource", input, TAGGED, Value::Null),
                None => finish(id),
            },
            _ => finish(id),
        }
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        let id = job.physical_id.unwrap_or_default();
        match (job.step, job.reply) {
            (CREATE, _) => {
                steps::call("DeleteHealthCheck", json!({"HealthCheckId": id}), CREATED, Value::Null)
            }
            (_, Some(Err(error))) if error.code != "NoSuchHealthCheck" => steps::refused(error),
            _ => Progress::done(id, []),
        }
    }
}

/// `HealthCheckConfig` with numbers and flags as the API takes them.
fn config(properties: &Value) -> Value {
    let mut config = properties["HealthCheckConfig"].clone();
    let Some(members) = config.as_object_mut() else { return json!({}) };
    for (name, value) in members {
        let Some(text) = value.as_str().map(str::to_owned) else { continue };
        let number = ["Port", "RequestInterval", "FailureThreshold", "HealthThreshold"];
        let flag = ["Inverted", "EnableSNI", "MeasureLatency"];
        if number.contains(&name.as_str())
            && let Ok(number) = text.parse::<i64>()
        {
            *value = json!(number);
        } else if flag.contains(&name.as_str())
            && let Ok(flag) = text.parse::<bool>()
        {
            *value = json!(flag);
        }
    }
    config
}

fn finish(id: &str) -> Progress {
    Progress::done(id, [("HealthCheckId", id.into())])
}
