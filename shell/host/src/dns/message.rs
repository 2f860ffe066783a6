//! Messages of DNS: a question read, an answer written (RFC 1035, EDNS of RFC 6891, client subnets
//! of RFC 7871).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use standin_kernel::dns::{Answer, Name, RecordType, Resource};

const HEADER_BYTES: usize = 12;
const CLASS_IN: u16 = 1;
const OPT: u16 = 41;
const CLIENT_SUBNET: u16 = 8;
/// What a resolver without EDNS takes over UDP (RFC 1035, 4.2.1).
const UDP_BYTES: usize = 512;
/// What is sent over UDP at most, so that no packet is cut on its way.
const UDP_BYTES_MAX: usize = 1232;

const FORMAT_ERROR: u16 = 1;
const NOT_IMPLEMENTED: u16 = 4;
const REFUSED: u16 = 5;
/// Its upper bits stand in the OPT record.
const BAD_VERSION: u16 = 16;

/// What a message comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read {
    Asked(Asked),
    /// It is answered at once, with this.
    Refused(Vec<u8>),
    /// It is not answered at all: it is no question, or too short to be one.
    Nothing,
}

/// A question and what its answer has to repeat.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked {
    id: u16,
    recursion_desired: bool,
    /// The question as it stands in the message.
    raw: Vec<u8>,
    pub(super) name: Name,
    pub(super) kind: RecordType,
    edns: Option<Edns>,
}

#[derive(Debug, PartialEq, Eq)]
struct Edns {
    udp_bytes: usize,
    version: u8,
    subnet: Option<(IpAddr, u8)>,
}

impl Asked {
    /// The viewer's network, if the resolver tells it.
    pub(super) fn subnet(&self) -> Option<(IpAddr, u8)> {
        self.edns.as_ref()?.subnet
    }

    /// What the asker takes over UDP, in bytes.
    pub(super) fn udp_bytes(&self) -> usize {
        self.edns.as_ref().map_or(UDP_BYTES, |edns| edns.udp_bytes.clamp(UDP_BYTES, UDP_BYTES_MAX))
    }
}

/// Reads a message.
pub(super) fn read(bytes: &[u8]) -> Read {
    let Some(header) = bytes.get(..HEADER_BYTES) else { return Read::Nothing };
    let word = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
    let (id, flags) = (word(0), word(2));
    if flags & 0x8000 != 0 {
        return Read::Nothing;
    }
    let refuse = |code: u16, question: &[u8]| {
        Read::Refused(header_of(id, flags & 0x7900 | 0x8000 | code, question, [0; 3]))
    };
    if flags >> 11 & 0xf != 0 {
        return refuse(NOT_IMPLEMENTED, &[]);
    }
    if word(4) != 1 {
        return refuse(FORMAT_ERROR, &[]);
    }
    let Some((name, kind, class, end)) = question(bytes) else {
        return refuse(FORMAT_ERROR, &[]);
    };
    let raw = bytes[HEADER_BYTES..end].to_vec();
    let records = word(6) as usize + word(8) as usize + word(10) as usize;
    let Some(edns) = edns(bytes, end, records) else { return refuse(FORMAT_ERROR, &raw) };
    if class != CLASS_IN {
        return refuse(REFUSED, &raw);
    }
    let recursion_desired = flags & 0x0100 != 0;
    let asked = Asked { id, recursion_desired, raw, name, kind: RecordType(kind), edns };
    if asked.edns.as_ref().is_some_and(|edns| edns.version != 0) {
        return Read::Refused(write_code(&asked, BAD_VERSION));
    }
    Read::Asked(asked)
}

/// Name, type and class of the one question, and where it ends.
fn question(bytes: &[u8]) -> Option<(Name, u16, u16, usize)> {
    let mut labels = Vec::new();
    let mut at = HEADER_BYTES;
    loop {
        let length = usize::from(*bytes.get(at)?);
        at += 1;
        match length {
            0 => break,
            1..=63 => labels.push(bytes.get(at..at + length)?),
            // The first name of a message has nothing to point back to.
            _ => return None,
        }
        at += length;
    }
    let name = Name::from_labels(labels.into_iter()).ok()?;
    Some((name, number(bytes, at)?, number(bytes, at + 2)?, at + 4))
}

