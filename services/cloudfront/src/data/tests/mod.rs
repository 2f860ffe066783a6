//! Tests through the edge's door, as the service uses it.

mod caching;
mod compression;
mod custom_errors;
mod invariants;
mod origins;
mod request;
mod stale;
mod story;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use standin_kernel::{
    Address, Body, Bytes, Caller, Cx, Duration, Env, ExchangeId, Fact, Finish, Headers, Identity,
    LegRequest, LinkFailure, Method, Out, Request, RequestHead, Response, Rng, Time,
};

use super::Edge;
use super::names::RequestId;
use super::viewer::Viewer;
use crate::config::{
    AllowedMethods, Behavior, CacheSettings, CustomErrorResponse, Distribution, ErrorPage,
    HeaderSet, NameSet, Origin, OriginGroup, OriginKind, OriginProtocol, OriginRequestSettings,
    PathPattern, Signing, Target, ViewerProtocol,
};

/// Origin 0 is `app` (custom), 1 is `pages` (a bucket). `/errors/*` goes to `pages`, all else to
/// `app`. Fresh for as long as the origin says, 60 s without a word.
pub(crate) fn site() -> Distribution {
    let to_app = Behavior {
        pattern: PathPattern::new("*"),
        property: "DistributionConfig.DefaultCacheBehavior".into(),
        target: Target::Origin(0),
        viewer_protocol: ViewerProtocol::AllowAll,
        allowed_methods: AllowedMethods::All,
        caches_options: false,
        cache: ttl(0, 60, 3600),
        origin_request: OriginRequestSettings::default(),
        response_headers: None,
        viewer_request: None,
        compress: false,
        viewer_response: None,
    };
    let to_pages = Behavior {
        pattern: PathPattern::new("/errors/*"),
        property: "DistributionConfig.CacheBehaviors[0]".into(),
        target: Target::Origin(1),
        cache: ttl(1, 86_400, 31_536_000),
        ..to_app.clone()
    };
    Distribution {
        id: "E1".into(),
        arn: "arn:aws:cloudfront::123456789012:distribution/E1".into(),
        domain_name: "d1.cloudfront.net".into(),
        enabled: true,
        default_root_object: None,
        origins: vec![
            origin("app", "app.example.com", custom(OriginProtocol::HttpOnly)),
            origin(
                "pages",
                "pages.s3.ap-northeast-1.amazonaws.com",
                OriginKind::S3 { signing: Signing::Always },
            ),
        ],
        origin_groups: Vec::new(),
        behaviors: vec![to_pages, to_app],
        error_responses: Vec::new(),
        assume_https: true,
        http3: false,
        logging: None,
    }
}

pub(crate) fn custom(protocol: OriginProtocol) -> OriginKind {
    OriginKind::Custom { http_port: 80, https_port: 443, protocol }
}

pub(crate) fn origin(id: &str, domain_name: &str, kind: OriginKind) -> Origin {
    Origin {
        id: id.into(),
        domain_name: domain_name.into(),
        path: "".into(),
        host_header: None,
        custom_headers: Vec::new(),
        connection_attempts: 1,
        connection_timeout: Duration::from_secs(2),
        read_timeout: Duration::from_secs(10),
        completion_timeout: None,
        kind,
    }
}

pub(crate) fn ttl(min_ttl_s: u64, default_ttl_s: u64, max_ttl_s: u64) -> CacheSettings {
    CacheSettings { min_ttl_s, default_ttl_s, max_ttl_s, ..CacheSettings::default() }
}

/// `site` with a change.
pub(crate) fn site_with(change: impl FnOnce(&mut Distribution)) -> Distribution {
    let mut site = site();
    change(&mut site);
    site
}

/// An error that `/errors/{error_code}.html` stands in for.
pub(crate) fn page(
    error_code: u16,
    response_code: u16,
    caching_min_ttl_s: u64,
) -> CustomErrorResponse {
    let path = format!("/errors/{error_code}.html").into();
    let page = Some(ErrorPage { path, response_code });
    CustomErrorResponse { error_code, caching_min_ttl_s, page }
}

/// The default behavior fails over from `app` to `pages`.
pub(crate) fn grouped(status_codes: &[u16]) -> Distribution {
    site_with(|site| {
        let status_codes = status_codes.to_vec();
        let group = OriginGroup { id: "both".into(), status_codes, primary: 0, secondary: 1 };
        site.origin_groups.push(group);
        site.behaviors[1].target = Target::Group(0);
        site.behaviors[1].allowed_methods = AllowedMethods::GetHeadOptions;
    })
}

