//! The properties of the Application Auto Scaling types, and what becomes of each.

use standin_kernel::resource::{Kind, Property};

use crate::tags::TAGS;

pub(crate) const SCALABLE_TARGET: &[Property] = &[
    Property::new("MaxCapacity", Kind::Integer(i64::MIN, i64::MAX))
        .required()
        .no_effect("nothing scales by itself here"),
    Property::new("MinCapacity", Kind::Integer(i64::MIN, i64::MAX))
        .required()
        .no_effect("nothing scales by itself here"),
    Property::new("ResourceId", Kind::Text).required().replaces(),
    Property::new("RoleARN", Kind::Text)
        .no_effect("policies are recorded, nobody is denied by them here"),
    Property::new(
        "ScalableDimension",
        Kind::Choice(&[
            "appstream:fleet:DesiredCapacity",
            "cassandra:table:ReadCapacityUnits",
            "cassandra:table:WriteCapacityUnits",
            "comprehend:document-classifier-endpoint:DesiredInferenceUnits",
            "comprehend:entity-recognizer-endpoint:DesiredInferenceUnits",
            "custom-resource:ResourceType:Property",
            "dynamodb:index:ReadCapacityUnits",
            "dynamodb:index:WriteCapacityUnits",
            "dynamodb:table:ReadCapacityUnits",
            "dynamodb:table:WriteCapacityUnits",
            "ec2:capacity-reservation:AvailableInstances",
            "ec2:spot-fleet-request:TargetCapacity",
            "ecs:service:DesiredCount",
            "elasticache:cache-cluster:Nodes",
            "elasticache:replication-group:NodeGroups",
            "elasticache:replication-group:Replicas",
            "elasticmapreduce:instancegroup:InstanceCount",
            "kafka:broker-storage:VolumeSize",
            "lambda:function:ProvisionedConcurrency",
            "neptune:cluster:ReadReplicaCount",
            "rds:cluster:ReadReplicaCount",
            "sagemaker:inference-component:DesiredCopyCount",
            "sagemaker:variant:DesiredInstanceCount",
            "sagemaker:variant:DesiredProvisionedConcurrency",
            "workspaces:workspacespool:DesiredUserSessions",
        ]),
    )
    .required()
    .replaces(),
    Property::new("ScheduledActions", Kind::List(&Kind::Object(SCHEDULED_ACTION)))
        .refused("scheduled scaling is not built"),
    Property::new(
        "ServiceNamespace",
        Kind::Choice(&[
            "appstream",
            "cassandra",
            "comprehend",
            "custom-resource",
            "dynamodb",
            "ec2",
            "ecs",
            "elasticache",
            "elasticmapreduce",
            "kafka",
            "lambda",
            "neptune",
            "rds",
            "sagemaker",
            "workspaces",
        ]),
    )
    .required()
    .replaces(),
    Property::new("SuspendedState", Kind::Object(SUSPENDED_STATE))
        .no_effect("nothing scales by itself here"),
    Property::new("Tags", TAGS)
        .no_effect("tags of scalable targets are added, but not taken away by an update"),
];

const SCHEDULED_ACTION: &[Property] = &[
    Property::new("EndTime", Kind::Text),
    Property::new("ScalableTargetAction", Kind::Object(SCALABLE_TARGET_ACTION)),
    Property::new("Schedule", Kind::Text).required(),
    Property::new("ScheduledActionName", Kind::Text).required(),
    Property::new("StartTime", Kind::Text),
    Property::new("Timezone", Kind::Text),
];

const SCALABLE_TARGET_ACTION: &[Property] = &[
    Property::new("MaxCapacity", Kind::Integer(i64::MIN, i64::MAX)),
    Property::new("MinCapacity", Kind::Integer(i64::MIN, i64::MAX)),
];

const SUSPENDED_STATE: &[Property] = &[
    Property::new("DynamicScalingInSuspended", Kind::Bool),
    Property::new("DynamicScalingOutSuspended", Kind::Bool),
    Property::new("ScheduledScalingSuspended", Kind::Bool),
];

