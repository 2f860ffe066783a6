//! Whether a conditional read gives the object, 304 or 412 (S3-GET-03).

use standin_kernel::{Headers, Time};

/// The conditions of one read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Conditions<'a> {
    pub(crate) if_match: Option<&'a str>,
    pub(crate) if_none_match: Option<&'a str>,
    pub(crate) if_modified_since: Option<&'a str>,
    pub(crate) if_unmodified_since: Option<&'a str>,
}

/// What the conditions come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Give the object.
    Give,
    /// 304: what the reader has is still right.
    NotModified,
    /// 412, and the condition that did not hold.
    Failed(&'static str),
}

impl<'a> Conditions<'a> {
    pub(crate) fn of(headers: &'a Headers) -> Self {
        Self {
            if_match: headers.get("If-Match"),
            if_none_match: headers.get("If-None-Match"),
            if_modified_since: headers.get("If-Modified-Since"),
            if_unmodified_since: headers.get("If-Unmodified-Since"),
        }
    }

    /// A condition on the tag makes the one on the time meaningless (RFC 9110, 13.2.2). Times count
    /// in whole seconds; one that cannot be read is no condition.
    pub(crate) fn check(&self, etag: &str, modified: Time) -> Outcome {
        let later_than = |text: &str| {
            Time::parse_http_date(text).map(|since| modified.seconds() > since.seconds())
        };
        if let Some(wanted) = self.if_match {
            if !lists(wanted, etag) {
                return Outcome::Failed("If-Match");
            }
        } else if self.if_unmodified_since.and_then(later_than) == Some(true) {
            return Outcome::Failed("If-Unmodified-Since");
        }
        if let Some(known) = self.if_none_match {
            if lists(known, etag) {
                return Outcome::NotModified;
            }
        } else if self.if_modified_since.and_then(later_than) == Some(false) {
            return Outcome::NotModified;
        }
        Outcome::Give
    }
}

/// Whether `Range` counts: with `If-Range` only when the reader's copy is the one we have.
pub(crate) fn range_counts(if_range: Option<&str>, etag: &str, modified: Time) -> bool {
    match if_range {
        None => true,
        Some(tag) if tag.trim().starts_with('"') => tag.trim().trim_matches('"') == etag,
        Some(date) => Time::parse_http_date(date).map(Time::seconds) == Some(modified.seconds()),
    }
}

/// Whether a list of tags names this one; `*` names any.
pub(crate) fn lists(tags: &str, etag: &str) -> bool {
    tags.split(',').map(str::trim).any(|tag| {
        let tag = tag.strip_prefix("W/").unwrap_or(tag);
        tag == "*" || tag.trim_matches('"') == etag
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODIFIED: Time = Time::from_seconds(1_800_000_000);

    fn check(lines: &[(&str, &str)]) -> Outcome {
        let headers = lines.iter().copied().collect::<Headers>();
        Conditions::of(&headers).check("abc", MODIFIED)
    }

    fn at(offset_s: i64) -> String {
        Time::from_seconds(1_800_000_000_u64.saturating_add_signed(offset_s)).http_date()
    }

    #[test]
    fn s3_get_03_tags() {
        assert_eq!(check(&[]), Outcome::Give);
        assert_eq!(check(&[("If-Match", "\"abc\"")]), Outcome::Give);
        assert_eq!(check(&[("If-Match", "\"x\", abc")]), Outcome::Give);
        assert_eq!(check(&[("If-Match", "\"x\"")]), Outcome::Failed("If-Match"));
        assert_eq!(check(&[("If-None-Match", "W/\"abc\"")]), Outcome::NotModified);
        assert_eq!(check(&[("If-None-Match", "*")]), Outcome::NotModified);
        assert_eq!(check(&[("If-None-Match", "\"x\"")]), Outcome::Give);
    }

    #[test]
    fn s3_get_03_times() {
        let (before, same, after) = (at(-60), at(0), at(60));
        assert_eq!(check(&[("If-Modified-Since", &before)]), Outcome::Give);
        assert_eq!(check(&[("If-Modified-Since", &same)]), Outcome::NotModified);
        assert_eq!(check(&[("If-Modified-Since", &after)]), Outcome::NotModified);
        assert_eq!(check(&[("If-Modified-Since", "yesterday")]), Outcome::Give);
        assert_eq!(check(&[("If-Unmodified-Since", &same)]), Outcome::Give);
        let failed = Outcome::Failed("If-Unmodified-Since");
        assert_eq!(check(&[("If-Unmodified-Since", &before)]), failed);
    }

    #[test]
    fn s3_get_03_a_tag_outweighs_a_time() {
        let (before, after) = (at(-60), at(60));
        let both = [("If-Match", "\"abc\""), ("If-Unmodified-Since", before.as_str())];
        assert_eq!(check(&both), Outcome::Give);
        let both = [("If-None-Match", "\"abc\""), ("If-Modified-Since", before.as_str())];
        assert_eq!(check(&both), Outcome::NotModified);
        let both = [("If-None-Match", "\"x\""), ("If-Modified-Since", after.as_str())];
        assert_eq!(check(&both), Outcome::Give);
    }

    #[test]
    fn a_range_counts_only_for_the_copy_the_reader_has() {
        assert!(range_counts(None, "abc", MODIFIED));
        assert!(range_counts(Some("\"abc\""), "abc", MODIFIED));
        assert!(!range_counts(Some("\"x\""), "abc", MODIFIED));
        assert!(range_counts(Some(&at(0)), "abc", MODIFIED));
        assert!(!range_counts(Some(&at(-1)), "abc", MODIFIED));
    }
}
