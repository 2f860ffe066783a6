//! One viewer's connection: read a request, let the engine decide, do what it says, answer, again.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::{io, mem};

use bytes::{Bytes, BytesMut};
use standin_engine::{Input, LegId};
use standin_kernel::function::RUNTIME_API_PORT;
use standin_kernel::http::{Framing, HeadError, Read, read_request, write_response};
use standin_kernel::{
    Body, Identity, LegRequest, LinkFailure, Method, Request, RequestHead, ResponseHead, Version,
};
use tokio::net::TcpStream;

use super::body::{Remaining, poll_fill};
use super::leg::{Answer, Outgoing, ask};
use super::mailbox::{Letter, Mailbox};
use super::stream::{self, Reader, Writer};
use super::{location, relay};
use crate::driver::Driver;
use crate::runtime_api::Written;

/// The reading side of a viewer's connection.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) stream: Reader,
    pub(crate) buffer: BytesMut,
    pub(crate) body: Remaining,
}

impl Incoming {
    /// The next piece of the request's body.
    pub(crate) fn poll_body(
        &mut self,
        cx: &mut Context<'_>,
        out: &mut Vec<u8>,
    ) -> Poll<io::Result<bool>> {
        self.body.poll_piece(cx, &mut self.stream, &mut self.buffer, out)
    }

    /// Ready when the viewer has gone away. What it sends meanwhile is kept for later, up to a
    /// limit.
    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.buffer.len() < PIPELINED_BYTES_MAX {
            match poll_fill(cx, &mut self.stream, &mut self.buffer) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(1..)) => {}
                Poll::Ready(_) => return Poll::Ready(()),
            }
        }
        Poll::Pending
    }
}

/// Most bytes read ahead while a request is being answered.
const PIPELINED_BYTES_MAX: usize = 64 * 1024;
/// Request bodies up to this size are read whole first, so that they can be sent again.
const WHOLE_BODY_BYTES_MAX: u64 = 64 * 1024;
/// How long a viewer may take for a request's head, and for the pause before it.
const HEAD_S: u64 = 60;
/// How long a viewer may take for each piece of a body.
const BODY_S: u64 = 60;

struct Connection {
    driver: Rc<Driver>,
    mailbox: Rc<Mailbox>,
    incoming: RefCell<Incoming>,
    outgoing: Writer,
    peer: SocketAddr,
    /// Where it leads, when name servers gave that out.
    address: Option<IpAddr>,
    port: u16,
    /// The function's process at the other end, if it is one.
    process: Option<Rc<Written>>,
    /// What the request at hand names as its host.
    host: String,
    out: Vec<u8>,
}

/// What to do with the connection after an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    KeepAlive,
    Close,
}

/// Serves a viewer until one side closes. `way`: the machine's port, and where it leads, when name
/// servers gave that out.
pub(crate) async fn serve(
    driver: Rc<Driver>,
    halves: (Reader, Writer),
    peer: SocketAddr,
    way: (u16, Option<IpAddr>),
) {
    serve_from(driver, halves, peer, way, None).await;
}

/// Serves a function's process, whose output goes before what it asks.
pub(crate) async fn serve_process(
    driver: Rc<Driver>,
    tcp: TcpStream,
    peer: SocketAddr,
    process: Rc<Written>,
) {
    let _ = tcp.set_nodelay(true);
    let way = (RUNTIME_API_PORT, None);
    serve_from(driver, stream::plain(tcp), peer, way, Some(process)).await;
}

async fn serve_from(
    driver: Rc<Driver>,
    (read, write): (Reader, Writer),
    peer: SocketAddr,
    (port, address): (u16, Option<IpAddr>),
    process: Option<Rc<Written>>,
) {
    let mailbox = driver.new_mailbox();
    let buffer = BytesMut::with_capacity(16 * 1024);
    let incoming = Incoming { stream: read, buffer, body: Remaining::Nothing };
    let mut connection = Connection {
        driver,
        mailbox,
        incoming: RefCell::new(incoming),
        outgoing: write,
        peer,
        address,
        port,
        process,
        host: String::new(),
        out: Vec::with_capacity(4 * 1024),
    };
    while let Ok(Next::KeepAlive) = connection.exchange().await {}
    let _ = connection.outgoing.shutdown().await;
}

