//! Checks, and the states they lead to.

use super::*;
use crate::config::Matcher;

fn quick(change: impl FnOnce(&mut HealthCheck)) -> TargetGroup {
    group(TG, |group| {
        group.health_check.interval = s(5);
        group.health_check.timeout = s(2);
        change(&mut group.health_check);
    })
}

/// A group with one target, checked every 5 s.
fn one(change: impl FnOnce(&mut HealthCheck)) -> Bench {
    let mut bench = Bench::new();
    bench.set_group(quick(change));
    bench.register(TG, 1).unwrap();
    bench
}

fn refused(_: &SocketAddr) -> Result<u16, LinkFailure> {
    Err(LinkFailure::Refused)
}

fn passing(_: &SocketAddr) -> Result<u16, LinkFailure> {
    Ok(200)
}

/// The check that comes next.
fn next_check(bench: &mut Bench) -> LegRequest {
    let due = bench.balancer.deadline().expect("a check is due").at;
    bench.silence(due.since(bench.now));
    bench.checks_under_way().pop().expect("a check is under way").1
}

#[test]
fn alb_hc_01_checks_are_an_interval_apart() {
    let mut bench = one(|_| {});
    let first = bench.balancer.deadline().unwrap();
    assert!(first.at.since(bench.now) < s(5));
    assert_eq!(first.why, "health check");
    bench.checks(first.at.since(bench.now), passing);
    assert_eq!(bench.states(TG), ["healthy"]);
    assert_eq!(bench.balancer.deadline().unwrap().at, first.at + s(5));
}

#[test]
fn alb_hc_04_one_pass_is_enough_for_a_new_target_and_not_for_an_unhealthy_one() {
    let mut bench = one(|_| {});
    assert_eq!(bench.states(TG), ["initial"]);
    bench.checks(s(5), passing);
    assert_eq!(bench.states(TG), ["healthy"]);
    bench.checks(s(5), refused);
    assert_eq!(bench.states(TG), ["healthy"]);
    bench.checks(s(5), refused);
    assert_eq!(bench.states(TG), ["unhealthy"]);
    bench.checks(s(20), passing);
    assert_eq!(bench.states(TG), ["unhealthy"]);
    bench.checks(s(5), passing);
    assert_eq!(bench.states(TG), ["healthy"]);
}

#[test]
fn alb_hc_05_alb_hc_07_a_check_is_a_get_that_names_the_target_as_host() {
    let mut bench = one(|check| check.path = "/healthz".into());
    let leg = next_check(&mut bench);
    assert_eq!(leg.head.method, Method::Get);
    assert_eq!(leg.head.target, "/healthz");
    let expected = [("Host", "10.0.0.1:8080"), ("User-Agent", "ELB-HealthChecker/2.0")];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(lines(&leg.head.headers), expected);
    assert!(!leg.with_body);
}

#[test]
fn alb_hc_05_a_check_goes_to_the_port_of_the_registration_or_the_one_that_is_set() {
    let mut bench = one(|_| {});
    assert_eq!(next_check(&mut bench).to, Address::Socket(([10, 0, 0, 1], 8080).into()));
    assert_eq!(bench.health(TG)[0].health_check_port, 8080);
    let mut bench = one(|check| check.port = Some(9000));
    let leg = next_check(&mut bench);
    assert_eq!(leg.to, Address::Socket(([10, 0, 0, 1], 9000).into()));
    assert_eq!(leg.head.headers.get("Host"), Some("10.0.0.1:9000"));
    assert_eq!(bench.health(TG)[0].health_check_port, 9000);
}

#[test]
fn alb_hc_06_the_matcher_says_which_codes_pass() {
    for (text, passes, fails) in [
        ("200", &[200][..], &[201, 301][..]),
        ("200,202", &[200, 202], &[201]),
        ("200-299", &[200, 204, 299], &[302, 500]),
        ("200,301-302", &[200, 301, 302], &[300, 303]),
    ] {
        let matcher = Matcher::parse(text).unwrap();
        assert!(passes.iter().all(|code| matcher.accepts(*code)), "{text}");
        assert!(!fails.iter().any(|code| matcher.accepts(*code)), "{text}");
    }
    for wrong in ["", "199", "500", "200-", "299-200", "200,", "2xx", "+200", "200 - 299"] {
        assert_eq!(Matcher::parse(wrong), None, "{wrong}");
    }
    let mut bench = one(|check| check.matcher = Matcher::parse("200-299").unwrap());
    bench.checks(s(5), |_| Ok(204));
    assert_eq!(bench.states(TG), ["healthy"]);
    bench.checks(s(10), |_| Ok(302));
    assert_eq!(bench.health(TG)[0].reason, Some("Target.ResponseCodeMismatch"));
}

#[test]
fn alb_hc_08_a_check_is_made_at_each_interval_however_slow_the_target_is() {
    let mut bench = one(|check| check.timeout = s(5));
    let first = bench.balancer.deadline().unwrap().at;
    bench.silence(s(5));
    assert_eq!(bench.checks_under_way().len(), 1);
    // The timeout ends with the interval: it counts, and the next check begins.
    bench.silence(first.since(bench.now) + s(5));
    assert_eq!(bench.checks_under_way().len(), 1);
    assert_eq!(bench.states(TG), ["initial"]);
    bench.silence(s(10));
    assert_eq!(bench.states(TG), ["unhealthy"]);
}

