//! The health checkers: sixteen places that ask an endpoint on phases of their own, each with an
//! opinion, and what their opinions come to (R53-HC-02, R53-HC-03, R53-HC-04).

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use standin_kernel::http::reason;
use standin_kernel::metric::{self, Datum, Meter, Minute, Statistics, Values};
use standin_kernel::{
    Address, ApiError, Body, Caller, Cx, Deadline, Duration, Identity, LegRequest, LinkFailure,
    Out, RequestHead, Response, ServiceName, Time, Timers, Value, json,
};

use crate::health_check::{
    AlarmConfiguration, Config, HealthCheck, INTERVAL_S, Kind, THRESHOLD, WithoutData,
};

/// How checks name their source to faults and traces.
pub const FROM: &str = "route53-health-checker";

/// R53-HC-05
const CONNECT_S: u64 = 4;
const STATUS_S: u64 = 2;
const TCP_CONNECT_S: u64 = 10;
/// The part of a body that a string is looked for in (R53-HC-06).
const BODY_BYTES: usize = 5120;
/// An endpoint is healthy when more than this many checkers of a hundred say so (R53-HC-04).
const HEALTHY_PERCENT: usize = 18;
/// Numbers of checkers begin anew at multiples of this.
const CHECKERS_MAX: u64 = 64;

/// Two checkers in each Region, by the addresses AWS publishes.
const CHECKERS: [(&str, [[u8; 4]; 2]); 8] = [
    ("us-east-1", [[54, 243, 31, 192], [107, 23, 255, 0]]),
    ("us-west-1", [[54, 183, 255, 128], [54, 241, 32, 64]]),
    ("us-west-2", [[54, 244, 52, 192], [54, 245, 168, 0]]),
    ("eu-west-1", [[54, 228, 16, 0], [176, 34, 159, 192]]),
    ("ap-southeast-1", [[54, 251, 31, 128], [54, 255, 254, 192]]),
    ("ap-southeast-2", [[54, 252, 79, 128], [54, 252, 254, 192]]),
    ("ap-northeast-1", [[54, 248, 220, 0], [54, 250, 253, 192]]),
    ("sa-east-1", [[54, 232, 40, 64], [177, 71, 207, 128]]),
];

/// All checks that are live.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checkers {
    live: BTreeMap<String, Live>,
    ids: BTreeMap<u64, String>,
    timers: Timers<Timer>,
    /// How each check stood when it was last told of.
    told: BTreeMap<String, bool>,
    /// How each has stood since the minute began.
    meter: Meter<String, Stood>,
}

/// How often a check was looked at, and how often it was healthy then.
#[derive(Clone, Debug, Default)]
struct Stood {
    times: u64,
    healthy: u64,
}

/// How long after its end AWS shows the values of a minute: about another one.
const LAG: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    /// This checker's next request is due.
    Ask(u64),
    /// The request under way has taken too long.
    GiveUp(u64),
    /// The metric of the check with this number is to be looked at.
    Look(u64),
}

/// Replies to looks at metrics have tickets from here on, each the number of its check more.
pub(crate) const LOOKS: u64 = 1 << 32;

/// After the end of a minute: its data are there then.
const SETTLES: Duration = Duration::from_secs(1);

#[derive(Clone, Debug)]
struct Live {
    config: Config,
    /// Shown to the endpoint, so that its log can tell checks apart.
    id: String,
    checkers: Vec<Checker>,
    alarm: Option<AlarmConfiguration>,
    /// What the alarm's metric said when it last said something; healthy before that (R53-HC-10).
    last_known: bool,
    /// Whether it says something now.
    has_data: bool,
}

/// One place that asks, and what it thinks.
#[derive(Clone, Debug)]
pub(crate) struct Checker {
    pub(crate) region: &'static str,
    pub(crate) address: IpAddr,
    healthy: bool,
    /// Results in a row that speak against the opinion.
    against: u32,
    asking: bool,
    pub(crate) last: Option<Report>,
    pub(crate) last_failure: Option<Report>,
}

/// What came of one request.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) at: Time,
    pub(crate) says: String,
}

