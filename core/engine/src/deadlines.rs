//! When the services want to be called: asked only of those that have worked since it was asked
//! last, so that a request costs nothing at services it does not reach.

use standin_kernel::{Deadline, ServiceName, Time};

use crate::services::Services;

const COUNT: usize = ServiceName::ALL.len();

#[derive(Clone, Debug)]
pub(crate) struct Deadlines {
    /// By the service's place in `ServiceName::ALL`.
    known: [Option<Deadline>; COUNT],
    /// Who has worked since: a bit for each, by its place.
    stale: u32,
    /// The earliest of all that are known.
    earliest: Option<Deadline>,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { known: [None; COUNT], stale: (1 << COUNT) - 1, earliest: None }
    }
}

impl Deadlines {
    /// A service works, and may want something else afterwards.
    pub(crate) const fn touch(&mut self, name: ServiceName) {
        self.stale |= 1 << name as usize;
    }

    /// Whether a service's deadline has come.
    pub(crate) fn is_due(&mut self, name: ServiceName, services: &Services, now: Time) -> bool {
        self.refresh(services);
        self.known[name as usize].is_some_and(|due| due.at <= now)
    }

    /// Whether any service's deadline has come.
    pub(crate) fn is_any_due(&mut self, services: &Services, now: Time) -> bool {
        self.refresh(services);
        self.earliest.is_some_and(|due| due.at <= now)
    }

    /// Asks all who have worked.
    pub(crate) fn refresh(&mut self, services: &Services) {
        if self.stale == 0 {
            return;
        }
        while self.stale != 0 {
            let at = self.stale.trailing_zeros() as usize;
            self.stale &= self.stale - 1;
            self.known[at] = services.get(ServiceName::ALL[at]).deadline();
        }
        self.earliest =
            self.known.iter().fold(None, |earliest, one| Deadline::earliest(earliest, *one));
    }

    /// The earliest, as of the last `refresh`.
    pub(crate) fn earliest(&self) -> Option<Deadline> {
        debug_assert!(self.stale == 0, "every step ends with a refresh");
        self.earliest
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