pub(crate) const SCALING_POLICY: &[Property] = &[
    Property::new("PolicyName", Kind::Text).required().replaces(),
    Property::new(
        "PolicyType",
        Kind::Choice(&["PredictiveScaling", "StepScaling", "TargetTrackingScaling"]),
    )
    .required()
    .no_effect("nothing scales by itself here"),
    Property::new(
        "PredictiveScalingPolicyConfiguration",
        Kind::Object(PREDICTIVE_SCALING_POLICY_CONFIGURATION),
    )
    .no_effect("nothing scales by itself here"),
    Property::new("ResourceId", Kind::Text).replaces(),
    Property::new(
        "ScalableDimension",
        Kind::Choice(&[
            "appstream:fleet:DesiredCapacity",
            "cassandra:table:ReadCapacityUnits",
            "cassandra:table:WriteCapacityUnits",
            "comprehend:document-classifier-endpoint:DesiredInferenceUnits",
            "comprehend:entity-recognizer-endpoint:DesiredInferenceUnits",
            "custom-resource:ResourceType:Property",
            "dynamodb:index:ReadCapacityUnits",
            "dynamodb:index:WriteCapacityUnits",
            "dynamodb:table:ReadCapacityUnits",
            "dynamodb:table:WriteCapacityUnits",
            "ec2:spot-fleet-request:TargetCapacity",
            "ecs:service:DesiredCount",
            "elasticache:cache-cluster:Nodes",
            "elasticache:replication-group:NodeGroups",
            "elasticache:replication-group:Replicas",
            "elasticmapreduce:instancegroup:InstanceCount",
            "kafka:broker-storage:VolumeSize",
            "lambda:function:ProvisionedConcurrency",
            "neptune:cluster:ReadReplicaCount",
            "rds:cluster:ReadReplicaCount",
            "sagemaker:inference-component:DesiredCopyCount",
            "sagemaker:variant:DesiredInstanceCount",
            "sagemaker:variant:DesiredProvisionedConcurrency",
            "workspaces:workspacespool:DesiredUserSessions",
        ]),
    )
    .replaces(),
    Property::new("ScalingTargetId", Kind::Text).replaces(),
    Property::new(
        "ServiceNamespace",
        Kind::Choice(&[
            "appstream",
            "cassandra",
            "comprehend",
            "custom-resource",
            "dynamodb",
            "ec2",
            "ecs",
            "elasticache",
            "elasticmapreduce",
            "kafka",
            "lambda",
            "neptune",
            "rds",
            "sagemaker",
            "workspaces",
        ]),
    )
    .replaces(),
    Property::new(
        "StepScalingPolicyConfiguration",
        Kind::Object(STEP_SCALING_POLICY_CONFIGURATION),
    )
    .no_effect("nothing scales by itself here"),
    Property::new(
        "TargetTrackingScalingPolicyConfiguration",
        Kind::Object(TARGET_TRACKING_SCALING_POLICY_CONFIGURATION),
    )
    .no_effect("nothing scales by itself here"),
];

const PREDICTIVE_SCALING_POLICY_CONFIGURATION: &[Property] = &[
    Property::new(
        "MaxCapacityBreachBehavior",
        Kind::Choice(&["HonorMaxCapacity", "IncreaseMaxCapacity"]),
    ),
    Property::new("MaxCapacityBuffer", Kind::Integer(0, 100)),
    Property::new(
        "MetricSpecifications",
        Kind::List(&Kind::Object(PREDICTIVE_SCALING_METRIC_SPECIFICATION)),
    )
    .required(),
    Property::new("Mode", Kind::Choice(&["ForecastAndScale", "ForecastOnly"])),
    Property::new("SchedulingBufferTime", Kind::Integer(0, 3600)),
];

const PREDICTIVE_SCALING_METRIC_SPECIFICATION: &[Property] = &[
    Property::new(
        "CustomizedCapacityMetricSpecification",
        Kind::Object(PREDICTIVE_SCALING_CUSTOMIZED_CAPACITY_METRIC),
    ),
    Property::new(
        "CustomizedLoadMetricSpecification",
        Kind::Object(PREDICTIVE_SCALING_CUSTOMIZED_LOAD_METRIC),
    ),
    Property::new(
        "CustomizedScalingMetricSpecification",
        Kind::Object(PREDICTIVE_SCALING_CUSTOMIZED_SCALING_METRIC),
    ),
    Property::new(
        "PredefinedLoadMetricSpecification",
        Kind::Object(PREDICTIVE_SCALING_PREDEFINED_LOAD_METRIC),
    ),
    Property::new(
        "PredefinedMetricPairSpecification",
        Kind::Object(PREDICTIVE_SCALING_PREDEFINED_METRIC_PAIR),
    ),
    Property::new(
        "PredefinedScalingMetricSpecification",
        Kind::Object(PREDICTIVE_SCALING_PREDEFINED_SCALING_METRIC),
    ),
    Property::new("TargetValue", Kind::Number).required(),
];

const PREDICTIVE_SCALING_CUSTOMIZED_CAPACITY_METRIC: &[Property] = &[Property::new(
    "MetricDataQueries",
    Kind::List(&Kind::Object(PREDICTIVE_SCALING_METRIC_DATA_QUERY)),
)
.required()];

