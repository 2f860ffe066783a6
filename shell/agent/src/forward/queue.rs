//! Decides when a payload is sent and sent again, and what is given up when too much waits; pure.

use std::collections::BTreeMap;
use std::time::Duration;

use standin_kernel::{Rng, Time};

use crate::payload::{Payload, Route};
use crate::settings::{Destination, Forwarder, Intake};

/// How often what waits is looked through (DD-RT-03).
const RETRY_EVERY: Duration = Duration::from_secs(5);
/// How often a payload of traces is sent once more (DD-TR-10).
const TRACE_RETRIES: u32 = 4;

/// A payload on its way to one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Transaction {
    pub to: Destination,
    pub payload: Payload,
    pub created: Time,
    /// How often it was sent in vain.
    pub failures: u32,
}

impl Transaction {
    /// Service checks and events go before series: there are few, and they say what is wrong.
    fn is_high(&self) -> bool {
        matches!(self.payload.route, Route::CheckRun | Route::Intake)
    }

    fn bytes(&self) -> usize {
        self.payload.body.len()
    }
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Status(u16),
    /// No connection, no answer in time.
    Failed,
}

/// What becomes of a transaction (DD-RT-01).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Delivered,
    Dropped,
    Again,
}

impl Outcome {
    const fn fate(self) -> Fate {
        match self {
            Self::Status(200..300) => Fate::Delivered,
            Self::Status(400 | 403 | 413) => Fate::Dropped,
            Self::Status(_) | Self::Failed => Fate::Again,
        }
    }
}

/// How one place stands with one route (DD-RT-02).
#[derive(Clone, Copy, Debug, Default)]
struct Target {
    failures: u32,
    blocked_until: Time,
    /// Requests under way.
    in_flight: usize,
}

/// What happened so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub delivered: u64,
    /// Refused by the intake.
    pub refused: u64,
    /// Given up, for too much waited or it was tried too often.
    pub given_up: u64,
    pub failures: u64,
}

#[derive(Debug)]
pub struct Queue {
    settings: Forwarder,
    intake: Intake,
    rng: Rng,
    targets: BTreeMap<(Destination, Route), Target>,
    fresh: Vec<Transaction>,
    waiting: Vec<Transaction>,
    retry_at: Time,
    pub counts: Counts,
}

impl Queue {
    pub fn new(settings: Forwarder, intake: Intake, seed: u64) -> Self {
        Self {
            settings,
            intake,
            rng: Rng::new(seed),
            targets: BTreeMap::new(),
            fresh: Vec::new(),
            waiting: Vec::new(),
            retry_at: Time::default(),
            counts: Counts::default(),
        }
    }

    /// Takes a payload for every place it goes to.
    pub fn add(&mut self, now: Time, payload: &Payload) {
        let traces = payload.route.is_of_traces();
        let places = if traces { &self.intake.traces } else { &self.intake.metrics };
        for to in places {
            let (to, payload) = (to.clone(), payload.clone());
            self.fresh.push(Transaction { to, payload, created: now, failures: 0 });
        }
    }

    /// Takes back what waited on disk.
    pub fn add_waiting(&mut self, transactions: Vec<Transaction>) {
        self.waiting.extend(transactions);
    }

    /// What is to be sent now. Each of them comes back to [`Queue::done`].
    pub fn due(&mut self, now: Time) -> Vec<Transaction> {
        let mut due = Vec::new();
        for transaction in std::mem::take(&mut self.fresh) {
            self.send_or_keep(now, transaction, &mut due);
        }
        if now >= self.retry_at {
            self.retry_at = now + RETRY_EVERY;
            self.waiting.sort_by_key(|one| {
                (std::cmp::Reverse(one.is_high()), std::cmp::Reverse(one.created))
            });
            for transaction in std::mem::take(&mut self.waiting) {
                self.send_or_keep(now, transaction, &mut due);
            }
        }
        due
    }

