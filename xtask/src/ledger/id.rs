//! Ids of rows: their shape, and how a name bears them.

use std::collections::{BTreeMap, BTreeSet};

/// The ids that exist.
#[derive(Clone, Debug)]
pub(super) struct Ids<'a> {
    ids: BTreeSet<&'a str>,
    /// `CF`, `ALB`: the first parts of ids, with how many parts their ids have.
    families: BTreeMap<&'a str, BTreeSet<usize>>,
}

/// What a name says about rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Borne {
    pub(super) ids: Vec<String>,
    /// What has the shape of an id and is none, or is not written as the rule wants it.
    pub(super) wrong: Vec<String>,
}

/// Whether `text` has the shape of an id: `CF-ERR-06`, `MP-01`, `MP-A03`.
pub(super) fn is_id(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let (Some(last), true) = (parts.last(), (2..=3).contains(&parts.len())) else { return false };
    let upper = |part: &&str| {
        part.starts_with(|c: char| c.is_ascii_uppercase())
            && part.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
    };
    parts[..parts.len() - 1].iter().all(upper) && is_number(last)
}

/// `06`, or with a letter before it (`A03`).
fn is_number(part: &str) -> bool {
    let digits = part.strip_prefix(|c: char| c.is_ascii_alphabetic()).unwrap_or(part);
    digits.len() == 2 && digits.chars().all(|c| c.is_ascii_digit())
}

/// Whether `id` is `prefix` or lies below it: `CF-ERR-06` below `CF` and `CF-ERR`.
pub(super) fn is_below(id: &str, prefix: &str) -> bool {
    let Some(rest) = id.strip_prefix(prefix) else { return false };
    // `MP-A` is the family of MP-A01.
    rest.is_empty() || rest.starts_with('-') || (is_number(rest) && prefix.contains('-'))
}

impl<'a> Ids<'a> {
    pub(super) fn new(ids: impl Iterator<Item = &'a str>) -> Self {
        let ids: BTreeSet<&str> = ids.collect();
        let mut families: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        for id in &ids {
            let family = id.split('-').next().unwrap_or(id);
            families.entry(family).or_default().insert(id.split('-').count());
        }
        Self { ids, families }
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    /// The ids at the beginning of a test's or a case's name:
    /// `cf_err_06_cf_err_07_...`, `cf_req_01_and_02_...`, `cf_req_01_to_04_...`.
    pub(super) fn borne_by(&self, name: &str) -> Borne {
        let upper = name.to_uppercase();
        let tokens: Vec<&str> = upper.split(['_', '-']).collect();
        let mut borne = Borne::default();
        let mut at = 0;
        while let Some((id, length)) = self.shape_at(&tokens[at..]) {
            self.take(&mut borne, id.clone());
            at += length;
            at = self.follow(&mut borne, &tokens, at, &id);
        }
        borne
    }

    /// Numbers after an id that mean more rows of the same prefix; gives where the rest begins.
    fn follow(&self, borne: &mut Borne, tokens: &[&str], mut at: usize, id: &str) -> usize {
        let (prefix, number) = id.rsplit_once('-').unwrap_or((id, ""));
        let mut last: u32 = number.parse().unwrap_or(0);
        loop {
            match tokens[at..] {
                ["AND", next, ..] if is_number(next) => {
                    self.take(borne, format!("{prefix}-{next}"));
                    last = next.parse().unwrap_or(last);
                    at += 2;
                }
                ["TO", next, ..] if is_number(next) => {
                    let end = next.parse().unwrap_or(last);
                    for number in last + 1..=end {
                        self.take(borne, format!("{prefix}-{number:02}"));
                    }
                    last = end;
                    at += 2;
                }
                ["AND", ..] if self.shape_at(&tokens[at + 1..]).is_some() => return at + 1,
                [next, ..] if is_number(next) && next.starts_with('0') => {
                    let right = format!("{id}_and_{next}").replace('-', "_").to_lowercase();
                    borne.wrong.push(format!("a bare {next} after {id}: write {right}"));
                    return at + 1;
                }
                _ => return at,
            }
        }
    }

    fn take(&self, borne: &mut Borne, id: String) {
        if self.contains(&id) {
            borne.ids.push(id);
        } else {
            borne.wrong.push(format!("there is no row {id}"));
        }
    }

    /// An id's shape at the beginning of `tokens`, with how many it takes: one that exists, or one
    /// that could.
    fn shape_at(&self, tokens: &[&str]) -> Option<(String, usize)> {
        let lengths = self.families.get(tokens.first()?)?;
        let of = |length: usize| Some((tokens.get(..length)?.join("-"), length));
        let exists = [3, 2].into_iter().filter_map(of).find(|(id, _)| self.contains(id));
        exists.or_else(|| {
            lengths.iter().filter_map(|length| of(*length)).find(|(id, _)| could_be(id))
        })
    }
}

/// Whether `text`, which begins with a family, looks like an id that somebody meant.
fn could_be(text: &str) -> bool {
    let area = text.split('-').nth(1).unwrap_or_default();
    is_id(text) && area.len() <= AREA_LETTERS_MAX
}

/// Longer words after a family's name are words: `s3_object_01`.
const AREA_LETTERS_MAX: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn borne(name: &str) -> (Vec<String>, Vec<String>) {
        let ids = "CF-ERR-06 CF-ERR-07 CF-ERR-10 ALB-RU-03 MP-01 MP-A03 S3-EP-01";
        let borne = Ids::new(ids.split(' ')).borne_by(name);
        (borne.ids, borne.wrong)
    }

