//! Where tasks run: launch type and capacity providers. On Standin all of it means Fargate.

use serde::{Deserialize, Serialize};
use standin_kernel::ApiError;

use crate::error::{invalid_parameter, not_here};

/// An entry of a capacity provider strategy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct StrategyItem {
    pub(crate) capacity_provider: String,
    #[serde(default)]
    pub(crate) weight: u32,
    #[serde(default)]
    pub(crate) base: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum LaunchType {
    Ec2,
    External,
    Fargate,
    ManagedInstances,
}

const FARGATE: [&str; 2] = ["FARGATE", "FARGATE_SPOT"];

/// Capacity providers by name: only those that AWS gives everybody.
pub(super) fn check_providers(names: &[String]) -> Result<(), ApiError> {
    match names.iter().find(|name| !FARGATE.contains(&name.as_str())) {
        Some(other) => {
            let why = "tasks run as on Fargate, on no container instances";
            Err(not_here(&format!("capacity provider {other}"), why))
        }
        None => Ok(()),
    }
}

/// A strategy over capacity providers that exist.
pub(super) fn check_strategy(strategy: &[StrategyItem]) -> Result<(), ApiError> {
    let names: Vec<String> = strategy.iter().map(|item| item.capacity_provider.clone()).collect();
    check_providers(&names)?;
    if strategy.iter().any(|item| item.weight > 1000 || item.base > 100_000) {
        let message = "Weight must be between 0 and 1000, base between 0 and 100000.";
        return Err(invalid_parameter(message));
    }
    if strategy.iter().filter(|item| item.base > 0).count() > 1 {
        return Err(invalid_parameter("Only one capacity provider can have a base."));
    }
    if !strategy.is_empty() && strategy.iter().all(|item| item.weight == 0) {
        return Err(invalid_parameter("At least one capacity provider must have a weight."));
    }
    Ok(())
}

/// Where a service or task is to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Capacity {
    LaunchType,
    Strategy(Vec<StrategyItem>),
}

/// Reads launch type and strategy, of which only one may be given; with neither the cluster's own
/// strategy counts, and without one AWS takes EC2.
pub(super) fn capacity(
    launch_type: Option<LaunchType>,
    strategy: Vec<StrategyItem>,
    cluster_default: &[StrategyItem],
) -> Result<Capacity, ApiError> {
    check_strategy(&strategy)?;
    match launch_type {
        Some(_) if !strategy.is_empty() => Err(invalid_parameter(
            "Specifying both a launch type and capacity provider strategy is not supported. \
             Remove one and try again.",
        )),
        Some(LaunchType::Fargate) => Ok(Capacity::LaunchType),
        None if !strategy.is_empty() => Ok(Capacity::Strategy(strategy)),
        None if !cluster_default.is_empty() => Ok(Capacity::Strategy(cluster_default.to_vec())),
        None => {
            let why = "without launchType FARGATE and without a capacity provider strategy AWS \
                       takes EC2, and there are no container instances here";
            Err(not_here("launch type EC2", why))
        }
        Some(other) => {
            let name = serde_json::to_string(&other).unwrap_or_default();
            let why = "tasks run as on Fargate";
            Err(not_here(&format!("launch type {}", name.trim_matches('"')), why))
        }
    }
}
