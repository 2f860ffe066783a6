//! How a request reaches the edge.

use std::net::SocketAddr;

use serde::Deserialize;

/// How a request reaches the edge.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// The number of the point of presence; 0 is the nearest.
    pub edge: u8,
    /// Where the connection leads, when name servers gave that out.
    pub address: Option<std::net::IpAddr>,
    /// The viewer's end of the connection.
    pub peer: SocketAddr,
    pub has_body: bool,
    pub scheme: Scheme,
    /// A connection that is opened for it takes two trips more: one for TCP, one for TLS 1.3.
    pub new_connection: bool,
}

impl Default for Arrival {
    fn default() -> Self {
        let peer = SocketAddr::from(([127, 0, 0, 1], 40_000));
        Self {
            edge: 0,
            address: None,
            peer,
            has_body: false,
            scheme: Scheme::default(),
            new_connection: true,
        }
    }
}

/// Whether a viewer speaks TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// As a viewer who followed the site's redirects once: over TLS where the site wants it.
    #[default]
    Suited,
    Http,
    Https,
}
