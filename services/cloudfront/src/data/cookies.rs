//! Decides which cookies belong to the cache key and go to the origin (CF-KEY-05, CF-KEY-03).

use standin_kernel::Headers;

use crate::config::NameSet;

/// The cookies of all `Cookie` lines as `name=value`.
fn all(headers: &Headers) -> impl Iterator<Item = &str> {
    headers
        .get_all("Cookie")
        .flat_map(|line| line.split(';'))
        .map(str::trim)
        .filter(|cookie| !cookie.is_empty())
}

fn name(cookie: &str) -> &str {
    cookie.split_once('=').map_or(cookie, |(name, _)| name.trim_end())
}

/// Names and values of all cookies, in order.
pub(crate) fn pairs(headers: &Headers) -> impl Iterator<Item = (String, String)> {
    all(headers).map(|cookie| {
        let (name, value) = cookie.split_once('=').unwrap_or((cookie, ""));
        (name.trim_end().to_owned(), value.to_owned())
    })
}

/// Appends the cookies of the set in order of their text.
pub(crate) fn write_sorted(out: &mut Vec<u8>, headers: &Headers, set: &NameSet) {
    let mut chosen: Vec<&str> = all(headers).filter(|cookie| set.has(name(cookie))).collect();
    chosen.sort_unstable();
    for cookie in chosen {
        out.extend_from_slice(cookie.as_bytes());
        out.push(b';');
    }
}

/// The `Cookie` header for the origin: those that either set has. `None`: no such header.
pub(crate) fn forwarded(headers: &Headers, sets: [&NameSet; 2]) -> Option<String> {
    if sets.iter().all(|set| set.is_none()) {
        return None;
    }
    let mut line = String::new();
    for cookie in all(headers) {
        if sets.iter().any(|set| set.has(name(cookie))) {
            if !line.is_empty() {
                line.push_str("; ");
            }
            line.push_str(cookie);
        }
    }
    (!line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cf_key_03_the_origin_gets_the_keys_cookies_and_the_policys() {
        let headers = Headers::from_iter([("Cookie", "a=1; b=2;c=3"), ("cookie", "d=4")]);
        let only =
            |names: &[&str]| NameSet::Only(names.iter().map(|name| Box::from(*name)).collect());
        let sent = |one: &NameSet, other: &NameSet| forwarded(&headers, [one, other]);
        assert_eq!(sent(&NameSet::None, &NameSet::None), None);
        assert_eq!(sent(&only(&["c"]), &NameSet::None).as_deref(), Some("c=3"));
        assert_eq!(sent(&only(&["c"]), &only(&["a"])).as_deref(), Some("a=1; c=3"));
        assert_eq!(sent(&NameSet::None, &NameSet::All).as_deref(), Some("a=1; b=2; c=3; d=4"));
        assert_eq!(sent(&only(&["x"]), &NameSet::None), None);
    }
}
