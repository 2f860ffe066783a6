//! Names of a hosted zone in the virtual world: who asks when reaches what.

use standin_kernel::{Bytes, Duration, ServiceName, Value, json};
use standin_sim::{Cohort, Resolver};

use crate::stage::Site;

const ROUTE53: ServiceName = ServiceName::Route53;
const S3: ServiceName = ServiceName::S3;
const NAME: &str = "www.example.com";
const PAGE: &[u8] = b"come back later\n";

/// A site with a zone; its id.
fn with_zone() -> (Site, String) {
    let mut site = Site::new(&[]);
    let input = json!({"Name": "example.com", "CallerReference": "1"});
    let made = site.world.call(ROUTE53, "CreateHostedZone", input).unwrap();
    let zone = made["HostedZone"]["Id"].as_str().unwrap().to_owned();
    site.pass(1);
    (site, zone)
}

fn create(site: &mut Site, zone: &str, set: &Value) {
    let changes = json!([{"Action": "CREATE", "ResourceRecordSet": set}]);
    let input = json!({"HostedZoneId": zone, "ChangeBatch": {"Changes": changes}});
    site.world.call(ROUTE53, "ChangeResourceRecordSets", input).unwrap();
    site.pass(1);
}

fn alias(role: &str, zone: &str, target: &str, evaluate: bool) -> Value {
    json!({
        "Name": NAME, "Type": "A", "SetIdentifier": role, "Failover": role,
        "AliasTarget": {
            "HostedZoneId": zone, "DNSName": target, "EvaluateTargetHealth": evaluate,
        },
    })
}

/// The load balancer first, then the website of a bucket with the name.
fn with_failover() -> Site {
    let (mut site, zone) = with_zone();
    let arn = site.physical("LoadBalancer");
    let input = json!({"LoadBalancerArns": [arn]});
    let described = site.world.call(ServiceName::Elbv2, "DescribeLoadBalancers", input).unwrap();
    let balancer = &described["LoadBalancers"][0];
    let text = |name: &str| balancer[name].as_str().unwrap().to_owned();
    let primary = alias("PRIMARY", &text("CanonicalHostedZoneId"), &text("DNSName"), true);
    create(&mut site, &zone, &primary);
    let website = "s3-website-ap-northeast-1.amazonaws.com";
    create(&mut site, &zone, &alias("SECONDARY", "Z2M4EHUR26P7ZW", website, false));
    let place = json!({"LocationConstraint": "ap-northeast-1"});
    let bucket = json!({"Bucket": NAME, "CreateBucketConfiguration": place});
    site.world.call(S3, "CreateBucket", bucket).unwrap();
    let open = json!({"Bucket": NAME, "PublicAccessBlockConfiguration": {}});
    site.world.call(S3, "PutPublicAccessBlock", open).unwrap();
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": format!("arn:aws:s3:::{NAME}/*"),
    }]});
    let policy = json!({"Bucket": NAME, "Policy": policy.to_string()});
    site.world.call(S3, "PutBucketPolicy", policy).unwrap();
    let website = json!({"IndexDocument": {"Suffix": "index.html"}});
    let website = json!({"Bucket": NAME, "WebsiteConfiguration": website});
    site.world.call(S3, "PutBucketWebsite", website).unwrap();
    let page = Bytes::from_static(PAGE);
    site.world.put_object(NAME, "index.html", "text/html", page).unwrap();
    site
}

/// Status and body of what a cohort gets now; nothing when there is no answer.
fn got(site: &mut Site, name: &str, resolver: Resolver) -> Option<(u16, Bytes)> {
    let cohort = Cohort { resolver, ..Cohort::default() };
    let visit = site.world.visit((name, 0), &cohort, (NAME, "/"), false);
    site.pass(1);
    let (head, body) = site.world.visited(visit)?.page?.answer?;
    Some((head.status, body))
}

fn status(site: &mut Site, name: &str, resolver: Resolver) -> Option<u16> {
    got(site, name, resolver).map(|(status, _)| status)
}

#[test]
fn r53_pt_01_a_website_stands_in_for_a_load_balancer_without_healthy_targets() {
    let mut site = with_failover();
    assert_eq!(status(&mut site, "new", Resolver::Fresh), Some(200));
    assert_ne!(got(&mut site, "new", Resolver::Fresh).unwrap().1, PAGE);
    site.broken("Service", "stop");
    site.pass(60);
    let (status, body) = got(&mut site, "new", Resolver::Fresh).unwrap();
    assert_eq!((status, &body[..]), (200, PAGE));
    site.repair();
    site.pass(120);
    assert_ne!(got(&mut site, "new", Resolver::Fresh).unwrap().1, PAGE);
}

#[test]
fn r53_pt_05_who_keeps_the_address_still_gets_what_fails_open() {
    let mut site = with_failover();
    assert_eq!(status(&mut site, "old", Resolver::Kept), Some(200));
    // Tasks that answer 500 to everything stay registered, and get requests when all are unfit.
    site.broken("Service", "status=500");
    let fresh_page =
        |site: &mut Site| got(site, "new", Resolver::Fresh).is_some_and(|(_, body)| body == PAGE);
    let until = site.world.now() + Duration::from_secs(60);
    while !fresh_page(&mut site) {
        assert!(site.world.now() < until, "the alias stays healthy");
    }
    assert_eq!(status(&mut site, "old", Resolver::Kept), Some(500));
}

#[test]
fn r53_tm_02_a_resolver_keeps_the_old_address_for_the_ttl() {
    let mut site = with_failover();
    assert_eq!(status(&mut site, "reader", Resolver::Cached), Some(200));
    let asked = site.world.now();
    site.broken("ap-northeast-1", "stop");
    while status(&mut site, "reader", Resolver::Cached).is_none() {
        assert!(site.world.now().since(asked) < Duration::from_secs(70));
        // The bucket is in the Region, too: only that the address has changed shows.
        if site.world.now().since(asked) > Duration::from_secs(62) {
            break;
        }
    }
    site.repair();
    let (_, body) = got(&mut site, "reader", Resolver::Cached).unwrap();
    assert_eq!(body, PAGE);
}

#[test]
fn r53_tm_06_a_name_that_was_missing_for_a_moment_stays_missing_for_900_seconds() {
    let (mut site, zone) = with_zone();
    assert_eq!(status(&mut site, "early", Resolver::Cached), None);
    let asked = site.world.now();
    let arn = site.physical("LoadBalancer");
    let input = json!({"LoadBalancerArns": [arn]});
    let described = site.world.call(ServiceName::Elbv2, "DescribeLoadBalancers", input).unwrap();
    let balancer = &described["LoadBalancers"][0];
    let text = |name: &str| balancer[name].as_str().unwrap().to_owned();
    let mut set = alias("PRIMARY", &text("CanonicalHostedZoneId"), &text("DNSName"), false);
    set.as_object_mut()
        .unwrap()
        .retain(|name, _| !["SetIdentifier", "Failover"].contains(&&**name));
    create(&mut site, &zone, &set);
    assert_eq!(status(&mut site, "late", Resolver::Cached), Some(200));
    while status(&mut site, "early", Resolver::Cached).is_none() {
        site.pass(10);
    }
    let missing = site.world.now().since(asked).as_secs();
    assert!((895..=915).contains(&missing), "{missing}");
}
