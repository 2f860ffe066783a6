//! Starts the driver: state folder, orphans of an earlier run, records, ports, and the tasks that
//! keep it all going; and stops it without leaving a process behind.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use standin_engine::Engine;
use standin_kernel::{Duration, Env, Evaluator};
use standin_wire::sigv4::Credentials;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::mpsc;
use tokio::task::spawn_local;

use crate::api::Callers;
use crate::blobs::Blobs;
use crate::dns::{Server, Sockets};
use crate::driver::{Driver, LogSink};
use crate::functions::Functions;
use crate::http::{stream, viewer};
use crate::recorder::RecordFile;
use crate::store::Store;
use crate::tls::Authority;
use crate::workloads::{WorkloadConfig, Workloads};
use crate::{api, dns, tls};

/// What a run is given.
pub struct Config {
    pub state_dir: PathBuf,
    /// This program, which starts containers through its hidden subcommand.
    pub self_exe: PathBuf,
    /// 0: any free port.
    pub edge_port: u16,
    /// Where viewers speak TLS.
    pub tls_port: TlsPort,
    pub api_port: u16,
    /// `None`: no name servers; 0: any free port.
    pub dns_port: Option<u16>,
    /// Where viewers' port and the AWS endpoint listen besides the loopback addresses. What comes
    /// from elsewhere has to be signed.
    pub listen: Option<IpAddr>,
    pub env: Env,
    pub seed: u64,
    /// Where the run goes on record, if it does.
    pub record: Option<PathBuf>,
    /// Who runs functions at the edge; it gets a thread of its own. Without, each of them fails.
    pub evaluator: Option<Arc<dyn Evaluator>>,
    /// Whose signatures the AWS endpoint asks callers of this machine for; without, it takes each
    /// of them for the account.
    pub credentials: Option<Credentials>,
    /// Whose signatures it asks callers from elsewhere for.
    pub credentials_elsewhere: Option<Credentials>,
    pub log: LogSink,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config").field("state_dir", &self.state_dir).finish_non_exhaustive()
    }
}

/// Where viewers speak TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsPort {
    /// There; 0: any free port.
    At(u16),
    /// There if it is free, else anywhere.
    Rather(u16),
}

/// How much of stored bodies is kept in memory.
const BLOB_MEMORY_BYTES: usize = 64 * 1024 * 1024;

/// Why a run cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("port {port} on {address} is in use; choose another with {option}")]
    PortInUse { address: IpAddr, port: u16, option: &'static str },
    #[error("cannot listen on {address}, port {port}: {why}")]
    Listen { address: IpAddr, port: u16, why: std::io::Error },
    #[error("{0}")]
    State(String),
}

/// Starts everything. Must be called within a `LocalSet` of a current-thread runtime.
pub async fn start(config: Config) -> Result<Rc<Driver>, StartError> {
    let Config { state_dir, self_exe, edge_port, tls_port, api_port, dns_port, .. } = config;
    let Config { env, seed, .. } = config;
    let Config { record, evaluator, credentials, credentials_elsewhere, listen, log, .. } = config;
    let state = |wrong: &dyn std::fmt::Display| StartError::State(wrong.to_string());
    std::fs::create_dir_all(&state_dir).map_err(|wrong| {
        StartError::State(format!("cannot make the state folder {}: {wrong}", state_dir.display()))
    })?;
    let store = Store::open(&state_dir).map_err(|wrong| state(&wrong))?;
    // Ports first: a port in use must be said before anything is stopped or started.
    let edge = listen_on(edge_port, "--edge-port", listen)?;
    let tls_port = match tls_port {
        TlsPort::At(port) => listen_on(port, "--tls-port", listen)?,
        TlsPort::Rather(port) => {
            listen_on(port, "--tls-port", listen).or_else(|_| listen_on(0, "--tls-port", listen))?
        }
    };
    let api = listen_on(api_port, "--api-port", listen)?;
    let dns = match dns_port {
        None => None,
        Some(port) => Some(listen_for_questions(port).await?),
    };
    let records = store.load().map_err(|wrong| state(&wrong))?;
    let blobs = Blobs::at(&state_dir, BLOB_MEMORY_BYTES).map_err(|wrong| state(&wrong))?;
    let (events, happened) = mpsc::unbounded_channel();
    let workload_config = WorkloadConfig { state_dir: state_dir.clone(), self_exe, events };
    // Ends what an earlier run left behind.
    let workloads = Workloads::new(workload_config).map_err(|wrong| state(&wrong))?;
    let store = store.writer().map_err(|wrong| state(&wrong))?;
    let engine = Engine::new(env, seed);
    let record = match record {
        None => None,
        Some(path) => {
            let created = RecordFile::create(&path, &engine, seed);
            Some(created.map_err(|wrong| {
                StartError::State(format!("cannot write the record {}: {wrong}", path.display()))
            })?)
        }
    };
    let (functions, outcomes) = Functions::start(evaluator).map_err(|wrong| state(&wrong))?;
    let authority = Authority::open(&state_dir).map_err(|wrong| state(&wrong))?;
    let own = (state_dir, authority);
    let driver = Driver::new(engine, record, workloads, (store, blobs), functions, own, log);
    driver.edge_port.set(edge.port);
    driver.tls_port.set(tls_port.port);
    driver.api_port.set(api.port);
    spawn_local(driver.clone().run_timer());
    spawn_local(driver.clone().run_sweep());
    spawn_local(driver.clone().run_workload_events(happened));
    spawn_local(driver.clone().run_outcomes(outcomes));
    // Before the first container is started.
    driver.resolvers.begin(&driver).await;
    driver.restore(&records).map_err(|wrong| state(&wrong))?;
    for (port, speaks) in [(edge, Speaks::Plain), (tls_port, Speaks::Tls)] {
        for listener in port.listeners {
            spawn_local(accept(driver.clone(), listener, port.port, speaks));
        }
    }
    let callers = Rc::new(Callers { near: credentials, elsewhere: credentials_elsewhere });
    if let Some((port, sockets)) = dns {
        driver.dns_port.set(port);
        dns::serve(&driver, sockets, &Server::Authoritative);
    }
    for listener in api.listeners {
        spawn_local(api::run(driver.clone(), listener, callers.clone()));
    }
    Ok(driver)
}