    fn send_or_keep(&mut self, now: Time, one: Transaction, due: &mut Vec<Transaction>) {
        let to_host: usize = self
            .targets
            .iter()
            .filter(|((place, _), _)| *place == one.to)
            .map(|(_, target)| target.in_flight)
            .sum();
        let key = (one.to.clone(), one.payload.route);
        let target = self.targets.entry(key).or_default();
        // After a failure one request finds out whether the place is well again.
        let probing = target.failures > 0 && target.in_flight > 0;
        let full = to_host >= self.settings.in_flight;
        if now < target.blocked_until || probing || full {
            self.waiting.push(one);
        } else {
            target.in_flight += 1;
            due.push(one);
        }
    }

    /// A request ended.
    pub fn done(&mut self, now: Time, mut one: Transaction, outcome: Outcome) {
        let key = (one.to.clone(), one.payload.route);
        let fate = outcome.fate();
        let wait = self.after(&key, fate);
        let target = self.targets.entry(key).or_default();
        target.in_flight = target.in_flight.saturating_sub(1);
        match fate {
            Fate::Delivered => self.counts.delivered += 1,
            Fate::Dropped => self.counts.refused += 1,
            Fate::Again => {
                target.blocked_until = now + wait;
                self.counts.failures += 1;
                one.failures += 1;
                if one.payload.route.is_of_traces() && one.failures > TRACE_RETRIES {
                    self.counts.given_up += 1;
                } else {
                    self.waiting.push(one);
                }
            }
        }
    }

    /// Counts the failures of a place; gives how long it is left alone: half of the time at least,
    /// the rest by chance, so that not all agents come back at once.
    fn after(&mut self, key: &(Destination, Route), fate: Fate) -> Duration {
        let target = self.targets.entry(key.clone()).or_default();
        if fate != Fate::Again {
            target.failures = target.failures.saturating_sub(self.settings.recovery);
            return Duration::ZERO;
        }
        target.failures += 1;
        let Forwarder {
            backoff_base_s: base, backoff_factor: factor, backoff_most_s: most, ..
        } = self.settings;
        // Beyond some 30 the largest is reached in any case.
        let power = i32::try_from(target.failures.min(30)).unwrap_or_default() - 1;
        let longest = (base * factor.powi(power)).min(most);
        let share = 0.5 + 0.5 * (self.rng.below(1000) as f64 / 1000.0);
        Duration::try_from_secs_f64(longest * share).unwrap_or_default()
    }

    /// Of what waits, what does not fit into memory any more: to be put on disk if there is a disk
    /// for it; half of the memory at once, the oldest of the lowest priority (DD-RT-03, DD-RT-04).
    pub fn overflow(&mut self) -> Vec<Transaction> {
        let mut bytes: usize = self.waiting.iter().map(Transaction::bytes).sum();
        if bytes <= self.settings.memory_bytes {
            return Vec::new();
        }
        let on_disk = self.settings.disk_bytes > 0;
        let target = self.settings.memory_bytes / if on_disk { 2 } else { 1 };
        self.waiting.sort_by_key(|one| (one.is_high(), one.created));
        let mut count = 0;
        while bytes > target && count < self.waiting.len() {
            bytes -= self.waiting[count].bytes();
            count += 1;
        }
        let mut over: Vec<Transaction> = self.waiting.drain(..count).collect();
        if on_disk {
            // What the trace agent sends has no disk (DD-TR-10).
            let all = over.len();
            over.retain(|one| !one.payload.route.is_of_traces());
            self.counts.given_up += (all - over.len()) as u64;
            return over;
        }
        self.counts.given_up += over.len() as u64;
        Vec::new()
    }

    /// Everything that was not sent, at the end.
    pub fn rest(&mut self) -> Vec<Transaction> {
        let mut rest = std::mem::take(&mut self.fresh);
        rest.append(&mut self.waiting);
        rest.retain(|one| !one.payload.route.is_of_traces());
        rest
    }

    /// When [`Queue::due`] is to be asked next though nothing new came.
    pub fn next(&self) -> Option<Time> {
        (!self.waiting.is_empty()).then_some(self.retry_at)
    }

    /// Whether there is room for what waits on disk.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.targets.values().all(|target| target.failures == 0)
    }

    /// How many payloads wait, and how many bytes they are.
    pub fn waiting(&self) -> (usize, usize) {
        let all = || self.waiting.iter().chain(&self.fresh);
        (all().count(), all().map(Transaction::bytes).sum())
    }
}

#[cfg(test)]
mod tests;
