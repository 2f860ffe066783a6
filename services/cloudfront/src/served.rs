//! What is under way at the edge, from the request until its answer is over, and what becomes of it
//! then: counts for CloudWatch, in namespace `AWS/CloudFront` (CW-MT-08), and a line of the log.

use std::collections::BTreeMap;
use std::sync::Arc;

use standin_kernel::metric::{self, Datum, Meter, Minute, Statistics, Values};
use standin_kernel::{
    Caller, Cx, Deadline, Duration, ExchangeId, Finish, LinkFailure, Method, Out, Request,
    Response, Time,
};

use crate::config::Distribution;
use crate::standard_log::{Line, StandardLog};

/// How long after its end AWS shows the values of a minute: a few more.
const LAG: Duration = Duration::from_secs(120);

/// Exchanges, and the counts of distributions by their ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct Served {
    open: BTreeMap<ExchangeId, Visit>,
    meter: Meter<Arc<str>, Counts>,
    pub(crate) log: StandardLog,
}

/// One exchange.
#[derive(Clone, Debug)]
struct Visit {
    distribution: Arc<Distribution>,
    /// Whether its bytes count as downloaded: GET, HEAD and OPTIONS do.
    downloads: bool,
    /// 0 until it is answered.
    status: u16,
    /// Bytes of the answer's head.
    head_bytes: u64,
    /// Of the log, when the distribution has one.
    line: Option<Box<Line>>,
}

/// The counters of one minute.
#[derive(Clone, Debug, Default)]
struct Counts {
    requests: u64,
    errors_4xx: u64,
    errors_5xx: u64,
    bytes_downloaded: u64,
}

impl Served {
    /// A request that a distribution takes.
    pub(crate) fn begin(
        &mut self,
        now: Time,
        exchange: ExchangeId,
        request: &Request,
        distribution: &Arc<Distribution>,
    ) {
        let method = &request.head.method;
        let options = method.as_str() == "OPTIONS";
        let downloads = options || matches!(method, Method::Get | Method::Head);
        let logged = distribution.logging.is_some();
        let line = logged.then(|| Box::new(Line::new(now, request, distribution)));
        let distribution = Arc::clone(distribution);
        let visit = Visit { distribution, downloads, status: 0, head_bytes: 0, line };
        self.open.insert(exchange, visit);
    }

    /// An origin answered, or (`Err`) gave no answer.
    pub(crate) fn origin(&mut self, caller: Caller, came: Result<u16, LinkFailure>) {
        let Caller::Exchange(exchange) = caller else { return };
        let visit = self.open.get_mut(&exchange);
        let Some(line) = visit.and_then(|visit| visit.line.as_mut()) else { return };
        match came {
            Ok(status) => line.origin_answered(status),
            Err(failure) => line.origin_failed(failure),
        }
    }

    /// Looks at what the edge has asked for: answers are among it.
    pub(crate) fn look(&mut self, now: Time, outs: &[Out]) {
        for out in outs {
            if let Out::Respond { exchange, response } = out
                && let Some(visit) = self.open.get_mut(exchange)
            {
                visit.status = response.head.status;
                visit.head_bytes = head_bytes(response);
                if let Some(line) = &mut visit.line {
                    line.answered(now, response, visit.head_bytes);
                }
            }
        }
    }

    /// An exchange is over.
    pub(crate) fn finish(&mut self, cx: &Cx<'_>, exchange: ExchangeId, finish: Finish) {
        let Some(visit) = self.open.remove(&exchange) else { return };
        let counts = self.meter.count(cx, LAG, Arc::clone(&visit.distribution.id));
        counts.requests += 1;
        match visit.status {
            400..500 => counts.errors_4xx += 1,
            500.. => counts.errors_5xx += 1,
            _ => {}
        }
        if visit.downloads {
            let body_bytes = match finish {
                Finish::Complete { body_bytes } => body_bytes,
                Finish::ViewerGone | Finish::OriginGone => 0,
            };
            counts.bytes_downloaded += visit.head_bytes + body_bytes;
        }
        if let Some(line) = &visit.line {
            self.log.add(cx, &visit.distribution, line, finish);
        }
    }

    pub(crate) fn deadline(&self) -> Option<Deadline> {
        Deadline::earliest(self.meter.deadline(), self.log.deadline())
    }

    /// Tells CloudWatch of the minutes that are over, and delivers what is due of the log.
    pub(crate) fn tell(&mut self, cx: &mut Cx<'_>) {
        self.log.deliver(cx);
        while let Some(Minute { began, counts, .. }) = self.meter.take(cx.now) {
            let data = counts.iter().flat_map(|(id, counts)| data(id, counts));
            metric::put(cx, "AWS/CloudFront", began, data);
        }
    }
}

/// Bytes of an answer's head, as it goes to a viewer over HTTP/1.1 without the framing.
fn head_bytes(response: &Response) -> u64 {
    const STATUS_LINE: usize = "HTTP/1.1 200 \r\n\r\n".len();
    (STATUS_LINE + response.head.headers.wire_bytes()) as u64
}

fn data(id: &str, counts: &Counts) -> [Datum; 5] {
    let datum = |name, unit, statistics| Datum {
        name,
        dimensions: vec![("DistributionId", id.to_owned()), ("Region", "Global".to_owned())],
        unit,
        values: Values::Statistics(statistics),
    };
    // An average over more than a minute counts every request alike.
    let rate = |errors: u64| Statistics::part(errors, counts.requests, 100.0);
    [
        datum("Requests", "None", Statistics::ones(counts.requests)),
        datum("BytesDownloaded", "None", Statistics::one(counts.bytes_downloaded as f64)),
        datum("4xxErrorRate", "Percent", rate(counts.errors_4xx)),
        datum("5xxErrorRate", "Percent", rate(counts.errors_5xx)),
        datum("TotalErrorRate", "Percent", rate(counts.errors_4xx + counts.errors_5xx)),
    ]
}
