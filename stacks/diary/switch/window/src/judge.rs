//! Whether the diary is closed at a moment, by which window, until when, and when that changes.

use crate::{Kind, Moment, Network, Window};

/// Seconds that a program is told to wait when nobody knows the end.
const RETRY_AFTER_UNKNOWN_S: u64 = 120;
/// No program is told to wait longer than this: windows end early, too.
const RETRY_AFTER_MAX_S: u64 = 6 * 3600;

/// What holds at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement<'w> {
    /// Set while the diary is closed.
    pub open: Option<Open<'w>>,
    /// The next window that begins, open ones aside.
    pub next: Option<&'w Window>,
    /// When to judge again at the latest; `None` when nothing changes any more.
    pub changes: Option<Moment>,
}

/// A window that is open: the diary is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open<'w> {
    /// Whose message and kind readers see: an emergency before planned work, and of equals the one
    /// that began last.
    pub window: &'w Window,
    /// When readers see the diary again: windows that overlap or follow without a gap are one
    /// time to them. `None`: nobody knows.
    pub until: Option<Moment>,
    /// The addresses of all open windows.
    pub operators: Vec<Network>,
}

impl Open<'_> {
    /// Seconds for `Retry-After`: until the end, at least 1.
    pub fn retry_after_s(&self, now: Moment) -> u64 {
        let left = self.until.and_then(|until| u64::try_from(until.since(now)).ok());
        left.map_or(RETRY_AFTER_UNKNOWN_S, |left| left.clamp(1, RETRY_AFTER_MAX_S))
    }
}

/// Judges the time. The order of `windows` means nothing.
pub fn judge(now: Moment, windows: &[Window]) -> Judgement<'_> {
    let open: Vec<&Window> = windows.iter().filter(|window| window.has(now)).collect();
    let coming = windows.iter().filter(|window| window.from > now);
    let next = coming.min_by(|a, b| (a.from, &a.id).cmp(&(b.from, &b.id)));
    let ends = open.iter().filter_map(|window| window.until);
    let changes = ends.chain(next.map(|next| next.from)).min();
    let shown = open.iter().max_by(|a, b| {
        (a.kind == Kind::Emergency, a.from, &a.id).cmp(&(b.kind == Kind::Emergency, b.from, &b.id))
    });
    let open = shown.map(|window| {
        let mut operators: Vec<Network> =
            open.iter().flat_map(|window| window.operators.iter().copied()).collect();
        operators.sort_unstable();
        operators.dedup();
        Open { window, until: end(now, windows), operators }
    });
    Judgement { open, next, changes }
}

/// The first moment after `now` at which no window is open; `None` when there is none.
fn end(now: Moment, windows: &[Window]) -> Option<Moment> {
    let mut end = now;
    // Every round leaves at least one window behind.
    while let Some(window) = windows.iter().find(|window| window.has(end)) {
        end = window.until?;
    }
    Some(end)
}