/// Finds the OPT record among those behind the question. `None`: the message is broken.
fn edns(bytes: &[u8], mut at: usize, records: usize) -> Option<Option<Edns>> {
    let mut found = None;
    for _ in 0..records {
        at = skip_name(bytes, at)?;
        let (kind, class) = (number(bytes, at)?, number(bytes, at + 2)?);
        let version = *bytes.get(at + 5)?;
        let length = usize::from(number(bytes, at + 8)?);
        let data = bytes.get(at + 10..at + 10 + length)?;
        at += 10 + length;
        if kind == OPT {
            let subnet = client_subnet(data)?;
            found = Some(Edns { udp_bytes: usize::from(class), version, subnet });
        }
    }
    Some(found)
}

fn skip_name(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let length = *bytes.get(at)?;
        match length {
            0 => return Some(at + 1),
            1..=63 => at += 1 + usize::from(length),
            192.. => return Some(at + 2),
            _ => return None,
        }
    }
}

/// A question of one's own, as a resolver asks others.
pub(super) fn ask(id: u16, name: &Name, kind: RecordType) -> Vec<u8> {
    let mut question = Vec::new();
    name.write(&mut question);
    question.extend(kind.0.to_be_bytes());
    question.extend(CLASS_IN.to_be_bytes());
    header_of(id, 0x0100, &question, [0; 3])
}

/// The addresses in an answer of others, as records of the name that was asked for; `None`: the
/// message is broken.
pub(super) fn addresses(bytes: &[u8], name: &Name, kind: RecordType) -> Option<Vec<Resource>> {
    let (.., mut at) = question(bytes)?;
    let mut found = Vec::new();
    for _ in 0..number(bytes, 6)? {
        at = skip_name(bytes, at)?;
        let ttl_s = u32::from(number(bytes, at + 4)?) << 16 | u32::from(number(bytes, at + 6)?);
        let data = at + 10..at + 10 + usize::from(number(bytes, at + 8)?);
        let record = Resource {
            name: name.clone(),
            kind: RecordType(number(bytes, at)?),
            ttl_s,
            data: bytes.get(data.clone())?.to_vec().into(),
        };
        if record.kind == kind && record.address().is_some() {
            found.push(record);
        }
        at = data.end;
    }
    Some(found)
}

/// `None`: the options are broken.
fn client_subnet(mut options: &[u8]) -> Option<Option<(IpAddr, u8)>> {
    let mut found = None;
    while !options.is_empty() {
        let (code, length) = (number(options, 0)?, usize::from(number(options, 2)?));
        let data = options.get(4..4 + length)?;
        options = &options[4 + length..];
        if code != CLIENT_SUBNET {
            continue;
        }
        let (family, bits) = (number(data, 0)?, *data.get(2)?);
        let octets = data.get(4..)?;
        if octets.len() > 16 || octets.len() != usize::from(bits).div_ceil(8) {
            return None;
        }
        let mut whole = [0_u8; 16];
        whole[..octets.len()].copy_from_slice(octets);
        let [a, b, c, d, ..] = whole;
        found = match family {
            1 if bits <= 32 => Some((IpAddr::from(Ipv4Addr::new(a, b, c, d)), bits)),
            2 if bits <= 128 => Some((IpAddr::from(Ipv6Addr::from(whole)), bits)),
            _ => return None,
        };
    }
    Some(found)
}

fn number(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}

