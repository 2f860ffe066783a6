//! Decides which page replaces an error, and how long an error is remembered (CF-CER-*,
//! CF-ERR-01).

use crate::config::{CustomErrorResponse, Distribution, ErrorPage};

/// `ErrorCachingMinTTL` of a status that has no entry (CF-ERR-01).
const DEFAULT_MIN_TTL_S: u64 = 10;

/// The entry for a status and its position in `CustomErrorResponses`; the list holds for all
/// behaviors alike (CF-CER-04).
pub(crate) fn entry(
    distribution: &Distribution,
    status: u16,
) -> Option<(usize, &CustomErrorResponse)> {
    let mut entries = distribution.error_responses.iter().enumerate();
    entries.find(|(_, entry)| entry.error_code == status)
}

/// The page for a status, if there is one.
pub(crate) fn page(distribution: &Distribution, status: u16) -> Option<(usize, &ErrorPage)> {
    let (index, entry) = entry(distribution, status)?;
    Some((index, entry.page.as_ref()?))
}

/// `ErrorCachingMinTTL` of a status, in seconds.
pub(crate) fn min_ttl_s(distribution: &Distribution, status: u16) -> u64 {
    entry(distribution, status).map_or(DEFAULT_MIN_TTL_S, |(_, entry)| entry.caching_min_ttl_s)
}
