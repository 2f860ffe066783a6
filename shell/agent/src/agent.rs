//! Decides what comes of everything the task sends: one machine, told the time.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use standin_kernel::Time;

use crate::aggregate::{Aggregator, Context, Flush, Kind, Series};
use crate::control::Windows;
use crate::dogstatsd::{self, Event, Malformed, Message, Metric, Origin, ServiceCheck, Status};
use crate::payload::{self, AGENT_VERSION, Payload};
use crate::prometheus::Exposition;
use crate::settings::Settings;
use crate::trace::stats::ClientStats;
use crate::trace::{Sender, Span, Tracing};

/// So many events, and as many service checks, are kept between two flushes.
const MOST_AT_ONCE: usize = 10_000;

/// What was taken in, and what not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub packets: u64,
    pub metrics: u64,
    pub events: u64,
    pub service_checks: u64,
    /// Messages that could not be read, by what was wrong with them.
    pub malformed: BTreeMap<Malformed, u64>,
    /// What was not sent: too much at once, or too large for a payload.
    pub dropped: u64,
    /// What the rules kept back.
    pub kept_back: u64,
    /// Flushes of which nothing was sent, for a maintenance window was open.
    pub quiet_flushes: u64,
}

#[derive(Debug)]
pub struct Agent {
    settings: Settings,
    aggregator: Aggregator,
    events: Vec<Event>,
    service_checks: Vec<ServiceCheck>,
    windows: Windows,
    exposition: Exposition,
    tracing: Tracing,
    pub counts: Counts,
}

