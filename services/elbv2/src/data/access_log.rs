//! The access log: a line for each request that a listener took (ALB-LG-01, S3-LOG-06).

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use standin_kernel::{
    Cx, Deadline, Duration, ExchangeId, Finish, LinkFailure, Request, Response, Time,
};

use crate::config::{Listener, LoadBalancer};

/// At AWS's pace a file is written every five minutes (ALB-LG-04).
const EVERY_S: u64 = 5 * 60;

/// At the fast pace, so long after its first line.
const SOON: Duration = Duration::from_secs(5);

/// A file is written sooner when it has grown to so many bytes.
const FILE_BYTES_MAX: usize = 1 << 20;

/// The log of all load balancers that have one.
#[derive(Clone, Debug, Default)]
pub(crate) struct AccessLog {
    open: BTreeMap<ExchangeId, Box<Entry>>,
    /// By the load balancer's ARN.
    files: BTreeMap<Arc<str>, File>,
}

/// Lines that have not been delivered.
#[derive(Clone, Debug)]
struct File {
    lines: String,
    /// When it is to be written.
    due: Time,
}

/// One request, until its answer is over.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// ARN.
    load_balancer: Arc<str>,
    kind: &'static str,
    received: Time,
    client: std::net::SocketAddr,
    request_line: String,
    user_agent: String,
    received_bytes: u64,
    sent_bytes: u64,
    status: u16,
    classification: Option<(&'static str, &'static str)>,
    /// 0 for the default rule; `None` when no rule was looked at.
    priority: Option<u32>,
    action: Option<&'static str>,
    redirect_url: Option<String>,
    trace_id: Option<String>,
    target: Option<Target>,
}

/// The target that was chosen.
#[derive(Clone, Debug)]
struct Target {
    /// ARN.
    group: Arc<str>,
    /// `ip:port`
    link: Arc<str>,
    asked: Time,
    answered: Option<(Time, u16)>,
    /// It could not be reached at all.
    unreached: bool,
}

impl AccessLog {
    /// A request has come in; nothing is noted unless the load balancer has a log.
    pub(super) fn begin(
        &mut self,
        now: Time,
        exchange: ExchangeId,
        balancer: &LoadBalancer,
        listener: &Listener,
        request: &Request,
    ) {
        if !balancer.attributes.access_logs {
            return;
        }
        let head = &request.head;
        let scheme = listener.protocol.scheme();
        let host = head.host().unwrap_or(&balancer.dns_name);
        let (method, version) = (head.method.as_str(), head.version.digits());
        let (port, target) = (listener.port, &head.target);
        let length = head.headers.get("Content-Length").and_then(|text| text.parse::<u64>().ok());
        let head_bytes =
            method.len() + target.len() + "  HTTP/1.1\r\n\r\n".len() + head.headers.wire_bytes();
        let text = |name: &str| head.headers.get(name).map(str::to_owned);
        let entry = Entry {
            load_balancer: Arc::clone(&balancer.arn),
            kind: scheme,
            received: now,
            client: request.peer,
            request_line: format!("{method} {scheme}://{host}:{port}{target} HTTP/{version}"),
            user_agent: text("User-Agent").unwrap_or_else(|| "-".into()),
            received_bytes: head_bytes as u64 + length.unwrap_or(0),
            sent_bytes: 0,
            status: 0,
            classification: None,
            priority: None,
            action: None,
            redirect_url: None,
            trace_id: text("X-Amzn-Trace-Id"),
            target: None,
        };
        self.open.insert(exchange, Box::new(entry));
    }

    /// Lets something be noted about a request, if there is a log.
    pub(super) fn note(&mut self, exchange: ExchangeId, note: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.open.get_mut(&exchange) {
            note(entry);
        }
    }

    /// An exchange is over: its line is written.
    pub(super) fn finish(&mut self, cx: &Cx<'_>, exchange: ExchangeId, finish: Finish) {
        let Some(mut entry) = self.open.remove(&exchange) else { return };
        match finish {
            Finish::Complete { body_bytes } => entry.sent_bytes += body_bytes,
            // ALB-ER-09
            Finish::ViewerGone if entry.status == 0 => entry.status = 460,
            Finish::ViewerGone | Finish::OriginGone => {}
        }
        let due = match cx.env.pace {
            standin_kernel::Pace::Fast => cx.now + SOON,
            standin_kernel::Pace::Aws => {
                Time::from_seconds((cx.now.seconds() / EVERY_S + 1) * EVERY_S)
            }
        };
        let file = self.files.entry(Arc::clone(&entry.load_balancer));
        let file = file.or_insert_with(|| File { lines: String::new(), due });
        entry.write(&mut file.lines, cx.now);
        if file.lines.len() >= FILE_BYTES_MAX {
            file.due = cx.now;
        }
    }

