//! Names: what a question about one is answered with, and where a name of a hosted zone leads.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use standin_kernel::dns::{Answer, Code, Name, Question, RecordType};
use standin_kernel::fault::{Mode, Place};
use standin_kernel::{Address, Duration, ExchangeId, LegRequest, Service, ServiceName, Time};
use standin_route53::{Endpoints, HEALTH_CHECKER, Route53};

use crate::io::ActiveFault;
use crate::services::Services;
use crate::{Effect, Engine};

/// The resolver that services ask: it keeps what it is told as long as it may.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolver {
    kept: BTreeMap<String, (Time, Found)>,
}

/// What a name comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    At(Vec<IpAddr>),
    /// It is a name of a hosted zone, but has no address.
    Nothing,
    /// A name that name servers of others answer for.
    Elsewhere(String),
}

/// Of the names of databases: who fails over finds the new server soon.
const DATABASE_TTL_S: u32 = 5;
/// CNAME records that are followed from zone to zone.
const CNAME_MAX: usize = 8;

/// What Route 53 has to know of the other services.
struct World<'a> {
    services: &'a Services,
    faults: &'a [ActiveFault],
}

impl Endpoints for World<'_> {
    fn exists(&self, host: &str) -> bool {
        let Services { elbv2, s3, cloudfront, lambda, .. } = self.services;
        if host.ends_with(".cloudfront.net") {
            return cloudfront.serves(host);
        }
        if host.ends_with(".on.aws") {
            return lambda.serves(host);
        }
        host.ends_with(".amazonaws.com") && (elbv2.serves(host) || s3.serves(host))
    }

    /// A load balancer that cannot be reached at all is no more fit than one without targets.
    fn is_healthy(&self, host: &str) -> bool {
        let elbv2 = &self.services.elbv2;
        if !elbv2.serves(host) {
            return !host.ends_with(".elb.amazonaws.com");
        }
        let lost = |active: &ActiveFault| {
            active.fault.mode == Mode::Stop
                && match &active.fault.place {
                    Place::LoadBalancer(name) => name == host,
                    Place::Region(region) => host.contains(region.as_str()),
                    _ => false,
                }
        };
        elbv2.is_fit_for_dns(host) && !self.faults.iter().any(lost)
    }
}

/// Answers a question whole, as a resolver does: what CNAME records lead to as well. Also the name
/// that it ends at when name servers of others answer for that.
pub fn resolve(
    question: &Question,
    mut ask: impl FnMut(Question) -> Answer,
) -> (Answer, Option<Name>) {
    let mut whole = ask(question.clone());
    if whole.code == Code::Refused {
        return (whole, Some(question.name.clone()));
    }
    for _ in 0..CNAME_MAX {
        let last = whole.answers.last().filter(|last| last.kind != question.kind);
        let Some(next) = last.and_then(standin_route53::cname) else { break };
        let answer = ask(Question { name: next.clone(), ..question.clone() });
        if answer.code == Code::Refused {
            return (whole, Some(next));
        }
        let is_over = answer.answers.is_empty();
        whole.code = answer.code;
        whole.answers.extend(answer.answers);
        whole.authority = answer.authority;
        if is_over {
            break;
        }
    }
    (whole, None)
}

/// Follows a name to its first address, as a resolver does; also how many seconds that may be kept.
pub fn follow(host: &str, mut ask: impl FnMut(Question) -> Answer) -> (Option<IpAddr>, u32) {
    let (mut host, mut ttl_s) = (host.to_owned(), u32::MAX);
    for _ in 0..CNAME_MAX {
        let Ok(name) = Name::parse(&host) else { break };
        let answer = ask(Question::own(name, RecordType::A));
        ttl_s = ttl_s.min(answer.ttl_s());
        if let Some(address) = answer.addresses().first() {
            return (Some(*address), ttl_s);
        }
        match answer.answers.last().and_then(standin_route53::cname) {
            Some(next) => host = next.host(),
            None => break,
        }
    }
    (None, ttl_s)
}

