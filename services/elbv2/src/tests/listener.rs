//! Listeners and their certificates through the operations.

use standin_kernel::{Value, json};

use super::{Bench, and, fixed, forward, listener, text};

const CERTIFICATE: &str = "arn:aws:acm:ap-northeast-1:123456789012:certificate/1";

fn https(balancer: &str, port: u16) -> Value {
    let tls = json!({"Protocol": "HTTPS", "Certificates": [{"CertificateArn": CERTIFICATE}]});
    and(listener(balancer, port, fixed("200")), tls)
}

#[test]
fn a_listener_is_shown_as_on_aws() {
    let mut bench = Bench::new();
    let (balancer, arn, group) = bench.site();
    let id = balancer.rsplit('/').next().unwrap();
    let start =
        format!("arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:listener/app/web/{id}/");
    assert!(arn.starts_with(&start) && arn.len() == start.len() + 16, "{arn}");
    let shown = bench.ok("DescribeListeners", json!({"LoadBalancerArn": balancer}));
    let action = json!({
        "Type": "forward",
        "TargetGroupArn": group,
        "ForwardConfig": {
            "TargetGroups": [{"TargetGroupArn": group, "Weight": 1}],
            "TargetGroupStickinessConfig": {"Enabled": false},
        },
    });
    let expected = json!({
        "ListenerArn": arn, "LoadBalancerArn": balancer, "Port": 80, "Protocol": "HTTP",
        "DefaultActions": [action],
    });
    assert_eq!(shown["Listeners"], json!([expected]));
    let by_arn = bench.ok("DescribeListeners", json!({"ListenerArns": [arn]}));
    assert_eq!(by_arn, shown);
    for way in [json!({}), json!({"LoadBalancerArn": balancer, "ListenerArns": [arn]})] {
        assert_eq!(bench.refusal("DescribeListeners", way), "ValidationError");
    }
    let nobody = json!({"LoadBalancerArn": "x"});
    assert_eq!(bench.refusal("DescribeListeners", nobody), "LoadBalancerNotFound");
}

#[test]
fn alb_ls_01_a_port_from_1_to_65535_each_once() {
    let mut bench = Bench::new();
    let (balancer, first, group) = bench.site();
    for port in [0, 65_536] {
        let asked = and(listener(&balancer, 80, forward(&group)), json!({"Port": port}));
        assert_eq!(bench.refusal("CreateListener", asked), "ValidationError");
    }
    let error = bench.err("CreateListener", listener(&balancer, 80, fixed("200")));
    assert_eq!(error.code, "DuplicateListener");
    let message =
        format!("A listener already exists on this port for this load balancer '{balancer}'");
    assert_eq!(error.message, message);
    // The same again is the same.
    assert_eq!(bench.listener(&balancer, 80, &group), first);
    let other = bench.listener(&balancer, 65_535, &group);
    let moved = json!({"ListenerArn": other, "Port": 80});
    assert_eq!(bench.refusal("ModifyListener", moved), "DuplicateListener");
}

#[test]
fn alb_ls_11_a_load_balancer_has_fifty_listeners() {
    let mut bench = Bench::new();
    let balancer = bench.balancer();
    for port in 1..=50 {
        bench.ok("CreateListener", listener(&balancer, port, fixed("200")));
    }
    let more = listener(&balancer, 51, fixed("200"));
    assert_eq!(bench.refusal("CreateListener", more), "TooManyListeners");
}

#[test]
fn protocols_of_other_load_balancers_are_refused() {
    let mut bench = Bench::new();
    let balancer = bench.balancer();
    let asked =
        |protocol: Value| and(listener(&balancer, 80, fixed("200")), json!({"Protocol": protocol}));
    let error = bench.err("CreateListener", asked("TCP".into()));
    assert_eq!(error.code, "UnsupportedProtocol");
    assert_eq!(error.message, "Listener protocol 'TCP' must be one of 'HTTPS, HTTP'");
    assert_eq!(bench.refusal("CreateListener", asked("FTP".into())), "ValidationError");
    assert_eq!(bench.refusal("CreateListener", asked(Value::Null)), "ValidationError");
    let nobody = listener("x", 80, fixed("200"));
    assert_eq!(bench.refusal("CreateListener", nobody), "LoadBalancerNotFound");
}

