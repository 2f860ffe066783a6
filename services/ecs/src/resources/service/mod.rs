//! `AWS::ECS::Service`: created and updated when it is stable, deleted when it is empty
//! (CFN-RS-16).

mod settings;
mod stable;
mod table;
mod target_group;

use std::collections::BTreeMap;

use standin_kernel::resource::{Job, Progress, Property, ResourceType, Tagging};
use standin_kernel::{ApiError, Duration, Value, json};

use self::stable::{Patience, Verdict};
use super::{call, call_with, done as gone, is_gone, refused, tagging};

#[derive(Debug)]
pub(super) struct Service;

/// Steps of a creation and of an update.
const BEGIN: u32 = 0;
const LOOKED: u32 = 1;
const CHANGED: u32 = 2;
const POLL: u32 = 3;
const POLLED: u32 = 4;
/// Of an update, and the steps after it: one for each call that changes tags.
const TAGS: u32 = 5;

/// Steps of a deletion.
const SCALED: u32 = 1;
const ASK_EMPTY: u32 = 2;
const ASKED_EMPTY: u32 = 3;
const DELETED: u32 = 4;
const ASK_GONE: u32 = 5;
const ASKED_GONE: u32 = 6;

impl ResourceType for Service {
    fn type_name(&self) -> &'static str {
        "AWS::ECS::Service"
    }

    fn properties(&self) -> &'static [Property] {
        table::PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Name", "ServiceArn"]
    }

    fn tagging(&self) -> Tagging {
        Tagging::without_system_tags("Tags")
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        match (job.step, job.reply) {
            (BEGIN, _) => match target_group::look(job) {
                Some(look) => look,
                None => call("CreateService", settings::creation(job), CHANGED),
            },
            (LOOKED, Some(reply)) => match target_group::problem(job, reply) {
                Some(problem) => refused(&problem),
                None => call("CreateService", settings::creation(job), CHANGED),
            },
            (POLL | POLLED, _) => wait_until_stable(job, || done(job)),
            (_, Some(Err(error))) => refused(error),
            (_, Some(Ok(created))) => begin_to_wait(&created["service"]),
            (_, None) => Progress::Failed { message: "no reply to CreateService".into() },
        }
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        match (job.step, job.reply) {
            (BEGIN, _) => match (settings::changes(job), target_group::look(job)) {
                (None, _) => tag(job, TAGS),
                (Some(_), Some(look)) if settings::changed(job, "LoadBalancers") => look,
                (Some(changes), _) => call("UpdateService", changes, CHANGED),
            },
            (LOOKED, Some(reply)) => {
                match (target_group::problem(job, reply), settings::changes(job)) {
                    (Some(problem), _) => refused(&problem),
                    (None, Some(changes)) => call("UpdateService", changes, CHANGED),
                    (None, None) => tag(job, TAGS),
                }
            }
            (POLL | POLLED, _) => wait_until_stable(job, || tag(job, TAGS)),
            (_, Some(Err(error))) => refused(error),
            (CHANGED, Some(Ok(changed))) => begin_to_wait(&changed["service"]),
            (step, _) => tag(job, step),
        }
    }

    /// Scaled to nothing, deleted, and waited for until it is INACTIVE.
    fn delete(&self, job: &Job<'_>) -> Progress {
        let arn = job.physical_id.unwrap_or_default();
        match (job.step, job.reply) {
            (_, Some(Err(error))) if is_absent(error) => gone(arn),
            (_, Some(Err(error))) => refused(error),
            (BEGIN, _) => call(
                "UpdateService",
                named(job, arn, "service", json!({"desiredCount": 0})),
                SCALED,
            ),
            (SCALED, _) => later(ASK_EMPTY),
            (ASK_EMPTY, _) => call("DescribeServices", described(job, arn), ASKED_EMPTY),
            (ASKED_EMPTY, Some(Ok(reply))) => match stable::is_empty(reply) {
                false => later(ASK_EMPTY),
                true => call(
                    "DeleteService",
                    named(job, arn, "service", json!({"force": true})),
                    DELETED,
                ),
            },
            (DELETED, _) => later(ASK_GONE),
            (ASK_GONE, _) => call("DescribeServices", described(job, arn), ASKED_GONE),
            (_, Some(Ok(reply))) if !stable::is_gone(reply) => later(ASK_GONE),
            _ => gone(arn),
        }
    }
}

