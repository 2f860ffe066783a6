//! Lists as the API writes them: `{Quantity, Items}`, where the two must agree.

use serde::de::Deserializer;
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use standin_kernel::{ApiError, Value};

use crate::error::invalid;

/// A list with its length beside it; without items `Items` is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct List<T>(pub(crate) Vec<T>);

impl<T> List<T> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Serialize> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("Quantity", &self.0.len())?;
        if !self.0.is_empty() {
            map.serialize_entry("Items", &self.0)?;
        }
        map.end()
    }
}

impl<'d, T: Deserialize<'d>> Deserialize<'d> for List<T> {
    fn deserialize<D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase", deny_unknown_fields)]
        struct Form<T> {
            #[serde(rename = "Quantity")]
            _quantity: u64,
            items: Option<Vec<T>>,
        }
        let form = Form::deserialize(from)?;
        Ok(Self(form.items.unwrap_or_default()))
    }
}

/// Refuses a document in which a `Quantity` is not the number of its `Items`.
pub(crate) fn agree(document: &Value) -> Result<(), ApiError> {
    match document {
        Value::Array(items) => items.iter().try_for_each(agree),
        Value::Object(members) => {
            let items = members.get("Items").and_then(Value::as_array).map_or(0, Vec::len);
            let quantity = members.get("Quantity").and_then(Value::as_u64);
            if quantity.is_some_and(|quantity| usize::try_from(quantity) != Ok(items)) {
                let message = "The value of Quantity and the size of Items don't match.";
                return Err(invalid("InconsistentQuantities", message));
            }
            members.values().try_for_each(agree)
        }
        _ => Ok(()),
    }
}