const PREDICTIVE_SCALING_METRIC_DATA_QUERY: &[Property] = &[
    Property::new("Expression", Kind::Text),
    Property::new("Id", Kind::Text),
    Property::new("Label", Kind::Text),
    Property::new("MetricStat", Kind::Object(PREDICTIVE_SCALING_METRIC_STAT)),
    Property::new("ReturnData", Kind::Bool),
];

const PREDICTIVE_SCALING_METRIC_STAT: &[Property] = &[
    Property::new("Metric", Kind::Object(PREDICTIVE_SCALING_METRIC)),
    Property::new("Stat", Kind::Text),
    Property::new("Unit", Kind::Text),
];

const PREDICTIVE_SCALING_METRIC: &[Property] = &[
    Property::new("Dimensions", Kind::List(&Kind::Object(PREDICTIVE_SCALING_METRIC_DIMENSION))),
    Property::new("MetricName", Kind::Text),
    Property::new("Namespace", Kind::Text),
];

const PREDICTIVE_SCALING_METRIC_DIMENSION: &[Property] =
    &[Property::new("Name", Kind::Text), Property::new("Value", Kind::Text)];

const PREDICTIVE_SCALING_CUSTOMIZED_LOAD_METRIC: &[Property] = &[Property::new(
    "MetricDataQueries",
    Kind::List(&Kind::Object(PREDICTIVE_SCALING_METRIC_DATA_QUERY)),
)
.required()];

const PREDICTIVE_SCALING_CUSTOMIZED_SCALING_METRIC: &[Property] = &[Property::new(
    "MetricDataQueries",
    Kind::List(&Kind::Object(PREDICTIVE_SCALING_METRIC_DATA_QUERY)),
)
.required()];

const PREDICTIVE_SCALING_PREDEFINED_LOAD_METRIC: &[Property] = &[
    Property::new(
        "PredefinedMetricType",
        Kind::Choice(&[
            "ALBRequestCount",
            "ALBRequestCountPerTarget",
            "ECSServiceAverageCPUUtilization",
            "ECSServiceAverageMemoryUtilization",
            "ECSServiceCPUUtilization",
            "ECSServiceMemoryUtilization",
            "ECSServiceTotalCPUUtilization",
            "ECSServiceTotalMemoryUtilization",
            "TotalALBRequestCount",
        ]),
    )
    .required(),
    Property::new("ResourceLabel", Kind::Text),
];

const PREDICTIVE_SCALING_PREDEFINED_METRIC_PAIR: &[Property] = &[
    Property::new(
        "PredefinedMetricType",
        Kind::Choice(&[
            "ALBRequestCount",
            "ALBRequestCountPerTarget",
            "ECSServiceAverageCPUUtilization",
            "ECSServiceAverageMemoryUtilization",
            "ECSServiceCPUUtilization",
            "ECSServiceMemoryUtilization",
            "ECSServiceTotalCPUUtilization",
            "ECSServiceTotalMemoryUtilization",
            "TotalALBRequestCount",
        ]),
    )
    .required(),
    Property::new("ResourceLabel", Kind::Text),
];

const PREDICTIVE_SCALING_PREDEFINED_SCALING_METRIC: &[Property] = &[
    Property::new(
        "PredefinedMetricType",
        Kind::Choice(&[
            "ALBRequestCount",
            "ALBRequestCountPerTarget",
            "ECSServiceAverageCPUUtilization",
            "ECSServiceAverageMemoryUtilization",
            "ECSServiceCPUUtilization",
            "ECSServiceMemoryUtilization",
            "ECSServiceTotalCPUUtilization",
            "ECSServiceTotalMemoryUtilization",
            "TotalALBRequestCount",
        ]),
    )
    .required(),
    Property::new("ResourceLabel", Kind::Text),
];

const STEP_SCALING_POLICY_CONFIGURATION: &[Property] = &[
    Property::new(
        "AdjustmentType",
        Kind::Choice(&["ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity"]),
    ),
    Property::new("Cooldown", Kind::Integer(i64::MIN, i64::MAX)),
    Property::new("MetricAggregationType", Kind::Choice(&["Average", "Maximum", "Minimum"])),
    Property::new("MinAdjustmentMagnitude", Kind::Integer(i64::MIN, i64::MAX)),
    Property::new("StepAdjustments", Kind::List(&Kind::Object(STEP_ADJUSTMENT))),
];

const STEP_ADJUSTMENT: &[Property] = &[
    Property::new("MetricIntervalLowerBound", Kind::Number),
    Property::new("MetricIntervalUpperBound", Kind::Number),
    Property::new("ScalingAdjustment", Kind::Integer(i64::MIN, i64::MAX)).required(),
];

