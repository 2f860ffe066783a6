//! Which files belong to the project: everything below the root but what is built or downloaded.

use std::io;
use std::path::{Path, PathBuf};

/// The workspace's root folder.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// A file of the project that is text.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// Relative to the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    /// The part of the name after its last point, or the whole name when there is none.
    pub(crate) fn extension(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        name.rsplit('.').next().unwrap_or(name)
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.extension() == "rs"
    }
}

/// Every text file below `root`, in the order of their paths.
pub(crate) fn files(root: &Path) -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    walk(root, "", &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn walk(folder: &Path, below: &str, files: &mut Vec<File>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        let kind = entry.file_type()?;
        if kind.is_dir() {
            if !is_foreign(&name) {
                walk(&entry.path(), &path, files)?;
            }
        } else if kind.is_file() {
            // A file that is gone by now, or is not text, has no form to look at.
            if let Ok(text) = std::fs::read_to_string(entry.path()) {
                files.push(File { path, text });
            }
        }
    }
    Ok(())
}

/// What `.gitignore` keeps out, and git's own folder.
fn is_foreign(folder: &str) -> bool {
    folder.starts_with("target-")
        || matches!(folder, "target" | ".git" | ".standin" | "node_modules" | "__pycache__")
        || matches!(folder, "corpus" | "artifacts")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_has_its_own_sources_and_nothing_built() {
        let files = files(&root()).unwrap();
        let has = |path: &str| files.iter().any(|file| file.path == path);
        assert!(has("xtask/src/tree.rs") && has("Cargo.toml") && has("justfile"));
        assert!(files.iter().all(|file| !file.path.starts_with("target/")));
        assert!(files.is_sorted_by(|a, b| a.path < b.path));
    }

    #[test]
    fn an_extension_is_what_follows_the_last_point() {
        let file = |path: &str| File { path: path.into(), text: String::new() };
        assert_eq!(file("a.b/c.rs").extension(), "rs");
        assert_eq!(file("a.b/justfile").extension(), "justfile");
    }
}
