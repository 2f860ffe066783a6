//! The properties of a container definition and what becomes of each here.

use standin_kernel::resource::{Kind, Property};

use super::idle::{
    LINUX_PARAMETERS, MOUNT_POINT, REPOSITORY_CREDENTIALS, SYSTEM_CONTROL, ULIMIT, VOLUME_FROM,
};

const NOT_IN_AWSVPC: &str = "network mode awsvpc does not take it";
const NOT_ON_FARGATE: &str = "Fargate does not take it";
const NO_LIMITS: &str = "this machine does not limit containers";
const ONE_DISK: &str = "containers share this machine's disk";

pub(super) const CONTAINER_DEFINITION: &[Property] = &[
    Property::new("Command", Kind::List(&Kind::Text)),
    Property::new("Cpu", Kind::Integer(0, i64::MAX)).no_effect(NO_LIMITS),
    Property::new("CredentialSpecs", Kind::List(&Kind::Text))
        .refused("containers of Windows are not run"),
    Property::new("DependsOn", Kind::List(&Kind::Object(DEPENDENCY))),
    Property::new("DisableNetworking", Kind::Bool).refused(NOT_IN_AWSVPC),
    Property::new("DnsSearchDomains", Kind::List(&Kind::Text)).refused(NOT_IN_AWSVPC),
    Property::new("DnsServers", Kind::List(&Kind::Text)).refused(NOT_IN_AWSVPC),
    Property::new("DockerLabels", Kind::Map(&Kind::Text)).no_effect("nobody reads them here"),
    Property::new("DockerSecurityOptions", Kind::List(&Kind::Text)).refused(NOT_ON_FARGATE),
    Property::new("EntryPoint", Kind::List(&Kind::Text)),
    Property::new("Environment", Kind::List(&Kind::Object(KEY_VALUE))),
    Property::new("EnvironmentFiles", Kind::Json)
        .refused("files in S3 are not read for containers yet"),
    Property::new("Essential", Kind::Bool),
    Property::new("ExtraHosts", Kind::Json).refused(NOT_IN_AWSVPC),
    Property::new("FirelensConfiguration", Kind::Json)
        .refused("lines go to the log of the task only"),
    Property::new("HealthCheck", Kind::Object(HEALTH_CHECK)),
    Property::new("Hostname", Kind::Text).refused(NOT_IN_AWSVPC),
    Property::new("Image", Kind::Text).required(),
    Property::new("Interactive", Kind::Bool).no_effect("containers have no standard input"),
    Property::new("Links", Kind::List(&Kind::Text)).refused(NOT_IN_AWSVPC),
    Property::new("LinuxParameters", Kind::Object(LINUX_PARAMETERS)),
    Property::new("LogConfiguration", Kind::Object(LOG_CONFIGURATION)),
    Property::new("Memory", Kind::Integer(4, i64::MAX)).no_effect(NO_LIMITS),
    Property::new("MemoryReservation", Kind::Integer(4, i64::MAX)).no_effect(NO_LIMITS),
    Property::new("MountPoints", Kind::List(&Kind::Object(MOUNT_POINT))).no_effect(ONE_DISK),
    Property::new("Name", Kind::Text).required(),
    Property::new("PortMappings", Kind::List(&Kind::Object(PORT_MAPPING))),
    Property::new("Privileged", Kind::Bool).refused(NOT_ON_FARGATE),
    Property::new("PseudoTerminal", Kind::Bool).no_effect("containers have no terminal"),
    Property::new("ReadonlyRootFilesystem", Kind::Bool).no_effect(ONE_DISK),
    Property::new("RepositoryCredentials", Kind::Object(REPOSITORY_CREDENTIALS))
        .no_effect("no image is pulled"),
    Property::new("ResourceRequirements", Kind::Json).refused("Fargate has no GPUs"),
    Property::new("RestartPolicy", Kind::Object(RESTART_POLICY)),
    Property::new("Secrets", Kind::List(&Kind::Object(SECRET))),
    Property::new("StartTimeout", Kind::Integer(2, 120)),
    Property::new("StopTimeout", Kind::Integer(0, 120)),
    Property::new("SystemControls", Kind::List(&Kind::Object(SYSTEM_CONTROL)))
        .no_effect("this machine's kernel stays as it is"),
    Property::new("Ulimits", Kind::List(&Kind::Object(ULIMIT))).no_effect(NO_LIMITS),
    Property::new("User", Kind::Text).no_effect("containers run as whoever runs Standin"),
    Property::new("VersionConsistency", Kind::Choice(&["enabled", "disabled"]))
        .no_effect("no image is pulled"),
    Property::new("VolumesFrom", Kind::List(&Kind::Object(VOLUME_FROM))).no_effect(ONE_DISK),
    Property::new("WorkingDirectory", Kind::Text)
        .no_effect("Metadata: Standin: Containers: X: WorkingDirectory says it for this machine"),
];

