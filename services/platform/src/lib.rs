//! What carries no viewer: networks, roles, log groups, certificates, parameters, secrets, alarms,
//! schedules.
//!
//! A folder per AWS service, each of the same shape: `state` (what is kept), `api` (the
//! operations), `resources` (the CloudFormation types), `table` (all their properties). Shared:
//! `operation` (which service an operation is of), `shelf` (things that survive a restart), `made`
//! (a CloudFormation type as a list of calls), `tags`.
//!
//! Operations are called by AWS's name with the SDK's name of the service before it:
//! `ec2:CreateVpc`, `logs:TagResource`, `sts:GetCallerIdentity`. The name alone will do while only
//! one of the services has such an operation; `TagResource` alone is refused. The names of the
//! services: `ec2`, `iam`, `sts`, `logs`, `acm`, `ssm`, `secretsmanager`, `cloudwatch`,
//! `application-autoscaling`, `scheduler`, `events`.
//!
//! What these services decide on AWS about packets and permissions is recorded and validated here
//! and decides nothing: the property tables say so property by property. Quotas are not held.

mod acm;
mod autoscaling;
mod builtin;
mod cloudwatch;
mod confidential;
mod ec2;
mod events;
mod iam;
mod logs;
mod made;
mod name;
mod operation;
mod paging;
mod scheduler;
mod secretsmanager;
mod shelf;
mod ssm;
mod sts;
mod tags;
#[cfg(test)]
mod tests;

use standin_kernel::control::Record;
use standin_kernel::resource::ResourceType;
use standin_kernel::time::Deadline;
use standin_kernel::{ApiError, Cx, Service, ServiceName, Value};

use crate::operation::{Section, run};

/// All that an account keeps in these services.
#[derive(Clone, Debug, Default)]
pub struct Platform {
    ec2: ec2::Ec2,
    iam: iam::Iam,
    sts: sts::Sts,
    logs: logs::Logs,
    acm: acm::Acm,
    ssm: ssm::Ssm,
    secretsmanager: secretsmanager::SecretsManager,
    cloudwatch: cloudwatch::CloudWatch,
    autoscaling: autoscaling::AutoScaling,
    scheduler: scheduler::Scheduler,
    events: events::Events,
}

impl Platform {
    /// An account with nothing in it, not even a default VPC.
    pub fn new() -> Self {
        Self::default()
    }

    /// The names that a certificate of ACM is for, its domain first; `None`: there is no such one.
    pub fn certificate_names(&self, arn: &str) -> Option<Vec<String>> {
        self.acm.names(arn)
    }

    /// A schedule's role must let the Scheduler assume it (SCH-EX-13).
    fn check_role_of_schedule(&self, operation: &str, input: &Value) -> Result<(), ApiError> {
        let role = input["Target"]["RoleArn"].as_str();
        let (true, Some(role)) = (matches!(operation, "CreateSchedule" | "UpdateSchedule"), role)
        else {
            return Ok(());
        };
        if self.iam.trusts(role, "scheduler.amazonaws.com") {
            return Ok(());
        }
        let message = "The execution role you provide must allow AWS EventBridge Scheduler to \
                       assume the role.";
        Err(ApiError::new("ValidationException", 400, message))
    }
}

const TYPES: &[&dyn ResourceType] = &[
    &ec2::resources::VPC,
    &ec2::resources::SUBNET,
    &ec2::resources::INTERNET_GATEWAY,
    &ec2::resources::VPC_GATEWAY_ATTACHMENT,
    &ec2::resources::ROUTE_TABLE,
    &ec2::resources::ROUTE,
    &ec2::resources::SUBNET_ROUTE_TABLE_ASSOCIATION,
    &ec2::resources::SECURITY_GROUP,
    &ec2::resources::SECURITY_GROUP_INGRESS,
    &ec2::resources::SECURITY_GROUP_EGRESS,
    &ec2::resources::EIP,
    &ec2::resources::NAT_GATEWAY,
    &ec2::resources::VPC_ENDPOINT,
    &iam::resources::ROLE,
    &iam::resources::POLICY,
    &iam::resources::ROLE_POLICY,
    &iam::resources::MANAGED_POLICY,
    &iam::resources::INSTANCE_PROFILE,
    &logs::resources::LOG_GROUP,
    &logs::resources::LOG_STREAM,
    &acm::resources::CERTIFICATE,
    &ssm::resources::PARAMETER,
    &secretsmanager::resources::SECRET,
    &secretsmanager::attachment::ATTACHMENT,
    &cloudwatch::resources::ALARM,
    &cloudwatch::resources::COMPOSITE,
    &cloudwatch::resources::DASHBOARD,
    &autoscaling::resources::SCALABLE_TARGET,
    &autoscaling::resources::SCALING_POLICY,
    &scheduler::resources::SCHEDULE,
    &scheduler::resources::SCHEDULE_GROUP,
    &events::resources::RULE,
    &builtin::WaitConditionHandle,
    &builtin::CdkMetadata,
];

