//! Decides which query strings belong to the cache key and go to the origin (CF-KEY-04, CF-FWD-04).

use crate::config::NameSet;

/// Names and values as they are written, in order.
pub(crate) fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    let pair = |parameter: &str| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        (name.to_owned(), value.to_owned())
    };
    query.split('&').filter(|parameter| !parameter.is_empty()).map(pair)
}

/// Appends `?` and the parameters that any of the sets has, in their order and spelling. Nothing at
/// all when there is none.
pub(crate) fn write(out: &mut Vec<u8>, query: &str, sets: &[&NameSet]) {
    if sets.iter().all(|set| set.is_none()) {
        return;
    }
    if sets.iter().any(|set| matches!(set, NameSet::All)) {
        out.push(b'?');
        out.extend_from_slice(query.as_bytes());
        return;
    }
    let mut joint = b'?';
    for parameter in query.split('&') {
        let name = parameter.split_once('=').map_or(parameter, |(name, _)| name);
        if sets.iter().any(|set| set.has(name)) {
            out.push(joint);
            out.extend_from_slice(parameter.as_bytes());
            joint = b'&';
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cf_fwd_04_only_what_a_policy_names() {
        let sent = |query: &str, sets: &[&NameSet]| {
            let mut out = Vec::new();
            write(&mut out, query, sets);
            String::from_utf8(out).unwrap()
        };
        let only = NameSet::Only(vec!["a".into(), "c".into()]);
        let except = NameSet::AllExcept(vec!["a".into()]);
        assert_eq!(sent("a=1&b=2&c", &[&NameSet::None]), "");
        assert_eq!(sent("a=1&b=2&c", &[&NameSet::None, &NameSet::All]), "?a=1&b=2&c");
        assert_eq!(sent("a=1&b=2&c", &[&only]), "?a=1&c");
        assert_eq!(sent("a=1&b=2&c", &[&except]), "?b=2&c");
        assert_eq!(sent("b=2", &[&only]), "");
        assert_eq!(sent("a=1&a=2", &[&only, &except]), "?a=1&a=2");
    }
}
