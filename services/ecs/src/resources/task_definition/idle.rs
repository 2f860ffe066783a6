//! Parts of a container definition that are taken and kept without effect: their shapes.

use standin_kernel::resource::{Kind, Property};

pub(super) const LINUX_PARAMETERS: &[Property] = &[
    Property::new("Capabilities", Kind::Object(CAPABILITIES))
        .no_effect("containers may do what whoever runs Standin may do"),
    Property::new("Devices", Kind::Json).refused("Fargate does not take it"),
    Property::new("InitProcessEnabled", Kind::Bool)
        .no_effect("this machine's own init process takes orphans"),
    Property::new("MaxSwap", Kind::Json).refused("Fargate does not take it"),
    Property::new("SharedMemorySize", Kind::Json).refused("Fargate does not take it"),
    Property::new("Swappiness", Kind::Json).refused("Fargate does not take it"),
    Property::new("Tmpfs", Kind::Json).refused("Fargate does not take it"),
];

const CAPABILITIES: &[Property] = &[
    Property::new("Add", Kind::List(&Kind::Text)),
    Property::new("Drop", Kind::List(&Kind::Text)),
];

pub(super) const MOUNT_POINT: &[Property] = &[
    Property::new("ContainerPath", Kind::Text),
    Property::new("ReadOnly", Kind::Bool),
    Property::new("SourceVolume", Kind::Text),
];

pub(super) const REPOSITORY_CREDENTIALS: &[Property] =
    &[Property::new("CredentialsParameter", Kind::Text)];

pub(super) const SYSTEM_CONTROL: &[Property] =
    &[Property::new("Namespace", Kind::Text), Property::new("Value", Kind::Text)];

pub(super) const ULIMIT: &[Property] = &[
    Property::new("HardLimit", Kind::Integer(i64::MIN, i64::MAX)).required(),
    Property::new("Name", Kind::Choice(&["nofile"])).required(),
    Property::new("SoftLimit", Kind::Integer(i64::MIN, i64::MAX)).required(),
];

pub(super) const VOLUME_FROM: &[Property] =
    &[Property::new("ReadOnly", Kind::Bool), Property::new("SourceContainer", Kind::Text)];