#[test]
fn https_needs_one_certificate_and_http_has_none() {
    let mut bench = Bench::new();
    let balancer = bench.balancer();
    let made = bench.ok("CreateListener", https(&balancer, 443));
    let shown = &made["Listeners"][0];
    assert_eq!(shown["SslPolicy"], "ELBSecurityPolicy-2016-08");
    assert_eq!(shown["Certificates"], json!([{"CertificateArn": CERTIFICATE}]));
    let none = and(https(&balancer, 444), json!({"Certificates": []}));
    let error = bench.err("CreateListener", none);
    assert_eq!(error.message, "A certificate must be specified for HTTPS listeners");
    let one = json!({"CertificateArn": CERTIFICATE});
    let two = and(https(&balancer, 444), json!({"Certificates": [one, one]}));
    assert_eq!(bench.refusal("CreateListener", two), "TooManyCertificates");
    let bad = and(https(&balancer, 444), json!({"Certificates": [{"CertificateArn": "x"}]}));
    assert_eq!(bench.refusal("CreateListener", bad), "ValidationError");
    let policy = and(https(&balancer, 444), json!({"SslPolicy": "Best"}));
    assert_eq!(bench.refusal("CreateListener", policy), "SSLPolicyNotFound");
    for of_https in [json!({"Certificates": [one]}), json!({"SslPolicy": "ELBSecurityPolicy-X"})] {
        let http = and(listener(&balancer, 80, fixed("200")), of_https);
        assert_eq!(bench.refusal("CreateListener", http), "ValidationError");
    }
    let mutual = and(https(&balancer, 444), json!({"MutualAuthentication": {"Mode": "verify"}}));
    assert!(bench.err("CreateListener", mutual).message.contains("MutualAuthentication"));
    let off = and(https(&balancer, 444), json!({"MutualAuthentication": {"Mode": "off"}}));
    bench.ok("CreateListener", off);
    let alpn = and(https(&balancer, 445), json!({"AlpnPolicy": ["HTTP2Only"]}));
    assert_eq!(bench.refusal("CreateListener", alpn), "ValidationError");
}

#[test]
fn a_listener_changes_what_is_named() {
    let mut bench = Bench::new();
    let (balancer, arn, group) = bench.site();
    let answer = bench.ok("ModifyListener", json!({"ListenerArn": arn, "Port": 8080}));
    assert_eq!(answer["Listeners"][0]["Port"], 8080);
    assert_eq!(answer["Listeners"][0]["DefaultActions"][0]["TargetGroupArn"], group);
    let host = bench.dns_name(&balancer);
    assert!(bench.elbv2.has_listener(&host, 8080) && !bench.elbv2.has_listener(&host, 80));
    let actions = json!({"ListenerArn": arn, "DefaultActions": [fixed("503")]});
    let answer = bench.ok("ModifyListener", actions);
    assert_eq!(answer["Listeners"][0]["DefaultActions"][0]["Type"], "fixed-response");
    let https = json!({"ListenerArn": arn, "Protocol": "HTTPS"});
    assert_eq!(bench.refusal("ModifyListener", https.clone()), "ValidationError");
    let certificates = json!({"Certificates": [{"CertificateArn": CERTIFICATE}]});
    let answer = bench.ok("ModifyListener", and(https, certificates));
    assert_eq!(answer["Listeners"][0]["Certificates"][0]["CertificateArn"], CERTIFICATE);
    let answer = bench.ok("ModifyListener", json!({"ListenerArn": arn, "Protocol": "HTTP"}));
    assert!(answer["Listeners"][0]["Certificates"].is_null());
    let nobody = json!({"ListenerArn": "x", "Port": 1});
    assert_eq!(bench.refusal("ModifyListener", nobody), "ListenerNotFound");
}

