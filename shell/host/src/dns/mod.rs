//! Name servers and the resolver of containers, on UDP and TCP: messages go in and out here, what
//! they are answered with is the engine's.

mod message;
mod others;
mod resolvers;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;

use standin_engine::{Engine, Input, follow, resolve};
use standin_kernel::dns::{Answer, Code, Question};
use standin_kernel::{Duration, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::spawn_local;
use tokio::time::timeout;

use self::message::Read;
pub(crate) use self::others::Others;
pub(crate) use self::resolvers::Resolvers;
use crate::driver::Driver;

/// A connection without a question for so long is closed.
const IDLE: Duration = Duration::from_secs(10);
const TCP_BYTES_MAX: usize = 65_535;
/// Where whoever reads `resolv.conf` asks.
pub(crate) const PORT: u16 = 53;

/// Who answers.
#[derive(Clone, Debug)]
pub(crate) enum Server {
    /// Name servers: they know the names that are here, and refuse all others.
    Authoritative,
    /// The resolver that the containers of a VPC ask, or those outside of any; it asks others for
    /// what is not here.
    Resolver { others: Rc<Others>, vpc: Option<String> },
}

impl Server {
    fn vpc(&self) -> Option<String> {
        match self {
            Self::Authoritative => None,
            Self::Resolver { vpc, .. } => vpc.clone(),
        }
    }
}

/// How a question came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    Udp,
    Tcp,
}

/// One port for questions, by UDP and TCP.
#[derive(Debug)]
pub(crate) struct Sockets {
    pub(crate) udp: Vec<UdpSocket>,
    pub(crate) tcp: Vec<TcpListener>,
}

/// Answers what comes, as long as the driver runs.
pub(crate) fn serve(driver: &Rc<Driver>, sockets: Sockets, server: &Server) {
    for socket in sockets.udp {
        spawn_local(serve_udp(driver.clone(), socket, server.clone()));
    }
    for listener in sockets.tcp {
        spawn_local(serve_tcp(driver.clone(), listener, server.clone()));
    }
}

async fn serve_udp(driver: Rc<Driver>, socket: UdpSocket, server: Server) {
    let socket = Rc::new(socket);
    let mut buffer = vec![0; 4096];
    loop {
        let Ok((length, peer)) = socket.recv_from(&mut buffer).await else { continue };
        let (driver, server, socket) = (driver.clone(), server.clone(), socket.clone());
        let message = buffer[..length].to_vec();
        spawn_local(async move {
            if let Some(reply) = reply(&driver, &server, &message, peer, Over::Udp).await {
                let _ = socket.send_to(&reply, peer).await;
            }
        });
    }
}

async fn serve_tcp(driver: Rc<Driver>, listener: TcpListener, server: Server) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                spawn_local(connection(driver.clone(), stream, peer, server.clone()));
            }
            // Out of file descriptors, most likely: let some be closed.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

/// Answers one question after the other until the asker has no more.
async fn connection(driver: Rc<Driver>, mut stream: TcpStream, peer: SocketAddr, server: Server) {
    loop {
        let Ok(Ok(message)) = timeout(IDLE, read_framed(&mut stream)).await else { return };
        let Some(reply) = reply(&driver, &server, &message, peer, Over::Tcp).await else { return };
        if !matches!(timeout(IDLE, write_framed(&mut stream, &reply)).await, Ok(Ok(()))) {
            return;
        }
    }
}

/// A message as connections have it: its length before it.
async fn read_framed(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut message = vec![0; usize::from(stream.read_u16().await?)];
    stream.read_exact(&mut message).await?;
    Ok(message)
}

async fn write_framed(stream: &mut TcpStream, message: &[u8]) -> std::io::Result<()> {
    let mut framed = u16::try_from(message.len()).unwrap_or(0).to_be_bytes().to_vec();
    framed.extend(message);
    stream.write_all(&framed).await
}

/// What a message is answered with; `None`: it is no question.
async fn reply(
    driver: &Rc<Driver>,
    server: &Server,
    message: &[u8],
    peer: SocketAddr,
    over: Over,
) -> Option<Vec<u8>> {
    let asked = match message::read(message) {
        Read::Asked(asked) => asked,
        Read::Refused(refusal) => return Some(refusal),
        Read::Nothing => return None,
    };
    let limit_bytes = match over {
        Over::Udp => asked.udp_bytes(),
        Over::Tcp => TCP_BYTES_MAX,
    };
    let question = Question {
        name: asked.name.clone(),
        kind: asked.kind,
        asker: peer.ip().to_canonical(),
        subnet: asked.subnet(),
        vpc: server.vpc(),
    };
    let Server::Resolver { others, .. } = server else {
        return Some(message::write(&asked, &answer(driver, question), limit_bytes));
    };
    let answer = match resolve(&question, |question| answer(driver, question)) {
        (_, Some(name)) if name == asked.name => match others.ask(message, over).await {
            Some(reply) => return Some(reply),
            None => Answer { code: Code::ServFail, ..Answer::default() },
        },
        (begun, Some(name)) => others.complete(begun, &name, asked.kind).await,
        (whole, None) => whole,
    };
    let answer = Answer { authoritative: false, ..answer };
    Some(message::write_resolved(&asked, &answer, limit_bytes))
}

/// What a viewer's resolver would be told: `{"Known": .., "Address": .., "TTL": ..}`. A name of no
/// hosted zone is not known; one without an address has none.
pub(crate) fn look_up(driver: &Rc<Driver>, host: &str) -> Value {
    let host = host.to_ascii_lowercase();
    if !driver.engine().services().route53.knows(&host) {
        return json!({"Known": false});
    }
    let (address, ttl_s) = follow(&host, |question| answer(driver, question));
    json!({"Known": true, "Address": address, "TTL": ttl_s})
}

/// Asks the engine. The addresses it gives out are listened on before anybody hears of them.
fn answer(driver: &Rc<Driver>, question: Question) -> Answer {
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

    /// Whether a port of an address is listened on for the first time.
    pub(crate) fn is_new_endpoint(&self, address: Ipv4Addr, port: u16) -> bool {
        self.endpoints.borrow_mut().insert((address, port))
    }
}
