//! The style test: what the files look like, beyond what rustfmt and clippy see.
//!
//! [`text`] looks at lines, [`words`] at what is better said otherwise, [`links`] at documents,
//! [`shape`] at the folders of the services and at who may depend on whom. `cargo test -p xtask`
//! runs it on the whole project.

mod links;
mod shape;
mod text;
mod words;

use std::fmt;
use std::io;
use std::path::Path;

use crate::tree;

/// Something wrong at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) path: String,
    /// From 1; 0 when it is about the whole file or folder.
    pub(crate) line: usize,
    pub(crate) wrong: String,
    pub(crate) right: String,
}

impl Finding {
    fn new(path: &str, line: usize, wrong: impl Into<String>, right: impl Into<String>) -> Self {
        Self { path: path.into(), line, wrong: wrong.into(), right: right.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        write!(f, ": {}; {}", self.wrong, self.right)
    }
}

/// Everything that is wrong with the form of the project below `root`.
pub(crate) fn look(root: &Path) -> io::Result<Vec<Finding>> {
    let files = tree::files(root)?;
    let words = words::Words::read(root)?;
    let mut findings = Vec::new();
    for file in &files {
        text::look(file, &mut findings);
        words.look(file, &mut findings);
        links::look(file, &files, &mut findings);
    }
    shape::look(&files, &mut findings);
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_keeps_to_its_style() {
        let findings = look(&tree::root()).unwrap();
        let shown: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert!(shown.is_empty(), "\n{}", shown.join("\n"));
    }
}
