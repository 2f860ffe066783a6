//! The parameters of the families: `postgres.txt`, `mysql.txt` and `mariadb.txt` have a line for
//! each, with name, the versions that have it, how it takes effect, type, unit, what is allowed,
//! and default.

use standin_kernel::database::DatabaseEngine;

use super::LOGICAL_REPLICATION;
use crate::family::Family;

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
    /// RDS's word: `integer`, `boolean`, `string`, `float`, `list`.
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

    /// MySQL's truths are also written in words.
    pub(crate) fn takes_truth(&self, value: &str) -> bool {
        let words = self.allowed.contains("ON");
        matches!(value, "0" | "1")
            || words && ["ON", "OFF"].iter().any(|word| value.eq_ignore_ascii_case(word))
    }

    /// Whether a word is one of those that are allowed.
    pub(crate) fn lists(&self, value: &str) -> bool {
        self.allowed.split(',').any(|word| word.eq_ignore_ascii_case(value))
    }

    pub(crate) const fn apply_type(&self) -> &'static str {
        match self.apply {
            Apply::Dynamic => "dynamic",
            Apply::Static | Apply::Fixed => "static",
        }
    }
}

const fn lines(engine: DatabaseEngine) -> &'static str {
    match engine {
        DatabaseEngine::Postgres => include_str!("postgres.txt"),
        DatabaseEngine::Mysql => include_str!("mysql.txt"),
        DatabaseEngine::Mariadb => include_str!("mariadb.txt"),
    }
}

/// Values that RDS gives a server where nobody has set others (RDS-PG-15, RDS-PP-05).
pub(crate) const fn rds_defaults(
    engine: DatabaseEngine,
) -> &'static [(&'static str, &'static str)] {
    match engine {
        DatabaseEngine::Postgres => &[
            ("idle_in_transaction_session_timeout", "86400000"),
            ("max_connections", "LEAST({DBInstanceClassMemory/9531392},5000)"),
        ],
        DatabaseEngine::Mysql | DatabaseEngine::Mariadb => {
            &[("max_connections", "{DBInstanceClassMemory/12582880}")]
        }
    }
}

/// Formulae that RDS shows as defaults and that are not given to a server on this machine: they
/// would take the memory of an instance of the class (RDS-PM-02).
const fn shown_defaults(engine: DatabaseEngine) -> &'static [(&'static str, &'static str)] {
    match engine {
        DatabaseEngine::Postgres => &[
            ("effective_cache_size", "{DBInstanceClassMemory/16384}"),
            ("shared_buffers", "{DBInstanceClassMemory/32768}"),
        ],
        DatabaseEngine::Mysql | DatabaseEngine::Mariadb => {
            &[("innodb_buffer_pool_size", "{DBInstanceClassMemory*3/4}")]
        }
    }
}

/// The parameter that refuses sessions without TLS.
pub(crate) const fn force_ssl(engine: DatabaseEngine) -> &'static str {
    match engine {
        DatabaseEngine::Postgres => "rds.force_ssl",
        DatabaseEngine::Mysql | DatabaseEngine::Mariadb => "require_secure_transport",
    }
}

pub(crate) const fn force_ssl_default(family: Family) -> &'static str {
    let since = match family.engine {
        DatabaseEngine::Postgres => 15,
        DatabaseEngine::Mysql => 907,
        DatabaseEngine::Mariadb => 1108,
    };
    if family.number >= since { "1" } else { "0" }
}

/// All parameters of the family, by name.
pub(crate) fn all(family: Family) -> impl Iterator<Item = Definition> {
    let own = (family.engine == DatabaseEngine::Postgres).then(|| {
        [
            own(force_ssl(family.engine), Apply::Dynamic, force_ssl_default(family)),
            own(LOGICAL_REPLICATION, Apply::Static, "0"),
        ]
    });
    let of_engine = lines(family.engine).lines().filter_map(move |line| read(line, family));
    of_engine.chain(own.into_iter().flatten())
}

