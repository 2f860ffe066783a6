//! `AWS::Route53::RecordSetGroup`: several record sets, changed in one batch.

use standin_kernel::Value;
use standin_kernel::resource::{Job, Kind, Progress, Property, ResourceType};

use super::record_set::{change, gone};
use super::steps;

#[derive(Debug)]
pub(super) struct RecordSetGroup;

const MEMBER: [Property; 16] = with_zone();

const fn with_zone() -> [Property; 16] {
    const ONE_ZONE: &str = "the zone of the group counts";
    let zone = [
        Property::new("HostedZoneId", Kind::Text).no_effect(ONE_ZONE),
        Property::new("HostedZoneName", Kind::Text).no_effect(ONE_ZONE),
    ];
    let mut all = [zone[0]; 16];
    let mut at = 0;
    while at < 16 {
        all[at] = if at < 2 { zone[at] } else { steps::RECORD_SET[at - 2] };
        all[at].update = standin_kernel::resource::Update::InPlace;
        at += 1;
    }
    all
}

const PROPERTIES: &[Property] = &[
    Property::new("Comment", Kind::Text),
    Property::new("HostedZoneId", Kind::Text).replaces(),
    Property::new("HostedZoneName", Kind::Text).replaces(),
    Property::new("RecordSets", Kind::List(&Kind::Object(&MEMBER))),
];

impl ResourceType for RecordSetGroup {
    fn type_name(&self) -> &'static str {
        "AWS::Route53::RecordSetGroup"
    }

    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Id"]
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        finish(job, &all("CREATE", job.properties))
    }

    /// What is there no more goes, what is new or different comes, in one batch.
    fn update(&self, job: &Job<'_>) -> Progress {
        let previous = job.previous.unwrap_or(&Value::Null);
        let kept: Vec<Value> = sets(job.properties).map(key).collect();
        let had: Vec<&Value> = sets(previous).collect();
        let mut changes: Vec<Value> = had
            .iter()
            .filter(|set| !kept.contains(&key(set)))
            .map(|set| change("DELETE", set))
            .collect();
        let differs = |set: &&Value| !had.contains(set);
        changes.extend(sets(job.properties).filter(differs).map(|set| change("UPSERT", set)));
        finish(job, &changes)
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        if gone(job) {
            return finish(job, &[]);
        }
        finish(job, &all("DELETE", job.properties))
    }
}

fn sets(properties: &Value) -> impl Iterator<Item = &Value> {
    properties["RecordSets"].as_array().into_iter().flatten()
}

fn key(set: &Value) -> Value {
    let name = set["Name"].as_str().unwrap_or_default();
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    Value::Array(vec![name.into(), set["Type"].clone(), set["SetIdentifier"].clone()])
}

fn all(action: &str, properties: &Value) -> Vec<Value> {
    sets(properties).map(|set| change(action, set)).collect()
}

fn finish(job: &Job<'_>, changes: &[Value]) -> Progress {
    let id = job.physical_id.unwrap_or(job.generated_name);
    match steps::walk(job, job.properties, id, changes) {
        // Nothing to change, so no change has an id.
        Progress::Done { attributes, .. } if attributes.is_empty() => {
            Progress::done(id, [("Id", id.into())])
        }
        other => other,
    }
}
