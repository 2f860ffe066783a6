//! Sends an answer's body to the viewer: bytes at hand, a stored blob, or what an origin is
//! sending, with a copy for the cache when a service asked for one.

use std::future::poll_fn;
use std::io;

use bytes::Bytes;
use standin_engine::{Input, LegId, RelayEnd};
use standin_kernel::http::{Framing, write_chunk};
use standin_kernel::{BlobId, Body, Coding, Method, Response, ServiceName, Version};
use tokio::time::timeout;

use super::coding::Encoder;
use super::leg::Rest;
use super::stream::Writer;
use crate::driver::Driver;

/// How the answer's body is framed for a viewer of this version.
pub(crate) fn framing(response: &Response, version: Version, method: &Method) -> Framing {
    if *method == Method::Head {
        let length = response.head_length.or_else(|| response.body.length().filter(|l| *l > 0));
        return length.map_or(Framing::None, Framing::Length);
    }
    let length = response.body.length().filter(|_| response.coding.is_none());
    match length {
        Some(length) => Framing::Length(length),
        None if version == Version::Http10 => Framing::UntilClose,
        None => Framing::Chunked,
    }
}

/// Bodies up to this size go out in one write with the head.
const ONE_WRITE_BYTES_MAX: usize = 32 * 1024;

pub(crate) async fn write_bytes(
    to: &mut Writer,
    head: &mut Vec<u8>,
    bytes: &Bytes,
) -> io::Result<()> {
    if bytes.len() <= ONE_WRITE_BYTES_MAX {
        head.extend_from_slice(bytes);
        return to.send(head).await;
    }
    to.send(head).await?;
    to.send(bytes).await
}

pub(crate) async fn write_blob(
    driver: &Driver,
    to: &mut Writer,
    head: &mut Vec<u8>,
    (id, offset, length): (BlobId, u64, u64),
) -> io::Result<()> {
    let bytes = driver.blob(id)?;
    let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
    let end = start.saturating_add(usize::try_from(length).unwrap_or(usize::MAX)).min(bytes.len());
    if (end - start) as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    write_bytes(to, head, &bytes.slice(start..end)).await
}

/// A body on its way from an origin to a viewer.
pub(crate) struct Relay {
    pub(crate) leg: LegId,
    pub(crate) rest: Rest,
    pub(crate) keep: Option<(ServiceName, u64)>,
    pub(crate) chunked: bool,
    pub(crate) coding: Option<Coding>,
}

/// How long an origin may pause within a body, and a viewer within taking it.
const PAUSE: std::time::Duration = std::time::Duration::from_secs(60);

impl Relay {
    /// Relays to the end and tells the engine how it ended.
    pub(crate) async fn run(mut self, driver: &Driver, to: &mut Writer) -> io::Result<()> {
        let mut copy = self.keep.is_some().then(Vec::new);
        let mut sent = 0;
        let (end, result) = match self.pump(to, &mut copy, &mut sent).await {
            Ok(()) => (RelayEnd::Complete, Ok(())),
            Err((end, error)) => (end, Err(error)),
        };
        if let Some((service, keep)) = self.keep {
            let body = copy.filter(|_| end == RelayEnd::Complete).map(Bytes::from);
            driver.step(Input::Kept { service, keep, body });
        }
        if end == RelayEnd::Complete && self.rest.keep_alive {
            driver.pool.borrow_mut().give_back(self.rest.upstream, driver.now_s());
        }
        driver.relay_done(self.leg, end, sent);
        result
    }

    async fn pump(
        &mut self,
        to: &mut Writer,
        copy: &mut Option<Vec<u8>>,
        sent: &mut u64,
    ) -> Result<(), (RelayEnd, io::Error)> {
        let (mut piece, mut framed) = (Vec::with_capacity(16 * 1024), Vec::new());
        let mut encoder = self.coding.map(Encoder::new);
        let mut coded = Vec::new();
        let viewer_gone = |error| (RelayEnd::ViewerGone, error);
        let origin_gone = |error| (RelayEnd::OriginGone, error);
        loop {
            piece.clear();
            let Rest { upstream, remaining, .. } = &mut self.rest;
            let next = poll_fn(|cx| {
                remaining.poll_piece(cx, &mut upstream.stream, &mut upstream.buffer, &mut piece)
            });
            let more = timeout(PAUSE, next)
                .await
                .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
                .map_err(origin_gone)?;
            *sent += piece.len() as u64;
            if let Some(kept) = copy {
                kept.extend_from_slice(&piece);
                if kept.len() as u64 > standin_kernel::limits::CACHED_BODY_BYTES_MAX {
                    *copy = None;
                }
            }
            let ready = match encoder.take() {
                None => &piece,
                Some(before) => {
                    coded.clear();
                    encoder = before.next(&piece, more, &mut coded).map_err(viewer_gone)?;
                    &coded
                }
            };
            let out = if self.chunked {
                framed.clear();
                if !ready.is_empty() {
                    write_chunk(&mut framed, ready);
                }
                if !more {
                    write_chunk(&mut framed, &[]);
                }
                &framed
            } else {
                ready
            };
            timeout(PAUSE, to.send(out))
                .await
                .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
                .map_err(viewer_gone)?;
            if !more {
                return Ok(());
            }
        }
    }
}

/// The bytes of a body that needs no connection.
pub(crate) fn bytes_at_hand(driver: &Driver, body: &Body) -> io::Result<Option<Bytes>> {
    match body {
        Body::Empty => Ok(Some(Bytes::new())),
        Body::Bytes(bytes) => Ok(Some(bytes.clone())),
        Body::Blob { id, offset, length } => {
            let bytes = driver.blob(*id)?;
            let start = usize::try_from(*offset).unwrap_or(usize::MAX).min(bytes.len());
            let end = start.saturating_add(usize::try_from(*length).unwrap_or(usize::MAX));
            Ok(Some(bytes.slice(start..end.min(bytes.len()))))
        }
        Body::Relay { .. } => Ok(None),
    }
}
