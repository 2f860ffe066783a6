//! Which headers a function may see and set (CF-FN-10).

use super::EventType;

/// Neither shown to functions nor to be set by them.
const DISALLOWED: [&str; 13] = [
    "Connection",
    "Expect",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "Trailer",
    "Upgrade",
    "X-Accel-Buffering",
    "X-Cache",
    "X-Forwarded-Proto",
    "X-Real-IP",
    "X-Amzn-Trace-Id",
];

const DISALLOWED_BEGINNINGS: [&str; 5] =
    ["X-Accel-", "X-Amz-Cf-", "X-Amzn-Auth", "X-Amzn-Cf-", "X-Edge-"];

/// To be seen, not to be changed.
const READ_ONLY_REQUEST: [&str; 4] = ["Content-Length", "Host", "Transfer-Encoding", "Via"];
const READ_ONLY_RESPONSE: [&str; 2] = ["Warning", "Via"];

/// Of a function's own answer.
const READ_ONLY_ANSWER: [&str; 4] = ["Content-Length", "Transfer-Encoding", "Warning", "Via"];

fn is_one_of(name: &str, list: &[&str]) -> bool {
    list.iter().any(|one| name.eq_ignore_ascii_case(one))
}

/// Whether functions do not see a header.
pub(super) fn is_hidden(name: &str) -> bool {
    let begins = |begin: &&str| {
        name.get(..begin.len()).is_some_and(|front| front.eq_ignore_ascii_case(begin))
    };
    is_one_of(name, &DISALLOWED) || DISALLOWED_BEGINNINGS.iter().any(begins)
}

/// Whether functions see a header and may not change it.
pub(super) fn is_read_only(name: &str, event: EventType) -> bool {
    match event {
        EventType::ViewerRequest => is_one_of(name, &READ_ONLY_REQUEST),
        EventType::ViewerResponse => is_one_of(name, &READ_ONLY_RESPONSE),
    }
}

/// Whether a function's own answer may not have a header.
pub(super) fn is_for_edge_only(name: &str) -> bool {
    is_hidden(name) || is_one_of(name, &READ_ONLY_ANSWER)
}

/// As viewers and origins get it: `x-robots-tag` is `X-Robots-Tag` (CF-FN-04).
pub(super) fn capitals(name: &str) -> String {
    let mut begins = true;
    let mut capital = |one: char| {
        let shown = if begins { one.to_ascii_uppercase() } else { one };
        begins = one == '-';
        shown
    };
    name.chars().map(&mut capital).collect()
}
