//! Which of its two languages the diary speaks to a reader.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Language {
    Ja,
    En,
}

impl Language {
    /// As `lang` and `Content-Language` spell it.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::En => "en",
        }
    }

    /// The language the reader likes best of those the diary speaks; Japanese, the diary's own,
    /// when the reader has no say or no liking for either.
    pub(crate) fn preferred(accept_language: &str) -> Self {
        let (ja, en) = (quality(accept_language, "ja"), quality(accept_language, "en"));
        if en > ja { Self::En } else { Self::Ja }
    }
}

/// The weight in thousandths that an `Accept-Language` value gives to a language: that of its best
/// range, or of `*` when none names it.
fn quality(accept_language: &str, language: &str) -> u16 {
    let mut named = None;
    let mut anything = 0;
    for range in accept_language.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let tag = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1000, thousandths);
        let primary = tag.split('-').next().unwrap_or_default();
        if primary.eq_ignore_ascii_case(language) {
            named = Some(named.unwrap_or(0).max(weight));
        } else if tag == "*" {
            anything = weight;
        }
    }
    named.unwrap_or(anything)
}

/// `0.85` as 850; what is no weight counts as none.
fn thousandths(weight: &str) -> u16 {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let digits = format!("{fraction:0<3}");
    match (whole, digits.get(..3).and_then(|digits| digits.parse::<u16>().ok())) {
        ("1", Some(_)) => 1000,
        ("0", Some(fraction)) => fraction,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_the_reader_likes_best() {
        let cases = [
            ("ja,en-US;q=0.9,en;q=0.8", Language::Ja),
            ("en-GB,en;q=0.9,ja;q=0.95", Language::En),
            ("fr, ja;q=0.2, EN;q=0.25", Language::En),
            ("en;q=0, *;q=0.5", Language::Ja),
            ("ja;q=0,*", Language::En),
            ("de", Language::Ja),
            ("", Language::Ja),
            ("en;q=x", Language::Ja),
            ("en;q=0.12é", Language::Ja),
            ("english", Language::Ja),
        ];
        for (accept, language) in cases {
            assert_eq!(Language::preferred(accept), language, "{accept}");
        }
    }

    #[test]
    fn reads_weights() {
        let weights = ["1", "1.000", "0.5", "0.05", "0", "0.", "2", ".5", "0.9999"];
        let read: Vec<_> = weights.into_iter().map(thousandths).collect();
        assert_eq!(read, [1000, 1000, 500, 50, 0, 0, 0, 0, 999]);
    }
}
