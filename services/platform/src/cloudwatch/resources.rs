//! `AWS::CloudWatch::Alarm` (CFN-RS-49), `AWS::CloudWatch::CompositeAlarm` and
//! `AWS::CloudWatch::Dashboard`.

use standin_kernel::resource::Job;
use standin_kernel::{Value, json};

use super::table;
use crate::made::{Call, Made};
use crate::name;
use crate::tags;

/// Longest name of an alarm or dashboard.
const NAME_LENGTH_MAX: usize = 255;

const PLAIN: Made = Made { service: "CloudWatch", gone: &["ResourceNotFound"], ..Made::PLAIN };

pub(crate) const ALARM: Made = Made {
    type_name: "AWS::CloudWatch::Alarm",
    properties: table::ALARM,
    attributes: &["Arn"],
    create: |job| put(job, &name::of(job, "AlarmName", NAME_LENGTH_MAX)),
    physical_id: |job, _| name::of(job, "AlarmName", NAME_LENGTH_MAX),
    settings: |job, name, previous| {
        if previous.is_null() {
            return Vec::new();
        }
        let mut calls = vec![put(job, name)];
        calls.extend(retag(&arn(job, name), job, previous));
        calls
    },
    known: |job, name, _| vec![("Arn", json!(arn(job, name)))],
    delete: |_, name| vec![("cloudwatch:DeleteAlarms", json!({"AlarmNames": [name]}))],
    ..PLAIN
};

pub(crate) const COMPOSITE: Made = Made {
    type_name: "AWS::CloudWatch::CompositeAlarm",
    properties: table::COMPOSITE,
    create: |job| put_composite(job, &name::of(job, "AlarmName", NAME_LENGTH_MAX)),
    physical_id: |job, _| name::of(job, "AlarmName", NAME_LENGTH_MAX),
    settings: |job, name, previous| {
        if previous.is_null() {
            return Vec::new();
        }
        let mut calls = vec![put_composite(job, name)];
        calls.extend(retag(&arn(job, name), job, previous));
        calls
    },
    ..ALARM
};

fn put_composite(job: &Job<'_>, name: &str) -> Call {
    let mut input = job.properties.clone();
    input["AlarmName"] = json!(name);
    ("cloudwatch:PutCompositeAlarm", input)
}

fn arn(job: &Job<'_>, name: &str) -> String {
    format!("arn:aws:cloudwatch:{}:{}:alarm:{name}", job.region, job.account)
}

/// The properties have the names of the operation's members.
fn put(job: &Job<'_>, name: &str) -> Call {
    let mut input = job.properties.clone();
    input["AlarmName"] = json!(name);
    ("cloudwatch:PutMetricAlarm", input)
}

fn retag(arn: &str, job: &Job<'_>, previous: &Value) -> Vec<Call> {
    let (put, gone) = tags::change(&previous["Tags"], &job.properties["Tags"]);
    let mut calls: Vec<Call> = Vec::new();
    if !gone.is_empty() {
        let input = json!({"ResourceARN": arn, "TagKeys": gone});
        calls.push(("cloudwatch:UntagResource", input));
    }
    if !put.is_empty() {
        calls.push(("cloudwatch:TagResource", json!({"ResourceARN": arn, "Tags": put})));
    }
    calls
}

pub(crate) const DASHBOARD: Made = Made {
    type_name: "AWS::CloudWatch::Dashboard",
    properties: table::DASHBOARD,
    create: |job| put_dashboard(job, &name::of(job, "DashboardName", NAME_LENGTH_MAX)),
    physical_id: |job, _| name::of(job, "DashboardName", NAME_LENGTH_MAX),
    settings: |job, name, previous| {
        if previous.is_null() {
            return Vec::new();
        }
        let arn = format!("arn:aws:cloudwatch::{}:dashboard/{name}", job.account);
        let mut calls = vec![put_dashboard(job, name)];
        calls.extend(retag(&arn, job, previous));
        calls
    },
    delete: |_, name| vec![("cloudwatch:DeleteDashboards", json!({"DashboardNames": [name]}))],
    ..PLAIN
};

fn put_dashboard(job: &Job<'_>, name: &str) -> Call {
    let body = job.properties["DashboardBody"].clone();
    let mut input = json!({"DashboardName": name, "DashboardBody": body});
    if !job.properties["Tags"].is_null() {
        input["Tags"] = job.properties["Tags"].clone();
    }
    ("cloudwatch:PutDashboard", input)
}
