//! The JSON protocols 1.0 and 1.1: the body is the document.

use standin_kernel::{ApiError, Value, json};

/// The document of a request body; an empty body is an empty document.
pub fn input(body: &[u8]) -> Result<Value, ApiError> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    match serde_json::from_slice(body) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err(ApiError::new("SerializationException", 400, "the body is not an object")),
        Err(wrong) => Err(ApiError::new("SerializationException", 400, wrong.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_object_is_a_document() {
        assert_eq!(input(b"").unwrap(), json!({}));
        assert_eq!(input(b"[1]").unwrap_err().code, "SerializationException");
        assert_eq!(input(b"{").unwrap_err().code, "SerializationException");
    }
}
