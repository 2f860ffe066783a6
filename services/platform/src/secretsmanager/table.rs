//! The properties of `AWS::SecretsManager::Secret`, and what becomes of each.

use standin_kernel::resource::{Kind, Property};

use crate::tags::TAGS;

pub(crate) const SECRET: &[Property] = &[
    Property::new("Description", Kind::Text),
    Property::new("GenerateSecretString", Kind::Object(GENERATE_SECRET_STRING)),
    Property::new("KmsKeyId", Kind::Text).no_effect("nothing is encrypted at rest here"),
    Property::new("Name", Kind::Text).replaces(),
    Property::new("ReplicaRegions", Kind::List(&Kind::Object(REPLICA_REGION)))
        .no_effect("there is one region here"),
    Property::new("SecretString", Kind::Text),
    Property::new("Tags", TAGS),
    Property::new("Type", Kind::Text).refused("partners' secrets are not built"),
];

const GENERATE_SECRET_STRING: &[Property] = &[
    Property::new("ExcludeCharacters", Kind::Text),
    Property::new("ExcludeLowercase", Kind::Bool),
    Property::new("ExcludeNumbers", Kind::Bool),
    Property::new("ExcludePunctuation", Kind::Bool),
    Property::new("ExcludeUppercase", Kind::Bool),
    Property::new("GenerateStringKey", Kind::Text),
    Property::new("IncludeSpace", Kind::Bool),
    Property::new("PasswordLength", Kind::Integer(i64::MIN, i64::MAX)),
    Property::new("RequireEachIncludedType", Kind::Bool),
    Property::new("SecretStringTemplate", Kind::Text),
];

const REPLICA_REGION: &[Property] =
    &[Property::new("KmsKeyId", Kind::Text), Property::new("Region", Kind::Text).required()];
