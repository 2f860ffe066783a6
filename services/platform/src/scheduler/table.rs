//! The properties of the Scheduler types, and what becomes of each.

use standin_kernel::resource::{Kind, Property};

use crate::tags::TAGS;

const NO_OTHER_TARGETS: &str = "schedules call Lambda functions only";

pub(crate) const SCHEDULE: &[Property] = &[
    Property::new("Description", Kind::Text),
    Property::new("EndDate", Kind::Text),
    Property::new("FlexibleTimeWindow", Kind::Object(FLEXIBLE_TIME_WINDOW)).required(),
    Property::new("GroupName", Kind::Text),
    Property::new("KmsKeyArn", Kind::Text).no_effect("nothing is encrypted at rest here"),
    Property::new("Name", Kind::Text).replaces(),
    Property::new("ScheduleExpression", Kind::Text).required(),
    Property::new("ScheduleExpressionTimezone", Kind::Text),
    Property::new("StartDate", Kind::Text),
    Property::new("State", Kind::Choice(&["ENABLED", "DISABLED"])),
    Property::new("Target", Kind::Object(TARGET)).required(),
];

const FLEXIBLE_TIME_WINDOW: &[Property] = &[
    Property::new("MaximumWindowInMinutes", Kind::Integer(1, 1440)),
    Property::new("Mode", Kind::Choice(&["OFF", "FLEXIBLE"])).required(),
];

const TARGET: &[Property] = &[
    Property::new("Arn", Kind::Text).required(),
    Property::new("DeadLetterConfig", Kind::Object(DEAD_LETTER_CONFIG))
        .refused("there are no queues here"),
    Property::new("EcsParameters", Kind::Json).refused(NO_OTHER_TARGETS),
    Property::new("EventBridgeParameters", Kind::Json).refused(NO_OTHER_TARGETS),
    Property::new("Input", Kind::Text),
    Property::new("KinesisParameters", Kind::Json).refused(NO_OTHER_TARGETS),
    Property::new("RetryPolicy", Kind::Object(RETRY_POLICY)),
    Property::new("RoleArn", Kind::Text)
        .required()
        .no_effect("policies are recorded, nobody is denied by them here"),
    Property::new("SageMakerPipelineParameters", Kind::Json).refused(NO_OTHER_TARGETS),
    Property::new("SqsParameters", Kind::Json).refused(NO_OTHER_TARGETS),
];

const DEAD_LETTER_CONFIG: &[Property] =
    &[Property::new("Arn", Kind::Text).refused("there are no queues here")];

const RETRY_POLICY: &[Property] = &[
    Property::new("MaximumEventAgeInSeconds", Kind::Integer(60, 86_400)),
    Property::new("MaximumRetryAttempts", Kind::Integer(0, 185)),
];

pub(crate) const SCHEDULE_GROUP: &[Property] =
    &[Property::new("Name", Kind::Text).replaces(), Property::new("Tags", TAGS)];
