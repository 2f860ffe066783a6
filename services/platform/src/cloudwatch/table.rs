//! The properties of the CloudWatch types, and what becomes of each.

use standin_kernel::resource::{Kind, Property};

use crate::tags::TAGS;

/// The units of metrics.
pub(super) const UNITS: &[&str] = &[
    "Bits",
    "Bits/Second",
    "Bytes",
    "Bytes/Second",
    "Count",
    "Count/Second",
    "Gigabits",
    "Gigabits/Second",
    "Gigabytes",
    "Gigabytes/Second",
    "Kilobits",
    "Kilobits/Second",
    "Kilobytes",
    "Kilobytes/Second",
    "Megabits",
    "Megabits/Second",
    "Megabytes",
    "Megabytes/Second",
    "Microseconds",
    "Milliseconds",
    "None",
    "Percent",
    "Seconds",
    "Terabits",
    "Terabits/Second",
    "Terabytes",
    "Terabytes/Second",
];

const RECORDED: &str = "such an alarm is recorded and stays in the state it has";

pub(crate) const ALARM: &[Property] = &[
    Property::new("ActionConfiguration", Kind::Object(ACTION_CONFIGURATION))
        .no_effect("no topic is told, and so no tags"),
    Property::new("ActionsEnabled", Kind::Bool),
    Property::new("AlarmActions", Kind::List(&Kind::Text)),
    Property::new("AlarmDescription", Kind::Text),
    Property::new("AlarmName", Kind::Text).replaces(),
    Property::new(
        "ComparisonOperator",
        Kind::Choice(&[
            "GreaterThanOrEqualToThreshold",
            "GreaterThanThreshold",
            "GreaterThanUpperThreshold",
            "LessThanLowerOrGreaterThanUpperThreshold",
            "LessThanLowerThreshold",
            "LessThanOrEqualToThreshold",
            "LessThanThreshold",
        ]),
    ),
    Property::new("DatapointsToAlarm", Kind::Integer(1, i64::MAX)),
    Property::new("Dimensions", Kind::List(&Kind::Object(DIMENSION))),
    Property::new("EvaluateLowSampleCountPercentile", Kind::Text),
    Property::new("EvaluationCriteria", Kind::Object(EVALUATION_CRITERIA)).no_effect(RECORDED),
    Property::new("EvaluationInterval", Kind::Integer(10, 3600)).no_effect(RECORDED),
    Property::new("EvaluationPeriods", Kind::Integer(1, i64::MAX)),
    Property::new("EvaluationWindow", Kind::Object(EVALUATION_WINDOW)),
    Property::new("ExtendedStatistic", Kind::Text),
    Property::new("InsufficientDataActions", Kind::List(&Kind::Text)),
    Property::new("MetricName", Kind::Text),
    Property::new("Metrics", Kind::List(&Kind::Object(METRIC_DATA_QUERY))),
    Property::new("Namespace", Kind::Text),
    Property::new("OKActions", Kind::List(&Kind::Text)),
    Property::new("Period", Kind::Integer(1, i64::MAX)),
    Property::new(
        "Statistic",
        Kind::Choice(&["Average", "Maximum", "Minimum", "SampleCount", "Sum"]),
    ),
    Property::new("Tags", TAGS),
    Property::new("Threshold", Kind::Number),
    Property::new("ThresholdMetricId", Kind::Text).no_effect(RECORDED),
    Property::new(
        "TreatMissingData",
        Kind::Choice(&["breaching", "ignore", "missing", "notBreaching"]),
    ),
    Property::new("Unit", Kind::Choice(UNITS)),
    Property::new("WarmUpConfiguration", Kind::Object(WARM_UP_CONFIGURATION)).no_effect(RECORDED),
];

const SUPPRESSED: &str = "actions that another alarm suppresses are not built";