impl Checkers {
    /// Begins to check, or goes on with changed settings; opinions stay.
    pub(crate) fn set(&mut self, cx: &mut Cx<'_>, check: &HealthCheck) {
        self.ids.insert(check.number, check.id.clone());
        self.told.entry(check.id.clone()).or_insert(check.config.inverted != Some(true));
        let wanted = checkers(&check.config);
        let regions = |checkers: &[Checker]| -> Vec<&str> {
            checkers.iter().map(|checker| checker.region).collect()
        };
        let same = self.live.get(&check.id).is_some_and(|live| {
            regions(&live.checkers) == regions(&wanted)
                && live.config.disabled == check.config.disabled
                && live.alarm == check.alarm
        });
        let (config, id) = (check.config.clone(), check.id.clone());
        match self.live.get_mut(&check.id) {
            Some(live) if same => live.config = config,
            _ => {
                self.stop(cx, check.number);
                let (alarm, checkers) = (check.alarm.clone(), wanted);
                let live = Live { config, id, checkers, alarm, last_known: true, has_data: true };
                self.live.insert(check.id.clone(), live);
                self.start(cx, check);
            }
        }
    }

    fn start(&mut self, cx: &mut Cx<'_>, check: &HealthCheck) {
        if check.config.disabled == Some(true) {
            return;
        }
        let Some(live) = self.live.get(&check.id) else { return };
        if live.alarm.is_some() {
            self.timers.set(Timer::Look(check.number), cx.now, "look at an alarm's metric");
        }
        let interval = u64::try_from(interval(&check.config).as_nanos()).unwrap_or(u64::MAX);
        for at in 0..live.checkers.len() as u64 {
            let phase = Duration::from_nanos(cx.rng.below(interval));
            let timer = Timer::Ask(check.number * CHECKERS_MAX + at);
            self.timers.set(timer, cx.now + phase, "dns health check");
        }
    }

    pub(crate) fn remove(&mut self, cx: &mut Cx<'_>, check: &HealthCheck) {
        self.stop(cx, check.number);
        self.live.remove(&check.id);
        self.ids.remove(&check.number);
        self.told.remove(&check.id);
    }

    fn stop(&mut self, cx: &mut Cx<'_>, number: u64) {
        self.timers.clear(&Timer::Look(number));
        for slot in number * CHECKERS_MAX..(number + 1) * CHECKERS_MAX {
            self.timers.clear(&Timer::Ask(slot));
            if self.timers.at(&Timer::GiveUp(slot)).is_some() {
                self.timers.clear(&Timer::GiveUp(slot));
                cx.emit(Out::Cancel { caller: Caller::Own(slot) });
            }
        }
    }

    pub(crate) fn deadline(&self) -> Option<Deadline> {
        Deadline::earliest(self.timers.deadline(), self.meter.deadline())
    }

    /// Tells CloudWatch how checks stood in the minutes that are over (CW-MT-10).
    pub(crate) fn tell_metrics(&mut self, cx: &mut Cx<'_>) {
        while let Some(Minute { began, counts, .. }) = self.meter.take(cx.now) {
            let data = counts.into_iter().map(|(id, stood)| status(id, &stood));
            metric::put(cx, "AWS/Route53", began, data);
        }
    }

    pub(crate) fn on_deadline(&mut self, cx: &mut Cx<'_>) {
        while let Some(timer) = self.timers.pop(cx.now) {
            match timer {
                Timer::Ask(slot) => self.ask(cx, slot),
                Timer::GiveUp(slot) => {
                    cx.emit(Out::Cancel { caller: Caller::Own(slot) });
                    self.judge(cx, slot, Err("The request timed out".into()));
                }
                Timer::Look(number) => self.look(cx, number),
            }
        }
    }

    fn find(&mut self, slot: u64) -> Option<(&mut Live, usize)> {
        let id = self.ids.get(&(slot / CHECKERS_MAX))?;
        let live = self.live.get_mut(id)?;
        let at = usize::try_from(slot % CHECKERS_MAX).ok()?;
        (at < live.checkers.len()).then_some((live, at))
    }

    /// A checker asks, and will again an interval later, however slowly the endpoint answers.
    fn ask(&mut self, cx: &mut Cx<'_>, slot: u64) {
        let now = cx.now;
        let Some((live, at)) = self.find(slot) else { return };
        let every = interval(&live.config);
        live.checkers[at].asking = true;
        let request = request(live);
        let most = request.connect_timeout + request.response_timeout * 2;
        self.timers.set(Timer::Ask(slot), now + every, "dns health check");
        self.timers.set(Timer::GiveUp(slot), now + most.min(every), "dns health check timeout");
        cx.send(Caller::Own(slot), request);
    }

