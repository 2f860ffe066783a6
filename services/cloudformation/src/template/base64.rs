//! `Fn::Base64` (CFN-IN-21).

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The bytes in the standard alphabet, with padding.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group =
            [chunk[0], chunk.get(1).copied().unwrap_or(0), chunk.get(2).copied().unwrap_or(0)];
        let indices = [
            group[0] >> 2,
            (group[0] & 0x03) << 4 | group[1] >> 4,
            (group[1] & 0x0f) << 2 | group[2] >> 6,
            group[2] & 0x3f,
        ];
        for (place, index) in indices.into_iter().enumerate() {
            let letter = if place <= chunk.len() { ALPHABET[usize::from(index)] } else { b'=' };
            text.push(char::from(letter));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cfn_in_21_text_is_encoded_with_padding() {
        for (text, encoded) in
            [("abc", "YWJj"), ("", ""), ("a", "YQ=="), ("ab", "YWI="), ("\u{fffd}?>", "77+9Pz4=")]
        {
            assert_eq!(encode(text.as_bytes()), encoded, "{text:?}");
        }
    }
}
