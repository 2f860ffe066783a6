//! Opens the agent's sockets: the task's own address only, and files that only its user reads.

use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;

use tokio::net::{TcpListener, UdpSocket, UnixDatagram, UnixListener};

use super::{Site, answer, dogstatsd, say, tracers};
use crate::settings::Settings;

/// Opens all that the settings ask for, and leaves each to a task of its own.
pub(super) async fn open(site: &Rc<Site>, settings: &Settings) -> Result<(), String> {
    let at = |port: u16| SocketAddr::new(settings.address, port);
    let cannot = |place: &dyn std::fmt::Display, why: std::io::Error| {
        format!("cannot listen on {place}: {why}")
    };
    let wanted = &settings.dogstatsd;
    if wanted.port != 0 {
        let place = at(wanted.port);
        let socket = UdpSocket::bind(place).await.map_err(|why| cannot(&place, why))?;
        say(&format!("DogStatsD on {place}/udp"));
        tokio::task::spawn_local(dogstatsd::from_udp(Rc::clone(site), socket));
    }
    if let Some(path) = &wanted.socket {
        let socket = fresh(path)
            .and_then(|()| UnixDatagram::bind(path))
            .map_err(|why| cannot(&path.display(), why))?;
        say(&format!("DogStatsD on {}", path.display()));
        tokio::task::spawn_local(dogstatsd::from_unix(Rc::clone(site), socket));
    }
    if settings.traces.port != 0 {
        let place = at(settings.traces.port);
        let listener = TcpListener::bind(place).await.map_err(|why| cannot(&place, why))?;
        say(&format!("traces on {place}"));
        tokio::task::spawn_local(answer::over_tcp(Rc::clone(site), listener, tracers::answer));
    }
    if let Some(path) = &settings.traces.socket {
        let listener = fresh(path)
            .and_then(|()| UnixListener::bind(path))
            .map_err(|why| cannot(&path.display(), why))?;
        say(&format!("traces on {}", path.display()));
        tokio::task::spawn_local(answer::over_unix(Rc::clone(site), listener));
    }
    let place = at(settings.command_port);
    let listener = TcpListener::bind(place).await.map_err(|why| cannot(&place, why))?;
    tokio::task::spawn_local(answer::over_tcp(Rc::clone(site), listener, answer::commands));
    Ok(())
}

/// Takes away the socket that an agent before has left.
fn fresh(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(why) if why.kind() != std::io::ErrorKind::NotFound => Err(why),
        _ => Ok(()),
    }
}
