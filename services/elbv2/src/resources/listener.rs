//! `AWS::ElasticLoadBalancingV2::Listener` (CFN-RS-11).

use standin_kernel::resource::{Call, Job, Kind, Progress, Property, ResourceType};
use standin_kernel::{Value, json};

use super::action::ACTION;
use super::steps::{self, ATTRIBUTE, TAG};
use crate::api::listener_attribute;

#[derive(Debug)]
pub(super) struct Listener;

const ANY_TLS: &str = "every HTTPS listener here speaks TLS 1.2 and 1.3 with the ciphers of today";
const NO_CLIENT_CERTIFICATES: &str = "the load balancer asks no viewer for a certificate here";

const PROPERTIES: &[Property] = &[
    Property::new("AlpnPolicy", Kind::List(&Kind::Text))
        .refused("only network load balancers have it, and they are not built"),
    Property::new("Certificates", Kind::List(&Kind::Object(CERTIFICATE))),
    Property::new("DefaultActions", Kind::List(&Kind::Object(ACTION))).required(),
    Property::new("ListenerAttributes", Kind::List(&Kind::Object(ATTRIBUTE))),
    Property::new("LoadBalancerArn", Kind::Text).required().replaces(),
    Property::new("MutualAuthentication", Kind::Object(MUTUAL_AUTHENTICATION)),
    Property::new("Port", Kind::Integer(1, 65_535)),
    Property::new(
        "Protocol",
        Kind::Choice(&[
            "GENEVE", "HTTP", "HTTPS", "QUIC", "TCP", "TCP_QUIC", "TCP_UDP", "TLS", "UDP",
        ]),
    ),
    Property::new("SslPolicy", Kind::Text).no_effect(ANY_TLS),
    Property::new("Tags", Kind::List(&Kind::Object(TAG))),
];

pub(super) const CERTIFICATE: &[Property] = &[Property::new("CertificateArn", Kind::Text)];

/// Mode `off` is honoured; the operation refuses the others.
const MUTUAL_AUTHENTICATION: &[Property] = &[
    Property::new("AdvertiseTrustStoreCaNames", Kind::Choice(&["off", "on"]))
        .refused(NO_CLIENT_CERTIFICATES),
    Property::new("IgnoreClientCertificateExpiry", Kind::Bool).refused(NO_CLIENT_CERTIFICATES),
    Property::new("Mode", Kind::Text),
    Property::new("TrustStoreArn", Kind::Text).refused(NO_CLIENT_CERTIFICATES),
];

const CREATE: u32 = 0;
const CREATED: u32 = 1;
const SETTINGS: u32 = 2;

const SETTABLE: &[&str] =
    &["Certificates", "DefaultActions", "MutualAuthentication", "Port", "Protocol", "SslPolicy"];

impl ResourceType for Listener {
    fn type_name(&self) -> &'static str {
        "AWS::ElasticLoadBalancingV2::Listener"
    }

    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["ListenerArn"]
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        match (job.step, job.reply) {
            (CREATE, _) => {
                let mut input = steps::members(job.properties, SETTABLE);
                input["LoadBalancerArn"] = job.properties["LoadBalancerArn"].clone();
                input["Tags"] = job.tags("Tags").into();
                steps::call("CreateListener", input, CREATED)
            }
            (_, Some(Err(error))) => steps::refused(error),
            (CREATED, Some(Ok(made))) => {
                let arn = made["Listeners"][0]["ListenerArn"].as_str().unwrap_or_default();
                steps::known(arn.to_owned(), SETTINGS)
            }
            _ => steps::go_on(job, SETTINGS, attribute_calls(job), || done(job)),
        }
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        match job.reply {
            Some(Err(error)) => steps::refused(error),
            _ => steps::go_on(job, 0, changes(job), || done(job)),
        }
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        steps::delete(job, "DeleteListener", "ListenerArn")
    }
}

fn attribute_calls(job: &Job<'_>) -> Vec<Call> {
    let arn = job.physical_id.unwrap_or_default();
    let attributes = steps::attributes(job, "ListenerAttributes", listener_attribute::default_of);
    attributes
        .map(|attributes| {
            let input = json!({"ListenerArn": arn, "Attributes": attributes});
            ("ModifyListenerAttributes", input)
        })
        .into_iter()
        .collect()
}

fn changes(job: &Job<'_>) -> Vec<Call> {
    let arn = job.physical_id.unwrap_or_default();
    let (had, has) = (job.previous.unwrap_or(&Value::Null), job.properties);
    let mut calls = Vec::new();
    if SETTABLE.iter().any(|name| had[*name] != has[*name]) {
        let mut input = steps::members(has, SETTABLE);
        input["ListenerArn"] = arn.into();
        calls.push(("ModifyListener", input));
    }
    calls.extend(attribute_calls(job));
    calls.extend(steps::tag_calls(job, arn));
    calls
}

fn done(job: &Job<'_>) -> Progress {
    let arn = job.physical_id.unwrap_or_default();
    Progress::done(arn, [("ListenerArn", arn.into())])
}