    pub(crate) fn deadline(&self) -> Option<Deadline> {
        let due = self.files.values().map(|file| file.due).min();
        due.map(|at| Deadline { at, why: "delivery of an access log" })
    }

    /// Takes a file that is to be written: the load balancer's ARN and the lines. Call until it
    /// says `None`.
    pub(crate) fn take(&mut self, now: Time) -> Option<(Arc<str>, String)> {
        let due = self.files.iter().find(|(_, file)| file.due <= now);
        let arn = due.map(|(arn, _)| Arc::clone(arn))?;
        self.files.remove(&arn).map(|file| (arn, file.lines))
    }
}

impl Entry {
    pub(super) const fn classified(&mut self, class: &'static str, reason: &'static str) {
        self.classification = Some((class, reason));
    }

    /// ALB-LG-03
    pub(super) const fn ruled(&mut self, priority: u32, action: &'static str) {
        self.priority = Some(priority);
        self.action = Some(action);
    }

    pub(super) fn redirected(&mut self, location: Option<&str>) {
        self.redirect_url = location.map(str::to_owned);
    }

    pub(super) fn forwarded(
        &mut self,
        group: &Arc<str>,
        link: &Arc<str>,
        asked: Time,
        trace_id: Option<&str>,
    ) {
        self.trace_id = trace_id.map(str::to_owned);
        self.target = Some(Target {
            group: Arc::clone(group),
            link: Arc::clone(link),
            asked,
            answered: None,
            unreached: false,
        });
    }

    pub(super) const fn target_answered(&mut self, now: Time, status: u16) {
        if let Some(target) = &mut self.target {
            target.answered = Some((now, status));
        }
    }

    pub(super) const fn target_failed(&mut self, failure: LinkFailure) {
        if let Some(target) = &mut self.target {
            target.unreached = matches!(
                failure,
                LinkFailure::Refused
                    | LinkFailure::ConnectTimeout
                    | LinkFailure::NameNotFound
                    | LinkFailure::Tls
            );
        }
    }

    /// What the client is answered.
    pub(super) fn answers(&mut self, response: &Response) {
        self.status = response.head.status;
        let bytes = response.head.headers.wire_bytes();
        self.sent_bytes = ("HTTP/1.1 200 \r\n\r\n".len() + bytes) as u64;
    }

    /// Appends the line, with its end.
    fn write(&self, lines: &mut String, now: Time) {
        let target = self.target.as_ref();
        let link = target.map_or("-", |target| &*target.link);
        let status = target.and_then(|target| target.answered).map(|(_, status)| status);
        let status = status.map_or_else(|| "-".to_owned(), |status| status.to_string());
        let (class, reason) = self.classification.unwrap_or(("-", "-"));
        let priority = self.priority.map_or_else(|| "-".to_owned(), |number| number.to_string());
        let elb = crate::state::full_name(&self.load_balancer);
        let or_dash = |text: Option<&str>| quoted(text.unwrap_or("-"));
        // Writing to a string does not fail.
        let _ = writeln!(
            lines,
            "{} {} {elb} {} {link} {} {} {status} {} {} {} {} - - {} {} \"-\" \"-\" {priority} \
             {} {} {} \"-\" {} {} {} {} - \"-\" \"-\" \"-\" \"-\"",
            self.kind,
            micros(now),
            self.client,
            self.times(now),
            self.status,
            self.received_bytes,
            self.sent_bytes,
            quoted(&self.request_line),
            quoted(&self.user_agent),
            target.map_or("-", |target| &*target.group),
            or_dash(self.trace_id.as_deref()),
            micros(self.received),
            or_dash(self.action),
            or_dash(self.redirect_url.as_deref()),
            quoted(link),
            quoted(&status),
            quoted(class),
            quoted(reason),
        );
    }

    /// The three processing times in seconds (ALB-LG-02).
    fn times(&self, now: Time) -> String {
        let seconds = |from: Time, to: Time| format!("{:.3}", to.since(from).as_secs_f64());
        match &self.target {
            Some(Target { asked, answered: Some((answered, _)), .. }) => {
                let request = seconds(self.received, *asked);
                format!("{request} {} {}", seconds(*asked, *answered), seconds(*answered, now))
            }
            Some(Target { asked, unreached: false, .. }) => {
                format!("{} -1 -1", seconds(self.received, *asked))
            }
            _ => "-1 -1 -1".to_owned(),
        }
    }
}

/// `2026-11-24T08:30:00.123456Z`
fn micros(time: Time) -> String {
    let text = time.iso8601();
    format!("{}{:03}Z", text.trim_end_matches('Z'), time.0 / 1000 % 1000)
}

/// In double quotes, with what is not printable escaped.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' | 0..b' ' | 0x7f.. => {
                let _ = write!(out, "\\x{byte:02X}");
            }
            byte => out.push(char::from(byte)),
        }
    }
    out.push('"');
    out
}
