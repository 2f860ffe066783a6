//! Hosted zones by themselves.

use super::*;

#[test]
fn r53_zn_01_a_new_zone_has_four_name_servers_and_an_soa_record() {
    let (mut bench, _) = Bench::with_zone();
    let servers = bench.dig("example.com", "NS").answers;
    assert_eq!(servers.len(), 4);
    assert!(servers.iter().all(|record| record.ttl_s == 172_800));
    let names: Vec<String> =
        servers.iter().map(|record| crate::cname(record).unwrap().to_string()).collect();
    for end in [".com.", ".net.", ".org.", ".co.uk."] {
        assert_eq!(names.iter().filter(|name| name.ends_with(end)).count(), 1, "{names:?}");
    }
    assert_eq!(bench.dig("example.com", "SOA").answers[0].ttl_s, 900);
}

#[test]
fn r53_zn_02_the_serial_stays_one() {
    let (mut bench, zone) = Bench::with_zone();
    for value in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
        bench.upsert(&zone, simple("www.example.com", "A", &[value]));
    }
    let input = json!({"HostedZoneId": zone, "StartRecordName": "example.com",
        "StartRecordType": "SOA", "MaxItems": "1"});
    let listed = bench.ok("ListResourceRecordSets", input);
    let value = listed["ResourceRecordSets"][0]["ResourceRecords"][0]["Value"].as_str().unwrap();
    let (server, rest) = value.split_once(' ').unwrap();
    assert!(server.starts_with("ns-"), "{server}");
    assert_eq!(rest, "awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400");
}

#[test]
fn r53_zn_12_of_two_zones_with_one_name_both_are_kept_and_the_same_one_answers() {
    let (mut bench, first) = Bench::with_zone();
    let input = json!({"Name": "example.com", "CallerReference": "again"});
    let second = bench.ok("CreateHostedZone", input);
    let second = second["HostedZone"]["Id"].as_str().unwrap().to_owned();
    for (zone, value) in [(first.as_str(), "192.0.2.1"), (&second, "192.0.2.2")] {
        bench.upsert(zone, simple("www.example.com", "A", &[value]));
    }
    assert_eq!(bench.addresses("www.example.com").len(), 1);
    assert_eq!(bench.ok("GetHostedZoneCount", json!({}))["HostedZoneCount"], 2);
    for (zone, value) in [(first.as_str(), "192.0.2.1"), (&second, "192.0.2.2")] {
        let input = json!({
            "HostedZoneId": zone, "RecordName": "www.example.com", "RecordType": "A",
        });
        assert_eq!(bench.ok("TestDNSAnswer", input)["RecordData"], json!([value]));
    }
}

#[test]
fn a_zone_goes_only_when_it_is_empty() {
    let (mut bench, zone) = Bench::with_zone();
    let www = simple("www.example.com", "A", &["192.0.2.1"]);
    bench.upsert(&zone, www.clone());
    assert_eq!(bench.err("DeleteHostedZone", json!({"Id": zone})).code, "HostedZoneNotEmpty");
    bench.change(&zone, &[("DELETE", www)]);
    bench.ok("DeleteHostedZone", json!({"Id": format!("/hostedzone/{zone}")}));
    assert!(bench.answer(&question("example.com", "SOA")).is_none());
    let gone = bench.err("GetHostedZone", json!({"Id": zone}));
    assert_eq!((gone.code.as_str(), gone.status), ("NoSuchHostedZone", 404));
    assert!(bench.records.keys().all(|(kind, _)| kind == "change"), "{:?}", bench.records);
}

