//! How a viewer of the running stack asks: over connections that are kept as a browser keeps them,
//! or over a new one each time.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;

use standin_kernel::ResponseHead;
use standin_kernel::http::{Chunked, Framing, RequestHead, read_response, write_request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::way::{Stream, Way};
use crate::Failure;

/// Where a viewer connects to: address and port.
pub(super) type To = (IpAddr, u16);

/// Connections by member of the cohort and place.
type Idle = BTreeMap<(u32, To), Vec<Box<dyn Stream>>>;

/// The open connections of the members of a cohort that nobody asks over just now.
#[derive(Clone)]
pub(super) struct Connections {
    way: Way,
    /// The address of this machine that they come from; `None`: whichever it takes.
    from: Option<IpAddr>,
    idle: Rc<RefCell<Idle>>,
}

/// As many connections as a browser keeps to one host.
const KEPT_MAX: usize = 6;

impl Connections {
    pub(super) fn new(way: Way, from: Option<IpAddr>) -> Self {
        Self { way, from, idle: Rc::default() }
    }

    /// Asks as a member of the cohort. `keeps`: over a connection that is open, if there is one,
    /// which stays open; else over a new one, which the answer ends.
    pub(super) async fn ask(
        &self,
        to: To,
        (member, keeps): (u32, bool),
        (head, has_body): (&RequestHead, bool),
    ) -> Result<(ResponseHead, Vec<u8>), Failure> {
        if !keeps {
            return ask(&self.way, (self.from, to), head.clone(), has_body).await;
        }
        let idle = self.idle.borrow_mut().get_mut(&(member, to)).and_then(Vec::pop);
        if let Some(mut stream) = idle {
            match exchange(&mut stream, head, has_body).await {
                Ok(answer) => return Ok(self.keep((member, to), stream, answer)),
                // The other end had closed it meanwhile: browsers ask again over a new one.
                Err(Broken::Before) => {}
                Err(Broken::Amid(why)) => return Err(why),
            }
        }
        let mut stream = self.way.over(connect(self.from, to).await?).await?;
        match exchange(&mut stream, head, has_body).await {
            Ok(answer) => Ok(self.keep((member, to), stream, answer)),
            Err(Broken::Before) => Err("closed".into()),
            Err(Broken::Amid(why)) => Err(why),
        }
    }

    fn keep(
        &self,
        whose: (u32, To),
        stream: Box<dyn Stream>,
        answer: Answered,
    ) -> (ResponseHead, Vec<u8>) {
        let mut idle = self.idle.borrow_mut();
        let own = idle.entry(whose).or_default();
        if answer.stays_open && own.len() < KEPT_MAX {
            own.push(stream);
        }
        (answer.head, answer.body)
    }
}

/// Asks over a connection of its own. The body of a form is empty.
pub(super) async fn ask(
    way: &Way,
    (from, to): (Option<IpAddr>, To),
    mut head: RequestHead,
    has_body: bool,
) -> Result<(ResponseHead, Vec<u8>), Failure> {
    head.headers.append("Connection", "close");
    let mut stream = way.over(connect(from, to).await?).await?;
    match exchange(&mut stream, &head, has_body).await {
        Ok(answer) => Ok((answer.head, answer.body)),
        Err(Broken::Before) => Err("closed".into()),
        Err(Broken::Amid(why)) => Err(why),
    }
}

async fn connect(from: Option<IpAddr>, to: To) -> std::io::Result<TcpStream> {
    let Some(from) = from else { return TcpStream::connect(to).await };
    let socket = if from.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.bind((from, 0).into())?;
    socket.connect(to.into()).await
}

struct Answered {
    head: ResponseHead,
    body: Vec<u8>,
    stays_open: bool,
}

/// A connection that ended too early.
enum Broken {
    /// Before a byte of the answer had come.
    Before,
    Amid(Failure),
}

impl<E: Into<Failure>> From<E> for Broken {
    fn from(why: E) -> Self {
        Self::Amid(why.into())
    }
}

async fn exchange(
    stream: &mut Box<dyn Stream>,
    head: &RequestHead,
    has_body: bool,
) -> Result<Answered, Broken> {
    let mut bytes = Vec::new();
    let framing = if has_body { Framing::Length(0) } else { Framing::None };
    write_request(&mut bytes, head, framing);
    stream.write_all(&bytes).await.map_err(|_| Broken::Before)?;
    stream.flush().await.map_err(|_| Broken::Before)?;
    let mut reply = Vec::new();
    let read = loop {
        if let Some(read) = read_response(&reply, false)? {
            break read;
        }
        let came = stream.read_buf(&mut reply).await;
        match came {
            Ok(0) | Err(_) if reply.is_empty() => return Err(Broken::Before),
            Ok(0) => return Err(Broken::Amid("closed".into())),
            other => drop(other?),
        }
    };
    let rest = reply.split_off(read.length);
    let (body, whole) = body(stream, read.framing, rest).await?;
    let closes = read.head.headers.get("Connection");
    let closes = closes.is_some_and(|value| value.eq_ignore_ascii_case("close"));
    Ok(Answered { head: read.head, body, stays_open: whole && !closes })
}

/// The body, and whether the connection can be used again after it.
async fn body(
    stream: &mut Box<dyn Stream>,
    framing: Framing,
    mut rest: Vec<u8>,
) -> Result<(Vec<u8>, bool), Broken> {
    let cut_off = || Broken::Amid("cut off".into());
    match framing {
        Framing::None => Ok((Vec::new(), rest.is_empty())),
        Framing::UntilClose => {
            stream.read_to_end(&mut rest).await?;
            Ok((rest, false))
        }
        Framing::Length(length) => {
            while (rest.len() as u64) < length {
                if stream.read_buf(&mut rest).await? == 0 {
                    return Err(cut_off());
                }
            }
            let exact = rest.len() as u64 == length;
            rest.truncate(usize::try_from(length).unwrap_or(usize::MAX));
            Ok((rest, exact))
        }
        Framing::Chunked => {
            let (mut body, mut decoder) = (Vec::new(), Chunked::default());
            loop {
                let used = decoder.decode(&rest, &mut body)?;
                if decoder.is_done() {
                    return Ok((body, used == rest.len()));
                }
                rest.clear();
                if stream.read_buf(&mut rest).await? == 0 {
                    return Err(cut_off());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// Answers `answers` one after the other on each connection, then closes it.
    async fn server(listener: TcpListener, answers: &[&[u8]], connections: usize) {
        for _ in 0..connections {
            let (mut stream, _) = listener.accept().await.unwrap();
            'requests: for answer in answers {
                let mut asked = Vec::new();
                while !asked.ends_with(b"\r\n\r\n") {
                    if stream.read_buf(&mut asked).await.unwrap() == 0 {
                        break 'requests;
                    }
                }
                stream.write_all(answer).await.unwrap();
            }
        }
    }

    #[tokio::test]
    async fn a_kept_connection_is_used_again_and_a_closed_one_is_replaced() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let to = (at.ip(), at.port());
        let answers: [&[u8]; 2] = [
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n",
        ];
        let viewer = async {
            let connections = Connections::new(Way::plain(at.port()), None);
            let head = RequestHead::get("h", "/");
            let mut bodies = Vec::new();
            for _ in 0..3 {
                let (_, body) = connections.ask(to, (0, true), (&head, false)).await.unwrap();
                bodies.push(String::from_utf8(body).unwrap());
            }
            bodies
        };
        // The third request finds the first connection closed and opens another.
        let ((), bodies) = tokio::join!(server(listener, &answers, 2), viewer);
        assert_eq!(bodies, ["one", "two", "one"]);
    }
}
