//! The attributes of target groups, and which of them do not go together.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{Cx, Duration, Value, json};

use super::attribute::{self, Attribute, Form, Pair};
use super::forward;
use crate::Elbv2;
use crate::config::{Algorithm, Stickiness, TargetGroupAttributes};
use crate::error::{Result, conflicting, invalid};
use crate::state::{Attributes, TargetType};

const DELAY: &str = "deregistration_delay.timeout_seconds";
const SLOW_START: &str = "slow_start.duration_seconds";
const ALGORITHM: &str = "load_balancing.algorithm.type";
const ANOMALY: &str = "load_balancing.algorithm.anomaly_mitigation";
const CROSS_ZONE: &str = "load_balancing.cross_zone.enabled";
const STICKINESS: &str = "stickiness.enabled";
const STICKINESS_TYPE: &str = "stickiness.type";
const LB_COOKIE: &str = "stickiness.lb_cookie.duration_seconds";
const APP_COOKIE: &str = "stickiness.app_cookie.cookie_name";
const APP_COOKIE_DURATION: &str = "stickiness.app_cookie.duration_seconds";
const ROUTING_COUNT: &str =
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count";
const ROUTING_PERCENTAGE: &str =
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage";
const DNS_COUNT: &str = "target_group_health.dns_failover.minimum_healthy_targets.count";
const DNS_PERCENTAGE: &str = "target_group_health.dns_failover.minimum_healthy_targets.percentage";

const ONE_ADDRESS: &str = "the load balancer's name leads to one machine in any case";

/// Every key of a target group of an application load balancer that has no function in it.
const TABLE: &[Attribute] = &[
    // ALB-TG-06
    Attribute::honoured(DELAY, "300", Form::Number(0, 3600)),
    // ALB-TG-11
    Attribute::honoured(
        ALGORITHM,
        "round_robin",
        Form::Word(&["round_robin", "least_outstanding_requests", "weighted_random"]),
    ),
    Attribute::no_effect(
        ANOMALY,
        "off",
        Form::Word(&["on", "off"]),
        "anomalies of targets are not detected here",
    ),
    // ALB-TG-16
    Attribute::no_effect(
        CROSS_ZONE,
        "use_load_balancer_configuration",
        Form::Word(&["true", "false", "use_load_balancer_configuration"]),
        "all targets are in one zone here",
    ),
    // ALB-TG-10
    Attribute::honoured(SLOW_START, "0", Form::ZeroOr(30, 900)),
    Attribute::honoured(STICKINESS, "false", Form::Bool),
    Attribute::honoured(STICKINESS_TYPE, "lb_cookie", Form::Word(&["lb_cookie", "app_cookie"])),
    Attribute::honoured(LB_COOKIE, "86400", Form::Number(1, 604_800)),
    Attribute::honoured(APP_COOKIE, "", Form::Text(1024)),
    Attribute::honoured(APP_COOKIE_DURATION, "86400", Form::Number(1, 604_800)),
    // ALB-FO-03
    Attribute::no_effect(DNS_COUNT, "1", Form::OffOr(1, 1000), ONE_ADDRESS),
    Attribute::no_effect(DNS_PERCENTAGE, "off", Form::OffOr(1, 100), ONE_ADDRESS),
    // ALB-FO-02
    Attribute::honoured(ROUTING_COUNT, "1", Form::Number(1, 1000)),
    Attribute::honoured(ROUTING_PERCENTAGE, "off", Form::OffOr(1, 100)),
];

/// ALB-LA-02
const MULTI_VALUE: &str = "lambda.multi_value_headers.enabled";

/// Every key of a target group with a function.
const OF_FUNCTIONS: &[Attribute] = &[Attribute::honoured(MULTI_VALUE, "false", Form::Bool)];

const fn table(target_type: TargetType) -> &'static [Attribute] {
    match target_type {
        TargetType::Instance | TargetType::Ip => TABLE,
        TargetType::Lambda => OF_FUNCTIONS,
    }
}

/// What a key has when nobody set it.
pub(crate) fn default_of(key: &str) -> Option<&'static str> {
    attribute::default_of(TABLE, key).or_else(|| attribute::default_of(OF_FUNCTIONS, key))
}

