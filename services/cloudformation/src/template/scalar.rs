//! What an unquoted YAML scalar is: CloudFormation reads YAML 1.1 (CFN-TP-01), where `yes` is true
//! and `010` is eight. Dates and base-60 numbers stay text.

use super::tree::NodeKind;

/// The value of a plain scalar.
pub(super) fn plain(text: &str) -> NodeKind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => NodeKind::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            NodeKind::Bool(true)
        }
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            NodeKind::Bool(false)
        }
        _ => match integer(text) {
            Some(number) => NodeKind::Integer(number),
            None => match float(text) {
                Some(number) => NodeKind::Float(number),
                None => NodeKind::Text(text.to_owned()),
            },
        },
    }
}

/// Decimal, octal (`010`), hexadecimal (`0x8`) or binary (`0b1`), with underscores.
fn integer(text: &str) -> Option<i64> {
    let (negative, digits) = signed(text);
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x', ..] => (16, &digits[2..]),
        [b'0', b'b', ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    let digits = digits.replace('_', "");
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let number = i64::from_str_radix(&digits, radix).ok()?;
    Some(if negative { -number } else { number })
}

/// Only with a point: `1e3` is text in YAML 1.1.
fn float(text: &str) -> Option<f64> {
    let (_, digits) = signed(text);
    let starts = digits.starts_with(|first: char| first.is_ascii_digit() || first == '.');
    let holds = digits.contains('.') && digits.contains(|letter: char| letter.is_ascii_digit());
    let plain = digits.chars().all(|letter| {
        letter.is_ascii_digit() || matches!(letter, '.' | '_' | 'e' | 'E' | '+' | '-')
    });
    if !(starts && holds && plain) {
        return None;
    }
    text.replace('_', "").parse().ok().filter(|number: &f64| number.is_finite())
}

fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cfn_tp_01_scalars_are_those_of_yaml_1_1() {
        for (text, kind) in [
            ("yes", NodeKind::Bool(true)),
            ("Off", NodeKind::Bool(false)),
            ("y", NodeKind::Text("y".into())),
            ("30", NodeKind::Integer(30)),
            ("-7", NodeKind::Integer(-7)),
            ("010", NodeKind::Integer(8)),
            ("0x1F", NodeKind::Integer(31)),
            ("1_000", NodeKind::Integer(1000)),
            ("0", NodeKind::Integer(0)),
            ("089", NodeKind::Text("089".into())),
            ("0x-1", NodeKind::Text("0x-1".into())),
            ("7.10", NodeKind::Float(7.1)),
            ("1e3", NodeKind::Text("1e3".into())),
            ("1.5e3", NodeKind::Float(1500.0)),
            ("10.0.0.0", NodeKind::Text("10.0.0.0".into())),
            ("2010-09-09", NodeKind::Text("2010-09-09".into())),
            ("12:30", NodeKind::Text("12:30".into())),
            (".", NodeKind::Text(".".into())),
            ("", NodeKind::Null),
            ("99999999999999999999", NodeKind::Text("99999999999999999999".into())),
        ] {
            assert_eq!(plain(text), kind, "{text:?}");
        }
    }
}
