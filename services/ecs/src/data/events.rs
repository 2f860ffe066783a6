//! The service events, in AWS's words: what `DescribeServices` lists and the log prints.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use standin_kernel::{Cx, ids, json};

use super::standing::Cause;
use super::view::ServiceEvent;

pub(crate) const KIND: &str = "service-events";

/// ECS-SV-17.
const MOST: usize = 100;

/// The events of one service, newest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Events {
    pub(crate) kept: VecDeque<ServiceEvent>,
    tally: Tally,
}

/// What happened to targets since the last event, to be told in one sentence each.
#[derive(Clone, Debug, Default)]
struct Tally {
    registered: BTreeMap<String, usize>,
    deregistered: BTreeMap<String, usize>,
    /// Tasks by deployment.
    draining: BTreeMap<String, BTreeSet<String>>,
}

impl Events {
    /// Keeps and logs an event; `text` follows the name of the service.
    pub(crate) fn say(&mut self, cx: &mut Cx<'_>, service_arn: &str, text: &str) {
        let message = format!("(service {}){text}", name(service_arn));
        cx.log("ecs", message.clone());
        self.keep(cx, message);
        let document = json!(self.kept);
        cx.store(KIND, service_arn, Some(document));
    }

    fn keep(&mut self, cx: &mut Cx<'_>, message: String) {
        let id = ids::uuid(cx.rng);
        self.kept.push_front(ServiceEvent { id, created_at: cx.now, message });
        self.kept.truncate(MOST);
    }

    pub(crate) fn registered(&mut self, group: String) {
        *self.tally.registered.entry(group).or_default() += 1;
    }

    /// `draining`: the deployment and the id of the task, when its connections are being drained.
    pub(crate) fn deregistered(&mut self, group: String, draining: Option<(String, String)>) {
        *self.tally.deregistered.entry(group).or_default() += 1;
        if let Some((deployment, task)) = draining {
            self.tally.draining.entry(deployment).or_default().insert(task);
        }
    }

    /// Tells what was tallied (ECS-EV-01).
    pub(crate) fn flush(&mut self, cx: &mut Cx<'_>, service_arn: &str) {
        let Tally { registered, deregistered, draining } = std::mem::take(&mut self.tally);
        for (group, count) in registered {
            let text = format!(" registered {count} targets in (target-group {group})");
            self.say(cx, service_arn, &text);
        }
        for (group, count) in deregistered {
            let text = format!(" deregistered {count} targets in (target-group {group})");
            self.say(cx, service_arn, &text);
        }
        for (deployment, tasks) in draining {
            let count = tasks.len();
            let message = format!(
                "(service {}, taskSet {deployment}) has begun draining connections on {count} \
                 tasks.",
                name(service_arn)
            );
            cx.log("ecs", message.clone());
            self.keep(cx, message);
            cx.store(KIND, service_arn, Some(json!(self.kept)));
        }
    }
}

/// The last part of an ARN.
fn name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// `(task a) (task b)`
fn task_list(ids: &[String]) -> String {
    let all: Vec<_> = ids.iter().map(|id| format!("(task {id})")).collect();
    all.join(" ")
}

/// `replaced`: how many of them stand in for unhealthy tasks (ECS-EV-04).
pub(crate) fn started(ids: &[String], replaced: usize) -> String {
    let text = format!(" has started {} tasks: {}.", ids.len(), task_list(ids));
    if replaced == 0 {
        return text;
    }
    format!("{text} Amazon ECS replaced {replaced} tasks due to an unhealthy status.")
}

pub(crate) fn stopped(ids: &[String]) -> String {
    format!(" has stopped {} running tasks: {}.", ids.len(), task_list(ids))
}

/// ECS-EV-03.
pub(crate) fn unhealthy(task: &str, cause: &Cause) -> String {
    match cause {
        Cause::Target { group, port, description } => format!(
            " (task {task}) (port {port}) is unhealthy in (target-group {group}) due to (reason \
             {description})."
        ),
        Cause::Container => format!(" (task {task}) failed container health checks."),
    }
}