pub(crate) const COMPOSITE: &[Property] = &[
    Property::new("ActionConfiguration", Kind::Object(ACTION_CONFIGURATION))
        .no_effect("no topic is told, and so no tags"),
    Property::new("ActionsEnabled", Kind::Bool),
    Property::new("ActionsSuppressor", Kind::Text).refused(SUPPRESSED),
    Property::new("ActionsSuppressorExtensionPeriod", Kind::Integer(0, i64::MAX))
        .refused(SUPPRESSED),
    Property::new("ActionsSuppressorWaitPeriod", Kind::Integer(0, i64::MAX)).refused(SUPPRESSED),
    Property::new("AlarmActions", Kind::List(&Kind::Text)),
    Property::new("AlarmDescription", Kind::Text),
    Property::new("AlarmName", Kind::Text).replaces(),
    Property::new("AlarmRule", Kind::Text).required(),
    Property::new("InsufficientDataActions", Kind::List(&Kind::Text)),
    Property::new("OKActions", Kind::List(&Kind::Text)),
    Property::new("Tags", TAGS),
];

const ACTION_CONFIGURATION: &[Property] =
    &[Property::new("AlarmTagsPropagation", Kind::Object(ALARM_TAGS_PROPAGATION))];

const ALARM_TAGS_PROPAGATION: &[Property] = &[
    Property::new("Enabled", Kind::Bool).required(),
    Property::new("ExcludedTagKeys", Kind::List(&Kind::Text)),
    Property::new("IncludedTagKeys", Kind::List(&Kind::Text)),
];

const DIMENSION: &[Property] =
    &[Property::new("Name", Kind::Text).required(), Property::new("Value", Kind::Text).required()];

const EVALUATION_CRITERIA: &[Property] =
    &[Property::new("PromQLCriteria", Kind::Object(ALARM_PROM_QL_CRITERIA))];

const ALARM_PROM_QL_CRITERIA: &[Property] = &[
    Property::new("PendingPeriod", Kind::Integer(i64::MIN, i64::MAX)),
    Property::new("Query", Kind::Text),
    Property::new("RecoveryPeriod", Kind::Integer(i64::MIN, i64::MAX)),
];

const EVALUATION_WINDOW: &[Property] = &[
    Property::new("SlidingWindow", Kind::Json),
    Property::new("WallClockWindow", Kind::Object(WALL_CLOCK_WINDOW)).no_effect(RECORDED),
];

const WALL_CLOCK_WINDOW: &[Property] = &[Property::new("Timezone", Kind::Text)];

const METRIC_DATA_QUERY: &[Property] = &[
    Property::new("AccountId", Kind::Text),
    Property::new("Expression", Kind::Text),
    Property::new("Id", Kind::Text).required(),
    Property::new("Label", Kind::Text),
    Property::new("MetricStat", Kind::Object(METRIC_STAT)),
    Property::new("Period", Kind::Integer(1, i64::MAX)),
    Property::new("ReturnData", Kind::Bool),
];

const METRIC_STAT: &[Property] = &[
    Property::new("Metric", Kind::Object(METRIC)).required(),
    Property::new("Period", Kind::Integer(1, i64::MAX)).required(),
    Property::new("Stat", Kind::Text).required(),
    Property::new("Unit", Kind::Choice(UNITS)),
];

const METRIC: &[Property] = &[
    Property::new("Dimensions", Kind::List(&Kind::Object(DIMENSION))),
    Property::new("MetricName", Kind::Text),
    Property::new("Namespace", Kind::Text),
];

const WARM_UP_CONFIGURATION: &[Property] = &[
    Property::new("OnlyStartEvaluatingAfterWarmUpPeriodEnds", Kind::Bool),
    Property::new("WarmUpPeriodDurationInMinutes", Kind::Integer(1, 2880)),
];

pub(crate) const DASHBOARD: &[Property] = &[
    Property::new("DashboardBody", Kind::Text).required().no_effect("dashboards are not drawn"),
    Property::new("DashboardName", Kind::Text).replaces(),
    Property::new("Tags", TAGS),
];