impl Agent {
    pub fn new(settings: Settings) -> Self {
        Self {
            aggregator: Aggregator::new(settings.aggregation.clone()),
            events: Vec::new(),
            service_checks: Vec::new(),
            windows: Windows::default(),
            exposition: Exposition::default(),
            tracing: Tracing::new(&settings),
            counts: Counts::default(),
            settings,
        }
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The maintenance windows as they are now.
    pub fn set_windows(&mut self, windows: Windows) {
        self.windows = windows;
    }

    /// Whether nothing leaves now.
    pub fn is_quiet(&self, now: Time) -> bool {
        self.windows.is_open(now)
    }

    /// A packet of DogStatsD.
    pub fn packet(&mut self, now: Time, packet: &[u8]) {
        self.counts.packets += 1;
        for message in dogstatsd::read(packet) {
            match message {
                Ok(Message::Metric(metric)) => self.metric(now, &metric),
                Ok(Message::Event(event)) => self.event(now, event),
                Ok(Message::ServiceCheck(check)) => self.service_check(now, check),
                Err(why) => *self.counts.malformed.entry(why).or_default() += 1,
            }
        }
    }

    fn metric(&mut self, now: Time, metric: &Metric) {
        self.counts.metrics += 1;
        let context = Context {
            name: format!("{}{}", self.settings.dogstatsd.namespace, metric.name),
            host: self.host(metric.host.as_deref()),
            tags: self.tags(metric.tags.clone(), &metric.origin),
        };
        self.aggregator.add(now, context, metric);
    }

    fn event(&mut self, now: Time, mut event: Event) {
        self.counts.events += 1;
        event.tags = self.tags(std::mem::take(&mut event.tags), &event.origin);
        if !self.service_passes(&event.tags) {
            self.counts.kept_back += 1;
            return;
        }
        event.host = Some(self.host(event.host.as_deref()));
        event.timestamp_s.get_or_insert(now.seconds().cast_signed());
        self.settings.control.scrub.clean(&mut event.title);
        self.settings.control.scrub.clean(&mut event.text);
        keep(&mut self.events, event, &mut self.counts.dropped);
    }

    fn service_check(&mut self, now: Time, mut check: ServiceCheck) {
        self.counts.service_checks += 1;
        check.tags = self.tags(std::mem::take(&mut check.tags), &check.origin);
        if !self.service_passes(&check.tags) {
            self.counts.kept_back += 1;
            return;
        }
        check.host = Some(self.host(check.host.as_deref()));
        check.timestamp_s.get_or_insert(now.seconds().cast_signed());
        self.settings.control.scrub.clean(&mut check.message);
        keep(&mut self.service_checks, check, &mut self.counts.dropped);
    }

    fn service_passes(&self, tags: &[String]) -> bool {
        let service = tags.iter().find_map(|tag| tag.strip_prefix("service:"));
        service.is_none_or(|service| self.settings.control.lets_service_pass(service))
    }

    /// What a message says of its host; else the agent's own, which on Fargate is none (DD-SC-02).
    fn host(&self, said: Option<&str>) -> String {
        said.or(self.settings.hostname.as_deref()).unwrap_or_default().to_owned()
    }

    /// The tags of a message with all that is added, sorted, each once.
    fn tags(&self, own: Vec<String>, origin: &Origin) -> Vec<String> {
        let Settings { task, dogstatsd, control, .. } = &self.settings;
        let cardinality = origin.cardinality.unwrap_or(dogstatsd.cardinality);
        let mut tags = own;
        tags.extend(self.settings.dogstatsd_tags.iter().cloned());
        if dogstatsd.origin_detection {
            tags.extend(task.tags_of(origin, cardinality));
        }
        // The sender's own word for env, service and version goes before the agent's.
        for tag in self.settings.tags.iter().cloned().chain(task.tags(cardinality)) {
            let name = tag.split_once(':').map_or(tag.as_str(), |(name, _)| name);
            let unified = ["env", "service", "version"].contains(&name);
            let said = |one: &String| one.split_once(':').is_some_and(|(known, _)| known == name);
            if !(unified && tags.iter().any(said)) {
                tags.push(tag);
            }
        }
        control.tags(&mut tags);
        tags.sort();
        tags.dedup();
        tags
    }

    /// What leaves now: the buckets that are over, or all of them with `whole`.
    pub fn flush(&mut self, now: Time, whole: bool) -> Vec<Payload> {
        let mut flush = self.aggregator.flush(now, whole);
        self.counts.dropped += std::mem::take(&mut self.aggregator.dropped);
        let before = flush.series.len() + flush.sketches.len();
        let control = &self.settings.control;
        flush.series.retain(|series| control.lets_pass(&series.context));
        flush.sketches.retain(|series| control.lets_pass(&series.context));
        self.counts.kept_back += (before - flush.series.len() - flush.sketches.len()) as u64;
        if self.settings.prometheus {
            self.exposition.add(&flush);
        }
        let (mut events, mut checks) =
            (std::mem::take(&mut self.events), std::mem::take(&mut self.service_checks));
        if self.is_quiet(now) {
            self.counts.quiet_flushes += 1;
            return Vec::new();
        }
        self.add_own(now, &mut flush, &mut checks);
        events.sort_by_key(|event| event.timestamp_s);
        self.payloads(&flush, &events, &checks)
    }

    /// What the agent says of itself at each flush (DD-DS-18).
    fn add_own(&self, now: Time, flush: &mut Flush, checks: &mut Vec<ServiceCheck>) {
        let own = self.tags(Vec::new(), &Origin::default());
        let mut tags = own.clone();
        tags.push(format!("version:{AGENT_VERSION}"));
        let host = self.host(None);
        flush.series.push(Series {
            context: Context { name: "datadog.agent.running".into(), host: host.clone(), tags },
            kind: Kind::Gauge,
            interval_s: 0,
            points: vec![(now.seconds(), 1.0)],
        });
        checks.push(ServiceCheck {
            name: "datadog.agent.up".into(),
            status: Status::Ok,
            timestamp_s: Some(now.seconds().cast_signed()),
            host: Some(host),
            message: String::new(),
            tags: own,
            origin: Origin::default(),
        });
    }

    fn payloads(
        &mut self,
        flush: &Flush,
        events: &[Event],
        checks: &[ServiceCheck],
    ) -> Vec<Payload> {
        let wanted = self.settings.payloads.clone();
        let how = wanted.compression;
        let mut all = Vec::new();
        let mut add = |on: bool, made: &dyn Fn() -> (Vec<Payload>, u64)| {
            if on {
                let (payloads, dropped) = made();
                all.extend(payloads);
                self.counts.dropped += dropped;
            }
        };
        add(wanted.series && wanted.series_v2, &|| payload::series_v2(&flush.series, how));
        add(wanted.series && !wanted.series_v2, &|| payload::series_v1(&flush.series, how));
        add(wanted.sketches, &|| payload::sketches(&flush.sketches, how));
        let hostname = self.settings.hostname.clone().unwrap_or_default();
        add(wanted.events, &|| payload::events(events, &hostname, how));
        add(wanted.service_checks, &|| payload::service_checks(checks, how));
        all
    }

    /// Takes the traces of one post. Gives what the tracer is told: rates as JSON, and their
    /// version.
    pub fn traces(&mut self, now: Time, from: &Sender, traces: Vec<Vec<Span>>) -> (String, String) {
        self.tracing.take(now, from, traces, &self.settings.control);
        self.tracing.rates(now)
    }

    /// Takes what a tracer has counted itself.
    pub fn trace_stats(&mut self, stats: ClientStats) {
        self.tracing.take_stats(stats);
    }

    /// What leaves of traces now; all statistics with `whole`, else those that are over.
    pub fn flush_traces(&mut self, now: Time, whole: bool) -> Vec<Payload> {
        let payloads = self.tracing.flush(now, whole);
        if self.is_quiet(now) { Vec::new() } else { payloads }
    }

    /// The words of `GET /metrics`.
    pub fn exposition(&self) -> String {
        self.exposition.text()
    }

    /// What `agent status` shows.
    pub fn status(&self, now: Time) -> Value {
        let counts = &self.counts;
        let traces = self.tracing.counts;
        let malformed = counts.malformed.iter();
        let malformed: BTreeMap<_, _> =
            malformed.map(|(why, count)| (why.to_string(), count)).collect();
        json!({
            "Version": AGENT_VERSION,
            "Quiet": self.is_quiet(now),
            "DogStatsD": {
                "Packets": counts.packets, "Metrics": counts.metrics, "Events": counts.events,
                "ServiceChecks": counts.service_checks, "Malformed": malformed,
            },
            "Traces": {
                "Traces": traces.traces, "Spans": traces.spans, "KeptBack": traces.kept_back,
                "SampledOut": traces.sampled_out, "Dropped": traces.dropped,
            },
            "Dropped": counts.dropped, "KeptBack": counts.kept_back,
            "QuietFlushes": counts.quiet_flushes,
        })
    }
}

fn keep<T>(all: &mut Vec<T>, one: T, dropped: &mut u64) {
    if all.len() < MOST_AT_ONCE {
        all.push(one);
    } else {
        *dropped += 1;
    }
}

#[cfg(test)]
mod tests;