/// Writes an answer; one that does not fit says so and has no records (TC).
pub(super) fn write(asked: &Asked, answer: &Answer, limit_bytes: usize) -> Vec<u8> {
    let mut flags = 0x8000 | u16::from(answer.code.number());
    flags |= u16::from(answer.authoritative) << 10;
    flags |= u16::from(asked.recursion_desired) << 8;
    let counts = [answer.answers.len(), answer.authority.len()]
        .map(|count| u16::try_from(count).unwrap_or(u16::MAX));
    let extra = u16::from(asked.edns.is_some());
    let counts = [counts[0], counts[1], extra];
    let mut message = header_of(asked.id, flags, &asked.raw, counts);
    for record in answer.answers.iter().chain(&answer.authority) {
        write_record(&mut message, asked, record);
    }
    write_opt(&mut message, asked, 0);
    if message.len() > limit_bytes {
        message = header_of(asked.id, flags | 0x0200, &asked.raw, [0, 0, extra]);
        write_opt(&mut message, asked, 0);
    }
    message
}

/// The same from somebody who also asks others (RA).
pub(super) fn write_resolved(asked: &Asked, answer: &Answer, limit_bytes: usize) -> Vec<u8> {
    let mut message = write(asked, answer, limit_bytes);
    message[3] |= 0x80;
    message
}

fn write_code(asked: &Asked, code: u16) -> Vec<u8> {
    let mut flags = 0x8000 | code & 0xf;
    flags |= u16::from(asked.recursion_desired) << 8;
    let extra = u16::from(asked.edns.is_some());
    let mut message = header_of(asked.id, flags, &asked.raw, [0, 0, extra]);
    write_opt(&mut message, asked, u8::try_from(code >> 4).unwrap_or(0));
    message
}

/// Header and question. `counts`: of answer, authority and additional records.
fn header_of(id: u16, flags: u16, question: &[u8], counts: [u16; 3]) -> Vec<u8> {
    let mut message = Vec::with_capacity(UDP_BYTES);
    let questions = u16::from(!question.is_empty());
    for word in [id, flags, questions, counts[0], counts[1], counts[2]] {
        message.extend(word.to_be_bytes());
    }
    message.extend(question);
    message
}

fn write_record(to: &mut Vec<u8>, asked: &Asked, record: &Resource) {
    if record.name == asked.name && asked.name.label_count() > 0 {
        // Points to the question.
        to.extend([0xc0, 12]);
    } else {
        record.name.write(to);
    }
    to.extend(record.kind.0.to_be_bytes());
    to.extend(CLASS_IN.to_be_bytes());
    to.extend(record.ttl_s.to_be_bytes());
    to.extend(u16::try_from(record.data.len()).unwrap_or(0).to_be_bytes());
    to.extend(&record.data[..]);
}

/// The OPT record, if the asker sent one; a client subnet is repeated with the same scope.
fn write_opt(to: &mut Vec<u8>, asked: &Asked, upper_code: u8) {
    let Some(edns) = &asked.edns else { return };
    let mut options = Vec::new();
    if let Some((address, bits)) = edns.subnet {
        let (family, octets) = match address {
            IpAddr::V4(v4) => (1_u16, v4.octets().to_vec()),
            IpAddr::V6(v6) => (2, v6.octets().to_vec()),
        };
        let count = usize::from(bits).div_ceil(8);
        options.extend(CLIENT_SUBNET.to_be_bytes());
        options.extend(u16::try_from(4 + count).unwrap_or(4).to_be_bytes());
        options.extend(family.to_be_bytes());
        options.extend([bits, bits]);
        options.extend(&octets[..count]);
    }
    to.push(0);
    to.extend(OPT.to_be_bytes());
    to.extend(u16::try_from(UDP_BYTES_MAX).unwrap_or(512).to_be_bytes());
    to.extend([upper_code, 0, 0, 0]);
    to.extend(u16::try_from(options.len()).unwrap_or(0).to_be_bytes());
    to.extend(options);
}

#[cfg(test)]
mod tests {
    use standin_kernel::Bytes;
    use standin_kernel::dns::Code;

    use super::*;

    fn message(flags: u16, name: &[u8], class: u16, opt: &[u8]) -> Vec<u8> {
        let extra = u16::from(!opt.is_empty());
        let mut bytes = header_of(7, flags, &[], [0, 0, extra]);
        bytes[5] = 1;
        bytes.extend(name);
        bytes.extend(1_u16.to_be_bytes());
        bytes.extend(class.to_be_bytes());
        bytes.extend(opt);
        bytes
    }

