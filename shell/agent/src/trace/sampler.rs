//! Decides which traces are kept, and which share tracers are asked to keep (DD-TR-08).

use std::collections::{BTreeMap, VecDeque};

use serde_json::json;
use standin_kernel::Time;

use super::span::Span;
use crate::settings;

/// Traces are counted for this long, in pieces.
const PIECE_S: u64 = 5;
const PIECES: usize = 6;
/// So many services are told apart.
const MOST_SERVICES: usize = 5_000;
/// Makes a trace's id a number between 0 and 1 that has nothing to do with how ids are made.
const SPREAD: u64 = 1_111_111_111_111_111_111;

#[derive(Debug)]
pub struct Sampler {
    target_tps: f64,
    percentage: Option<f64>,
    errors: Allowance,
    without_priority: Allowance,
    /// Pieces of time, the newest last: its beginning, and traces by service and env.
    seen: VecDeque<(u64, BTreeMap<String, f64>)>,
    rates: BTreeMap<String, f64>,
    version: u64,
}

/// So many for each second, and no more saved up than one second's.
#[derive(Debug)]
struct Allowance {
    each_second: f64,
    left: f64,
    at: Time,
}

impl Allowance {
    const fn new(each_second: f64) -> Self {
        Self { each_second, left: each_second, at: Time(0) }
    }

    fn takes(&mut self, now: Time) -> bool {
        let gained = now.since(self.at).as_secs_f64() * self.each_second;
        self.left = (self.left + gained).min(self.each_second.max(1.0));
        self.at = now;
        let one = self.left >= 1.0 && self.each_second > 0.0;
        if one {
            self.left -= 1.0;
        }
        one
    }
}

impl Sampler {
    pub(super) fn new(settings: &settings::Traces) -> Self {
        Self {
            target_tps: settings.target_tps,
            percentage: settings.percentage,
            errors: Allowance::new(settings.errors_tps),
            without_priority: Allowance::new(settings.target_tps),
            seen: VecDeque::new(),
            rates: BTreeMap::new(),
            version: 0,
        }
    }

    /// Whether a trace is kept; `root` is the place of its root, `env` where it runs.
    pub(super) fn keeps(&mut self, now: Time, trace: &[Span], root: usize, env: &str) -> bool {
        let root = &trace[root];
        let priority = root.priority();
        if matches!(priority, Some(0 | 1)) {
            self.count(now, &format!("service:{},env:{env}", root.service));
        }
        let failed = trace.iter().any(|span| span.error != 0);
        let kept = match (self.percentage, priority) {
            (Some(percentage), _) => is_in_share(root.trace_id, percentage / 100.0),
            (None, Some(priority)) => priority > 0,
            (None, None) => self.without_priority.takes(now),
        };
        // The user's own no is a no.
        kept || failed && priority != Some(-1) && self.errors.takes(now)
    }

    fn count(&mut self, now: Time, key: &str) {
        self.turn(now);
        let Some((_, piece)) = self.seen.back_mut() else { return };
        if piece.len() < MOST_SERVICES || piece.contains_key(key) {
            *piece.entry(key.to_owned()).or_default() += 1.0;
        }
    }

    /// Begins another piece of time when the last is over, and works out the rates anew.
    fn turn(&mut self, now: Time) {
        let start = now.seconds() / PIECE_S * PIECE_S;
        if self.seen.back().is_some_and(|(last, _)| *last == start) {
            return;
        }
        self.work_out();
        self.seen.push_back((start, BTreeMap::new()));
        let oldest = start.saturating_sub(PIECE_S * (PIECES as u64 - 1));
        self.seen.retain(|(piece, _)| *piece >= oldest);
    }

    /// The target is shared out: a service that needs less than its part leaves the rest to others.
    fn work_out(&mut self) {
        let mut tps: BTreeMap<&str, f64> = BTreeMap::new();
        // The busiest piece counts: what comes in bursts is not to be taken for little.
        for (_, piece) in &self.seen {
            for (key, count) in piece {
                let rate = count / PIECE_S as f64;
                let most = tps.entry(key.as_str()).or_default();
                *most = most.max(rate);
            }
        }
        let mut by_need: Vec<(&str, f64)> = tps.into_iter().collect();
        by_need.sort_by(|one, other| one.1.total_cmp(&other.1));
        let (mut left, mut rates) = (self.target_tps, BTreeMap::new());
        let all = by_need.len();
        for (place, (key, needs)) in by_need.into_iter().enumerate() {
            let part = left / (all - place) as f64;
            let gets = needs.min(part);
            left -= gets;
            rates.insert(key.to_owned(), if needs > 0.0 { gets / needs } else { 1.0 });
        }
        if rates != self.rates {
            self.rates = rates;
            self.version += 1;
        }
    }

    /// `{"rate_by_service": {...}}`, and its version.
    pub(super) fn rates(&mut self, now: Time) -> (String, String) {
        self.turn(now);
        let mut rates = self.rates.clone();
        // For services that are not known yet.
        rates.insert("service:,env:".into(), 1.0);
        (json!({"rate_by_service": rates}).to_string(), format!("{:x}", self.version))
    }
}

/// Whether a trace belongs to the share that is kept; the same for all its parts.
pub(super) fn is_in_share(trace_id: u64, share: f64) -> bool {
    let place = trace_id.wrapping_mul(SPREAD);
    share >= 1.0 || (place as f64) < share * u64::MAX as f64
}
