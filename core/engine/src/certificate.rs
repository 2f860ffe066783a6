//! Which certificate a viewer is shown who comes over TLS.

use std::borrow::Cow;
use std::net::IpAddr;

use standin_kernel::ServiceName;

use crate::Engine;
use crate::route::lower;

/// What a viewer is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presented {
    /// A certificate for these names; the first is its subject.
    Certificate(Vec<String>),
    /// None: nobody speaks TLS there, and the connection is refused.
    Nobody,
}

/// The names of the certificate that every point of presence has.
const EDGE: [&str; 4] = ["*.cloudfront.net", "localhost", "127.0.0.1", "::1"];

impl Engine {
    /// `name`: what the viewer's hello asks for (SNI), `None`: it asks for none. `address`: where
    /// it leads, when name servers gave that out.
    pub fn presented(&self, name: Option<&str>, address: Option<IpAddr>) -> Presented {
        let name = name.map(str::to_ascii_lowercase);
        let behind = match (address, &name) {
            (Some(address), _) => self.host_at(address),
            (None, Some(name)) => self.host_leading_to(name).or_else(|| Some(name.clone())),
            (None, None) => None,
        };
        let edge = || Presented::Certificate(EDGE.map(str::to_owned).to_vec());
        let Some(behind) = behind else { return edge() };
        match self.service_at(&behind) {
            Some(ServiceName::Elbv2) => self.of_load_balancer(&behind, name.as_deref()),
            // S3-EP-03: website endpoints do not speak TLS.
            Some(ServiceName::S3) if !self.services.s3.listens(&behind, 443) => Presented::Nobody,
            Some(_) => Presented::Certificate(vec![name.unwrap_or(behind)]),
            // CF-REQ-04: a name of nobody is let in, and refused by its `Host`.
            None => edge(),
        }
    }

    /// Whether viewers of a site come over TLS once they have followed its redirects: it does not
    /// serve a path without, or it is a load balancer that speaks it.
    pub fn wants_tls(&self, host: &str, address: Option<IpAddr>, path: &str) -> bool {
        let name = lower(host);
        let behind = match address {
            Some(address) => self.host_at(address),
            None => self.host_leading_to(&name),
        };
        let host = behind.map_or(name, Cow::Owned);
        match self.service_at(&host) {
            Some(ServiceName::Elbv2) => self.services.elbv2.certificates(&host).is_some(),
            _ => self.services.cloudfront.wants_tls(&host, path),
        }
    }

    /// The listener's certificate that fits the name, else its default one.
    fn of_load_balancer(&self, host: &str, name: Option<&str>) -> Presented {
        let Some(arns) = self.services.elbv2.certificates(host) else { return Presented::Nobody };
        let names: Vec<Vec<String>> =
            arns.iter().filter_map(|arn| self.services.platform.certificate_names(arn)).collect();
        let fits = |names: &&Vec<String>| {
            name.is_some_and(|name| names.iter().any(|one| covers(one, name)))
        };
        let mut chosen = names.iter().find(fits).or(names.first()).cloned().unwrap_or_default();
        // A certificate that ACM does not know is taken to fit; so are names of this machine only,
        // which no certificate of AWS's could have.
        let of_this_machine = |name: &&str| chosen.is_empty() || name.ends_with(".localhost");
        if let Some(name) = name.filter(of_this_machine) {
            chosen.push(name.to_owned());
        }
        if chosen.is_empty() {
            chosen.push(host.to_owned());
        }
        Presented::Certificate(chosen)
    }
}

/// Whether a name of a certificate covers a host: `*` stands for one label.
fn covers(name: &str, host: &str) -> bool {
    match name.strip_prefix("*.") {
        Some(domain) => host
            .split_once('.')
            .is_some_and(|(label, rest)| !label.is_empty() && rest.eq_ignore_ascii_case(domain)),
        None => name.eq_ignore_ascii_case(host),
    }
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_star_stands_for_one_label() {
        assert!(covers("*.example.com", "www.example.com"));
        assert!(covers("www.Example.com", "www.example.com"));
        for host in ["example.com", "a.b.example.com", ".example.com", "www.example.org"] {
            assert!(!covers("*.example.com", host), "{host}");
        }
    }
}
