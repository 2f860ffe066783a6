//! A task's log groups: each must exist before a container starts, or the task does not
//! (ECS-LO-02).

use standin_kernel::{ApiError, Cx, Value, json};

use super::desk::{Call, Desk};
use super::task::Task;
use super::view::StopCode;

const NO_GROUP: &str = "ResourceInitializationError: failed to validate logger args: create stream \
     has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: \
     The specified log group does not exist. : exit status 1";

impl Task {
    /// Makes those that are to be made, and asks for all.
    pub(crate) fn ask_for_log_groups(&mut self, cx: &mut Cx<'_>, desk: &mut Desk) {
        let definition = self.definition.clone();
        for logs in definition.containers.iter().filter_map(|container| container.logs.as_ref()) {
            let group = logs.group.clone();
            if logs.create_group {
                let input = json!({"logGroupName": group});
                desk.call(cx, Call::Unattended, "logs:CreateLogGroup", input);
            }
            if self.groups_awaited.insert(group.clone()) {
                let input = json!({"logGroupNamePrefix": group});
                let call = Call::LogGroup { task: self.arn.clone(), group };
                desk.call(cx, call, "logs:DescribeLogGroups", input);
            }
        }
    }

    pub(crate) fn log_group_seen(
        &mut self,
        cx: &mut Cx<'_>,
        desk: &mut Desk,
        group: &str,
        reply: &Result<Value, ApiError>,
    ) {
        if !self.groups_awaited.remove(group) {
            return;
        }
        // The one of exactly this name comes first.
        match reply {
            Ok(reply) if reply["logGroups"][0]["logGroupName"] == group => self.advance(cx, desk),
            _ => self.begin_stop(cx, desk, StopCode::TaskFailedToStart, NO_GROUP.to_owned()),
        }
    }
}
