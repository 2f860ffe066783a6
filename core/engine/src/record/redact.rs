//! What a record keeps out: the values of cookies and credentials. A value becomes a number of its
//! own at the same length, the same one each time it comes, so that cache keys and limits of length
//! decide as they did; cookies that the load balancer made itself choose the target and stay.

use std::collections::BTreeMap;

use standin_kernel::Headers;

/// Headers whose whole value is a credential.
const CREDENTIALS: [&str; 3] = ["Authorization", "Proxy-Authorization", "X-Amz-Security-Token"];
/// The load balancer's own cookies begin so.
const BALANCERS_OWN: &str = "AWSALB";

/// Gives secret values numbers. The values stay in memory and are never written.
#[derive(Debug, Default)]
pub struct Redactor {
    known: BTreeMap<Vec<u8>, u64>,
}

/// Whether a header's value is kept out of records and sums.
pub(super) fn is_secret(name: &str) -> bool {
    let cookies = ["Cookie", "Set-Cookie"];
    CREDENTIALS.iter().chain(&cookies).any(|secret| secret.eq_ignore_ascii_case(name))
}

impl Redactor {
    pub(super) fn headers(&mut self, headers: &Headers) -> Headers {
        let mut kept = Headers::with_capacity(headers.len(), 256);
        for (name, value) in headers.iter() {
            if name.eq_ignore_ascii_case("Cookie") {
                let pairs = value.split(|byte| *byte == b';').map(|pair| self.pair(pair));
                kept.append(name, pairs.collect::<Vec<_>>().join(&b';'));
            } else if name.eq_ignore_ascii_case("Set-Cookie") {
                let end = value.iter().position(|byte| *byte == b';').unwrap_or(value.len());
                let mut line = self.pair(&value[..end]);
                line.extend_from_slice(&value[end..]);
                kept.append(name, line);
            } else if is_secret(name) {
                kept.append(name, self.value(value));
            } else {
                kept.append(name, value);
            }
        }
        kept
    }

    /// `name=value` with another value.
    fn pair(&mut self, pair: &[u8]) -> Vec<u8> {
        let trimmed = pair.trim_ascii_start();
        let own = trimmed.starts_with(BALANCERS_OWN.as_bytes());
        match pair.iter().position(|byte| *byte == b'=') {
            Some(at) if !own => {
                let mut line = pair[..=at].to_vec();
                line.extend(self.value(&pair[at + 1..]));
                line
            }
            Some(_) => pair.to_vec(),
            None => self.value(pair),
        }
    }

    /// The number of a value in as many digits as the value has bytes.
    fn value(&mut self, value: &[u8]) -> Vec<u8> {
        let next = self.known.len() as u64;
        let mut number = *self.known.entry(value.to_vec()).or_insert(next);
        let mut digits = vec![b'0'; value.len()];
        for digit in digits.iter_mut().rev() {
            *digit =
                b"0123456789abcdefghijklmnopqrstuvwxyz"[usize::try_from(number % 36).unwrap_or(0)];
            number /= 36;
        }
        digits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_become_numbers_and_the_same_one_each_time() {
        let mut redactor = Redactor::default();
        let sent = Headers::from_iter([
            ("Host", "x"),
            ("Authorization", "Bearer abcdef"),
            ("Cookie", "session=s3cret; lang=ja; AWSALB=target"),
        ]);
        let kept = redactor.headers(&sent);
        assert_eq!(kept.get("Host"), Some("x"));
        assert_eq!(kept.get("Authorization"), Some("0000000000000"));
        assert_eq!(kept.get("Cookie"), Some("session=000001; lang=02; AWSALB=target"));
        assert_eq!(redactor.headers(&sent), kept);
        let set = Headers::from_iter([("Set-Cookie", "session=s3cret; Path=/; HttpOnly")]);
        let kept = redactor.headers(&set);
        assert_eq!(kept.get("Set-Cookie"), Some("session=000001; Path=/; HttpOnly"));
    }
}
