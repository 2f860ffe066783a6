//! The properties of `AWS::ECS::TaskDefinition` and what becomes of each here.

use standin_kernel::resource::{Kind, Property};

use super::container::CONTAINER_DEFINITION;
use crate::resources::TAG;

/// Those that `RegisterTaskDefinition` is told.
pub(super) const TAKEN: &[&str] = &[
    "ContainerDefinitions",
    "Cpu",
    "EnableFaultInjection",
    "EphemeralStorage",
    "ExecutionRoleArn",
    "Family",
    "Memory",
    "NetworkMode",
    "PidMode",
    "RequiresCompatibilities",
    "RuntimePlatform",
    "Tags",
    "TaskRoleArn",
    "Volumes",
];

pub(super) const PROPERTIES: &[Property] = &[
    Property::new("ContainerDefinitions", Kind::List(&Kind::Object(CONTAINER_DEFINITION)))
        .replaces(),
    Property::new("Cpu", Kind::Text)
        .replaces()
        .no_effect("it must be a size of Fargate's, but this machine does not limit tasks"),
    Property::new("EnableFaultInjection", Kind::Bool)
        .replaces()
        .no_effect("faults are made with break and drill, from outside the task"),
    Property::new("EphemeralStorage", Kind::Object(EPHEMERAL_STORAGE))
        .replaces()
        .no_effect("containers share this machine's disk"),
    Property::new("ExecutionRoleArn", Kind::Text)
        .replaces()
        .no_effect("it must be there where Fargate asks for it, but nothing is pulled with it"),
    Property::new("Family", Kind::Text).replaces(),
    Property::new("InferenceAccelerators", Kind::Json)
        .replaces()
        .refused("Fargate has no inference accelerators"),
    Property::new("IpcMode", Kind::Choice(&["host", "none", "task"]))
        .replaces()
        .refused("Fargate does not take it"),
    Property::new("Memory", Kind::Text)
        .replaces()
        .no_effect("it must be a size of Fargate's, but this machine does not limit tasks"),
    Property::new("NetworkMode", Kind::Choice(&["awsvpc", "bridge", "host", "none"])).replaces(),
    Property::new("PidMode", Kind::Choice(&["host", "task"]))
        .replaces()
        .no_effect("containers are processes of this machine, which see one another"),
    Property::new("PlacementConstraints", Kind::Json).replaces().refused("Fargate takes none"),
    Property::new("ProxyConfiguration", Kind::Json)
        .replaces()
        .refused("App Mesh proxies are not run"),
    Property::new(
        "RequiresCompatibilities",
        Kind::List(&Kind::Choice(&["EC2", "EXTERNAL", "FARGATE", "MANAGED_INSTANCES"])),
    )
    .replaces(),
    Property::new("RuntimePlatform", Kind::Object(RUNTIME_PLATFORM)).replaces(),
    Property::new("Tags", Kind::List(&Kind::Object(TAG))),
    Property::new("TaskRoleArn", Kind::Text)
        .replaces()
        .no_effect("containers get no credentials of a role"),
    Property::new("Volumes", Kind::List(&Kind::Object(VOLUME))).replaces(),
];

const EPHEMERAL_STORAGE: &[Property] = &[Property::new("SizeInGiB", Kind::Integer(21, 200))];

const RUNTIME_PLATFORM: &[Property] = &[
    Property::new("CpuArchitecture", Kind::Choice(&["ARM64", "X86_64"]))
        .no_effect("programs run as this machine is built"),
    Property::new("OperatingSystemFamily", Kind::Choice(&["LINUX"])),
];

const VOLUME: &[Property] = &[
    Property::new("ConfiguredAtLaunch", Kind::Bool).refused("there are no EBS volumes"),
    Property::new("DockerVolumeConfiguration", Kind::Json).refused("Fargate does not take it"),
    Property::new("EFSVolumeConfiguration", Kind::Json).refused("there is no EFS"),
    Property::new("FSxWindowsFileServerVolumeConfiguration", Kind::Json).refused("there is no FSx"),
    Property::new("Host", Kind::Object(HOST_VOLUME)),
    Property::new("Name", Kind::Text).no_effect("containers share this machine's disk"),
    Property::new("S3FilesVolumeConfiguration", Kind::Json).refused("there are no S3 file systems"),
];

const HOST_VOLUME: &[Property] =
    &[Property::new("SourcePath", Kind::Text).refused("Fargate does not take it")];
