//! Changes: all or none, and later everywhere.

use super::*;

#[test]
fn r53_chg_01_a_batch_is_done_whole_or_not_at_all() {
    let (mut bench, zone) = Bench::with_zone();
    let good = ("CREATE", simple("a.example.com", "A", &["192.0.2.1"]));
    let bad = ("CREATE", simple("b.example.com", "A", &["192.0.2"]));
    let message = bench.wrong(&zone, &[good, bad]);
    assert_eq!(
        message,
        "[Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid \
         IPv4 address) encountered with '192.0.2'']"
    );
    bench.pass(Duration::from_secs(60));
    is_nothing(&bench.dig("a.example.com", "A"), Code::NxDomain);
}

#[test]
fn r53_chg_02_create_delete_and_upsert_look_at_what_is_there() {
    let (mut bench, zone) = Bench::with_zone();
    let www = simple("www.example.com", "A", &["192.0.2.1"]);
    bench.change(&zone, &[("CREATE", www.clone())]);
    let message = bench.wrong(&zone, &[("CREATE", www.clone())]);
    let there = "[Tried to create resource record set [name='www.example.com.', type='A'] but it \
                 already exists]";
    assert_eq!(message, there);
    let other = with(www.clone(), json!({"TTL": 60}));
    let message = bench.wrong(&zone, &[("DELETE", other.clone())]);
    assert!(message.ends_with("but the values provided do not match the current values]"));
    let missing = simple("no.example.com", "A", &["192.0.2.1"]);
    assert!(bench.wrong(&zone, &[("DELETE", missing)]).ends_with("but it was not found]"));
    bench.change(&zone, &[("UPSERT", other)]);
    assert_eq!(bench.dig("www.example.com", "A").answers[0].ttl_s, 60);
    let swap = [
        ("DELETE", with(www.clone(), json!({"TTL": 60}))),
        ("CREATE", simple("www.example.com", "CNAME", &["example.net"])),
    ];
    bench.change(&zone, &swap);
    assert_eq!(bench.dig("www.example.com", "A").answers[0].kind, RecordType::CNAME);
}

#[test]
fn r53_chg_03_name_servers_know_later_and_only_get_change_tells() {
    let mut bench = Bench::slow();
    let zone = bench.zone("example.com");
    let input = batch(&zone, &[("CREATE", simple("www.example.com", "A", &["192.0.2.1"]))]);
    let info = bench.ok("ChangeResourceRecordSets", input)["ChangeInfo"].clone();
    assert_eq!(info["Status"], "PENDING");
    let listed = bench.ok("ListResourceRecordSets", json!({"HostedZoneId": zone}));
    assert_eq!(listed["ResourceRecordSets"].as_array().unwrap().len(), 3);
    bench.pass(Duration::from_secs(19));
    is_nothing(&bench.dig("www.example.com", "A"), Code::NxDomain);
    bench.pass(Duration::from_secs(42));
    assert_eq!(bench.addresses("www.example.com"), ["192.0.2.1"]);
    let change = bench.ok("GetChange", json!({"Id": info["Id"]}));
    assert_eq!(change["ChangeInfo"]["Status"], "INSYNC");
    assert_eq!(bench.err("GetChange", json!({"Id": "C0"})).code, "NoSuchChange");
}

#[test]
fn later_changes_never_overtake_earlier_ones() {
    let mut bench = Bench::slow();
    let zone = bench.zone("example.com");
    for last in 0..20 {
        let value = format!("192.0.2.{last}");
        let input = batch(&zone, &[("UPSERT", simple("www.example.com", "A", &[&value]))]);
        bench.ok("ChangeResourceRecordSets", input);
    }
    bench.pass(Duration::from_secs(120));
    assert_eq!(bench.addresses("www.example.com"), ["192.0.2.19"]);
}