const fn own(name: &'static str, apply: Apply, default: &'static str) -> Definition {
    Definition { name, apply, data_type: "boolean", allowed: "0,1", default }
}

pub(crate) fn find(family: Family, name: &str) -> Option<Definition> {
    all(family).find(|definition| definition.name == name)
}

fn read(line: &'static str, family: Family) -> Option<Definition> {
    let mut fields = line.split('|');
    let name = fields.next()?;
    let (first, last) = fields.next()?.split_once('-')?;
    let there =
        first.parse::<u32>().ok()? <= family.number && family.number <= last.parse().ok()?;
    let apply = match fields.next()? {
        "dynamic" => Apply::Dynamic,
        "static" => Apply::Static,
        _ => Apply::Fixed,
    };
    let data_type = fields.next()?;
    let (_unit, allowed, engine) = (fields.next()?, fields.next()?, fields.next()?);
    let (given, shown) = (rds_defaults(family.engine), shown_defaults(family.engine));
    let of_rds = given.iter().chain(shown).find(|(of, _)| *of == name);
    let default = match of_rds {
        Some((_, default)) => default,
        None if name == force_ssl(family.engine) => force_ssl_default(family),
        None => engine,
    };
    there.then_some(Definition { name, apply, data_type, allowed, default })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::family;

    const fn postgres(number: u32) -> Family {
        Family { engine: DatabaseEngine::Postgres, number }
    }

    #[test]
    fn every_line_is_read_in_some_family() {
        for engine in family::ENGINES {
            let read_somewhere = |line: &&'static str| {
                family::families(engine).any(|family| read(line, family).is_some())
            };
            let unread: Vec<&str> =
                lines(engine).lines().filter(|line| !read_somewhere(line)).collect();
            assert!(unread.is_empty(), "{unread:?}");
        }
        assert!(all(postgres(16)).count() > 300);
    }

    #[test]
    fn families_differ() {
        assert!(find(postgres(16), "summarize_wal").is_none());
        assert!(find(postgres(17), "summarize_wal").is_some());
    }

    #[test]
    fn rds_pm_02_rds_pm_03_what_takes_effect_how_in_mysql() {
        let of = |family: &str, name: &str| find(Family::parse(family).unwrap(), name).unwrap();
        let trust = "log_bin_trust_function_creators";
        assert_eq!(of("mysql8.0", trust).apply, Apply::Dynamic);
        assert_eq!(of("mysql8.4", trust).apply, Apply::Static);
        for name in ["explicit_defaults_for_timestamp", "innodb_log_file_size"] {
            assert_eq!(of("mysql8.0", name).apply, Apply::Static, "{name}");
        }
        for name in ["mysql8.0", "mysql8.4", "mariadb10.11"] {
            let family = Family::parse(name).unwrap();
            let apply = |name: &str| find(family, name).unwrap().apply;
            for dynamic in ["max_connections", "innodb_buffer_pool_size", "sql_mode"] {
                assert_eq!(apply(dynamic), Apply::Dynamic, "{name} {dynamic}");
            }
            for fixed in ["lower_case_table_names", "performance_schema"] {
                assert_eq!(apply(fixed), Apply::Static, "{name} {fixed}");
            }
            assert_eq!(apply("datadir"), Apply::Fixed);
            let pool = find(family, "innodb_buffer_pool_size").unwrap().default;
            assert_eq!(pool, "{DBInstanceClassMemory*3/4}");
            let connections = find(family, "max_connections").unwrap();
            assert_eq!(connections.default, "{DBInstanceClassMemory/12582880}");
            assert!(!connections.in_range(100_001.0));
        }
    }

    #[test]
    fn ranges_may_begin_below_zero() {
        let definition = find(postgres(16), "log_min_duration_statement").unwrap();
        assert!(definition.allowed.starts_with("-1-"));
        assert!(definition.in_range(-1.0) && definition.in_range(250.0));
        assert!(!definition.in_range(-2.0));
    }
}
