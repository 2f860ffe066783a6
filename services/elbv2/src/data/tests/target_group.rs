//! Registration, deregistration, and who gets which request.

use super::*;
use crate::config::Algorithm;

/// How many of `count` requests each of the targets 1 to `targets` gets.
fn shares(bench: &mut Bench, count: usize, targets: usize) -> Vec<usize> {
    let mut shares = vec![0; targets];
    for _ in 0..count {
        let (last, _) = bench.served(get("/"));
        shares[usize::from(last) - 1] += 1;
    }
    shares
}

fn with_attributes(count: u8, change: impl FnOnce(&mut TargetGroupAttributes)) -> Bench {
    let mut bench = Bench::healthy(count);
    bench.set_group(group(TG, |group| change(&mut group.attributes)));
    bench
}

fn passing(_: &SocketAddr) -> Result<u16, LinkFailure> {
    Ok(200)
}

#[test]
fn alb_ac_03_a_group_without_targets_keeps_its_share() {
    let weighted = |arn: &str| WeightedTargetGroup { arn: arn.into(), weight: 50 };
    let target_groups = vec![weighted(TG), weighted(GREEN)];
    let mut bench = Bench::healthy(1);
    let action = Action::Forward(Forward { target_groups, stickiness: None });
    bench.settings.listeners = vec![listener(80, action, Vec::new())];
    bench.set_group(group(GREEN, |_| {}));
    bench.with(|balancer, cx| balancer.in_use(cx, GREEN, true));
    let mut failed = 0;
    for _ in 0..100 {
        let exchange = bench.send(get("/"));
        match bench.leg(exchange) {
            Some(_) => bench.target_answers(exchange, ok()),
            None => {
                failed += 1;
                assert_eq!(bench.answer(exchange).unwrap().head.status, 503);
            }
        }
    }
    assert!((30..70).contains(&failed), "{failed}");
}

#[test]
fn alb_tg_04_a_target_may_be_registered_with_several_ports() {
    let mut bench = Bench::new();
    bench.with(|balancer, cx| {
        balancer.register(cx, TG, target(1, 8080)).unwrap();
        balancer.register(cx, TG, target(1, 8081)).unwrap();
        balancer.register(cx, TG, target(1, 8081)).unwrap();
    });
    let ports: Vec<u16> = bench.health(TG).iter().map(|health| health.target.port).collect();
    assert_eq!(ports, [8080, 8081]);
    bench.with(|balancer, cx| balancer.deregister(cx, TG, "10.0.0.1", None));
    assert_eq!(bench.states(TG), ["draining", "draining"]);
}

#[test]
fn alb_tg_06_a_request_under_way_is_answered_and_no_new_one_comes() {
    let mut bench = Bench::healthy(2);
    let exchange = bench.send(get("/"));
    let first = bench.target_of(exchange).unwrap();
    bench.deregister(TG, first);
    for _ in 0..10 {
        assert_ne!(bench.served(get("/")).0, first);
    }
    bench.checks(s(2), passing);
    bench.target_answers(exchange, ok());
    assert_eq!(bench.answer(exchange).unwrap().head.status, 200);
}

#[test]
fn alb_tg_07_an_idle_target_reads_draining_until_the_delay_is_over() {
    let mut bench = with_attributes(1, |attributes| attributes.deregistration_delay = s(5));
    bench.deregister(TG, 1);
    let health = bench.health(TG).remove(0);
    let reason = Some("Target.DeregistrationInProgress");
    assert_eq!((health.state, health.reason), ("draining", reason));
    assert_eq!(health.description.as_deref(), Some("Target deregistration is in progress"));
    bench.checks(s(4), passing);
    assert_eq!(bench.states(TG), ["draining"]);
    assert!(bench.checks_under_way().is_empty());
    bench.checks(s(1), passing);
    assert!(bench.states(TG).is_empty());
    assert_eq!(bench.balancer.deadline(), None);
}

#[test]
fn alb_tg_08_when_the_delay_ends_first_the_client_reads_502() {
    let mut bench = with_attributes(1, |attributes| attributes.deregistration_delay = s(1));
    let exchange = bench.send(get("/"));
    bench.deregister(TG, 1);
    bench.checks(s(1), passing);
    assert!(bench.leg(exchange).is_none());
    assert_eq!(bench.answer(exchange).unwrap().head.status, 502);
    assert!(bench.says("ALB-TG-08"));
    bench.finish(exchange, Finish::Complete { body_bytes: 122 });
}

#[test]
fn alb_tg_08_without_a_delay_that_is_at_once() {
    let mut bench = with_attributes(1, |attributes| attributes.deregistration_delay = s(0));
    let exchange = bench.send(get("/"));
    bench.deregister(TG, 1);
    assert!(bench.states(TG).is_empty());
    assert_eq!(bench.answer(exchange).unwrap().head.status, 502);
}

#[test]
fn alb_tg_08_a_target_that_closes_while_draining_is_502_too() {
    let mut bench = Bench::healthy(1);
    let exchange = bench.send(get("/"));
    bench.deregister(TG, 1);
    bench.target_fails(exchange, LinkFailure::Closed);
    assert_eq!(bench.answer(exchange).unwrap().head.status, 502);
}

