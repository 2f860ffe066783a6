//! Scalars as text: numbers, truths, times, and the escapes of URLs and forms.

use standin_kernel::{ApiError, Time, Value, json};

use crate::model::Shape;

/// A scalar of this shape from its text. `at`: its name, for the error.
pub(crate) fn scalar(shape: &Shape, given: &str, at: &str) -> Result<Value, ApiError> {
    let wrong = |what: &str| {
        let message = format!("Value '{given}' at '{at}' failed to satisfy constraint: {what}");
        ApiError::new("ValidationError", 400, message)
    };
    match shape {
        Shape::Integer => {
            given.trim().parse::<i64>().map(Value::from).map_err(|_| wrong("must be an integer"))
        }
        Shape::Number => given
            .trim()
            .parse::<f64>()
            .map(|number| json!(number))
            .map_err(|_| wrong("must be a number")),
        Shape::Bool => match given.trim() {
            "true" | "True" | "1" => Ok(json!(true)),
            "false" | "False" | "0" => Ok(json!(false)),
            _ => Err(wrong("must be true or false")),
        },
        _ => Ok(json!(given)),
    }
}

/// How a scalar is written; `None` for what is no scalar.
pub(crate) fn written(shape: &Shape, value: &Value) -> Option<String> {
    match (shape, value) {
        (_, Value::String(text)) => Some(text.clone()),
        (_, Value::Bool(truth)) => Some(truth.to_string()),
        (Shape::Time, Value::Number(seconds)) => {
            let millis = seconds.as_f64()? * 1000.0;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let nanos = (millis.max(0.0) as u64).saturating_mul(1_000_000);
            Some(Time(nanos).iso8601())
        }
        (_, Value::Number(number)) => Some(number.to_string()),
        _ => None,
    }
}

/// `%41` and `+` (for a space) decoded.
pub(crate) fn unescape_form(text: &str) -> String {
    unescape(&text.replace('+', " "))
}

/// `%41` decoded; what is no escape stays as it is.
pub fn unescape(text: &str) -> String {
    String::from_utf8_lossy(&unescape_bytes(text)).into_owned()
}

/// The same, whether it is UTF-8 or not.
pub(crate) fn unescape_bytes(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes.get(at + 1..at + 3).and_then(|two| std::str::from_utf8(two).ok());
        let decoded = digits
            .filter(|digits| bytes[at] == b'%' && digits.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match decoded {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    out
}

/// Base64 with padding (RFC 4648, 4).
pub fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in text.trim_end_matches('=').bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from(bits >> count & 0xff).ok()?);
            bits &= (1 << count) - 1;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_once() {
        assert_eq!(unescape_form("a+b%2Bc%252F%zz%"), "a b+c%2F%zz%");
        assert_eq!(unescape("%E6%97%A5+"), "日+");
    }

    #[test]
    fn times_are_written_as_iso8601_whether_they_come_as_seconds_or_as_text() {
        assert_eq!(
            written(&Shape::Time, &json!(1_795_509_000.5)).as_deref(),
            Some("2026-11-24T08:30:00.500Z")
        );
        assert_eq!(written(&Shape::Time, &json!("then")).as_deref(), Some("then"));
    }
}
