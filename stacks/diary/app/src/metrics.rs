//! Tells the agent of the task what was answered, and how long it took: DogStatsD over UDP.
//!
//! Nothing waits for it. A datagram that cannot be sent at once, or that nobody takes, is lost.

use std::net::{SocketAddr, UdpSocket};

/// The sender; without an address it sends nothing.
#[derive(Debug, Default)]
pub(crate) struct Metrics(Option<UdpSocket>);

/// What is told of one answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answered<'a> {
    pub(crate) method: &'a str,
    pub(crate) status: u16,
    pub(crate) took_ms: f64,
}

impl Metrics {
    /// Sends to `agent`; `None`: nowhere.
    pub(crate) fn to(agent: Option<SocketAddr>) -> Self {
        let open = |agent: SocketAddr| {
            let any: SocketAddr =
                if agent.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
            let socket = UdpSocket::bind(any)?;
            socket.set_nonblocking(true)?;
            socket.connect(agent)?;
            std::io::Result::Ok(socket)
        };
        Self(agent.and_then(|agent| open(agent).ok()))
    }

    pub(crate) fn answered(&self, answered: Answered<'_>) {
        let Some(socket) = &self.0 else { return };
        // No agent, no room: the readers do not wait for either.
        let _ = socket.send(lines(answered).as_bytes());
    }
}

fn lines(Answered { method, status, took_ms }: Answered<'_>) -> String {
    let tags = format!("method:{method},status:{status}");
    format!("diary.answers:1|c|#{tags}\ndiary.answer_time_ms:{took_ms:.3}|d|#{tags}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWERED: Answered<'_> = Answered { method: "GET", status: 200, took_ms: 1.5 };

    #[test]
    fn an_answer_is_a_count_and_a_time_in_one_datagram() {
        let agent = UdpSocket::bind("127.0.0.1:0").unwrap();
        Metrics::to(agent.local_addr().ok()).answered(ANSWERED);
        let mut buffer = [0; 512];
        let count = agent.recv(&mut buffer).unwrap();
        let expected = "diary.answers:1|c|#method:GET,status:200\n\
            diary.answer_time_ms:1.500|d|#method:GET,status:200";
        assert_eq!(std::str::from_utf8(&buffer[..count]), Ok(expected));
    }

    #[test]
    fn dd_ds_16_without_an_agent_sending_goes_on() {
        let gone = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().ok();
        let metrics = Metrics::to(gone);
        for _ in 0..1000 {
            metrics.answered(ANSWERED);
        }
        assert!(metrics.0.is_some());
        Metrics::to(None).answered(ANSWERED);
    }
}
