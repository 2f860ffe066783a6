//! Reads a DogStatsD packet: which messages it holds, and what each of them says.
//!
//! A packet may hold several messages, a line each (DD-DS-01). One that cannot be read is dropped
//! and the next is read all the same (DD-DS-02).

mod event;
mod fields;
mod metric;
mod service_check;

pub use event::{AlertType, Event, Priority};
pub use fields::{Cardinality, Origin};
pub use metric::{Metric, MetricType, Values};
pub use service_check::{ServiceCheck, Status};

/// What one message says.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    Metric(Metric),
    Event(Event),
    ServiceCheck(ServiceCheck),
}

/// Why a message was dropped. Says nothing of what it held, for that may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Malformed {
    #[error("not UTF-8")]
    NotUtf8,
    #[error("a metric is written name:value|type")]
    Shape,
    #[error("unknown type")]
    UnknownType,
    #[error("the value is no number")]
    NotANumber,
    #[error("the sample rate is no number")]
    SampleRate,
    #[error("the timestamp is no whole number above 0, or the type takes none")]
    Timestamp,
    #[error("an event is written _e{{title bytes,text bytes}}:title|text")]
    EventShape,
    #[error("a service check is written _sc|name|status")]
    CheckShape,
}

/// The messages of a packet, in its order.
pub fn read(packet: &[u8]) -> impl Iterator<Item = Result<Message, Malformed>> {
    packet
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .filter(|line| !line.is_empty())
        .map(message)
}

fn message(line: &[u8]) -> Result<Message, Malformed> {
    let line = std::str::from_utf8(line).map_err(|_| Malformed::NotUtf8)?;
    if line.starts_with("_e{") {
        event::read(line).map(Message::Event)
    } else if line.starts_with("_sc") {
        service_check::read(line).map(Message::ServiceCheck)
    } else {
        metric::read(line).map(Message::Metric)
    }
}

#[cfg(test)]
mod tests;