impl Engine {
    /// The ports that the host listens on which an address stands for, as on AWS, and whether TLS
    /// is spoken there.
    pub fn ports_at(&self, address: Ipv4Addr) -> Vec<(u16, bool)> {
        let Services { elbv2, s3, route53, .. } = &self.services;
        let Some(host) = route53.host_at(address) else { return Vec::new() };
        let web = [(80, false), (443, true)].into_iter();
        match self.service_at(host) {
            Some(ServiceName::Elbv2) => elbv2.ports(host),
            Some(ServiceName::S3) => web.filter(|(port, _)| s3.listens(host, *port)).collect(),
            // Function URLs speak TLS only (LAM-UR-01).
            Some(ServiceName::Lambda) => vec![(443, true)],
            Some(_) => web.collect(),
            None => Vec::new(),
        }
    }

    /// Somebody asks over the network.
    pub(crate) fn name_asked(&mut self, ticket: u64, question: &Question) {
        let answer = self.answer(None, question);
        self.effects.push(Effect::Dns { ticket, answer });
    }

    /// What name servers answer: those of hosted zones, else those of AWS's own names that are
    /// here; all else they refuse (R53-ZN-05).
    fn answer(&mut self, root: Option<ExchangeId>, question: &Question) -> Answer {
        let mut outs = std::mem::take(&mut self.outs);
        let mut cx = cx!(self, ServiceName::Route53, root, outs);
        let world = World { services: &self.services, faults: &self.faults };
        let mut answer = self.services.route53.answer(&mut cx, question, &world);
        if answer.is_none() {
            let host = question.name.host();
            let mut databases = self.services.rds.endpoints(&self.env);
            let database = databases.find(|(name, _)| *name == host).map(|(_, address)| address);
            drop(databases);
            if let Some(address) = database {
                answer = Some(Answer::address(question, address, DATABASE_TTL_S));
            } else if world.exists(&host) {
                let route53 = &mut self.services.route53;
                answer = Some(route53.answer_for_endpoint(&mut cx, question));
            }
        }
        self.take_up_all(ServiceName::Route53, outs);
        answer.unwrap_or(Answer { code: Code::Refused, ..Answer::default() })
    }

    /// Follows a name to its addresses; also how long that may be kept.
    fn look_up(&mut self, root: Option<ExchangeId>, host: &str) -> (Found, Duration) {
        let mut host = host.to_owned();
        let mut ttl_s = u32::MAX;
        for _ in 0..CNAME_MAX {
            let Ok(name) = Name::parse(&host) else { break };
            let answer = self.answer(root, &Question::own(name, RecordType::A));
            if answer.code == Code::Refused {
                return (Found::Elsewhere(host), Duration::from_secs(ttl_s.into()));
            }
            ttl_s = ttl_s.min(answer.ttl_s());
            let lasts = Duration::from_secs(ttl_s.into());
            let addresses = answer.addresses();
            if !addresses.is_empty() {
                return (Found::At(addresses), lasts);
            }
            match answer.answers.last().and_then(standin_route53::cname) {
                Some(next) => host = next.host(),
                None => return (Found::Nothing, lasts),
            }
        }
        (Found::Nothing, Duration::ZERO)
    }

    /// The same as a service's resolver knows it, which keeps answers for their TTL.
    fn look_up_kept(&mut self, host: &str) -> Found {
        if let Some((until, found)) = self.resolver.kept.get(host)
            && *until > self.now
        {
            return found.clone();
        }
        let (found, lasts) = self.look_up(None, host);
        self.resolver.kept.insert(host.to_owned(), (self.now + lasts, found.clone()));
        found
    }

    /// Where a viewer arrives who asks this machine without having asked name servers before: the
    /// host behind a name of a hosted zone. `None`: the name says nothing of that kind.
    pub(crate) fn host_behind(&mut self, exchange: ExchangeId, host: &str) -> Option<String> {
        if !self.services.route53.knows(host) {
            return None;
        }
        self.host_found(Some(exchange), host)
    }

    /// The same for a viewer who has not asked anything yet. A copy is asked: it is no input that
    /// chance and records know of.
    pub(crate) fn host_leading_to(&self, host: &str) -> Option<String> {
        self.services.route53.knows(host).then(|| self.clone().host_found(None, host))?
    }

    fn host_found(&mut self, root: Option<ExchangeId>, host: &str) -> Option<String> {
        let (found, _) = self.look_up(root, host);
        let Found::At(addresses) = found else { return None };
        addresses.into_iter().find_map(|address| self.host_at(address))
    }

