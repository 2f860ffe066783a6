//! DescribeStackEvents (CFN-EV-02).

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Value, json};

use crate::CloudFormation;
use crate::error::{no_stack, validation};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DescribeStackEvents {
    stack_name: String,
    next_token: Option<String>,
}

/// Events of one page.
const PAGE: usize = 1000;

pub(super) fn describe_stack_events(
    all: &CloudFormation,
    value: &Value,
) -> Result<Value, ApiError> {
    let given: DescribeStackEvents = input("DescribeStackEvents", value)?;
    let name = &given.stack_name;
    let stack = all.find(name).ok_or_else(|| no_stack(name))?;
    // New events come while somebody turns the pages: a token is the number of the last one shown.
    let before: u64 = match &given.next_token {
        Some(token) => token.parse().map_err(|_| validation("Invalid NextToken"))?,
        None => u64::MAX,
    };
    let mut rest = stack.events.iter().rev().filter(|event| event.sequence < before);
    let page: Vec<_> = rest.by_ref().take(PAGE).collect();
    let shown: Vec<Value> = page.iter().map(|event| event.shown(stack)).collect();
    let mut answer = json!({"StackEvents": shown});
    if let (Some(_), Some(last)) = (rest.next(), page.last()) {
        answer["NextToken"] = json!(last.sequence.to_string());
    }
    Ok(answer)
}
