//! What holds whatever happens in whatever order.

use proptest::prelude::*;

use super::*;

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    Ask {
        path: u8,
        method: u8,
    },
    /// The origin answers the request in this place of the queue.
    Answer {
        place: u8,
        status: u16,
        cache_control: &'static str,
        etag: bool,
        relayed: bool,
    },
    Fail {
        place: u8,
        failure: LinkFailure,
    },
    /// The copy of a relayed body comes, or does not.
    Body {
        place: u8,
        whole: bool,
    },
    /// A relayed answer ends without a copy.
    End {
        place: u8,
        gone: bool,
    },
    Leave {
        place: u8,
    },
    Wait {
        seconds: u8,
    },
    Invalidate,
}

fn step() -> impl Strategy<Value = Step> {
    let cache_control = prop::sample::select(vec![
        "max-age=3",
        "max-age=3, stale-while-revalidate=5",
        "max-age=3, stale-if-error=4",
        "no-store",
        "max-age=0",
        "public",
    ]);
    let status = prop::sample::select(vec![200, 200, 200, 302, 304, 403, 404, 500, 503]);
    let failure = prop::sample::select(vec![
        LinkFailure::Refused,
        LinkFailure::ResponseTimeout,
        LinkFailure::Closed,
    ]);
    prop_oneof![
        6 => (0_u8..3, 0_u8..8).prop_map(|(path, method)| Step::Ask { path, method }),
        5 => (any::<u8>(), status, cache_control, any::<bool>(), any::<bool>()).prop_map(
            |(place, status, cache_control, etag, relayed)| {
                Step::Answer { place, status, cache_control, etag, relayed }
            }
        ),
        1 => (any::<u8>(), failure).prop_map(|(place, failure)| Step::Fail { place, failure }),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(place, whole)| Step::Body { place, whole }),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(place, gone)| Step::End { place, gone }),
        1 => any::<u8>().prop_map(|place| Step::Leave { place }),
        2 => (0_u8..6).prop_map(|seconds| Step::Wait { seconds }),
        1 => Just(Step::Invalidate),
    ]
}

/// A bench that remembers who still waits and whose body is on its way.
struct Story {
    bench: Bench,
    waiting: Vec<ExchangeId>,
    left: Vec<ExchangeId>,
    relays: Vec<(ExchangeId, Option<u64>, String)>,
    seen: usize,
}

impl Story {
    fn new() -> Self {
        let mut site = grouped(&[503]);
        site.behaviors[1].cache = ttl(0, 3, 20);
        site.origins[0].connection_attempts = 2;
        site.error_responses.push(page(500, 503, 2));
        site.error_responses.push(page(404, 200, 0));
        let bench = Bench::new(site);
        Self { bench, waiting: vec![], left: vec![], relays: vec![], seen: 0 }
    }

    fn play(&mut self, step: &Step) {
        match *step {
            Step::Ask { path, method } => {
                let method = match method {
                    0 => Method::Head,
                    1 => Method::Options,
                    _ => Method::Get,
                };
                let exchange = self.bench.send(head(method, &format!("/{path}"), &[]));
                self.waiting.push(exchange);
            }
            Step::Answer { place, status, cache_control, etag, relayed } => {
                self.answer(place, status, cache_control, etag, relayed);
            }
            Step::Fail { place, failure } => {
                if let Some((caller, _)) = self.take(place) {
                    self.bench.with(|edge, cx| edge.failed(cx, caller, failure));
                }
            }
            Step::Body { place, whole } => self.body(place, whole),
            Step::End { place, gone } => {
                if let Some(at) = at(place, self.relays.len()) {
                    let (exchange, _, _) = self.relays.remove(at);
                    let finish = match gone {
                        true => Finish::ViewerGone,
                        false => Finish::OriginGone,
                    };
                    self.bench.finish(exchange, finish);
                }
            }
            Step::Leave { place } => {
                if let Some(at) = at(place, self.waiting.len()) {
                    let exchange = self.waiting.remove(at);
                    self.left.push(exchange);
                    self.bench.leave(exchange);
                }
            }
            Step::Wait { seconds } => self.bench.wait(u64::from(seconds)),
            Step::Invalidate => self.bench.edge.invalidate("E1", &["/*".to_owned()]),
        }
        self.look();
    }

    fn take(&mut self, place: u8) -> Option<(Caller, LegRequest)> {
        let at = at(place, self.bench.asked.len())?;
        Some(self.bench.asked.remove(at))
    }

