//! The settings the data plane decides on: compiled once from what the control plane stores, never
//! changed afterwards. A change makes a new `Arc` in place of the old one.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use standin_kernel::Duration;

pub(crate) use crate::data::path::PathPattern;
pub(crate) use crate::data::pattern::Pattern;
pub(crate) use crate::data::redirect::Redirect;

/// A load balancer with everything a request needs.
#[derive(Debug)]
pub(crate) struct LoadBalancer {
    /// What `Ref` gives.
    pub(crate) arn: Arc<str>,
    /// Its name, as in `LoadBalancerName`.
    pub(crate) name: Arc<str>,
    /// In lower case.
    pub(crate) dns_name: Arc<str>,
    pub(crate) attributes: LoadBalancerAttributes,
    /// In any order; ports differ.
    pub(crate) listeners: Vec<Arc<Listener>>,
}

impl LoadBalancer {
    /// The listener on `port`.
    pub(crate) fn listener(&self, port: u16) -> Option<&Arc<Listener>> {
        self.listeners.iter().find(|listener| listener.port == port)
    }
}

/// `LoadBalancerAttributes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LoadBalancerAttributes {
    /// `idle_timeout.timeout_seconds`
    pub(crate) idle_timeout: Duration,
    /// `routing.http.drop_invalid_header_fields.enabled`
    pub(crate) drop_invalid_header_fields: bool,
    /// `routing.http.preserve_host_header.enabled`
    pub(crate) preserve_host_header: bool,
    /// `routing.http.xff_header_processing.mode`
    pub(crate) xff_header_processing: XffMode,
    /// `routing.http.xff_client_port.enabled`
    pub(crate) xff_client_port: bool,
    /// `routing.http.desync_mitigation_mode`
    pub(crate) desync_mitigation: DesyncMode,
    /// `access_logs.s3.enabled`
    pub(crate) access_logs: bool,
}

/// What is done with the client's `X-Forwarded-For` (ALB-HD-01).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum XffMode {
    Append,
    Preserve,
    Remove,
}

/// What is done with requests that are not quite HTTP (ALB-HD-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DesyncMode {
    Monitor,
    Defensive,
    Strictest,
}

/// HTTP or HTTPS, of a listener, a target group or a health check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http,
    Https,
}

impl Protocol {
    /// As URLs and `X-Forwarded-Proto` write it.
    pub(crate) const fn scheme(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// A listener.
#[derive(Debug)]
pub(crate) struct Listener {
    /// What `Ref` gives.
    pub(crate) arn: Arc<str>,
    pub(crate) port: u16,
    /// What the listener is on AWS: `https` goes into `X-Forwarded-Proto` though the machine may
    /// carry plain HTTP.
    pub(crate) protocol: Protocol,
    pub(crate) default_action: Action,
    /// From the lowest priority number to the highest (ALB-RU-01), without the default rule.
    pub(crate) rules: Vec<Rule>,
    pub(crate) attributes: ListenerAttributes,
}

/// `ListenerAttributes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListenerAttributes {
    /// `routing.http.response.server.enabled`
    pub(crate) server_header: bool,
    /// Names and values of the `routing.http.response.{name}.header_value` attributes that are not
    /// empty; they overwrite what a target sent (ALB-LS-06).
    pub(crate) response_headers: Vec<(Arc<str>, Arc<str>)>,
}

/// A rule of a listener other than the default rule.
#[derive(Debug)]
pub(crate) struct Rule {
    /// What `Ref` gives.
    pub(crate) arn: Arc<str>,
    pub(crate) priority: u32,
    /// In the order of the template; all must hold (ALB-RU-04).
    pub(crate) conditions: Vec<Condition>,
    pub(crate) action: Action,
}

/// One condition; any one of its values is enough (ALB-RU-05).
#[derive(Debug)]
pub(crate) enum Condition {
    /// `Pattern::ignoring_case` of each value.
    HostHeader(Vec<Pattern>),
    /// `PathPattern::new` of each value.
    PathPattern(Vec<PathPattern>),
    /// `Pattern::ignoring_case` of each value.
    HttpHeader {
        name: Box<str>,
        values: Vec<Pattern>,
    },
    /// As written: methods are compared with regard to case (ALB-RU-12).
    HttpRequestMethod(Vec<Box<str>>),
    QueryString(Vec<QueryPair>),
    SourceIp(Vec<Cidr>),
}

/// One value of a query-string condition.
#[derive(Debug)]
pub(crate) struct QueryPair {
    /// `Pattern::with_escapes`; `None` fits every key.
    pub(crate) key: Option<Pattern>,
    /// `Pattern::with_escapes`
    pub(crate) value: Pattern,
}

/// A block of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cidr {
    network: IpAddr,
    bits: u8,
}

impl Cidr {
    /// Reads `10.0.0.0/8` or `2001:db8::/32`; `None` when it is no block.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/')?;
        let network: IpAddr = address.parse().ok()?;
        let bits: u8 = bits.parse().ok()?;
        let most = if network.is_ipv4() { 32 } else { 128 };
        (bits <= most).then_some(Self { network, bits })
    }

    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        match (self.network, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let differ = u32::from(network) ^ u32::from(address);
                self.bits == 0 || differ >> (32 - self.bits) == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let differ = u128::from(network) ^ u128::from(address);
                self.bits == 0 || differ >> (128 - self.bits) == 0
            }
            _ => false,
        }
    }
}

