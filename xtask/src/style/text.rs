//! Lines and files: how long, how they begin and end, and no blanks nobody sees.

use super::Finding;
use crate::tree::File;

/// A file of this many lines is two files.
const FILE_LINES_MAX: usize = 599;
/// Counted in characters, not in bytes.
const LINE_CHARACTERS_MAX: usize = 100;

/// Looks at one file.
pub(crate) fn look(file: &File, findings: &mut Vec<Finding>) {
    if !is_ours(&file.path) {
        return;
    }
    let path = &file.path;
    if file.is_rust() {
        rust(file, findings);
    }
    for (number, line) in (1..).zip(file.text.lines()) {
        if line.contains('\t') {
            findings.push(Finding::new(path, number, "a tab", "indent with blanks"));
        }
        if line.ends_with([' ', '\t', '\r']) {
            findings.push(Finding::new(path, number, "blanks at the end", "end with the text"));
        }
    }
    let text = &file.text;
    if !text.is_empty() && !text.ends_with('\n') {
        let last = text.lines().count();
        findings.push(Finding::new(path, last, "the last line is not ended", "end it"));
    }
    if text.ends_with("\n\n") {
        let last = text.lines().count();
        findings.push(Finding::new(path, last, "an empty line at the end", "take it out"));
    }
}

/// Golden cases hold whatever they need, lock files and licences are written by others.
fn is_ours(path: &str) -> bool {
    !path.starts_with("tests/golden/")
        && !path.starts_with("LICENSE")
        && !path.ends_with(".lock")
        && !path.ends_with(".svg")
}

fn rust(file: &File, findings: &mut Vec<Finding>) {
    let path = &file.path;
    if !file.text.starts_with("//! ") {
        let right = "open with a `//!` sentence: what this file decides";
        findings.push(Finding::new(path, 1, "it does not say what it is for", right));
    }
    let count = file.text.lines().count();
    if count > FILE_LINES_MAX {
        let wrong = format!("{count} lines");
        findings.push(Finding::new(path, count, wrong, "make two files, each with its own noun"));
    }
    for (number, line) in (1..).zip(file.text.lines()) {
        let length = line.chars().count();
        if length > LINE_CHARACTERS_MAX {
            let wrong = format!("{length} characters");
            findings.push(Finding::new(path, number, wrong, "at most 100 a line"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(path: &str, text: &str) -> Vec<(usize, String)> {
        let mut findings = Vec::new();
        look(&File { path: path.into(), text: text.into() }, &mut findings);
        findings.into_iter().map(|finding| (finding.line, finding.wrong)).collect()
    }

    #[test]
    fn a_file_of_good_form_is_left_alone() {
        assert_eq!(wrong("a.rs", "//! What it decides.\n\nfn f() {}\n"), []);
        assert_eq!(wrong("empty.md", ""), []);
    }

    #[test]
    fn every_fault_of_form_has_its_line() {
        let said = |text: &str| wrong("a.md", text)[0].clone();
        assert_eq!(said("a\n\tb\n"), (2, "a tab".into()));
        assert_eq!(said("a \n"), (1, "blanks at the end".into()));
        assert_eq!(said("a\nb"), (2, "the last line is not ended".into()));
        assert_eq!(said("a\n\n"), (2, "an empty line at the end".into()));
    }

    #[test]
    fn rust_says_what_it_is_for_and_is_short() {
        assert_eq!(wrong("a.rs", "use x;\n")[0].1, "it does not say what it is for");
        let long = format!("//! A.\n{}\n", "x".repeat(101));
        assert_eq!(wrong("a.rs", &long), [(2, "101 characters".into())]);
        let japanese = format!("//! {}\n", "日".repeat(96));
        assert_eq!(wrong("a.rs", &japanese), []);
        let many = format!("//! A.\n{}", "x\n".repeat(599));
        assert_eq!(wrong("a.rs", &many), [(600, "600 lines".into())]);
    }

    #[test]
    fn golden_cases_may_hold_anything() {
        assert_eq!(wrong("tests/golden/template/tabs.txt", "\t \n\n"), []);
    }
}
