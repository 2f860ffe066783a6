//! Decides what comes of traces: which are taken, which are kept, what leaves of them.
//!
//! Reading order: `span` (what is taken in), `decode` (how it is written), `sampler` (what is kept,
//! and what tracers are told), `stats` (what is counted before that), `info` (what tracers ask).

mod decode;
pub mod info;
mod sampler;
mod span;
pub mod stats;

use standin_kernel::Time;

pub use decode::{Format, Undecodable, client_stats, traces};
pub use sampler::Sampler;
pub use span::Span;
use stats::{ClientStats, Concentrator};

use crate::control::Control;
use crate::payload::traces::{Chunk, Sent, Tracer};
use crate::payload::{self, Payload};
use crate::settings::Settings;

/// So many traces are kept until the next flush; further ones are dropped and counted.
const MOST_TRACES: usize = 20_000;

/// What a tracer says of itself with each post (DD-TR-06). All of it may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sender {
    pub language: String,
    pub language_version: String,
    pub tracer_version: String,
    pub container_id: String,
    /// It counts its traces itself, and posts that to `/v0.6/stats`.
    pub counts_itself: bool,
}

/// What was taken in, and what became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub traces: u64,
    pub spans: u64,
    /// By rules: resources that are ignored, services that are denied, tags.
    pub kept_back: u64,
    pub sampled_out: u64,
    pub dropped: u64,
}

#[derive(Debug)]
pub struct Tracing {
    env: String,
    hostname: String,
    sampler: Sampler,
    concentrator: Concentrator,
    client_stats: Vec<ClientStats>,
    kept: Vec<(Sender, Chunk)>,
    targets: (f64, f64),
    pub counts: Counts,
}

impl Tracing {
    pub fn new(settings: &Settings) -> Self {
        Self {
            env: if settings.env.is_empty() { "none".into() } else { settings.env.clone() },
            hostname: settings.hostname.clone().unwrap_or_default(),
            sampler: Sampler::new(&settings.traces),
            concentrator: Concentrator::default(),
            client_stats: Vec::new(),
            kept: Vec::new(),
            targets: (settings.traces.target_tps, settings.traces.errors_tps),
            counts: Counts::default(),
        }
    }

    /// Takes the traces of one post.
    pub fn take(&mut self, now: Time, from: &Sender, traces: Vec<Vec<Span>>, control: &Control) {
        for trace in traces {
            self.take_one(now, from, trace, control);
        }
    }

    fn take_one(&mut self, now: Time, from: &Sender, mut trace: Vec<Span>, control: &Control) {
        let Some(root) = span::root(&trace) else { return };
        self.counts.traces += 1;
        self.counts.spans += trace.len() as u64;
        let (service, resource) = (trace[root].service.clone(), trace[root].resource.clone());
        if !control.traces.takes(&resource, &trace[root].meta)
            || !control.lets_service_pass(&service)
        {
            self.counts.kept_back += 1;
            return;
        }
        trace.iter_mut().for_each(|span| clean(span, control));
        span::mark_top_level(&mut trace);
        // Before anything is sampled: hits are hits (DD-TR-09).
        if !from.counts_itself {
            self.concentrator.add(now, &self.env, &trace);
        }
        let env = trace[root].meta.get("env").unwrap_or(&self.env).clone();
        let keep = self.sampler.keeps(now, &trace, root, &env)
            && sampler::is_in_share(trace[root].trace_id, control.traces.share(&service));
        if !keep {
            self.counts.sampled_out += 1;
        } else if self.kept.len() >= MOST_TRACES {
            self.counts.dropped += 1;
        } else {
            let priority = trace[root].priority().unwrap_or(i32::from(i8::MIN));
            let origin = trace[root].meta.get("_dd.origin").cloned().unwrap_or_default();
            let chunk = Chunk { priority, origin, spans: trace };
            self.kept.push((from.clone(), chunk));
        }
    }

    /// Takes what a tracer has counted itself.
    pub fn take_stats(&mut self, stats: ClientStats) {
        if self.client_stats.len() < MOST_TRACES {
            self.client_stats.push(stats);
        } else {
            self.counts.dropped += 1;
        }
    }

    /// What leaves now; all statistics with `whole`, else those of buckets that are over.
    pub fn flush(&mut self, now: Time, whole: bool) -> Vec<Payload> {
        let mut kept = std::mem::take(&mut self.kept);
        kept.sort_by(|one, other| one.0.cmp(&other.0));
        let mut tracers: Vec<Tracer> = Vec::new();
        for (from, chunk) in kept {
            match tracers.last_mut().filter(|last| last.from == from) {
                Some(last) => last.chunks.push(chunk),
                None => tracers.push(Tracer { from, chunks: vec![chunk] }),
            }
        }
        let sent = Sent {
            hostname: &self.hostname,
            env: &self.env,
            target_tps: self.targets.0,
            errors_tps: self.targets.1,
        };
        let (mut payloads, dropped) = payload::traces::payloads(&sent, tracers);
        self.counts.dropped += dropped;
        let own = self.concentrator.flush(now, whole, &self.env, &self.hostname);
        let theirs = std::mem::take(&mut self.client_stats);
        for (stats, by_client) in [(own, false), (theirs, true)] {
            payloads.extend(stats::payload(&self.hostname, &self.env, stats, by_client));
        }
        payloads
    }

    /// What tracers are told: the rates as JSON, and which version that is (DD-TR-03).
    pub fn rates(&mut self, now: Time) -> (String, String) {
        self.sampler.rates(now)
    }
}

/// Takes out of a span what the rules name, and secrets.
fn clean(span: &mut Span, control: &Control) {
    control.traces.replace("resource.name", &mut span.resource);
    control.scrub.clean(&mut span.resource);
    for (name, value) in &mut span.meta {
        control.traces.replace(name, value);
        control.scrub.clean(value);
    }
}

#[cfg(test)]
mod tests;
