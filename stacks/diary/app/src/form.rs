//! Reads what a form sent: `application/x-www-form-urlencoded`.

/// The fields in their order; bytes that are no UTF-8 become the replacement character.
pub(crate) fn fields(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// The first field of that name, or nothing.
pub(crate) fn field(fields: &[(String, String)], name: &str) -> String {
    fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) if let Some(byte) = byte(*high, *low) => {
                bytes.push(byte);
                rest = after;
            }
            (other, _) => bytes.push(*other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn byte(high: u8, low: u8) -> Option<u8> {
    let digit = |digit: u8| char::from(digit).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_fields_and_leaves_what_is_no_code() {
        let read = fields("title=%E6%9C%9D+1%2B1&&text=a%0D%0Ab&flag&odd=100%&x=%zz%4");
        assert_eq!(field(&read, "title"), "朝 1+1");
        assert_eq!(field(&read, "text"), "a\r\nb");
        assert_eq!(field(&read, "flag"), "");
        assert_eq!(field(&read, "odd"), "100%");
        assert_eq!(field(&read, "x"), "%zz%4");
        assert_eq!(field(&read, "absent"), "");
        assert_eq!(fields("a=%ff"), [("a".to_owned(), "\u{fffd}".to_owned())]);
    }
}