#[test]
fn alb_hc_10_alb_hc_11_reasons_follow_from_how_checks_fail() {
    let described = |checked: Checked| {
        let mut bench = one(|_| {});
        bench.checks(s(10), checked);
        let health = bench.health(TG).remove(0);
        (health.state, health.reason, health.description)
    };
    let code = "Health checks failed with these codes: [500]".to_owned();
    let mismatch = ("unhealthy", Some("Target.ResponseCodeMismatch"), Some(code));
    assert_eq!(described(|_| Ok(500)), mismatch);
    let failed = Some("Health checks failed".to_owned());
    let refusing = ("unhealthy", Some("Target.FailedHealthChecks"), failed);
    assert_eq!(described(refused), refusing);
    let timeout = Some("Request timed out".to_owned());
    let silent = ("unhealthy", Some("Target.Timeout"), timeout);
    assert_eq!(described(|_| Err(LinkFailure::ResponseTimeout)), silent);

    let mut bench = one(|_| {});
    bench.silence(s(12));
    assert_eq!(bench.health(TG)[0].reason, Some("Target.Timeout"));
    assert!(bench.log.iter().any(|line| line.contains("10.0.0.1:8080 in blue is unhealthy")));
}

#[test]
fn alb_hc_10_a_new_target_is_initial_until_its_first_check_ends() {
    let mut bench = one(|_| {});
    let reason = |bench: &Bench| bench.health(TG)[0].reason;
    assert_eq!(reason(&bench), Some("Elb.RegistrationInProgress"));
    let first = bench.balancer.deadline().unwrap().at;
    bench.silence(first.since(bench.now));
    assert_eq!(reason(&bench), Some("Elb.InitialHealthChecking"));
    bench.checks(s(0), passing);
    assert_eq!(reason(&bench), None);
}

#[test]
fn alb_hc_12_alb_hc_13_without_a_listener_targets_are_unused_and_not_checked() {
    let mut bench = one(|_| {});
    bench.checks(s(5), passing);
    bench.with(|balancer, cx| balancer.in_use(cx, TG, false));
    let health = bench.health(TG).remove(0);
    assert_eq!((health.state, health.reason), ("unused", Some("Target.NotInUse")));
    assert_eq!(bench.balancer.deadline(), None);
    bench.with(|balancer, cx| balancer.in_use(cx, TG, true));
    assert_eq!(bench.states(TG), ["initial"]);
    bench.checks(s(5), passing);
    assert_eq!(bench.states(TG), ["healthy"]);
}

#[test]
fn a_check_under_way_is_dropped_with_the_use_of_its_group() {
    let mut bench = one(|_| {});
    let first = bench.balancer.deadline().unwrap().at;
    bench.silence(first.since(bench.now));
    assert_eq!(bench.checks_under_way().len(), 1);
    bench.with(|balancer, cx| balancer.in_use(cx, TG, false));
    assert!(bench.checks_under_way().is_empty());
    assert_eq!(bench.balancer.deadline(), None);
}

#[test]
fn alb_hc_16_results_that_alternate_leave_a_target_healthy() {
    let mut bench = one(|_| {});
    bench.checks(s(5), passing);
    for _ in 0..4 {
        bench.checks(s(5), refused);
        bench.checks(s(5), passing);
        assert_eq!(bench.states(TG), ["healthy"]);
    }
}

#[test]
fn new_settings_count_from_now_on() {
    let mut bench = one(|_| {});
    bench.checks(s(5), passing);
    bench.set_group(quick(|check| {
        check.interval = s(100);
        check.path = "/new".into();
        check.unhealthy_threshold = 3;
    }));
    assert_eq!(bench.states(TG), ["healthy"]);
    let next = bench.balancer.deadline().unwrap().at;
    bench.silence(next.since(bench.now));
    assert_eq!(bench.checks_under_way()[0].1.head.target, "/new");
    bench.checks(s(100), refused);
    assert_eq!(bench.states(TG), ["healthy"]);
    bench.checks(s(100), refused);
    assert_eq!(bench.states(TG), ["unhealthy"]);
}

#[test]
fn targets_are_checked_on_phases_of_their_own() {
    let mut bench = Bench::new();
    for last in 1..=20 {
        bench.register(TG, last).unwrap();
    }
    let mut begun = Vec::new();
    bench.silence(s(10));
    begun.push(bench.checks_under_way().len());
    bench.silence(s(20));
    assert!((1..19).contains(&begun[0]), "{begun:?}");
}

#[test]
fn alb_hc_15_a_target_that_leaves_is_no_longer_healthy_and_not_unhealthy() {
    let mut bench = Bench::healthy(2);
    bench.deregister(TG, 1);
    assert_eq!(bench.states(TG), ["draining", "healthy"]);
}
