//! The CloudFormation types of Elastic Load Balancing.

mod action;
mod listener;
mod listener_certificate;
mod listener_rule;
mod load_balancer;
mod steps;
mod target_group;
mod trust_store;

use standin_kernel::resource::ResourceType;

pub(crate) const ALL: &[&dyn ResourceType] = &[
    &load_balancer::LoadBalancer,
    &listener::Listener,
    &listener_certificate::ListenerCertificate,
    &listener_rule::ListenerRule,
    &target_group::TargetGroup,
    &trust_store::TrustStore,
    &trust_store::TrustStoreRevocation,
];
