//! The parameters of PostgreSQL's families: `postgres.txt` has a line for each, with name, the
//! major versions that have it, how it takes effect, type, unit, what is allowed, and default.

use super::{FORCE_SSL, LOGICAL_REPLICATION};

/// How a change of a parameter can take effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Apply {
    Dynamic,
    Static,
    /// Not for users to change.
    Fixed,
}

/// A parameter of a family.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Definition {
    pub(crate) name: &'static str,
    pub(crate) apply: Apply,
    /// RDS's word: `integer`, `boolean`, `string`, `float`.
    pub(crate) data_type: &'static str,
    /// `1-100`, `0,1`, words with commas; empty: anything.
    pub(crate) allowed: &'static str,
    /// RDS's own default, a value or a formula; empty: none.
    pub(crate) default: &'static str,
}

impl Definition {
    pub(crate) fn in_range(&self, number: f64) -> bool {
        // The first number may have a sign of its own.
        let Some(at) = self.allowed.get(1..).and_then(|rest| rest.find('-')) else { return true };
        let (least, most) = self.allowed.split_at(at + 1);
        let bound = |text: &str| text.parse::<f64>().ok();
        match (bound(least), bound(&most[1..])) {
            (Some(least), Some(most)) => (least..=most).contains(&number),
            _ => true,
        }
    }

    pub(crate) const fn apply_type(&self) -> &'static str {
        match self.apply {
            Apply::Dynamic => "dynamic",
            Apply::Static | Apply::Fixed => "static",
        }
    }
}

const LINES: &str = include_str!("postgres.txt");

/// Values that RDS gives a server where nobody has set others (RDS-PG-15, RDS-PP-05).
pub(crate) const RDS_DEFAULTS: &[(&str, &str)] = &[
    ("idle_in_transaction_session_timeout", "86400000"),
    ("max_connections", "LEAST({DBInstanceClassMemory/9531392},5000)"),
];

/// Formulae that RDS shows as defaults and that are not given to a server on this machine: they
/// would take the memory of an instance of the class.
const SHOWN_DEFAULTS: &[(&str, &str)] = &[
    ("effective_cache_size", "{DBInstanceClassMemory/16384}"),
    ("shared_buffers", "{DBInstanceClassMemory/32768}"),
];

pub(crate) const fn force_ssl_default(major: u32) -> &'static str {
    if major >= 15 { "1" } else { "0" }
}

/// All parameters of the family, by name.
pub(crate) fn all(major: u32) -> impl Iterator<Item = Definition> {
    let own = [
        own(FORCE_SSL, Apply::Dynamic, force_ssl_default(major)),
        own(LOGICAL_REPLICATION, Apply::Static, "0"),
    ];
    LINES.lines().filter_map(move |line| read(line, major)).chain(own)
}

const fn own(name: &'static str, apply: Apply, default: &'static str) -> Definition {
    Definition { name, apply, data_type: "boolean", allowed: "0,1", default }
}

pub(crate) fn find(major: u32, name: &str) -> Option<Definition> {
    all(major).find(|definition| definition.name == name)
}

fn read(line: &'static str, major: u32) -> Option<Definition> {
    let mut fields = line.split('|');
    let name = fields.next()?;
    let (first, last) = fields.next()?.split_once('-')?;
    let there = first.parse::<u32>().ok()? <= major && major <= last.parse().ok()?;
    let apply = match fields.next()? {
        "dynamic" => Apply::Dynamic,
        "static" => Apply::Static,
        _ => Apply::Fixed,
    };
    let data_type = fields.next()?;
    let (_unit, allowed, engine) = (fields.next()?, fields.next()?, fields.next()?);
    let of_rds = RDS_DEFAULTS.iter().chain(SHOWN_DEFAULTS).find(|(of, _)| *of == name);
    let default = of_rds.map_or(engine, |(_, default)| *default);
    there.then_some(Definition { name, apply, data_type, allowed, default })
}

/// The families that can be run, by major version.
pub(crate) const MAJORS: std::ops::RangeInclusive<u32> = 13..=18;

/// `postgres16` gives 16.
pub(crate) fn major_of_family(family: &str) -> Option<u32> {
    let major = family.strip_prefix("postgres")?.parse().ok()?;
    MAJORS.contains(&major).then_some(major)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_in_some_family() {
        let read_somewhere = LINES
            .lines()
            .filter(|line| MAJORS.into_iter().any(|major| read(line, major).is_some()))
            .count();
        assert_eq!(read_somewhere, LINES.lines().count());
        assert!(all(16).count() > 300);
    }

    #[test]
    fn families_differ() {
        assert!(find(16, "summarize_wal").is_none());
        assert!(find(17, "summarize_wal").is_some());
        assert_eq!(major_of_family("postgres16"), Some(16));
        assert_eq!(major_of_family("postgres9.6"), None);
        assert_eq!(major_of_family("mysql8.0"), None);
    }

    #[test]
    fn ranges_may_begin_below_zero() {
        let definition = find(16, "log_min_duration_statement").unwrap();
        assert!(definition.allowed.starts_with("-1-"));
        assert!(definition.in_range(-1.0) && definition.in_range(250.0));
        assert!(!definition.in_range(-2.0));
    }
}