    fn ids(name: &str) -> Vec<String> {
        let (ids, wrong) = borne(name);
        assert_eq!(wrong, [""; 0], "{name}");
        ids
    }

    #[test]
    fn a_name_bears_the_ids_it_begins_with() {
        assert_eq!(ids("cf_err_06_the_page_is_fetched"), ["CF-ERR-06"]);
        let three = ["CF-ERR-06", "CF-ERR-07", "ALB-RU-03"];
        assert_eq!(ids("cf_err_06_cf_err_07_alb_ru_03_all"), three);
        assert_eq!(ids("mp_01_mp_a03_in_words"), ["MP-01", "MP-A03"]);
        assert_eq!(ids("the_page_of_cf_err_06"), [""; 0]);
        assert_eq!(ids("s3_ep_01"), ["S3-EP-01"]);
    }

    #[test]
    fn more_rows_of_the_same_prefix_are_told_by_and_and_to() {
        assert_eq!(ids("cf_err_06_and_07_x"), ["CF-ERR-06", "CF-ERR-07"]);
        assert_eq!(ids("cf_err_06_to_07_and_10_x"), ["CF-ERR-06", "CF-ERR-07", "CF-ERR-10"]);
        assert_eq!(ids("cf_err_06_and_alb_ru_03_x"), ["CF-ERR-06", "ALB-RU-03"]);
        assert_eq!(ids("cf_err_06_and_nothing_else"), ["CF-ERR-06"]);
    }

    #[test]
    fn other_numbers_are_numbers() {
        assert_eq!(ids("cf_err_06_10_seconds_by_default"), ["CF-ERR-06"]);
        assert_eq!(ids("cf_err_06_404_is_kept"), ["CF-ERR-06"]);
    }

    #[test]
    fn what_has_the_shape_of_an_id_must_be_one() {
        assert_eq!(borne("cf_err_99_x").1, ["there is no row CF-ERR-99"]);
        assert_eq!(borne("cf_eror_06_x").1, ["there is no row CF-EROR-06"]);
        assert_eq!(borne("mp_77_x").1, ["there is no row MP-77"]);
        assert_eq!(borne("cf_err_06_to_08_x").1, ["there is no row CF-ERR-08"]);
        let bare = borne("cf_err_06_07_x").1;
        assert_eq!(bare, ["a bare 07 after CF-ERR-06: write cf_err_06_and_07"]);
        assert_eq!(borne("s3_of_10_objects").1, ["there is no row S3-OF-10"]);
        assert_eq!(borne("cf_gives_ten").1, [""; 0]);
    }

    #[test]
    fn prefixes_end_where_parts_end() {
        assert!(is_below("CF-ERR-06", "CF") && is_below("CF-ERR-06", "CF-ERR-06"));
        assert!(is_below("MP-A03", "MP-A") && !is_below("CFN-TP-01", "CF"));
    }

    #[test]
    fn an_id_has_a_family_and_a_number() {
        assert!(["CF-ERR-06", "MP-01", "MP-A03", "R53-AL-13"].iter().all(|id| is_id(id)));
        assert!(["CF-ERR", "id", "CF-ERR-6", "CF-1-06", "---"].iter().all(|id| !is_id(id)));
    }
}