#[test]
fn zones_are_listed_by_name_and_in_pages() {
    let mut bench = Bench::new();
    for name in ["b.example", "a.example", "example.com"] {
        bench.zone(name);
    }
    let listed = bench.ok("ListHostedZonesByName", json!({"MaxItems": "2"}));
    let names = |listed: &Value| -> Vec<String> {
        let zones = listed["HostedZones"].as_array().unwrap().iter();
        zones.map(|zone| zone["Name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&listed), ["example.com.", "a.example."]);
    assert_eq!(listed["NextDNSName"], "b.example.");
    let input = json!({"DNSName": "b.example"});
    assert_eq!(names(&bench.ok("ListHostedZonesByName", input)), ["b.example."]);
    let first = bench.ok("ListHostedZones", json!({"MaxItems": "2"}));
    assert_eq!(first["IsTruncated"], true);
    let input = json!({"Marker": first["NextMarker"]});
    assert_eq!(names(&bench.ok("ListHostedZones", input)).len(), 1);
}

#[test]
fn the_same_caller_reference_is_no_second_zone() {
    let (mut bench, _) = Bench::with_zone();
    let input = json!({"Name": "example.net", "CallerReference": "example.com"});
    let error = bench.err("CreateHostedZone", input);
    assert_eq!((error.code.as_str(), error.status), ("HostedZoneAlreadyExists", 409));
}

fn private(name: &str, reference: &str, vpc: &str) -> Value {
    json!({
        "Name": name, "CallerReference": reference,
        "VPC": {"VPCRegion": "ap-northeast-1", "VPCId": vpc},
    })
}

#[test]
fn r53_zn_13_private_zones_answer_inside_their_vpcs_only_and_come_first_there() {
    let (mut bench, public) = Bench::with_zone();
    bench.upsert(&public, simple("www.example.com", "A", &["192.0.2.1"]));
    bench.upsert(&public, simple("shop.example.com", "A", &["192.0.2.2"]));
    let made = bench.ok("CreateHostedZone", private("example.com", "inside", "vpc-1"));
    assert_eq!(made["HostedZone"]["Config"]["PrivateZone"], true);
    assert!(made["DelegationSet"].is_null());
    let zone = made["HostedZone"]["Id"].as_str().unwrap().to_owned();
    bench.upsert(&zone, simple("www.example.com", "A", &["10.0.0.1"]));

    let mut asked = |name: &str, vpc: Option<&str>| {
        let question = Question { vpc: vpc.map(str::to_owned), ..question(name, "A") };
        let answer = bench.answer(&question).unwrap();
        (answer.code, answer.addresses().first().map(ToString::to_string))
    };
    let at = |address: &str| (Code::NoError, Some(address.to_owned()));
    assert_eq!(asked("www.example.com", None), at("192.0.2.1"));
    assert_eq!(asked("www.example.com", Some("vpc-2")), at("192.0.2.1"));
    assert_eq!(asked("www.example.com", Some("vpc-1")), at("10.0.0.1"));
    // What the private zone does not have is nowhere, whatever the public one has.
    assert_eq!(asked("shop.example.com", Some("vpc-1")), (Code::NxDomain, None));
    assert_eq!(asked("shop.example.com", None), at("192.0.2.2"));
    // A record that a private zone could not have.
    let alias = json!({"Name": "cdn.example.com", "Type": "A", "AliasTarget": {
        "HostedZoneId": "Z2FDTNDATAQYW2", "DNSName": "d1.cloudfront.net",
        "EvaluateTargetHealth": false}});
    let refused = bench.err("ChangeResourceRecordSets", batch(&zone, &[("CREATE", alias)]));
    assert_eq!(refused.code, "InvalidChangeBatch");
}

#[test]
fn r53_zn_13_vpcs_come_and_go_but_for_the_last() {
    let (mut bench, public) = Bench::with_zone();
    let made = bench.ok("CreateHostedZone", private("inside.example", "one", "vpc-1"));
    let zone = made["HostedZone"]["Id"].as_str().unwrap().to_owned();
    let named = |zone: &str, vpc: &str| {
        let vpc = json!({"VPCRegion": "ap-northeast-1", "VPCId": vpc});
        json!({"HostedZoneId": zone, "VPC": vpc})
    };
    let taken = bench.err("CreateHostedZone", private("inside.example", "two", "vpc-1"));
    assert_eq!(taken.code, "ConflictingDomainExists");
    let refused = bench.err("AssociateVPCWithHostedZone", named(&public, "vpc-1"));
    assert_eq!(refused.code, "PublicZoneVPCAssociation");
    let last = bench.err("DisassociateVPCFromHostedZone", named(&zone, "vpc-1"));
    assert_eq!(last.code, "LastVPCAssociation");
    bench.ok("AssociateVPCWithHostedZone", named(&zone, "vpc-2"));
    let of = |bench: &mut Bench, vpc: &str| {
        let input = json!({"VPCId": vpc, "VPCRegion": "ap-northeast-1"});
        let listed = bench.ok("ListHostedZonesByVPC", input);
        listed["HostedZoneSummaries"].as_array().unwrap().len()
    };
    assert_eq!((of(&mut bench, "vpc-1"), of(&mut bench, "vpc-2")), (1, 1));
    bench.ok("DisassociateVPCFromHostedZone", named(&zone, "vpc-1"));
    let gone = bench.err("DisassociateVPCFromHostedZone", named(&zone, "vpc-1"));
    assert_eq!(gone.code, "VPCAssociationNotFound");
    assert_eq!((of(&mut bench, "vpc-1"), of(&mut bench, "vpc-2")), (0, 1));
    let shown = bench.ok("GetHostedZone", json!({"Id": zone}));
    assert_eq!(shown["VPCs"], json!([{"VPCRegion": "ap-northeast-1", "VPCId": "vpc-2"}]));
    let half = json!({"Name": "x.example", "CallerReference": "x",
        "HostedZoneConfig": {"PrivateZone": true}});
    assert_eq!(bench.err("CreateHostedZone", half).code, "InvalidInput");
}
