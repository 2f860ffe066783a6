//! Words and marks that have a better one, read from `words.txt` beside this file.

use std::io;
use std::path::Path;

use super::Finding;
use crate::tree::File;

const LIST: &str = "xtask/src/style/words.txt";

/// Where an entry counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Rust outside of tests.
    Code,
    /// All Rust.
    Rust,
    /// Every text file.
    All,
}

#[derive(Clone, Debug)]
struct Entry {
    place: Place,
    word: String,
    /// Capitals in the list make capitals count in the text.
    exact: bool,
    right: String,
}

/// The list.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    entries: Vec<Entry>,
}

impl Words {
    pub(crate) fn read(root: &Path) -> io::Result<Self> {
        let text = std::fs::read_to_string(root.join(LIST))?;
        Self::parse(&text).map_err(io::Error::other)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut entries = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let columns: Vec<&str> = line.splitn(3, '|').map(str::trim).collect();
            let (place, word, right) = match columns.as_slice() {
                ["code", word, right] => (Place::Code, *word, *right),
                ["rust", word, right] => (Place::Rust, *word, *right),
                ["all", word, right] => (Place::All, *word, *right),
                _ => return Err(format!("{LIST}:{number}: not `where | what | right`")),
            };
            let exact = word.chars().any(char::is_uppercase);
            entries.push(Entry { place, word: word.into(), exact, right: right.into() });
        }
        Ok(Self { entries })
    }

    /// Looks at one file.
    pub(crate) fn look(&self, file: &File, findings: &mut Vec<Finding>) {
        let path = file.path.as_str();
        let exempt = ["tests/golden/", "docs/ledger/", LIST];
        if exempt.iter().any(|exempt| path.starts_with(exempt)) {
            return;
        }
        let mut in_test = is_test(path);
        for (number, line) in (1..).zip(file.text.lines()) {
            // Unit tests stand at the end of their file.
            in_test |= line.trim_start().starts_with("#[cfg(test)]");
            let lower = line.to_lowercase();
            for entry in &self.entries {
                let counts = match entry.place {
                    Place::Code => file.is_rust() && !in_test,
                    Place::Rust => file.is_rust(),
                    Place::All => true,
                };
                let text = if entry.exact { line } else { &lower };
                if counts && holds(text, &entry.word) {
                    let wrong = format!("`{}`", entry.word);
                    findings.push(Finding::new(path, number, wrong, entry.right.as_str()));
                }
            }
        }
    }
}

fn is_test(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "tests" | "tests.rs"))
}

/// Whether `text` holds `word` and no letter or digit goes on before or after it.
fn holds(text: &str, word: &str) -> bool {
    let inner = |c: char| c.is_alphanumeric();
    let begins = word.starts_with(inner);
    let ends = word.ends_with(inner);
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !(begins && before.is_some_and(inner) || ends && after.is_some_and(inner))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        let list = "code | /home/ | r\nall | LATER | do it\nall | employ | use\n";
        let words = Words::parse(list).unwrap();
        let mut findings = Vec::new();
        words.look(&File { path: path.into(), text: text.into() }, &mut findings);
        findings.into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn words_are_whole_and_capitals_count_where_there_are_any() {
        assert_eq!(lines("a.md", "LATER\nlater\nTRANSLATER\n(LATER)\n"), [1, 4]);
        assert_eq!(lines("a.md", "We Employ it\nemployed\n"), [1]);
    }

    #[test]
    fn paths_of_a_machine_are_for_tests_only() {
        assert_eq!(lines("a.rs", "let x = \"/home/x\";\n#[cfg(test)]\n\"/home/x\"\n"), [1]);
        assert_eq!(lines("crate/tests/a.rs", "/home/x\n"), [0; 0]);
        assert_eq!(lines("src/tests.rs", "/home/x\n"), [0; 0]);
        assert_eq!(lines("a.sh", "/home/x\n"), [0; 0]);
    }

    #[test]
    fn a_line_of_another_form_is_named() {
        let wrong = Words::parse("# c\n\nsome | where\n").unwrap_err();
        assert_eq!(wrong, format!("{LIST}:3: not `where | what | right`"));
    }

    #[test]
    fn the_list_can_be_read() {
        assert!(!Words::read(&crate::tree::root()).unwrap().entries.is_empty());
    }
}
