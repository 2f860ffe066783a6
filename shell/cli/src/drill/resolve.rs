//! Where the viewers of a drill connect to: their cohort's resolver asks the name servers of the
//! running stack and keeps what it is told.

use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use standin_host::Question;
use standin_sim::Resolver;

use crate::Failure;
use crate::link::Link;

/// The resolver of one cohort for one host.
#[derive(Debug)]
pub(super) struct Lookup {
    link: Link,
    host: String,
    resolver: Resolver,
    kept: Cell<Option<(Instant, IpAddr)>>,
}

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

impl Lookup {
    pub(super) fn new(link: Link, host: &str, resolver: Resolver) -> Self {
        let host = host.split(':').next().unwrap_or(host).to_owned();
        Self { link, host, resolver, kept: Cell::new(None) }
    }

    /// The address to connect to. A name of no hosted zone leads to this machine.
    pub(super) async fn address(&self) -> Result<IpAddr, Failure> {
        if let Some((until, address)) = self.kept.get() {
            match self.resolver {
                Resolver::Kept => return Ok(address),
                Resolver::Cached if until > Instant::now() => return Ok(address),
                Resolver::Cached | Resolver::Fresh => {}
            }
        }
        let asked = Instant::now();
        let told = self.link.ask(Question::LookUp { host: self.host.clone() }).await?;
        let address = match (told["Known"].as_bool(), told["Address"].as_str()) {
            (Some(true), Some(address)) => address.parse()?,
            (Some(true), None) => return Err("the name has no address".into()),
            _ => HERE,
        };
        let ttl = Duration::from_secs(told["TTL"].as_u64().unwrap_or(0));
        self.kept.set(Some((asked + ttl, address)));
        Ok(address)
    }
}