    fn answer(&mut self, place: u8, status: u16, cache_control: &str, etag: bool, relayed: bool) {
        let Some((caller, leg)) = self.take(place) else { return };
        // The body says when it was made and what for.
        let made = format!("{} {cache_control}", self.bench.now.seconds());
        let mut response =
            answer(status, &[("Cache-Control", cache_control), ("X-Made", &made)], &made);
        if etag {
            response.head.headers.append("ETag", "\"v\"");
        }
        if leg.head.method == Method::Head || status == 304 {
            response.body = Body::Empty;
        } else if relayed {
            response.body = Body::Relay { length: None, keep: None };
        }
        self.bench.with(|edge, cx| edge.response(cx, caller, response));
    }

    fn body(&mut self, place: u8, whole: bool) {
        let Some(at) = at(place, self.relays.len()) else { return };
        let (exchange, keep, made) = self.relays.remove(at);
        let body = whole.then(|| Bytes::from(made));
        if let Some(keep) = keep {
            self.bench.with(|edge, cx| edge.kept(cx, keep, body));
        }
        self.bench.finish(exchange, Finish::Complete { body_bytes: 1 });
    }

    /// Takes note of new answers.
    fn look(&mut self) {
        if self.seen == self.bench.answers.len() {
            return;
        }
        self.seen = self.bench.answers.len();
        let answers = &self.bench.answers;
        let relays = &mut self.relays;
        self.waiting.retain(|exchange| {
            let Some(answer) = answers.get(exchange) else { return true };
            if let Body::Relay { keep, .. } = answer.body {
                let made = answer.head.headers.get("X-Made").unwrap_or_default().to_owned();
                relays.push((*exchange, keep, made));
            }
            false
        });
    }

    /// Lets every origin answer and every body end.
    fn end(&mut self) {
        for _ in 0..10_000 {
            if !self.bench.asked.is_empty() {
                self.play(&Step::Answer {
                    place: 0,
                    status: 200,
                    cache_control: "no-store",
                    etag: false,
                    relayed: false,
                });
            } else if !self.relays.is_empty() {
                self.play(&Step::Body { place: 0, whole: false });
            } else {
                return;
            }
        }
        panic!("it never ends");
    }
}

fn at(place: u8, length: usize) -> Option<usize> {
    (length > 0).then(|| usize::from(place) % length)
}

proptest! {
    /// `Bench` panics at a second answer.
    #[test]
    fn every_exchange_is_answered_exactly_once(steps in prop::collection::vec(step(), 0..120)) {
        let mut story = Story::new();
        steps.iter().for_each(|step| story.play(step));
        story.end();
        prop_assert_eq!(&story.waiting, &[]);
        for exchange in &story.left {
            prop_assert!(!story.bench.answers.contains_key(exchange));
        }
        let edge = &story.bench.edge;
        prop_assert!(edge.open.is_empty() && edge.flights.is_empty());
        prop_assert!(edge.pending.is_empty() && edge.relaying.is_empty());
        prop_assert!(edge.background.is_empty());
    }

    /// A good copy is served while it is fresh; beyond that only as its own words allow: while it
    /// is refreshed, or because the origin fails (CF-STALE-05 to CF-STALE-09). A remembered error
    /// is served for Error TTL at most.
    #[test]
    fn no_copy_is_served_beyond_its_time(steps in prop::collection::vec(step(), 0..150)) {
        let mut story = Story::new();
        let mut failed = false;
        for mut step in steps {
            if let Step::Answer { status, etag, .. } = &mut step {
                // Without validators every copy tells by itself when it was made.
                *etag = false;
                failed |= *status >= 500;
            }
            failed |= matches!(step, Step::Fail { .. });
            let known: Vec<_> = story.bench.answers.keys().copied().collect();
            story.play(&step);
            let now_s = story.bench.now.seconds();
            for (exchange, response) in &story.bench.answers {
                if !known.contains(exchange) {
                    let (age_s, limit_s) = age_and_limit(response, now_s, failed);
                    prop_assert!(age_s < limit_s, "{age_s} s of {limit_s}: {response:?}");
                }
            }
        }
    }
}

/// How old an answer out of the cache is, and the age at which it must not be served any more.
fn age_and_limit(response: &Response, now_s: u64, failed: bool) -> (u64, u64) {
    let headers = &response.head.headers;
    let Some((made_s, cache_control)) = headers.get("X-Made").and_then(|made| made.split_once(' '))
    else {
        return (0, 1);
    };
    let age_s = now_s - made_s.parse::<u64>().unwrap();
    let limit_s = match headers.get("X-Cache") {
        Some("Hit from cloudfront") => match (cache_control, failed) {
            ("max-age=3, stale-if-error=4", true) => 7,
            ("max-age=3, stale-if-error=4" | "max-age=3" | "public", false) => 3,
            ("max-age=3, stale-while-revalidate=5", false) => 8,
            (_, false) => 0,
            (_, true) => 20,
        },
        Some("Miss from cloudfront") => 1,
        _ if response.head.status == 403 => 10,
        _ => u64::MAX,
    };
    (age_s, limit_s)
}
