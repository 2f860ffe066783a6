//! A service: its settings, its deployments, and what it has said.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use standin_kernel::{Cx, Time, json};

use super::deployment::{Cause, Deployment};
use super::events::{self, Events};
use super::task::Task;
use super::view::{DeploymentView, LastStatus, RolloutState, ServiceStatus, ServiceView};
use crate::config::{self, TaskDefinition};

pub(crate) const KIND: &str = "scheduled-service";

#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) kept: Kept,
    pub(crate) events: Events,
    /// It was said that it is steady, and nothing has changed since.
    pub(crate) steady: bool,
    /// Something to be stored has changed.
    pub(crate) dirty: bool,
}

/// What survives a restart, but for the events, which have a record of their own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) settings: config::Service,
    pub(crate) status: ServiceStatus,
    pub(crate) created_at: Time,
    /// Newest first; never empty.
    pub(crate) deployments: Vec<Deployment>,
    /// The last one that was COMPLETED, to roll back to (ECS-CB-05).
    pub(crate) completed: Option<Deployment>,
    /// When the last task of a deleted service was gone.
    pub(crate) inactive_since: Option<Time>,
}

impl Service {
    pub(crate) fn new(
        cx: &mut Cx<'_>,
        settings: config::Service,
        definition: Arc<TaskDefinition>,
    ) -> Self {
        let balancers = settings.load_balancers.clone();
        let deployment = Deployment::new(cx.rng, cx.now, definition, balancers);
        Self::restored(Kept {
            settings,
            status: ServiceStatus::Active,
            created_at: cx.now,
            deployments: vec![deployment],
            completed: None,
            inactive_since: None,
        })
    }

    pub(crate) fn restored(kept: Kept) -> Self {
        Self { kept, events: Events::default(), steady: false, dirty: true }
    }

    pub(crate) fn primary(&mut self) -> &mut Deployment {
        &mut self.kept.deployments[0]
    }

    pub(crate) fn deployment(&mut self, id: &str) -> Option<&mut Deployment> {
        self.kept.deployments.iter_mut().find(|deployment| deployment.id == id)
    }

    pub(crate) fn say(&mut self, cx: &mut Cx<'_>, text: &str) {
        self.events.say(cx, &self.kept.settings.arn, text);
    }

    /// The circuit breaker, or an alarm, gives the newest deployment up (ECS-CB-05, ECS-EV-05).
    pub(crate) fn trip(&mut self, cx: &mut Cx<'_>, rollback: bool, cause: Cause) {
        let failed = self.primary();
        failed.fail(cx.now, cause);
        let failed = failed.id.clone();
        self.dirty = true;
        self.steady = false;
        let text = format!(" (deployment {failed}) deployment failed: {}.", cause.words());
        self.say(cx, &text);
        let good = self.kept.completed.clone().filter(|good| rollback && good.id != failed);
        let Some(mut good) = good else { return };
        self.kept.deployments.retain(|deployment| deployment.id != good.id);
        for deployment in &mut self.kept.deployments {
            deployment.share = 0;
        }
        good.roll_back_to(cx.now, cause);
        self.kept.settings.load_balancers = good.load_balancers.clone();
        let text = format!(" rolling back to deployment {}.", good.id);
        self.kept.deployments.insert(0, good);
        self.say(cx, &text);
    }

    /// Remembers it, if something changed since the last time.
    pub(crate) fn store(&mut self, cx: &mut Cx<'_>) {
        if std::mem::take(&mut self.dirty) {
            cx.store(KIND, &self.kept.settings.arn, Some(json!(self.kept)));
        }
    }

    pub(crate) fn forget(arn: &str, cx: &mut Cx<'_>) {
        cx.store(KIND, arn, None);
        cx.store(events::KIND, arn, None);
    }

    /// `tasks`: those of this service that are not STOPPED.
    pub(crate) fn view<'a>(&self, tasks: impl Iterator<Item = &'a Task>) -> ServiceView {
        let tasks: Vec<_> = tasks.collect();
        let newest = &self.kept.deployments[0].id;
        let deployments: Vec<_> = if self.kept.status == ServiceStatus::Inactive {
            Vec::new()
        } else {
            let all = self.kept.deployments.iter();
            all.map(|deployment| {
                let desired = if deployment.id == *newest {
                    self.kept.settings.desired_count
                } else {
                    deployment.share
                };
                view(deployment, desired, deployment.id == *newest, &tasks)
            })
            .collect()
        };
        ServiceView {
            settings: self.kept.settings.clone(),
            status: self.kept.status,
            created_at: self.kept.created_at,
            running_count: count(&tasks, None, is_running),
            pending_count: count(&tasks, None, is_pending),
            deployments,
            events: self.events.kept.iter().cloned().collect(),
        }
    }
}

fn view(deployment: &Deployment, desired: u32, primary: bool, tasks: &[&Task]) -> DeploymentView {
    let given_up = deployment.rollout == RolloutState::Failed;
    DeploymentView {
        id: deployment.id.clone(),
        status: if primary { "PRIMARY" } else { "ACTIVE" },
        task_definition: deployment.definition.clone(),
        desired_count: if given_up && primary { 0 } else { desired },
        pending_count: count(tasks, Some(&deployment.id), is_pending),
        running_count: count(tasks, Some(&deployment.id), is_running),
        failed_tasks: deployment.failed_tasks,
        created_at: deployment.created_at,
        updated_at: deployment.updated_at,
        rollout_state: deployment.rollout,
        rollout_state_reason: deployment.rollout_reason.clone(),
    }
}

fn count(tasks: &[&Task], deployment: Option<&str>, fits: fn(LastStatus) -> bool) -> u32 {
    let of = |task: &&&Task| deployment.is_none_or(|id| task.deployment.as_deref() == Some(id));
    let found = tasks.iter().filter(of).filter(|task| fits(task.status)).count();
    u32::try_from(found).unwrap_or(u32::MAX)
}

fn is_running(status: LastStatus) -> bool {
    status == LastStatus::Running
}

fn is_pending(status: LastStatus) -> bool {
    status < LastStatus::Running
}
