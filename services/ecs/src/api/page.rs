//! Lists in pages, as `maxResults` and `nextToken` ask for them.

use standin_kernel::{ApiError, Value, json};

use crate::error::invalid_parameter;

/// Most items a page can have.
pub(super) const PAGE_MAX: u32 = 100;

/// What of a list was asked for.
#[derive(Debug)]
pub(super) struct Page {
    /// The last item of the page before.
    pub(super) next_token: Option<String>,
    pub(super) max_results: Option<u32>,
    /// Items in a page when the caller does not say.
    pub(super) default_results: u32,
}

impl Page {
    /// The page of `items` as `{name: [...], "nextToken": ...}`. The token is the page's last item.
    pub(super) fn of(&self, name: &str, items: &[String]) -> Result<Value, ApiError> {
        let size = self.max_results.unwrap_or(self.default_results);
        if !(1..=PAGE_MAX).contains(&size) {
            let message = format!("maxResults must be between 1 and {PAGE_MAX}");
            return Err(invalid_parameter(message));
        }
        let from = match &self.next_token {
            None => 0,
            Some(token) => {
                let at = items.iter().position(|item| item == token);
                at.ok_or_else(|| invalid_parameter("Invalid token."))? + 1
            }
        };
        let rest = &items[from..];
        let page = &rest[..rest.len().min(size as usize)];
        let mut answer = json!({ name: page });
        if page.len() < rest.len() {
            answer["nextToken"] = json!(page.last());
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_one_another() {
        let items: Vec<String> = (0..5).map(|number| format!("item-{number}")).collect();
        let mut page = Page { next_token: None, max_results: Some(2), default_results: 10 };
        let mut seen = Vec::new();
        loop {
            let answer = page.of("arns", &items).unwrap();
            seen.push(answer["arns"].as_array().unwrap().len());
            match answer["nextToken"].as_str() {
                Some(token) => page.next_token = Some(token.into()),
                None => break,
            }
        }
        assert_eq!(seen, [2, 2, 1]);
        page.next_token = Some("nonsense".into());
        assert_eq!(page.of("arns", &items).unwrap_err().message, "Invalid token.");
        page.max_results = Some(101);
        assert_eq!(page.of("arns", &items).unwrap_err().code, "InvalidParameterException");
    }
}