/// Stops containers (SIGTERM, then SIGKILL after `grace`) and makes the last records durable.
pub async fn stop(driver: &Driver, grace: Duration) {
    let stopping = driver.workloads.borrow_mut().stop_all(grace);
    stopping.await;
    driver.flush().await;
}

/// One port on some addresses.
struct Port {
    port: u16,
    listeners: Vec<TcpListener>,
}

/// Listens on the loopback addresses, and on another one if there is one.
fn listen_on(port: u16, option: &'static str, other: Option<IpAddr>) -> Result<Port, StartError> {
    let bound = |address: IpAddr, port: u16| {
        bind(SocketAddr::new(address, port)).map_err(|why| failed(why, address, port, option))
    };
    let every = |address: &IpAddr| address.is_unspecified();
    // A socket on all addresses stands for that on the loopback address of its kind.
    let v4 = other.filter(|other| other.is_ipv4() && every(other));
    let v4 = v4.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let v6 = other.filter(|other| other.is_ipv6() && every(other));
    let listener = bound(v4, port)?;
    let port = listener.local_addr().map_err(|why| failed(why, v4, port, option))?.port();
    let mut listeners = vec![listener];
    match v6 {
        Some(all) => listeners.push(bound(all, port)?),
        // `localhost` is ::1 for some programs; machines without IPv6 do without.
        None => listeners.extend(bound(IpAddr::V6(Ipv6Addr::LOCALHOST), port).ok()),
    }
    let there = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    if let Some(other) = other.filter(|other| !every(other) && !there.contains(other)) {
        listeners.push(bound(other, port)?);
    }
    Ok(Port { port, listeners })
}

fn failed(why: std::io::Error, address: IpAddr, port: u16, option: &'static str) -> StartError {
    match why.kind() {
        std::io::ErrorKind::AddrInUse => StartError::PortInUse { address, port, option },
        _ => StartError::Listen { address, port, why },
    }
}

async fn listen_for_questions(port: u16) -> Result<(u16, Sockets), StartError> {
    // Not beyond this machine: the addresses that name servers give out are of this machine.
    let Port { port, listeners } = listen_on(port, "--dns-port", None)?;
    let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let why = |why: std::io::Error| failed(why, local, port, "--dns-port");
    let mut udp = Vec::new();
    for listener in &listeners {
        let address = listener.local_addr().map_err(why)?;
        udp.push(UdpSocket::bind(address).await.map_err(why)?);
    }
    Ok((port, Sockets { udp, tcp: listeners }))
}

/// Lets viewers reach an address that name servers give out.
pub(crate) fn listen_at(driver: &Rc<Driver>, address: Ipv4Addr) {
    let of_this_machine = [(driver.edge_port.get(), false), (driver.tls_port.get(), true)];
    let as_on_aws = driver.engine().ports_at(address);
    for (port, tls) in of_this_machine.into_iter().chain(as_on_aws) {
        if !driver.is_new_endpoint(address, port) {
            continue;
        }
        // An address that cannot be had is answered all the same: the name is right, and other
        // ways lead to the host.
        if let Ok(listener) = bind(SocketAddr::from((address, port))) {
            let speaks = if tls { Speaks::Tls } else { Speaks::Plain };
            spawn_local(accept(driver.clone(), listener, port, speaks));
        }
    }
}

pub(crate) fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => tokio::net::TcpSocket::new_v4()?,
        SocketAddr::V6(_) => tokio::net::TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    if address.is_ipv6() {
        // The other kind has a socket of its own.
        socket2::SockRef::from(&socket).set_only_v6(true)?;
    }
    socket.bind(address)?;
    socket.listen(4096)
}

/// What viewers of a port speak.
#[derive(Clone, Copy)]
enum Speaks {
    Plain,
    Tls,
}

async fn accept(driver: Rc<Driver>, listener: TcpListener, port: u16, speaks: Speaks) {
    loop {
        let Ok((tcp, peer)) = listener.accept().await else {
            // Out of file descriptors, most likely: let some be closed.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let _ = tcp.set_nodelay(true);
        let (driver, way) = (driver.clone(), (port, Driver::given_out(tcp.local_addr().ok())));
        match speaks {
            Speaks::Plain => {
                spawn_local(viewer::serve(driver, stream::plain(tcp), peer, way));
            }
            Speaks::Tls => {
                spawn_local(tls::serve(driver, tcp, peer, way));
            }
        }
    }
}
