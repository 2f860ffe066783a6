//! The properties of `AWS::SSM::Parameter`, and what becomes of each.

use standin_kernel::resource::{Kind, Property};

pub(crate) const PARAMETER: &[Property] = &[
    Property::new("AllowedPattern", Kind::Text)
        .no_effect("values are not checked against a pattern here"),
    Property::new("DataType", Kind::Choice(&["text", "aws:ec2:image"])),
    Property::new("Description", Kind::Text),
    Property::new("Name", Kind::Text).replaces(),
    Property::new("Policies", Kind::Text).refused("parameter policies are not built"),
    Property::new("Tags", Kind::Map(&Kind::Text)),
    Property::new("Tier", Kind::Choice(&["Standard", "Advanced", "Intelligent-Tiering"]))
        .no_effect("both tiers are kept the same way"),
    Property::new("Type", Kind::Choice(&["String", "StringList"])).required(),
    Property::new("Value", Kind::Text).required(),
];