    fn asked(bytes: &[u8]) -> Asked {
        match read(bytes) {
            Read::Asked(asked) => asked,
            other => panic!("{other:?}"),
        }
    }

    const NAME: &[u8] = b"\x03WWW\x07example\x03com\x00";
    const ECS: &[u8] = b"\x00\x00\x29\x10\x00\x00\x00\x00\x00\x00\x0b\
        \x00\x08\x00\x07\x00\x01\x18\x00\xc0\x00\x02";

    fn answer(count: u8) -> Answer {
        let record = |last: u8| Resource {
            name: Name::parse("www.example.com").unwrap(),
            kind: RecordType::A,
            ttl_s: 60,
            data: Bytes::copy_from_slice(&[192, 0, 2, last]),
        };
        Answer {
            code: Code::NoError,
            authoritative: true,
            answers: (0..count).map(record).collect(),
            authority: Vec::new(),
        }
    }

    #[test]
    fn a_question_is_read_and_its_answer_repeats_it_as_it_was_written() {
        let asked = asked(&message(0x0100, NAME, 1, &[]));
        assert_eq!(asked.name.to_string(), "www.example.com.");
        let written = write(&asked, &answer(1), asked.udp_bytes());
        assert_eq!(written[2..4], [0x85, 0x00]);
        assert_eq!(&written[12..12 + NAME.len()], NAME);
        assert_eq!(written[written.len() - 16..][..2], [0xc0, 12]);
        assert_eq!(written[written.len() - 4..], [192, 0, 2, 0]);
    }

    #[test]
    fn r53_zn_14_a_client_subnet_is_read_and_repeated() {
        let asked = asked(&message(0, NAME, 1, ECS));
        assert_eq!(asked.subnet(), Some(([192, 0, 2, 0].into(), 24)));
        assert_eq!(asked.udp_bytes(), 1232);
        let written = write(&asked, &answer(1), 1232);
        assert_eq!(written[written.len() - 7..], [0, 1, 24, 24, 192, 0, 2]);
    }

    #[test]
    fn what_does_not_fit_is_cut_and_says_so() {
        let asked = asked(&message(0, NAME, 1, &[]));
        let written = write(&asked, &answer(100), asked.udp_bytes());
        assert_eq!(written[2] & 0x02, 0x02);
        assert_eq!(written[6..8], [0, 0]);
        assert!(write(&asked, &answer(100), 65_535).len() > 1600);
    }

    #[test]
    fn what_is_no_question_is_refused_or_not_answered() {
        assert_eq!(read(b"short"), Read::Nothing);
        assert_eq!(read(&message(0x8000, NAME, 1, &[])), Read::Nothing);
        let code = |bytes: &[u8]| match read(bytes) {
            Read::Refused(bytes) => bytes[3] & 0xf,
            other => panic!("{other:?}"),
        };
        assert_eq!(code(&message(0x2800, NAME, 1, &[])), 4);
        assert_eq!(code(&message(0, b"\xc0\x0c", 1, &[])), 1);
        assert_eq!(code(&message(0, NAME, 3, &[])), 5);
        assert_eq!(code(&message(0, NAME, 1, &ECS[..20])), 1);
        let version = b"\x00\x00\x29\x10\x00\x00\x01\x00\x00\x00\x00";
        assert_eq!(code(&message(0, NAME, 1, version)), 0);
    }

    proptest::proptest! {
        /// Whatever comes, over the network or from a resolver of others.
        #[test]
        fn any_bytes_are_read_without_harm(mut bytes in proptest::collection::vec(0_u8.., 0..80)) {
            let name = Name::parse("www.example.com").unwrap();
            let _ = (read(&bytes), addresses(&bytes, &name, RecordType::A));
            // Further in than most make it.
            let mut whole = message(0x0100, NAME, 1, &[]);
            whole[7] = 3;
            whole.append(&mut bytes);
            let _ = (read(&whole), addresses(&whole, &name, RecordType::A));
        }
    }
}
