//! What Rds keeps across restarts.

use standin_kernel::control::Record;

/// All that is kept.
#[derive(Debug, Default)]
pub(crate) struct State {}

impl State {
    /// Takes back a record from before a restart.
    pub(crate) fn restore(&mut self, record: &Record) -> Result<(), String> {
        let _ = self;
        Err(crate::error::unknown_record(&record.kind))
    }
}
