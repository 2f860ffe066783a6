//! Aliases: what they answer with, and when they count as healthy.

use super::*;

const CDN: &str = "d1.cloudfront.net";
const CDN_ZONE: &str = "Z2FDTNDATAQYW2";
const SITE: &str = "s3-website-ap-northeast-1.amazonaws.com";
const SITE_ZONE: &str = "Z2M4EHUR26P7ZW";

#[test]
fn r53_al_01_an_alias_answers_with_addresses_at_the_apex_too() {
    let (mut bench, zone) = Bench::with_zone();
    bench.upsert(&zone, alias("example.com", ALB_ZONE, ALB, false));
    let answer = bench.dig("example.com", "A");
    assert_eq!(answer.answers.len(), 1);
    assert_eq!(answer.answers[0].name.to_string(), "example.com.");
    let std::net::IpAddr::V4(address) = answer.addresses()[0] else { panic!("no A record") };
    assert_eq!(bench.route53.host_at(address), Some(ALB));
    // Another name for the same is the same address.
    let dualstack = format!("dualstack.{ALB}.");
    bench.upsert(&zone, alias("www.example.com", ALB_ZONE, &dualstack, false));
    assert_eq!(bench.dig("www.example.com", "A").addresses(), answer.addresses());
}

#[test]
fn r53_al_02_the_ttl_is_the_targets() {
    let (mut bench, zone) = Bench::with_zone();
    bench.upsert(&zone, simple("a.example.com", "A", &["192.0.2.1"]));
    bench.upsert(&zone, alias("lb.example.com", ALB_ZONE, ALB, false));
    bench.upsert(&zone, alias("cdn.example.com", CDN_ZONE, CDN, false));
    bench.upsert(&zone, alias("own.example.com", &zone, "a.example.com", false));
    let ttl = |bench: &mut Bench, name: &str| bench.dig(name, "A").answers[0].ttl_s;
    assert_eq!(ttl(&mut bench, "lb.example.com"), 60);
    assert_eq!(ttl(&mut bench, "cdn.example.com"), 60);
    assert_eq!(ttl(&mut bench, "own.example.com"), 300);
}

#[test]
fn r53_al_03_a_distribution_lies_in_its_own_zone_and_has_both_kinds_of_address() {
    let (mut bench, zone) = Bench::with_zone();
    let wrong = alias("www.example.com", ALB_ZONE, CDN, false);
    assert!(bench.wrong(&zone, &[("CREATE", wrong)]).contains("does not lie within"));
    bench.upsert(&zone, alias("www.example.com", CDN_ZONE, CDN, false));
    let v6 = with(alias("www.example.com", CDN_ZONE, CDN, false), json!({"Type": "AAAA"}));
    bench.upsert(&zone, v6);
    assert_eq!(bench.dig("www.example.com", "A").answers.len(), 1);
    assert_eq!(bench.dig("www.example.com", "AAAA").answers.len(), 1);
}

#[test]
fn r53_al_04_a_distributions_health_cannot_be_evaluated() {
    let (mut bench, zone) = Bench::with_zone();
    let set = alias("www.example.com", CDN_ZONE, CDN, true);
    let message = bench.wrong(&zone, &[("CREATE", set)]);
    assert!(message.contains("EvaluateTargetHealth can not be set to true"), "{message}");
}

#[test]
fn r53_al_05_a_distribution_fails_over_only_by_a_health_check() {
    let (mut bench, zone) = Bench::with_zone();
    let role = |set: &str, role: &str| json!({"SetIdentifier": set, "Failover": role});
    let primary = with(alias("www.example.com", CDN_ZONE, CDN, false), role("p", "PRIMARY"));
    let secondary = with(alias("www.example.com", SITE_ZONE, SITE, false), role("s", "SECONDARY"));
    bench.change(&zone, &[("CREATE", primary.clone()), ("CREATE", secondary)]);
    let host = |bench: &mut Bench| {
        let address = bench.dig("www.example.com", "A").addresses()[0];
        let std::net::IpAddr::V4(address) = address else { panic!("{address}") };
        bench.route53.host_at(address).unwrap().to_owned()
    };
    bench.world.unhealthy.insert(CDN.into());
    assert_eq!(host(&mut bench), CDN);
    let check = bench.fixed_check(false);
    bench.upsert(&zone, with(primary, json!({"HealthCheckId": check})));
    assert_eq!(host(&mut bench), SITE);
}

#[test]
fn r53_al_07_a_website_is_a_regions_and_has_no_other_type_than_a() {
    let (mut bench, zone) = Bench::with_zone();
    let bucket = format!("www.example.com.{SITE}");
    let set = alias("www.example.com", SITE_ZONE, &bucket, false);
    assert!(bench.wrong(&zone, &[("CREATE", set)]).contains("does not lie within"));
    let v6 = with(alias("www.example.com", SITE_ZONE, SITE, false), json!({"Type": "AAAA"}));
    assert!(bench.wrong(&zone, &[("CREATE", v6)]).contains("was not found"));
    bench.upsert(&zone, alias("www.example.com", SITE_ZONE, SITE, true));
    assert_eq!(bench.dig("www.example.com", "A").answers.len(), 1);
}