impl Service for Platform {
    fn name(&self) -> ServiceName {
        ServiceName::Platform
    }

    fn resource_types(&self) -> &'static [&'static dyn ResourceType] {
        TYPES
    }

    fn call(&mut self, cx: &mut Cx<'_>, operation: &str, input: &Value) -> Result<Value, ApiError> {
        let (section, name) = operation::section(operation)?;
        match section {
            Section::Ec2 => ec2::call(&mut self.ec2, cx, name, input),
            Section::Iam => run(section, iam::OPERATIONS, &mut self.iam, cx, name, input),
            Section::Sts => run(section, sts::OPERATIONS, &mut self.sts, cx, name, input),
            Section::Logs => run(section, logs::OPERATIONS, &mut self.logs, cx, name, input),
            Section::Acm => run(section, acm::OPERATIONS, &mut self.acm, cx, name, input),
            Section::Ssm => run(section, ssm::OPERATIONS, &mut self.ssm, cx, name, input),
            Section::SecretsManager => {
                secretsmanager::call(&mut self.secretsmanager, cx, name, input)
            }
            Section::CloudWatch => {
                run(section, cloudwatch::OPERATIONS, &mut self.cloudwatch, cx, name, input)
            }
            Section::AutoScaling => {
                run(section, autoscaling::OPERATIONS, &mut self.autoscaling, cx, name, input)
            }
            Section::Events => run(section, events::OPERATIONS, &mut self.events, cx, name, input),
            Section::Scheduler => {
                self.check_role_of_schedule(name, input)?;
                run(section, scheduler::OPERATIONS, &mut self.scheduler, cx, name, input)
            }
        }
    }

    fn reply(&mut self, cx: &mut Cx<'_>, ticket: u64, reply: Result<Value, ApiError>) {
        match ticket {
            events::TICKETS.. => self.events.reply(cx, ticket, &reply),
            cloudwatch::TICKETS.. => self.cloudwatch.reply(cx, ticket, &reply),
            _ => self.scheduler.reply(cx, ticket, &reply),
        }
    }

    fn deadline(&self) -> Option<Deadline> {
        let calls = Deadline::earliest(self.scheduler.deadline(), self.events.deadline());
        Deadline::earliest(calls, self.cloudwatch.deadline())
    }

    fn on_deadline(&mut self, cx: &mut Cx<'_>) {
        self.scheduler.on_deadline(cx);
        self.events.on_deadline(cx);
        self.cloudwatch.on_deadline(cx);
    }

    fn restore(&mut self, record: &Record) -> Result<(), String> {
        let (section, kind) = record.kind.split_once('.').unwrap_or_default();
        let known = match section {
            "ec2" => self.ec2.restore(kind, record)?,
            "iam" => self.iam.restore(kind, record)?,
            "logs" => self.logs.restore(kind, record)?,
            "acm" => self.acm.restore(kind, record)?,
            "ssm" => self.ssm.restore(kind, record)?,
            "secretsmanager" => self.secretsmanager.restore(kind, record)?,
            "cloudwatch" => self.cloudwatch.restore(kind, record)?,
            "application-autoscaling" => self.autoscaling.restore(kind, record)?,
            "scheduler" => self.scheduler.restore(kind, record)?,
            "events" => self.events.restore(kind, record)?,
            _ => false,
        };
        if known { Ok(()) } else { Err(format!("a record of unknown kind {}", record.kind)) }
    }

    fn restored(&mut self, cx: &mut Cx<'_>) {
        scheduler::restored(&mut self.scheduler, cx);
        events::restored(&mut self.events, cx);
        cloudwatch::restored(&mut self.cloudwatch, cx);
    }
}
