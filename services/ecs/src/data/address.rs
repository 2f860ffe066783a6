//! Gives each task an address of its own; one that became free is given out again only after all
//! the others have had their turn (ECS-NW-01).

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use standin_kernel::Env;

/// Host numbers run from 1 to this.
const HOSTS: u16 = 65_534;

/// The addresses of the tasks that have not stopped.
#[derive(Clone, Debug, Default)]
pub(crate) struct Addresses {
    taken: BTreeSet<u16>,
}

impl Addresses {
    /// An address for the task with this serial number; `None` when all are taken.
    pub(crate) fn take(&mut self, env: &Env, serial: u64) -> Option<Ipv4Addr> {
        let from = u16::try_from(serial % u64::from(HOSTS)).unwrap_or(0);
        let host =
            (0..HOSTS).map(|step| turn(from, step)).find(|host| !self.taken.contains(host))?;
        self.taken.insert(host);
        Some(env.task_address(host))
    }

    pub(crate) fn release(&mut self, address: Ipv4Addr) {
        let [_, _, high, low] = address.octets();
        self.taken.remove(&u16::from_be_bytes([high, low]));
    }
}

/// The host number `step` places after `from`, which counts from 0.
fn turn(from: u16, step: u16) -> u16 {
    let place = (u32::from(from) + u32::from(step)) % u32::from(HOSTS);
    u16::try_from(place).unwrap_or(0) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ecs_nw_01_no_two_tasks_share_an_address() {
        let env = Env::default();
        let mut addresses = Addresses::default();
        let one = addresses.take(&env, 7);
        let clash = addresses.take(&env, 7 + u64::from(HOSTS));
        assert_eq!(one, Some(Ipv4Addr::new(127, 77, 0, 8)));
        assert_eq!(clash, Some(Ipv4Addr::new(127, 77, 0, 9)));
        addresses.release(Ipv4Addr::new(127, 77, 0, 8));
        assert_eq!(addresses.take(&env, 7), one);
    }

    #[test]
    fn the_last_host_number_is_followed_by_the_first() {
        assert_eq!(turn(HOSTS - 1, 0), HOSTS);
        assert_eq!(turn(HOSTS - 1, 1), 1);
    }
}
