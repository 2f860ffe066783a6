//! Lists in pages: `Marker` names the last item of the page before.

use serde::Deserialize;
use standin_kernel::{ApiError, Value, json};

use crate::error::invalid_argument;

/// What a list operation asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Ask {
    pub(super) marker: Option<String>,
    /// A number, as text or not.
    pub(super) max_items: Option<Value>,
}

/// Items on a page unless said otherwise, and at most.
const ITEMS_MAX: usize = 100;

impl Ask {
    /// The list's document from `(id, item)` in order.
    pub(super) fn page(self, all: &[(&str, Value)]) -> Result<Value, ApiError> {
        let wrong = || invalid_argument("The parameter MaxItems is invalid.");
        let most = match &self.max_items {
            None => ITEMS_MAX,
            Some(Value::String(text)) => text.parse().map_err(|_| wrong())?,
            Some(other) => {
                other.as_u64().and_then(|most| usize::try_from(most).ok()).ok_or_else(wrong)?
            }
        };
        if most == 0 {
            return Err(wrong());
        }
        let marker = self.marker.unwrap_or_default();
        let after = match marker.as_str() {
            "" => 0,
            marker => all.iter().position(|(id, _)| *id == marker).map_or(all.len(), |at| at + 1),
        };
        let rest = &all[after..];
        let shown = &rest[..rest.len().min(most.min(ITEMS_MAX))];
        let truncated = shown.len() < rest.len();
        let mut document = json!({
            "Marker": marker,
            "MaxItems": most,
            "IsTruncated": truncated,
            "Quantity": shown.len(),
        });
        if !shown.is_empty() {
            document["Items"] = shown.iter().map(|(_, item)| item.clone()).collect();
        }
        if truncated && let Some((id, _)) = shown.last() {
            document["NextMarker"] = json!(id);
        }
        Ok(document)
    }
}
