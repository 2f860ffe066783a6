//! Tests through the service's door, as the engine uses it.

mod alias;
mod distribution;
mod document;
mod function;
mod host;
mod invalidation;
mod keys;
mod log;
mod policy;
mod random;
mod resource;
mod restart;
mod tagging;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use standin_kernel::control::Record;
use standin_kernel::{
    Address, ApiError, Bytes, Caller, Cx, Duration, Env, ExchangeId, Fact, Identity, LegRequest,
    Out, Pace, Request, RequestHead, Response, Rng, Service, Time, Value, json,
};

use crate::CloudFront;

pub(crate) const OPTIMIZED: &str = "658327ea-f89d-4fab-a63d-7e88639e58f6";
pub(crate) const DISABLED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";

/// A service with a driver's memory around it.
pub(crate) struct Bench {
    pub(crate) service: CloudFront,
    pub(crate) env: Env,
    pub(crate) now: Time,
    rng: Rng,
    exchanges: u64,
    pub(crate) records: BTreeMap<(String, String), Value>,
    pub(crate) facts: Vec<Fact>,
    /// What other services were called with.
    pub(crate) calls: Vec<Value>,
}

/// What became of a viewer's request.
#[derive(Debug)]
pub(crate) enum Outcome {
    Answered(Response),
    Asked(ExchangeId, Box<LegRequest>),
}

#[expect(clippy::needless_pass_by_value, reason = "documents read better without ampersands")]
impl Bench {
    pub(crate) fn new() -> Self {
        Self {
            service: CloudFront::new(),
            env: Env::default(),
            now: Time::from_seconds(1_800_000_000),
            rng: Rng::new(7),
            exchanges: 0,
            records: BTreeMap::new(),
            facts: Vec::new(),
            calls: Vec::new(),
        }
    }

    /// At AWS's own pace.
    pub(crate) fn slow() -> Self {
        let mut bench = Self::new();
        bench.env.pace = Pace::Aws;
        bench
    }

