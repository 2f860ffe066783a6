//! Sends what the queue says is due, and asks about the keys.

use std::rc::Rc;
use std::time::Duration;

use standin_kernel::Time;

use super::{Site, now, say};
use crate::forward::{self, Outcome, Transaction};
use crate::health::PING_EVERY;

/// How often the keys are checked (DD-SC-06).
const CHECK_KEYS_EVERY: Duration = Duration::from_secs(60 * 60);

/// Sends for ever.
pub(super) async fn send(site: Rc<Site>) {
    let mut under_way = tokio::task::JoinSet::new();
    let mut ping = tokio::time::interval(PING_EVERY);
    loop {
        keep_in_bounds(&site);
        let due = site.queue.borrow_mut().due(now());
        let timeout = site.agent.borrow().settings().forwarder.timeout;
        for one in due {
            under_way.spawn_local(async move {
                let posted = forward::post(&one, timeout).await;
                (one, posted.outcome)
            });
        }
        let next = site.queue.borrow().next();
        tokio::select! {
            Some(done) = under_way.join_next() => {
                if let Ok((one, outcome)) = done {
                    finished(&site, one, outcome);
                }
            }
            () = until(next) => {}
            () = site.news.notified() => {}
            _ = ping.tick() => site.ping("forwarder"),
        }
    }
}

fn finished(site: &Site, one: Transaction, outcome: Outcome) {
    let (place, path) = (one.to.url.to_string(), one.payload.route.path());
    match outcome {
        Outcome::Status(200..300) => {}
        Outcome::Status(status) => say(&format!("{place}{path} answered {status}")),
        Outcome::Failed => say(&format!("{place}{path} did not answer")),
    }
    site.queue.borrow_mut().done(now(), one, outcome);
}

async fn until(next: Option<Time>) {
    match next {
        Some(at) => tokio::time::sleep(at.since(now())).await,
        None => std::future::pending().await,
    }
}

/// Moves what is too much for memory to disk, and back when there is room.
fn keep_in_bounds(site: &Site) {
    let mut queue = site.queue.borrow_mut();
    let over = queue.overflow();
    let mut spool = site.spool.borrow_mut();
    let Some(spool) = spool.as_mut() else { return };
    let kept = spool.keep(&over);
    match kept {
        Ok(lost) => queue.counts.given_up += lost,
        Err(why) => {
            queue.counts.given_up += over.len() as u64;
            say(&format!("what waits cannot be kept on disk: {why}"));
        }
    }
    if queue.is_idle()
        && let Ok(Some(one)) = spool.take_newest()
    {
        queue.add_waiting(vec![one]);
    }
}

/// Sends what is left, as long as that may take; the rest goes to disk or is lost (DD-RT-05).
pub(super) async fn finish(site: &Site, patience: Duration) {
    let all = async {
        let timeout = site.agent.borrow().settings().forwarder.timeout;
        let due = site.queue.borrow_mut().due(now());
        let mut under_way = tokio::task::JoinSet::new();
        for one in due {
            under_way.spawn_local(async move {
                let posted = forward::post(&one, timeout).await;
                (one, posted.outcome)
            });
        }
        while let Some(done) = under_way.join_next().await {
            if let Ok((one, outcome)) = done {
                finished(site, one, outcome);
            }
        }
    };
    let in_time = tokio::time::timeout(patience, all).await.is_ok();
    let rest = site.queue.borrow_mut().rest();
    let kept = match site.spool.borrow_mut().as_mut() {
        Some(spool) => spool.keep(&rest).is_ok_and(|lost| lost == 0),
        None => false,
    };
    if !kept && (!rest.is_empty() || !in_time) {
        say("what was not sent yet is lost");
    }
}

/// Asks each place whether it takes the key; silence counts as yes.
pub(super) async fn check_keys(site: Rc<Site>) {
    loop {
        let (places, timeout) = {
            let agent = site.agent.borrow();
            let settings = agent.settings();
            (settings.intake.metrics.clone(), settings.forwarder.timeout)
        };
        let mut statuses = Vec::new();
        for place in &places {
            let posted = forward::get(place, "/api/v1/validate", timeout).await;
            statuses.push(match posted.outcome {
                Outcome::Status(status) => Some(status),
                Outcome::Failed => None,
            });
        }
        if statuses.contains(&Some(403)) {
            say("an intake refuses the key");
        }
        site.health.borrow_mut().keys_checked(&statuses);
        tokio::time::sleep(CHECK_KEYS_EVERY).await;
    }
}