#[test]
fn r53_chg_04_a_batch_has_limits() {
    let (mut bench, zone) = Bench::with_zone();
    let values: Vec<String> = (0..=255).map(|last| format!("192.0.2.{last}")).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let set = |name: &str| simple(name, "A", &values);
    let two = [("UPSERT", set("a.example.com")), ("UPSERT", set("b.example.com"))];
    assert!(bench.wrong(&zone, &two).contains("limit of 1000 exceeded"));
    let two = two.map(|(_, set)| ("CREATE", set));
    bench.change(&zone, &two);
    let long = format!("\"{}\"", "a".repeat(250)).repeat(15);
    let texts: Vec<String> = (0..9).map(|at| format!("\"{at}\"{long}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let message = bench.wrong(&zone, &[("CREATE", simple("t.example.com", "TXT", &texts))]);
    assert!(message.contains("character limit of 32000"), "{message}");
}

#[test]
fn r53_chg_05_a_name_has_at_most_a_hundred_records() {
    let (mut bench, zone) = Bench::with_zone();
    let set = |at: u8| one("w.example.com", &format!("s{at}"), at, json!({"Weight": 1}));
    let all: Vec<_> = (0..100).map(|at| ("CREATE", set(at))).collect();
    bench.change(&zone, &all);
    let message = bench.wrong(&zone, &[("CREATE", set(100))]);
    assert!(message.contains("more than 100"), "{message}");
}

#[test]
fn r53_chg_06_a_ttl_is_no_negative_number() {
    let (mut bench, zone) = Bench::with_zone();
    for ttl in [-1_i64, 2_147_483_648] {
        let set = with(simple("a.example.com", "A", &["192.0.2.1"]), json!({"TTL": ttl}));
        let error = bench.err("ChangeResourceRecordSets", batch(&zone, &[("CREATE", set)]));
        assert_eq!(error.code, "InvalidInput");
    }
}

#[test]
fn r53_chg_07_weighted_records_have_one_ttl() {
    let (mut bench, zone) = Bench::with_zone();
    bench.upsert(&zone, one("w.example.com", "a", 1, json!({"Weight": 1})));
    let other = one("w.example.com", "b", 2, json!({"Weight": 1, "TTL": 60}));
    assert!(bench.wrong(&zone, &[("CREATE", other)]).contains("different TTLs"));
}

#[test]
fn r53_chg_08_sets_of_a_group_have_identifiers_and_one_policy() {
    let (mut bench, zone) = Bench::with_zone();
    let without = with(simple("w.example.com", "A", &["192.0.2.1"]), json!({"Weight": 1}));
    let error = bench.err("ChangeResourceRecordSets", batch(&zone, &[("CREATE", without)]));
    assert_eq!(error.code, "InvalidInput");
    assert_eq!(
        error.message,
        "Invalid request: Missing field 'SetIdentifier' in Change with [Action=CREATE, \
         Name=w.example.com., Type=A, SetIdentifier=null]"
    );
    bench.upsert(&zone, simple("w.example.com", "A", &["192.0.2.1"]));
    let weighted = one("w.example.com", "a", 2, json!({"Weight": 1}));
    let message = bench.wrong(&zone, &[("CREATE", weighted)]);
    assert!(message.contains("non multi-answer RRSet exists"), "{message}");
    bench.upsert(&zone, one("v.example.com", "a", 2, json!({"Weight": 1})));
    let failover = one("v.example.com", "b", 3, json!({"Failover": "PRIMARY"}));
    assert!(bench.wrong(&zone, &[("CREATE", failover)]).contains("different routing policies"));
}

#[test]
fn r53_zn_09_a_cname_is_alone_and_not_at_the_apex() {
    let (mut bench, zone) = Bench::with_zone();
    let apex = simple("example.com", "CNAME", &["example.net"]);
    let message = bench.wrong(&zone, &[("CREATE", apex)]);
    let at_apex = "RRSet of type CNAME with DNS name example.com. is not permitted at apex in \
                   zone example.com.";
    assert!(message.contains(at_apex), "{message}");
    bench.upsert(&zone, simple("www.example.com", "A", &["192.0.2.1"]));
    let beside = simple("www.example.com", "CNAME", &["example.net"]);
    assert!(bench.wrong(&zone, &[("CREATE", beside)]).contains("conflicts with other records"));
}

#[test]
fn r53_zn_11_a_type_that_is_not_known_is_invalid() {
    let (mut bench, zone) = Bench::with_zone();
    let set = simple("l.example.com", "LOC", &["51 30 0 N 0 7 0 W 10m"]);
    let error = bench.err("ChangeResourceRecordSets", batch(&zone, &[("CREATE", set)]));
    assert_eq!(error.code, "InvalidInput");
}

#[test]
fn the_records_of_the_zone_itself_stay_and_others_names_do_not_come() {
    let (mut bench, zone) = Bench::with_zone();
    let listed = bench.ok("ListResourceRecordSets", json!({"HostedZoneId": zone}));
    for set in listed["ResourceRecordSets"].as_array().unwrap() {
        assert!(bench.wrong(&zone, &[("DELETE", set.clone())]).contains("A HostedZone must"));
    }
    let foreign = simple("www.example.net", "A", &["192.0.2.1"]);
    assert_eq!(
        bench.wrong(&zone, &[("CREATE", foreign)]),
        "[RRSet with DNS name www.example.net. is not permitted in zone example.com.]"
    );
}

#[test]
fn records_are_listed_in_pages_from_the_right() {
    let (mut bench, zone) = Bench::with_zone();
    for name in ["b.example.com", "a.c.example.com", "*.example.com"] {
        bench.upsert(&zone, simple(name, "A", &["192.0.2.1"]));
    }
    let names = |listed: &Value| -> Vec<String> {
        let sets = listed["ResourceRecordSets"].as_array().unwrap().iter();
        sets.map(|set| set["Name"].as_str().unwrap().to_owned()).collect()
    };
    let input = json!({"HostedZoneId": zone, "MaxItems": "4"});
    let first = bench.ok("ListResourceRecordSets", input);
    let all = ["example.com.", "example.com.", "\\052.example.com.", "b.example.com."];
    assert_eq!(names(&first), all);
    assert_eq!((&first["IsTruncated"], &first["MaxItems"]), (&json!(true), &json!("4")));
    let input = json!({
        "HostedZoneId": zone, "StartRecordName": first["NextRecordName"],
        "StartRecordType": first["NextRecordType"],
    });
    assert_eq!(names(&bench.ok("ListResourceRecordSets", input)), ["a.c.example.com."]);
}

#[test]
fn r53_tm_05_a_switch_by_record_costs_propagation_and_ttl() {
    let mut bench = Bench::slow();
    let zone = bench.zone("example.com");
    bench.upsert(&zone, simple("www.example.com", "A", &["192.0.2.1"]));
    let cached = bench.dig("www.example.com", "A");
    let begun = bench.now;
    let input = batch(&zone, &[("UPSERT", simple("www.example.com", "A", &["192.0.2.2"]))]);
    bench.ok("ChangeResourceRecordSets", input);
    while bench.addresses("www.example.com") != ["192.0.2.2"] {
        bench.pass(Duration::from_secs(1));
    }
    let propagated = bench.now.since(begun).as_secs();
    assert!((20..=60).contains(&propagated), "{propagated}");
    // Who asked just before keeps the old address this much longer.
    assert_eq!(cached.ttl_s(), 300);
}
