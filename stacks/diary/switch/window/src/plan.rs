//! Whether a window may be added to those there are.

use crate::{Kind, Moment, Window, WrongWindow};

/// Why a window is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    #[error(transparent)]
    Wrong(#[from] WrongWindow),
    #[error("it would end at {0}, which is over")]
    Over(Moment),
    #[error("it overlaps window {id} ({from} to {until})")]
    Overlaps { id: String, from: Moment, until: Moment },
}

/// Checks a new or changed window at `now`. It takes the place of one of the same name. Planned
/// windows with an end must not overlap: two teams would each believe the diary theirs. A window
/// without an end, and an emergency, last until a hand opens the diary, and ask nobody.
pub fn check(window: &Window, windows: &[Window], now: Moment) -> Result<(), Conflict> {
    window.check()?;
    if let Some(until) = window.until.filter(|until| *until <= now) {
        return Err(Conflict::Over(until));
    }
    let is_planned = |one: &Window| one.kind == Kind::Planned && one.until.is_some();
    let other = windows.iter().find(|other| {
        let planned = is_planned(window) && is_planned(other);
        planned && other.id != window.id && !other.is_over(now) && other.overlaps(window)
    });
    match other.and_then(|other| Some((other, other.until?))) {
        Some((other, until)) => {
            Err(Conflict::Overlaps { id: other.id.clone(), from: other.from, until })
        }
        None => Ok(()),
    }
}
