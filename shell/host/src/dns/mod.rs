//! Name servers on UDP and TCP: messages go in and out here, what they are answered with is the
//! engine's.

mod message;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;

use standin_engine::{Engine, Input, follow};
use standin_kernel::dns::{Answer, Question};
use standin_kernel::{Duration, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::spawn_local;
use tokio::time::timeout;

use self::message::{Asked, Read};
use crate::driver::Driver;

/// A connection without a question for so long is closed.
const IDLE: Duration = Duration::from_secs(10);
const TCP_BYTES_MAX: usize = 65_535;

/// Answers questions that come by UDP. Runs as long as the driver.
pub(crate) async fn serve_udp(driver: Rc<Driver>, socket: UdpSocket) {
    let mut buffer = vec![0; 4096];
    loop {
        let Ok((length, peer)) = socket.recv_from(&mut buffer).await else { continue };
        let answer = match message::read(&buffer[..length]) {
            Read::Asked(asked) => {
                let answer = answer(&driver, &asked, peer);
                message::write(&asked, &answer, asked.udp_bytes())
            }
            Read::Refused(refusal) => refusal,
            Read::Nothing => continue,
        };
        let _ = socket.send_to(&answer, peer).await;
    }
}

/// The same for connections.
pub(crate) async fn serve_tcp(driver: Rc<Driver>, listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                spawn_local(connection(driver.clone(), stream, peer));
            }
            // Out of file descriptors, most likely: let some be closed.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

/// Answers one question after the other until the asker has no more.
async fn connection(driver: Rc<Driver>, mut stream: TcpStream, peer: SocketAddr) {
    let mut buffer = Vec::new();
    loop {
        let Ok(Ok(length)) = timeout(IDLE, stream.read_u16()).await else { return };
        buffer.resize(usize::from(length), 0);
        let Ok(Ok(_)) = timeout(IDLE, stream.read_exact(&mut buffer)).await else { return };
        let answer = match message::read(&buffer) {
            Read::Asked(asked) => {
                let answer = answer(&driver, &asked, peer);
                message::write(&asked, &answer, TCP_BYTES_MAX)
            }
            Read::Refused(refusal) => refusal,
            Read::Nothing => return,
        };
        let mut framed = u16::try_from(answer.len()).unwrap_or(0).to_be_bytes().to_vec();
        framed.extend(answer);
        if !matches!(timeout(IDLE, stream.write_all(&framed)).await, Ok(Ok(()))) {
            return;
        }
    }
}

/// What a viewer's resolver would be told: `{"Known": .., "Address": .., "TTL": ..}`. A name of no
/// hosted zone is not known; one without an address has none.
pub(crate) fn look_up(driver: &Rc<Driver>, host: &str) -> Value {
    let host = host.to_ascii_lowercase();
    if !driver.engine().services().route53.knows(&host) {
        return json!({"Known": false});
    }
    let (address, ttl_s) = follow(&host, |question| {
        let answer = driver.ask_name_server(question);
        listen_for(driver, &answer);
        answer
    });
    json!({"Known": true, "Address": address, "TTL": ttl_s})
}

/// Asks the engine. The addresses it gives out are listened on before anybody hears of them.
fn answer(driver: &Rc<Driver>, asked: &Asked, peer: SocketAddr) -> Answer {
    let question = Question {
        name: asked.name.clone(),
        kind: asked.kind,
        asker: peer.ip().to_canonical(),
        subnet: asked.subnet(),
    };
    let answer = driver.ask_name_server(question);
    listen_for(driver, &answer);
    answer
}

fn listen_for(driver: &Rc<Driver>, answer: &Answer) {
    for address in answer.addresses() {
        if let IpAddr::V4(v4) = address.to_canonical()
            && Engine::is_endpoint(v4)
        {
            crate::run::listen_at(driver, v4);
        }
    }
}

impl Driver {
    /// What the name servers answer.
    pub(crate) fn ask_name_server(&self, question: Question) -> Answer {
        let ticket = self.next_ticket();
        self.step(Input::Dns { ticket, question });
        self.answers.borrow_mut().remove(&ticket).unwrap_or_default()
    }

    /// The address of a connection's own end, if it is one that name servers give out.
    pub(crate) fn given_out(local: Option<SocketAddr>) -> Option<IpAddr> {
        match local?.ip().to_canonical() {
            IpAddr::V4(v4) if Engine::is_endpoint(v4) => Some(v4.into()),
            _ => None,
        }
    }

    /// Whether an address is listened on for the first time.
    pub(crate) fn is_new_endpoint(&self, address: Ipv4Addr) -> bool {
        self.endpoints.borrow_mut().insert(address)
    }
}
