//! `AWS::ECS::ClusterCapacityProviderAssociations`: the capacity providers of a cluster.

use standin_kernel::resource::{Job, Kind, Progress, Property, ResourceType};
use standin_kernel::{Value, json};

use super::names::api;
use super::{ONE_MACHINE, call, done, is_gone, refused};

#[derive(Debug)]
pub(super) struct Associations;

const FARGATE: Kind = Kind::Choice(&["FARGATE", "FARGATE_SPOT"]);

const PROPERTIES: &[Property] = &[
    Property::new("CapacityProviders", Kind::List(&FARGATE)),
    Property::new("Cluster", Kind::Text).required().replaces(),
    Property::new("DefaultCapacityProviderStrategy", Kind::List(&Kind::Object(STRATEGY)))
        .required(),
];

const STRATEGY: &[Property] = &[
    Property::new("Base", Kind::Integer(0, 100_000)).no_effect(ONE_MACHINE),
    Property::new("CapacityProvider", FARGATE).required(),
    Property::new("Weight", Kind::Integer(0, 1000)).no_effect(ONE_MACHINE),
];

impl ResourceType for Associations {
    fn type_name(&self) -> &'static str {
        "AWS::ECS::ClusterCapacityProviderAssociations"
    }

    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &[]
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        match job.reply {
            None => put(job.properties),
            Some(Err(error)) => refused(error),
            Some(Ok(_)) => done(cluster(job.properties)),
        }
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        self.create(job)
    }

    /// Takes all providers from the cluster.
    fn delete(&self, job: &Job<'_>) -> Progress {
        match job.reply {
            None => put(&json!({"Cluster": cluster(job.properties)})),
            Some(Err(error)) if !is_gone(error) => refused(error),
            Some(_) => done(cluster(job.properties)),
        }
    }
}

fn cluster(properties: &Value) -> &str {
    properties["Cluster"].as_str().unwrap_or_default()
}

fn put(properties: &Value) -> Progress {
    let list = |name: &str| match &properties[name] {
        Value::Null => json!([]),
        list => api(list),
    };
    let input = json!({
        "cluster": cluster(properties),
        "capacityProviders": list("CapacityProviders"),
        "defaultCapacityProviderStrategy": list("DefaultCapacityProviderStrategy"),
    });
    call("PutClusterCapacityProviders", input, 1)
}
