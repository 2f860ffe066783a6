//! `AWS::Route53::RecordSet`: one record set, in place when all name servers know of it.

use standin_kernel::resource::{Job, Kind, Progress, Property, ResourceType};
use standin_kernel::{Value, json};

use super::steps;

#[derive(Debug)]
pub(super) struct RecordSet;

const OWN: [Property; 3] = [
    Property::new("Comment", Kind::Text),
    Property::new("HostedZoneId", Kind::Text).replaces(),
    Property::new("HostedZoneName", Kind::Text).replaces(),
];

const PROPERTIES: [Property; 17] = with_own();

const fn with_own() -> [Property; 17] {
    let mut all = [OWN[0]; 17];
    let mut at = 0;
    while at < 17 {
        all[at] = if at < 3 { OWN[at] } else { steps::RECORD_SET[at - 3] };
        at += 1;
    }
    all
}

impl ResourceType for RecordSet {
    fn type_name(&self) -> &'static str {
        "AWS::Route53::RecordSet"
    }

    fn properties(&self) -> &'static [Property] {
        &PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Id"]
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        steps::walk(job, job.properties, name(job), &[change("CREATE", job.properties)])
    }

    /// A set that gets another type or identifier is another set: the old one goes in the same
    /// batch.
    fn update(&self, job: &Job<'_>) -> Progress {
        let previous = job.previous.unwrap_or(&Value::Null);
        let same = ["Type", "SetIdentifier"]
            .iter()
            .all(|member| previous[*member] == job.properties[*member]);
        let changes = match same {
            true => vec![change("UPSERT", job.properties)],
            false => vec![change("DELETE", previous), change("CREATE", job.properties)],
        };
        steps::walk(job, job.properties, name(job), &changes)
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        if gone(job) {
            return Progress::done(name(job), []);
        }
        steps::walk(job, job.properties, name(job), &[change("DELETE", job.properties)])
    }
}

/// Whether what is to be deleted is not there any more.
pub(super) fn gone(job: &Job<'_>) -> bool {
    let error = job.reply.and_then(|reply| reply.as_ref().err());
    error.is_some_and(|error| {
        error.code == "NoSuchHostedZone" || error.message.ends_with("but it was not found]")
    })
}

pub(super) fn change(action: &str, set: &Value) -> Value {
    json!({"Action": action, "ResourceRecordSet": steps::record_set(set)})
}

/// `Ref` gives the name.
fn name<'j>(job: &Job<'j>) -> &'j str {
    job.properties["Name"].as_str().unwrap_or_default()
}
