//! Custom error responses (CF-CER-01 to -03).

use std::collections::BTreeSet;

use standin_kernel::ApiError;

use crate::api::document::DistributionConfig;
use crate::error::{invalid, invalid_argument};

/// CF-CER-01; as response codes, 200 joins them (CF-CER-02).
const CODES: &[u16] = &[400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];

pub(super) fn responses(document: &DistributionConfig) -> Result<(), ApiError> {
    let mut seen = BTreeSet::new();
    for response in document.custom_error_responses.iter() {
        if !CODES.contains(&response.error_code) || !seen.insert(response.error_code) {
            return Err(invalid("InvalidErrorCode", "An invalid error code was specified."));
        }
        let (page, code) = (&response.response_page_path, &response.response_code);
        if page.is_empty() != code.is_empty() {
            let message = "Your request must specify both ResponsePagePath and ResponseCode \
                           together or none of them.";
            return Err(invalid_argument(message));
        }
        if page.is_empty() {
            continue;
        }
        if !code.parse().is_ok_and(|code: u16| code == 200 || CODES.contains(&code)) {
            return Err(invalid("InvalidResponseCode", "A response code is not valid."));
        }
        if !page.starts_with('/') || page.len() > 4000 || page.contains(char::is_whitespace) {
            let message = "The relative path is too big, is not URL-encoded, or does not begin \
                           with a slash (/).";
            return Err(invalid("InvalidRelativePath", message));
        }
    }
    Ok(())
}
