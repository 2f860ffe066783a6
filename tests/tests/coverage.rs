//! `docs/coverage.md` says what is honoured, and everything that is honoured can be called.

use standin_tests::{coverage, root};

/// Set by `cargo xtask coverage`: write the page instead of comparing it.
const UPDATE: &str = "UPDATE_COVERAGE";

#[test]
fn the_page_is_up_to_date() {
    let path = root().join("docs/coverage.md");
    let page = coverage::page();
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, page).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = page.lines().zip(kept.lines()).find(|(new, old)| new != old);
    assert!(
        page == kept,
        "docs/coverage.md is not up to date; `cargo xtask coverage` writes it. The first line that \
         differs, new and old: {differs:#?}"
    );
}

#[test]
fn everything_that_is_honoured_is_on_the_endpoint() {
    assert_eq!(coverage::out_of_reach(), [""; 0], "list them in core/wire/tables/operations.txt");
}
