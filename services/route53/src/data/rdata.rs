//! What the value of a record means: the text an SDK sends, as the octets of a message, or the
//! problem with it in Route 53's words (R53-ZN-11).

use std::net::{Ipv4Addr, Ipv6Addr};

use standin_kernel::Bytes;
use standin_kernel::dns::{Name, NameError, RecordType};

type Octets = Result<Vec<u8>, &'static str>;

/// Octets of one character string (RFC 1035, 3.3).
const STRING_OCTETS_MAX: usize = 255;

/// The octets of a value of this type.
pub(crate) fn parse(kind: RecordType, value: &str) -> Result<Bytes, String> {
    let octets = match kind.to_string().as_str() {
        "A" => ipv4(value),
        "AAAA" => ipv6(value),
        "CNAME" | "NS" | "PTR" => name(value),
        "MX" => mx(value),
        "SRV" => srv(value),
        "TXT" | "SPF" => strings(value),
        "CAA" => caa(value),
        "SOA" => soa(value),
        "NAPTR" => naptr(value),
        "DS" => digest(value, &[2, 1, 1]),
        "SSHFP" => digest(value, &[1, 1]),
        "TLSA" => digest(value, &[1, 1, 1]),
        "HTTPS" | "SVCB" => svcb(value),
        _ => Err("UnsupportedType (Records of this type cannot be had)"),
    };
    octets.map(Bytes::from).map_err(|problem| {
        format!("Invalid Resource Record: 'FATAL problem: {problem} encountered with '{value}''")
    })
}

fn ipv4(value: &str) -> Octets {
    let address: Ipv4Addr = value
        .parse()
        .map_err(|_| "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)")?;
    Ok(address.octets().to_vec())
}

fn ipv6(value: &str) -> Octets {
    let address: Ipv6Addr = value
        .parse()
        .map_err(|_| "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)")?;
    Ok(address.octets().to_vec())
}

fn name(value: &str) -> Octets {
    if value.is_empty() {
        return Err("DomainNameEmpty (Domain name is empty)");
    }
    let name = Name::parse(value).map_err(|wrong| match wrong {
        NameError::EmptyLabel => "DomainLabelEmpty (Domain label is empty)",
        NameError::LabelTooLong => "DomainLabelTooLong (Domain label is too long)",
        NameError::TooLong => "DomainNameTooLong (Domain name is too long)",
        NameError::Escape => "UnsupportedCharacter (Value contains unsupported characters)",
    })?;
    let mut octets = Vec::new();
    name.write(&mut octets);
    Ok(octets)
}

fn mx(value: &str) -> Octets {
    let fields = fields(value);
    let [preference, exchange] = fields[..] else {
        return Err("MXRRDATANotTwoFields (MX record doesn't have 2 fields)");
    };
    let mut octets = number::<u16>(preference)?.to_be_bytes().to_vec();
    octets.extend(name(exchange)?);
    Ok(octets)
}

fn srv(value: &str) -> Octets {
    let fields = fields(value);
    let [priority, weight, port, target] = fields[..] else {
        return Err("SRVRRDATANotFourFields (SRV record doesn't have 4 fields)");
    };
    let mut octets = Vec::new();
    for field in [priority, weight, port] {
        octets.extend(number::<u16>(field)?.to_be_bytes());
    }
    octets.extend(name(target)?);
    Ok(octets)
}

fn soa(value: &str) -> Octets {
    let fields = fields(value);
    let [server, mailbox, numbers @ ..] = &fields[..] else {
        return Err("SOARRDATANotSevenFields (SOA record doesn't have 7 fields)");
    };
    if numbers.len() != 5 {
        return Err("SOARRDATANotSevenFields (SOA record doesn't have 7 fields)");
    }
    let mut octets = name(server)?;
    octets.extend(name(mailbox)?);
    for field in numbers {
        octets.extend(number::<u32>(field)?.to_be_bytes());
    }
    Ok(octets)
}

fn caa(value: &str) -> Octets {
    let wrong = "CAARRDATANotThreeFields (CAA record doesn't have 3 fields)";
    let (flags, rest) = value.trim().split_once(char::is_whitespace).ok_or(wrong)?;
    let (tag, text) = rest.trim().split_once(char::is_whitespace).ok_or(wrong)?;
    let letters = tag.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !letters || tag.is_empty() || tag.len() > 15 {
        return Err("CAARRDATAInvalidTag (CAA record has an invalid tag)");
    }
    let strings = quoted(text)?;
    let [text] = &strings[..] else { return Err(wrong) };
    let mut octets = vec![number::<u8>(flags)?, u8::try_from(tag.len()).unwrap_or(0)];
    octets.extend(tag.bytes());
    octets.extend(text);
    Ok(octets)
}

