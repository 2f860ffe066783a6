//! Where a redirect leads on this machine. On AWS viewers come to the ports 80 and 443; here they
//! come to others, and an answer that sends them to AWS's would send them where nobody listens.

/// The ports of this machine that stand for 80 and 443.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(crate) http: u16,
    pub(crate) https: u16,
}

/// `Location` with the machine's port in the place of AWS's, for a viewer who named a port of the
/// machine; `None`: it stays as it is, for it leads elsewhere or names a port of its own.
pub(crate) fn on_this_machine(location: &str, host: &str, ports: Ports) -> Option<String> {
    let (name, port) = split(host);
    let port = port?;
    if port != ports.http && port != ports.https {
        return None;
    }
    let (scheme, rest) = location.split_once("://")?;
    let (aws, here) = if scheme.eq_ignore_ascii_case("https") {
        (443, ports.https)
    } else if scheme.eq_ignore_ascii_case("http") {
        (80, ports.http)
    } else {
        return None;
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (to, to_port) = split(authority);
    // An edge sends viewers to the host they named, port and all.
    let default = to_port.is_none_or(|port| port == aws || port == ports.http);
    (to.eq_ignore_ascii_case(name) && default && to_port != Some(here))
        .then(|| format!("{scheme}://{to}:{here}{path}"))
}

/// Name and port of an authority; an IPv6 address stays in its brackets.
fn split(authority: &str) -> (&str, Option<u16>) {
    match authority.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()),
        _ => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORTS: Ports = Ports { http: 8080, https: 8443 };

    #[test]
    fn the_viewers_own_name_leads_to_the_ports_of_this_machine() {
        let here = |location: &str, host: &str| on_this_machine(location, host, PORTS);
        let found = |text: &str| Some(text.to_owned());
        // CF-REQ-09
        assert_eq!(here("https://a.test/x?y", "a.test:8080"), found("https://a.test:8443/x?y"));
        // An action of a load balancer names the port.
        assert_eq!(here("https://a.test:443/", "A.test:8080"), found("https://a.test:8443/"));
        assert_eq!(here("http://a.test/", "a.test:8443"), found("http://a.test:8080/"));
        assert_eq!(here("http://a.test:80", "a.test:8443"), found("http://a.test:8080"));
        assert_eq!(here("https://[::1]/", "[::1]:8080"), found("https://[::1]:8443/"));
        assert_eq!(here("https://a.test:8080/x", "a.test:8080"), found("https://a.test:8443/x"));
    }

    #[test]
    fn all_else_stays() {
        for (location, host) in [
            ("/x", "a.test:8080"),
            ("https://b.test/", "a.test:8080"),
            ("https://a.test:9000/", "a.test:8080"),
            ("http://a.test:8080/", "a.test:8443"),
            ("ftp://a.test/", "a.test:8080"),
            // On AWS's own ports there is nothing to put right.
            ("https://a.test/", "a.test"),
            ("https://a.test/", "a.test:9000"),
        ] {
            assert_eq!(on_this_machine(location, host, PORTS), None, "{location} {host}");
        }
    }
}
