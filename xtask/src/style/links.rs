//! Links of the documents: what they name inside the project is there.

use super::Finding;
use crate::tree::File;

/// Looks at the links of one document.
pub(crate) fn look(file: &File, files: &[File], findings: &mut Vec<Finding>) {
    if file.extension() != "md" {
        return;
    }
    for (number, line) in (1..).zip(file.text.lines()) {
        for target in targets(line) {
            let Some(path) = resolved(&file.path, target) else { continue };
            if !files.iter().any(|other| is_at(&other.path, &path)) {
                let wrong = format!("a link to {target}");
                let right = "link to a file or folder that is there";
                findings.push(Finding::new(&file.path, number, wrong, right));
            }
        }
    }
}

/// What stands in the round brackets of links.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
}

/// The path from the root that a link of `from` means; `None` when it leads elsewhere.
fn resolved(from: &str, target: &str) -> Option<String> {
    let target = target.split('#').next().unwrap_or(target);
    if target.is_empty() || target.contains(':') || target.contains(' ') {
        return None;
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Whether a file is what `path` names, or lies below it.
fn is_at(file: &str, path: &str) -> bool {
    file.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_a_file_or_a_folder_that_is_there() {
        let file = |path: &str, text: &str| File { path: path.into(), text: text.into() };
        let text = "[a](../x/lib.rs) [b](../x) [c](../y.rs#top) [d](https://e.org) [e](#here)\n\
                    [f](gone.md) and [g](README.md)\n";
        let files = [file("docs/README.md", text), file("x/lib.rs", ""), file("y.rs", "")];
        let mut findings = Vec::new();
        look(&files[0], &files, &mut findings);
        let said: Vec<_> = findings.iter().map(|one| (one.line, one.wrong.as_str())).collect();
        assert_eq!(said, [(2, "a link to gone.md")]);
    }
}
