//! Other resolvers, those of this machine: they are asked for what is not here.

use std::cell::Cell;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use standin_kernel::Duration;
use standin_kernel::dns::{Answer, Code, Name, RecordType};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use super::{Over, message, read_framed, write_framed};

/// How long one of them may take before the next one is asked. Containers ask again themselves
/// after five seconds.
const PATIENCE: Duration = Duration::from_secs(2);

/// Asked one after the other, in the order that the machine has them.
#[derive(Debug)]
pub(crate) struct Others {
    servers: Vec<SocketAddr>,
    last_id: Cell<u16>,
}

impl Others {
    pub(crate) const fn new(servers: Vec<SocketAddr>) -> Self {
        Self { servers, last_id: Cell::new(0) }
    }

    /// The answer to a whole message, as it is; `None`: nobody answers.
    pub(super) async fn ask(&self, message: &[u8], over: Over) -> Option<Vec<u8>> {
        for server in &self.servers {
            let asked = async {
                match over {
                    Over::Udp => by_udp(*server, message).await,
                    Over::Tcp => by_tcp(*server, message).await,
                }
            };
            if let Ok(Ok(reply)) = timeout(PATIENCE, asked).await {
                return Some(reply);
            }
        }
        None
    }

    /// Adds the addresses of the name that an answer ends at.
    pub(super) async fn complete(&self, begun: Answer, name: &Name, kind: RecordType) -> Answer {
        self.last_id.set(self.last_id.get().wrapping_add(1));
        let question = message::ask(self.last_id.get(), name, kind);
        let reply = self.ask(&question, Over::Udp).await;
        let found = reply.and_then(|reply| message::addresses(&reply, name, kind));
        match found {
            Some(found) => {
                let answers = begun.answers.into_iter().chain(found).collect();
                Answer { answers, ..begun }
            }
            None => Answer { code: Code::ServFail, ..Answer::default() },
        }
    }
}

async fn by_udp(server: SocketAddr, message: &[u8]) -> io::Result<Vec<u8>> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(server).await?;
    socket.send(message).await?;
    let mut reply = vec![0; 65_535];
    loop {
        let length = socket.recv(&mut reply).await?;
        // The answer to this question, not one that somebody else would like to be taken for it.
        if length >= 2 && reply[..2] == message[..2] {
            reply.truncate(length);
            return Ok(reply);
        }
    }
}

async fn by_tcp(server: SocketAddr, message: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await?;
    write_framed(&mut stream, message).await?;
    read_framed(&mut stream).await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers one question with these records after it, as a server would.
    async fn server(records: &'static [u8], count: u8) -> (SocketAddr, UdpSocket) {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (address, client) = (socket.local_addr().unwrap(), UdpSocket::bind("127.0.0.1:0"));
        let client = client.await.unwrap();
        tokio::spawn(async move {
            let mut buffer = [0; 512];
            let (length, peer) = socket.recv_from(&mut buffer).await.unwrap();
            let mut reply = buffer[..length].to_vec();
            (reply[2], reply[7]) = (0x81, count);
            reply.extend(records);
            // A stranger's word before it counts for nothing.
            socket.send_to(&[0xff, 0xff, 0x81], peer).await.unwrap();
            socket.send_to(&reply, peer).await.unwrap();
        });
        (address, client)
    }

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    #[tokio::test]
    async fn the_next_one_is_asked_when_one_does_not_answer_and_strangers_do_not_count() {
        // www CNAME cdn, cdn A 192.0.2.7.
        let records = b"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x06\x03cdn\xc0\x10\
                        \x03cdn\xc0\x10\x00\x01\x00\x01\x00\x00\x00\x1e\x00\x04\xc0\x00\x02\x07";
        let (address, _client) = server(records, 2).await;
        // Nobody is there: the system says so at once.
        let closed = UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let others = Others::new(vec![closed, address]);
        let begun = Answer::address(
            &standin_kernel::dns::Question::own(name("a.example"), RecordType::A),
            Ipv4Addr::new(192, 0, 2, 1),
            60,
        );
        let whole = others.complete(begun, &name("www.example.com"), RecordType::A).await;
        let said: Vec<String> = whole.addresses().iter().map(IpAddr::to_string).collect();
        assert_eq!(said, ["192.0.2.1", "192.0.2.7"]);
        assert_eq!(whole.answers[1].ttl_s, 30);
    }

    #[tokio::test]
    async fn nobody_answers_is_a_failure_not_an_empty_answer() {
        let others = Others::new(Vec::new());
        let www = name("www.example.com");
        let none = others.complete(Answer::default(), &www, RecordType::A).await;
        assert_eq!(none.code, Code::ServFail);
        assert_eq!(others.ask(b"\x00\x01", Over::Udp).await, None);
    }
}
