//! Stack events: what happened to a stack and its resources, in AWS's order and words (CFN-EV-*).

use serde::{Deserialize, Serialize};
use standin_kernel::{Cx, Time, Value, ids, json};

use crate::state::{Physical, Stack};
use crate::status::{ResourceStatus, StackStatus};

/// Most events kept of one stack; the oldest are forgotten first.
const EVENTS_MAX: usize = 10_000;

/// One line of a stack's story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Event {
    /// Counts up within the stack.
    pub(crate) sequence: u64,
    pub(crate) id: String,
    pub(crate) logical_id: String,
    pub(crate) physical_id: String,
    pub(crate) type_name: String,
    pub(crate) at: Time,
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    /// JSON text.
    pub(crate) properties: Option<String>,
    pub(crate) token: Option<String>,
}

/// The reason of the first event of an operation somebody asked for (CFN-EV-01).
pub(crate) const USER_INITIATED: &str = "User Initiated";

const STACK: &str = "AWS::CloudFormation::Stack";

impl Event {
    /// CFN-EV-02
    pub(crate) fn shown(&self, stack: &Stack) -> Value {
        let mut shown = json!({
            "StackId": stack.facts.id,
            "EventId": self.id,
            "StackName": stack.facts.name,
            "LogicalResourceId": self.logical_id,
            "PhysicalResourceId": self.physical_id,
            "ResourceType": self.type_name,
            "Timestamp": self.at.iso8601(),
            "ResourceStatus": self.status,
        });
        for (member, text) in [
            ("ResourceStatusReason", &self.reason),
            ("ResourceProperties", &self.properties),
            ("ClientRequestToken", &self.token),
        ] {
            if let Some(text) = text {
                shown[member] = json!(text);
            }
        }
        shown
    }
}

impl Stack {
    /// Moves the stack to `status`, with an event.
    pub(crate) fn enter(&mut self, cx: &mut Cx<'_>, status: StackStatus, reason: Option<&str>) {
        let facts = self.facts_mut();
        facts.status = status;
        facts.reason = reason.map(str::to_owned);
        let (name, id) = (facts.name.clone(), facts.id.clone());
        let event_id = ids::uuid(cx.rng);
        self.record(
            cx,
            Line { logical_id: &name, physical_id: &id, type_name: STACK, event_id },
            status.as_str(),
            reason,
            None,
        );
    }

    /// Moves a resource to `status`, with an event.
    pub(crate) fn set(
        &mut self,
        cx: &mut Cx<'_>,
        logical_id: &str,
        status: ResourceStatus,
        reason: Option<&str>,
        properties: Option<&Value>,
    ) {
        let Some(resource) = self.resource_mut(logical_id) else { return };
        resource.status = Some(status);
        resource.reason = reason.map(str::to_owned);
        resource.changed = cx.now;
        let type_name = resource.type_name.clone();
        let physical_id = resource.shown_id.clone().unwrap_or_default();
        let event_id = self.event_id(cx, logical_id, status);
        let line = Line { logical_id, physical_id: &physical_id, type_name: &type_name, event_id };
        self.record(cx, line, status.as_str(), reason, properties);
    }

    /// An event of a thing that is being deleted. The resource's own status moves along, unless
    /// something else has taken the thing's place.
    pub(crate) fn set_deleted(
        &mut self,
        cx: &mut Cx<'_>,
        logical_id: &str,
        thing: &Physical,
        status: ResourceStatus,
        reason: Option<&str>,
    ) {
        let Some(resource) = self.resource_mut(logical_id) else { return };
        let type_name = resource.type_name.clone();
        if resource.current.is_none() {
            resource.status = Some(status);
            resource.reason = reason.map(str::to_owned);
            resource.changed = cx.now;
            resource.shown_id = Some(thing.id.clone());
        }
        let event_id = self.event_id(cx, logical_id, status);
        let line = Line { logical_id, physical_id: &thing.id, type_name: &type_name, event_id };
        self.record(cx, line, status.as_str(), reason, Some(&thing.properties));
    }

    /// CFN-EV-02: a UUID in cleanup, else `Topic-CREATE_COMPLETE-<time>`. Two events of one
    /// millisecond are told apart by a number AWS has no need of.
    fn event_id(&self, cx: &mut Cx<'_>, logical_id: &str, status: ResourceStatus) -> String {
        if self.status().is_cleanup() {
            return ids::uuid(cx.rng);
        }
        let id = format!("{logical_id}-{}-{}", status.as_str(), cx.now.iso8601());
        let millis = cx.now.millis();
        let latest = self.events.iter().rev().take_while(|event| event.at.millis() == millis);
        let same =
            |event: &&Event| event.logical_id == logical_id && event.status == status.as_str();
        match latest.filter(same).count() {
            0 => id,
            count => format!("{id}-{}", count + 1),
        }
    }

    fn record(
        &mut self,
        cx: &mut Cx<'_>,
        line: Line<'_>,
        status: &str,
        reason: Option<&str>,
        properties: Option<&Value>,
    ) {
        cx.log("cloudformation", line.text(&self.facts.name, status, reason));
        let sequence = self.facts.event_count;
        self.facts_mut().event_count += 1;
        self.events.push_back(Event {
            sequence,
            id: line.event_id,
            logical_id: line.logical_id.to_owned(),
            physical_id: line.physical_id.to_owned(),
            type_name: line.type_name.to_owned(),
            at: cx.now,
            status: status.to_owned(),
            reason: reason.map(str::to_owned),
            properties: properties.map(Value::to_string),
            token: self.facts.token.clone(),
        });
        self.dirty.events.push(sequence);
        if self.events.len() > EVENTS_MAX
            && let Some(oldest) = self.events.pop_front()
        {
            self.dirty.forgotten_events.push(oldest.sequence);
        }
    }
}

struct Line<'a> {
    logical_id: &'a str,
    physical_id: &'a str,
    type_name: &'a str,
    event_id: String,
}

impl Line<'_> {
    /// `shop Bucket CREATE_COMPLETE (AWS::S3::Bucket shop-bucket-1AB2): reason`
    fn text(&self, stack: &str, status: &str, reason: Option<&str>) -> String {
        let mut text = stack.to_owned();
        if self.type_name == STACK {
            text.push_str(&format!(" {status}"));
        } else {
            text.push_str(&format!(" {} {status} ({}", self.logical_id, self.type_name));
            if !self.physical_id.is_empty() {
                text.push(' ');
                text.push_str(self.physical_id);
            }
            text.push(')');
        }
        if let Some(reason) = reason {
            text.push_str(": ");
            text.push_str(reason);
        }
        text
    }
}
