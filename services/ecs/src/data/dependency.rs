//! Decides in which order the containers of a task start and stop.

use super::container::{Container, Phase};
use crate::config::{self, Condition};

/// Whether a container that waits may start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Readiness {
    Ready,
    Wait,
    /// It never can; why.
    Never(String),
}

/// Whether the container at `index` may start, its dependencies being as they are.
pub(crate) fn readiness(
    settings: &[config::Container],
    containers: &[Container],
    index: usize,
) -> Readiness {
    let waiting = &settings[index];
    let mut ready = Readiness::Ready;
    for needs in &waiting.depends_on {
        let Some(at) = place(settings, &needs.container_name) else { continue };
        match fulfilled(&settings[at], &containers[at], needs.condition) {
            Fulfilled::Yes => {}
            Fulfilled::NotYet => ready = Readiness::Wait,
            Fulfilled::Never(why) => {
                return Readiness::Never(format!(
                    "CannotStartContainerError: dependency graph: container ordering dependency \
                     [{}] for target [{}] {why}",
                    needs.container_name, waiting.name
                ));
            }
        }
    }
    ready
}

/// Whether the container at `index` may be told to stop: those that depend on it are gone
/// (ECS-DP-04).
pub(crate) fn may_stop(
    settings: &[config::Container],
    containers: &[Container],
    index: usize,
) -> bool {
    let name = &settings[index].name;
    settings.iter().zip(containers).all(|(other, state)| {
        state.is_stopped() || !other.depends_on.iter().any(|needs| needs.container_name == *name)
    })
}

/// Whether somebody waits for the container's end or health, so that its start timeout counts.
/// START is not subject to it (ECS-DP-07).
pub(crate) fn is_awaited(settings: &[config::Container], index: usize) -> bool {
    let name = &settings[index].name;
    let awaits = |needs: &config::Dependency| {
        needs.container_name == *name && needs.condition != Condition::Start
    };
    settings.iter().any(|other| other.depends_on.iter().any(awaits))
}

enum Fulfilled {
    Yes,
    NotYet,
    Never(&'static str),
}

fn fulfilled(settings: &config::Container, state: &Container, condition: Condition) -> Fulfilled {
    let stopped = state.phase == Phase::Stopped;
    let yes = match condition {
        // One that has already stopped has started too (ECS-DP-05).
        Condition::Start => stopped || state.phase == Phase::Running,
        Condition::Complete => stopped && state.exit_code.is_some(),
        Condition::Success => stopped && state.exit_code == Some(0),
        Condition::Healthy => settings.health_check.is_some() && state.was_healthy,
    };
    if yes {
        Fulfilled::Yes
    } else if stopped && condition == Condition::Healthy {
        Fulfilled::Never("stopped before it was healthy")
    } else if stopped {
        Fulfilled::Never("did not exit successfully")
    } else if state.timed_out && condition != Condition::Start {
        Fulfilled::Never("has timed out")
    } else {
        Fulfilled::NotYet
    }
}

fn place(settings: &[config::Container], name: &str) -> Option<usize> {
    settings.iter().position(|container| container.name == name)
}
