//! Which tests bear which ids: functions under `#[test]`, golden cases, drills, scripts.

use std::collections::BTreeMap;

use super::id::{Borne, Ids};
use crate::tree::File;

/// A test that holds a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) path: String,
    /// From 1; 0 when the whole file is the test.
    pub(super) line: usize,
    /// The function's name; empty for a file.
    pub(super) name: String,
}

/// How a drill or a script says which rows it holds.
const HOLDS: &str = "# Holds: ";

/// Every test that bears an id, by id. Names that bear ids of no row are wrong.
pub(super) fn read(
    files: &[File],
    ids: &Ids<'_>,
    wrong: &mut Vec<String>,
) -> BTreeMap<String, Vec<Holder>> {
    let mut holders: BTreeMap<String, Vec<Holder>> = BTreeMap::new();
    for file in files {
        for (holder, borne) in of(file, ids) {
            let Holder { path, line, name } = &holder;
            for said in borne.wrong {
                let line = if *line > 0 { format!(":{line}") } else { String::new() };
                let name = if name.is_empty() { String::new() } else { format!(" {name}:") };
                wrong.push(format!("{path}{line}:{name} {said}"));
            }
            for id in borne.ids {
                holders.entry(id).or_default().push(holder.clone());
            }
        }
    }
    holders
}

fn of(file: &File, ids: &Ids<'_>) -> Vec<(Holder, Borne)> {
    let path = file.path.as_str();
    let holder = |line, name: &str| Holder { path: path.into(), line, name: name.into() };
    if file.is_rust() {
        let named = tests(&file.text).into_iter();
        return named.map(|(line, name)| (holder(line, name), ids.borne_by(name))).collect();
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    if path.starts_with("tests/golden/") {
        return vec![(holder(0, ""), ids.borne_by(name))];
    }
    let is_drill = path.contains("/drills/") && matches!(file.extension(), "yaml" | "yml");
    if is_drill || path.starts_with("conformance/") {
        return lists(&file.text, ids).map(|(line, borne)| (holder(line, ""), borne)).collect();
    }
    Vec::new()
}

/// The functions under a `#[test]` that is not ignored, with their lines.
fn tests(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let (mut is_test, mut is_ignored) = (false, false);
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_start();
        if line.starts_with("#[") {
            is_test |= line.starts_with("#[test]") || line.contains("::test");
            is_ignored |= line.starts_with("#[ignore");
            continue;
        }
        let Some(name) = function(line) else { continue };
        if is_test && !is_ignored {
            found.push((number, name));
        }
        (is_test, is_ignored) = (false, false);
    }
    found
}

/// The name of the function that a line begins.
fn function(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("pub ").unwrap_or(line);
    let rest = rest.strip_prefix("async ").unwrap_or(rest);
    let rest = rest.strip_prefix("fn ")?;
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    Some(&rest[..end])
}

/// The lines `# Holds: CF-CER-01, ALB-FO-02` of a drill or a script.
fn lists<'t>(text: &'t str, ids: &'t Ids<'_>) -> impl Iterator<Item = (usize, Borne)> + 't {
    (1..).zip(text.lines()).filter_map(|(number, line)| {
        let list = line.trim_start().strip_prefix(HOLDS)?;
        let mut borne = Borne::default();
        for id in list.split(',').map(str::trim) {
            if ids.contains(id) {
                borne.ids.push(id.to_owned());
            } else {
                borne.wrong.push(format!("there is no row {id}"));
            }
        }
        Some((number, borne))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(path: &str, text: &str) -> (Vec<(String, usize)>, Vec<String>) {
        let file = File { path: path.into(), text: text.into() };
        let ids = Ids::new(["CF-ERR-06", "CF-ERR-07", "ALB-RU-03"].into_iter());
        let mut wrong = Vec::new();
        let holders = read(&[file], &ids, &mut wrong);
        let lines = holders.into_iter().map(|(id, holders)| (id, holders[0].line)).collect();
        (lines, wrong)
    }

    #[test]
    fn a_test_holds_what_its_name_begins_with() {
        let text = "#[test]\nfn cf_err_06_x() {}\nfn cf_err_07_not_a_test() {}\n\
                    #[tokio::test]\nasync fn alb_ru_03_y() {}\n";
        let (held, wrong) = held("a.rs", text);
        assert_eq!(held, [("ALB-RU-03".into(), 5), ("CF-ERR-06".into(), 2)]);
        assert_eq!(wrong, [""; 0]);
    }

    #[test]
    fn a_test_that_does_not_run_holds_nothing() {
        assert_eq!(held("a.rs", "#[test]\n#[ignore = \"slow\"]\nfn cf_err_06_x() {}\n").0, []);
    }

    #[test]
    fn golden_cases_bear_ids_in_their_file_names() {
        let (held, _) = held("tests/golden/template/cf_err_07_a_case.txt", "text");
        assert_eq!(held, [("CF-ERR-07".into(), 0)]);
    }

    #[test]
    fn drills_and_scripts_list_what_they_hold() {
        let text = "# A story about CF-ERR-07.\n# Holds: CF-ERR-06, ALB-RU-03\nname: x\n";
        let (found, _) = held("stacks/x/drills/a.yaml", text);
        assert_eq!(found, [("ALB-RU-03".into(), 2), ("CF-ERR-06".into(), 2)]);
        assert_eq!(held("conformance/a.sh", "# Holds: CF-ERR-06\n").0.len(), 1);
        assert_eq!(held("docs/a.yaml", text).0, []);
    }

    #[test]
    fn a_test_that_names_no_row_is_told_with_its_place() {
        let (_, wrong) = held("a.rs", "#[test]\nfn cf_err_66_x() {}\n");
        assert_eq!(wrong, ["a.rs:2: cf_err_66_x: there is no row CF-ERR-66"]);
        let (_, wrong) = held("conformance/a.sh", "# Holds: CF-1\n");
        assert_eq!(wrong, ["conformance/a.sh:1: there is no row CF-1"]);
    }
}
