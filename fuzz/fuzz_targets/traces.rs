//! Whatever tracers post is decoded or refused, and what is decoded can be sent on.

#![no_main]

use libfuzzer_sys::fuzz_target;
use standin_agent::trace::{Format, Sender, client_stats, traces};
use standin_agent::{Agent, Settings};
use standin_kernel::Time;

fuzz_target!(|input: (u8, bool, &[u8])| {
    let (format, is_json, body) = input;
    let format = [Format::Json, Format::Spans, Format::Table][usize::from(format) % 3];
    let media_type = if is_json { "application/json" } else { "application/msgpack" };
    let Ok(settings) = Settings::read(&[]) else { return };
    let (mut agent, now) = (Agent::new(settings), Time::from_seconds(1_000_000));
    if let Ok(decoded) = traces(format, media_type, body) {
        agent.traces(now, &Sender::default(), decoded);
    }
    if let Ok(stats) = client_stats(body) {
        agent.trace_stats(stats);
    }
    agent.flush_traces(now, true);
});
