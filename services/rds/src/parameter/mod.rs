//! Engine parameters: which there are, which values they take, and what an instance's are.

pub(crate) mod class;
pub(crate) mod formula;
pub(crate) mod table;

use std::collections::BTreeMap;

use crate::error::{Result, combination, invalid, not_built};
use crate::family::Family;
use table::{Apply, Definition};

/// Parameters of RDS's own that are honoured here.
pub(crate) const LOGICAL_REPLICATION: &str = "rds.logical_replication";

/// How a value is to take effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ApplyMethod {
    Immediate,
    PendingReboot,
}

impl ApplyMethod {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        match text {
            "immediate" => Ok(Self::Immediate),
            "pending-reboot" => Ok(Self::PendingReboot),
            other => Err(invalid(format!("Invalid apply method: {other}"))),
        }
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Immediate => "immediate",
            Self::PendingReboot => "pending-reboot",
        }
    }
}

/// Takes a value for a parameter of a family (RDS-PG-05, RDS-PG-15, RDS-PG-20).
pub(crate) fn check(family: Family, name: &str, value: &str, method: ApplyMethod) -> Result<()> {
    if name.starts_with("rds.") && table::find(family, name).is_none() {
        return Err(not_built(format!("The parameter {name}")));
    }
    let Some(definition) = table::find(family, name) else {
        return Err(invalid(format!("Could not find parameter with name: {name}")));
    };
    if definition.apply == Apply::Fixed {
        return Err(invalid(format!("The parameter {name} cannot be modified.")));
    }
    if definition.apply == Apply::Static && method == ApplyMethod::Immediate {
        return Err(combination(format!(
            "cannot use immediate apply method for static parameter: {name}"
        )));
    }
    check_value(&definition, value)
}

fn check_value(definition: &Definition, value: &str) -> Result<()> {
    let wrong = || {
        let allowed = definition.allowed;
        invalid(format!(
            "Value: {value} for parameter: {} is outside of the range: {allowed}",
            definition.name
        ))
    };
    if value.contains(['{', '(']) && definition.data_type != "string" {
        // What it comes to depends on the instance; that it is a formula does not.
        return formula::parse(value).map(drop).map_err(|why| {
            invalid(format!("Invalid formula {value} for parameter {}: {why}", definition.name))
        });
    }
    let fits = match definition.data_type {
        "boolean" => definition.takes_truth(value),
        "integer" => value.parse::<i64>().is_ok_and(|number| definition.in_range(number as f64)),
        "float" => value.parse::<f64>().is_ok_and(|number| definition.in_range(number)),
        _ if definition.allowed.is_empty() => true,
        "list" => value.split(',').all(|part| definition.lists(part.trim())),
        _ => definition.lists(value),
    };
    if fits { Ok(()) } else { Err(wrong()) }
}

/// What a server is given: engine parameters by name, and whether TLS is required.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Effective {
    pub(crate) engine: BTreeMap<String, String>,
    pub(crate) force_ssl: bool,
}

/// The values an instance of `class` has with a group whose user-set values are `set`. Memory that
/// nobody has set keeps the engine's own default: this machine is not an instance of the class.
pub(crate) fn effective(
    family: Family,
    set: &BTreeMap<String, String>,
    surroundings: &formula::Surroundings,
) -> Effective {
    let mut engine = BTreeMap::new();
    for (name, default) in table::rds_defaults(family.engine) {
        if let Some(value) = value_of(default, surroundings) {
            engine.insert((*name).to_owned(), value);
        }
    }
    let force_ssl = table::force_ssl(family.engine);
    let engines = |name: &String| !name.starts_with("rds.") && name != force_ssl;
    for (name, value) in set.iter().filter(|(name, _)| engines(name)) {
        if let Some(value) = value_of(value, surroundings) {
            engine.insert(name.clone(), value);
        }
    }
    if set.get(LOGICAL_REPLICATION).is_some_and(|value| value == "1") {
        engine.insert("wal_level".into(), "logical".into());
    }
    let force_ssl = match set.get(force_ssl) {
        Some(value) => value == "1" || value.eq_ignore_ascii_case("ON"),
        None => table::force_ssl_default(family) == "1",
    };
    Effective { engine, force_ssl }
}