/// As the managed policy AllViewer.
pub(crate) fn all_viewer() -> OriginRequestSettings {
    OriginRequestSettings {
        headers: HeaderSet::AllViewer,
        cookies: NameSet::All,
        query_strings: NameSet::All,
        legacy: false,
    }
}

pub(crate) fn head(method: Method, target: &str, lines: &[(&str, &str)]) -> RequestHead {
    let mut head = RequestHead::get("www.example.com", target);
    head.method = method;
    lines.iter().for_each(|(name, value)| head.headers.append(name, value));
    head
}

pub(crate) fn request(head: RequestHead) -> Box<Request> {
    let has_body = matches!(head.method, Method::Post | Method::Put | Method::Patch);
    Box::new(Request {
        head,
        peer: SocketAddr::from(([203, 0, 113, 9], 50_000)),
        tls: false,
        has_body,
        identity: Identity::Anonymous,
        port: 80,
    })
}

/// A viewer of `site` who asks for `target`.
pub(crate) fn viewer(target: &str, lines: &[(&str, &str)]) -> Viewer {
    Viewer {
        distribution: Arc::new(site()),
        request: request(head(Method::Get, target, lines)),
        https: true,
        id: RequestId::new(&mut Rng::new(1)),
        behavior: 1,
        root: None,
        edge: 0,
    }
}

/// An answer of an origin.
pub(crate) fn answer(status: u16, lines: &[(&str, &str)], body: &str) -> Response {
    let mut response = Response::text(status, "text/plain", body.to_owned());
    lines.iter().for_each(|(name, value)| response.head.headers.append(name, value));
    response
}

/// An edge with viewers and origins around it.
pub(crate) struct Bench {
    pub(crate) edge: Edge,
    pub(crate) site: Arc<Distribution>,
    pub(crate) now: Time,
    env: Env,
    rng: Rng,
    last: u64,
    /// Requests to origins that are not answered yet, oldest first.
    pub(crate) asked: Vec<(Caller, LegRequest)>,
    /// Answers to viewers.
    pub(crate) answers: BTreeMap<ExchangeId, Response>,
    pub(crate) facts: Vec<Fact>,
}

impl Bench {
    pub(crate) fn new(site: Distribution) -> Self {
        Self {
            edge: Edge::default(),
            site: Arc::new(site),
            now: Time::from_seconds(1_800_000_000),
            env: Env::default(),
            rng: Rng::new(7),
            last: 0,
            asked: Vec::new(),
            answers: BTreeMap::new(),
            facts: Vec::new(),
        }
    }