const DEPENDENCY: &[Property] = &[
    Property::new("Condition", Kind::Choice(&["COMPLETE", "HEALTHY", "START", "SUCCESS"])),
    Property::new("ContainerName", Kind::Text),
];

const KEY_VALUE: &[Property] =
    &[Property::new("Name", Kind::Text), Property::new("Value", Kind::Text)];

const HEALTH_CHECK: &[Property] = &[
    Property::new("Command", Kind::List(&Kind::Text)),
    Property::new("Interval", Kind::Integer(5, 300)),
    Property::new("Retries", Kind::Integer(1, 10)),
    Property::new("StartPeriod", Kind::Integer(0, 300)),
    Property::new("Timeout", Kind::Integer(2, 60)),
];

const LOG_CONFIGURATION: &[Property] = &[
    Property::new("LogDriver", Kind::Choice(&["awslogs"])).required(),
    Property::new("Options", Kind::Object(LOG_OPTIONS)),
    Property::new("SecretOptions", Kind::Json).refused("awslogs takes none"),
];

const LOG_OPTIONS: &[Property] = &[
    Property::new("awslogs-create-group", Kind::Choice(&["true", "false"])),
    Property::new("awslogs-datetime-format", Kind::Text).no_effect("a line is an event here"),
    Property::new("awslogs-group", Kind::Text),
    Property::new("awslogs-multiline-pattern", Kind::Text).no_effect("a line is an event here"),
    Property::new("awslogs-region", Kind::Text).no_effect("there is one region"),
    Property::new("awslogs-stream-prefix", Kind::Text),
    Property::new("max-buffer-size", Kind::Text).no_effect("no line is ever dropped"),
    Property::new("mode", Kind::Choice(&["blocking", "non-blocking"]))
        .no_effect("no container ever waits for its log"),
];

const PORT_MAPPING: &[Property] = &[
    Property::new("AppProtocol", Kind::Choice(&["grpc", "http", "http2"]))
        .no_effect("only Service Connect reads it"),
    Property::new("ContainerPort", Kind::Integer(1, 65535)),
    Property::new("ContainerPortRange", Kind::Text).refused("ports are mapped one by one"),
    Property::new("HostPort", Kind::Integer(0, 65535)),
    Property::new("Name", Kind::Text).no_effect("only Service Connect reads it"),
    Property::new("Protocol", Kind::Choice(&["tcp", "udp"]))
        .no_effect("the container opens its sockets itself"),
];

const RESTART_POLICY: &[Property] = &[
    Property::new("Enabled", Kind::Bool),
    Property::new("IgnoredExitCodes", Kind::List(&Kind::Integer(0, 255))),
    Property::new("RestartAttemptPeriod", Kind::Integer(60, 1800)),
];

const SECRET: &[Property] = &[
    Property::new("Name", Kind::Text).required(),
    Property::new("ValueFrom", Kind::Text).required(),
];
