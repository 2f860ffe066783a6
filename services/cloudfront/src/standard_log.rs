//! Standard logs: a line for each request of a distribution that has one, in files that are
//! delivered to a bucket (CF-LOG-01 to CF-LOG-09, S3-LOG-01, S3-LOG-03).

use std::collections::BTreeMap;
use std::sync::Arc;

use standin_kernel::{
    Cx, Deadline, Duration, Finish, LinkFailure, Request, Response, ServiceName, Time, ids, json,
};

use crate::config::{Distribution, Logging};

/// How long after its first line a file is delivered, at the fast pace and at AWS's.
const SOON: Duration = Duration::from_secs(5);
const LATE: Duration = Duration::from_secs(15 * 60);

/// CF-LOG-01
const FIELDS: &str = "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem \
    sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type \
    x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol \
    ssl-cipher x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields \
    c-port time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len \
    sc-range-start sc-range-end";

/// The files that are being written.
#[derive(Clone, Debug, Default)]
pub(crate) struct StandardLog {
    /// By distribution and hour of the requests.
    files: BTreeMap<(Arc<str>, u64), File>,
    /// Files on their way, by ticket.
    deliveries: BTreeMap<u64, String>,
    tickets: u64,
}

#[derive(Clone, Debug)]
struct File {
    to: Arc<Logging>,
    arn: Arc<str>,
    lines: String,
    due: Time,
}

/// What is known of a request until its answer is over.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    began: Time,
    client: std::net::SocketAddr,
    method: String,
    host: String,
    stem: String,
    query: Option<String>,
    referer: Option<String>,
    user_agent: Option<String>,
    cookie: Option<String>,
    forwarded_for: Option<String>,
    protocol: &'static str,
    version: &'static str,
    received_bytes: u64,
    /// Why an origin gave no answer, and the last status that one gave.
    failure: Option<LinkFailure>,
    origin_status: Option<u16>,
    answer: Option<Answer>,
}

/// The answer, as it went out.
#[derive(Clone, Debug)]
struct Answer {
    at: Time,
    status: u16,
    head_bytes: u64,
    location: String,
    result: String,
    request_id: String,
    content_type: Option<String>,
    content_length: Option<u64>,
    range: Option<(String, String)>,
}

impl Line {
    pub(crate) fn new(now: Time, request: &Request, distribution: &Distribution) -> Self {
        let head = &request.head;
        let text = |name: &str| head.headers.get(name).map(str::to_owned);
        let cookies = distribution.logging.as_ref().is_some_and(|to| to.include_cookies);
        let line = head.method.as_str().len() + head.target.len() + "  HTTP/1.1\r\n\r\n".len();
        let body = text("Content-Length").and_then(|length| length.parse::<u64>().ok());
        let https = request.tls || distribution.assume_https;
        Self {
            began: now,
            client: request.peer,
            method: head.method.as_str().to_owned(),
            host: head.host().unwrap_or("-").to_owned(),
            stem: head.path().to_owned(),
            query: head.query().map(str::to_owned),
            referer: text("Referer"),
            user_agent: text("User-Agent"),
            cookie: text("Cookie").filter(|_| cookies),
            forwarded_for: text("X-Forwarded-For"),
            protocol: if https { "https" } else { "http" },
            version: head.version.digits(),
            received_bytes: (line + head.headers.wire_bytes()) as u64 + body.unwrap_or(0),
            failure: None,
            origin_status: None,
            answer: None,
        }
    }

    pub(crate) const fn origin_failed(&mut self, failure: LinkFailure) {
        self.failure = Some(failure);
    }

    pub(crate) const fn origin_answered(&mut self, status: u16) {
        self.failure = None;
        self.origin_status = Some(status);
    }

    pub(crate) fn answered(&mut self, now: Time, response: &Response, head_bytes: u64) {
        let headers = &response.head.headers;
        let text = |name: &str| headers.get(name).unwrap_or("-").to_owned();
        let result = text("X-Cache").split(' ').next().unwrap_or("-").to_owned();
        let range = headers.get("Content-Range").and_then(|range| {
            let (begin, end) = range.strip_prefix("bytes ")?.split('/').next()?.split_once('-')?;
            Some((begin.to_owned(), end.to_owned()))
        });
        self.answer = Some(Answer {
            at: now,
            status: response.head.status,
            head_bytes,
            location: text("X-Amz-Cf-Pop"),
            result,
            request_id: text("X-Amz-Cf-Id"),
            content_type: headers.get("Content-Type").map(str::to_owned),
            content_length: response.body.length().or(response.head_length),
            range,
        });
    }

    /// CF-LOG-04, CF-LOG-08
    fn result(&self) -> &str {
        match &self.answer {
            Some(answer) if answer.result.starts_with("Function") && answer.status >= 400 => {
                "Error"
            }
            Some(answer) => &answer.result,
            None => "Error",
        }
    }

    /// CF-LOG-05, CF-LOG-09: an error that no origin has given just now is a plain one.
    fn detail(&self) -> &str {
        if self.result() != "Error" {
            return self.result();
        }
        match (self.failure, self.origin_status) {
            _ if self.answer.is_none() => "ClientCommError",
            (Some(LinkFailure::NameNotFound), _) => "OriginDnsError",
            (Some(LinkFailure::Refused | LinkFailure::ConnectTimeout | LinkFailure::Tls), _) => {
                "OriginConnectError"
            }
            (Some(LinkFailure::ResponseTimeout | LinkFailure::Closed), _) => "OriginCommError",
            (Some(LinkFailure::BadResponse), _) => "OriginInvalidResponseError",
            (Some(LinkFailure::HeadTooLarge), _) => "OriginHeaderTooBigError",
            (None, Some(500..)) => "OriginError",
            (None, _) => "Error",
        }
    }

