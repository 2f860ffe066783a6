//! Reads the rows of `docs/ledger/*.md`: a heading with its items, or a line of a table.

use std::collections::BTreeMap;

use super::id::is_id;
use crate::tree::File;

pub(super) const FOLDER: &str = "docs/ledger/";

/// One behaviour of AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) id: String,
    /// `cloudfront`: the file's name.
    pub(super) ledger: String,
    /// What AWS does.
    pub(super) rule: String,
    /// Place of the row: file and line.
    place: (String, usize),
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Heading,
    Table,
}

/// The rows of every ledger, in order. A row that stands in a table and has a heading of its own in
/// the same file is one; any other repetition is a contradiction.
pub(super) fn read(files: &[File], wrong: &mut Vec<String>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for file in files {
        let Some(name) = file.path.strip_prefix(FOLDER) else { continue };
        let Some(ledger) = name.strip_suffix(".md").filter(|name| *name != "README") else {
            continue;
        };
        for row in of(file, ledger) {
            match known.get(&row.id).map(|at| &rows[*at]) {
                None => {
                    known.insert(row.id.clone(), rows.len());
                    rows.push(row);
                }
                Some(first) if first.ledger == row.ledger && first.form != row.form => {}
                Some(first) => {
                    let ((path, line), (at, on)) = (&row.place, &first.place);
                    let id = &row.id;
                    wrong.push(format!("{path}:{line}: {id} is a row already, at {at}:{on}"));
                }
            }
        }
    }
    rows
}

fn of(file: &File, ledger: &str) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        let row = |id: &str, rule: &str, form| Row {
            id: id.into(),
            ledger: ledger.into(),
            rule: rule.into(),
            place: (file.path.clone(), number),
            form,
        };
        if let Some(heading) = line.strip_prefix("### ") {
            let (id, rule) = heading.split_once(' ').unwrap_or((heading, ""));
            if is_id(id) {
                rows.push(row(id, rule, Form::Heading));
            }
        } else if let Some(rule) = line.strip_prefix("- **Rule:** ") {
            // It belongs to the heading above.
            if let Some(last) = rows.last_mut().filter(|last| last.rule.is_empty()) {
                last.rule = rule.into();
            }
        } else if let Some(cells) = line.strip_prefix("| ") {
            let mut cells = cells.split(" | ").map(str::trim);
            if let (Some(id), Some(rule)) = (cells.next(), cells.next())
                && is_id(id)
            {
                rows.push(row(id, rule, Form::Table));
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> File {
        File { path: format!("{FOLDER}{name}"), text: text.into() }
    }

    #[test]
    fn rows_stand_in_tables_or_below_headings() {
        let table = "| id | rule | test |\n|---|---|---|\n| CF-A-01 | One | given |\n";
        let headings = "### ALB-A-01\n\n- **Rule:** Two.\n- **Source:** x\n\n### Not a row\n";
        let mut wrong = Vec::new();
        let files = [file("cloudfront.md", table), file("elbv2.md", headings)];
        let rows = read(&files, &mut wrong);
        let short: Vec<_> = rows
            .iter()
            .map(|row| (row.id.as_str(), row.ledger.as_str(), row.rule.as_str()))
            .collect();
        assert_eq!(short, [("CF-A-01", "cloudfront", "One"), ("ALB-A-01", "elbv2", "Two.")]);
        assert_eq!(wrong, [""; 0]);
    }

    #[test]
    fn a_row_told_twice_is_a_contradiction_unless_it_is_overview_and_detail() {
        let mut wrong = Vec::new();
        let both = file("p.md", "| MP-01 | Short | x |\n### MP-01 Long\n");
        assert_eq!(read(&[both], &mut wrong).len(), 1);
        assert_eq!(wrong, [""; 0]);
        let twice = file("p.md", "| MP-01 | Short | x |\n| MP-01 | Other | x |\n");
        read(&[twice], &mut wrong);
        let said = "docs/ledger/p.md:2: MP-01 is a row already, at docs/ledger/p.md:1";
        assert_eq!(wrong, [said]);
    }

    #[test]
    fn the_explanation_of_the_ledger_is_no_ledger() {
        assert_eq!(read(&[file("README.md", "| CF-A-01 | x | y |\n")], &mut Vec::new()), []);
    }
}
