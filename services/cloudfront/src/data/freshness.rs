//! Decides for how long an answer may be reused: fresh, then stale under conditions (CF-TTL-*,
//! CF-STALE-*, CF-ERR-01 to CF-ERR-10).

use standin_kernel::{Headers, Time};

use crate::config::CacheSettings;

/// What an answer says about its own reuse, durations in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Directives {
    /// `no-store`, `no-cache` or `private`.
    pub(crate) forbidden: bool,
    max_age_s: Option<u64>,
    s_maxage_s: Option<u64>,
    stale_while_revalidate_s: Option<u64>,
    stale_if_error_s: Option<u64>,
    expires_in_s: Option<u64>,
    /// `Vary: *`
    vary_all: bool,
}

impl Directives {
    pub(crate) fn read(headers: &Headers, now: Time) -> Self {
        let mut found = Self::default();
        let mut expires = None;
        for (name, value) in headers.iter() {
            if name.eq_ignore_ascii_case("Cache-Control") {
                found.cache_control(value);
            } else if name.eq_ignore_ascii_case("Expires") {
                expires = Some(value);
            } else if name.eq_ignore_ascii_case("Vary") {
                found.vary_all |= value.split(|b| *b == b',').any(|one| one.trim_ascii() == b"*");
            }
        }
        if found.lifetime_s().is_none()
            && let Some(expires) = expires
        {
            // A date that cannot be read lies in the past (RFC 9111, 5.3).
            let at = std::str::from_utf8(expires).ok().and_then(Time::parse_http_date);
            found.expires_in_s = Some(at.map_or(0, |at| at.since(now).as_secs()));
        }
        found
    }

    fn cache_control(&mut self, value: &[u8]) {
        for directive in value.split(|byte| *byte == b',') {
            let mut halves = directive.splitn(2, |byte| *byte == b'=');
            let name = halves.next().unwrap_or_default().trim_ascii();
            let seconds = halves.next().and_then(seconds);
            let is = |wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
            if is("no-store") || is("no-cache") || is("private") {
                self.forbidden = true;
            } else if is("max-age") {
                self.max_age_s = seconds;
            } else if is("s-maxage") {
                self.s_maxage_s = seconds;
            } else if is("stale-while-revalidate") {
                self.stale_while_revalidate_s = seconds;
            } else if is("stale-if-error") {
                self.stale_if_error_s = seconds;
            }
        }
    }

    /// `s-maxage` before `max-age` before `Expires` (CF-TTL-03, CF-TTL-04).
    pub(crate) fn lifetime_s(&self) -> Option<u64> {
        self.s_maxage_s.or(self.max_age_s).or(self.expires_in_s)
    }

    const fn has_max_age(&self) -> bool {
        self.s_maxage_s.is_some() || self.max_age_s.is_some()
    }
}

/// Digits, perhaps in quotes; larger than a number can be is as large as it can be.
fn seconds(text: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(text).ok()?.trim().trim_matches('"');
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(digits.parse().unwrap_or(u64::MAX).min(YEARS_100_S))
}

const YEARS_100_S: u64 = 100 * 365 * 86_400;

/// For how long an object lives in the cache; all spans in seconds from when it was stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Life {
    /// Served without asking the origin.
    pub(crate) fresh_s: u64,
    /// Served while one request in the background refreshes it (CF-STALE-06).
    pub(crate) while_revalidate_s: u64,
    /// Served when the origin fails (CF-STALE-01, CF-STALE-05, CF-STALE-07).
    pub(crate) if_error_s: u64,
    /// Only an origin that cannot be reached counts as failing, not one that answers 5xx: it had
    /// asked for no reuse at all (CF-STALE-09).
    pub(crate) unreachable_only: bool,
    /// Refreshed in full, never with a condition (CF-TTL-10).
    pub(crate) unconditional: bool,
}

/// How long an answer below 400 lives; `None`: it is not stored at all.
pub(crate) fn object(directives: &Directives, settings: &CacheSettings) -> Option<Life> {
    if settings.disabled() {
        return None;
    }
    let CacheSettings { min_ttl_s, default_ttl_s, max_ttl_s, .. } = *settings;
    let fresh_s = if directives.forbidden || directives.vary_all {
        min_ttl_s
    } else if let Some(lifetime_s) = directives.lifetime_s() {
        lifetime_s.min(max_ttl_s).max(min_ttl_s)
    } else {
        default_ttl_s.max(min_ttl_s)
    };
    let beyond = |span_s: u64| fresh_s.saturating_add(span_s).min(max_ttl_s);
    Some(Life {
        fresh_s,
        while_revalidate_s: directives.stale_while_revalidate_s.map_or(0, beyond),
        if_error_s: directives
            .stale_if_error_s
            .map_or(max_ttl_s, |span_s| if span_s == 0 { 0 } else { beyond(span_s) }),
        unreachable_only: directives.forbidden && min_ttl_s == 0,
        unconditional: directives.vary_all,
    })
}

