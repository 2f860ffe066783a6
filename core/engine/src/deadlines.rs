//! When the services want to be called: asked only of those that have worked since it was asked
//! last, so that a request costs nothing at services it does not reach.

use standin_kernel::{Deadline, ServiceName, Time};

use crate::services::Services;

const COUNT: usize = ServiceName::ALL.len();

#[derive(Clone, Debug)]
pub(crate) struct Deadlines {
    /// By the service's place in `ServiceName::ALL`.
    known: [Option<Deadline>; COUNT],
    /// Who has worked since.
    stale: [bool; COUNT],
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { known: [None; COUNT], stale: [true; COUNT] }
    }
}

impl Deadlines {
    /// A service works, and may want something else afterwards.
    pub(crate) const fn touch(&mut self, name: ServiceName) {
        self.stale[name as usize] = true;
    }

    /// Whether a service's deadline has come.
    pub(crate) fn is_due(&mut self, name: ServiceName, services: &Services, now: Time) -> bool {
        self.ask(name, services);
        self.known[name as usize].is_some_and(|due| due.at <= now)
    }

    /// Asks all who have worked.
    pub(crate) fn refresh(&mut self, services: &Services) {
        for name in ServiceName::ALL {
            self.ask(name, services);
        }
    }

    /// The earliest, as of the last `refresh`.
    pub(crate) fn earliest(&self) -> Option<Deadline> {
        debug_assert!(self.stale == [false; COUNT], "every step ends with a refresh");
        self.known.iter().fold(None, |earliest, one| Deadline::earliest(earliest, *one))
    }

    fn ask(&mut self, name: ServiceName, services: &Services) {
        let at = name as usize;
        if std::mem::replace(&mut self.stale[at], false) {
            self.known[at] = services.get(name).deadline();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_has_a_place_of_its_own() {
        let places = ServiceName::ALL.map(|name| name as usize);
        assert!(places.iter().enumerate().all(|(at, place)| at == *place), "{places:?}");
    }
}
