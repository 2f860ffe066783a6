//! Database servers under virtual time: which run, what they are told, and who depends on them.
//!
//! A container depends on the databases whose address is in its environment: without one of them
//! it answers 500, except on paths whose model says that they need none.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use standin_kernel::database::DatabaseCommand;
use standin_kernel::workload::{Exec, WorkloadId, WorkloadKind, WorkloadSpec};

/// The databases there are, by address, with the server that was launched last for each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Databases {
    servers: BTreeMap<Ipv4Addr, WorkloadId>,
}

impl Databases {
    pub(crate) fn launched(&mut self, spec: &WorkloadSpec) {
        if matches!(spec.kind, WorkloadKind::Database(_)) {
            self.servers.insert(spec.address, spec.id);
        }
    }

    /// The servers a container's environment names by address.
    pub(crate) fn needed_by(&self, spec: &WorkloadSpec) -> Vec<Ipv4Addr> {
        let named = |address: &&Ipv4Addr| {
            let address = address.to_string();
            spec.environment.iter().any(|(_, value)| has_word(value, &address))
        };
        self.servers.keys().filter(named).copied().collect()
    }

    /// The server that has the address now.
    pub(crate) fn server(&self, address: Ipv4Addr) -> Option<WorkloadId> {
        self.servers.get(&address).copied()
    }
}

/// Whether `text` has `word` with no further digit behind it.
fn has_word(text: &str, word: &str) -> bool {
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_digit());
    text.match_indices(word).any(|(at, _)| ends(&text[at + word.len()..]))
}

/// What a command does to a server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// No command of a database's.
    Other,
    /// Done, without effect in the model: data and snapshots are always what was asked for.
    Done,
    Stops,
}

pub(crate) fn told(exec: &Exec, running: bool) -> Told {
    match DatabaseCommand::of(exec) {
        Some(DatabaseCommand::Stop) if running => Told::Stops,
        Some(
            DatabaseCommand::DeleteData(_)
            | DatabaseCommand::DeleteSnapshot(_)
            | DatabaseCommand::Snapshot { .. },
        ) => Told::Done,
        _ => Told::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_not_the_beginning_of_another() {
        assert!(has_word("postgres://u:p@127.77.255.1:5432/d", "127.77.255.1"));
        assert!(has_word("127.77.255.1", "127.77.255.1"));
        assert!(!has_word("127.77.255.10", "127.77.255.1"));
    }
}
