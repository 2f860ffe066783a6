//! Follows a stack operation: prints its events as they come and waits for its end.

use std::collections::BTreeSet;
use std::time::Duration;

use standin_kernel::{ServiceName, Value, json};

use crate::Failure;
use crate::link::Link;

/// Follows one stack's events from a point on.
#[derive(Debug)]
pub(crate) struct Follower {
    stack: String,
    /// Its ARN, once known: a deleted stack is found by nothing else.
    arn: Option<String>,
    seen: BTreeSet<String>,
    quiet: bool,
}

/// How a stack operation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    /// `CREATE_COMPLETE`, `UPDATE_ROLLBACK_COMPLETE`, ...; `DELETE_COMPLETE` when the stack is
    /// gone.
    pub(crate) status: String,
    /// Reasons of the resources that failed, oldest first.
    pub(crate) failures: Vec<String>,
}

impl Ending {
    pub(crate) fn is_good(&self) -> bool {
        !self.status.contains("ROLLBACK") && self.status.ends_with("_COMPLETE")
    }
}

const POLL: Duration = Duration::from_millis(40);

impl Follower {
    /// Follows from now on: what happened before is not shown.
    pub(crate) async fn new(link: &Link, stack: &str, quiet: bool) -> Self {
        let mut follower =
            Self { stack: stack.to_owned(), arn: None, seen: BTreeSet::new(), quiet };
        for event in follower.events(link).await {
            follower.saw(&event);
        }
        follower
    }

    fn name(&self) -> &str {
        self.arn.as_deref().unwrap_or(&self.stack)
    }

    fn saw(&mut self, event: &Value) {
        self.seen.insert(id_of(event));
        self.arn = event["StackId"].as_str().map(str::to_owned);
    }

    /// The stack's events that have not been seen, oldest first; none when there is no such stack
    /// (any more).
    async fn events(&self, link: &Link) -> Vec<Value> {
        let mut events = Vec::new();
        let mut token = Value::Null;
        loop {
            let mut input = json!({"StackName": self.name()});
            if !token.is_null() {
                input["NextToken"] = token;
            }
            let service = ServiceName::CloudFormation;
            let Ok(page) = link.call(service, "DescribeStackEvents", input).await else { break };
            let listed = page["StackEvents"].as_array().cloned().unwrap_or_default();
            let new = listed.iter().take_while(|event| !self.seen.contains(&id_of(event)));
            let before = events.len();
            events.extend(new.cloned());
            token = page["NextToken"].clone();
            // Newest first: behind one that has been seen there is nothing new.
            if token.is_null() || events.len() - before < listed.len() {
                break;
            }
        }
        events.reverse();
        events
    }

    /// Prints events until the stack rests. `each` sees every new event.
    pub(crate) async fn until_rest(
        &mut self,
        link: &Link,
        mut each: impl AsyncFnMut(&Value) -> Result<(), Failure>,
    ) -> Result<Ending, Failure> {
        let mut failures = Vec::new();
        loop {
            // Asked before the events: what a stack at rest has done is all there by then.
            let status = stack_status(link, self.name()).await;
            for event in self.events(link).await {
                self.saw(&event);
                if !self.quiet {
                    println!("{}", line(&event));
                }
                if text(&event, "ResourceStatus").ends_with("_FAILED") {
                    let (id, why) =
                        (text(&event, "LogicalResourceId"), text(&event, "ResourceStatusReason"));
                    failures.push(format!("{id}: {why}"));
                }
                each(&event).await?;
            }
            match status {
                None => {
                    self.arn = None;
                    return Ok(Ending { status: "DELETE_COMPLETE".into(), failures });
                }
                Some(status) if !status.ends_with("_IN_PROGRESS") => {
                    return Ok(Ending { status, failures });
                }
                Some(_) => tokio::time::sleep(POLL).await,
            }
        }
    }
}

/// The status of a stack that exists.
pub(crate) async fn stack_status(link: &Link, stack: &str) -> Option<String> {
    let input = json!({"StackName": stack});
    let described = link.call(ServiceName::CloudFormation, "DescribeStacks", input).await.ok()?;
    let status = described["Stacks"][0]["StackStatus"].as_str()?.to_owned();
    (status != "DELETE_COMPLETE").then_some(status)
}

fn id_of(event: &Value) -> String {
    text(event, "EventId").to_owned()
}

pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or("")
}

/// `08:30:00  CREATE_COMPLETE     AWS::S3::Bucket  Pages  reason`
fn line(event: &Value) -> String {
    let time = text(event, "Timestamp");
    let time = time.get(11..19).unwrap_or(time);
    let mut line = format!(
        "{time}  {:<28}  {:<42}  {}",
        text(event, "ResourceStatus"),
        text(event, "ResourceType"),
        text(event, "LogicalResourceId"),
    );
    let reason = text(event, "ResourceStatusReason");
    if !reason.is_empty() {
        line.push_str("  ");
        line.push_str(reason);
    }
    line
}
