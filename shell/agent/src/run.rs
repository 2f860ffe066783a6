//! Runs the agent: its sockets, its clock, and the order in which things happen.

mod answer;
mod commands;
mod dogstatsd;
mod sending;
mod sockets;
mod tracers;
mod windows;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use standin_kernel::Time;
use tokio::sync::Notify;

pub use commands::{health, status};

use crate::agent::Agent;
use crate::forward::{Queue, Spool};
use crate::health::Health;
use crate::payload::Payload;
use crate::settings::Settings;

/// How often ripe buckets are sent (DD-DS-13).
const FLUSH_EVERY: Duration = Duration::from_secs(15);
/// How often traces are sent (DD-TR-10).
const FLUSH_TRACES_EVERY: Duration = Duration::from_secs(5);

/// What all parts of a running agent share, on one thread.
pub(crate) struct Site {
    pub(crate) agent: RefCell<Agent>,
    pub(crate) queue: RefCell<Queue>,
    pub(crate) spool: RefCell<Option<Spool>>,
    pub(crate) health: RefCell<Health>,
    /// Something new is to be sent.
    pub(crate) news: Notify,
}

impl Site {
    pub(crate) fn ping(&self, part: &'static str) {
        self.health.borrow_mut().ping(now(), part);
    }

    /// Takes what is ripe and leaves it with the queue.
    fn flush(&self, whole: bool) {
        let now = now();
        let payloads = self.agent.borrow_mut().flush(now, whole);
        self.leave(now, &payloads);
    }

    fn flush_traces(&self, whole: bool) {
        let now = now();
        let payloads = self.agent.borrow_mut().flush_traces(now, whole);
        self.leave(now, &payloads);
    }

    fn leave(&self, now: Time, payloads: &[Payload]) {
        let mut queue = self.queue.borrow_mut();
        for payload in payloads {
            queue.add(now, payload);
        }
        self.news.notify_one();
    }
}

/// What the clock says.
pub(crate) fn now() -> Time {
    Time::default() + SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
}

/// A line of the agent's log.
pub(crate) fn say(line: &str) {
    println!("agent: {line}");
}

/// Runs until SIGTERM or SIGINT, within a `LocalSet`. Fails when a socket cannot be had.
pub async fn run(settings: Settings) -> Result<(), String> {
    for note in &settings.notes {
        say(note);
    }
    say(&where_to(&settings));
    let spool = Spool::open(&settings.forwarder, settings.intake.clone())
        .map_err(|why| format!("no folder for what waits: {why}"))?;
    let seed = now().0 ^ u64::from(std::process::id());
    let queue = Queue::new(settings.forwarder.clone(), settings.intake.clone(), seed);
    let site = Rc::new(Site {
        agent: RefCell::new(Agent::new(settings.clone())),
        queue: RefCell::new(queue),
        spool: RefCell::new(spool),
        health: RefCell::new(Health::default()),
        news: Notify::new(),
    });
    sockets::open(&site, &settings).await?;
    tokio::task::spawn_local(sending::check_keys(Rc::clone(&site)));
    tokio::task::spawn_local(windows::follow(Rc::clone(&site)));
    let mut sending = std::pin::pin!(sending::send(Rc::clone(&site)));
    let mut stop = std::pin::pin!(stop_asked()?);
    let mut flush = tokio::time::interval(FLUSH_EVERY);
    flush.tick().await;
    let mut flush_traces = tokio::time::interval(FLUSH_TRACES_EVERY);
    loop {
        tokio::select! {
            () = &mut stop => break,
            () = &mut sending => break,
            _ = flush.tick() => {
                site.flush(false);
                site.ping("aggregator");
            }
            _ = flush_traces.tick() => site.flush_traces(false),
        }
    }
    // The last bucket is not over: it is lost, unless it is asked for (DD-RT-05).
    site.flush(settings.forwarder.flush_whole_on_stop);
    site.flush_traces(true);
    sending::finish(&site, settings.forwarder.stop_timeout).await;
    say("stopped");
    Ok(())
}

/// A line that says where things go, or that nothing leaves this machine.
fn where_to(settings: &Settings) -> String {
    let shown = |all: &[crate::settings::Destination]| {
        let all: Vec<String> = all.iter().map(|one| one.url.to_string()).collect();
        all.join(", ")
    };
    let intake = &settings.intake;
    match (intake.metrics.is_empty(), intake.traces.is_empty()) {
        (true, true) => format!(
            "nothing leaves this machine (on AWS it would go to {}); DD_DD_URL and DD_APM_DD_URL \
             with an address of this machine, or STANDIN_INTAKE_URL, name a place for it",
            intake.would_be
        ),
        (false, true) => format!("metrics go to {}, traces nowhere", shown(&intake.metrics)),
        (true, false) => format!("traces go to {}, metrics nowhere", shown(&intake.traces)),
        (false, false) => {
            format!("metrics go to {}, traces to {}", shown(&intake.metrics), shown(&intake.traces))
        }
    }
}

fn stop_asked() -> Result<impl Future<Output = ()>, String> {
    use tokio::signal::unix::{SignalKind, signal};
    let no_signals = |why: std::io::Error| format!("no signals: {why}");
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