    pub(crate) fn with<R>(
        &mut self,
        work: impl FnOnce(&mut CloudFront, &mut Cx<'_>) -> R,
    ) -> (R, Vec<Out>) {
        let mut out = Vec::new();
        self.facts.clear();
        let mut cx = Cx {
            now: self.now,
            rng: &mut self.rng,
            env: &self.env,
            out: &mut out,
            facts: Some(&mut self.facts),
            asked_by: None,
        };
        let result = work(&mut self.service, &mut cx);
        for one in &out {
            if let Out::Call { input, .. } = one {
                self.calls.push(input.clone());
            }
            if let Out::Store(Record { kind, id, document }) = one {
                let place = (kind.clone(), id.clone());
                match document {
                    Some(document) => self.records.insert(place, document.clone()),
                    None => self.records.remove(&place),
                };
            }
        }
        (result, out)
    }

    pub(crate) fn call(&mut self, operation: &str, input: &Value) -> Result<Value, ApiError> {
        self.with(|service, cx| service.call(cx, operation, input)).0
    }

    #[track_caller]
    pub(crate) fn ok(&mut self, operation: &str, input: Value) -> Value {
        self.call(operation, &input).unwrap_or_else(|error| panic!("{operation} {input}: {error}"))
    }

    #[track_caller]
    pub(crate) fn refusal(&mut self, operation: &str, input: Value) -> ApiError {
        self.call(operation, &input).expect_err("must be refused")
    }

    /// The code of a refusal of a changed document.
    #[track_caller]
    pub(crate) fn code(&mut self, document: Value) -> String {
        self.refusal("CreateDistribution", json!({"DistributionConfig": document})).code
    }

    /// Creates a distribution; gives its id.
    #[track_caller]
    pub(crate) fn create(&mut self, document: Value) -> String {
        let made = self.ok("CreateDistribution", json!({"DistributionConfig": document}));
        text(&made["Distribution"]["Id"])
    }

    /// The answer to `GetDistribution`.
    #[track_caller]
    pub(crate) fn get(&mut self, id: &str) -> Value {
        self.ok("GetDistribution", json!({"Id": id}))
    }

    #[track_caller]
    pub(crate) fn status(&mut self, id: &str) -> String {
        text(&self.get(id)["Distribution"]["Status"])
    }

    /// Changes a distribution's document.
    #[track_caller]
    pub(crate) fn update(&mut self, id: &str, change: impl FnOnce(&mut Value)) -> Value {
        let mut input = self.ok("GetDistributionConfig", json!({"Id": id}));
        change(&mut input["DistributionConfig"]);
        input["Id"] = json!(id);
        input["IfMatch"] = input.as_object_mut().unwrap().remove("ETag").unwrap();
        self.ok("UpdateDistribution", input)
    }

    /// Lets time pass, stopping at each deadline.
    pub(crate) fn pass(&mut self, by: Duration) {
        let end = self.now + by;
        while let Some(due) = self.service.deadline().filter(|due| due.at <= end) {
            self.now = self.now.max(due.at);
            self.with(Service::on_deadline);
        }
        self.now = end;
    }

    /// The number of the next exchange.
    pub(crate) const fn next_exchange(&mut self) -> u64 {
        self.exchanges += 1;
        self.exchanges
    }

    /// The number of the exchange before.
    pub(crate) const fn last_exchange(&self) -> u64 {
        self.exchanges
    }

    /// A viewer's GET over TLS.
    pub(crate) fn request_of(&self, host: &str, target: &str) -> Request {
        Request {
            head: RequestHead::get(host, target),
            peer: SocketAddr::from(([203, 0, 113, 9], 40_000)),
            tls: true,
            has_body: false,
            identity: Identity::Anonymous,
            port: 80,
        }
    }

    /// A viewer asks for `target` at `host`, over TLS.
    pub(crate) fn ask(&mut self, host: &str, target: &str) -> Outcome {
        let exchange = ExchangeId(self.next_exchange());
        let request = self.request_of(host, target);
        let ((), out) = self.with(|service, cx| service.request(cx, exchange, request));
        outcome(exchange, out)
    }

    /// The origin's answer to what `ask` gave.
    pub(crate) fn answer(&mut self, exchange: ExchangeId, response: Response) -> Response {
        let caller = Caller::Exchange(exchange);
        let ((), out) = self.with(|service, cx| service.response(cx, caller, response));
        match outcome(exchange, out) {
            Outcome::Answered(response) => response,
            Outcome::Asked(..) => panic!("it asks again"),
        }
    }

    /// The name of the origin that is asked for `target` at `host`.
    #[track_caller]
    pub(crate) fn origin(&mut self, host: &str, target: &str) -> String {
        match self.ask(host, target) {
            Outcome::Asked(_, leg) => match leg.to {
                Address::Name { host, .. } => host.to_string(),
                Address::Socket(_) => panic!("an origin has a name"),
            },
            Outcome::Answered(response) => panic!("answered with {}", response.head.status),
        }
    }

    /// The status of an answer that needs no origin.
    #[track_caller]
    pub(crate) fn refused(&mut self, host: &str) -> u16 {
        match self.ask(host, "/") {
            Outcome::Answered(response) => response.head.status,
            Outcome::Asked(..) => panic!("an origin is asked"),
        }
    }

    /// The same service after a restart.
    pub(crate) fn restart(&mut self) {
        let mut service = CloudFront::new();
        for ((kind, id), document) in &self.records {
            let record =
                Record { kind: kind.clone(), id: id.clone(), document: Some(document.clone()) };
            service.restore(&record).unwrap();
        }
        self.service = service;
        self.with(Service::restored);
    }
}

fn outcome(exchange: ExchangeId, out: Vec<Out>) -> Outcome {
    for one in out {
        match one {
            Out::Respond { response, .. } => return Outcome::Answered(*response),
            Out::Send { request, .. } => return Outcome::Asked(exchange, request),
            _ => {}
        }
    }
    panic!("neither answered nor asked");
}

pub(crate) fn page(body: &'static str) -> Response {
    Response::text(200, "text/html", Bytes::from_static(body.as_bytes()))
}

#[track_caller]
pub(crate) fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// A document with one custom origin `app.example.org`; `reference` tells one from another.
pub(crate) fn document(reference: &str) -> Value {
    json!({
        "CallerReference": reference,
        "Comment": "",
        "Enabled": true,
        "Origins": list(&[custom_origin("app", "app.example.org")]),
        "DefaultCacheBehavior": {
            "TargetOriginId": "app",
            "ViewerProtocolPolicy": "allow-all",
            "CachePolicyId": OPTIMIZED,
        },
    })
}

/// The same under an alternate domain name.
pub(crate) fn named(reference: &str, aliases: &[&str]) -> Value {
    let mut document = document(reference);
    let aliases: Vec<Value> = aliases.iter().map(|alias| json!(alias)).collect();
    document["Aliases"] = list(&aliases);
    document["ViewerCertificate"] = json!({
        "ACMCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1",
        "SSLSupportMethod": "sni-only",
        "MinimumProtocolVersion": "TLSv1.2_2021",
    });
    document
}

pub(crate) fn custom_origin(id: &str, domain_name: &str) -> Value {
    json!({
        "Id": id,
        "DomainName": domain_name,
        "CustomOriginConfig":
            {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"},
    })
}

pub(crate) fn list(items: &[Value]) -> Value {
    json!({"Quantity": items.len(), "Items": items})
}