impl Connection {
    /// One request and its answer.
    async fn exchange(&mut self) -> io::Result<Next> {
        if self.process.is_none() {
            self.expire_in(HEAD_S);
        }
        let read = match self.read_head().await? {
            Ok(Some(read)) => read,
            Ok(None) => return Ok(Next::Close),
            Err(wrong) => return self.refuse(wrong).await,
        };
        let Read { head, framing, keep_alive, expects_continue, .. } = read;
        let (version, method) = (head.version, head.method.clone());
        self.incoming.borrow_mut().body = Remaining::new(framing);
        if expects_continue && !framing.is_none() {
            self.outgoing.send(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        let whole = self.read_small_body(framing).await?;
        self.mailbox.expires_s.set(0);
        if let Some(process) = &self.process {
            process.pass_on(&self.driver, true);
        }
        self.host.clear();
        self.host.push_str(head.headers.get("Host").unwrap_or_default());
        let exchange = self.driver.open(&self.mailbox, self.address);
        let request = self.request(head, framing);
        let (request, trace) = (Box::new(request), self.driver.tracing());
        self.driver.step(Input::Request { exchange, request, trace });
        let mut turn = Turn { version, method, keep_alive, framing, whole };
        let next = self.answer(&mut turn).await;
        self.driver.close(exchange, &self.mailbox);
        if next.is_err() {
            self.driver.step(Input::ViewerGone { exchange });
        }
        next
    }

    fn request(&self, head: RequestHead, framing: Framing) -> Request {
        Request {
            head,
            peer: self.peer,
            tls: self.outgoing.is_tls(),
            has_body: !framing.is_none(),
            identity: match &self.process {
                Some(process) => Identity::Workload(process.id()),
                None => Identity::Anonymous,
            },
            port: self.port,
        }
    }

    fn expire_in(&self, seconds: u64) {
        self.mailbox.expires_s.set(self.driver.now_s() + seconds);
    }

    /// The next request's head; `None` when the viewer has nothing more to ask.
    async fn read_head(&self) -> io::Result<Result<Option<Read<RequestHead>>, HeadError>> {
        loop {
            {
                let mut incoming = self.incoming.borrow_mut();
                skip_empty_lines(&mut incoming.buffer);
                match read_request(&incoming.buffer) {
                    Ok(Some(read)) => {
                        let _ = incoming.buffer.split_to(read.length);
                        return Ok(Ok(Some(read)));
                    }
                    Ok(None) => {}
                    Err(wrong) => return Ok(Err(wrong)),
                }
            }
            if self.fill().await? == 0 {
                return Ok(Ok(None));
            }
        }
    }

    /// Reads once; an expired viewer reads as one that has gone.
    async fn fill(&self) -> io::Result<usize> {
        poll_fn(|cx| {
            let incoming = &mut *self.incoming.borrow_mut();
            if let Poll::Ready(count) = poll_fill(cx, &mut incoming.stream, &mut incoming.buffer) {
                return Poll::Ready(count);
            }
            match self.mailbox.poll(cx) {
                Poll::Ready(Letter::Expired) => Poll::Ready(Ok(0)),
                Poll::Ready(_) => {
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }

    async fn read_small_body(&self, framing: Framing) -> io::Result<Option<Bytes>> {
        let Framing::Length(length @ 1..=WHOLE_BODY_BYTES_MAX) = framing else { return Ok(None) };
        self.expire_in(BODY_S);
        while (self.incoming.borrow().buffer.len() as u64) < length {
            if self.fill().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let incoming = &mut *self.incoming.borrow_mut();
        let length = usize::try_from(length).unwrap_or(0);
        incoming.body = Remaining::Nothing;
        Ok(Some(incoming.buffer.split_to(length).freeze()))
    }

    /// Follows the engine's letters until the request is answered.
    async fn answer(&mut self, turn: &mut Turn) -> io::Result<Next> {
        let driver = self.driver.clone();
        let mut legs = Legs::default();
        loop {
            let event = next_event(&self.mailbox, &mut legs, Some(&self.incoming)).await;
            match event {
                Event::Letter(Letter::Send { leg, request }) => {
                    let body = turn.body(&request, &self.incoming);
                    // Legs end before the connection's other parts do: see `Legs`.
                    legs.start(leg, driver.clone(), request, body);
                }
                Event::Letter(Letter::Cancel { leg }) => legs.cancel(leg),
                Event::Letter(Letter::Collect { exchange, limit_bytes }) => {
                    let body = self.collect(turn, limit_bytes).await;
                    driver.step(Input::Collected { exchange, body });
                }
                Event::Letter(Letter::Respond(respond)) => {
                    let rest = respond.relay.and_then(|leg| legs.take_rest(leg));
                    drop(legs);
                    return self.write(turn, *respond, rest).await;
                }
                Event::Letter(Letter::Abort | Letter::Expired) => {
                    return Err(io::ErrorKind::ConnectionAborted.into());
                }
                Event::Answered(leg, answer) => legs.answered(&driver, leg, answer),
                Event::Gone => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
    }

    /// The request's whole body; `None` when it is larger than the limit or breaks off.
    async fn collect(&self, turn: &mut Turn, limit_bytes: u64) -> Option<Bytes> {
        if turn.whole.is_none() {
            let mut body = Vec::new();
            self.expire_in(BODY_S);
            loop {
                let more = poll_fn(|cx| self.poll_piece(cx, &mut body)).await.ok()?;
                if body.len() as u64 > limit_bytes {
                    return None;
                }
                if !more {
                    break;
                }
                self.expire_in(BODY_S);
            }
            self.mailbox.expires_s.set(0);
            turn.whole = Some(body.into());
        }
        turn.whole.clone().filter(|body| body.len() as u64 <= limit_bytes)
    }

    /// Adds the next piece of the body to `body`; `false` at its end.
    fn poll_piece(&self, cx: &mut Context<'_>, body: &mut Vec<u8>) -> Poll<io::Result<bool>> {
        let mut piece = Vec::new();
        match self.incoming.borrow_mut().poll_body(cx, &mut piece) {
            Poll::Ready(more) => {
                body.extend_from_slice(&piece);
                Poll::Ready(more)
            }
            // Another letter is read once the body is here.
            Poll::Pending => match self.mailbox.poll(cx) {
                Poll::Ready(letter) => {
                    let over = matches!(letter, Letter::Expired | Letter::Abort);
                    self.mailbox.put(letter);
                    if over {
                        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
                    } else {
                        Poll::Pending
                    }
                }
                Poll::Pending => Poll::Pending,
            },
        }
    }

    async fn write(
        &mut self,
        turn: &Turn,
        respond: standin_engine::Respond,
        rest: Option<super::leg::Rest>,
    ) -> io::Result<Next> {
        let standin_engine::Respond { mut response, relay, keep, .. } = respond;
        if let Some(there) = self.redirected(&response.head) {
            response.head.headers.set("Location", there);
        }
        self.compress(&mut response)?;
        let unread = !self.incoming.borrow().body.is_done();
        let close = !turn.keep_alive || response.close || unread;
        let framing = relay::framing(&response, turn.version, &turn.method);
        let close = close || framing == Framing::UntilClose;
        let out = &mut self.out;
        out.clear();
        write_response(out, &response.head, turn.version, framing, close);
        let next = if close { Next::Close } else { Next::KeepAlive };
        if turn.method == Method::Head {
            if let (Some(leg), Some(_)) = (relay, rest) {
                self.driver.relay_done(leg, standin_engine::RelayEnd::Complete, 0);
            }
            self.outgoing.send(out).await?;
            return Ok(next);
        }
        match response.body {
            Body::Empty => self.outgoing.send(out).await?,
            Body::Bytes(bytes) => relay::write_bytes(&mut self.outgoing, out, &bytes).await?,
            Body::Blob { id, offset, length } => {
                let blob = (id, offset, length);
                relay::write_blob(&self.driver, &mut self.outgoing, out, blob).await?;
            }
            Body::Relay { .. } => {
                let (Some(leg), Some(rest)) = (relay, rest) else {
                    return Err(io::ErrorKind::BrokenPipe.into());
                };
                self.outgoing.send(out).await?;
                let chunked = framing == Framing::Chunked;
                let coding = response.coding;
                let relay = relay::Relay { leg, rest, keep, chunked, coding };
                relay.run(&self.driver, &mut self.outgoing).await?;
            }
        }
        Ok(next)
    }

    /// Compresses a body that is at hand; one that is on its way is compressed on it.
    fn compress(&self, response: &mut standin_kernel::Response) -> io::Result<()> {
        let Some(coding) = response.coding.filter(|_| !matches!(response.body, Body::Empty)) else {
            return Ok(());
        };
        if let Some(body) = relay::bytes_at_hand(&self.driver, &response.body)? {
            response.body = Body::Bytes(self.driver.compressed.whole(&body, coding)?);
            response.coding = None;
        }
        Ok(())
    }

    /// Where a redirect leads on this machine, if that is not what it says.
    fn redirected(&self, head: &ResponseHead) -> Option<String> {
        if !(300..400).contains(&head.status) {
            return None;
        }
        let ports = location::Ports {
            http: self.driver.edge_port.get(),
            https: self.driver.tls_port.get(),
        };
        location::on_this_machine(head.headers.get("Location")?, &self.host, ports)
    }

    /// Answers a head that cannot be read, and closes.
    async fn refuse(&mut self, wrong: HeadError) -> io::Result<Next> {
        let response = self.driver.malformed(wrong);
        self.out.clear();
        let framing = Framing::Length(response.body.length().unwrap_or(0));
        write_response(&mut self.out, &response.head, Version::Http11, framing, true);
        if let Body::Bytes(bytes) = &response.body {
            self.out.extend_from_slice(bytes);
        }
        self.outgoing.send(&self.out).await?;
        // Reading on for a moment lets the answer arrive before the reset that unread bytes cause.
        self.expire_in(2);
        let _ = self.outgoing.shutdown().await;
        for _ in 0..16 {
            self.incoming.borrow_mut().buffer.clear();
            if self.fill().await? == 0 {
                break;
            }
        }
        Ok(Next::Close)
    }
}

/// One request's particulars while it is being answered.
struct Turn {
    version: Version,
    method: Method,
    keep_alive: bool,
    framing: Framing,
    whole: Option<Bytes>,
}

impl Turn {
    fn body<'a>(&self, request: &LegRequest, incoming: &'a RefCell<Incoming>) -> Outgoing<'a> {
        match (&self.whole, self.framing) {
            _ if !request.with_body => Outgoing::Nothing,
            (Some(bytes), _) => Outgoing::Whole(bytes.clone()),
            (None, Framing::None | Framing::Length(0)) => Outgoing::Nothing,
            (None, framing) => Outgoing::Stream(incoming, framing),
        }
    }
}

#[expect(clippy::large_enum_variant, reason = "moved once a leg; a box would be an allocation")]
pub(crate) enum Event {
    Letter(Letter),
    Answered(LegId, Result<Answer, LinkFailure>),
    Gone,
}

/// Waits for the next thing to do for a request: a letter, a leg's outcome, a viewer that left.
pub(crate) async fn next_event(
    mailbox: &Mailbox,
    legs: &mut Legs<'_>,
    incoming: Option<&RefCell<Incoming>>,
) -> Event {
    poll_fn(|cx| {
        if let Poll::Ready(letter) = mailbox.poll(cx) {
            return Poll::Ready(Event::Letter(letter));
        }
        if let Poll::Ready(answer) = legs.poll(cx) {
            return Poll::Ready(answer);
        }
        // A body still on its way is read by whoever sends it on.
        if let Some(incoming) = incoming {
            let mut incoming = incoming.borrow_mut();
            if incoming.body.is_done() && incoming.poll_gone(cx).is_ready() {
                return Poll::Ready(Event::Gone);
            }
        }
        Poll::Pending
    })
    .await
}

type AskFuture<'a> = Pin<Box<dyn Future<Output = Result<Answer, LinkFailure>> + 'a>>;

/// The leg under way for one request, and the body of its answer once the head has come.
#[derive(Default)]
pub(crate) struct Legs<'a> {
    asking: Option<(LegId, AskFuture<'a>)>,
    rest: Option<(LegId, super::leg::Rest)>,
}

impl<'a> Legs<'a> {
    pub(crate) fn start(
        &mut self,
        leg: LegId,
        driver: Rc<Driver>,
        request: Box<LegRequest>,
        body: Outgoing<'a>,
    ) {
        self.rest = None;
        let asking = async move { ask(&driver, leg, &request, &body).await };
        self.asking = Some((leg, Box::pin(asking)));
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        let Some((leg, asking)) = &mut self.asking else { return Poll::Pending };
        let leg = *leg;
        match asking.as_mut().poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(answer) => {
                self.asking = None;
                Poll::Ready(Event::Answered(leg, answer))
            }
        }
    }

    pub(crate) fn answered(
        &mut self,
        driver: &Driver,
        leg: LegId,
        answer: Result<Answer, LinkFailure>,
    ) {
        match answer {
            Ok(Answer { response, rest }) => {
                if let Some(rest) = rest {
                    self.rest = Some((leg, rest));
                } else {
                    driver.forget(leg);
                }
                driver.step(Input::Response { leg, response: Box::new(response) });
            }
            Err(failure) => {
                driver.forget(leg);
                driver.step(Input::Failed { leg, failure });
            }
        }
    }

    pub(crate) fn cancel(&mut self, leg: LegId) {
        if self.asking.as_ref().is_some_and(|(asking, _)| *asking == leg) {
            self.asking = None;
        }
        if self.rest.as_ref().is_some_and(|(rest, _)| *rest == leg) {
            self.rest = None;
        }
    }

    pub(crate) fn take_rest(&mut self, leg: LegId) -> Option<super::leg::Rest> {
        match mem::take(&mut self.rest) {
            Some((have, rest)) if have == leg => Some(rest),
            _ => None,
        }
    }
}

/// Empty lines before a request are skipped (RFC 9112, 2.2).
fn skip_empty_lines(buffer: &mut BytesMut) {
    while buffer.starts_with(b"\r\n") {
        let _ = buffer.split_to(2);
    }
}