/// Errors that are kept whatever the origin says about them (CF-ERR-02); 410 is treated like 404
/// (CF-ERR-13).
const KEPT: [u16; 8] = [404, 410, 414, 500, 501, 502, 503, 504];

/// Errors whose keeping the origin can forbid (CF-ERR-06).
const OBEYING: [u16; 4] = [404, 410, 414, 501];

/// For how many seconds an error is kept; `None`: not at all. `min_ttl_s` is the status's
/// `ErrorCachingMinTTL`; `s3`: the origin is a bucket.
pub(crate) fn error_s(
    status: u16,
    directives: &Directives,
    settings: &CacheSettings,
    min_ttl_s: u64,
    s3: bool,
) -> Option<u64> {
    if settings.disabled() || status == 416 {
        return None;
    }
    if directives.forbidden && OBEYING.contains(&status) {
        return None;
    }
    if !KEPT.contains(&status) && !directives.has_max_age() {
        return None;
    }
    let own_s = directives.lifetime_s().unwrap_or(0).min(settings.max_ttl_s);
    match own_s.max(min_ttl_s) {
        // CF-ERR-08
        0 if s3 => Some(1),
        0 => None,
        ttl_s => Some(ttl_s),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_seconds(1_800_000_000);

    fn says(cache_control: &str) -> Directives {
        Directives::read(&Headers::from_iter([("Cache-Control", cache_control)]), NOW)
    }

    fn expires(offset_s: i64) -> Headers {
        let at = Time::from_seconds(NOW.seconds().saturating_add_signed(offset_s)).http_date();
        Headers::from_iter([("Expires", at.as_str())])
    }

    fn ttl(min_ttl_s: u64, default_ttl_s: u64, max_ttl_s: u64) -> CacheSettings {
        CacheSettings { min_ttl_s, default_ttl_s, max_ttl_s, ..CacheSettings::default() }
    }

    fn fresh(directives: &Directives, settings: &CacheSettings) -> u64 {
        object(directives, settings).map_or(0, |life| life.fresh_s)
    }

    #[test]
    fn cf_ttl_01_max_age_is_limited_by_max_ttl() {
        assert_eq!(fresh(&says("max-age=500"), &ttl(0, 10, 100)), 100);
        assert_eq!(fresh(&says("max-age=50"), &ttl(0, 10, 100)), 50);
    }

    #[test]
    fn cf_ttl_02_without_a_word_default_ttl() {
        assert_eq!(fresh(&Directives::default(), &ttl(0, 60, 100)), 60);
        assert_eq!(fresh(&says("public, must-revalidate"), &ttl(0, 60, 100)), 60);
    }

    #[test]
    fn cf_ttl_03_s_maxage_wins() {
        assert_eq!(fresh(&says("max-age=10, s-maxage=60"), &ttl(0, 5, 100)), 60);
        assert_eq!(fresh(&says("S-MaxAge=\"60\", max-age=10"), &ttl(0, 5, 100)), 60);
    }

    #[test]
    fn cf_ttl_04_expires_counts_only_alone() {
        assert_eq!(fresh(&Directives::read(&expires(50), NOW), &ttl(0, 5, 100)), 50);
        assert_eq!(fresh(&Directives::read(&expires(500), NOW), &ttl(0, 5, 100)), 100);
        assert_eq!(fresh(&Directives::read(&expires(-5), NOW), &ttl(0, 5, 100)), 0);
        let mut both = expires(50);
        both.append("Cache-Control", "max-age=7");
        assert_eq!(fresh(&Directives::read(&both, NOW), &ttl(0, 5, 100)), 7);
        let never = Headers::from_iter([("Expires", "0")]);
        assert_eq!(fresh(&Directives::read(&never, NOW), &ttl(0, 5, 100)), 0);
    }

    #[test]
    fn cf_ttl_05_and_07_forbidden_reuse_gives_min_ttl() {
        for word in ["no-cache", "no-store", "private", "max-age=90, private"] {
            assert_eq!(fresh(&says(word), &ttl(0, 60, 100)), 0, "{word}");
            assert_eq!(fresh(&says(word), &ttl(30, 60, 100)), 30, "{word}");
        }
    }

    #[test]
    fn cf_ttl_06_values_are_clamped_into_min_and_max() {
        assert_eq!(fresh(&says("max-age=5"), &ttl(30, 60, 100)), 30);
        assert_eq!(fresh(&Directives::default(), &ttl(30, 10, 100)), 30);
        assert_eq!(fresh(&Directives::default(), &ttl(30, 60, 100)), 60);
    }

    #[test]
    fn cf_ttl_10_vary_star() {
        let vary = Headers::from_iter([("Vary", "Accept, *"), ("Cache-Control", "max-age=60")]);
        let vary = Directives::read(&vary, NOW);
        let life = object(&vary, &ttl(0, 60, 100)).unwrap();
        assert_eq!((life.fresh_s, life.unconditional), (0, true));
        assert_eq!(fresh(&vary, &ttl(30, 60, 100)), 30);
    }

    #[test]
    fn cf_pol_08_all_zero_means_nothing_is_stored() {
        assert_eq!(object(&says("max-age=60"), &ttl(0, 0, 0)), None);
        assert_eq!(error_s(503, &Directives::default(), &ttl(0, 0, 0), 10, false), None);
    }

    #[test]
    fn cf_stale_05_to_08_how_long_stale_objects_may_serve() {
        let settings = ttl(0, 5, 60);
        let life = |text: &str| object(&says(text), &settings).unwrap();
        assert_eq!(life("max-age=5").if_error_s, 60);
        assert_eq!(life("max-age=5, stale-if-error=30").if_error_s, 35);
        assert_eq!(life("max-age=5, stale-if-error=300").if_error_s, 60);
        assert_eq!(life("max-age=5, stale-if-error=0").if_error_s, 0);
        assert_eq!(life("max-age=5").while_revalidate_s, 0);
        assert_eq!(life("max-age=5, stale-while-revalidate=20").while_revalidate_s, 25);
        assert_eq!(life("max-age=5, stale-while-revalidate=99").while_revalidate_s, 60);
        assert!(life("no-cache").unreachable_only && !life("max-age=0").unreachable_only);
    }

    #[test]
    fn cf_err_02_and_03_which_errors_are_kept() {
        let settings = ttl(0, 60, 3600);
        for status in [404, 410, 414, 500, 501, 502, 503, 504] {
            assert_eq!(error_s(status, &Directives::default(), &settings, 10, false), Some(10));
        }
        for status in [400, 401, 403, 405, 412, 415, 429] {
            assert_eq!(error_s(status, &Directives::default(), &settings, 10, false), None);
            assert_eq!(error_s(status, &says("max-age=30"), &settings, 10, false), Some(30));
            assert_eq!(error_s(status, &says("s-maxage=3"), &settings, 10, false), Some(10));
        }
    }

    #[test]
    fn cf_err_04_a_416_is_never_kept() {
        assert_eq!(error_s(416, &says("max-age=30"), &ttl(0, 60, 3600), 60, false), None);
    }

    #[test]
    fn cf_err_05_the_larger_of_error_ttl_and_the_answers_own() {
        let settings = ttl(0, 60, 3600);
        assert_eq!(error_s(503, &says("max-age=60"), &settings, 10, false), Some(60));
        assert_eq!(error_s(503, &says("max-age=1"), &settings, 10, false), Some(10));
        assert_eq!(error_s(503, &says("max-age=9999"), &settings, 10, false), Some(3600));
        let expires = Directives::read(&expires(40), NOW);
        assert_eq!(error_s(503, &expires, &settings, 10, false), Some(40));
    }

    #[test]
    fn cf_err_06_only_four_errors_obey_no_store() {
        let settings = ttl(0, 60, 3600);
        for word in ["no-store", "no-cache", "private"] {
            for status in [404, 410, 414, 501] {
                assert_eq!(error_s(status, &says(word), &settings, 10, false), None);
            }
            for status in [500, 502, 503, 504] {
                assert_eq!(error_s(status, &says(word), &settings, 10, false), Some(10));
            }
        }
    }

    #[test]
    fn cf_ttl_11_an_s3_501_with_no_store_is_not_kept() {
        assert_eq!(error_s(501, &says("no-store"), &ttl(60, 60, 3600), 10, true), None);
    }

    #[test]
    fn cf_err_08_zero_means_one_second_for_a_bucket() {
        let settings = ttl(0, 60, 3600);
        assert_eq!(error_s(404, &Directives::default(), &settings, 0, true), Some(1));
        assert_eq!(error_s(404, &Directives::default(), &settings, 0, false), None);
    }
}