const TARGET_TRACKING_SCALING_POLICY_CONFIGURATION: &[Property] = &[
    Property::new("CustomizedMetricSpecification", Kind::Object(CUSTOMIZED_METRIC_SPECIFICATION)),
    Property::new("DisableScaleIn", Kind::Bool),
    Property::new("PredefinedMetricSpecification", Kind::Object(PREDEFINED_METRIC_SPECIFICATION)),
    Property::new("ScaleInCooldown", Kind::Integer(i64::MIN, i64::MAX)),
    Property::new("ScaleOutCooldown", Kind::Integer(i64::MIN, i64::MAX)),
    Property::new("TargetValue", Kind::Number).required(),
];

const CUSTOMIZED_METRIC_SPECIFICATION: &[Property] = &[
    Property::new("Dimensions", Kind::List(&Kind::Object(METRIC_DIMENSION))),
    Property::new("MetricName", Kind::Text),
    Property::new("Metrics", Kind::List(&Kind::Object(TARGET_TRACKING_METRIC_DATA_QUERY))),
    Property::new("Namespace", Kind::Text),
    Property::new(
        "Statistic",
        Kind::Choice(&["Average", "Maximum", "Minimum", "SampleCount", "Sum"]),
    ),
    Property::new("Unit", Kind::Text),
];

const METRIC_DIMENSION: &[Property] =
    &[Property::new("Name", Kind::Text).required(), Property::new("Value", Kind::Text).required()];

const TARGET_TRACKING_METRIC_DATA_QUERY: &[Property] = &[
    Property::new("Expression", Kind::Text),
    Property::new("Id", Kind::Text),
    Property::new("Label", Kind::Text),
    Property::new("MetricStat", Kind::Object(TARGET_TRACKING_METRIC_STAT)),
    Property::new("ReturnData", Kind::Bool),
];

const TARGET_TRACKING_METRIC_STAT: &[Property] = &[
    Property::new("Metric", Kind::Object(TARGET_TRACKING_METRIC)),
    Property::new("Stat", Kind::Text),
    Property::new("Unit", Kind::Text),
];

const TARGET_TRACKING_METRIC: &[Property] = &[
    Property::new("Dimensions", Kind::List(&Kind::Object(TARGET_TRACKING_METRIC_DIMENSION))),
    Property::new("MetricName", Kind::Text),
    Property::new("Namespace", Kind::Text),
];

const TARGET_TRACKING_METRIC_DIMENSION: &[Property] =
    &[Property::new("Name", Kind::Text), Property::new("Value", Kind::Text)];

const PREDEFINED_METRIC_SPECIFICATION: &[Property] = &[
    Property::new(
        "PredefinedMetricType",
        Kind::Choice(&[
            "ALBRequestCountPerTarget",
            "AppStreamAverageCapacityUtilization",
            "CassandraReadCapacityUtilization",
            "CassandraWriteCapacityUtilization",
            "ComprehendInferenceUtilization",
            "DynamoDBReadCapacityUtilization",
            "DynamoDBWriteCapacityUtilization",
            "EC2SpotFleetRequestAverageCPUUtilization",
            "EC2SpotFleetRequestAverageNetworkIn",
            "EC2SpotFleetRequestAverageNetworkOut",
            "ECSServiceAverageCPUUtilization",
            "ECSServiceAverageCPUUtilizationHighResolution",
            "ECSServiceAverageMemoryUtilization",
            "ECSServiceAverageMemoryUtilizationHighResolution",
            "ElastiCacheDatabaseCapacityUsageCountedForEvictPercentage",
            "ElastiCacheDatabaseMemoryUsageCountedForEvictPercentage",
            "ElastiCacheDatabaseMemoryUsagePercentage",
            "ElastiCacheEngineCPUUtilization",
            "ElastiCachePrimaryEngineCPUUtilization",
            "ElastiCacheReplicaEngineCPUUtilization",
            "KafkaBrokerStorageUtilization",
            "LambdaProvisionedConcurrencyUtilization",
            "NeptuneReaderAverageCPUUtilization",
            "RDSReaderAverageCPUUtilization",
            "RDSReaderAverageDatabaseConnections",
            "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution",
            "SageMakerInferenceComponentInvocationsPerCopy",
            "SageMakerVariantConcurrentRequestsPerModelHighResolution",
            "SageMakerVariantInvocationsPerInstance",
            "SageMakerVariantProvisionedConcurrencyUtilization",
            "WorkSpacesAverageUserSessionsCapacityUtilization",
        ]),
    )
    .required(),
    Property::new("ResourceLabel", Kind::Text),
];
