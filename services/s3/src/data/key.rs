//! From the path of a request to the key of an object: decoded once, never normalised (S3-GET-07).

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::error::{KEY_BYTES_MAX, Refusal, Result, key_too_long};

/// The key that a path, without its first slash, names.
pub(super) fn of_path(path: &str) -> Result<Cow<'_, str>> {
    let uri = || Refusal::new("InvalidURI", 400, "Couldn't parse the specified URI.");
    let key = decode(path, false).ok_or_else(uri)?;
    match key.len() {
        length if length > KEY_BYTES_MAX => Err(key_too_long(length)),
        _ => Ok(key),
    }
}

/// Undoes percent encoding (and `+` for a space, in queries); `None` when the bytes are not UTF-8.
pub(crate) fn decode(text: &str, plus: bool) -> Option<Cow<'_, str>> {
    if !text.bytes().any(|byte| byte == b'%' || (plus && byte == b'+')) {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let decoded = match (byte, after) {
            (b'%', [high, low, after @ ..]) => digit(*high).zip(digit(*low)).map(|(high, low)| {
                rest = after;
                high << 4 | low
            }),
            (b'+', _) if plus => Some(b' '),
            _ => None,
        };
        bytes.push(decoded.unwrap_or(byte));
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

fn digit(byte: u8) -> Option<u8> {
    u8::try_from(char::from(byte).to_digit(16)?).ok()
}

/// Percent-encodes a key for a URL; slashes stay.
pub(crate) fn encode(key: &str) -> String {
    let mut encoded = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                encoded.push(char::from(byte));
            }
            // Writing into a string cannot fail.
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn s3_get_07_decoded_once_and_not_normalised() {
        assert_eq!(of_path("a//b/").unwrap(), "a//b/");
        assert_eq!(of_path("a%252Fb").unwrap(), "a%2Fb");
        assert_eq!(of_path("a/../b+c").unwrap(), "a/../b+c");
        assert_eq!(of_path("%E6%97%A5").unwrap(), "日");
        assert_eq!(of_path("50%").unwrap(), "50%");
        assert_eq!(of_path("%FF").unwrap_err().code, "InvalidURI");
        assert_eq!(of_path(&"x".repeat(1025)).unwrap_err().code, "KeyTooLongError");
        assert_eq!(decode("a+b", true).unwrap(), "a b");
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_itself(key in ".{0,60}") {
            let encoded = encode(&key);
            prop_assert_eq!(decode(&encoded, false).unwrap(), key.as_str());
        }
    }
}
