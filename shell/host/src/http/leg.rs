//! One request to an origin or target: connect or reuse, send, read the head of the answer.

use std::cell::RefCell;
use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use standin_engine::{Engine, LegId};
use standin_kernel::http::{Framing, HeadError, read_response, write_chunk, write_request};
use standin_kernel::{Address, Body, LegRequest, LinkFailure, Method, Response};
use std::future::poll_fn;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::body::{Remaining, poll_fill};
use super::pool::{Pool, Upstream};
use super::viewer::Incoming;
use crate::driver::Driver;

/// The request body that goes along.
#[derive(Debug, Clone)]
pub(crate) enum Outgoing<'a> {
    Nothing,
    /// Read whole already; can be sent again.
    Whole(Bytes),
    /// Still coming from the viewer; can be sent once.
    Stream(&'a RefCell<Incoming>, Framing),
}

/// An answer whose head has come; the rest of the body, if any, is on `upstream`.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) response: Response,
    pub(crate) rest: Option<Rest>,
}

/// A body that did not come whole with its head.
#[derive(Debug)]
pub(crate) struct Rest {
    pub(crate) upstream: Upstream,
    pub(crate) remaining: Remaining,
    pub(crate) keep_alive: bool,
}

/// Bodies up to this size that came with the head are handed to the engine whole.
const WHOLE_BODY_BYTES_MAX: u64 = 64 * 1024;

/// Carries a leg out, up to the head of the answer.
pub(crate) async fn ask(
    driver: &Driver,
    leg: LegId,
    request: &LegRequest,
    body: &Outgoing<'_>,
) -> Result<Answer, LinkFailure> {
    if request.tls {
        // Names of this engine never come here; TLS to the outside is not spoken.
        return Err(LinkFailure::Tls);
    }
    let to = resolve(&request.to).await?;
    if let Some(upstream) = Pool::take(&driver.pool, to).await {
        match talk(driver, upstream, request, body).await {
            // The other end closed an idle connection just as it was used: that is no answer.
            Err(LinkFailure::Closed) if may_send_again(request, body) => {}
            outcome => return outcome,
        }
    }
    driver.connecting(leg);
    let connected = timeout(request.connect_timeout, TcpStream::connect(to)).await;
    let stream = match connected {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(connect_failure(&error)),
        Err(_) => return Err(LinkFailure::ConnectTimeout),
    };
    let _ = stream.set_nodelay(true);
    driver.connected(leg);
    let buffer = BytesMut::with_capacity(16 * 1024);
    talk(driver, Upstream { stream, buffer, to, reused: false }, request, body).await
}

const fn may_send_again(request: &LegRequest, body: &Outgoing<'_>) -> bool {
    match body {
        Outgoing::Nothing => true,
        Outgoing::Whole(_) => request.head.method.is_idempotent(),
        Outgoing::Stream(..) => false,
    }
}

fn connect_failure(error: &std::io::Error) -> LinkFailure {
    match error.kind() {
        std::io::ErrorKind::TimedOut => LinkFailure::ConnectTimeout,
        _ => LinkFailure::Refused,
    }
}

async fn resolve(address: &Address) -> Result<SocketAddr, LinkFailure> {
    match address {
        Address::Socket(to) => Ok(*to),
        Address::Name { host, port } => {
            let mut found = tokio::net::lookup_host((&**host, *port))
                .await
                .map_err(|_| LinkFailure::NameNotFound)?;
            found.next().ok_or(LinkFailure::NameNotFound)
        }
    }
}

/// Bodies up to this size are read for who asks without a viewer, if somebody looks at them.
const PROBED_BODY_BYTES_MAX: usize = 1024 * 1024;
/// How long that may take (R53-HC-06).
const PROBED_BODY_TIME: std::time::Duration = std::time::Duration::from_secs(2);

/// An answer that no viewer waits for, with its body when that is wanted: whole, or as far as it
/// came when a part is enough.
pub(crate) async fn with_body(answer: Answer, request: &LegRequest) -> Response {
    let Answer { mut response, rest } = answer;
    let Some(mut rest) = rest.filter(|_| Engine::looks_into_body(request)) else {
        return response;
    };
    let mut body = Vec::new();
    let read = async {
        let mut piece = Vec::new();
        while body.len() < PROBED_BODY_BYTES_MAX {
            piece.clear();
            let Upstream { stream, buffer, .. } = &mut rest.upstream;
            let more = poll_fn(|cx| rest.remaining.poll_piece(cx, stream, buffer, &mut piece));
            match more.await {
                Ok(true) => body.extend_from_slice(&piece),
                Ok(false) => return true,
                Err(_) => return false,
            }
        }
        false
    };
    let whole = timeout(PROBED_BODY_TIME, read).await.unwrap_or(false);
    if whole || Engine::needs_first_bytes_only(request) {
        response.body = Body::Bytes(body.into());
    }
    response
}

