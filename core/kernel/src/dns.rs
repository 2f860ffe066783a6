//! DNS as the engine sees it: names, a question, its answer. Messages on the wire are the driver's.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// Octets a name has at most on the wire, length octets and the root included (RFC 1035, 3.1).
const NAME_OCTETS_MAX: usize = 255;
const LABEL_OCTETS_MAX: usize = 63;

/// A domain name in lower case. Names are ordered from the right, label by label, so that a zone's
/// names stand together and each one before what is below it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// The last label first.
    labels: Vec<Box<[u8]>>,
}

/// Why a text is no domain name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("it has an empty label")]
    EmptyLabel,
    #[error("a label is longer than 63 octets")]
    LabelTooLong,
    #[error("it is longer than 255 octets")]
    TooLong,
    #[error("an escape is not three octal digits")]
    Escape,
}

impl Name {
    /// Reads `www.Example.com.`; the final dot may be missing. `\052` is a character by its number
    /// in octal digits, as Route 53 writes it.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let text = text.as_bytes();
        let mut labels = Vec::new();
        let mut label = Vec::new();
        let mut at = 0;
        while let Some(&byte) = text.get(at) {
            at += 1;
            match byte {
                b'.' if label.is_empty() && text.len() == 1 => return Ok(Self::default()),
                b'.' => labels.push(std::mem::take(&mut label)),
                b'\\' => {
                    label.push(octal(text.get(at..at + 3)).ok_or(NameError::Escape)?);
                    at += 3;
                }
                _ => label.push(byte),
            }
        }
        if !label.is_empty() {
            labels.push(label);
        }
        Self::from_labels(labels.iter().map(Vec::as_slice))
    }

    /// Labels as they stand in a message: the first one first, without the root.
    pub fn from_labels<'l>(labels: impl Iterator<Item = &'l [u8]>) -> Result<Self, NameError> {
        let mut kept: Vec<Box<[u8]>> = Vec::new();
        let mut octets = 1;
        for label in labels {
            octets += label.len() + 1;
            match label.len() {
                0 => return Err(NameError::EmptyLabel),
                1..=LABEL_OCTETS_MAX => kept.push(label.to_ascii_lowercase().into()),
                _ => return Err(NameError::LabelTooLong),
            }
        }
        if octets > NAME_OCTETS_MAX {
            return Err(NameError::TooLong);
        }
        kept.reverse();
        Ok(Self { labels: kept })
    }

    /// The labels, the first one first.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.labels.iter().rev().map(|label| &**label)
    }

    pub fn label_count(&self) -> usize {
        self.labels.len()
    }

    /// Whether it is `zone` or below it.
    pub fn is_within(&self, zone: &Self) -> bool {
        self.labels.starts_with(&zone.labels)
    }

    /// The name that has only the last `count` labels.
    #[must_use]
    pub fn last(&self, count: usize) -> Self {
        Self { labels: self.labels[..count.min(self.labels.len())].to_vec() }
    }

    /// `*` in front of it.
    #[must_use]
    pub fn wildcard(&self) -> Self {
        let mut labels = self.labels.clone();
        labels.push(Box::from(*b"*"));
        Self { labels }
    }

    /// Whether its first label is `*` and no other (R53-ZN-06).
    pub fn is_wildcard(&self) -> bool {
        self.labels.last().is_some_and(|label| **label == *b"*")
    }

    /// As in a message, without compression.
    pub fn write(&self, to: &mut Vec<u8>) {
        for label in self.labels() {
            to.push(u8::try_from(label.len()).unwrap_or(0));
            to.extend_from_slice(label);
        }
        to.push(0);
    }

    /// As a host name: without the final dot.
    pub fn host(&self) -> String {
        let mut text = self.to_string();
        text.pop();
        text
    }
}

/// With the final dot; all but letters, digits, hyphens and underscores as octal escapes.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for label in self.labels() {
            for &byte in label {
                match byte {
                    b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => write!(f, "{}", char::from(byte))?,
                    _ => write!(f, "\\{byte:03o}")?,
                }
            }
            f.write_str(".")?;
        }
        if self.labels.is_empty() { f.write_str(".") } else { Ok(()) }
    }
}

fn octal(digits: Option<&[u8]>) -> Option<u8> {
    let digits = std::str::from_utf8(digits?).ok()?;
    u8::from_str_radix(digits, 8).ok()
}

impl Serialize for Name {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// A type of record, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RecordType(pub u16);

/// The types of Route 53, by name (R53-ZN-11).
const TYPES: [(&str, u16); 17] = [
    ("A", 1),
    ("AAAA", 28),
    ("CAA", 257),
    ("CNAME", 5),
    ("DS", 43),
    ("HTTPS", 65),
    ("MX", 15),
    ("NAPTR", 35),
    ("NS", 2),
    ("PTR", 12),
    ("SOA", 6),
    ("SPF", 99),
    ("SRV", 33),
    ("SSHFP", 44),
    ("SVCB", 64),
    ("TLSA", 52),
    ("TXT", 16),
];

impl RecordType {
    pub const A: Self = Self(1);
    pub const NS: Self = Self(2);
    pub const CNAME: Self = Self(5);
    pub const SOA: Self = Self(6);
    pub const AAAA: Self = Self(28);
    pub const DS: Self = Self(43);
    pub const HTTPS: Self = Self(65);

