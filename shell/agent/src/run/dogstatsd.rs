//! Takes packets from the sockets of DogStatsD.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use tokio::net::{UdpSocket, UnixDatagram};

use super::{Site, now};
use crate::health::PING_EVERY;

/// Pause after a socket gave an error, so that it is not asked in a tight circle.
const AFTER_ERROR: Duration = Duration::from_millis(100);

pub(super) async fn from_udp(site: Rc<Site>, socket: UdpSocket) {
    take(&site, "dogstatsd", async |buffer: &mut [u8]| socket.recv(buffer).await).await;
}

pub(super) async fn from_unix(site: Rc<Site>, socket: UnixDatagram) {
    take(&site, "dogstatsd-socket", async |buffer: &mut [u8]| socket.recv(buffer).await).await;
}

async fn take(
    site: &Site,
    part: &'static str,
    mut receive: impl AsyncFnMut(&mut [u8]) -> io::Result<usize>,
) {
    let bytes = site.agent.borrow().settings().dogstatsd.buffer_bytes;
    let mut buffer = vec![0; bytes.max(1)];
    let mut ping = tokio::time::interval(PING_EVERY);
    loop {
        tokio::select! {
            received = receive(&mut buffer) => match received {
                Ok(count) => site.agent.borrow_mut().packet(now(), &buffer[..count]),
                Err(_) => tokio::time::sleep(AFTER_ERROR).await,
            },
            _ = ping.tick() => site.ping(part),
        }
    }
}