    /// The 33 fields, with tabs between and a line's end.
    fn write(&self, lines: &mut String, now: Time, domain_name: &str, finish: Finish) {
        let answer = self.answer.as_ref();
        let time = now.iso8601();
        let (day, clock) = time.split_once('T').unwrap_or_default();
        let body_bytes = match finish {
            Finish::Complete { body_bytes } => body_bytes,
            Finish::ViewerGone | Finish::OriginGone => 0,
        };
        let sent = answer.map_or(0, |answer| answer.head_bytes + body_bytes);
        let seconds = |to: Time| format!("{:.3}", to.since(self.began).as_secs_f64());
        let number = |number: Option<u64>| number.map_or_else(dash, |number| number.to_string());
        let range = answer.and_then(|answer| answer.range.clone());
        let (begin, end) = range.unwrap_or_else(|| (dash(), dash()));
        let text = |text: Option<&String>| text.map_or_else(dash, |text| escaped(text));
        let fields = [
            day.to_owned(),
            clock.get(..8).unwrap_or_default().to_owned(),
            answer.map_or_else(dash, |answer| answer.location.clone()),
            sent.to_string(),
            self.client.ip().to_canonical().to_string(),
            self.method.clone(),
            domain_name.to_owned(),
            escaped(&self.stem),
            answer.map_or_else(|| "000".to_owned(), |answer| answer.status.to_string()),
            text(self.referer.as_ref()),
            text(self.user_agent.as_ref()),
            text(self.query.as_ref()),
            text(self.cookie.as_ref()),
            self.result().to_owned(),
            answer.map_or_else(dash, |answer| answer.request_id.clone()),
            escaped(&self.host),
            self.protocol.to_owned(),
            self.received_bytes.to_string(),
            seconds(now),
            text(self.forwarded_for.as_ref()),
            dash(),
            dash(),
            self.result().to_owned(),
            format!("HTTP/{}", self.version),
            dash(),
            dash(),
            self.client.port().to_string(),
            answer.map_or_else(dash, |answer| seconds(answer.at)),
            self.detail().to_owned(),
            text(answer.and_then(|answer| answer.content_type.as_ref())),
            number(answer.and_then(|answer| answer.content_length)),
            begin,
            end,
        ];
        lines.push_str(&fields.join("\t"));
        lines.push('\n');
    }
}

fn dash() -> String {
    "-".to_owned()
}

/// Blanks, controls, quotation marks and what is not ASCII, percent-encoded (CF-LOG-06).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            0..=b' ' | b'"' | 0x7f.. => out.push_str(&format!("%{byte:02X}")),
            byte => out.push(char::from(byte)),
        }
    }
    if out.is_empty() { dash() } else { out }
}

impl StandardLog {
    /// An exchange is over: its line is written.
    pub(crate) fn add(
        &mut self,
        cx: &Cx<'_>,
        distribution: &Distribution,
        line: &Line,
        finish: Finish,
    ) {
        let Some(to) = &distribution.logging else { return };
        let hour = cx.now.seconds() / 3600;
        let due = cx.now + cx.env.paced(SOON, LATE);
        let place = (Arc::clone(&distribution.id), hour);
        let file = self.files.entry(place).or_insert_with(|| File {
            to: Arc::clone(to),
            arn: Arc::clone(&distribution.arn),
            lines: String::new(),
            due,
        });
        line.write(&mut file.lines, cx.now, &distribution.domain_name, finish);
    }

    pub(crate) fn deadline(&self) -> Option<Deadline> {
        let due = self.files.values().map(|file| file.due).min();
        due.map(|at| Deadline { at, why: "delivery of a standard log" })
    }

    /// Delivers the files that are due.
    pub(crate) fn deliver(&mut self, cx: &mut Cx<'_>) {
        loop {
            let due = self.files.iter().find(|(_, file)| file.due <= cx.now);
            let Some(place) = due.map(|(place, _)| place.clone()) else { return };
            let Some(file) = self.files.remove(&place) else { return };
            let (id, hour) = place;
            let time = Time::from_seconds(hour * 3600).iso8601().replace('T', "-");
            let stamp = time.get(..13).unwrap_or_default();
            let unique = ids::lower(cx.rng, 8);
            let Logging { bucket, prefix, .. } = &*file.to;
            let slash = if prefix.is_empty() || prefix.ends_with('/') { "" } else { "/" };
            let key = format!("{prefix}{slash}{id}.{stamp}.{unique}.gz");
            let text = format!("#Version: 1.0\n#Fields: {FIELDS}\n{}", file.lines);
            self.tickets += 1;
            self.deliveries.insert(self.tickets, format!("{bucket}/{key}"));
            let input = json!({
                "Bucket": bucket,
                "Key": key,
                "Standin": {"Delivery": {
                    "Principal": "delivery.logs.amazonaws.com", "SourceArn": &*file.arn,
                    "ByAcl": true, "Text": text,
                }},
            });
            cx.call(self.tickets, ServiceName::S3, "PutObject", input);
        }
    }

    /// What S3 said to a file.
    pub(crate) fn delivered(&mut self, cx: &mut Cx<'_>, ticket: u64, refused: Option<String>) {
        if let (Some(place), Some(why)) = (self.deliveries.remove(&ticket), refused) {
            cx.log("cloudfront", format!("the log {place} cannot be written: {why}"));
        }
    }
}
