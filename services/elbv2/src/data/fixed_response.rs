//! What a fixed-response action answers (ALB-AC-05).

use standin_kernel::Response;

use super::error::Own;
use crate::config::FixedResponse;

/// The answer, served exactly as it is configured. The load balancer says which charset a text is
/// in, as it takes message bodies as UTF-8.
pub(crate) fn answer(own: &Own<'_>, action: &FixedResponse) -> Response {
    let mut head = own.head(action.status);
    let content_type = action.content_type.as_deref().unwrap_or("text/plain");
    head.headers.append("Content-Type", format!("{content_type}; charset=utf-8"));
    own.whole(head, action.body.clone())
}
