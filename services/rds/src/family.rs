//! Engines and their versions: which families of parameters there are, and what differs between
//! the engines besides.

use standin_kernel::database::DatabaseEngine;

/// An engine in the versions that share parameters, as `postgres16` or `mysql8.4` name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Family {
    pub(crate) engine: DatabaseEngine,
    /// 16 for PostgreSQL 16; 1011 for MariaDB 10.11, of which both numbers count.
    pub(crate) number: u32,
}

const POSTGRES: [u32; 6] = [13, 14, 15, 16, 17, 18];
const MYSQL: [u32; 3] = [800, 804, 907];
const MARIADB: [u32; 4] = [1006, 1011, 1104, 1108];

/// The engines that can be run here.
pub(crate) const ENGINES: [DatabaseEngine; 3] =
    [DatabaseEngine::Postgres, DatabaseEngine::Mysql, DatabaseEngine::Mariadb];

/// The engine of that name, if it is one of those that can be run.
pub(crate) fn engine(name: &str) -> Option<DatabaseEngine> {
    ENGINES.into_iter().find(|engine| engine.as_str() == name)
}

/// All families of an engine, the oldest first.
pub(crate) fn families(engine: DatabaseEngine) -> impl Iterator<Item = Family> {
    let numbers: &[u32] = match engine {
        DatabaseEngine::Postgres => &POSTGRES,
        DatabaseEngine::Mysql => &MYSQL,
        DatabaseEngine::Mariadb => &MARIADB,
    };
    numbers.iter().map(move |number| Family { engine, number: *number })
}

impl Family {
    /// `postgres16`, `mariadb10.11`.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        ENGINES.into_iter().flat_map(families).find(|family| family.name() == name)
    }

    /// The family of an engine version: `16.4`, `8.4.3`, `10.11`. `None`: there is none.
    pub(crate) fn of_version(engine: DatabaseEngine, version: &str) -> Option<Self> {
        let mut parts = version.split('.').map(|part| part.parse::<u32>().ok());
        let major = parts.next()??;
        let number = match engine {
            DatabaseEngine::Postgres => major,
            DatabaseEngine::Mysql | DatabaseEngine::Mariadb => major * 100 + parts.next()??,
        };
        // At most one number more.
        let ends = match parts.next() {
            None => true,
            Some(minor) => minor.is_some() && parts.next().is_none(),
        };
        families(engine).find(|family| ends && family.number == number)
    }

    pub(crate) fn name(self) -> String {
        format!("{}{}", self.engine.as_str(), self.version())
    }

    /// `16`, `8.4`.
    pub(crate) fn version(self) -> String {
        match self.engine {
            DatabaseEngine::Postgres => self.number.to_string(),
            DatabaseEngine::Mysql | DatabaseEngine::Mariadb => {
                format!("{}.{}", self.number / 100, self.number % 100)
            }
        }
    }
}

/// What an instance has that does not say which version it wants.
pub(crate) const fn default_version(engine: DatabaseEngine) -> &'static str {
    match engine {
        DatabaseEngine::Postgres => "17",
        DatabaseEngine::Mysql => "8.4",
        DatabaseEngine::Mariadb => "11.4",
    }
}

pub(crate) const fn default_port(engine: DatabaseEngine) -> u16 {
    match engine {
        DatabaseEngine::Postgres => 5432,
        DatabaseEngine::Mysql | DatabaseEngine::Mariadb => 3306,
    }
}

pub(crate) const fn license(engine: DatabaseEngine) -> &'static str {
    match engine {
        DatabaseEngine::Postgres => "postgresql-license",
        DatabaseEngine::Mysql | DatabaseEngine::Mariadb => "general-public-license",
    }
}

/// The engine's name as its makers write it.
pub(crate) const fn title(engine: DatabaseEngine) -> &'static str {
    match engine {
        DatabaseEngine::Postgres => "PostgreSQL",
        DatabaseEngine::Mysql => "MySQL",
        DatabaseEngine::Mariadb => "MariaDB",
    }
}

/// Longest master password (RDS-MD-10).
pub(crate) const fn password_max(engine: DatabaseEngine) -> usize {
    match engine {
        DatabaseEngine::Postgres => 128,
        DatabaseEngine::Mysql | DatabaseEngine::Mariadb => 41,
    }
}

/// Longest name of a master user.
pub(crate) const fn username_max(engine: DatabaseEngine) -> usize {
    match engine {
        DatabaseEngine::Postgres => 63,
        DatabaseEngine::Mysql => 32,
        DatabaseEngine::Mariadb => 16,
    }
}

/// Names that no master user may have.
pub(crate) const fn reserved_usernames(engine: DatabaseEngine) -> &'static [&'static str] {
    match engine {
        DatabaseEngine::Postgres => &["postgres_", "rdsadmin", "rds_superuser", "public", "admin"],
        DatabaseEngine::Mysql | DatabaseEngine::Mariadb => &["rdsadmin", "rdsrepladmin", "mysql"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_lead_to_their_families() {
        let of = |engine, version| Family::of_version(engine, version).map(Family::name);
        use DatabaseEngine::{Mariadb, Mysql, Postgres};
        assert_eq!(of(Postgres, "16.4").as_deref(), Some("postgres16"));
        assert_eq!(of(Postgres, "17").as_deref(), Some("postgres17"));
        assert_eq!(of(Mysql, "8.0.39").as_deref(), Some("mysql8.0"));
        assert_eq!(of(Mysql, "8.4").as_deref(), Some("mysql8.4"));
        assert_eq!(of(Mariadb, "10.11.9").as_deref(), Some("mariadb10.11"));
        for (engine, version) in [
            (Postgres, "9.6"),
            (Postgres, "16.4.1"),
            (Postgres, "16.x"),
            (Mysql, "8"),
            (Mysql, "5.7.44"),
            (Mysql, "8.0.1.2"),
            (Mariadb, "10.1"),
            (Mariadb, ""),
        ] {
            assert_eq!(of(engine, version), None, "{engine:?} {version}");
        }
    }

    #[test]
    fn every_family_is_found_by_its_name() {
        let all: Vec<Family> = ENGINES.into_iter().flat_map(families).collect();
        assert!(all.iter().all(|family| Family::parse(&family.name()) == Some(*family)));
        assert_eq!(Family::parse("mariadb10.11").map(|family| family.number), Some(1011));
        assert_eq!(Family::parse("aurora-mysql8.0"), None);
    }
}