fn naptr(value: &str) -> Octets {
    let wrong = "NAPTRRRDATANotSixFields (NAPTR record doesn't have 6 fields)";
    let (order, rest) = value.trim().split_once(char::is_whitespace).ok_or(wrong)?;
    let (preference, rest) = rest.trim().split_once(char::is_whitespace).ok_or(wrong)?;
    let (texts, replacement) = rest.trim().rsplit_once(char::is_whitespace).ok_or(wrong)?;
    let texts = quoted(texts)?;
    if texts.len() != 3 {
        return Err(wrong);
    }
    let mut octets = number::<u16>(order)?.to_be_bytes().to_vec();
    octets.extend(number::<u16>(preference)?.to_be_bytes());
    for text in &texts {
        character_string(&mut octets, text)?;
    }
    octets.extend(name(replacement)?);
    Ok(octets)
}

/// Numbers of these many octets, then a digest in hexadecimal digits (DS, SSHFP, TLSA).
fn digest(value: &str, widths: &[usize]) -> Octets {
    let fields = fields(value);
    if fields.len() <= widths.len() {
        return Err("RRDATANotEnoughFields (Record doesn't have enough fields)");
    }
    let (numbers, digits) = fields.split_at(widths.len());
    let mut octets = Vec::new();
    for (field, width) in numbers.iter().zip(widths) {
        match width {
            1 => octets.push(number::<u8>(field)?),
            _ => octets.extend(number::<u16>(field)?.to_be_bytes()),
        }
    }
    let digits: String = digits.concat();
    let wrong = "RRDATAIllegalHex (Value is not a valid hexadecimal string)";
    if !digits.len().is_multiple_of(2) || !digits.is_ascii() {
        return Err(wrong);
    }
    for pair in digits.as_bytes().chunks_exact(2) {
        let pair = std::str::from_utf8(pair).map_err(|_| wrong)?;
        octets.push(u8::from_str_radix(pair, 16).map_err(|_| wrong)?);
    }
    Ok(octets)
}

/// Parameters by the numbers of RFC 9460, in their order.
const SVCB_KEYS: [&str; 7] =
    ["mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint"];

fn svcb(value: &str) -> Octets {
    let fields = fields(value);
    let [priority, target, parameters @ ..] = &fields[..] else {
        return Err("SVCBRRDATANotTwoFields (Record doesn't have a priority and a target)");
    };
    let mut octets = number::<u16>(priority)?.to_be_bytes().to_vec();
    octets.extend(name(target)?);
    let mut known = Vec::new();
    for parameter in parameters {
        let (key, text) = parameter.split_once('=').unwrap_or((parameter, ""));
        let number = SVCB_KEYS.iter().position(|name| *name == key);
        let number = number.ok_or("SVCBRRDATAUnknownKey (Record has an unknown parameter)")?;
        known.push((u16::try_from(number).unwrap_or(0), svcb_value(key, text.trim_matches('"'))?));
    }
    known.sort();
    for (key, text) in known {
        octets.extend(key.to_be_bytes());
        octets.extend(u16::try_from(text.len()).unwrap_or(0).to_be_bytes());
        octets.extend(text);
    }
    Ok(octets)
}

fn svcb_value(key: &str, text: &str) -> Octets {
    let mut octets = Vec::new();
    match key {
        "port" => octets.extend(number::<u16>(text)?.to_be_bytes()),
        "alpn" => {
            for one in text.split(',') {
                character_string(&mut octets, one.as_bytes())?;
            }
        }
        "ipv4hint" => {
            for one in text.split(',') {
                octets.extend(ipv4(one)?);
            }
        }
        "ipv6hint" => {
            for one in text.split(',') {
                octets.extend(ipv6(one)?);
            }
        }
        "no-default-alpn" if text.is_empty() => {}
        _ => return Err("SVCBRRDATAIllegalValue (A parameter has an illegal value)"),
    }
    Ok(octets)
}

/// One or more strings in quotation marks.
fn strings(value: &str) -> Octets {
    let strings = quoted(value)?;
    if strings.is_empty() {
        return Err("InvalidCharacterString (Value should be enclosed in quotation marks)");
    }
    let mut octets = Vec::new();
    for text in &strings {
        character_string(&mut octets, text)?;
    }
    Ok(octets)
}