/// What the data plane goes by.
pub(crate) fn compiled(have: &Attributes) -> TargetGroupAttributes {
    let seconds = |key| Duration::from_secs(attribute::number(TABLE, have, key));
    let count = |key| attribute::value(TABLE, have, key).parse().ok();
    TargetGroupAttributes {
        deregistration_delay: seconds(DELAY),
        slow_start: seconds(SLOW_START),
        algorithm: match attribute::value(TABLE, have, ALGORITHM) {
            "least_outstanding_requests" => Algorithm::LeastOutstandingRequests,
            "weighted_random" => Algorithm::WeightedRandom,
            _ => Algorithm::RoundRobin,
        },
        stickiness: is_sticky(have).then(|| match attribute::value(TABLE, have, STICKINESS_TYPE) {
            "app_cookie" => Stickiness::AppCookie {
                name: attribute::value(TABLE, have, APP_COOKIE).into(),
                duration: seconds(APP_COOKIE_DURATION),
            },
            _ => Stickiness::LbCookie { duration: seconds(LB_COOKIE) },
        }),
        minimum_healthy_count: count(ROUTING_COUNT).unwrap_or(1),
        minimum_healthy_percentage: count(ROUTING_PERCENTAGE),
        multi_value_headers: attribute::is_true(OF_FUNCTIONS, have, MULTI_VALUE),
    }
}

/// Whether clients stay with one target of the group.
pub(super) fn is_sticky(have: &Attributes) -> bool {
    attribute::is_true(TABLE, have, STICKINESS)
}

/// Settings that are each possible, but not together.
fn go_together(have: &Attributes) -> Result<()> {
    let value = |key| attribute::value(TABLE, have, key);
    let sticky = is_sticky(have);
    // ALB-TG-10, ALB-TG-12
    if value(SLOW_START) != "0" && value(ALGORITHM) != "round_robin" {
        let message = format!(
            "Slow start mode cannot be used with the load balancing algorithm '{}'",
            value(ALGORITHM)
        );
        return Err(conflicting(message));
    }
    if value(ALGORITHM) == "weighted_random" && sticky {
        return Err(conflicting(
            "Stickiness cannot be used with the load balancing algorithm 'weighted_random'",
        ));
    }
    if value(ANOMALY) == "on" && value(ALGORITHM) != "weighted_random" {
        return Err(conflicting(
            "Anomaly mitigation can be used only with the load balancing algorithm \
             'weighted_random'",
        ));
    }
    if value(CROSS_ZONE) == "false" && sticky {
        return Err(conflicting(
            "Stickiness cannot be used while cross-zone load balancing is off",
        ));
    }
    // ALB-TG-14
    let cookie = value(APP_COOKIE);
    if cookie.starts_with("AWSALB") {
        return Err(invalid(format!("The cookie name '{cookie}' is reserved")));
    }
    if sticky && value(STICKINESS_TYPE) == "app_cookie" && cookie.is_empty() {
        return Err(invalid("A cookie name must be specified for stickiness of type 'app_cookie'"));
    }
    // ALB-FO-03
    for (dns, routing) in [(DNS_COUNT, ROUTING_COUNT), (DNS_PERCENTAGE, ROUTING_PERCENTAGE)] {
        let number = |key| value(key).parse::<u32>().ok();
        if let (Some(dns_number), Some(routing_number)) = (number(dns), number(routing)) {
            // Those who never set the DNS threshold do not hear of it.
            if have.contains_key(dns) && dns_number < routing_number {
                let message = format!("'{dns}' must be greater than or equal to '{routing}'");
                return Err(conflicting(message));
            }
        }
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Modify {
    target_group_arn: String,
    attributes: Vec<Pair>,
}

pub(super) fn modify(elbv2: &mut Elbv2, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let Modify { target_group_arn: arn, attributes } = input("ModifyTargetGroupAttributes", value)?;
    attribute::few(attributes.len())?;
    let one = elbv2.state.target_group(&arn)?;
    let table = table(one.target_type);
    let changed = attribute::changed(cx, "Target group", table, &one.attributes, attributes)?;
    go_together(&changed)?;
    if is_sticky(&changed) && forward::shares_an_unsticky_action(&elbv2.state, &arn) {
        return Err(forward::group_stickiness());
    }
    let one = elbv2.state.target_group_mut(&arn)?;
    one.attributes = changed;
    one.store(cx);
    let shown = attribute::shown(table, &one.attributes);
    elbv2.reconfigure_target_group(cx, &arn);
    Ok(json!({"Attributes": shown}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Describe {
    target_group_arn: String,
}

pub(super) fn describe(elbv2: &mut Elbv2, _cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Describe = input("DescribeTargetGroupAttributes", value)?;
    let one = elbv2.state.target_group(&asked.target_group_arn)?;
    let table = table(one.target_type);
    Ok(json!({"Attributes": attribute::shown(table, &one.attributes)}))
}
