//! What the engine said to do, as a few words and a number: heads, lengths, addresses, timeouts,
//! records and replies count; the bytes of bodies and the values of secrets do not.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use standin_kernel::{Body, Headers, Response};

use super::redact::is_secret;
use crate::io::{Effect, Respond};

/// The effects of one step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// For people: `send store:2 reply`.
    pub words: String,
    /// Over everything that counts, in hexadecimal.
    pub sum: String,
}

impl Digest {
    pub fn of(effects: &[Effect]) -> Self {
        let mut words = Vec::new();
        let mut text = String::new();
        for effect in effects {
            words.push(word(effect));
            write_effect(&mut text, effect);
            text.push('\n');
        }
        Self { words: words.join(" "), sum: format!("{:016x}", sum(text.as_bytes())) }
    }

    pub(super) fn of_response(response: &Response) -> Self {
        let mut text = String::new();
        write_response(&mut text, response);
        let sum = format!("{:016x}", sum(text.as_bytes()));
        Self { words: format!("respond:{}", response.head.status), sum }
    }
}

fn word(effect: &Effect) -> String {
    match effect {
        Effect::Send { .. } => "send".to_owned(),
        Effect::Cancel { .. } => "cancel".to_owned(),
        Effect::Respond(respond) => format!("respond:{}", respond.response.head.status),
        Effect::Abort { .. } => "abort".to_owned(),
        Effect::Collect { .. } => "collect".to_owned(),
        Effect::Launch { .. } => "launch".to_owned(),
        Effect::Signal { .. } => "signal".to_owned(),
        Effect::Exec { .. } => "exec".to_owned(),
        Effect::Store { records } => format!("store:{}", records.len()),
        Effect::Reply { reply: Ok(_), .. } => "reply".to_owned(),
        Effect::Reply { reply: Err(error), .. } => format!("refuse:{}", error.code),
        Effect::Evaluate { .. } => "evaluate".to_owned(),
        Effect::ReadText { .. } => "read".to_owned(),
        Effect::WriteBlob { .. } => "write".to_owned(),
        Effect::Dns { answer, .. } => format!("dns:{}", answer.code.name()),
        Effect::Log { .. } => "log".to_owned(),
    }
}

fn write_effect(text: &mut String, effect: &Effect) {
    // Writing to a string does not fail.
    let _ = match effect {
        Effect::Send { leg, viewer, request } => {
            let head = &request.head;
            let _ = write!(
                text,
                "send {leg:?} {viewer:?} {:?} {} {} {} {} {} {:?} {:?} {:?} {} {}",
                request.to,
                request.tls,
                head.method,
                head.target,
                head.version.digits(),
                request.with_body,
                request.identity,
                request.connect_timeout,
                request.response_timeout,
                request.from,
                request.link,
            );
            write_headers(text, &head.headers);
            Ok(())
        }
        Effect::Cancel { leg } => write!(text, "cancel {leg:?}"),
        Effect::Respond(respond) => {
            let Respond { exchange, response, relay, keep, .. } = &**respond;
            let _ = write!(text, "respond {exchange:?} {relay:?} {keep:?} ");
            write_response(text, response);
            Ok(())
        }
        Effect::Abort { exchange } => write!(text, "abort {exchange:?}"),
        Effect::Collect { viewer, exchange, limit_bytes } => {
            write!(text, "collect {viewer:?} {exchange:?} {limit_bytes}")
        }
        Effect::Launch { spec } => write!(text, "launch {spec:?}"),
        Effect::Signal { workload, signal } => write!(text, "signal {workload:?} {signal:?}"),
        Effect::Exec { workload, exec } => write!(text, "exec {workload:?} {exec:?}"),
        Effect::Store { records } => write!(text, "store {records:?}"),
        Effect::Reply { ticket, reply } => write!(text, "reply {ticket} {reply:?}"),
        // The event holds what viewers sent: who runs what, and from which seed, tells enough.
        Effect::Evaluate { run, evaluation } => {
            let program = &evaluation.program;
            let (name, version) = (&program.name, &program.version);
            write!(text, "evaluate {run:?} {name} {version} {}", evaluation.seed)
        }
        Effect::ReadText { ticket, blob } => write!(text, "read {ticket} {blob:?}"),
        Effect::WriteBlob { bytes, .. } => write!(text, "write {} bytes", bytes.len()),
        Effect::Dns { ticket, answer } => write!(text, "dns {ticket} {answer:?}"),
        Effect::Log { source, line } => write!(text, "log {source} {line}"),
    };
}

fn write_response(text: &mut String, response: &Response) {
    let body = match &response.body {
        Body::Empty => "empty".to_owned(),
        Body::Bytes(bytes) => format!("{} bytes", bytes.len()),
        Body::Blob { id, offset, length } => format!("{id:?} {offset} {length}"),
        Body::Relay { length, keep } => format!("relay {length:?} {keep:?}"),
    };
    let (status, length, close) = (response.head.status, response.head_length, response.close);
    let _ = write!(text, "{status} {body} {length:?} {close} {:?}", response.coding);
    write_headers(text, &response.head.headers);
}

fn write_headers(text: &mut String, headers: &Headers) {
    for (name, value) in headers.iter() {
        let _ = if is_secret(name) {
            write!(text, "|{name}: {} bytes", value.len())
        } else {
            write!(text, "|{name}: {}", String::from_utf8_lossy(value))
        };
    }
}

/// FNV-1a: tells different bytes apart; nothing is kept secret by it.
pub(super) fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