/// Whether a service that is to be deleted is not there, or on its way out.
fn is_absent(error: &ApiError) -> bool {
    is_gone(error) || error.code == "ServiceNotActiveException"
}

/// Time between two looks at a service.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

fn later(step: u32) -> Progress {
    Progress::Wait { after: POLL_INTERVAL, step, context: Value::Null, physical_id: None }
}

/// The service exists; what its newest deployment is, is to become stable.
fn begin_to_wait(service: &Value) -> Progress {
    let primary = &service["deployments"][0];
    let patience = Patience::new(primary);
    Progress::Wait {
        after: Duration::ZERO,
        step: POLL,
        context: patience.document(),
        physical_id: service["serviceArn"].as_str().map(str::to_owned),
    }
}

/// Looks at the service again and again; goes on with `then` when it is stable.
fn wait_until_stable(job: &Job<'_>, then: impl FnOnce() -> Progress) -> Progress {
    let arn = job.physical_id.unwrap_or_default();
    let patience = Patience::read(job.context);
    let reply = match (job.step, job.reply) {
        (POLLED, Some(Ok(reply))) => reply,
        (POLLED, Some(Err(error))) => return refused(error),
        _ => {
            let context = patience.document();
            return call_with("DescribeServices", described(job, arn), POLLED, context);
        }
    };
    match stable::verdict(reply, &patience) {
        Verdict::Stable => then(),
        Verdict::Failed => Progress::Failed {
            message: "Resource handler returned message: \"Error occurred during operation 'ECS \
                      Deployment Circuit Breaker was triggered'.\" (HandlerErrorCode: \
                      GeneralServiceException)"
                .into(),
        },
        Verdict::NotYet => match patience.again() {
            None => not_stable(arn),
            Some((patience, after)) => Progress::Wait {
                after,
                step: POLL,
                context: patience.document(),
                physical_id: None,
            },
        },
        Verdict::Lost => not_stable(arn),
    }
}

/// CFN-EV-05
fn not_stable(arn: &str) -> Progress {
    let message = format!(
        "Resource handler returned message: \"Resource of type 'AWS::ECS::Service' with identifier \
         '{arn}' did not stabilize.\" (HandlerErrorCode: NotStabilized)"
    );
    Progress::Failed { message }
}

/// Changes the tags, one call a step from `TAGS` on.
fn tag(job: &Job<'_>, step: u32) -> Progress {
    let arn = job.physical_id.unwrap_or_default();
    match tagging::calls(job, arn).get((step - TAGS) as usize) {
        // The first call's reply comes at the step after `TAGS`.
        Some((operation, input)) => call(operation, input.clone(), step + 1),
        None => done(job),
    }
}

fn described(job: &Job<'_>, arn: &str) -> Value {
    named(job, arn, "services", json!({}))
}

/// An operation's input that names the service, as `member` does it, and its cluster.
fn named(job: &Job<'_>, arn: &str, member: &str, mut input: Value) -> Value {
    input[member] = if member == "services" { json!([arn]) } else { json!(arn) };
    if !job.properties["Cluster"].is_null() {
        input["cluster"] = job.properties["Cluster"].clone();
    }
    input
}

fn done(job: &Job<'_>) -> Progress {
    let arn = job.physical_id.unwrap_or_default();
    let name = arn.rsplit('/').next().unwrap_or_default();
    let attributes =
        BTreeMap::from([("Name".to_owned(), json!(name)), ("ServiceArn".to_owned(), json!(arn))]);
    Progress::Done { physical_id: arn.to_owned(), attributes }
}
