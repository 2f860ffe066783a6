//! Functions that are broken on purpose, and what that does to their invocations.

use standin_kernel::Duration;
use standin_kernel::fault::Mode;

use super::Live;

/// What becomes of an invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// It fails at once.
    Error,
    /// It is refused with 429.
    Throttle,
    /// It begins later.
    Slow(Duration),
    /// It runs into its timeout.
    Hang,
}

impl Live {
    /// How a function is broken, if it is.
    pub(crate) fn broken(&self, function: &str) -> Option<Broken> {
        let (_, mode) = self
            .broken
            .iter()
            .find(|(name, _)| name == function || name == crate::EVERY_FUNCTION)?;
        match *mode {
            Mode::Hang => Some(Broken::Hang),
            Mode::Slow(by) => Some(Broken::Slow(by)),
            Mode::Status(429) => Some(Broken::Throttle),
            Mode::Stop | Mode::Status(_) => Some(Broken::Error),
            _ => None,
        }
    }
}
