//! `AWS::ElasticLoadBalancingV2::ListenerCertificate`: certificates beside the default one.

use standin_kernel::resource::{Call, Job, Kind, Progress, Property, ResourceType};
use standin_kernel::{Value, json};

use super::listener::CERTIFICATE;
use super::steps::{self};

#[derive(Debug)]
pub(super) struct ListenerCertificate;

const PROPERTIES: &[Property] = &[
    Property::new("Certificates", Kind::List(&Kind::Object(CERTIFICATE))).required(),
    Property::new("ListenerArn", Kind::Text).required().replaces(),
];

impl ResourceType for ListenerCertificate {
    fn type_name(&self) -> &'static str {
        "AWS::ElasticLoadBalancingV2::ListenerCertificate"
    }

    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Id"]
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        match job.reply {
            Some(Err(error)) => steps::refused(error),
            _ => steps::go_on(job, 0, calls(job, &Value::Null), || done(job)),
        }
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        let had = &job.previous.unwrap_or(&Value::Null)["Certificates"];
        match job.reply {
            Some(Err(error)) => steps::refused(error),
            _ => steps::go_on(job, 0, calls(job, had), || done(job)),
        }
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        let input = steps::members(job.properties, &["ListenerArn", "Certificates"]);
        match (job.step, job.reply) {
            (0, _) => steps::call("RemoveListenerCertificates", input, 1),
            (_, Some(Err(error))) if error.code != "ListenerNotFound" => steps::refused(error),
            _ => done(job),
        }
    }
}

fn calls(job: &Job<'_>, had: &Value) -> Vec<Call> {
    let listener = &job.properties["ListenerArn"];
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let has = list(&job.properties["Certificates"]);
    let gone: Vec<Value> = list(had).into_iter().filter(|one| !has.contains(one)).collect();
    let mut calls =
        vec![("AddListenerCertificates", json!({"ListenerArn": listener, "Certificates": has}))];
    if !gone.is_empty() {
        let input = json!({"ListenerArn": listener, "Certificates": gone});
        calls.push(("RemoveListenerCertificates", input));
    }
    calls
}

fn done(job: &Job<'_>) -> Progress {
    let id = job.physical_id.unwrap_or(job.generated_name);
    Progress::done(id, [("Id", id.into())])
}