    /// The type of this name, if Route 53 has it.
    pub fn parse(name: &str) -> Option<Self> {
        TYPES.iter().find(|(known, _)| *known == name).map(|(_, number)| Self(*number))
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match TYPES.iter().find(|(_, number)| *number == self.0) {
            Some((name, _)) => f.write_str(name),
            None => write!(f, "TYPE{}", self.0),
        }
    }
}

/// What somebody asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    pub name: Name,
    pub kind: RecordType,
    /// The resolver that asks.
    pub asker: IpAddr,
    /// The network of the viewer behind it, if the resolver tells (RFC 7871), and how many bits of
    /// the address count.
    pub subnet: Option<(IpAddr, u8)>,
    /// The VPC that it comes from, for which private zones answer; `None`: from elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc: Option<String>,
}

impl Question {
    /// A question of this machine's own.
    pub fn own(name: Name, kind: RecordType) -> Self {
        Self { name, kind, asker: IpAddr::from([127, 0, 0, 1]), subnet: None, vpc: None }
    }
}

/// How a question ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Code {
    #[default]
    NoError,
    ServFail,
    NxDomain,
    Refused,
}

impl Code {
    /// Its number in a message.
    pub const fn number(self) -> u8 {
        match self {
            Self::NoError => 0,
            Self::ServFail => 2,
            Self::NxDomain => 3,
            Self::Refused => 5,
        }
    }

    /// As `TestDNSAnswer` and dig print it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoError => "NOERROR",
            Self::ServFail => "SERVFAIL",
            Self::NxDomain => "NXDOMAIN",
            Self::Refused => "REFUSED",
        }
    }
}

/// One record of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    pub name: Name,
    pub kind: RecordType,
    pub ttl_s: u32,
    /// As in a message, names without compression.
    pub data: Bytes,
}

impl Resource {
    /// The address an A or AAAA record holds.
    pub fn address(&self) -> Option<IpAddr> {
        match self.kind {
            RecordType::A => <[u8; 4]>::try_from(&*self.data).ok().map(IpAddr::from),
            RecordType::AAAA => <[u8; 16]>::try_from(&*self.data).ok().map(IpAddr::from),
            _ => None,
        }
    }
}

/// What a question is answered with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub code: Code,
    /// Whether it comes from a zone of this server (AA).
    pub authoritative: bool,
    pub answers: Vec<Resource>,
    pub authority: Vec<Resource>,
}

impl Answer {
    /// The one address that a name has; nothing for questions about other kinds.
    pub fn address(question: &Question, address: Ipv4Addr, ttl_s: u32) -> Self {
        let mut answer = Self { authoritative: true, ..Self::default() };
        if question.kind == RecordType::A {
            let data = address.octets().to_vec().into();
            let (name, kind) = (question.name.clone(), RecordType::A);
            answer.answers.push(Resource { name, kind, ttl_s, data });
        }
        answer
    }

    /// The addresses in it, in order.
    pub fn addresses(&self) -> Vec<IpAddr> {
        self.answers.iter().filter_map(Resource::address).collect()
    }

    /// How long a resolver may keep it, in seconds (RFC 2308 for answers without a record).
    pub fn ttl_s(&self) -> u32 {
        let from = if self.answers.is_empty() { &self.authority } else { &self.answers };
        from.iter().map(|record| record.ttl_s).min().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    #[test]
    fn r53_zn_08_case_does_not_count_and_escapes_are_octal() {
        assert_eq!(name("WWW.Example.com"), name("www.example.com."));
        assert_eq!(name("*.example.com").to_string(), "\\052.example.com.");
        assert_eq!(name("\\052.example.com"), name("*.example.com"));
        assert_eq!(name("a\\056b.com").label_count(), 2);
        assert_eq!(name(".").to_string(), ".");
        let long = "a".repeat(64);
        assert_eq!(Name::parse(&long), Err(NameError::LabelTooLong));
        let deep = "abcdefg.".repeat(32);
        assert_eq!(Name::parse(&deep), Err(NameError::TooLong));
        assert_eq!(Name::parse("a..b"), Err(NameError::EmptyLabel));
        assert_eq!(Name::parse("\\9.b"), Err(NameError::Escape));
    }

    #[test]
    fn names_are_ordered_from_the_right() {
        let mut names = ["b.example.com", "example.net", "example.com", "a.b.example.com"];
        names.sort_by_key(|text| name(text));
        assert_eq!(names, ["example.com", "b.example.com", "a.b.example.com", "example.net"]);
        assert!(name("a.b.example.com").is_within(&name("example.com")));
        assert!(!name("badexample.com").is_within(&name("example.com")));
    }

    #[test]
    fn names_are_written_as_in_messages() {
        let mut bytes = Vec::new();
        name("a.bc").write(&mut bytes);
        assert_eq!(bytes, b"\x01a\x02bc\x00");
    }
}
