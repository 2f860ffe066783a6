//! The properties of the IAM types, all that AWS documents, and what becomes of each.

use standin_kernel::resource::{Kind, Property};

use crate::tags::TAGS;

pub(crate) const ROLE: &[Property] = &[
    Property::new("AssumeRolePolicyDocument", Kind::Json)
        .required()
        .no_effect("policies are recorded, nobody is denied by them here"),
    Property::new("Description", Kind::Text),
    Property::new("ManagedPolicyArns", Kind::List(&Kind::Text))
        .no_effect("policies are recorded, nobody is denied by them here"),
    Property::new("MaxSessionDuration", Kind::Integer(3600, 43200))
        .no_effect("no sessions are given out here"),
    Property::new("Path", Kind::Text).replaces(),
    Property::new("PermissionsBoundary", Kind::Text)
        .no_effect("policies are recorded, nobody is denied by them here"),
    Property::new("Policies", Kind::List(&Kind::Object(INLINE_POLICY)))
        .no_effect("policies are recorded, nobody is denied by them here"),
    Property::new("RoleName", Kind::Text).replaces(),
    Property::new("Tags", TAGS),
];

const INLINE_POLICY: &[Property] = &[
    Property::new("PolicyDocument", Kind::Json).required(),
    Property::new("PolicyName", Kind::Text).required(),
];

pub(crate) const POLICY: &[Property] = &[
    Property::new("Groups", Kind::List(&Kind::Text)).refused("groups are not built"),
    Property::new("PolicyDocument", Kind::Json)
        .required()
        .no_effect("policies are recorded, nobody is denied by them here"),
    Property::new("PolicyName", Kind::Text).required(),
    Property::new("Roles", Kind::List(&Kind::Text)),
    Property::new("Users", Kind::List(&Kind::Text)).refused("users are not built"),
];

pub(crate) const ROLE_POLICY: &[Property] = &[
    Property::new("PolicyDocument", Kind::Json)
        .no_effect("policies are recorded, nobody is denied by them here"),
    Property::new("PolicyName", Kind::Text).required().replaces(),
    Property::new("RoleName", Kind::Text).required().replaces(),
];

pub(crate) const MANAGED_POLICY: &[Property] = &[
    Property::new("Description", Kind::Text).replaces(),
    Property::new("Groups", Kind::List(&Kind::Text)).refused("groups are not built"),
    Property::new("ManagedPolicyName", Kind::Text).replaces(),
    Property::new("Path", Kind::Text).replaces(),
    Property::new("PolicyDocument", Kind::Json)
        .required()
        .no_effect("policies are recorded, nobody is denied by them here"),
    Property::new("Roles", Kind::List(&Kind::Text))
        .no_effect("policies are recorded, nobody is denied by them here"),
    Property::new("Users", Kind::List(&Kind::Text)).refused("users are not built"),
];

pub(crate) const INSTANCE_PROFILE: &[Property] = &[
    Property::new("InstanceProfileName", Kind::Text).replaces(),
    Property::new("Path", Kind::Text).replaces(),
    Property::new("Roles", Kind::List(&Kind::Text)).required().no_effect("instances are not built"),
];