/// What a rule does. Authentication never gets here.
#[derive(Debug)]
pub(crate) enum Action {
    Forward(Forward),
    FixedResponse(FixedResponse),
    /// `Redirect::new(status, protocol, host, port, path, query)`
    Redirect(Redirect),
}

impl Action {
    /// As the access log writes it.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Forward(_) => "forward",
            Self::FixedResponse(_) => "fixed-response",
            Self::Redirect(_) => "redirect",
        }
    }
}

/// `forward`, in either form of the API.
#[derive(Debug)]
pub(crate) struct Forward {
    /// In the order of the template. An action that names one `TargetGroupArn` has one group of
    /// weight 1.
    pub(crate) target_groups: Vec<WeightedTargetGroup>,
    /// `TargetGroupStickinessConfig.DurationSeconds`, when `Enabled`.
    pub(crate) stickiness: Option<Duration>,
}

#[derive(Clone, Debug)]
pub(crate) struct WeightedTargetGroup {
    pub(crate) arn: Arc<str>,
    /// 0 to 999.
    pub(crate) weight: u32,
}

/// `fixed-response`.
#[derive(Debug)]
pub(crate) struct FixedResponse {
    pub(crate) status: u16,
    /// As the template has it: `text/html`. `None` when it names none.
    pub(crate) content_type: Option<Box<str>>,
    pub(crate) body: Bytes,
}

/// A target group's settings, without its targets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TargetGroup {
    /// What `Ref` gives.
    pub(crate) arn: Arc<str>,
    pub(crate) name: Arc<str>,
    /// How its targets are spoken to.
    pub(crate) protocol: Protocol,
    pub(crate) target_type: TargetType,
    pub(crate) health_check: HealthCheck,
    pub(crate) attributes: TargetGroupAttributes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TargetType {
    Instance,
    Ip,
    Lambda,
}

/// How targets are probed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HealthCheck {
    pub(crate) enabled: bool,
    pub(crate) protocol: Protocol,
    /// `HealthCheckPort`; `None` is `traffic-port`.
    pub(crate) port: Option<u16>,
    /// `HealthCheckPath`
    pub(crate) path: Arc<str>,
    pub(crate) interval: Duration,
    pub(crate) timeout: Duration,
    pub(crate) healthy_threshold: u32,
    pub(crate) unhealthy_threshold: u32,
    pub(crate) matcher: Matcher,
}

/// Which statuses pass a health check: ranges, both ends included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Matcher(Vec<(u16, u16)>);

impl Default for Matcher {
    fn default() -> Self {
        Self(vec![(200, 200)])
    }
}

impl Matcher {
    /// Reads `200`, `200,202` or `200-299`, or several of these; `None` for anything else and for
    /// codes outside 200 to 499 (ALB-HC-06).
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let code = |text: &str| {
            let three = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
            let code: u16 = text.parse().ok().filter(|_| three)?;
            (200..=499).contains(&code).then_some(code)
        };
        let range = |part: &str| match part.split_once('-') {
            None => code(part).map(|code| (code, code)),
            Some((from, to)) => Some((code(from)?, code(to)?)).filter(|(from, to)| from <= to),
        };
        text.split(',').map(range).collect::<Option<_>>().map(Self)
    }

    pub(crate) fn accepts(&self, status: u16) -> bool {
        self.0.iter().any(|(from, to)| (*from..=*to).contains(&status))
    }
}

/// `TargetGroupAttributes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TargetGroupAttributes {
    /// `deregistration_delay.timeout_seconds`
    pub(crate) deregistration_delay: Duration,
    /// `slow_start.duration_seconds`; zero: off.
    pub(crate) slow_start: Duration,
    /// `load_balancing.algorithm.type`
    pub(crate) algorithm: Algorithm,
    /// `stickiness.*`, when `stickiness.enabled`.
    pub(crate) stickiness: Option<Stickiness>,
    /// `target_group_health.unhealthy_state_routing.minimum_healthy_targets.count`
    pub(crate) minimum_healthy_count: u32,
    /// `target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage`; `None` is
    /// `off`.
    pub(crate) minimum_healthy_percentage: Option<u32>,
    /// `lambda.multi_value_headers.enabled`
    pub(crate) multi_value_headers: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    RoundRobin,
    LeastOutstandingRequests,
    WeightedRandom,
}

/// How clients stay with a target of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stickiness {
    /// `lb_cookie` for `stickiness.lb_cookie.duration_seconds`.
    LbCookie { duration: Duration },
    /// `app_cookie`: `stickiness.app_cookie.cookie_name` and `.duration_seconds`.
    AppCookie { name: Box<str>, duration: Duration },
}

/// A target as it is registered; the same id may stand there with several ports (ALB-TG-04).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// `Id`: the address of an ip target, `i-...` of an instance, the ARN of a function.
    pub(crate) id: Arc<str>,
    /// The port of the registration, or the group's when that names none; 0 for a function.
    pub(crate) port: u16,
    /// Where its requests go; a function has no address.
    pub(crate) address: IpAddr,
}