    /// Asks what the metric of a check's alarm says, and will again when the next minute is over.
    /// It is the metric that counts: an alarm may have been given another state (R53-HC-17).
    fn look(&mut self, cx: &mut Cx<'_>, number: u64) {
        let live = self.ids.get(&number).and_then(|id| self.live.get(id));
        let Some(alarm) = live.and_then(|live| live.alarm.as_ref()) else { return };
        let mut input = json!(alarm);
        input["AlarmName"] = json!("health check");
        cx.call(LOOKS + number, ServiceName::Platform, "cloudwatch:StandinJudgeMetric", input);
        let ended = (cx.now - SETTLES).seconds() / 60 * 60;
        let next = Time::from_seconds(ended + 60) + SETTLES;
        self.timers.set(Timer::Look(number), next, "look at an alarm's metric");
    }

    /// What the metric of a check's alarm says has come.
    pub(crate) fn looked(&mut self, number: u64, reply: &Result<Value, ApiError>) {
        let Some(live) = self.ids.get(&number).and_then(|id| self.live.get_mut(id)) else { return };
        let Ok(reply) = reply else { return };
        match reply["StateValue"].as_str() {
            Some("INSUFFICIENT_DATA") => live.has_data = false,
            Some(state) => {
                live.has_data = true;
                live.last_known = state == "OK";
            }
            // Too little to say something new.
            None => {}
        }
    }

    pub(crate) fn answered(&mut self, cx: &mut Cx<'_>, slot: u64, response: &Response) {
        let Some((live, _)) = self.find(slot) else { return };
        let result = verdict(&live.config, response);
        self.judge(cx, slot, result);
    }

    pub(crate) fn failed(&mut self, cx: &mut Cx<'_>, slot: u64, failure: LinkFailure) {
        let Some((live, _)) = self.find(slot) else { return };
        let connected = matches!(
            failure,
            LinkFailure::Closed
                | LinkFailure::BadResponse
                | LinkFailure::ResponseTimeout
                | LinkFailure::HeadTooLarge
        );
        let result = match live.config.kind {
            // What the other end says is no matter: a connection is enough.
            Kind::Tcp if connected => Ok("TCP connection successful".to_owned()),
            _ => Err(capital(failure.words())),
        };
        self.judge(cx, slot, result);
    }

    fn judge(&mut self, cx: &mut Cx<'_>, slot: u64, result: Result<String, String>) {
        self.timers.clear(&Timer::GiveUp(slot));
        let now = cx.now;
        let Some((live, at)) = self.find(slot) else { return };
        let threshold = live.config.failure_threshold.unwrap_or(THRESHOLD);
        let checker = &mut live.checkers[at];
        if !std::mem::take(&mut checker.asking) {
            return;
        }
        let passed = result.is_ok();
        let report = match result {
            Ok(says) => Report { at: now, says: format!("Success: {says}") },
            Err(says) => {
                let report = Report { at: now, says: format!("Failure: {says}") };
                checker.last_failure = Some(report.clone());
                report
            }
        };
        checker.last = Some(report);
        if passed == checker.healthy {
            checker.against = 0;
            return;
        }
        checker.against += 1;
        if checker.against >= threshold {
            checker.against = 0;
            checker.healthy = passed;
        }
    }

    /// Whether a check is healthy: what its checkers say, turned round when inverted (R53-HC-11).
    /// A check that is gone counts as healthy (R53-HC-19).
    pub(crate) fn is_healthy(&self, id: &str) -> bool {
        let Some(live) = self.live.get(id) else { return true };
        let disabled = live.config.disabled == Some(true);
        let inverted = live.config.inverted == Some(true);
        let base = disabled || live.is_well(|child| self.is_healthy(child));
        base != inverted
    }

    /// The checkers of a check, to be shown.
    pub(crate) fn shown(&self, id: &str) -> &[Checker] {
        self.live.get(id).map_or(&[], |live| &live.checkers)
    }

    /// Tells of every check that has turned.
    pub(crate) fn tell(&mut self, cx: &mut Cx<'_>) {
        let now: Vec<(String, bool)> =
            self.live.keys().map(|id| (id.clone(), self.is_healthy(id))).collect();
        for (id, healthy) in now {
            let stood = self.meter.count(cx, LAG, id.clone());
            stood.times += 1;
            stood.healthy += u64::from(healthy);
            if self.told.insert(id.clone(), healthy) == Some(healthy) {
                continue;
            }
            let Some(live) = self.live.get(&id) else { continue };
            let count = live.checkers.iter().filter(|checker| checker.healthy).count();
            let of = match live.checkers.len() {
                0 => String::new(),
                all => format!(" ({count} of {all} checkers see it healthy)"),
            };
            let word = if healthy { "healthy" } else { "unhealthy" };
            cx.log("route53", format!("health check {id} is {word}{of}"));
        }
    }
}

