//! Decides whether a maintenance window is open, from the parameters in which the maintenance
//! switch finds them.

use diary_window::{Moment, Window, judge};
use standin_kernel::Time;

/// The windows as they were read last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Windows(Vec<Window>);

impl Windows {
    /// Reads parameters: name and value. One that holds no window counts for nothing, as the switch
    /// has it.
    pub fn read<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let window = |(name, value): (&str, &str)| {
            Window::parse(name.rsplit('/').next().unwrap_or_default(), value).ok()
        };
        Self(parameters.into_iter().filter_map(window).collect())
    }

    pub fn is_open(&self, now: Time) -> bool {
        let now = Moment(i64::try_from(now.seconds()).unwrap_or(i64::MAX));
        judge(now, &self.0).open.is_some()
    }
}
