//! Whether name servers may lead to a load balancer.

use standin_kernel::{Caller, Duration, Out, Response, Service, json};

use super::{Bench, and, fixed};

impl Bench {
    /// Registers a target whose checks pass or fail, until its health is known.
    fn target(&mut self, group: &str, address: &str, well: bool) {
        let targets = json!([{"Id": address, "Port": 9000}]);
        self.ok("RegisterTargets", json!({"TargetGroupArn": group, "Targets": targets}));
        for _ in 0..200 {
            self.pass(Duration::from_secs(1));
            for out in std::mem::take(&mut self.outs) {
                let Out::Send { caller: Caller::Own(number), request } = out else { continue };
                let asked = *request.link == format!("{address}:9000");
                let status = if asked && !well { 500 } else { 200 };
                let response = Response::text(status, "text/plain", "");
                self.with(|elbv2, cx| elbv2.response(cx, Caller::Own(number), response));
            }
        }
    }
}

#[test]
fn r53_al_08_every_group_with_targets_needs_a_healthy_one() {
    let mut bench = Bench::new();
    let (balancer, listener, first) = bench.site();
    let host = bench.dns_name(&balancer);
    assert!(!bench.elbv2.is_fit_for_dns(&host), "only an empty group");
    bench.target(&first, "10.0.0.1", true);
    assert!(bench.elbv2.is_fit_for_dns(&host));
    // An empty group beside it changes nothing; a broken one takes the whole name out.
    let second = bench.group("second");
    let conditions = json!([{"Field": "path-pattern", "Values": ["/second"]}]);
    let actions = json!([{"Type": "forward", "TargetGroupArn": second}]);
    let rule = json!({"ListenerArn": listener, "Priority": 1});
    bench.ok("CreateRule", and(rule, json!({"Conditions": conditions, "Actions": actions})));
    assert!(bench.elbv2.is_fit_for_dns(&host));
    bench.target(&second, "10.0.0.2", false);
    assert!(!bench.elbv2.is_fit_for_dns(&host));
    assert!(!bench.elbv2.is_fit_for_dns("no-such-1.ap-northeast-1.elb.amazonaws.com"));
}

#[test]
fn r53_pt_04_a_fixed_answer_leaves_the_targets_healthy() {
    let mut bench = Bench::new();
    let (balancer, listener, group) = bench.site();
    let host = bench.dns_name(&balancer);
    bench.target(&group, "10.0.0.1", true);
    let conditions = json!([{"Field": "path-pattern", "Values": ["*"]}]);
    let rule = json!({"ListenerArn": listener, "Priority": 1, "Conditions": conditions});
    bench.ok("CreateRule", and(rule, json!({"Actions": [fixed("503")]})));
    assert!(bench.elbv2.is_fit_for_dns(&host));
}
