//! Holds what is sent again, and when, to the ledger; under a clock of the tests' own.

use bytes::Bytes;

use super::*;
use crate::settings::Settings;

const SECOND: Duration = Duration::from_secs(1);

fn start() -> Time {
    Time::from_seconds(1_000_000)
}

fn queue(more: &[(&str, &str)]) -> Queue {
    let mut variables = vec![
        ("STANDIN_INTAKE_URL".to_owned(), "http://127.0.0.1:9".to_owned()),
        ("DD_API_KEY".to_owned(), "k".to_owned()),
    ];
    variables.extend(more.iter().map(|(name, value)| ((*name).into(), (*value).into())));
    let settings = Settings::read(&variables).unwrap();
    Queue::new(settings.forwarder, settings.intake, 7)
}

fn payload(route: Route, bytes: usize) -> Payload {
    Payload { route, body: Bytes::from(vec![0; bytes]), encoding: None, items: 1 }
}

/// The one transaction that is due.
fn only(mut due: Vec<Transaction>) -> Transaction {
    assert_eq!(due.len(), 1, "{due:?}");
    due.remove(0)
}

#[test]
fn dd_rt_01_some_answers_are_final_and_some_are_not() {
    for (outcome, again) in [
        (Outcome::Status(202), false),
        (Outcome::Status(400), false),
        (Outcome::Status(403), false),
        (Outcome::Status(413), false),
        (Outcome::Status(404), true),
        (Outcome::Status(408), true),
        (Outcome::Status(429), true),
        (Outcome::Status(500), true),
        (Outcome::Failed, true),
    ] {
        let mut queue = queue(&[]);
        queue.add(start(), &payload(Route::SeriesV2, 1));
        let one = only(queue.due(start()));
        queue.done(start(), one, outcome);
        assert_eq!(queue.waiting().0 == 1, again, "{outcome:?}");
    }
}

#[test]
fn dd_rt_01_after_three_failures_it_arrives_once() {
    let mut queue = queue(&[]);
    queue.add(start(), &payload(Route::SeriesV2, 1));
    let (mut now, mut sent) = (start(), Vec::new());
    for _ in 0..200 {
        for one in queue.due(now) {
            let status = if sent.len() < 3 { 500 } else { 202 };
            sent.push(status);
            queue.done(now, one, Outcome::Status(status));
        }
        now = now + SECOND;
    }
    assert_eq!(sent, [500, 500, 500, 202]);
    assert_eq!((queue.counts.delivered, queue.counts.failures), (1, 3));
}

#[test]
fn dd_rt_02_a_route_that_fails_is_left_alone_for_longer_and_longer_and_the_others_go_on() {
    let mut queue = queue(&[]);
    queue.add(start(), &payload(Route::SeriesV2, 1));
    let (mut now, mut tries) = (start(), Vec::new());
    for second in 0..600 {
        queue.add(now, &payload(Route::Intake, 1));
        for one in queue.due(now) {
            if one.payload.route == Route::Intake {
                queue.done(now, one, Outcome::Status(202));
            } else {
                tries.push(second);
                queue.done(now, one, Outcome::Status(503));
            }
        }
        now = now + SECOND;
    }
    assert_eq!(queue.counts.delivered, 600);
    let gaps: Vec<i32> = tries.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps[0] <= 7, "{gaps:?}");
    let late = &gaps[6..];
    assert!(!late.is_empty() && late.iter().all(|gap| (32..=70).contains(gap)), "{gaps:?}");
}

