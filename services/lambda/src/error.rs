//! What Lambda refuses and in which words.

/// A record of a kind this version does not write.
pub(crate) fn unknown_record(kind: &str) -> String {
    format!("a record of the unknown kind {kind:?}")
}