async fn talk(
    driver: &Driver,
    mut upstream: Upstream,
    request: &LegRequest,
    body: &Outgoing<'_>,
) -> Result<Answer, LinkFailure> {
    send(&mut upstream, request, body).await?;
    let to_head = request.head.method == Method::Head;
    loop {
        match read_response(&upstream.buffer, to_head) {
            Ok(Some(read)) if read.head.status == 101 => return Err(LinkFailure::BadResponse),
            Ok(Some(read)) if read.head.status < 200 => {
                let _ = upstream.buffer.split_to(read.length);
            }
            Ok(Some(read)) => {
                let _ = upstream.buffer.split_to(read.length);
                let mut response = Response::new(read.head, Body::Empty);
                if to_head {
                    response.head_length = read.announced;
                }
                return finish(driver, upstream, response, read.framing, read.keep_alive);
            }
            Ok(None) => {
                let count =
                    poll_fn(|cx| poll_fill(cx, &mut upstream.stream, &mut upstream.buffer)).await;
                if !matches!(count, Ok(1..)) {
                    return Err(LinkFailure::Closed);
                }
            }
            Err(HeadError::TooLarge) => return Err(LinkFailure::HeadTooLarge),
            Err(_) => return Err(LinkFailure::BadResponse),
        }
    }
}

/// Takes the body if it is small and all here; otherwise leaves it on the connection.
fn finish(
    driver: &Driver,
    mut upstream: Upstream,
    mut response: Response,
    framing: Framing,
    keep_alive: bool,
) -> Result<Answer, LinkFailure> {
    let mut remaining = Remaining::new(framing);
    let whole = match framing {
        Framing::None => true,
        Framing::Length(length) => {
            length <= WHOLE_BODY_BYTES_MAX && upstream.buffer.len() as u64 >= length
        }
        Framing::Chunked | Framing::UntilClose => false,
    };
    if !whole {
        let length = if let Framing::Length(length) = framing { Some(length) } else { None };
        response.body = Body::Relay { length, keep: None };
        return Ok(Answer { response, rest: Some(Rest { upstream, remaining, keep_alive }) });
    }
    if let Remaining::Length(length) = &mut remaining {
        let length = usize::try_from(*length).unwrap_or(0);
        response.body = Body::Bytes(Bytes::copy_from_slice(&upstream.buffer[..length]));
        let _ = upstream.buffer.split_to(length);
    }
    if keep_alive {
        driver.pool.borrow_mut().give_back(upstream, driver.now_s());
    }
    Ok(Answer { response, rest: None })
}

async fn send(
    upstream: &mut Upstream,
    request: &LegRequest,
    body: &Outgoing<'_>,
) -> Result<(), LinkFailure> {
    let closed = |_| LinkFailure::Closed;
    let mut head = Vec::with_capacity(1024);
    match body {
        Outgoing::Nothing => {
            let bodiless = matches!(request.head.method, Method::Get | Method::Head);
            let framing = if bodiless { Framing::None } else { Framing::Length(0) };
            write_request(&mut head, &request.head, framing);
            upstream.stream.write_all(&head).await.map_err(closed)
        }
        Outgoing::Whole(bytes) => {
            write_request(&mut head, &request.head, Framing::Length(bytes.len() as u64));
            head.extend_from_slice(bytes);
            upstream.stream.write_all(&head).await.map_err(closed)
        }
        Outgoing::Stream(viewer, framing) => {
            write_request(&mut head, &request.head, *framing);
            upstream.stream.write_all(&head).await.map_err(closed)?;
            let chunked = *framing == Framing::Chunked;
            let (mut piece, mut framed) = (Vec::new(), Vec::new());
            loop {
                piece.clear();
                let more = poll_fn(|cx| viewer.borrow_mut().poll_body(cx, &mut piece)).await;
                let more = more.map_err(closed)?;
                if chunked {
                    framed.clear();
                    write_chunk(&mut framed, &piece);
                    upstream.stream.write_all(&framed).await.map_err(closed)?;
                } else {
                    upstream.stream.write_all(&piece).await.map_err(closed)?;
                }
                if !more {
                    return Ok(());
                }
            }
        }
    }
}
