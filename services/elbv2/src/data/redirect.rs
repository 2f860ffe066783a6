//! Where a redirect leads: each part of the URL keeps the request's own value unless the action
//! says otherwise (ALB-AC-06).

use crate::config::Protocol;

/// Longest `Location` that is sent (ALB-AC-09).
pub(crate) const LOCATION_BYTES_MAX: usize = 8 * 1024;

/// `redirect`, compiled.
#[derive(Debug)]
pub(crate) struct Redirect {
    /// 301 or 302.
    pub(crate) status: u16,
    /// `None` is `#{protocol}`.
    protocol: Option<Protocol>,
    host: Template,
    port: Template,
    path: Template,
    query: Template,
}

/// The parts of the URL that was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Url<'a> {
    pub(crate) protocol: Protocol,
    /// Without port.
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    /// With its leading slash.
    pub(crate) path: &'a str,
    /// Without the question mark; empty when there is none.
    pub(crate) query: &'a str,
}

/// Text with placeholders.
#[derive(Debug)]
struct Template(Box<[Part]>);

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Literal(Box<str>),
    Protocol,
    Host,
    Port,
    Path,
    Query,
}

impl Redirect {
    /// The members of `RedirectConfig` as the template has them; `None` is AWS's default:
    /// `#{protocol}`, `#{host}`, `#{port}`, `/#{path}`, `#{query}`.
    pub(crate) fn new(
        status: u16,
        protocol: Option<Protocol>,
        host: Option<&str>,
        port: Option<&str>,
        path: Option<&str>,
        query: Option<&str>,
    ) -> Self {
        Self {
            status,
            protocol,
            host: Template::new(host.unwrap_or("#{host}")),
            port: Template::new(port.unwrap_or("#{port}")),
            path: Template::new(path.unwrap_or("/#{path}")),
            query: Template::new(query.unwrap_or("#{query}")),
        }
    }

    /// The value of `Location`; `None` when it is longer than 8 K.
    pub(crate) fn location(&self, asked: Url<'_>) -> Option<String> {
        let protocol = self.protocol.unwrap_or(asked.protocol);
        let mut location = String::with_capacity(64 + asked.path.len() + asked.query.len());
        location.push_str(protocol.scheme());
        location.push_str("://");
        self.host.fill(&mut location, asked);
        location.push(':');
        self.port.fill(&mut location, asked);
        self.path.fill(&mut location, asked);
        location.push('?');
        let before = location.len();
        self.query.fill(&mut location, asked);
        if location.len() == before {
            location.pop();
        }
        (location.len() <= LOCATION_BYTES_MAX).then_some(location)
    }
}

impl Template {
    fn new(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("#{") {
            let (before, from) = rest.split_at(at);
            literal.push_str(before);
            let named = from.split_once('}').and_then(|(name, after)| {
                let part = Part::placeholder(&name[2..])?;
                Some((part, after))
            });
            match named {
                Some((part, after)) => {
                    if !literal.is_empty() {
                        parts.push(Part::Literal(std::mem::take(&mut literal).into()));
                    }
                    parts.push(part);
                    rest = after;
                }
                None => {
                    literal.push_str("#{");
                    rest = &from[2..];
                }
            }
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Literal(literal.into()));
        }
        Self(parts.into())
    }

    fn fill(&self, out: &mut String, asked: Url<'_>) {
        for part in &self.0 {
            match part {
                Part::Literal(text) => out.push_str(text),
                Part::Protocol => out.push_str(asked.protocol.scheme()),
                Part::Host => out.push_str(asked.host),
                Part::Port => out.push_str(&asked.port.to_string()),
                // Without its leading slash (ALB-AC-07).
                Part::Path => out.push_str(asked.path.strip_prefix('/').unwrap_or(asked.path)),
                Part::Query => out.push_str(asked.query),
            }
        }
    }
}

impl Part {
    fn placeholder(name: &str) -> Option<Self> {
        match name {
            "protocol" => Some(Self::Protocol),
            "host" => Some(Self::Host),
            "port" => Some(Self::Port),
            "path" => Some(Self::Path),
            "query" => Some(Self::Query),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Url<'_> =
        Url { protocol: Protocol::Http, host: "h", port: 80, path: "/old/x", query: "b=c" };

    fn location(
        port: Option<&str>,
        path: Option<&str>,
        query: Option<&str>,
        asked: Url<'_>,
    ) -> Option<String> {
        Redirect::new(301, None, None, port, path, query).location(asked)
    }

    #[test]
    fn alb_ac_06_parts_left_out_keep_the_requests_own_value() {
        let https = Redirect::new(301, Some(Protocol::Https), None, Some("443"), None, None);
        let asked = Url { path: "/a", ..ASKED };
        assert_eq!(https.location(asked).as_deref(), Some("https://h:443/a?b=c"));
        let asked = Url { path: "/a", query: "", ..ASKED };
        assert_eq!(https.location(asked).as_deref(), Some("https://h:443/a"));
    }

    #[test]
    fn alb_ac_07_the_path_placeholder_has_no_leading_slash() {
        let to = location(None, Some("/new/#{path}"), None, ASKED);
        assert_eq!(to.as_deref(), Some("http://h:80/new/old/x?b=c"));
        let to = location(Some("8080"), Some("/"), Some("from=#{host}&#{query}"), ASKED);
        assert_eq!(to.as_deref(), Some("http://h:8080/?from=h&b=c"));
        let to = location(None, Some("/#{unknown}/#{"), Some(""), ASKED);
        assert_eq!(to.as_deref(), Some("http://h:80/#{unknown}/#{"));
        let moved = Redirect::new(302, None, Some("www.#{host}"), None, None, Some("#{protocol}"));
        assert_eq!(moved.location(ASKED).as_deref(), Some("http://www.h:80/old/x?http"));
    }

    #[test]
    fn alb_ac_09_a_location_longer_than_8_k_is_none() {
        let long = format!("/{}", "x".repeat(LOCATION_BYTES_MAX));
        assert_eq!(location(None, None, None, Url { path: &long, ..ASKED }), None);
        let fits = "x".repeat(LOCATION_BYTES_MAX - "http://h:80/".len());
        let fits = format!("/{fits}");
        let asked = Url { path: &fits, query: "", ..ASKED };
        assert_eq!(location(None, None, None, asked).map(|to| to.len()), Some(LOCATION_BYTES_MAX));
    }
}
