//! Which capabilities a caller must acknowledge for a template (CFN-ST-17).

use super::Template;

/// The IAM types, and the property with which each gets a name of its own.
const IAM: [(&str, Option<&str>); 8] = [
    ("AWS::IAM::AccessKey", None),
    ("AWS::IAM::Group", Some("GroupName")),
    ("AWS::IAM::InstanceProfile", Some("InstanceProfileName")),
    ("AWS::IAM::ManagedPolicy", Some("ManagedPolicyName")),
    ("AWS::IAM::Policy", None),
    ("AWS::IAM::Role", Some("RoleName")),
    ("AWS::IAM::User", Some("UserName")),
    ("AWS::IAM::UserToGroupAddition", None),
];

/// What ValidateTemplate and GetTemplateSummary say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// `CAPABILITY_IAM` or `CAPABILITY_NAMED_IAM`, and `CAPABILITY_AUTO_EXPAND` for a transform.
    pub names: Vec<&'static str>,
    /// The sentence for `CapabilitiesReason`, when there is a capability.
    pub reason: Option<String>,
}

pub(super) fn capabilities(template: &Template) -> Capabilities {
    let mut types: Vec<&str> = Vec::new();
    let mut named = false;
    for resource in &template.resources {
        let found = IAM.iter().find(|(type_name, _)| *type_name == resource.type_name);
        let Some((type_name, name)) = found else { continue };
        named |= name.is_some_and(|name| resource.property(name).is_some());
        if !types.contains(type_name) {
            types.push(type_name);
        }
    }
    let mut names = Vec::new();
    let mut reason = None;
    if !types.is_empty() {
        names.push(if named { "CAPABILITY_NAMED_IAM" } else { "CAPABILITY_IAM" });
        let types = types.join(", ");
        reason = Some(format!("The following resource(s) require capabilities: [{types}]"));
    }
    if !template.transforms.is_empty() {
        names.push("CAPABILITY_AUTO_EXPAND");
        let transforms = template.transforms.join(", ");
        reason.get_or_insert(format!(
            "The following transform(s) require capabilities: [{transforms}]"
        ));
    }
    Capabilities { names, reason }
}