fn character_string(to: &mut Vec<u8>, text: &[u8]) -> Result<(), &'static str> {
    if text.len() > STRING_OCTETS_MAX {
        return Err("CharacterStringTooLong (Value is too long)");
    }
    to.push(u8::try_from(text.len()).unwrap_or(0));
    to.extend(text);
    Ok(())
}

/// The strings of `"a" "b\"c" "\303\251"`, without their marks and escapes.
fn quoted(value: &str) -> Result<Vec<Vec<u8>>, &'static str> {
    let wrong = "InvalidCharacterString (Value should be enclosed in quotation marks)";
    let mut strings = Vec::new();
    let mut rest = value.trim().as_bytes();
    while let Some((b'"', after)) = rest.split_first() {
        let mut text = Vec::new();
        let mut at = 0;
        loop {
            match after.get(at) {
                None => return Err(wrong),
                Some(b'"') => break,
                Some(b'\\') => {
                    let digits = after.get(at + 1..at + 4);
                    let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
                    match digits.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
                        Some(byte) => {
                            text.push(byte);
                            at += 4;
                        }
                        None => {
                            text.push(*after.get(at + 1).ok_or(wrong)?);
                            at += 2;
                        }
                    }
                }
                Some(byte) => {
                    text.push(*byte);
                    at += 1;
                }
            }
        }
        strings.push(text);
        rest = after[at + 1..].trim_ascii_start();
    }
    if rest.is_empty() { Ok(strings) } else { Err(wrong) }
}

fn fields(value: &str) -> Vec<&str> {
    value.split_whitespace().collect()
}

fn number<N: std::str::FromStr>(field: &str) -> Result<N, &'static str> {
    field.parse().map_err(|_| "RRDATAIllegalNumber (Value is not a valid number)")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octets(kind: &str, value: &str) -> Vec<u8> {
        parse(RecordType::parse(kind).unwrap(), value).unwrap().to_vec()
    }

    #[test]
    fn r53_zn_11_values_of_every_type_become_octets() {
        assert_eq!(octets("A", "192.0.2.1"), [192, 0, 2, 1]);
        assert_eq!(octets("AAAA", "2001:db8::1")[..4], [0x20, 1, 0x0d, 0xb8]);
        assert_eq!(octets("CNAME", "a.b."), b"\x01a\x01b\x00");
        assert_eq!(octets("MX", "10 m.x"), b"\x00\x0a\x01m\x01x\x00");
        assert_eq!(octets("TXT", r#""v=1" "a\"b""#), b"\x03v=1\x03a\"b");
        assert_eq!(octets("TXT", r#""\303\251""#), b"\x02\xc3\xa9");
        assert_eq!(octets("SPF", r#""""#), b"\x00");
        assert_eq!(octets("SRV", "1 2 443 h"), b"\x00\x01\x00\x02\x01\xbb\x01h\x00");
        assert_eq!(octets("CAA", r#"0 issue "ca.example""#), b"\x00\x05issueca.example");
        assert_eq!(octets("NAPTR", r#"1 2 "u" "x" "" ."#), b"\x00\x01\x00\x02\x01u\x01x\x00\x00");
        assert_eq!(octets("DS", "1 8 2 0aFF"), b"\x00\x01\x08\x02\x0a\xff");
        assert_eq!(octets("SSHFP", "1 1 0a"), b"\x01\x01\x0a");
        assert_eq!(octets("TLSA", "3 1 1 0a"), b"\x03\x01\x01\x0a");
        assert_eq!(octets("HTTPS", "1 . alpn=h2"), b"\x00\x01\x00\x00\x01\x00\x03\x02h2");
        let soa = "a. b. 1 7200 900 1209600 86400";
        assert_eq!(octets("SOA", soa).len(), 3 + 3 + 20);
    }

    #[test]
    fn what_is_no_value_is_refused_in_route_53s_words() {
        let refused =
            |kind: &str, value: &str| parse(RecordType::parse(kind).unwrap(), value).unwrap_err();
        assert_eq!(
            refused("A", "1.2.3"),
            "Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a \
             valid IPv4 address) encountered with '1.2.3''"
        );
        assert!(refused("TXT", "bare").contains("InvalidCharacterString"));
        assert!(refused("TXT", "\"open").contains("InvalidCharacterString"));
        assert!(refused("TXT", &format!("\"{}\"", "a".repeat(256))).contains("TooLong"));
        assert!(refused("MX", "mail.example.com").contains("MXRRDATANotTwoFields"));
        assert!(refused("SRV", "1 2 http h").contains("RRDATAIllegalNumber"));
        assert!(refused("CNAME", "a..b").contains("DomainLabelEmpty"));
    }
}