/// 1 for healthy, 0 for not.
fn status(id: String, stood: &Stood) -> Datum {
    let values = Values::Statistics(Statistics::part(stood.healthy, stood.times, 1.0));
    let dimensions = vec![("HealthCheckId", id)];
    Datum { name: "HealthCheckStatus", dimensions, unit: "None", values }
}

impl Live {
    /// What the checkers or children come to.
    fn is_well(&self, child: impl Fn(&str) -> bool) -> bool {
        if self.config.kind == Kind::Calculated {
            // R53-HC-16
            let children = &self.config.child_health_checks;
            let healthy = children.iter().filter(|id| child(id)).count();
            return healthy >= self.config.health_threshold.unwrap_or(0);
        }
        if self.config.kind == Kind::CloudwatchMetric {
            return match self.config.insufficient_data_health_status.unwrap_or_default() {
                _ if self.has_data => self.last_known,
                WithoutData::LastKnownStatus => self.last_known,
                WithoutData::Healthy => true,
                WithoutData::Unhealthy => false,
            };
        }
        let healthy = self.checkers.iter().filter(|checker| checker.healthy).count();
        healthy * 100 > self.checkers.len() * HEALTHY_PERCENT
    }
}

/// Who checks; nobody for checks without an endpoint.
fn checkers(config: &Config) -> Vec<Checker> {
    if !config.kind.asks_endpoint() {
        return Vec::new();
    }
    let regions = config.checker_regions();
    let here = CHECKERS.iter().filter(|(region, _)| regions.contains(region));
    here.flat_map(|(region, addresses)| addresses.map(|address| (*region, address)))
        .map(|(region, address)| Checker {
            region,
            address: address.into(),
            healthy: true,
            against: 0,
            asking: false,
            last: None,
            last_failure: None,
        })
        .collect()
}

fn interval(config: &Config) -> Duration {
    Duration::from_secs(config.request_interval.unwrap_or(INTERVAL_S))
}

fn request(live: &Live) -> LegRequest {
    let config = &live.config;
    let tls = config.kind.is_tls();
    let port = config.port.unwrap_or(if tls { 443 } else { 80 });
    let name = config.fully_qualified_domain_name.as_deref();
    let address = config.ip_address.as_deref().and_then(|text| text.parse::<IpAddr>().ok());
    let to = match address {
        Some(address) => Address::Socket(SocketAddr::new(address, port)),
        None => Address::Name { host: name.unwrap_or_default().into(), port },
    };
    // R53-HC-13
    let usual = (tls && port == 443) || (!tls && port == 80);
    let host = match (name, address) {
        (Some(name), _) if usual => name.to_owned(),
        (Some(name), _) => format!("{name}:{port}"),
        (None, Some(IpAddr::V6(v6))) => format!("[{v6}]"),
        (None, address) => address.map(|address| address.to_string()).unwrap_or_default(),
    };
    let mut head = RequestHead::get(&host, config.resource_path.as_deref().unwrap_or("/"));
    let agent = format!("Amazon-Route53-Health-Check-Service (ref {}; report standin)", live.id);
    head.headers.append("User-Agent", agent);
    head.headers.append("Accept", "*/*");
    let is_tcp = config.kind == Kind::Tcp;
    LegRequest {
        to,
        tls,
        head,
        with_body: false,
        identity: Identity::Anonymous,
        connect_timeout: Duration::from_secs(if is_tcp { TCP_CONNECT_S } else { CONNECT_S }),
        response_timeout: Duration::from_secs(STATUS_S),
        from: FROM.into(),
        link: live.id.as_str().into(),
    }
}

/// Whether an answer passes, and in which words.
fn verdict(config: &Config, response: &Response) -> Result<String, String> {
    if config.kind == Kind::Tcp {
        return Ok("TCP connection successful".into());
    }
    let status = response.head.status;
    let says = format!("HTTP Status Code {status}, {}", reason(status));
    // Redirects are not followed (R53-HC-07).
    if !(200..400).contains(&status) {
        return Err(says);
    }
    let Some(wanted) = config.search_string.as_deref().filter(|_| config.kind.matches_string())
    else {
        return Ok(says);
    };
    let body = match &response.body {
        Body::Bytes(bytes) => &bytes[..bytes.len().min(BODY_BYTES)],
        _ => &[],
    };
    match body.windows(wanted.len()).any(|window| window == wanted.as_bytes()) {
        true => Ok(says),
        false => Err(format!(
            "{says}, but the search string is not in the first {BODY_BYTES} bytes of the body"
        )),
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| {
        format!("{}{}", first.to_ascii_uppercase(), letters.as_str())
    })
}
