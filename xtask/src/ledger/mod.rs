//! The ledger of AWS's behaviour: which rows tests hold, which not yet, which are out of scope.
//!
//! [`rows`] reads the rows, [`id`] finds ids in names, [`held`] finds the tests that bear them,
//! [`scope`] reads what is out of scope, [`report`] prints. How names bear ids is told in
//! `docs/ledger/README.md`.

mod held;
mod id;
mod report;
mod rows;
mod scope;

use std::collections::BTreeMap;
use std::path::Path;

use held::Holder;
use rows::Row;
use scope::Scope;

use crate::tree;

/// What `cargo xtask ledger` is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    rows: bool,
    check: bool,
    /// Only rows whose ids begin so; all when empty.
    prefixes: Vec<String>,
}

impl Options {
    pub(crate) fn parse(arguments: &[&str]) -> Result<Self, String> {
        let mut options = Self::default();
        for argument in arguments {
            match *argument {
                "--rows" => options.rows = true,
                "--check" => options.check = true,
                other if other.starts_with('-') => {
                    return Err(format!("cargo xtask ledger has no option {other}"));
                }
                prefix => options.prefixes.push(prefix.to_uppercase()),
            }
        }
        Ok(options)
    }

    fn wants(&self, id: &str) -> bool {
        self.prefixes.is_empty() || self.prefixes.iter().any(|prefix| id::is_below(id, prefix))
    }
}

/// The ledger and what holds it.
#[derive(Debug)]
struct Ledger {
    rows: Vec<Row>,
    scope: Scope,
    holders: BTreeMap<String, Vec<Holder>>,
    /// What contradicts itself.
    wrong: Vec<String>,
}

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing<'a> {
    Held(&'a [Holder]),
    NotYet,
    /// And why.
    OutOfScope(&'a str),
}

impl Ledger {
    fn read(root: &Path) -> std::io::Result<Self> {
        let files = tree::files(root)?;
        let mut wrong = Vec::new();
        let rows = rows::read(&files, &mut wrong);
        let scope = Scope::read(&files, &rows, &mut wrong);
        let ids = id::Ids::new(rows.iter().map(|row| row.id.as_str()));
        let holders = held::read(&files, &ids, &mut wrong);
        Ok(Self { rows, scope, holders, wrong })
    }

    /// A test counts whatever the scope says.
    fn standing(&self, row: &Row) -> Standing<'_> {
        if let Some(holders) = self.holders.get(&row.id) {
            return Standing::Held(holders);
        }
        self.scope.why_out(&row.id).map_or(Standing::NotYet, Standing::OutOfScope)
    }
}

/// Prints what was asked for; `false` when a check fails.
pub(crate) fn run(root: &Path, options: &Options) -> std::io::Result<bool> {
    let ledger = Ledger::read(root)?;
    if options.check {
        for wrong in &ledger.wrong {
            println!("{wrong}");
        }
        match ledger.wrong.len() {
            0 => println!("ledger: sound"),
            count => println!("ledger: {count} to mend"),
        }
        return Ok(ledger.wrong.is_empty());
    }
    if options.rows {
        print!("{}", report::rows(&ledger, options));
    }
    print!("{}", report::totals(&ledger, options));
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ledger_of_the_project_is_sound() {
        let ledger = Ledger::read(&tree::root()).unwrap();
        assert!(ledger.wrong.is_empty(), "\n{}", ledger.wrong.join("\n"));
        assert!(ledger.rows.len() > 1000, "only {} rows were found", ledger.rows.len());
    }

    #[test]
    fn options_are_flags_and_prefixes() {
        let parsed = Options::parse(&["--rows", "cf-err"]).unwrap();
        assert!(parsed.rows && !parsed.check);
        assert!(parsed.wants("CF-ERR-06") && !parsed.wants("CF-ERRS-01"));
        assert!(Options::parse(&["--row"]).is_err());
    }
}
