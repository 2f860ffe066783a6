//! Decides in which form things leave: which route, which encoding, how much at once.

mod json;
mod proto;
mod series;
mod sketches;
pub(crate) mod traces;

use std::io::Write;

use bytes::Bytes;

pub use json::{events, series_v1, service_checks};
#[cfg(test)]
pub(crate) use proto::traces as trace_proto;
pub use series::series_v2;
pub use sketches::sketches;

use crate::settings::Compression;

/// The version the stand-in says it is, where a version has to be named.
pub const AGENT_VERSION: &str = "7.0.0-standin";

/// Where a payload goes (DD-IN-02).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Route {
    SeriesV2,
    SeriesV1,
    Sketches,
    CheckRun,
    /// Events.
    Intake,
    Traces,
    Stats,
}

impl Route {
    pub const ALL: [Self; 7] = [
        Self::SeriesV2,
        Self::SeriesV1,
        Self::Sketches,
        Self::CheckRun,
        Self::Intake,
        Self::Traces,
        Self::Stats,
    ];

    pub const fn path(self) -> &'static str {
        match self {
            Self::SeriesV2 => "/api/v2/series",
            Self::SeriesV1 => "/api/v1/series",
            Self::Sketches => "/api/beta/sketches",
            Self::CheckRun => "/api/v1/check_run",
            Self::Intake => "/intake/",
            Self::Traces => "/api/v0.2/traces",
            Self::Stats => "/api/v0.2/stats",
        }
    }

    /// By its path; `None` for any other.
    pub fn of(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|route| route.path() == path)
    }

    pub const fn content_type(self) -> &'static str {
        match self {
            Self::SeriesV2 | Self::Sketches | Self::Traces => "application/x-protobuf",
            Self::SeriesV1 | Self::CheckRun | Self::Intake => "application/json",
            Self::Stats => "application/msgpack",
        }
    }

    /// Whether the trace agent sends it, to an address of its own (DD-IN-09).
    pub const fn is_of_traces(self) -> bool {
        matches!(self, Self::Traces | Self::Stats)
    }
}

/// What is posted in one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    pub route: Route,
    /// As it goes over the wire.
    pub body: Bytes,
    /// `zstd`, `deflate`, `gzip`; `None`: as it is.
    pub encoding: Option<&'static str>,
    /// How many points, events and so on it holds.
    pub items: u64,
}

impl Payload {
    pub(crate) fn new(route: Route, raw: &[u8], compression: Compression, items: u64) -> Self {
        let (body, encoding) = compressed(raw, compression);
        Self { route, body, encoding, items }
    }
}

/// The bytes as they go over the wire, and the word for it.
fn compressed(raw: &[u8], compression: Compression) -> (Bytes, Option<&'static str>) {
    match compression {
        Compression::None => (Bytes::copy_from_slice(raw), None),
        Compression::Zstd => {
            let level = ruzstd::encoding::CompressionLevel::Fastest;
            (ruzstd::encoding::compress_to_vec(raw, level).into(), Some("zstd"))
        }
        Compression::Deflate => {
            let mut encoder =
                flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
            // Writing into memory does not fail.
            let _ = encoder.write_all(raw);
            (encoder.finish().unwrap_or_default().into(), Some("deflate"))
        }
    }
}

/// What the trace agent's statistics are sent as.
pub(crate) fn gzipped(raw: &[u8]) -> Bytes {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    // Writing into memory does not fail.
    let _ = encoder.write_all(raw);
    encoder.finish().unwrap_or_default().into()
}

/// How much one payload may hold (DD-IN-04).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) raw_bytes: usize,
    pub(crate) compressed_bytes: usize,
    pub(crate) points: usize,
}

/// A piece of a payload: its bytes, and how many points it holds.
pub(crate) struct Piece {
    pub(crate) bytes: Vec<u8>,
    pub(crate) points: usize,
}

/// Puts pieces together into as few payloads as the limits allow. A piece that does not fit alone
/// is dropped (DD-IN-04); how many those were is the second value. `frame` gives what stands
/// before and behind the pieces, and between two of them.
pub(crate) fn pack(
    route: Route,
    pieces: impl IntoIterator<Item = Piece>,
    frame: [&[u8]; 3],
    limits: Limits,
    compression: Compression,
) -> (Vec<Payload>, u64) {
    let [before, between, behind] = frame;
    let around = before.len() + behind.len();
    let mut done = Packed { route, frame, limits, compression, payloads: Vec::new(), dropped: 0 };
    let (mut batch, mut bytes, mut points) = (Vec::new(), around, 0);
    for piece in pieces {
        let more = piece.bytes.len() + between.len();
        let full = bytes + more > limits.raw_bytes || points + piece.points > limits.points;
        if full && !batch.is_empty() {
            done.close(std::mem::take(&mut batch));
            (bytes, points) = (around, 0);
        }
        bytes += more;
        points += piece.points;
        batch.push(piece);
    }
    if !batch.is_empty() {
        done.close(batch);
    }
    (done.payloads, done.dropped)
}

struct Packed<'a> {
    route: Route,
    frame: [&'a [u8]; 3],
    limits: Limits,
    compression: Compression,
    payloads: Vec<Payload>,
    dropped: u64,
}

impl Packed<'_> {
    /// A batch that is too large once it is compressed goes in halves.
    fn close(&mut self, mut batch: Vec<Piece>) {
        let [before, between, behind] = self.frame;
        let parts: Vec<&[u8]> = batch.iter().map(|piece| piece.bytes.as_slice()).collect();
        let raw = [before, parts.join(between).as_slice(), behind].concat();
        let points = batch.iter().map(|piece| piece.points).sum::<usize>();
        let payload = Payload::new(self.route, &raw, self.compression, points as u64);
        let fits = raw.len() <= self.limits.raw_bytes
            && payload.body.len() <= self.limits.compressed_bytes
            && points <= self.limits.points;
        if fits {
            self.payloads.push(payload);
        } else if batch.len() == 1 {
            self.dropped += points as u64;
        } else {
            let second = batch.split_off(batch.len() / 2);
            self.close(batch);
            self.close(second);
        }
    }
}

#[cfg(test)]
mod tests;
