//! Whether docs/patterns.md is what `standin review --compare` says.

// A test that cannot go on panics.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn docs() -> String {
    std::fs::read_to_string(root().join("docs/patterns.md")).unwrap()
}

#[test]
fn every_pattern_stands_in_the_docs() {
    let docs = docs();
    let intro = include_str!("../src/review/compare.txt");
    assert!(docs.starts_with(intro), "the words above the tables are old");
    let mut files: Vec<String> = std::fs::read_dir(root().join("stacks/patterns"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.retain(|name| name.ends_with(".yaml"));
    assert!(files.len() > 10, "{files:?}");
    for file in &files {
        let name = file.trim_end_matches(".yaml");
        let link = format!("| [{name}](../stacks/patterns/{file}) |");
        assert!(docs.contains(&link), "{name} is not in docs/patterns.md");
        assert!(docs.matches(&format!("\n| {name} |")).count() >= 2, "{name} has no rows");
    }
}

/// One pattern is measured anew, the one with the fewest faults: all of them take minutes.
#[test]
fn the_docs_say_what_is_measured() {
    let template = "stacks/patterns/switch-origin-path.yaml";
    let output = Command::new(env!("CARGO_BIN_EXE_standin"))
        .args(["review", "--compare", "--phases", "2", "--markdown", template])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let docs = docs();
    let text = String::from_utf8(output.stdout).unwrap();
    let rows: Vec<&str> =
        text.lines().filter(|line| line.starts_with("| switch-origin-path |")).collect();
    assert_eq!(rows.len(), 3);
    for row in rows {
        assert!(
            docs.contains(row),
            "docs/patterns.md is old; write it anew:\n  standin review --compare --phases 2 \
             --markdown > docs/patterns.md\n{row}"
        );
    }
}
