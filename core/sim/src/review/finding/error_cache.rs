//! Rules about how long errors are remembered.

use standin_kernel::Value;

use super::{Draft, View, policy, seconds, words};
use crate::review::case::number;
use crate::review::change::Edit;

/// What errors are remembered for when nothing is said, in seconds (CF-ERR-01).
const DEFAULT_TTL_S: u64 = 10;
/// What is enough to spare the origin, and short for a reader.
const ENOUGH_S: u64 = 5;

fn ttl_s(entry: &Value) -> u64 {
    number(&entry["ErrorCachingMinTTL"]).unwrap_or(DEFAULT_TTL_S)
}

fn is_server_error(entry: &Value) -> bool {
    number(&entry["ErrorCode"]).is_some_and(|code| code >= 500)
}

/// The page stays after recovery because the error does.
pub(super) fn kept_long(view: &View<'_>) -> Vec<Draft> {
    let Some((id, config)) = view.distribution() else { return Vec::new() };
    let entries = config["CustomErrorResponses"].as_array();
    let long: Vec<(usize, u64)> = entries
        .into_iter()
        .flatten()
        .enumerate()
        .filter(|(_, entry)| is_server_error(entry) && ttl_s(entry) > DEFAULT_TTL_S)
        .map(|(index, entry)| (index, ttl_s(entry)))
        .collect();
    let Some((first, ttl)) = long.iter().max_by_key(|(_, ttl)| *ttl).copied() else {
        return Vec::new();
    };
    let row = view.largest(super::Row::reads_pages, |worst| worst.sorry_after_s);
    let Some(row) = row else { return Vec::new() };
    let after = seconds(row.worst.sorry_after_s);
    let property = |index: usize| {
        format!("DistributionConfig.CustomErrorResponses[{index}].ErrorCachingMinTTL")
    };
    vec![Draft {
        rule: "error-ttl-too-long",
        title: words(
            "the page stays long after the service is back",
            "復旧後もエラーページが長く残る",
        ),
        why: words(
            format!(
                "an error met just before the service is back is remembered for \
                 ErrorCachingMinTTL = {ttl} s; measured: {after} of page after recovery"
            ),
            format!(
                "復旧直前のエラーが ErrorCachingMinTTL = {ttl} 秒間記憶される; 実測: 復旧後 {after}"
            ),
        ),
        advice: words(
            format!("set ErrorCachingMinTTL to {ENOUGH_S}"),
            format!("ErrorCachingMinTTL を {ENOUGH_S} にする"),
        ),
        at: (id.to_owned(), property(first)),
        ledger: vec!["CF-ERR-05", "MP-R04"],
        edits: long.iter().map(|(index, _)| Edit::new(id, property(*index), ENOUGH_S)).collect(),
        proof: row.proof(),
        floor: 0.0,
    }]
}

/// Nothing is cached, errors neither: each viewer waits for the failing origin anew.
pub(super) fn switched_off(view: &View<'_>) -> Vec<Draft> {
    let Some((id, config)) = view.distribution() else { return Vec::new() };
    let behavior = &config["DefaultCacheBehavior"];
    let entries = config["CustomErrorResponses"].as_array();
    let remembered = entries
        .into_iter()
        .flatten()
        .enumerate()
        .find(|(_, entry)| is_server_error(entry) && ttl_s(entry) > 0);
    let off = policy::lifetimes(view, behavior).is_some_and(|lifetimes| lifetimes.max_s == 0);
    let (true, Some((_, entry))) = (off, remembered) else { return Vec::new() };
    let ttl = ttl_s(entry);
    let row = view.largest(super::Row::reads_pages, |worst| worst.hang_s);
    vec![Draft {
        rule: "error-caching-off",
        title: words(
            "errors are not remembered: ErrorCachingMinTTL means nothing here",
            "エラーがキャッシュされず ErrorCachingMinTTL が効かない",
        ),
        why: words(
            format!(
                "the default behavior's largest TTL is 0, so that the {ttl} s of \
                 ErrorCachingMinTTL are not kept: every request of an outage asks the origin and \
                 waits for it"
            ),
            format!(
                "デフォルトビヘイビアの MaxTTL が 0 のため ErrorCachingMinTTL の {ttl} 秒は無効: \
                 障害中の全リクエストがオリジンを待つ"
            ),
        ),
        advice: words(
            "use a cache policy with DefaultTTL 0 and MaxTTL 1: pages are still asked for anew, \
             errors are remembered",
            "DefaultTTL 0, MaxTTL 1 のキャッシュポリシーにする (ページは毎回取得、エラーは記憶)",
        ),
        at: (id.to_owned(), "DistributionConfig.DefaultCacheBehavior.CachePolicyId".to_owned()),
        ledger: vec!["CF-ERR-07"],
        edits: policy::short_lived(id, "DefaultCacheBehavior"),
        proof: row.map_or(super::Proof::None, super::Row::proof),
        floor: 2.0,
    }]
}
