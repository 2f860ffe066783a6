//! Every property of Lambda's types and what becomes of it here.

use standin_kernel::resource::{Kind, Property};

const NO_NETWORK: &str = "a function's process uses the machine's own network";
const NO_KMS: &str = "nothing is encrypted on this machine";
const NO_XRAY: &str = "there is no X-Ray here";
const ONE_RUNTIME: &str = "the interpreter is the one on the machine";
const NO_IMAGES: &str = "functions are run as processes, not from container images";
const NO_MANAGED: &str = "functions on managed instances are not built";
const NO_PROVISIONED: &str = "provisioned concurrency is not built";
const NO_JSON_LOGS: &str = "lines are logged as text";

const fn text(name: &'static str) -> Property {
    Property::new(name, Kind::Text)
}

const fn texts(name: &'static str) -> Property {
    Property::new(name, Kind::List(&Kind::Text))
}

const fn object(name: &'static str, members: &'static [Property]) -> Property {
    Property::new(name, Kind::Object(members))
}

const fn choice(name: &'static str, set: &'static [&'static str]) -> Property {
    Property::new(name, Kind::Choice(set))
}

const fn integer(name: &'static str, least: i64, most: i64) -> Property {
    Property::new(name, Kind::Integer(least, most))
}

const TAG: &[Property] = &[text("Key").required(), text("Value")];

const CODE: &[Property] = &[
    text("ImageUri").refused(NO_IMAGES),
    text("S3Bucket"),
    text("S3Key"),
    choice("S3ObjectStorageMode", &["COPY", "REFERENCE"])
        .no_effect("the code is read where it lies in either case"),
    text("S3ObjectVersion"),
    text("SourceKMSKeyArn").refused(NO_KMS),
    text("ZipFile"),
];

const CAPACITY_PROVIDER: &[Property] = &[Property::new(
    "LambdaManagedInstancesCapacityProviderConfig",
    Kind::Object(&[
        text("CapacityProviderArn").required(),
        Property::new("ExecutionEnvironmentMemoryGiBPerVCpu", Kind::Number),
        integer("PerExecutionEnvironmentMaxConcurrency", 1, 1600),
    ]),
)
.required()];

const SCALING: &[Property] = &[
    integer("MaxExecutionEnvironments", 0, 15_000),
    integer("MinExecutionEnvironments", 0, 15_000),
];

const FILE_SYSTEM: &[Property] = &[
    text("Arn").required(),
    text("LocalMountPath").required(),
    object("S3FilesConfig", &[choice("DirectS3Read", &["ENABLED", "DISABLED", "AUTO"])]),
];

const LOGGING: &[Property] = &[
    choice("ApplicationLogLevel", &["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"])
        .refused(NO_JSON_LOGS),
    choice("LogFormat", &["Text", "JSON"]),
    text("LogGroup"),
    choice("SystemLogLevel", &["DEBUG", "INFO", "WARN"]).refused(NO_JSON_LOGS),
];

const VPC: &[Property] = &[
    Property::new("Ipv6AllowedForDualStack", Kind::Bool).no_effect(NO_NETWORK),
    texts("SecurityGroupIds").no_effect(NO_NETWORK),
    texts("SubnetIds").no_effect(NO_NETWORK),
];

pub(super) const FUNCTION: &[Property] = &[
    Property::new("Architectures", Kind::List(&Kind::Choice(&["x86_64", "arm64"])))
        .no_effect("the machine has the architecture it has"),
    object("CapacityProviderConfig", CAPACITY_PROVIDER).refused(NO_MANAGED),
    object("Code", CODE).required(),
    text("CodeSigningConfigArn").refused("code is not signed here"),
    object("DeadLetterConfig", &[text("TargetArn")]).refused("there are no queues and topics here"),
    text("Description"),
    object(
        "DurableConfig",
        &[
            integer("ExecutionTimeout", 1, 31_622_400).required(),
            text("KMSKeyArn"),
            integer("RetentionPeriodInDays", 1, 90),
        ],
    )
    .refused("durable functions are not built"),
    object("Environment", &[Property::new("Variables", Kind::Map(&Kind::Text))]),
    object("EphemeralStorage", &[integer("Size", 512, 10_240).required()])
        .no_effect("temporary files lie on the machine's disk"),
    Property::new("FileSystemConfigs", Kind::List(&Kind::Object(FILE_SYSTEM)))
        .refused("there are no file systems here"),
    text("FunctionName").replaces(),
    object("FunctionScalingConfig", SCALING).refused(NO_MANAGED),
    text("Handler"),
    object("ImageConfig", &[texts("Command"), texts("EntryPoint"), text("WorkingDirectory")])
        .refused(NO_IMAGES),
    text("KmsKeyArn").no_effect(NO_KMS),
    texts("Layers").refused("layers are not built"),
    object("LoggingConfig", LOGGING),
    integer("MemorySize", 128, 10_240),
    choice("PackageType", &["Image", "Zip"]).replaces(),
    Property::new("PublishToLatestPublished", Kind::Bool).refused(NO_MANAGED),
    choice("RecursiveLoop", &["Allow", "Terminate"])
        .no_effect("a circle of destinations is cut after 16 in any case"),
    integer("ReservedConcurrentExecutions", 0, 1000),
    text("Role").required(),
    text("Runtime"),
    object(
        "RuntimeManagementConfig",
        &[
            text("RuntimeVersionArn"),
            choice("UpdateRuntimeOn", &["Auto", "FunctionUpdate", "Manual"]).required(),
        ],
    )
    .no_effect(ONE_RUNTIME),
    object("SnapStart", &[choice("ApplyOn", &["PublishedVersions", "None"]).required()])
        .no_effect("every start is a cold one"),
    Property::new("Tags", Kind::List(&Kind::Object(TAG))),
    object("TenancyConfig", &[choice("TenantIsolationMode", &["PER_TENANT"]).required()])
        .refused("tenant isolation is not built"),
    integer("Timeout", 1, 900),
    object("TracingConfig", &[choice("Mode", &["Active", "PassThrough"])]).no_effect(NO_XRAY),
    object("VpcConfig", VPC).no_effect(NO_NETWORK),
];

pub(super) const PERMISSION: &[Property] = &[
    text("Action").required().replaces(),
    text("EventSourceToken").replaces().refused("Alexa skills are not built"),
    text("FunctionName").required().replaces(),
    choice("FunctionUrlAuthType", &["AWS_IAM", "NONE"]).replaces(),
    Property::new("InvokedViaFunctionUrl", Kind::Bool).replaces(),
    text("Principal").required().replaces(),
    text("PrincipalOrgID").replaces().refused("there are no organizations here"),
    text("SourceAccount").replaces(),
    text("SourceArn").replaces(),
];

const CORS: &[Property] = &[
    Property::new("AllowCredentials", Kind::Bool),
    texts("AllowHeaders"),
    texts("AllowMethods"),
    texts("AllowOrigins"),
    texts("ExposeHeaders"),
    integer("MaxAge", 0, 86_400),
];

pub(super) const URL: &[Property] = &[
    choice("AuthType", &["AWS_IAM", "NONE"]).required(),
    object("Cors", CORS),
    choice("InvokeMode", &["BUFFERED", "RESPONSE_STREAM"]),
    text("Qualifier").replaces(),
    text("TargetFunctionArn").required().replaces(),
];

const PROVISIONED: &[Property] =
    &[integer("ProvisionedConcurrentExecutions", 1, 1_000_000).required()];

pub(super) const VERSION: &[Property] = &[
    text("CodeSha256").replaces(),
    text("Description").replaces(),
    text("FunctionName").required().replaces(),
    object("FunctionScalingConfig", SCALING).refused(NO_MANAGED),
    object("ProvisionedConcurrencyConfig", PROVISIONED).replaces().refused(NO_PROVISIONED),
    object("RuntimePolicy", &[text("RuntimeVersionArn"), text("UpdateRuntimeOn").required()])
        .replaces()
        .no_effect(ONE_RUNTIME),
];

const WEIGHT: &[Property] =
    &[text("FunctionVersion").required(), Property::new("FunctionWeight", Kind::Number).required()];

pub(super) const ALIAS: &[Property] = &[
    text("Description"),
    text("FunctionName").required().replaces(),
    text("FunctionVersion").required(),
    text("Name").required().replaces(),
    object("ProvisionedConcurrencyConfig", PROVISIONED).refused(NO_PROVISIONED),
    object(
        "RoutingConfig",
        &[Property::new("AdditionalVersionWeights", Kind::List(&Kind::Object(WEIGHT)))],
    ),
];

const DESTINATION: &[Property] = &[text("Destination").required()];

pub(super) const EVENT_INVOKE_CONFIG: &[Property] = &[
    object(
        "DestinationConfig",
        &[object("OnFailure", DESTINATION), object("OnSuccess", DESTINATION)],
    ),
    text("FunctionName").required().replaces(),
    integer("MaximumEventAgeInSeconds", 60, 21_600),
    integer("MaximumRetryAttempts", 0, 2),
    text("Qualifier").required().replaces(),
];
