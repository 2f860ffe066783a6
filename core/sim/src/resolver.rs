//! How viewers come by the address behind a name of a hosted zone, and how long they keep it.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use serde::Deserialize;
use standin_engine::follow;
use standin_kernel::{Duration, Time};

use crate::world::World;

/// The resolver that a cohort asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resolver {
    /// It keeps an answer for its TTL, as resolvers do (R53-TM-02).
    #[default]
    Cached,
    /// It asks name servers each time: somebody who has just arrived.
    Fresh,
    /// It keeps the first answer for good, as some programs do until they are started anew
    /// (R53-TM-04).
    Kept,
}

/// The answers that resolvers keep, by cohort and name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolvers {
    kept: BTreeMap<(String, String), (Option<Time>, IpAddr)>,
}

/// Where nobody is: the address of a name that has none.
const NOWHERE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

impl World {
    /// The address that a cohort connects to for `host`; `None` when it is no name of a hosted
    /// zone. A name without an address leads nowhere.
    pub(crate) fn resolve(
        &mut self,
        cohort: &str,
        resolver: Resolver,
        host: &str,
    ) -> Option<IpAddr> {
        let host = host.split(':').next().unwrap_or(host).to_ascii_lowercase();
        if !self.engine().services().route53.knows(&host) {
            return None;
        }
        let now = self.now();
        let key = (cohort.to_owned(), host);
        if resolver != Resolver::Fresh
            && let Some((until, address)) = self.resolvers.kept.get(&key)
            && (resolver == Resolver::Kept || until.is_none_or(|until| until > now))
        {
            return Some(*address);
        }
        let (address, ttl_s) = follow(&key.1, |question| self.ask_name_server(question));
        let address = address.unwrap_or(NOWHERE);
        let until = Some(now + Duration::from_secs(ttl_s.into()));
        self.resolvers.kept.insert(key, (until, address));
        Some(address)
    }
}
