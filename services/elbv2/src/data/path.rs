//! Whether a path fits a path-pattern: the path alone, after URI normalisation (ALB-RU-09).

use std::borrow::Cow;

use super::pattern::Pattern;

/// A value of a path-pattern condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PathPattern(Pattern);

impl PathPattern {
    pub(crate) fn new(text: &str) -> Self {
        Self(Pattern::with_case(text))
    }

    /// `path` as [`normalized`] gives it.
    pub(crate) fn matches(&self, path: &str) -> bool {
        self.0.matches(path)
    }
}

/// The path in its normal form (RFC 3986, 6.2.2): `%41` is `A`, `%2f` is `%2F`, dot segments gone.
/// The target gets the path as it was sent.
pub(crate) fn normalized(path: &str) -> Cow<'_, str> {
    if !path.contains('%') && !path.contains("/.") {
        return Cow::Borrowed(path);
    }
    let decoded = decode_unreserved(path);
    Cow::Owned(without_dot_segments(&decoded))
}

fn decode_unreserved(path: &str) -> String {
    let mut decoded = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        let (before, escape) = rest.split_at(at);
        decoded.push_str(before);
        let digits = escape.get(1..3).filter(|two| two.bytes().all(|b| b.is_ascii_hexdigit()));
        let Some(digits) = digits else {
            decoded.push('%');
            rest = &escape[1..];
            continue;
        };
        let byte = u8::from_str_radix(digits, 16).unwrap_or(0);
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            decoded.push(char::from(byte));
        } else {
            decoded.push('%');
            decoded.push_str(&digits.to_ascii_uppercase());
        }
        rest = &escape[3..];
    }
    decoded.push_str(rest);
    decoded
}

/// RFC 3986, 5.2.4, for a path that begins with a slash.
fn without_dot_segments(path: &str) -> String {
    let Some(relative) = path.strip_prefix('/') else { return path.to_owned() };
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = relative.split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." => {}
            ".." => {
                kept.pop();
            }
            _ => {
                kept.push(segment);
                continue;
            }
        }
        if last {
            kept.push("");
        }
    }
    let mut normal = String::with_capacity(path.len());
    for segment in kept {
        normal.push('/');
        normal.push_str(segment);
    }
    if normal.is_empty() {
        normal.push('/');
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alb_ru_09_the_path_is_normalized_before_it_is_compared() {
        for (sent, normal) in [
            ("/a/b", "/a/b"),
            ("/%61dmin", "/admin"),
            ("/a%2fb", "/a%2Fb"),
            ("/a/./b/../c", "/a/c"),
            ("/a/..", "/"),
            ("/../x", "/x"),
            ("/a/%2e%2e/b", "/b"),
            ("/a//b/.", "/a//b/"),
            ("/100%", "/100%"),
            ("/.well-known/x", "/.well-known/x"),
        ] {
            assert_eq!(normalized(sent), normal, "{sent}");
        }
    }

    #[test]
    fn a_plain_path_costs_no_copy() {
        assert!(matches!(normalized("/entries/2026"), Cow::Borrowed(_)));
    }
}
