//! Which record set is answered.

use super::*;

fn group(bench: &mut Bench, zone: &str, members: &[(Value, Option<bool>)]) {
    for (at, (member, healthy)) in members.iter().enumerate() {
        let last = u8::try_from(at + 1).unwrap();
        let mut set = one("www.example.com", &format!("s{last}"), last, member.clone());
        if let Some(healthy) = healthy {
            set["HealthCheckId"] = json!(bench.fixed_check(*healthy));
        }
        bench.upsert(zone, set);
    }
}

fn weights(rows: &[(u8, Option<bool>)]) -> BTreeMap<String, usize> {
    let (mut bench, zone) = Bench::with_zone();
    let rows: Vec<_> =
        rows.iter().map(|(weight, well)| (json!({"Weight": weight}), *well)).collect();
    group(&mut bench, &zone, &rows);
    bench.tally("www.example.com", 600)
}

fn names(tally: &BTreeMap<String, usize>) -> Vec<&str> {
    tally.keys().map(|address| address.rsplit('.').next().unwrap()).collect()
}

#[test]
fn r53_rp_01_unhealthy_ones_are_skipped() {
    let tally = weights(&[(1, Some(true)), (1, Some(false)), (1, Some(true))]);
    assert_eq!(names(&tally), ["1", "3"]);
}

#[test]
fn r53_rp_02_one_without_a_health_check_is_always_healthy() {
    let tally = weights(&[(1, Some(false)), (1, None), (1, Some(false))]);
    assert_eq!(names(&tally), ["2"]);
}

#[test]
fn r53_rp_03_when_none_is_healthy_all_count_as_healthy() {
    let tally = weights(&[(1, Some(false)), (1, Some(false)), (1, Some(false))]);
    assert_eq!(names(&tally), ["1", "2", "3"]);
    assert!(tally.values().all(|count| *count > 120), "{tally:?}");
}

#[test]
fn r53_rp_04_r53_pt_07_failover_by_the_health_of_both() {
    for (primary, secondary, answered) in [
        (Some(true), Some(true), "1"),
        (Some(true), Some(false), "1"),
        (Some(false), Some(true), "2"),
        (Some(false), Some(false), "1"),
        (Some(false), None, "2"),
        (None, Some(true), "1"),
    ] {
        let (mut bench, zone) = Bench::with_zone();
        let role = |role: &str| json!({"Failover": role});
        let rows = [(role("PRIMARY"), primary), (role("SECONDARY"), secondary)];
        group(&mut bench, &zone, &rows);
        let tally = bench.tally("www.example.com", 5);
        assert_eq!(names(&tally), [answered], "{primary:?} {secondary:?}");
    }
}

#[test]
fn r53_rp_05_there_is_one_primary_and_one_secondary() {
    let (mut bench, zone) = Bench::with_zone();
    group(&mut bench, &zone, &[(json!({"Failover": "PRIMARY"}), None)]);
    let again = one("www.example.com", "again", 9, json!({"Failover": "PRIMARY"}));
    let message = bench.wrong(&zone, &[("CREATE", again)]);
    assert!(message.contains("exists"), "{message}");
}

#[test]
fn r53_rp_07_weights_are_shares() {
    let tally = weights(&[(10, None), (30, None), (0, None)]);
    assert_eq!(names(&tally), ["1", "2"]);
    assert!((100..200).contains(&tally["192.0.2.1"]), "{tally:?}");
    let equal = weights(&[(0, None), (0, None)]);
    assert!(equal.values().all(|count| (240..360).contains(count)), "{equal:?}");
}

#[test]
fn r53_rp_08_r53_rp_09_weight_zero_is_the_standby() {
    let bad = Some(false);
    assert_eq!(names(&weights(&[(1, bad), (1, bad), (0, bad)])), ["1", "2"]);
    assert_eq!(names(&weights(&[(1, bad), (1, bad), (0, Some(true))])), ["3"]);
    assert_eq!(names(&weights(&[(1, bad), (1, bad), (0, None)])), ["3"]);
    assert_eq!(names(&weights(&[(1, bad), (1, None), (0, None)])), ["2"]);
}

#[test]
fn r53_rp_10_the_nearest_healthy_region() {
    let (mut bench, zone) = Bench::with_zone();
    let region = |name: &str| json!({"Region": name});
    let rows = [
        (region("us-east-1"), None),
        (region("ap-northeast-1"), Some(false)),
        (region("ap-northeast-2"), Some(true)),
    ];
    group(&mut bench, &zone, &rows);
    assert_eq!(names(&bench.tally("www.example.com", 3)), ["3"]);
    let again = one("www.example.com", "again", 9, region("us-east-1"));
    assert!(bench.wrong(&zone, &[("CREATE", again)]).contains("Region us-east-1"));
}

