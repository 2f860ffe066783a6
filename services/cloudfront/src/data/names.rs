//! Decides what the edge calls itself and each request: `Via`, `X-Amz-Cf-Pop`, `X-Amz-Cf-Id`,
//! `Date` (CF-HDR-03, CF-HDR-04).

use standin_kernel::{Cx, Env, Rng, Time};

/// The value of `X-Amz-Cf-Id`, also on error pages: 54 characters of URL-safe base64 and `==`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestId([u8; 56]);

impl RequestId {
    pub(crate) fn new(rng: &mut Rng) -> Self {
        const ALPHABET: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut text = [b'='; 56];
        for piece in text[..54].chunks_mut(9) {
            let mut bits = rng.next_u64();
            for place in piece {
                *place = ALPHABET[usize::from((bits & 63) as u8)];
                bits >>= 6;
            }
        }
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("")
    }
}

/// What the edge is called in its answers. Made once, when the first request comes.
#[derive(Clone, Debug, Default)]
pub(crate) struct EdgeNames {
    /// Of each point of presence that has been asked.
    places: Vec<Place>,
    /// The one whose answer is being made.
    at: u8,
    second: Option<u64>,
    date: String,
}

#[derive(Clone, Debug)]
struct Place {
    via: String,
    pop: String,
}

impl EdgeNames {
    /// Says which point of presence the next answers are of.
    pub(crate) fn move_to(&mut self, edge: u8) {
        self.at = edge;
    }

    /// The point of presence whose answer is being made.
    pub(crate) const fn edge(&self) -> u8 {
        self.at
    }

    /// Brings the names up to the time of this call; cheap within one second.
    pub(crate) fn refresh(&mut self, cx: &mut Cx<'_>) {
        while self.places.len() <= usize::from(self.at) {
            let number = self.places.len() + 1;
            let mut own = match number {
                1 => cx.rng.fork("edge"),
                _ => cx.rng.fork(&format!("edge {number}")),
            };
            let via = format!("1.1 {}.cloudfront.net (CloudFront)", own.hex(32));
            self.places.push(Place { via, pop: format!("{}-P{number}", city(cx.env)) });
        }
        self.set_date(cx.now);
    }

    fn set_date(&mut self, now: Time) {
        if self.second != Some(now.seconds()) {
            self.second = Some(now.seconds());
            self.date = now.http_date();
        }
    }

    /// `1.1 0123...cdef.cloudfront.net (CloudFront)`
    pub(crate) fn via(&self) -> &str {
        self.places.get(usize::from(self.at)).map_or("", |place| &place.via)
    }

    /// `NRT57-P1`
    pub(crate) fn pop(&self) -> &str {
        self.places.get(usize::from(self.at)).map_or("", |place| &place.pop)
    }

    pub(crate) fn date(&self) -> &str {
        &self.date
    }
}

/// A city near the region, with the number of a site in it.
fn city(env: &Env) -> &'static str {
    match env.region.as_str() {
        "ap-northeast-1" => "NRT57",
        "ap-northeast-2" => "ICN57",
        "ap-northeast-3" => "KIX50",
        "ap-southeast-1" => "SIN52",
        "ap-southeast-2" => "SYD62",
        "eu-central-1" => "FRA56",
        "eu-west-1" => "DUB56",
        "eu-west-2" => "LHR50",
        "us-west-1" => "SFO53",
        "us-west-2" => "HIO52",
        _ => "IAD55",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cf_hdr_04_a_request_id_is_56_characters_and_ends_in_two_equal_signs() {
        let mut rng = Rng::new(5);
        let (one, other) = (RequestId::new(&mut rng), RequestId::new(&mut rng));
        assert_eq!(one.as_str().len(), 56);
        assert!(one.as_str().ends_with("=="));
        let body = one.as_str().trim_end_matches('=');
        assert_eq!(body.len(), 54);
        assert!(body.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        assert_ne!(one, other);
    }

    #[test]
    fn cf_hdr_03_via_names_an_edge_host() {
        let (env, mut rng, mut out) = (Env::default(), Rng::new(1), Vec::new());
        let now = Time::from_seconds(1_795_509_000);
        let mut cx =
            Cx { now, rng: &mut rng, env: &env, out: &mut out, facts: None, asked_by: None };
        let mut names = EdgeNames::default();
        names.refresh(&mut cx);
        assert!(names.via().starts_with("1.1 "));
        assert!(names.via().ends_with(".cloudfront.net (CloudFront)"));
        assert_eq!(names.pop(), "NRT57-P1");
        assert_eq!(names.date(), "Tue, 24 Nov 2026 08:30:00 GMT");
        let first = names.via().to_owned();
        names.move_to(2);
        names.refresh(&mut cx);
        assert_eq!(names.pop(), "NRT57-P3");
        assert_ne!(names.via(), first);
    }
}
