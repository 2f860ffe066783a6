//! Writes traces for `/api/v0.2/traces`, as the trace agent does.

use std::collections::BTreeMap;

use prost::Message;

use super::proto::traces as proto;
use super::{AGENT_VERSION, Payload, Route, gzipped};
use crate::trace::{Sender, Span};

/// A payload is closed when it has grown to this (DD-TR-10), in bytes before compression.
const FULL_BYTES: usize = 3_200_000;

/// A part of a trace that came in one post.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chunk {
    pub(crate) priority: i32,
    pub(crate) origin: String,
    pub(crate) spans: Vec<Span>,
}

/// What came from one tracer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tracer {
    pub(crate) from: Sender,
    pub(crate) chunks: Vec<Chunk>,
}

/// What is said with every payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent<'a> {
    pub(crate) hostname: &'a str,
    pub(crate) env: &'a str,
    pub(crate) target_tps: f64,
    pub(crate) errors_tps: f64,
}

/// The payloads, and how many traces were too large for any.
pub(crate) fn payloads(sent: &Sent<'_>, tracers: Vec<Tracer>) -> (Vec<Payload>, u64) {
    let (mut payloads, mut dropped) = (Vec::new(), 0);
    let (mut open, mut bytes, mut items) = (Vec::<proto::TracerPayload>::new(), 0, 0_u64);
    for Tracer { from, chunks } in tracers {
        for chunk in chunks {
            let chunk = chunk_of(chunk);
            let size = chunk.encoded_len();
            if size > FULL_BYTES {
                dropped += 1;
                continue;
            }
            if bytes + size > FULL_BYTES {
                payloads.push(close(sent, std::mem::take(&mut open), items));
                (bytes, items) = (0, 0);
            }
            if open.last().is_none_or(|last| !is_of(last, &from)) {
                open.push(tracer_of(&from, sent));
            }
            bytes += size;
            items += 1;
            if let Some(last) = open.last_mut() {
                last.chunks.push(chunk);
            }
        }
    }
    if !open.is_empty() {
        payloads.push(close(sent, open, items));
    }
    (payloads, dropped)
}

fn is_of(payload: &proto::TracerPayload, from: &Sender) -> bool {
    payload.container_id == from.container_id
        && payload.language_name == from.language
        && payload.language_version == from.language_version
        && payload.tracer_version == from.tracer_version
}

fn tracer_of(from: &Sender, sent: &Sent<'_>) -> proto::TracerPayload {
    proto::TracerPayload {
        container_id: from.container_id.clone(),
        language_name: from.language.clone(),
        language_version: from.language_version.clone(),
        tracer_version: from.tracer_version.clone(),
        chunks: Vec::new(),
        tags: BTreeMap::new(),
        env: sent.env.to_owned(),
        hostname: sent.hostname.to_owned(),
    }
}

fn chunk_of(chunk: Chunk) -> proto::TraceChunk {
    let span = |span: Span| proto::Span {
        service: span.service,
        name: span.name,
        resource: span.resource,
        trace_id: span.trace_id,
        span_id: span.span_id,
        parent_id: span.parent_id,
        start: span.start,
        duration: span.duration,
        error: span.error,
        meta: span.meta,
        metrics: span.metrics,
        kind: span.kind,
    };
    proto::TraceChunk {
        priority: chunk.priority,
        origin: chunk.origin,
        spans: chunk.spans.into_iter().map(span).collect(),
    }
}

fn close(sent: &Sent<'_>, tracers: Vec<proto::TracerPayload>, items: u64) -> Payload {
    let payload = proto::AgentPayload {
        host_name: sent.hostname.to_owned(),
        env: sent.env.to_owned(),
        tracer_payloads: tracers,
        tags: BTreeMap::new(),
        agent_version: AGENT_VERSION.to_owned(),
        target_tps: sent.target_tps,
        error_tps: sent.errors_tps,
    };
    let body = gzipped(&payload.encode_to_vec());
    Payload { route: Route::Traces, body, encoding: Some("gzip"), items }
}
