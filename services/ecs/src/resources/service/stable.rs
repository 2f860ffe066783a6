//! Whether a service is stable, has failed, or needs more time (CFN-EV-05).

use standin_kernel::{Duration, Value, json};

/// What is waited for, and for how long already.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Patience {
    /// The deployment's id.
    deployment: Value,
    /// When it was created: seconds since 1970.
    created_at: Value,
    waited_s: u64,
}

/// AWS gives up after three hours.
const PATIENCE_S: u64 = 3 * 3600;

/// For so long it looks every second, then every five.
const EAGER_S: u64 = 120;

impl Patience {
    /// `primary`: the service's newest deployment.
    pub(super) fn new(primary: &Value) -> Self {
        let (deployment, created_at) = (primary["id"].clone(), primary["createdAt"].clone());
        Self { deployment, created_at, waited_s: 0 }
    }

    pub(super) fn read(context: &Value) -> Self {
        Self {
            deployment: context["Deployment"].clone(),
            created_at: context["CreatedAt"].clone(),
            waited_s: context["WaitedSeconds"].as_u64().unwrap_or(0),
        }
    }

    pub(super) fn document(&self) -> Value {
        json!({
            "Deployment": self.deployment,
            "CreatedAt": self.created_at,
            "WaitedSeconds": self.waited_s,
        })
    }

    /// The next look and the time until it; `None` when it is time to give up.
    pub(super) fn again(&self) -> Option<(Self, Duration)> {
        if self.waited_s >= PATIENCE_S {
            return None;
        }
        let wait_s = if self.waited_s < EAGER_S { 1 } else { 5 };
        let longer = Self { waited_s: self.waited_s + wait_s, ..self.clone() };
        Some((longer, Duration::from_secs(wait_s)))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Stable,
    NotYet,
    /// The circuit breaker gave the deployment up.
    Failed,
    /// The service is gone or going.
    Lost,
}

/// `reply`: of `DescribeServices`.
pub(super) fn verdict(reply: &Value, patience: &Patience) -> Verdict {
    let service = &reply["services"][0];
    if service["status"] != "ACTIVE" {
        return Verdict::Lost;
    }
    let deployments = service["deployments"].as_array().map(Vec::as_slice).unwrap_or_default();
    let Some(primary) = deployments.first() else { return Verdict::Lost };
    let failed = |deployment: &Value| {
        deployment["id"] == patience.deployment && deployment["rolloutState"] == "FAILED"
    };
    // An older deployment in front means that ours was rolled back (ECS-CB-05); a newer one is
    // somebody else's, and as good.
    let older = |deployment: &Value| {
        deployment["id"] != patience.deployment
            && deployment["createdAt"].as_f64() <= patience.created_at.as_f64()
    };
    if deployments.iter().any(failed) || older(primary) || primary["rolloutState"] == "FAILED" {
        return Verdict::Failed;
    }
    let stable = deployments.len() == 1
        && primary["rolloutState"] == "COMPLETED"
        && service["runningCount"] == service["desiredCount"];
    if stable { Verdict::Stable } else { Verdict::NotYet }
}

/// Whether a service that was scaled to nothing has no task left.
pub(super) fn is_empty(reply: &Value) -> bool {
    let service = &reply["services"][0];
    let none = |name: &str| service[name].as_u64().unwrap_or(0) == 0;
    none("runningCount") && none("pendingCount")
}

/// Whether a deleted service is INACTIVE.
pub(super) fn is_gone(reply: &Value) -> bool {
    let status = &reply["services"][0]["status"];
    status.is_null() || status == "INACTIVE"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(deployments: &Value) -> Value {
        json!({"services": [{
            "status": "ACTIVE", "runningCount": 2, "desiredCount": 2, "deployments": deployments,
        }]})
    }

    fn waiting_for(id: &str, created_at: f64) -> Patience {
        Patience::new(&json!({"id": id, "createdAt": created_at}))
    }

    #[test]
    fn stable_when_one_deployment_is_completed_and_all_tasks_run() {
        let new = waiting_for("new", 20.0);
        let (done, old) = (
            json!({"id": "new", "createdAt": 20.0, "rolloutState": "COMPLETED"}),
            json!({"id": "old", "createdAt": 10.0, "rolloutState": "COMPLETED"}),
        );
        assert_eq!(verdict(&service(&json!([done])), &new), Verdict::Stable);
        assert_eq!(verdict(&service(&json!([done, old])), &new), Verdict::NotYet);
        let mut short = service(&json!([done]));
        short["services"][0]["runningCount"] = json!(1);
        assert_eq!(verdict(&short, &new), Verdict::NotYet);
        short["services"][0]["status"] = json!("DRAINING");
        assert_eq!(verdict(&short, &new), Verdict::Lost);
    }

    #[test]
    fn cfn_ev_05_failed_as_soon_as_the_deployment_is() {
        let new = waiting_for("new", 20.0);
        let (failed, rolled_back) = (
            json!({"id": "new", "createdAt": 20.0, "rolloutState": "FAILED"}),
            json!({"id": "old", "createdAt": 10.0, "rolloutState": "IN_PROGRESS"}),
        );
        assert_eq!(verdict(&service(&json!([failed])), &new), Verdict::Failed);
        assert_eq!(verdict(&service(&json!([rolled_back, failed])), &new), Verdict::Failed);
        assert_eq!(verdict(&service(&json!([rolled_back])), &new), Verdict::Failed);
        let newer = json!({"id": "newer", "createdAt": 30.0, "rolloutState": "IN_PROGRESS"});
        assert_eq!(verdict(&service(&json!([newer])), &new), Verdict::NotYet);
    }

    #[test]
    fn cfn_ev_05_gives_up_after_three_hours() {
        let (mut patience, mut waited) = (waiting_for("new", 0.0), Duration::ZERO);
        while let Some((longer, after)) = patience.again() {
            (patience, waited) = (Patience::read(&longer.document()), waited + after);
        }
        assert_eq!(waited, Duration::from_secs(PATIENCE_S));
    }
}
