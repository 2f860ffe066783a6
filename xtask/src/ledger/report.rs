//! Prints the ledger: a count for each service, or each row with where it stands.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::rows::Row;
use super::{Ledger, Options, Standing};

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    rows: usize,
    held: usize,
    not_yet: usize,
    out: usize,
}

impl Count {
    fn add(&mut self, standing: Standing<'_>) {
        self.rows += 1;
        match standing {
            Standing::Held(_) => self.held += 1,
            Standing::NotYet => self.not_yet += 1,
            Standing::OutOfScope(_) => self.out += 1,
        }
    }

    fn line(&self, name: &str) -> String {
        let Self { rows, held, not_yet, out } = self;
        format!("{name:<22} {rows:>5} {held:>6} {not_yet:>9} {out:>14}\n")
    }
}

/// A line for each ledger, the sum, and why what is out of scope is.
pub(super) fn totals(ledger: &Ledger, options: &Options) -> String {
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    let mut total = Count::default();
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for row in ledger.rows.iter().filter(|row| options.wants(&row.id)) {
        let standing = ledger.standing(row);
        counts.entry(&row.ledger).or_default().add(standing);
        total.add(standing);
        if let Standing::OutOfScope(why) = standing {
            *reasons.entry(why).or_default() += 1;
        }
    }
    let mut text = format!(
        "{:<22} {:>5} {:>6} {:>9} {:>14}\n",
        "ledger", "rows", "held", "not yet", "out of scope"
    );
    for (name, count) in &counts {
        text.push_str(&count.line(name));
    }
    text.push_str(&total.line("total"));
    if !reasons.is_empty() {
        text.push_str("\nout of scope, because\n");
    }
    for (why, rows) in reasons {
        let _ = writeln!(text, "{rows:>5}  {why}");
    }
    text
}

/// Longest rule shown, in characters.
const RULE_CHARACTERS_MAX: usize = 90;

/// Each row: where it stands, its rule, and the tests that hold it.
pub(super) fn rows(ledger: &Ledger, options: &Options) -> String {
    let mut text = String::new();
    for row in ledger.rows.iter().filter(|row| options.wants(&row.id)) {
        let standing = ledger.standing(row);
        let word = match standing {
            Standing::Held(_) => "held",
            Standing::NotYet => "not yet",
            Standing::OutOfScope(_) => "out",
        };
        let _ = writeln!(text, "{:<12} {word:<8} {}", row.id, shortened(row));
        if let Standing::Held(holders) = standing {
            // A test that names a row twice holds it once.
            let lines: BTreeSet<String> = holders
                .iter()
                .map(|holder| {
                    let line =
                        if holder.line > 0 { format!(":{}", holder.line) } else { String::new() };
                    format!("{}{line} {}", holder.path, holder.name).trim_end().to_owned()
                })
                .collect();
            for line in lines {
                let _ = writeln!(text, "{:21} {line}", "");
            }
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn shortened(row: &Row) -> String {
    let rule = &row.rule;
    match rule.char_indices().nth(RULE_CHARACTERS_MAX) {
        Some((at, _)) => format!("{}...", rule[..at].trim_end()),
        None => rule.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Scope, held, id, rows as read_rows};
    use crate::tree::File;

    fn ledger() -> Ledger {
        let file = |path: &str, text: &str| File { path: path.into(), text: text.into() };
        let files = [
            file("docs/ledger/a.md", "| CF-A-01 | One | t |\n| CF-A-02 | Two | t |\n"),
            file("docs/ledger/b.md", "### RDS-B-01\n\n- **Rule:** Three.\n"),
            file("docs/ledger/scope.toml", "RDS = \"databases are a later step\"\n"),
            file("x/src/lib.rs", "#[test]\nfn cf_a_02_two() {}\n"),
        ];
        let mut wrong = Vec::new();
        let rows = read_rows::read(&files, &mut wrong);
        let scope = Scope::read(&files, &rows, &mut wrong);
        let ids = id::Ids::new(rows.iter().map(|row| row.id.as_str()));
        let holders = held::read(&files, &ids, &mut wrong);
        Ledger { rows, scope, holders, wrong }
    }

    #[test]
    fn every_row_is_counted_once() {
        let text = totals(&ledger(), &Options::default());
        let words: Vec<Vec<&str>> =
            text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(words[1], ["a", "2", "1", "1", "0"]);
        assert_eq!(words[2], ["b", "1", "0", "0", "1"]);
        assert_eq!(words[3], ["total", "3", "1", "1", "1"]);
        assert_eq!(words[6], ["1", "databases", "are", "a", "later", "step"]);
    }

    #[test]
    fn a_held_row_shows_its_test() {
        let text = rows(&ledger(), &Options::parse(&["CF-A-02"]).unwrap());
        let words: Vec<&str> = text.split_whitespace().collect();
        assert_eq!(words, ["CF-A-02", "held", "Two", "x/src/lib.rs:2", "cf_a_02_two"]);
    }
}
