//! What clients read when targets fail, and when no target is fit.

use super::*;

fn dead(_: &SocketAddr) -> Result<u16, LinkFailure> {
    Err(LinkFailure::Refused)
}

/// The status the client reads after this failure, with the page's length.
fn after(failure: LinkFailure) -> (u16, usize) {
    let mut bench = Bench::healthy(1);
    let exchange = bench.send(get("/"));
    bench.target_fails(exchange, failure);
    let answer = bench.answer(exchange).unwrap();
    (answer.head.status, body(&answer).len())
}

#[test]
fn alb_er_01_without_registered_targets_the_answer_is_503() {
    let mut bench = Bench::new();
    let answer = bench.own(get("/"));
    assert_eq!((answer.head.status, body(&answer).len()), (503, 162));
    assert!(bench.says("ALB-ER-01"));
    assert_eq!(bench.facts.last().unwrap().setting.clone().unwrap().resource, TG);
}

#[test]
fn alb_er_01_unused_or_draining_targets_are_no_targets() {
    let mut bench = Bench::healthy(1);
    bench.with(|balancer, cx| balancer.in_use(cx, TG, false));
    assert_eq!(bench.own(get("/")).head.status, 503);
    let mut bench = Bench::healthy(1);
    bench.deregister(TG, 1);
    assert_eq!(bench.own(get("/")).head.status, 503);
}

#[test]
fn alb_er_02_a_refused_connection_is_502() {
    assert_eq!(after(LinkFailure::Refused), (502, 122));
}

#[test]
fn alb_er_03_a_connection_that_ends_is_502() {
    assert_eq!(after(LinkFailure::Closed), (502, 122));
}

#[test]
fn alb_er_04_what_is_not_http_is_502() {
    assert_eq!(after(LinkFailure::BadResponse).0, 502);
    assert_eq!(after(LinkFailure::HeadTooLarge).0, 502);
    assert_eq!(after(LinkFailure::Tls).0, 502);
}

#[test]
fn alb_er_05_silence_is_504() {
    assert_eq!(after(LinkFailure::ConnectTimeout), (504, 132));
    assert_eq!(after(LinkFailure::ResponseTimeout), (504, 132));
}

#[test]
fn alb_ls_08_the_idle_timeout_bounds_the_wait_for_an_answer() {
    let mut bench = Bench::healthy(1);
    bench.settings.attributes.idle_timeout = s(2);
    let exchange = bench.send(get("/"));
    assert_eq!(bench.leg(exchange).unwrap().response_timeout, s(2));
    assert_eq!(bench.leg(exchange).unwrap().connect_timeout, s(10));
}

#[test]
fn alb_er_07_alb_er_08_what_is_too_long_or_has_no_host_is_refused() {
    let mut bench = Bench::healthy(1);
    let long = "x".repeat(17 * 1024);
    assert_eq!(bench.own(get(&format!("/{long}"))).head.status, 414);
    assert_eq!(bench.own(get_with("/", &[("X-Long", &long)])).head.status, 400);
    let mut nameless = get("/");
    nameless.head.headers.remove("Host");
    assert_eq!(bench.own(nameless).head.status, 400);
    assert_eq!(bench.served(get(&format!("/{}", &long[..15 * 1024]))).0, 1);
}

#[test]
fn alb_er_09_a_client_that_leaves_is_logged_as_460() {
    let mut bench = Bench::healthy(1);
    let exchange = bench.send(get("/"));
    bench.finish(exchange, Finish::ViewerGone);
    assert_eq!(bench.answer(exchange).map(|answer| answer.head.status), None);
    assert!(bench.log.last().unwrap().starts_with("460: "));
}