/// A zone that knows where 192.0.2.0/24 is.
fn placed() -> (Bench, String) {
    let mut bench = Bench::new();
    let input = json!({
        "Name": "example.com", "CallerReference": "1",
        "Standin": {"Locations": [
            {"Cidr": "192.0.2.0/24", "Continent": "EU", "Country": "DE", "Region": "eu-central-1"},
            {"Cidr": "198.51.100.0/24", "Continent": "NA", "Country": "US", "Subdivision": "CA"},
        ]},
    });
    let made = bench.ok("CreateHostedZone", input);
    bench.pass(Duration::from_secs(60));
    (bench, made["HostedZone"]["Id"].as_str().unwrap().to_owned())
}

fn from(bench: &mut Bench, net: [u8; 4]) -> Vec<String> {
    let mut question = question("www.example.com", "A");
    question.subnet = Some((net.into(), 24));
    let answer = bench.answer(&question).unwrap();
    answer.addresses().iter().map(ToString::to_string).collect()
}

#[test]
fn r53_rp_11_the_narrowest_location_that_is_healthy() {
    let (mut bench, zone) = placed();
    let at = |location: Value| json!({"GeoLocation": location});
    let rows = [
        (at(json!({"ContinentCode": "EU"})), None),
        (at(json!({"CountryCode": "DE"})), Some(false)),
        (at(json!({"CountryCode": "US", "SubdivisionCode": "CA"})), None),
        (at(json!({"CountryCode": "US"})), None),
    ];
    group(&mut bench, &zone, &rows);
    assert_eq!(from(&mut bench, [192, 0, 2, 0]), ["192.0.2.1"]);
    assert_eq!(from(&mut bench, [198, 51, 100, 0]), ["192.0.2.3"]);
    // No location fits and there is no default.
    is_nothing(&bench.dig("www.example.com", "A"), Code::NoError);
    bench.upsert(&zone, one("www.example.com", "all", 9, at(json!({"CountryCode": "*"}))));
    assert_eq!(bench.addresses("www.example.com"), ["192.0.2.9"]);
}

#[test]
fn r53_rp_10_a_known_network_has_a_region_of_its_own() {
    let (mut bench, zone) = placed();
    let region = |name: &str| json!({"Region": name});
    let rows = [(region("ap-northeast-1"), None), (region("eu-west-1"), None)];
    group(&mut bench, &zone, &rows);
    assert_eq!(from(&mut bench, [192, 0, 2, 0]), ["192.0.2.2"]);
    assert_eq!(bench.addresses("www.example.com"), ["192.0.2.1"]);
}

#[test]
fn r53_rp_12_a_bias_draws_askers_nearer_or_pushes_them_away() {
    let (mut bench, zone) = Bench::with_zone();
    let near =
        |name: &str, bias: i64| json!({"GeoProximityLocation": {"AWSRegion": name, "Bias": bias}});
    let rows = [(near("ap-northeast-2", 0), None), (near("ap-southeast-1", 90), None)];
    group(&mut bench, &zone, &rows);
    assert_eq!(bench.addresses("www.example.com"), ["192.0.2.2"]);
    bench.upsert(&zone, one("www.example.com", "s2", 2, near("ap-southeast-1", -50)));
    assert_eq!(bench.addresses("www.example.com"), ["192.0.2.1"]);
}

#[test]
fn r53_rp_14_up_to_eight_healthy_values_in_any_order() {
    let (mut bench, zone) = Bench::with_zone();
    let many = || json!({"MultiValueAnswer": true});
    let mut rows = vec![(many(), Some(false))];
    rows.extend((0..10).map(|_| (many(), None)));
    group(&mut bench, &zone, &rows);
    let mut seen = BTreeSet::new();
    for _ in 0..100 {
        let addresses = bench.addresses("www.example.com");
        assert_eq!(addresses.len(), 8);
        seen.extend(addresses);
    }
    assert_eq!(seen.len(), 10);
    assert!(!seen.contains("192.0.2.1"));
}

#[test]
fn r53_rp_14_when_none_is_healthy_up_to_eight_of_all() {
    let (mut bench, zone) = Bench::with_zone();
    let rows: Vec<_> = (0..9).map(|_| (json!({"MultiValueAnswer": true}), Some(false))).collect();
    group(&mut bench, &zone, &rows);
    assert_eq!(bench.addresses("www.example.com").len(), 8);
    let target = with(
        alias("www.example.com", ALB_ZONE, ALB, false),
        json!({"SetIdentifier": "x", "MultiValueAnswer": true}),
    );
    assert!(bench.wrong(&zone, &[("CREATE", target)]).contains("cannot be an alias"));
}

#[test]
fn why_a_record_was_chosen_can_be_told() {
    let (mut bench, zone) = Bench::with_zone();
    let role = |role: &str| json!({"Failover": role});
    group(&mut bench, &zone, &[(role("PRIMARY"), Some(false)), (role("SECONDARY"), None)]);
    bench.facts.clear();
    bench.dig("www.example.com", "A");
    let fact = &bench.facts[0];
    assert_eq!(fact.row.as_deref(), Some("R53-RP-04"));
    assert!(fact.says.contains("the primary is unhealthy"), "{}", fact.says);
}