#[test]
fn r53_al_09_an_alias_of_a_group_is_healthy_while_one_of_it_is() {
    let (mut bench, zone) = Bench::with_zone();
    let (well, ill) = (bench.fixed_check(true), bench.fixed_check(false));
    bench.upsert(&zone, one("g.example.com", "a", 1, json!({"Weight": 1, "HealthCheckId": well})));
    bench.upsert(&zone, one("g.example.com", "b", 2, json!({"Weight": 1, "HealthCheckId": ill})));
    let primary = json!({"SetIdentifier": "p", "Failover": "PRIMARY"});
    bench.upsert(&zone, with(alias("f.example.com", &zone, "g.example.com", true), primary));
    bench.upsert(&zone, one("f.example.com", "s", 9, json!({"Failover": "SECONDARY"})));
    assert_eq!(bench.addresses("f.example.com"), ["192.0.2.1"]);
    bench.upsert(&zone, one("g.example.com", "a", 1, json!({"Weight": 1, "HealthCheckId": ill})));
    assert_eq!(bench.addresses("f.example.com"), ["192.0.2.9"]);
    let other_type = with(
        alias("f2.example.com", &zone, "g.example.com", true),
        json!({
            "Type": "AAAA",
        }),
    );
    assert!(bench.wrong(&zone, &[("CREATE", other_type)]).contains("was not found"));
}

#[test]
fn r53_al_10_health_check_and_target_must_both_be_healthy() {
    let (mut bench, zone) = Bench::with_zone();
    for (check, target, primary) in
        [(true, true, true), (true, false, false), (false, true, false), (false, false, false)]
    {
        let check = bench.fixed_check(check);
        let set = with(
            alias("www.example.com", ALB_ZONE, ALB, true),
            json!({"SetIdentifier": "p", "Failover": "PRIMARY", "HealthCheckId": check}),
        );
        bench.upsert(&zone, set);
        bench.upsert(&zone, one("www.example.com", "s", 9, json!({"Failover": "SECONDARY"})));
        bench.world.unhealthy.clear();
        if !target {
            bench.world.unhealthy.insert(ALB.into());
        }
        assert_eq!(bench.addresses("www.example.com") != ["192.0.2.9"], primary);
    }
}

#[test]
fn r53_al_11_r53_rp_16_a_branch_without_a_healthy_leaf_is_left() {
    let (mut bench, zone) = Bench::with_zone();
    let ill = bench.fixed_check(false);
    for (region, last) in [("ap-northeast-1", 1), ("us-east-1", 2)] {
        let leaf = format!("{region}.example.com");
        let mut members = json!({"Weight": 1});
        if last == 1 {
            members["HealthCheckId"] = json!(ill);
        }
        bench.upsert(&zone, one(&leaf, "x", last, members));
        let branch = json!({"SetIdentifier": region, "Region": region});
        bench.upsert(&zone, with(alias("www.example.com", &zone, &leaf, true), branch));
    }
    assert_eq!(bench.addresses("www.example.com"), ["192.0.2.2"]);
}

#[test]
fn r53_al_13_an_alias_has_no_ttl() {
    let (mut bench, zone) = Bench::with_zone();
    let set = with(alias("www.example.com", ALB_ZONE, ALB, false), json!({"TTL": 60}));
    let error = bench.err("ChangeResourceRecordSets", batch(&zone, &[("CREATE", set)]));
    assert_eq!(error.code, "InvalidInput");
    assert!(error.message.contains("but found more than one"), "{error}");
}

#[test]
fn an_alias_of_what_is_gone_has_no_address() {
    let (mut bench, zone) = Bench::with_zone();
    bench.upsert(&zone, alias("www.example.com", ALB_ZONE, ALB, false));
    bench.world.gone.insert(ALB.into());
    is_nothing(&bench.dig("www.example.com", "A"), Code::NoError);
}

#[test]
fn aliases_in_a_circle_end() {
    let (mut bench, zone) = Bench::with_zone();
    bench.upsert(&zone, simple("a.example.com", "A", &["192.0.2.1"]));
    bench.upsert(&zone, alias("b.example.com", &zone, "a.example.com", true));
    bench.change(
        &zone,
        &[
            ("DELETE", simple("a.example.com", "A", &["192.0.2.1"])),
            ("CREATE", alias("a.example.com", &zone, "b.example.com", true)),
        ],
    );
    is_nothing(&bench.dig("a.example.com", "A"), Code::NoError);
}
