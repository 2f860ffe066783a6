//! The property `Tags`.

use standin_kernel::resource::{Kind, Property};

pub(super) const TAGS: Kind = Kind::List(&Kind::Object(TAG));

const TAG: &[Property] =
    &[Property::new("Key", Kind::Text).required(), Property::new("Value", Kind::Text).required()];
