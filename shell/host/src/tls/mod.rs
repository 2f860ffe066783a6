//! Viewers who come over TLS: the hello says which name they want, the engine whose certificate
//! that gives, and the authority of the state folder signs it.

mod authority;

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use standin_engine::Presented;
use standin_kernel::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::rustls::server::Acceptor;

pub use authority::authority_file;

pub(crate) use authority::Authority;

use crate::driver::Driver;
use crate::http::{stream, viewer};

/// How long a viewer may take for its hello and what follows it.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);

/// Serves a viewer who is to speak TLS. `way`: the machine's port, and where it leads, when name
/// servers gave that out.
pub(crate) async fn serve(
    driver: Rc<Driver>,
    tcp: TcpStream,
    peer: SocketAddr,
    way: (u16, Option<IpAddr>),
) {
    let handshake = async {
        let start = LazyConfigAcceptor::new(Acceptor::default(), tcp).await?;
        let name = start.client_hello().server_name().map(str::to_owned);
        let config = match driver.presented(name.as_deref(), way.1) {
            Presented::Certificate(names) => driver.authority.config(&names)?,
            // As if nothing listened there: the connection just ends.
            Presented::Nobody => return Err(std::io::ErrorKind::ConnectionRefused.into()),
        };
        start.into_stream(config).await
    };
    let Ok(Ok(tls)) = timeout(HANDSHAKE_MAX, handshake).await else { return };
    viewer::serve(driver, stream::tls(tls), peer, way).await;
}
