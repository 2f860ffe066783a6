//! Whether a window may be added to those there are.

use crate::{Kind, Moment, Window, WrongWindow};

/// Why a window is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    #[error(transparent)]
    Wrong(#[from] WrongWindow),
    #[error("it would end at {0}, which is over")]
    Over(Moment),
    #[error("it overlaps window {id} ({from} to {})", end(*until))]
    Overlaps { id: String, from: Moment, until: Option<Moment> },
}

fn end(until: Option<Moment>) -> String {
    until.map_or_else(|| "an open end".to_owned(), |until| until.to_string())
}

/// Checks a new or changed window at `now`. It takes the place of one of the same name. Planned
/// windows must not overlap: two teams would each believe the diary theirs. An emergency asks
/// nobody, and planned work may run into one.
pub fn check(window: &Window, windows: &[Window], now: Moment) -> Result<(), Conflict> {
    window.check()?;
    if let Some(until) = window.until.filter(|until| *until <= now) {
        return Err(Conflict::Over(until));
    }
    let other = windows.iter().find(|other| {
        let planned = window.kind == Kind::Planned && other.kind == Kind::Planned;
        planned && other.id != window.id && !other.is_over(now) && other.overlaps(window)
    });
    match other {
        Some(other) => {
            Err(Conflict::Overlaps { id: other.id.clone(), from: other.from, until: other.until })
        }
        None => Ok(()),
    }
}