    pub(crate) fn with(&mut self, work: impl FnOnce(&mut Edge, &mut Cx<'_>)) {
        let mut out = Vec::new();
        let mut cx = Cx {
            now: self.now,
            rng: &mut self.rng,
            env: &self.env,
            out: &mut out,
            facts: Some(&mut self.facts),
            asked_by: None,
        };
        work(&mut self.edge, &mut cx);
        for one in out {
            match one {
                Out::Send { caller, request } => {
                    self.asked.retain(|(other, _)| *other != caller);
                    self.asked.push((caller, *request));
                }
                Out::Cancel { caller } => self.asked.retain(|(other, _)| *other != caller),
                Out::Respond { exchange, response } => self.responded(exchange, *response),
                other => panic!("the edge asks for {other:?}"),
            }
        }
    }

    /// As the engine does: an answer that is not relayed ends the exchange at once.
    fn responded(&mut self, exchange: ExchangeId, response: Response) {
        let body_bytes = response.body.length().unwrap_or(0);
        let relayed = response.body.is_relay();
        let before = self.answers.insert(exchange, response);
        assert!(before.is_none(), "{exchange:?} is answered twice");
        if !relayed {
            self.asked.retain(|(caller, _)| *caller != Caller::Exchange(exchange));
            self.finish(exchange, Finish::Complete { body_bytes });
        }
    }

    pub(crate) fn finish(&mut self, exchange: ExchangeId, finish: Finish) {
        self.with(|edge, cx| edge.finished(cx, exchange, finish));
    }

    /// The viewer goes away: what was asked for it is dropped.
    pub(crate) fn leave(&mut self, exchange: ExchangeId) {
        self.asked.retain(|(caller, _)| *caller != Caller::Exchange(exchange));
        self.finish(exchange, Finish::ViewerGone);
    }

    pub(crate) fn send(&mut self, head: RequestHead) -> ExchangeId {
        self.last += 1;
        let exchange = ExchangeId(self.last);
        let site = Arc::clone(&self.site);
        self.facts.clear();
        self.with(|edge, cx| edge.request_at(cx, exchange, 0, request(head), Some(site)));
        exchange
    }

    pub(crate) fn get(&mut self, target: &str) -> ExchangeId {
        self.send(head(Method::Get, target, &[]))
    }

    /// The one request to an origin that waits, taken out.
    #[track_caller]
    pub(crate) fn take_asked(&mut self) -> (Caller, LegRequest) {
        assert_eq!(self.asked.len(), 1, "{:#?}", self.asked);
        self.asked.remove(0)
    }

    /// The one origin that was asked answers; gives what it was asked.
    #[track_caller]
    pub(crate) fn origin(&mut self, response: Response) -> LegRequest {
        let (caller, leg) = self.take_asked();
        self.with(|edge, cx| edge.response(cx, caller, response));
        leg
    }

    /// The same, with a longer body that follows: `keep` of the answer.
    #[track_caller]
    pub(crate) fn origin_relays(&mut self, mut response: Response) -> Option<u64> {
        response.body = Body::Relay { length: None, keep: None };
        let (caller, _) = self.take_asked();
        self.with(|edge, cx| edge.response(cx, caller, response));
        let Caller::Exchange(exchange) = caller else { return None };
        match self.answers.get(&exchange).map(|answer| &answer.body) {
            Some(Body::Relay { keep, .. }) => *keep,
            _ => None,
        }
    }

    pub(crate) fn kept(&mut self, keep: u64, body: Option<&'static str>) {
        let body = body.map(|body| Bytes::from_static(body.as_bytes()));
        self.with(|edge, cx| edge.kept(cx, keep, body));
    }

    #[track_caller]
    pub(crate) fn origin_fails(&mut self, failure: LinkFailure) -> LegRequest {
        let (caller, leg) = self.take_asked();
        self.with(|edge, cx| edge.failed(cx, caller, failure));
        leg
    }

    /// Time goes on, and what is due is done.
    pub(crate) fn wait(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
        while self.edge.deadline().is_some_and(|due| due.at <= self.now) {
            self.with(Edge::on_deadline);
        }
    }

    /// What a viewer got: status, `X-Cache` without ` from cloudfront`, body.
    #[track_caller]
    pub(crate) fn got(&self, exchange: ExchangeId) -> (u16, &str, &str) {
        let Some(answer) = self.answers.get(&exchange) else {
            panic!("{exchange:?} is not answered");
        };
        let x_cache = answer.head.headers.get("X-Cache").unwrap_or("none");
        let body = match &answer.body {
            Body::Empty => "",
            Body::Bytes(bytes) => std::str::from_utf8(bytes).unwrap(),
            Body::Blob { .. } => "(blob)",
            Body::Relay { .. } => "(relay)",
        };
        (answer.head.status, x_cache.trim_end_matches(" from cloudfront"), body)
    }

    #[track_caller]
    pub(crate) fn headers(&self, exchange: ExchangeId) -> &Headers {
        &self.answers[&exchange].head.headers
    }

    /// Asks and lets the origin answer, if it is asked.
    #[track_caller]
    pub(crate) fn visit(&mut self, target: &str, response: Response) -> (u16, String, String) {
        let exchange = self.get(target);
        if !self.asked.is_empty() {
            self.origin(response);
        }
        let (status, x_cache, body) = self.got(exchange);
        (status, x_cache.to_owned(), body.to_owned())
    }

    /// Whether a GET reaches the origin; it answers 200 if so.
    pub(crate) fn asks(&mut self, target: &str) -> bool {
        self.get(target);
        let asks = !self.asked.is_empty();
        if asks {
            self.origin(answer(200, &[], "again"));
        }
        asks
    }
}

pub(crate) fn host(leg: &LegRequest) -> &str {
    match &leg.to {
        Address::Name { host, .. } => host,
        Address::Socket(_) => "(socket)",
    }
}