#[test]
fn alb_er_13_own_answers_have_server_date_and_type_and_nothing_else() {
    let mut bench = Bench::new();
    let answer = bench.own(get("/"));
    let expected = [
        ("Server", "awselb/2.0"),
        ("Date", "Fri, 15 Jan 2027 08:00:00 GMT"),
        ("Content-Type", "text/html"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(lines(&answer.head.headers), expected);
    assert!(!answer.close);
    let to_head = bench.own(method("HEAD"));
    assert_eq!((to_head.head_length, body(&to_head).as_str()), (Some(162), ""));
}

#[test]
fn alb_er_15_nobody_else_is_asked() {
    let mut bench = Bench::healthy(2);
    let exchange = bench.send(get("/"));
    bench.target_fails(exchange, LinkFailure::Closed);
    assert!(bench.leg(exchange).is_none());
    assert_eq!(bench.answer(exchange).unwrap().head.status, 502);
}

#[test]
fn alb_fo_01_when_all_are_unhealthy_all_are_asked() {
    let mut bench = Bench::healthy(2);
    bench.checks(s(60), dead);
    assert_eq!(bench.states(TG), ["unhealthy", "unhealthy"]);
    let mut asked = [bench.served(get("/")).0, bench.served(get("/")).0];
    asked.sort_unstable();
    assert_eq!(asked, [1, 2]);
    assert!(bench.says("ALB-FO-01"));
    let line = "blue has too few healthy targets: requests go to all of them";
    assert_eq!(bench.log.iter().filter(|logged| *logged == line).count(), 1);
}

#[test]
fn alb_fo_01_one_healthy_target_gets_everything() {
    let mut bench = Bench::healthy(3);
    bench.checks(s(60), |to| match to.to_string().as_str() {
        "10.0.0.2:8080" => Ok(200),
        _ => Err(LinkFailure::Refused),
    });
    assert_eq!(bench.states(TG), ["unhealthy", "healthy", "unhealthy"]);
    assert!((0..5).all(|_| bench.served(get("/")).0 == 2));
}

#[test]
fn a_new_target_gets_nothing_while_another_is_healthy() {
    let mut bench = Bench::healthy(1);
    bench.register(TG, 2).unwrap();
    assert_eq!(bench.states(TG), ["healthy", "initial"]);
    assert!((0..5).all(|_| bench.served(get("/")).0 == 1));
}

#[test]
fn alb_fo_02_a_percentage_can_be_the_bound() {
    let mut bench = Bench::healthy(10);
    bench.checks(s(60), |to| match to.to_string().as_str() {
        "10.0.0.1:8080" | "10.0.0.2:8080" | "10.0.0.3:8080" | "10.0.0.4:8080" => Ok(200),
        _ => Err(LinkFailure::Refused),
    });
    let asked = |bench: &mut Bench| {
        let all: std::collections::BTreeSet<u8> =
            (0..20).map(|_| bench.served(get("/")).0).collect();
        all.len()
    };
    assert_eq!(asked(&mut bench), 4);
    let percentage = |percentage| {
        group(TG, |group| group.attributes.minimum_healthy_percentage = Some(percentage))
    };
    bench.set_group(percentage(50));
    assert_eq!(asked(&mut bench), 10);
    bench.set_group(percentage(40));
    assert_eq!(asked(&mut bench), 4);
    bench.set_group(group(TG, |group| group.attributes.minimum_healthy_count = 5));
    assert_eq!(asked(&mut bench), 10);
}

#[test]
fn alb_fo_05_the_percentage_is_over_all_zones_together() {
    let mut bench = Bench::healthy(20);
    bench.set_group(group(TG, |group| group.attributes.minimum_healthy_percentage = Some(50)));
    bench.checks(s(60), |to| match to {
        SocketAddr::V4(to) if to.ip().octets()[3] <= 6 => Err(LinkFailure::Refused),
        _ => Ok(200),
    });
    let asked: Vec<u8> = (0..40).map(|_| bench.served(get("/")).0).collect();
    assert!(asked.iter().all(|target| *target > 6), "{asked:?}");
    assert!(!bench.says("ALB-FO-01"));
}
