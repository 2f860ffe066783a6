//! `AWS::ECS::Cluster` (CFN-RS-14).

use std::collections::BTreeMap;

use standin_kernel::resource::{Job, Kind, Progress, Property, ResourceType};
use standin_kernel::{Value, json};

use super::names::{api, some};
use super::{STRATEGY_ITEM, TAG, call, is_gone, refused, tagging};

#[derive(Debug)]
pub(super) struct Cluster;

const PROPERTIES: &[Property] = &[
    Property::new("CapacityProviders", Kind::List(&Kind::Choice(&["FARGATE", "FARGATE_SPOT"]))),
    Property::new("ClusterName", Kind::Text).replaces(),
    Property::new("ClusterSettings", Kind::List(&Kind::Object(SETTING)))
        .no_effect("Container Insights gathers no metrics here"),
    Property::new("Configuration", Kind::Object(CONFIGURATION))
        .no_effect("there is no ExecuteCommand and no managed storage here"),
    Property::new("DefaultCapacityProviderStrategy", Kind::List(&Kind::Object(STRATEGY_ITEM))),
    Property::new("ServiceConnectDefaults", Kind::Json)
        .refused("there is no Cloud Map, which Service Connect is made of"),
    Property::new("Tags", Kind::List(&Kind::Object(TAG))),
];

const SETTING: &[Property] = &[
    Property::new("Name", Kind::Choice(&["containerInsights"])),
    Property::new("Value", Kind::Choice(&["enabled", "disabled", "enhanced"])),
];

const CONFIGURATION: &[Property] = &[
    Property::new("ExecuteCommandConfiguration", Kind::Object(EXECUTE_COMMAND)),
    Property::new("ManagedStorageConfiguration", Kind::Object(MANAGED_STORAGE)),
];

const EXECUTE_COMMAND: &[Property] = &[
    Property::new("KmsKeyId", Kind::Text),
    Property::new("LogConfiguration", Kind::Object(EXECUTE_COMMAND_LOG)),
    Property::new("Logging", Kind::Choice(&["DEFAULT", "NONE", "OVERRIDE"])),
];

const EXECUTE_COMMAND_LOG: &[Property] = &[
    Property::new("CloudWatchEncryptionEnabled", Kind::Bool),
    Property::new("CloudWatchLogGroupName", Kind::Text),
    Property::new("S3BucketName", Kind::Text),
    Property::new("S3EncryptionEnabled", Kind::Bool),
    Property::new("S3KeyPrefix", Kind::Text),
];

const MANAGED_STORAGE: &[Property] = &[
    Property::new("FargateEphemeralStorageKmsKeyId", Kind::Text),
    Property::new("KmsKeyId", Kind::Text),
];

impl ResourceType for Cluster {
    fn type_name(&self) -> &'static str {
        "AWS::ECS::Cluster"
    }

    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Arn"]
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        match job.reply {
            None => call("CreateCluster", creation(job), 1),
            Some(Err(error)) => refused(error),
            Some(Ok(created)) => done(&created["cluster"]),
        }
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        if let Some(Err(error)) = job.reply {
            return refused(error);
        }
        let name = job.physical_id.unwrap_or_default();
        match changes(job, name).get(job.step as usize) {
            Some((operation, input)) => call(operation, input.clone(), job.step + 1),
            None => done(&json!({"clusterName": name, "clusterArn": arn(job, name)})),
        }
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        let name = job.physical_id.unwrap_or_default();
        match job.reply {
            None => call("DeleteCluster", json!({"cluster": name}), 1),
            Some(Err(error)) if !is_gone(error) => refused(error),
            Some(_) => super::done(name),
        }
    }
}

fn creation(job: &Job<'_>) -> Value {
    let properties = job.properties;
    let taken = [
        "ClusterName",
        "CapacityProviders",
        "Configuration",
        "DefaultCapacityProviderStrategy",
        "Tags",
    ];
    let mut input = some(properties, &taken);
    if input["clusterName"].is_null() {
        input["clusterName"] = json!(job.generated_name);
    }
    if !properties["ClusterSettings"].is_null() {
        input["settings"] = api(&properties["ClusterSettings"]);
    }
    input
}

/// The calls for what is not as it was.
fn changes(job: &Job<'_>, name: &str) -> Vec<(&'static str, Value)> {
    let (wanted, null) = (job.properties, Value::Null);
    let before = job.previous.unwrap_or(&null);
    let changed = |name: &str| wanted[name] != before[name];
    let mut calls = Vec::new();
    if changed("ClusterSettings") || changed("Configuration") {
        let off = json!([{"name": "containerInsights", "value": "disabled"}]);
        let settings = &wanted["ClusterSettings"];
        calls.push((
            "UpdateCluster",
            json!({
                "cluster": name,
                "settings": if settings.is_null() { off } else { api(settings) },
                "configuration": api(&wanted["Configuration"]),
            }),
        ));
    }
    if changed("CapacityProviders") || changed("DefaultCapacityProviderStrategy") {
        let list = |name: &str| match &wanted[name] {
            Value::Null => json!([]),
            list => api(list),
        };
        calls.push((
            "PutClusterCapacityProviders",
            json!({
                "cluster": name,
                "capacityProviders": list("CapacityProviders"),
                "defaultCapacityProviderStrategy": list("DefaultCapacityProviderStrategy"),
            }),
        ));
    }
    calls.extend(tagging::calls(job, &arn(job, name)));
    calls
}

fn arn(job: &Job<'_>, name: &str) -> String {
    format!("arn:aws:ecs:{}:{}:cluster/{name}", job.region, job.account)
}

fn done(cluster: &Value) -> Progress {
    let physical_id = cluster["clusterName"].as_str().unwrap_or_default().to_owned();
    let attributes = BTreeMap::from([("Arn".to_owned(), cluster["clusterArn"].clone())]);
    Progress::Done { physical_id, attributes }
}
