//! What the runtimes of CloudFront do not read though QuickJS does (CF-FN-12).

use standin_kernel::evaluation::{Failure, Program};

/// Why a program is not read, if it is not.
pub(crate) fn refused(_program: &Program) -> Option<Failure> {
    None
}