#[test]
fn dd_rt_02_after_a_failure_one_request_finds_out() {
    let mut queue = queue(&[]);
    for _ in 0..5 {
        queue.add(start(), &payload(Route::SeriesV2, 1));
    }
    for one in queue.due(start()) {
        queue.done(start(), one, Outcome::Failed);
    }
    let later = start() + SECOND * 120;
    let probe = only(queue.due(later));
    queue.done(later, probe, Outcome::Status(202));
    // Five failures, less two for the success: still one at a time.
    let again = later + RETRY_EVERY;
    let probe = only(queue.due(again));
    queue.done(again, probe, Outcome::Status(202));
    let probe = only(queue.due(again + RETRY_EVERY));
    queue.done(again, probe, Outcome::Status(202));
    assert_eq!(queue.due(again + RETRY_EVERY * 2).len(), 2);
}

#[test]
fn dd_rt_03_the_newest_goes_first_and_when_it_is_full_the_oldest_is_lost() {
    let mut queue = queue(&[("DD_FORWARDER_RETRY_QUEUE_PAYLOADS_MAX_SIZE", "25")]);
    queue.add(start(), &payload(Route::SeriesV2, 1));
    let down = only(queue.due(start()));
    queue.done(start(), down, Outcome::Failed);
    for second in 1..=4 {
        queue.add(start() + SECOND * second, &payload(Route::SeriesV2, 10));
    }
    queue.add(start(), &payload(Route::CheckRun, 1));
    for one in queue.due(start() + Duration::from_millis(1)) {
        // The check finds its own route open; it fails, and waits too.
        queue.done(start() + Duration::from_millis(1), one, Outcome::Failed);
    }
    assert!(queue.overflow().is_empty());
    assert_eq!(queue.counts.given_up, 3, "1 and 2 of ten bytes, and the first of all");
    let mut now = start() + SECOND * 100;
    let mut order = Vec::new();
    while order.len() < 3 {
        for one in queue.due(now) {
            order.push((one.payload.route, one.created.since(start()).as_secs()));
            queue.done(now, one, Outcome::Status(202));
        }
        now = now + RETRY_EVERY;
    }
    assert_eq!(order, [(Route::CheckRun, 0), (Route::SeriesV2, 4), (Route::SeriesV2, 3)]);
}

#[test]
fn dd_rt_04_with_a_disk_half_of_the_memory_goes_there_at_once() {
    let mut queue = queue(&[
        ("DD_FORWARDER_RETRY_QUEUE_PAYLOADS_MAX_SIZE", "40"),
        ("DD_FORWARDER_STORAGE_MAX_SIZE_IN_BYTES", "1000"),
    ]);
    queue.add(start(), &payload(Route::SeriesV2, 10));
    let down = only(queue.due(start()));
    queue.done(start(), down, Outcome::Failed);
    for second in 1..=4 {
        queue.add(start() + SECOND * second, &payload(Route::SeriesV2, 10));
        assert!(queue.due(start()).is_empty());
    }
    let over: Vec<_> =
        queue.overflow().iter().map(|one| one.created.since(start()).as_secs()).collect();
    assert_eq!(over, [0, 1, 2]);
    assert_eq!((queue.waiting(), queue.counts.given_up), ((2, 20), 0));
}

#[test]
fn dd_rt_06_at_most_ten_requests_to_a_place_are_open() {
    let mut queue = queue(&[]);
    for _ in 0..25 {
        queue.add(start(), &payload(Route::SeriesV2, 1));
    }
    let open = queue.due(start());
    assert_eq!(open.len(), 10);
    for one in open {
        queue.done(start(), one, Outcome::Status(202));
    }
    assert_eq!(queue.due(start() + RETRY_EVERY).len(), 10);
}

#[test]
fn dd_tr_10_a_payload_of_traces_is_tried_five_times() {
    let mut queue = queue(&[]);
    queue.add(start(), &payload(Route::Traces, 1));
    let (mut now, mut tries) = (start(), 0);
    for _ in 0..100 {
        for one in queue.due(now) {
            tries += 1;
            queue.done(now, one, Outcome::Status(503));
        }
        now = now + RETRY_EVERY;
    }
    assert_eq!((tries, queue.counts.given_up, queue.waiting().0), (5, 1, 0));
}
