//! Base64 as documents, events and checksums carry bytes (RFC 4648, 4: with padding).

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The bytes in the standard alphabet, with padding.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = (0..3)
            .fold(0_u32, |bits, at| bits << 8 | u32::from(chunk.get(at).copied().unwrap_or(0)));
        for place in 0..4_usize {
            let digit = (bits >> (18 - 6 * place)) & 63;
            let filled = place <= chunk.len();
            let letter = usize::try_from(digit).ok().and_then(|at| ALPHABET.get(at));
            text.push(if filled { letter.map_or('=', |byte| char::from(*byte)) } else { '=' });
        }
    }
    text
}

/// `None` when it is not base64. Padding may be left out.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for chunk in text.as_bytes().chunks(4) {
        if chunk.len() == 1 {
            return None;
        }
        let mut bits = 0_u32;
        for at in 0..4 {
            let digit = match chunk.get(at) {
                None => 0,
                Some(byte) => ALPHABET.iter().position(|known| known == byte)?,
            };
            bits = bits << 6 | u32::try_from(digit).ok()?;
        }
        let [_, one, two, three] = bits.to_be_bytes();
        bytes.extend([one, two, three].into_iter().take(chunk.len() - 1));
    }
    Some(bytes)
}

/// The same for a text that may be broken into lines.
pub fn decode_lines(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=').chars();
    decode(&digits.filter(|digit| !digit.is_ascii_whitespace()).collect::<String>())
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

    #[test]
    fn reads_back_what_it_wrote() {
        for (plain, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(plain.as_bytes()), text);
            assert_eq!(decode(text).as_deref(), Some(plain.as_bytes()));
        }
        assert_eq!(decode("Zm8").as_deref(), Some(&b"fo"[..]));
        assert_eq!((decode("Z"), decode("Zg?=")), (None, None));
        assert_eq!(decode("!!!!"), None);
        assert_eq!((decode("Zm\n8="), decode_lines("Zm\n8=")), (None, Some(b"fo".to_vec())));
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(&encode(&all)), Some(all));
    }
}
