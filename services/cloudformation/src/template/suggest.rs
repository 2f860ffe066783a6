//! What somebody may have meant: the nearest of the names that would be right.

/// `did you mean HealthCheckPath?`, when one of `names` is near `written`.
pub(super) fn did_you_mean<'a>(
    written: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let allowed = (written.chars().count() / 3).min(3);
    names
        .into_iter()
        .map(|name| (distance(written, name), name))
        .filter(|(apart, _)| *apart <= allowed)
        .min_by_key(|(apart, _)| *apart)
        .map(|(_, name)| format!("did you mean {name}?"))
}

/// The names in a hint: all of them when they are few.
pub(super) fn one_of<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let names: Vec<&str> = names.into_iter().collect();
    (1..=12).contains(&names.len()).then(|| format!("one of: {}", names.join(", ")))
}

/// How many letters must be changed, added, removed or swapped; case counts nothing.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().map(|letter| letter.to_ascii_lowercase()).collect();
    let b: Vec<char> = b.chars().map(|letter| letter.to_ascii_lowercase()).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut row = vec![i + 1];
        for j in 0..b.len() {
            let changed = last[j] + usize::from(a[i] != b[j]);
            let mut best = changed.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered_and_a_far_one_is_not() {
        let names = ["HealthCheckPath", "HealthCheckPort", "Name"];
        let hint = did_you_mean("HealtCheckPath", names);
        assert_eq!(hint.as_deref(), Some("did you mean HealthCheckPath?"));
        assert_eq!(did_you_mean("healthcheckpath", names), hint);
        assert_eq!(did_you_mean("Colour", names), None);
        assert_eq!(did_you_mean("Nmae", names).as_deref(), Some("did you mean Name?"));
    }
}