    /// The host that an address of this machine stands for.
    pub(crate) fn host_at(&self, address: IpAddr) -> Option<String> {
        let IpAddr::V4(v4) = address.to_canonical() else { return None };
        self.services.route53.host_at(v4).map(str::to_owned)
    }

    /// Puts in the place of a name of a hosted zone what it leads to. Health checkers ask anew each
    /// time (R53-HC-12). `false`: there is no such name.
    pub(crate) fn resolve(&mut self, request: &mut LegRequest) -> bool {
        let (host, port) = match &request.to {
            Address::Name { host, port } if self.services.route53.knows(host) => {
                (host.to_string(), *port)
            }
            Address::Name { .. } => return true,
            Address::Socket(to) => {
                if let Some(host) = self.host_at(to.ip()) {
                    request.to = Address::Name { host: host.into(), port: to.port() };
                }
                return true;
            }
        };
        let found = match *request.from == *HEALTH_CHECKER {
            true => self.look_up(None, &host).0,
            false => self.look_up_kept(&host),
        };
        request.to = match found {
            Found::Nothing => return false,
            Found::Elsewhere(host) => Address::Name { host: host.into(), port },
            Found::At(addresses) => match addresses.first() {
                None => return false,
                Some(address) => match self.host_at(*address) {
                    Some(host) => Address::Name { host: host.into(), port },
                    None => Address::Socket(SocketAddr::new(*address, port)),
                },
            },
        };
        true
    }

    /// Whether somebody looks into the body of what a request without a viewer is answered with.
    /// Load balancers' checks look at the status only.
    pub fn looks_into_body(request: &LegRequest) -> bool {
        *request.from != *crate::faults::HEALTH_CHECKER
    }

    /// Whether a part of the body is enough, for nobody passes it on.
    pub fn needs_first_bytes_only(request: &LegRequest) -> bool {
        *request.from == *HEALTH_CHECKER
    }

    /// Whether an address is one of those that stand for hosts here.
    pub fn is_endpoint(address: Ipv4Addr) -> bool {
        Route53::is_endpoint(address)
    }

    /// Whether a host that an address stands for is still there.
    pub(crate) fn is_there(&self, host: &str) -> bool {
        World { services: &self.services, faults: &self.faults }.exists(host)
    }
}

#[cfg(test)]
mod tests {
    use standin_kernel::Bytes;
    use standin_kernel::dns::Resource;

    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    /// www leads to cdn, which is elsewhere; old to site, which has an address; others are refused.
    fn zone(question: &Question) -> Answer {
        let cname = |to: &str| {
            let mut data = Vec::new();
            name(to).write(&mut data);
            let (name, kind) = (question.name.clone(), RecordType::CNAME);
            let record = Resource { name, kind, ttl_s: 60, data: Bytes::from(data) };
            Answer { answers: vec![record], ..Answer::default() }
        };
        match question.name.host().as_str() {
            "www.a.example" => cname("cdn.b.example"),
            "old.a.example" => cname("site.a.example"),
            "loop.a.example" => cname("loop.a.example"),
            "site.a.example" => Answer::address(question, [192, 0, 2, 1].into(), 60),
            "none.a.example" => Answer { code: Code::NxDomain, ..Answer::default() },
            _ => Answer { code: Code::Refused, ..Answer::default() },
        }
    }

    fn resolved(host: &str) -> (Answer, Option<String>) {
        let (answer, elsewhere) =
            resolve(&Question::own(name(host), RecordType::A), |question| zone(&question));
        (answer, elsewhere.map(|name| name.host()))
    }

    #[test]
    fn a_resolver_follows_names_as_far_as_they_are_here() {
        let (answer, elsewhere) = resolved("old.a.example");
        assert_eq!((answer.answers.len(), elsewhere), (2, None));
        assert_eq!(answer.addresses().len(), 1);
        let (answer, elsewhere) = resolved("www.a.example");
        assert_eq!((answer.answers.len(), elsewhere.as_deref()), (1, Some("cdn.b.example")));
        let (answer, elsewhere) = resolved("none.a.example");
        assert_eq!((answer.code, elsewhere), (Code::NxDomain, None));
        assert_eq!(resolved("www.c.example").1.as_deref(), Some("www.c.example"));
        // Whoever leads in a circle gets an end all the same.
        assert_eq!(resolved("loop.a.example").0.answers.len(), CNAME_MAX + 1);
    }
}
