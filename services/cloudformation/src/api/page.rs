//! Long answers in pages.

use standin_kernel::{ApiError, Value, json};

use crate::error::validation;

/// Most entries of one page of anything but events.
const PAGE: usize = 100;

/// One page of `all` under `member`, with `NextToken` when there is more. A token is the number of
/// entries before the page.
pub(super) fn page(member: &str, all: Vec<Value>, token: Option<&str>) -> Result<Value, ApiError> {
    page_of(PAGE, member, all, token)
}

pub(super) fn page_of(
    size: usize,
    member: &str,
    all: Vec<Value>,
    token: Option<&str>,
) -> Result<Value, ApiError> {
    let from: usize = match token {
        Some(token) => token.parse().map_err(|_| validation("Invalid NextToken"))?,
        None => 0,
    };
    let more = all.len() > from.saturating_add(size);
    let entries: Vec<Value> = all.into_iter().skip(from).take(size).collect();
    let mut answer = json!({member: entries});
    if more {
        answer["NextToken"] = json!((from + size).to_string());
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other() {
        let all: Vec<Value> = (0..5).map(Value::from).collect();
        let mut seen = Vec::new();
        let mut token = None;
        loop {
            let answer = page_of(2, "Xs", all.clone(), token.as_deref()).unwrap();
            seen.extend(answer["Xs"].as_array().unwrap().clone());
            token = answer["NextToken"].as_str().map(str::to_owned);
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, all);
        assert!(page_of(2, "Xs", all, Some("x")).is_err());
    }
}
