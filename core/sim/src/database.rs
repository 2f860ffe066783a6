//! Database servers under virtual time: which run, what they are told, and who depends on them.
//!
//! A container depends on the databases whose address is in its environment. It opens one session
//! when it first needs it and keeps it until it breaks; without one it answers 500, except on paths
//! whose model says that they need no database.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use standin_kernel::Duration;
use standin_kernel::database::{DatabaseCommand, Trouble};
use standin_kernel::workload::{Exec, WorkloadId, WorkloadKind, WorkloadSpec};

/// The databases there are, by address, with the server that was launched last for each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Databases {
    servers: BTreeMap<Ipv4Addr, Server>,
}

#[derive(Clone, Copy, Debug)]
struct Server {
    workload: WorkloadId,
    trouble: Option<Trouble>,
}

/// What comes of asking a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    Answers,
    /// There is no session to be had, which is known at once.
    Fails,
    /// Nothing comes back.
    Silent,
}

/// The sessions of one container: with which server, by address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sessions {
    needs: Vec<Ipv4Addr>,
    open: BTreeMap<Ipv4Addr, WorkloadId>,
}

impl Databases {
    pub(crate) fn launched(&mut self, spec: &WorkloadSpec) {
        if matches!(spec.kind, WorkloadKind::Database(_)) {
            self.servers.insert(spec.address, Server { workload: spec.id, trouble: None });
        }
    }

    /// The sessions that a container will want: with the servers its environment names by address.
    pub(crate) fn sessions(&self, spec: &WorkloadSpec) -> Sessions {
        let named = |address: &&Ipv4Addr| {
            let address = address.to_string();
            spec.environment.iter().any(|(_, value)| has_word(value, &address))
        };
        let needs = self.servers.keys().filter(named).copied().collect();
        Sessions { needs, open: BTreeMap::new() }
    }

    /// Asks all databases that a container needs, over the sessions it has or new ones; the worst
    /// counts. `is_up`: whether a server accepts sessions. `reconnects`: whether the container
    /// opens another session after one has broken.
    pub(crate) fn ask(
        &self,
        sessions: &mut Sessions,
        reconnects: bool,
        is_up: impl Fn(WorkloadId) -> bool,
    ) -> Reach {
        let Sessions { needs, open } = sessions;
        let mut worst = Reach::Answers;
        for address in needs.iter() {
            let server = self.servers.get(address).filter(|server| is_up(server.workload));
            let Some(Server { workload, trouble }) = server.copied() else {
                worst = worst.max(Reach::Fails);
                continue;
            };
            let session = open.get(address).copied();
            let broken = session.is_some_and(|of| of != workload);
            let reach = match trouble {
                Some(Trouble::Hangs) => Reach::Silent,
                _ if session == Some(workload) => Reach::Answers,
                _ if broken && !reconnects => Reach::Fails,
                Some(Trouble::NoSessionLeft) => Reach::Fails,
                None => Reach::Answers,
            };
            if reach == Reach::Answers {
                open.insert(*address, workload);
            }
            worst = worst.max(reach);
        }
        worst
    }

    fn suffer(&mut self, workload: WorkloadId, trouble: Option<Trouble>) {
        let servers = self.servers.values_mut();
        for server in servers.filter(|server| server.workload == workload) {
            server.trouble = trouble;
        }
    }

    /// Does what a command says to a server's model.
    pub(crate) fn told(&mut self, workload: WorkloadId, exec: &Exec, running: bool) -> Told {
        match DatabaseCommand::of(exec) {
            Some(DatabaseCommand::Stop) if running => Told::Stops,
            Some(DatabaseCommand::Trouble(trouble)) if running => {
                self.suffer(workload, trouble);
                Told::Done
            }
            Some(
                DatabaseCommand::DeleteData(_)
                | DatabaseCommand::DeleteSnapshot(_)
                | DatabaseCommand::Snapshot { .. },
            ) => Told::Done,
            _ => Told::Other,
        }
    }
}

/// When a container that asks its database and then ends is done, and with which code.
pub(crate) fn ends(
    reach: Reach,
    after: Duration,
    code: i32,
    patience: Option<Duration>,
) -> Option<(Duration, i32)> {
    match reach {
        Reach::Answers => Some((after, code)),
        Reach::Fails => Some((after, code.max(1))),
        Reach::Silent => patience.map(|patience| (patience.max(after), code.max(1))),
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

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 77, 255, 1);

    fn databases(trouble: Option<Trouble>) -> Databases {
        let server = Server { workload: WorkloadId(1), trouble };
        Databases { servers: BTreeMap::from([(ADDRESS, server)]) }
    }

    fn with(of: Option<u64>) -> Sessions {
        let open = of.map(|of| (ADDRESS, WorkloadId(of))).into_iter().collect();
        Sessions { needs: vec![ADDRESS], open }
    }

    #[test]
    fn who_has_a_session_keeps_it_when_there_is_none_left() {
        let full = databases(Some(Trouble::NoSessionLeft));
        assert_eq!(full.ask(&mut with(Some(1)), true, |_| true), Reach::Answers);
        assert_eq!(full.ask(&mut with(None), true, |_| true), Reach::Fails);
        let hangs = databases(Some(Trouble::Hangs));
        assert_eq!(hangs.ask(&mut with(Some(1)), true, |_| true), Reach::Silent);
        assert_eq!(hangs.ask(&mut with(None), true, |_| false), Reach::Fails);
    }

    #[test]
    fn a_broken_session_stays_broken_where_nobody_opens_another() {
        let fine = databases(None);
        let mut broken = with(Some(7));
        assert_eq!(fine.ask(&mut broken, false, |_| true), Reach::Fails);
        assert_eq!(fine.ask(&mut broken, true, |_| true), Reach::Answers);
        assert_eq!(fine.ask(&mut broken, false, |_| true), Reach::Answers, "it is a new one");
        assert_eq!(fine.ask(&mut with(None), false, |_| true), Reach::Answers, "the first");
    }

    #[test]
    fn an_address_is_not_the_beginning_of_another() {
        assert!(has_word("postgres://u:p@127.77.255.1:5432/d", "127.77.255.1"));
        assert!(has_word("127.77.255.1", "127.77.255.1"));
        assert!(!has_word("127.77.255.10", "127.77.255.1"));
    }
}