/// A value with its formula worked out.
fn value_of(text: &str, surroundings: &formula::Surroundings) -> Option<String> {
    if !text.contains(['{', '(']) {
        return Some(text.to_owned());
    }
    match formula::parse(text) {
        Ok(formula) => Some(formula.value(surroundings).to_string()),
        Err(_) => Some(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use standin_kernel::database::DatabaseEngine;

    use super::*;

    const POSTGRES_16: Family = Family { engine: DatabaseEngine::Postgres, number: 16 };

    fn surroundings(class: &str) -> formula::Surroundings {
        formula::Surroundings::of(&class::Class::parse(class).unwrap(), 20, 5432)
    }

    #[test]
    fn rds_pg_05_rds_pp_01_a_static_parameter_is_not_applied_at_once() {
        let names = [
            "autovacuum_freeze_max_age",
            "autovacuum_max_workers",
            "max_connections",
            "max_files_per_process",
            "max_locks_per_transaction",
            "max_pred_locks_per_transaction",
            "max_prepared_transactions",
            "shared_buffers",
            "shared_preload_libraries",
            "track_activity_query_size",
            "wal_buffers",
        ];
        for name in names {
            let definition = table::find(POSTGRES_16, name).unwrap();
            let value = match definition.data_type {
                "integer" if name == "autovacuum_freeze_max_age" => "200000",
                "integer" => "100",
                _ => "pg_stat_statements",
            };
            assert_eq!(
                check(POSTGRES_16, name, value, ApplyMethod::PendingReboot),
                Ok(()),
                "{name}"
            );
            let error = check(POSTGRES_16, name, value, ApplyMethod::Immediate).unwrap_err();
            assert_eq!(error.code, "InvalidParameterCombination");
            assert!(
                error.message.contains("cannot use immediate apply method for static parameter")
            );
        }
    }

    #[test]
    fn rds_pg_15_rds_pg_20_values_outside_what_is_allowed_are_refused() {
        let check = |name, value| check(POSTGRES_16, name, value, ApplyMethod::PendingReboot);
        assert_eq!(check("max_connections", "5").unwrap_err().code, "InvalidParameterValue");
        assert_eq!(check("max_connections", "6"), Ok(()));
        let error = check("log_statement", "maybe").unwrap_err();
        assert_eq!(error.code, "InvalidParameterValue");
        assert!(error.message.contains("log_statement"));
        assert!(check("log_lock_waits", "on").is_err());
        assert_eq!(check("random_page_cost", "1.1"), Ok(()));
        assert!(check("no_such_thing", "1").is_err());
        assert!(check("rds.babelfish_status", "on").unwrap_err().message.contains("Standin"));
        assert!(check("data_directory", "/").is_err());
        assert_eq!(check("max_connections", "LEAST({DBInstanceClassMemory/9531392},5000)"), Ok(()));
        assert!(check("max_connections", "LEAST({Nonsense},5000)").is_err());
    }

    #[test]
    fn rds_pp_02_rds_pg_03_dynamic_parameters_a_web_service_sets() {
        let names = [
            ("statement_timeout", "30000"),
            ("lock_timeout", "1000"),
            ("idle_in_transaction_session_timeout", "60000"),
            ("deadlock_timeout", "1000"),
            ("work_mem", "8192"),
            ("maintenance_work_mem", "65536"),
            ("effective_cache_size", "1000"),
            ("random_page_cost", "1.1"),
            ("log_min_duration_statement", "500"),
            ("log_lock_waits", "1"),
            ("log_connections", "1"),
            ("log_statement", "ddl"),
            ("synchronous_commit", "off"),
            ("timezone", "Asia/Tokyo"),
            ("autovacuum", "1"),
        ];
        for (name, value) in names {
            assert_eq!(check(POSTGRES_16, name, value, ApplyMethod::Immediate), Ok(()), "{name}");
        }
    }

    #[test]
    fn rds_pp_03_rds_pp_05_rds_pp_06_what_rds_sets_by_itself() {
        let none = BTreeMap::new();
        let of = |number| {
            effective(Family { number, ..POSTGRES_16 }, &none, &surroundings("db.t3.micro"))
        };
        assert!(!of(14).force_ssl);
        assert!(of(15).force_ssl);
        assert_eq!(of(16).engine["idle_in_transaction_session_timeout"], "86400000");
        let set = BTreeMap::from([(LOGICAL_REPLICATION.to_owned(), "1".to_owned())]);
        let with = effective(POSTGRES_16, &set, &surroundings("db.t3.micro"));
        assert_eq!(with.engine["wal_level"], "logical");
        for name in ["max_wal_senders", "max_replication_slots", "max_worker_processes"] {
            assert_eq!(table::find(POSTGRES_16, name).unwrap().apply, Apply::Static, "{name}");
        }
    }
}
