//! Whatever happens in whatever order: each request is answered at most once, and once when nothing
//! is under way any more; a target that drains gets no new request.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::config::Algorithm;

/// What may happen. The numbers pick among what there is.
#[derive(Clone, Copy, Debug)]
enum Event {
    Request,
    Answer(usize),
    Fail(usize),
    Leave(usize),
    CheckPasses(usize),
    CheckFails(usize),
    Register(u8),
    Deregister(u8),
    InUse(bool),
    Settings(u8),
    Pass(u16),
    /// An outcome for something that is over.
    Stray(u64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => Just(Event::Request),
        4 => any::<usize>().prop_map(Event::Answer),
        2 => any::<usize>().prop_map(Event::Fail),
        1 => any::<usize>().prop_map(Event::Leave),
        4 => any::<usize>().prop_map(Event::CheckPasses),
        2 => any::<usize>().prop_map(Event::CheckFails),
        3 => (1_u8..5).prop_map(Event::Register),
        2 => (1_u8..5).prop_map(Event::Deregister),
        1 => any::<bool>().prop_map(Event::InUse),
        1 => any::<u8>().prop_map(Event::Settings),
        4 => (0_u16..12_000).prop_map(Event::Pass),
        1 => any::<u64>().prop_map(Event::Stray),
    ]
}

struct Run {
    bench: Bench,
    open: Vec<ExchangeId>,
}

fn pick<T: Copy>(from: &[T], number: usize) -> Option<T> {
    from.get(number.checked_rem(from.len())?).copied()
}

impl Run {
    fn happens(&mut self, event: Event) {
        let bench = &mut self.bench;
        match event {
            Event::Request => {
                let draining: BTreeSet<u8> = bench
                    .health(TG)
                    .iter()
                    .filter(|health| matches!(health.state, "draining" | "unused"))
                    .map(|health| last_octet(&Address::Socket(socket_of(&health.target))))
                    .collect();
                let exchange = bench.send(get("/"));
                if let Some(asked) = bench.target_of(exchange) {
                    assert!(!draining.contains(&asked), "{asked} drains and gets a request");
                }
                self.open.push(exchange);
            }
            Event::Answer(number) => {
                if let Some(id) = pick(&self.open, number).filter(|id| bench.leg(*id).is_some()) {
                    bench.target_answers(id, ok());
                }
            }
            Event::Fail(number) => {
                if let Some(id) = pick(&self.open, number).filter(|id| bench.leg(*id).is_some()) {
                    bench.target_fails(id, LinkFailure::Closed);
                }
            }
            Event::Leave(number) => {
                if let Some(id) = pick(&self.open, number) {
                    self.open.retain(|open| *open != id);
                    bench.legs.retain(|(caller, _)| *caller != Caller::Exchange(id));
                    bench.finish(id, Finish::ViewerGone);
                }
            }
            Event::CheckPasses(number) => self.check(number, true),
            Event::CheckFails(number) => self.check(number, false),
            Event::Register(last) => {
                let _ = bench.register(TG, last);
            }
            Event::Deregister(last) => bench.deregister(TG, last),
            Event::InUse(used) => bench.with(|balancer, cx| balancer.in_use(cx, TG, used)),
            Event::Settings(number) => bench.set_group(settings(number)),
            Event::Pass(ms) => bench.silence(Duration::from_millis(ms.into())),
            Event::Stray(number) => {
                let exchange = Caller::Exchange(ExchangeId(number | 1 << 40));
                bench.with(|balancer, cx| {
                    balancer.failed(cx, exchange, LinkFailure::Refused);
                    balancer.response(cx, Caller::Own(number | 1 << 40), ok());
                });
            }
        }
        self.counts_agree();
    }

    fn check(&mut self, number: usize, passes: bool) {
        let checks: Vec<u64> =
            self.bench.checks_under_way().into_iter().map(|(number, _)| number).collect();
        let Some(number) = pick(&checks, number) else { return };
        let caller = Caller::Own(number);
        self.bench.legs.retain(|(other, _)| *other != caller);
        self.bench.with(|balancer, cx| match passes {
            true => balancer.response(cx, caller, ok()),
            false => balancer.failed(cx, caller, LinkFailure::Refused),
        });
    }

    /// What is counted along is what there is.
    fn counts_agree(&self) {
        let groups = &self.bench.balancer.groups;
        let group = &groups.groups[TG];
        let states = self.bench.states(TG);
        let count = |wanted: &str| states.iter().filter(|state| **state == wanted).count();
        assert_eq!(group.healthy, count("healthy"));
        assert_eq!(group.registered, states.len() - count("draining"));
        assert_eq!(groups.owners.len(), states.len());
        let under_way = self.bench.balancer.exchanges.values();
        for member in &group.members {
            let mine = under_way.clone().filter(|open| open.number == member.number).count();
            assert_eq!(member.outstanding as usize, mine);
        }
    }
}

fn socket_of(target: &Target) -> SocketAddr {
    SocketAddr::new(target.address, target.port)
}

fn settings(number: u8) -> TargetGroup {
    group(TG, |group| {
        group.health_check.interval = s(5 + u64::from(number % 3) * 5);
        group.health_check.timeout = s(2 + u64::from(number % 4));
        group.attributes.deregistration_delay = s(u64::from(number % 5) * 2);
        group.attributes.slow_start = s(u64::from(number % 2) * 30);
        group.attributes.algorithm = match number % 3 {
            0 => Algorithm::RoundRobin,
            1 => Algorithm::LeastOutstandingRequests,
            _ => Algorithm::WeightedRandom,
        };
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn every_exchange_is_answered_exactly_once(
        events in prop::collection::vec(event(), 1..120),
    ) {
        let mut run = Run { bench: Bench::new(), open: Vec::new() };
        for event in events {
            run.happens(event);
        }
        // What is still open has a request under way or its answer; the answers come, and all ends.
        for id in std::mem::take(&mut run.open) {
            if run.bench.leg(id).is_some() {
                run.bench.target_answers(id, ok());
            }
            prop_assert!(run.bench.answer(id).is_some(), "{id:?} has no answer");
            run.bench.finish(id, Finish::Complete { body_bytes: 0 });
        }
        prop_assert!(run.bench.balancer.exchanges.is_empty());
        run.counts_agree();
    }
}
