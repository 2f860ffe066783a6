//! Pages of a list: the next one begins where its token says.

use standin_kernel::Value;

/// One page, and the token of the next.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) items: Vec<Value>,
    pub(crate) next: Option<String>,
}

/// At most `size` of `items` from `token` on; `None` when the token is not one of ours.
pub(crate) fn page(items: Vec<Value>, token: Option<&str>, size: usize) -> Option<Page> {
    let from = match token {
        None => 0,
        Some(token) => usize::from_str_radix(token.strip_prefix("page-")?, 16).ok()?,
    };
    let end = from.saturating_add(size);
    let next = (items.len() > end).then(|| format!("page-{end:x}"));
    Some(Page { items: items.into_iter().skip(from).take(size).collect(), next })
}

#[cfg(test)]
mod tests {
    use standin_kernel::json;

    use super::page;

    #[test]
    fn pages_follow_each_other_without_gap() {
        let items = || (0..5).map(|number| json!(number)).collect::<Vec<_>>();
        let (mut seen, mut token) = (Vec::new(), None);
        loop {
            let one = page(items(), token.as_deref(), 2).unwrap();
            seen.extend(one.items);
            token = one.next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, items());
        assert!(page(items(), Some("other"), 2).is_none());
    }
}
