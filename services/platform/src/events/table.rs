//! The properties of `AWS::Events::Rule`, and what becomes of each.

use standin_kernel::resource::{Kind, Property};

use crate::tags::TAGS;

const NO_OTHER_TARGETS: &str = "rules call Lambda functions only";

pub(crate) const RULE: &[Property] = &[
    Property::new("Description", Kind::Text),
    Property::new("EventBusName", Kind::Text),
    Property::new("EventPattern", Kind::Json)
        .refused("there are no events here; a rule follows a ScheduleExpression"),
    Property::new("Name", Kind::Text).replaces(),
    Property::new("RoleArn", Kind::Text)
        .no_effect("policies are recorded, nobody is denied by them here"),
    Property::new("ScheduleExpression", Kind::Text),
    Property::new("State", Kind::Choice(&["ENABLED", "DISABLED"])),
    Property::new("Tags", TAGS),
    Property::new("Targets", Kind::List(&Kind::Object(TARGET))),
];

const TARGET: &[Property] = &[
    Property::new("AppSyncParameters", Kind::Json).refused(NO_OTHER_TARGETS),
    Property::new("Arn", Kind::Text).required(),
    Property::new("BatchParameters", Kind::Json).refused(NO_OTHER_TARGETS),
    Property::new("DeadLetterConfig", Kind::Json).refused("there are no queues here"),
    Property::new("EcsParameters", Kind::Json).refused(NO_OTHER_TARGETS),
    Property::new("HttpParameters", Kind::Json).refused(NO_OTHER_TARGETS),
    Property::new("Id", Kind::Text).required(),
    Property::new("Input", Kind::Text),
    Property::new("InputPath", Kind::Text).refused("a scheduled event is passed on whole"),
    Property::new("InputTransformer", Kind::Json).refused("a scheduled event is passed on whole"),
    Property::new("KinesisParameters", Kind::Json).refused(NO_OTHER_TARGETS),
    Property::new("RedshiftDataParameters", Kind::Json).refused(NO_OTHER_TARGETS),
    Property::new("RetryPolicy", Kind::Object(RETRY_POLICY)),
    Property::new("RoleArn", Kind::Text)
        .no_effect("policies are recorded, nobody is denied by them here"),
    Property::new("RunCommandParameters", Kind::Json).refused(NO_OTHER_TARGETS),
    Property::new("SageMakerPipelineParameters", Kind::Json).refused(NO_OTHER_TARGETS),
    Property::new("SqsParameters", Kind::Json).refused(NO_OTHER_TARGETS),
];

const RETRY_POLICY: &[Property] = &[
    Property::new("MaximumEventAgeInSeconds", Kind::Integer(60, 86_400)),
    Property::new("MaximumRetryAttempts", Kind::Integer(0, 185)),
];
