//! The properties of `AWS::ECS::Service` and what becomes of each here.

use standin_kernel::resource::{Kind, Property};

use crate::resources::{STRATEGY_ITEM, TAG};

const NO_CLOUD_MAP: &str = "there is no Cloud Map, which Service Connect is made of";
const ROLLING: &str = "deployments are rolling ones";
const NO_NETWORK: &str = "the network of one machine has no subnets and no security groups";

pub(super) const PROPERTIES: &[Property] = &[
    Property::new("AvailabilityZoneRebalancing", Kind::Choice(&["DISABLED", "ENABLED"]))
        .no_effect("one machine has no zones to spread over"),
    Property::new("CapacityProviderStrategy", Kind::List(&Kind::Object(STRATEGY_ITEM))),
    Property::new("Cluster", Kind::Text).replaces(),
    Property::new("DeploymentConfiguration", Kind::Object(DEPLOYMENT_CONFIGURATION)),
    Property::new("DeploymentController", Kind::Object(DEPLOYMENT_CONTROLLER)),
    Property::new("DesiredCount", Kind::Integer(0, 2_147_483_647)),
    Property::new("EnableECSManagedTags", Kind::Bool)
        .no_effect("tags of AWS's own are not put on tasks here"),
    Property::new("EnableExecuteCommand", Kind::Bool).no_effect("there is no ExecuteCommand"),
    Property::new("ForceNewDeployment", Kind::Object(FORCE_NEW_DEPLOYMENT)),
    Property::new("GatewayConnectors", Kind::Json).refused("there are no gateways"),
    Property::new("HealthCheckGracePeriodSeconds", Kind::Integer(0, 2_147_483_647)),
    Property::new("LaunchType", Kind::Choice(&["FARGATE"])),
    Property::new("LoadBalancers", Kind::List(&Kind::Object(LOAD_BALANCER))),
    Property::new("Monitoring", Kind::Json).refused("there are no metrics"),
    Property::new("NetworkConfiguration", Kind::Object(NETWORK_CONFIGURATION)),
    Property::new("PlacementConstraints", Kind::Json).refused("Fargate takes none"),
    Property::new("PlacementStrategies", Kind::Json).refused("Fargate takes none"),
    Property::new("PlatformVersion", Kind::Choice(&["LATEST", "1.4.0", "1.3.0", "1.2.0"]))
        .no_effect("tasks run on this machine, whatever the platform"),
    Property::new("PropagateTags", Kind::Choice(&["SERVICE", "TASK_DEFINITION"])),
    Property::new("Role", Kind::Text)
        .replaces()
        .no_effect("the load balancer takes targets from ECS without a role"),
    Property::new("SchedulingStrategy", Kind::Choice(&["REPLICA"])).replaces(),
    Property::new("ServiceConnectConfiguration", Kind::Json).refused(NO_CLOUD_MAP),
    Property::new("ServiceName", Kind::Text).replaces(),
    Property::new("ServiceRegistries", Kind::Json).refused("there is no Cloud Map"),
    Property::new("Tags", Kind::List(&Kind::Object(TAG))),
    Property::new("TaskDefinition", Kind::Text),
    Property::new("VolumeConfigurations", Kind::Json).refused("there are no EBS volumes"),
    Property::new("VpcLatticeConfigurations", Kind::Json).refused("there is no VPC Lattice"),
];

const DEPLOYMENT_CONFIGURATION: &[Property] = &[
    Property::new("Alarms", Kind::Object(ALARMS)),
    Property::new("BakeTimeInMinutes", Kind::Json)
        .refused("nothing watches a deployment after its end"),
    Property::new("CanaryConfiguration", Kind::Json).refused(ROLLING),
    Property::new("DeploymentCircuitBreaker", Kind::Object(CIRCUIT_BREAKER)),
    Property::new("EarlySuccessCriteria", Kind::Json)
        .refused("a deployment ends when the old tasks have stopped"),
    Property::new("LifecycleHooks", Kind::Json).refused("deployments call no functions"),
    Property::new("LinearConfiguration", Kind::Json).refused(ROLLING),
    Property::new("MaximumPercent", Kind::Integer(100, 2_147_483_647)),
    Property::new("MinimumHealthyPercent", Kind::Integer(0, 2_147_483_647)),
    Property::new("Strategy", Kind::Choice(&["ROLLING"])),
];

const ALARMS: &[Property] = &[
    Property::new("AlarmNames", Kind::List(&Kind::Text)).required(),
    Property::new("Enable", Kind::Bool).required(),
    Property::new("Rollback", Kind::Bool).required(),
];

const CIRCUIT_BREAKER: &[Property] = &[
    Property::new("Enable", Kind::Bool).required(),
    Property::new("ResetOnHealthyTask", Kind::Bool),
    Property::new("Rollback", Kind::Bool).required(),
    Property::new("ThresholdConfiguration", Kind::Object(THRESHOLD)),
];

const THRESHOLD: &[Property] = &[
    Property::new("Type", Kind::Choice(&["BOUNDED_PERCENT", "COUNT", "UNBOUNDED_PERCENT"]))
        .required(),
    Property::new("Value", Kind::Integer(1, 2_147_483_647)).required(),
];

const DEPLOYMENT_CONTROLLER: &[Property] = &[Property::new("Type", Kind::Choice(&["ECS"]))];

const FORCE_NEW_DEPLOYMENT: &[Property] = &[
    Property::new("EnableForceNewDeployment", Kind::Bool).required(),
    Property::new("ForceNewDeploymentNonce", Kind::Text),
];

const LOAD_BALANCER: &[Property] = &[
    Property::new("AdvancedConfiguration", Kind::Json).refused(ROLLING),
    Property::new("ContainerName", Kind::Text),
    Property::new("ContainerPort", Kind::Integer(0, 65535)),
    Property::new("LoadBalancerName", Kind::Text).refused("there are no classic load balancers"),
    Property::new("TargetGroupArn", Kind::Text),
];

const NETWORK_CONFIGURATION: &[Property] =
    &[Property::new("AwsvpcConfiguration", Kind::Object(AWSVPC_CONFIGURATION))];

const AWSVPC_CONFIGURATION: &[Property] = &[
    Property::new("AssignPublicIp", Kind::Choice(&["DISABLED", "ENABLED"]))
        .no_effect("tasks have addresses of this machine only"),
    Property::new("SecurityGroups", Kind::List(&Kind::Text)).no_effect(NO_NETWORK),
    Property::new("Subnets", Kind::List(&Kind::Text)).no_effect(NO_NETWORK),
];
