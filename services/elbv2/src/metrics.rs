//! What CloudWatch is told of each minute, in namespace `AWS/ApplicationELB` (ALB-LG-05).
//!
//! Connections are the driver's: of them nothing is told (`ActiveConnectionCount`,
//! `NewConnectionCount`, `RejectedConnectionCount`, `ProcessedBytes`). One machine is one node, so
//! the values with `AvailabilityZone` are those of the first zone.

use std::collections::BTreeMap;
use std::sync::Arc;

use standin_kernel::Cx;
use standin_kernel::metric::{self, Datum, Minute, Statistics, Values};

use crate::Elbv2;
use crate::data::Hosts;
use crate::data::meter::{Counts, Whose};
use crate::state::full_name;

const NAMESPACE: &str = "AWS/ApplicationELB";
const LOAD_BALANCER: &str = "LoadBalancer";
const TARGET_GROUP: &str = "TargetGroup";

type Dimensions = Vec<(&'static str, String)>;

impl Elbv2 {
    /// Tells of the minutes that are over.
    pub(crate) fn tell_metrics(&mut self, cx: &mut Cx<'_>) {
        while let Some(minute) = self.balancer.meters.take(cx.now) {
            self.tell(cx, &minute);
        }
    }

    fn tell(&mut self, cx: &mut Cx<'_>, minute: &Minute<Whose, Counts>) {
        let began = minute.began;
        let mut data = Vec::new();
        let mut totals: BTreeMap<Arc<str>, Counts> = BTreeMap::new();
        for (whose, counts) in &minute.counts {
            let total = totals.entry(Arc::clone(&whose.load_balancer)).or_default();
            match &whose.target_group {
                None => *total = counts.clone(),
                Some(group) => {
                    total.join(counts);
                    for place in self.places(&whose.load_balancer, Some(group)) {
                        of_targets(&mut data, counts, &place);
                    }
                    self.per_target(&mut data, counts, &whose.load_balancer, group);
                }
            }
        }
        for (load_balancer, counts) in &totals {
            for place in self.places(load_balancer, None) {
                of_targets(&mut data, counts, &place);
                of_load_balancer(&mut data, counts, &place);
            }
        }
        for (group, hosts) in self.balancer.take_hosts() {
            // The next minute is told in any case.
            self.balancer.meters.begin(cx);
            for load_balancer in self.state.load_balancers_using(&group) {
                of_hosts(&mut data, hosts, &dimensions(load_balancer, Some(&group)));
            }
        }
        metric::put(cx, NAMESPACE, began, data);
    }

    /// The dimensions under which values stand: without a zone, and with it.
    fn places(&self, load_balancer: &str, group: Option<&str>) -> Vec<Dimensions> {
        let without = dimensions(load_balancer, group);
        let known = self.state.load_balancers.get(load_balancer);
        let Some(first) = known.and_then(|one| one.placement.subnets.first()) else {
            return vec![without];
        };
        let mut with = without.clone();
        with.push(("AvailabilityZone", first.zone.clone()));
        vec![without, with]
    }

    /// `RequestCountPerTarget`: the requests of a group over its healthy targets.
    fn per_target(&self, data: &mut Vec<Datum>, counts: &Counts, load_balancer: &str, group: &str) {
        let healthy =
            self.balancer.health(group).iter().filter(|one| one.state == "healthy").count();
        if counts.requests == 0 || healthy == 0 {
            return;
        }
        let share = counts.requests as f64 / healthy as f64;
        let only = vec![(TARGET_GROUP, group_name(group).to_owned())];
        for dimensions in [only, dimensions(load_balancer, Some(group))] {
            let values = Values::Statistics(Statistics::one(share));
            data.push(Datum { name: "RequestCountPerTarget", dimensions, unit: "None", values });
        }
    }
}

fn dimensions(load_balancer: &str, group: Option<&str>) -> Dimensions {
    let mut dimensions = vec![(LOAD_BALANCER, full_name(load_balancer).to_owned())];
    if let Some(group) = group {
        dimensions.push((TARGET_GROUP, group_name(group).to_owned()));
    }
    dimensions
}

/// `targetgroup/NAME/ID`
fn group_name(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}

/// Only what there is to report.
fn add(data: &mut Vec<Datum>, place: &Dimensions, counts: &[(&'static str, u64)]) {
    let there = counts.iter().filter(|(_, count)| *count > 0);
    data.extend(there.map(|(name, count)| Datum::count(name, place.clone(), *count)));
}

fn of_targets(data: &mut Vec<Datum>, counts: &Counts, place: &Dimensions) {
    let [ok, redirect, client, server] = counts.target.counts();
    add(
        data,
        place,
        &[
            ("RequestCount", counts.requests),
            ("HTTPCode_Target_2XX_Count", ok),
            ("HTTPCode_Target_3XX_Count", redirect),
            ("HTTPCode_Target_4XX_Count", client),
            ("HTTPCode_Target_5XX_Count", server),
            ("TargetConnectionErrorCount", counts.connection_errors),
            ("TargetTLSNegotiationErrorCount", counts.tls_errors),
            ("UnhealthyRoutingRequestCount", counts.unhealthy_routing),
        ],
    );
    if !counts.response_times.is_empty() {
        let spread = counts.response_times.clone();
        data.push(Datum {
            name: "TargetResponseTime",
            dimensions: place.clone(),
            unit: "Seconds",
            values: Values::Spread { spread, unit_micros: 1_000_000 },
        });
    }
}

fn of_load_balancer(data: &mut Vec<Datum>, counts: &Counts, place: &Dimensions) {
    let [_, redirect, client, server] = counts.own.counts();
    add(
        data,
        place,
        &[
            ("HTTPCode_ELB_3XX_Count", redirect),
            ("HTTPCode_ELB_4XX_Count", client),
            ("HTTPCode_ELB_5XX_Count", server),
            ("HTTPCode_ELB_500_Count", counts.own_500),
            ("HTTPCode_ELB_502_Count", counts.own_502),
            ("HTTPCode_ELB_503_Count", counts.own_503),
            ("HTTPCode_ELB_504_Count", counts.own_504),
            ("HTTP_Fixed_Response_Count", counts.fixed_responses),
            ("HTTP_Redirect_Count", counts.redirects),
            ("HTTP_Redirect_Url_Limit_Exceeded_Count", counts.redirects_too_long),
            ("DesyncMitigationMode_NonCompliant_Request_Count", counts.not_compliant),
        ],
    );
}

/// ALB-LG-08
fn of_hosts(data: &mut Vec<Datum>, hosts: Hosts, place: &Dimensions) {
    for (name, range) in
        [("HealthyHostCount", hosts.healthy), ("UnHealthyHostCount", hosts.unhealthy)]
    {
        let [sum, minimum, maximum] = [range.last, range.least, range.most].map(|one| one as f64);
        let values = Values::Statistics(Statistics { samples: 1.0, sum, minimum, maximum });
        data.push(Datum { name, dimensions: place.clone(), unit: "Count", values });
    }
}