#[test]
fn alb_ac_08_a_listener_does_not_become_https_over_a_redirect_to_http() {
    let mut bench = Bench::new();
    let balancer = bench.balancer();
    let config = json!({"StatusCode": "HTTP_302", "Protocol": "HTTP", "Port": "8080"});
    let redirect = json!({"Type": "redirect", "RedirectConfig": config});
    let made = bench.ok("CreateListener", listener(&balancer, 80, redirect));
    let change = json!({
        "ListenerArn": made["Listeners"][0]["ListenerArn"],
        "Protocol": "HTTPS",
        "Certificates": [{"CertificateArn": CERTIFICATE}],
    });
    assert_eq!(bench.refusal("ModifyListener", change), "InvalidLoadBalancerAction");
}

#[test]
fn a_deleted_listener_is_gone_with_its_rules() {
    let mut bench = Bench::new();
    let (balancer, arn, group) = bench.site();
    let rule = bench.rule(&arn, 1, "/a");
    let host = bench.dns_name(&balancer);
    bench.ok("DeleteListener", json!({"ListenerArn": arn}));
    assert!(!bench.elbv2.has_listener(&host, 80));
    assert_eq!(bench.refusal("DescribeRules", json!({"RuleArns": [rule]})), "RuleNotFound");
    let again = json!({"ListenerArn": arn});
    assert_eq!(bench.refusal("DeleteListener", again), "ListenerNotFound");
    bench.ok("DeleteTargetGroup", json!({"TargetGroupArn": group}));
}

#[test]
fn alb_ls_11_certificates_stand_beside_the_default_one() {
    let mut bench = Bench::new();
    let (balancer, http, _) = bench.site();
    let made = bench.ok("CreateListener", https(&balancer, 443));
    let arn = text(&made["Listeners"][0]["ListenerArn"]);
    let with = |certificate: &str| {
        let certificates = json!([{"CertificateArn": certificate}]);
        json!({"ListenerArn": arn, "Certificates": certificates})
    };
    let other = "arn:aws:acm:ap-northeast-1:123456789012:certificate/2";
    bench.ok("AddListenerCertificates", with(other));
    bench.ok("AddListenerCertificates", with(other));
    let shown = bench.ok("DescribeListenerCertificates", json!({"ListenerArn": arn}));
    let expected = json!([
        {"CertificateArn": CERTIFICATE, "IsDefault": true},
        {"CertificateArn": other, "IsDefault": false},
    ]);
    assert_eq!(shown["Certificates"], expected);
    let default = with(CERTIFICATE);
    assert_eq!(bench.refusal("RemoveListenerCertificates", default), "OperationNotPermitted");
    bench.ok("RemoveListenerCertificates", with(other));
    let shown = bench.ok("DescribeListenerCertificates", json!({"ListenerArn": arn}));
    assert_eq!(shown["Certificates"].as_array().unwrap().len(), 1);
    for number in 2..27 {
        bench.ok("AddListenerCertificates", with(&format!("arn:aws:acm:::certificate/{number}")));
    }
    let more = with("arn:aws:acm:::certificate/27");
    assert_eq!(bench.refusal("AddListenerCertificates", more.clone()), "TooManyCertificates");
    // Those of all its listeners together.
    let made = bench.ok("CreateListener", https(&balancer, 8443));
    let second = text(&made["Listeners"][0]["ListenerArn"]);
    let more = and(more, json!({"ListenerArn": second}));
    assert_eq!(bench.refusal("AddListenerCertificates", more), "TooManyCertificates");
    let plain = json!({"ListenerArn": http, "Certificates": [{"CertificateArn": other}]});
    let code = bench.refusal("AddListenerCertificates", plain);
    assert_eq!(code, "InvalidConfigurationRequest");
}
