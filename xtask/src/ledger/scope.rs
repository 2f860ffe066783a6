//! What is out of scope, and why: `docs/ledger/scope.toml`.

use super::id::is_below;
use super::rows::{FOLDER, Row};
use crate::tree::File;

/// Prefixes of ids with the reason why their rows are not held.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    entries: Vec<(String, String)>,
}

impl Scope {
    /// Reads the file; what is not of its form, or says something of no row, is wrong.
    pub(super) fn read(files: &[File], rows: &[Row], wrong: &mut Vec<String>) -> Self {
        let path = format!("{FOLDER}scope.toml");
        let Some(file) = files.iter().find(|file| file.path == path) else {
            wrong.push(format!("{path}: it is missing"));
            return Self::default();
        };
        let mut entries = Vec::new();
        for (number, line) in (1..).zip(file.text.lines()) {
            if line.is_empty() || line.starts_with('#') || line == "[out-of-scope]" {
                continue;
            }
            let Some((prefix, why)) = entry(line) else {
                wrong.push(format!("{path}:{number}: not `PREFIX = \"why\"`"));
                continue;
            };
            if !rows.iter().any(|row| is_below(&row.id, prefix)) {
                wrong.push(format!("{path}:{number}: no row begins with {prefix}"));
            }
            entries.push((prefix.to_owned(), why.to_owned()));
        }
        Self { entries }
    }

    /// Why a row is out of scope; the longest prefix speaks.
    pub(super) fn why_out(&self, id: &str) -> Option<&str> {
        let fitting = self.entries.iter().filter(|(prefix, _)| is_below(id, prefix));
        fitting.max_by_key(|(prefix, _)| prefix.len()).map(|(_, why)| why.as_str())
    }
}

fn entry(line: &str) -> Option<(&str, &str)> {
    let (prefix, why) = line.split_once(" = ")?;
    let why = why.strip_prefix('"')?.strip_suffix('"')?;
    (!why.is_empty()).then_some((prefix.trim(), why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::rows;

    fn scope(text: &str) -> (Scope, Vec<String>) {
        let rows = File {
            path: format!("{FOLDER}x.md"),
            text: "| CF-FN-01 | a | b |\n| CF-FN-02 | a | b |\n".into(),
        };
        let file = File { path: format!("{FOLDER}scope.toml"), text: text.into() };
        let mut wrong = Vec::new();
        let rows = rows::read(&[rows], &mut wrong);
        (Scope::read(&[file], &rows, &mut wrong), wrong)
    }

    #[test]
    fn the_longest_prefix_gives_the_reason() {
        let (scope, wrong) =
            scope("# c\n[out-of-scope]\nCF-FN = \"later\"\nCF-FN-02 = \"never\"\n");
        assert_eq!(wrong, [""; 0]);
        assert_eq!(scope.why_out("CF-FN-01"), Some("later"));
        assert_eq!(scope.why_out("CF-FN-02"), Some("never"));
        assert_eq!(scope.why_out("CF-ERR-01"), None);
    }

    #[test]
    fn a_prefix_of_nothing_and_a_line_of_another_form_are_wrong() {
        let (_, wrong) = scope("CF-KVS = \"later\"\nCF-FN\nCF-FN = \"\"\n");
        assert_eq!(
            wrong,
            [
                "docs/ledger/scope.toml:1: no row begins with CF-KVS",
                "docs/ledger/scope.toml:2: not `PREFIX = \"why\"`",
                "docs/ledger/scope.toml:3: not `PREFIX = \"why\"`",
            ]
        );
    }
}
