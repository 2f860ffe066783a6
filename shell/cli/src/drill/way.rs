//! How the viewers of a drill reach a site of the running stack: over TLS where the site wants it,
//! trusting the authority of the run.

use std::sync::Arc;

use standin_host::Question;
use standin_sim::Scheme;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::Failure;
use crate::link::Link;

/// A connection, with TLS or without.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Stream for T {}

/// What all viewers of one host have in common.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) host: String,
    pub(super) port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Way {
    /// The way to a path of a host; without one it is the first distribution's.
    pub(super) async fn find(
        link: &Link,
        host: Option<&str>,
        path: &str,
        scheme: Scheme,
    ) -> Result<Self, Failure> {
        let name = host.unwrap_or("localhost").to_owned();
        let path = path.split('?').next().unwrap_or_default().to_owned();
        let tls = match scheme {
            Scheme::Http => false,
            Scheme::Https => true,
            Scheme::Suited => {
                link.ask(Question::WantsTls { host: name.clone(), path }).await? == true
            }
        };
        let ports = link.ports();
        let port = if tls { ports.tls } else { ports.edge };
        let tls = match tls {
            true => Some(trusting(link, &name).await?),
            false => None,
        };
        let host = host.map_or_else(|| format!("localhost:{port}"), str::to_owned);
        Ok(Self { host, port, tls })
    }

    #[cfg(test)]
    pub(super) fn plain(port: u16) -> Self {
        Self { host: format!("localhost:{port}"), port, tls: None }
    }

    /// What is spoken over a connection.
    pub(super) async fn over(&self, tcp: TcpStream) -> std::io::Result<Box<dyn Stream>> {
        Ok(match &self.tls {
            None => Box::new(tcp),
            Some((connector, name)) => Box::new(connector.connect(name.clone(), tcp).await?),
        })
    }
}

async fn trusting(link: &Link, host: &str) -> Result<(TlsConnector, ServerName<'static>), Failure> {
    let hello = link.ask(Question::Hello).await?;
    let authority = hello["authority"].as_str().unwrap_or_default();
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(authority)
        .map_err(|wrong| format!("the run's authority {authority} cannot be read: {wrong}"))?;
    roots.add(certificate)?;
    let config = ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = standin_kernel::http::host_without_port(host);
    // No certificate on AWS is for a load balancer's own name; viewers of drills do not mind.
    let name = match name.ends_with(".elb.amazonaws.com") {
        true => format!("{name}.localhost"),
        false => name.to_owned(),
    };
    Ok((TlsConnector::from(Arc::new(config)), ServerName::try_from(name)?))
}
