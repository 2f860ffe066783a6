//! The statuses of stacks and resources, and which of them allow what (CFN-ST-01 to CFN-ST-22).

use serde::{Deserialize, Serialize};

/// A stack's status, spelled as AWS does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StackStatus {
    /// Made by a change set that was not executed yet (CFN-ST-21).
    ReviewInProgress,
    CreateInProgress,
    CreateFailed,
    CreateComplete,
    RollbackInProgress,
    RollbackFailed,
    RollbackComplete,
    DeleteInProgress,
    DeleteFailed,
    DeleteComplete,
    UpdateInProgress,
    UpdateCompleteCleanupInProgress,
    UpdateComplete,
    UpdateFailed,
    UpdateRollbackInProgress,
    UpdateRollbackFailed,
    UpdateRollbackCompleteCleanupInProgress,
    UpdateRollbackComplete,
}

/// What a stack that is in progress is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Bringing resources to what the template says.
    Make,
    /// Putting changed resources back to what they were.
    Revert,
    /// Deleting what is not wanted (any more).
    Sweep,
}

impl StackStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReviewInProgress => "REVIEW_IN_PROGRESS",
            Self::CreateInProgress => "CREATE_IN_PROGRESS",
            Self::CreateFailed => "CREATE_FAILED",
            Self::CreateComplete => "CREATE_COMPLETE",
            Self::RollbackInProgress => "ROLLBACK_IN_PROGRESS",
            Self::RollbackFailed => "ROLLBACK_FAILED",
            Self::RollbackComplete => "ROLLBACK_COMPLETE",
            Self::DeleteInProgress => "DELETE_IN_PROGRESS",
            Self::DeleteFailed => "DELETE_FAILED",
            Self::DeleteComplete => "DELETE_COMPLETE",
            Self::UpdateInProgress => "UPDATE_IN_PROGRESS",
            Self::UpdateCompleteCleanupInProgress => "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            Self::UpdateComplete => "UPDATE_COMPLETE",
            Self::UpdateFailed => "UPDATE_FAILED",
            Self::UpdateRollbackInProgress => "UPDATE_ROLLBACK_IN_PROGRESS",
            Self::UpdateRollbackFailed => "UPDATE_ROLLBACK_FAILED",
            Self::UpdateRollbackCompleteCleanupInProgress => {
                "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
            }
            Self::UpdateRollbackComplete => "UPDATE_ROLLBACK_COMPLETE",
        }
    }

    /// What the stack is busy with; `None` when it rests.
    pub(crate) const fn phase(self) -> Option<Phase> {
        match self {
            Self::CreateInProgress | Self::UpdateInProgress => Some(Phase::Make),
            Self::UpdateRollbackInProgress => Some(Phase::Revert),
            Self::RollbackInProgress
            | Self::DeleteInProgress
            | Self::UpdateCompleteCleanupInProgress
            | Self::UpdateRollbackCompleteCleanupInProgress => Some(Phase::Sweep),
            _ => None,
        }
    }

    pub const fn is_in_progress(self) -> bool {
        self.phase().is_some()
    }

    /// Old resources are being cleaned up: failing to is no failure of the operation (CFN-ST-20).
    pub(crate) const fn is_cleanup(self) -> bool {
        matches!(
            self,
            Self::UpdateCompleteCleanupInProgress | Self::UpdateRollbackCompleteCleanupInProgress
        )
    }

    /// Whether UpdateStack takes it; `keeping`: with DisableRollback, which is how a failed
    /// operation is tried again (CFN-ST-02, CFN-ST-04, CFN-ST-06).
    pub(crate) const fn can_be_updated(self, keeping: bool) -> bool {
        match self {
            Self::CreateComplete | Self::UpdateComplete | Self::UpdateRollbackComplete => true,
            Self::CreateFailed | Self::UpdateFailed => keeping,
            _ => false,
        }
    }
}

/// A resource's status, spelled as AWS does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ResourceStatus {
    CreateInProgress,
    CreateFailed,
    CreateComplete,
    UpdateInProgress,
    UpdateFailed,
    UpdateComplete,
    DeleteInProgress,
    DeleteFailed,
    DeleteComplete,
    DeleteSkipped,
}

impl ResourceStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreateInProgress => "CREATE_IN_PROGRESS",
            Self::CreateFailed => "CREATE_FAILED",
            Self::CreateComplete => "CREATE_COMPLETE",
            Self::UpdateInProgress => "UPDATE_IN_PROGRESS",
            Self::UpdateFailed => "UPDATE_FAILED",
            Self::UpdateComplete => "UPDATE_COMPLETE",
            Self::DeleteInProgress => "DELETE_IN_PROGRESS",
            Self::DeleteFailed => "DELETE_FAILED",
            Self::DeleteComplete => "DELETE_COMPLETE",
            Self::DeleteSkipped => "DELETE_SKIPPED",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_stored_as_they_are_shown() {
        for status in [
            StackStatus::CreateInProgress,
            StackStatus::UpdateRollbackCompleteCleanupInProgress,
            StackStatus::DeleteComplete,
        ] {
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
            assert_eq!(status.is_in_progress(), status.as_str().ends_with("_IN_PROGRESS"));
        }
        let status = ResourceStatus::DeleteSkipped;
        assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
    }
}
