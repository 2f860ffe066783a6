//! Clients that come back to the target, or the group, they were with.

use super::*;
use crate::config::Stickiness;

fn sticky(count: u8, stickiness: Stickiness) -> Bench {
    let mut bench = Bench::healthy(count);
    bench.set_group(group(TG, |group| group.attributes.stickiness = Some(stickiness)));
    bench
}

/// The value of a cookie that an answer sets.
fn set(response: &Response, name: &str) -> Option<String> {
    let mut lines = response.head.headers.get_all("Set-Cookie");
    lines.find_map(|line| {
        let (set, rest) = line.split_once('=')?;
        (set == name).then(|| rest.split(';').next().unwrap_or("").to_owned())
    })
}

fn coming_with(name: &str, value: &str) -> Request {
    get_with("/", &[("Cookie", &format!("a=b; {name}={value}"))])
}

fn passing(_: &SocketAddr) -> Result<u16, LinkFailure> {
    Ok(200)
}

#[test]
fn alb_tg_13_both_cookies_are_set_and_bring_the_client_back() {
    let mut bench = sticky(3, Stickiness::LbCookie { duration: s(2) });
    let (first, answer) = bench.served(get("/"));
    let lines: Vec<_> = answer.head.headers.get_all("Set-Cookie").collect();
    let expires = "Expires=Fri, 22 Jan 2027 08:00:30 GMT; Path=/";
    let value = set(&answer, "AWSALB").unwrap();
    assert_eq!(lines[0], format!("AWSALB={value}; {expires}"));
    assert_eq!(lines[1], format!("AWSALBCORS={value}; {expires}; SameSite=None; Secure"));
    for _ in 0..5 {
        assert_eq!(bench.served(coming_with("AWSALB", &value)).0, first);
        assert_eq!(bench.served(coming_with("AWSALBCORS", &value)).0, first);
    }
    bench.checks(s(3), passing);
    let late: Vec<u8> = (0..3).map(|_| bench.served(coming_with("AWSALB", &value)).0).collect();
    assert!(late.iter().any(|target| *target != first), "{late:?}");
}

#[test]
fn alb_tg_13_the_cookie_for_other_sites_counts_when_both_come() {
    let mut bench = sticky(2, Stickiness::LbCookie { duration: s(60) });
    let (one, answer) = bench.served(get("/"));
    let value_one = set(&answer, "AWSALB").unwrap();
    let (two, answer) = bench.served(get("/"));
    let value_two = set(&answer, "AWSALB").unwrap();
    assert_ne!(one, two);
    let both = format!("AWSALB={value_one}; AWSALBCORS={value_two}");
    assert_eq!(bench.served(get_with("/", &[("Cookie", &both)])).0, two);
}

#[test]
fn alb_tg_15_garbage_is_served_and_replaced() {
    let mut bench = sticky(1, Stickiness::LbCookie { duration: s(60) });
    let (_, answer) = bench.served(coming_with("AWSALB", "garbage"));
    assert!(set(&answer, "AWSALB").is_some());
}

#[test]
fn alb_tg_09_alb_tg_15_a_target_that_drains_or_fails_loses_its_clients() {
    for drains in [true, false] {
        let mut bench = sticky(2, Stickiness::LbCookie { duration: s(600) });
        let (first, answer) = bench.served(get("/"));
        let value = set(&answer, "AWSALB").unwrap();
        if drains {
            bench.deregister(TG, first);
        } else {
            assert_eq!(first, 1);
            bench.checks(s(60), |to| match to.to_string().as_str() {
                "10.0.0.1:8080" => Err(LinkFailure::Refused),
                _ => Ok(200),
            });
        }
        let (second, answer) = bench.served(coming_with("AWSALB", &value));
        assert_ne!(second, first);
        let renewed = set(&answer, "AWSALB").unwrap();
        assert_ne!(renewed, value);
        assert_eq!(bench.served(coming_with("AWSALB", &renewed)).0, second);
    }
}

#[test]
fn alb_tg_14_the_applications_cookie_gets_a_companion() {
    let app = Stickiness::AppCookie { name: "SID".into(), duration: s(60) };
    let mut bench = sticky(3, app);
    let (_, answer) = bench.served(get("/"));
    assert_eq!(set(&answer, "AWSALBAPP-0"), None);

    let exchange = bench.send(get("/"));
    let first = bench.target_of(exchange).unwrap();
    let mut response = ok();
    response.head.headers.append("Set-Cookie", "SID=42; Path=/");
    bench.target_answers(exchange, response);
    let answer = bench.answer(exchange).unwrap();
    let companion = set(&answer, "AWSALBAPP-0").unwrap();
    assert_eq!(set(&answer, "AWSALBAPP-3").as_deref(), Some("_remove_"));

    let both = format!("SID=42; AWSALBAPP-0={companion}");
    for _ in 0..4 {
        let (target, answer) = bench.served(get_with("/", &[("Cookie", &both)]));
        assert_eq!((target, set(&answer, "AWSALBAPP-0")), (first, None));
    }
    // Without the application's own cookie the companion says nothing.
    let others: Vec<u8> =
        (0..3).map(|_| bench.served(coming_with("AWSALBAPP-0", &companion)).0).collect();
    assert!(others.iter().any(|target| *target != first));
    // Without a valid companion the client gets one anew.
    let (_, answer) = bench.served(coming_with("SID", "42"));
    assert!(set(&answer, "AWSALBAPP-0").is_some());
}

#[test]
fn alb_ac_04_clients_stay_with_a_group_for_its_duration() {
    let mut bench = Bench::healthy(1);
    bench.set_group(group(GREEN, |_| {}));
    bench.with(|balancer, cx| balancer.in_use(cx, GREEN, true));
    bench.register(GREEN, 2).unwrap();
    bench.checks(s(30), passing);
    let weighted = |arn: &str, weight| WeightedTargetGroup { arn: arn.into(), weight };
    let action = |blue| {
        let target_groups = vec![weighted(TG, blue), weighted(GREEN, 1)];
        let forward = Action::Forward(Forward { target_groups, stickiness: Some(s(60)) });
        vec![listener(80, forward, Vec::new())]
    };
    bench.settings.listeners = action(1);
    let (first, value) = loop {
        let (target, answer) = bench.served(get("/"));
        let value = set(&answer, "AWSALBTG").unwrap();
        assert_eq!(set(&answer, "AWSALBTGCORS").as_ref(), Some(&value));
        if target == 1 {
            break (target, value);
        }
    };
    for _ in 0..30 {
        assert_eq!(bench.served(coming_with("AWSALBTG", &value)).0, first);
    }
    bench.checks(s(60), passing);
    let late: Vec<u8> = (0..30).map(|_| bench.served(coming_with("AWSALBTG", &value)).0).collect();
    assert!(late.contains(&2));
    // A group of weight 0 gets no request, whoever has been there.
    let (_, answer) = bench.served(coming_with("AWSALBTG", &value));
    let fresh = set(&answer, "AWSALBTG").unwrap();
    bench.settings.listeners = action(0);
    assert!((0..9).all(|_| bench.served(coming_with("AWSALBTG", &fresh)).0 == 2));
}

#[test]
fn without_stickiness_no_cookie_is_set() {
    let mut bench = Bench::healthy(1);
    assert!(!bench.served(get("/")).1.head.headers.contains("Set-Cookie"));
}
