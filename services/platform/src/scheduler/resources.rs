//! `AWS::Scheduler::Schedule` and `AWS::Scheduler::ScheduleGroup`.

use standin_kernel::resource::Job;
use standin_kernel::{Time, Value, json};

use super::table;
use crate::made::{Call, Made, text, with};
use crate::{name, tags};

/// Longest name of a schedule or a group.
const NAME_LENGTH_MAX: usize = 64;

const PLAIN: Made =
    Made { service: "Scheduler", gone: &["ResourceNotFoundException"], ..Made::PLAIN };

const SETTINGS: [&str; 9] = [
    "GroupName",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
    "EndDate",
    "Description",
    "State",
    "FlexibleTimeWindow",
    "Target",
];

fn settings(operation: &'static str, job: &Job<'_>, name: &str) -> Call {
    (operation, with(json!({"Name": name}), job, &SETTINGS))
}

pub(crate) const SCHEDULE: Made = Made {
    type_name: "AWS::Scheduler::Schedule",
    properties: table::SCHEDULE,
    attributes: &["Arn"],
    create: |job| {
        settings("scheduler:CreateSchedule", job, &name::of(job, "Name", NAME_LENGTH_MAX))
    },
    physical_id: |job, _| name::of(job, "Name", NAME_LENGTH_MAX),
    settings: |job, name, previous| match previous.is_null() {
        true => Vec::new(),
        false => vec![settings("scheduler:UpdateSchedule", job, name)],
    },
    look: |job, name| {
        vec![("scheduler:GetSchedule", with(json!({"Name": name}), job, &["GroupName"]))]
    },
    known: |_, _, seen| vec![("Arn", json!(text(seen, "/0/Arn")))],
    delete: |job, name| {
        vec![("scheduler:DeleteSchedule", with(json!({"Name": name}), job, &["GroupName"]))]
    },
    ..PLAIN
};

pub(crate) const SCHEDULE_GROUP: Made = Made {
    type_name: "AWS::Scheduler::ScheduleGroup",
    properties: table::SCHEDULE_GROUP,
    attributes: &["Arn", "CreationDate", "LastModificationDate", "State"],
    create: |job| {
        let input = json!({"Name": name::of(job, "Name", NAME_LENGTH_MAX)});
        ("scheduler:CreateScheduleGroup", with(input, job, &["Tags"]))
    },
    physical_id: |job, _| name::of(job, "Name", NAME_LENGTH_MAX),
    settings: |job, name, previous| match previous.is_null() {
        true => Vec::new(),
        false => group_tags(job, name, &previous["Tags"]),
    },
    look: |_, name| vec![("scheduler:GetScheduleGroup", json!({"Name": name}))],
    known: |_, _, seen| {
        let group = &seen[0];
        vec![
            ("Arn", group["Arn"].clone()),
            ("CreationDate", date(&group["CreationDate"])),
            ("LastModificationDate", date(&group["LastModificationDate"])),
            ("State", group["State"].clone()),
        ]
    },
    delete: |_, name| vec![("scheduler:DeleteScheduleGroup", json!({"Name": name}))],
    ..PLAIN
};

/// A moment as the handler's model has it, out of the operation's seconds (CFN-RS-29).
fn date(seconds: &Value) -> Value {
    let moment = super::api::moment(Some(seconds)).ok().flatten().unwrap_or_default();
    Time::from_seconds(moment.seconds()).iso8601().into()
}

fn group_tags(job: &Job<'_>, name: &str, previous: &Value) -> Vec<Call> {
    let (region, account) = (job.region, job.account);
    let arn = format!("arn:aws:scheduler:{region}:{account}:schedule-group/{name}");
    let (put, gone) = tags::change(previous, &job.properties["Tags"]);
    let mut calls: Vec<Call> = Vec::new();
    if !gone.is_empty() {
        let input = json!({"ResourceArn": arn, "TagKeys": gone});
        calls.push(("scheduler:UntagResource", input));
    }
    if !put.is_empty() {
        calls.push(("scheduler:TagResource", json!({"ResourceArn": arn, "Tags": put})));
    }
    calls
}
