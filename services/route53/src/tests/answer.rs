//! What there is at a name, and what when there is nothing.

use super::*;

#[test]
fn r53_zn_03_a_name_that_is_not_there_has_an_soa_record_of_900_seconds() {
    let (mut bench, _) = Bench::with_zone();
    let answer = bench.dig("nothing.example.com", "A");
    is_nothing(&answer, Code::NxDomain);
    assert_eq!((answer.authority[0].ttl_s, answer.ttl_s()), (900, 900));
    assert!(answer.authoritative);
}

#[test]
fn r53_zn_04_a_name_with_something_below_it_or_of_another_type_is_there() {
    let (mut bench, zone) = Bench::with_zone();
    bench.upsert(&zone, simple("a.b.example.com", "A", &["192.0.2.1"]));
    is_nothing(&bench.dig("b.example.com", "A"), Code::NoError);
    is_nothing(&bench.dig("a.b.example.com", "TXT"), Code::NoError);
    is_nothing(&bench.dig("c.b.example.com", "A"), Code::NxDomain);
    is_nothing(&bench.dig("bb.example.com", "A"), Code::NxDomain);
}

#[test]
fn r53_zn_05_a_name_of_no_zone_is_nobodys() {
    let (mut bench, _) = Bench::with_zone();
    assert!(bench.answer(&question("example.net", "A")).is_none());
    assert!(bench.answer(&question("com", "A")).is_none());
}

#[test]
fn r53_zn_06_a_wildcard_stands_for_what_is_not_there() {
    let (mut bench, zone) = Bench::with_zone();
    bench.upsert(&zone, simple("*.example.com", "A", &["192.0.2.1"]));
    bench.upsert(&zone, simple("www.example.com", "TXT", &["\"x\""]));
    assert_eq!(bench.addresses("other.example.com"), ["192.0.2.1"]);
    assert_eq!(bench.addresses("a.b.c.example.com"), ["192.0.2.1"]);
    is_nothing(&bench.dig("www.example.com", "A"), Code::NoError);
    is_nothing(&bench.dig("example.com", "A"), Code::NoError);
    let name = bench.dig("other.example.com", "A").answers[0].name.to_string();
    assert_eq!(name, "other.example.com.");
    let servers = simple("*.example.com", "NS", &["ns.example.net"]);
    assert!(bench.wrong(&zone, &[("CREATE", servers)]).contains("type NS"));
}

#[test]
fn r53_zn_07_an_asterisk_elsewhere_is_a_character() {
    let (mut bench, zone) = Bench::with_zone();
    bench.upsert(&zone, simple("a.*.example.com", "A", &["192.0.2.1"]));
    bench.upsert(&zone, simple("x*.example.com", "A", &["192.0.2.2"]));
    assert_eq!(bench.addresses("a.*.example.com"), ["192.0.2.1"]);
    assert_eq!(bench.addresses("x*.example.com"), ["192.0.2.2"]);
    is_nothing(&bench.dig("a.b.example.com", "A"), Code::NxDomain);
    is_nothing(&bench.dig("xy.example.com", "A"), Code::NxDomain);
}

#[test]
fn r53_zn_08_case_does_not_count() {
    let (mut bench, zone) = Bench::with_zone();
    bench.upsert(&zone, simple("WWW.Example.com", "A", &["192.0.2.1"]));
    assert_eq!(bench.addresses("www.EXAMPLE.com"), ["192.0.2.1"]);
}

#[test]
fn r53_zn_10_a_cname_is_followed_inside_its_zone() {
    let (mut bench, zone) = Bench::with_zone();
    bench.upsert(&zone, simple("c.example.com", "CNAME", &["a.example.com"]));
    bench.upsert(&zone, simple("a.example.com", "A", &["192.0.2.1"]));
    bench.upsert(&zone, simple("out.example.com", "CNAME", &["a.example.net"]));
    bench.upsert(&zone, simple("void.example.com", "CNAME", &["nothing.example.com"]));
    let kinds = |answer: &Answer| -> Vec<String> {
        answer.answers.iter().map(|record| record.kind.to_string()).collect()
    };
    assert_eq!(kinds(&bench.dig("c.example.com", "A")), ["CNAME", "A"]);
    assert_eq!(kinds(&bench.dig("c.example.com", "CNAME")), ["CNAME"]);
    assert_eq!(kinds(&bench.dig("out.example.com", "A")), ["CNAME"]);
    assert_eq!(bench.dig("void.example.com", "A").code, Code::NxDomain);
}

#[test]
fn a_loop_of_cnames_ends() {
    let (mut bench, zone) = Bench::with_zone();
    bench.upsert(&zone, simple("a.example.com", "CNAME", &["b.example.com"]));
    bench.upsert(&zone, simple("b.example.com", "CNAME", &["a.example.com"]));
    assert!(bench.dig("a.example.com", "A").answers.len() <= 8);
}

#[test]
fn a_part_that_lies_elsewhere_is_pointed_to() {
    let (mut bench, zone) = Bench::with_zone();
    bench.upsert(&zone, simple("sub.example.com", "NS", &["ns.example.net", "ns2.example.net"]));
    let answer = bench.dig("www.sub.example.com", "A");
    assert!(!answer.authoritative && answer.answers.is_empty());
    assert_eq!(answer.authority.len(), 2);
    assert_eq!(answer.code, Code::NoError);
    let inner = bench.zone("sub.example.com");
    bench.upsert(&inner, simple("www.sub.example.com", "A", &["192.0.2.1"]));
    assert_eq!(bench.addresses("www.sub.example.com"), ["192.0.2.1"]);
}

#[test]
fn r53_rp_15_all_values_of_a_simple_record_in_any_order() {
    let (mut bench, zone) = Bench::with_zone();
    bench.upsert(&zone, simple("www.example.com", "A", &["192.0.2.1", "192.0.2.2", "192.0.2.3"]));
    let mut first = BTreeSet::new();
    for _ in 0..50 {
        let answer = bench.dig("www.example.com", "A");
        assert_eq!(answer.answers.len(), 3);
        first.insert(answer.addresses()[0]);
    }
    assert_eq!(first.len(), 3);
}
