//! Text that must not be printed: secrets and encrypted parameters.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A secret. It is stored and answered as it is, but `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Confidential(pub(crate) String);

impl fmt::Debug for Confidential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