#[test]
fn alb_tg_09_an_ip_target_waits_for_its_deregistration_to_end() {
    let mut bench = with_attributes(1, |attributes| attributes.deregistration_delay = s(5));
    bench.deregister(TG, 1);
    bench.deregister(TG, 1);
    bench.deregister(TG, 99);
    assert_eq!(bench.register(TG, 1), Err(StillDraining));
    bench.checks(s(5), passing);
    assert_eq!(bench.register(TG, 1), Ok(()));
    assert_eq!(bench.states(TG), ["initial"]);
}

#[test]
fn an_instance_can_be_registered_again_at_once() {
    let mut bench = Bench::new();
    bench.set_group(group(TG, |group| group.target_type = TargetType::Instance));
    bench.register(TG, 1).unwrap();
    bench.deregister(TG, 1);
    assert_eq!(bench.register(TG, 1), Ok(()));
    bench.checks(s(400), passing);
    assert_eq!(bench.states(TG), ["healthy"]);
}

#[test]
fn alb_tg_06_a_target_nobody_uses_goes_when_nothing_is_under_way() {
    let mut bench = Bench::healthy(2);
    let exchange = bench.send(get("/"));
    assert_eq!(bench.target_of(exchange), Some(1));
    bench.with(|balancer, cx| balancer.in_use(cx, TG, false));
    bench.deregister(TG, 1);
    bench.deregister(TG, 2);
    assert_eq!(bench.states(TG), ["draining"]);
    bench.target_answers(exchange, ok());
    assert_eq!(bench.answer(exchange).unwrap().head.status, 200);
}

#[test]
fn alb_tg_10_a_new_target_gets_its_share_little_by_little() {
    let mut bench = with_attributes(1, |attributes| attributes.slow_start = s(30));
    bench.set_group(group(TG, |group| {
        group.attributes.slow_start = s(30);
        group.health_check.interval = s(5);
    }));
    bench.register(TG, 2).unwrap();
    // Stop at the very moment of its first passing check.
    while bench.states(TG)[1] != "healthy" {
        bench.checks(Duration::from_millis(10), passing);
    }
    let share = |bench: &mut Bench| shares(bench, 400, 2)[1];
    assert!(share(&mut bench) < 20);
    bench.checks(s(15), passing);
    let half_way = share(&mut bench);
    assert!((60..140).contains(&half_way), "{half_way}");
    bench.checks(s(15), passing);
    assert_eq!(share(&mut bench), 200);
}

#[test]
fn alb_tg_10_the_first_targets_of_a_group_start_at_once() {
    let mut bench = Bench::new();
    bench.set_group(group(TG, |group| group.attributes.slow_start = s(900)));
    bench.register(TG, 1).unwrap();
    bench.checks(s(30), passing);
    assert_eq!(bench.served(get("/")).0, 1);
    // The second one starts slowly, but alone it carries everything.
    bench.register(TG, 2).unwrap();
    bench.checks(s(30), passing);
    bench.deregister(TG, 1);
    assert_eq!(bench.served(get("/")).0, 2);
}

#[test]
fn alb_tg_11_round_robin_goes_round() {
    let mut bench = Bench::healthy(3);
    let order: Vec<u8> = (0..7).map(|_| bench.served(get("/")).0).collect();
    assert_eq!(order, [1, 2, 3, 1, 2, 3, 1]);
    bench.deregister(TG, 2);
    assert_eq!(shares(&mut bench, 10, 3), [5, 0, 5]);
}

#[test]
fn alb_tg_11_least_outstanding_requests_asks_the_least_busy() {
    let mut bench = with_attributes(2, |attributes| {
        attributes.algorithm = Algorithm::LeastOutstandingRequests;
    });
    let busy: Vec<ExchangeId> = (0..6).map(|_| bench.send(get("/"))).collect();
    let on_two: Vec<_> = busy.iter().filter(|id| bench.target_of(**id) == Some(2)).collect();
    assert_eq!(on_two.len(), 3);
    for id in on_two {
        bench.finish(*id, Finish::ViewerGone);
    }
    for _ in 0..3 {
        let exchange = bench.send(get("/"));
        assert_eq!(bench.target_of(exchange), Some(2));
    }
}

#[test]
fn alb_tg_12_weighted_random_shares_evenly() {
    let mut bench =
        with_attributes(3, |attributes| attributes.algorithm = Algorithm::WeightedRandom);
    let shares = shares(&mut bench, 3000, 3);
    assert!(shares.iter().all(|share| (850..1150).contains(share)), "{shares:?}");
}

#[test]
fn a_removed_group_answers_503_and_its_requests_end_as_they_do() {
    let mut bench = Bench::healthy(1);
    let exchange = bench.send(get("/"));
    bench.with(|balancer, cx| balancer.remove_target_group(cx, TG));
    assert_eq!(bench.balancer.deadline(), None);
    assert!(bench.health(TG).is_empty());
    bench.target_answers(exchange, ok());
    assert_eq!(bench.answer(exchange).unwrap().head.status, 200);
    bench.finish(exchange, Finish::Complete { body_bytes: 2 });
    assert_eq!(bench.own(get("/")).head.status, 503);
}
