//! `X-Amzn-Trace-Id`: how a request is followed across machines (ALB-HD-04, ALB-HD-05).

use standin_kernel::{Headers, Rng, Time};

pub(crate) const NAME: &str = "X-Amzn-Trace-Id";
/// A header longer than this is rewritten with a root alone.
const BYTES_MAX: usize = 7 * 1024;
/// `1-`, 8 digits of time, `-`, 24 digits.
const ID_BYTES: usize = 35;

/// Adds the header: a root of its own, or a self in front of the root that came.
pub(crate) fn add(to: &mut Headers, sent: &Headers, rng: &mut Rng, now: Time) {
    let mut line = [0_u8; 5 + ID_BYTES];
    write_id(&mut line, rng, now);
    let Some(came) = sent.get(NAME).filter(|came| !came.trim().is_empty()) else {
        line[..5].copy_from_slice(b"Root=");
        to.append(NAME, line);
        return;
    };
    let root = field(came, "Root");
    line[..5].copy_from_slice(if root.is_some() { b"Self=" } else { b"Root=" });
    let mut value = String::with_capacity(line.len() + 1 + came.len());
    value.push_str(std::str::from_utf8(&line).unwrap_or(""));
    for kept in came.split(';').map(str::trim).filter(|kept| !kept.is_empty()) {
        if !kept.starts_with("Self=") {
            value.push(';');
            value.push_str(kept);
        }
    }
    if value.len() > BYTES_MAX {
        value.clear();
        value.push_str("Root=");
        let own = std::str::from_utf8(&line[5..]).unwrap_or("");
        value.push_str(root.filter(|root| root.len() == ID_BYTES).unwrap_or(own));
    }
    to.append(NAME, value);
}

fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.split(';').find_map(|field| {
        let (have, value) = field.trim().split_once('=')?;
        (have == name).then_some(value)
    })
}

/// Writes an id after the five bytes of the field's name.
fn write_id(line: &mut [u8; 5 + ID_BYTES], rng: &mut Rng, now: Time) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut number = now.seconds();
    line[5..7].copy_from_slice(b"1-");
    for at in (7..15).rev() {
        line[at] = DIGITS[(number & 15) as usize];
        number >>= 4;
    }
    line[15] = b'-';
    for half in [16..28, 28..40] {
        let mut number = rng.next_u64();
        for at in half {
            line[at] = DIGITS[(number & 15) as usize];
            number >>= 4;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_seconds(0x6789_1234);
    const ROOT: &str = "Root=1-67891233-abcdef012345678912345678";

    fn line(came: Option<&str>) -> String {
        let sent: Headers = came.into_iter().map(|came| ("x-amzn-trace-id", came)).collect();
        let mut to = Headers::new();
        add(&mut to, &sent, &mut Rng::new(5), NOW);
        to.get(NAME).unwrap_or("").to_owned()
    }

    #[test]
    fn alb_hd_04_a_root_is_made_and_a_root_that_came_gets_a_self_in_front() {
        let own = line(None);
        let (time, rest) = own.strip_prefix("Root=1-").and_then(|id| id.split_once('-')).unwrap();
        assert_eq!(time, "67891234");
        assert!(rest.len() == 24 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()));

        let passed_on = line(Some(&format!("{ROOT};CalledFrom=app")));
        let (first, rest) = passed_on.split_once(';').unwrap();
        assert!(first.starts_with("Self=1-67891234-"), "{passed_on}");
        assert_eq!(rest, format!("{ROOT};CalledFrom=app"));

        let again = line(Some(&passed_on));
        assert_eq!(again.matches("Self=").count(), 1);
        assert!(line(Some("CalledFrom=app")).starts_with("Root=1-67891234-"));
    }

    #[test]
    fn alb_hd_05_a_header_over_7_kb_keeps_its_root_alone() {
        let long = format!("{ROOT};Custom={}", "x".repeat(8 * 1024));
        assert_eq!(line(Some(&long)), ROOT);
    }
}
