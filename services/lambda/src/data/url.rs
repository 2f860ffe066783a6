//! Functions behind a name of their own: `<url-id>.lambda-url.<region>.on.aws` (LAM-UR-01 to
//! LAM-UR-07).

use standin_kernel::{
    ApiError, Bytes, Cx, ExchangeId, Identity, Out, Request, Response, ids, json,
};

use super::cors;
use super::invocation::{Invocation, Waiter, fact};
use super::outcome::Outcome;
use super::policy::Asker;
use super::url_event::{Place, answer, event};
use crate::Lambda;
use crate::state::{Function, Url};

/// Largest body of a request (LAM-IN-03).
pub(crate) const BODY_BYTES_MAX: u64 = 6 * 1024 * 1024;

/// A request to a function URL on its way to its answer.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    function: String,
    /// The qualifier of the URL, empty without one.
    qualifier: String,
    request: Request,
    id: String,
}

/// The id in a host name, which may end with `.localhost` so that a browser finds it here.
pub(crate) fn url_id(host: &str) -> Option<&str> {
    let host = host.strip_suffix(".localhost").unwrap_or(host);
    // Most names are others': their end says so.
    let (id, _) = host.strip_suffix(".on.aws")?.split_once(".lambda-url.")?;
    Some(id)
}

impl Lambda {
    /// The function and the qualifier of a URL.
    fn url(&self, host: &str) -> Option<(&Function, &str, &Url)> {
        let id = url_id(host)?;
        self.state.functions.values().find_map(|function| {
            let found = function.urls.iter().find(|(_, url)| url.id == id);
            found.map(|(qualifier, url)| (function, qualifier.as_str(), url))
        })
    }

    /// Somebody asks at a function URL.
    pub(crate) fn url_request(&mut self, cx: &mut Cx<'_>, exchange: ExchangeId, request: Request) {
        let host = request.head.host().unwrap_or("").to_ascii_lowercase();
        let Some((function, qualifier, url)) = self.url(&host) else {
            let body = json!({"Message": null}).to_string();
            return cx.respond(exchange, Response::text(404, "application/json", body));
        };
        if let Some(answer) = url.cors.as_ref().and_then(|cors| cors.preflight(&request.head)) {
            return cx.respond(exchange, answer);
        }
        if let Some(why) = forbidden(cx, function, qualifier, url, &request) {
            let resource = format!("{}:url", function.name);
            cx.note(|| fact("permission", why).setting(&resource, "AuthType").row("LAM-UR-01"));
            return cx.respond(exchange, denied());
        }
        let (function, qualifier) = (function.name.clone(), qualifier.to_owned());
        let id = ids::uuid(cx.rng);
        self.live.waiting.insert(exchange, Waiting { function, qualifier, request, id });
        cx.emit(Out::Collect { exchange, limit_bytes: BODY_BYTES_MAX });
    }

    /// The body has come: the function is run.
    pub(crate) fn url_body(&mut self, cx: &mut Cx<'_>, exchange: ExchangeId, body: Option<Bytes>) {
        let Some(waiting) = self.live.waiting.get(&exchange) else { return };
        let Some(body) = body else {
            self.live.waiting.remove(&exchange);
            let body = json!({"Message": "Request must be smaller than 6291556 bytes"}).to_string();
            return cx.respond(exchange, Response::text(413, "application/json", body));
        };
        let function = self.state.functions.get(&waiting.function);
        let qualifier = Some(waiting.qualifier.as_str()).filter(|one| !one.is_empty());
        let config = function.and_then(|one| one.resolve(cx, qualifier)).cloned();
        let Some((function, config)) = function.zip(config) else {
            return self.refuse_url(cx, exchange, &crate::error::no_function(&waiting.function));
        };
        let host = waiting.request.head.host().unwrap_or("").to_ascii_lowercase();
        let place = Place {
            url_id: url_id(&host).unwrap_or(""),
            host: host.strip_suffix(".localhost").unwrap_or(&host),
            account: &cx.env.account,
            request_id: &waiting.id,
            now: cx.now,
            signed: waiting.request.identity == Identity::Account,
        };
        let payload = event(&waiting.request, &body, place).to_string();
        let arn = function.qualified_arn(qualifier);
        let id = waiting.id.clone();
        let mut invocation = Invocation::new(cx, &config, arn, payload.into());
        invocation.id = id;
        invocation.waiter = Waiter::Url(exchange);
        if let Err(refusal) = self.begin(cx, invocation) {
            self.refuse_run(cx, Waiter::Url(exchange), refusal.error());
        }
    }

    /// What came of it.
    pub(crate) fn answer_url(
        &mut self,
        cx: &mut Cx<'_>,
        exchange: ExchangeId,
        id: &str,
        function: &str,
        outcome: &Outcome,
    ) {
        let Some(waiting) = self.live.waiting.remove(&exchange) else { return };
        let head = &waiting.request.head;
        let good = if outcome.failed { None } else { answer(&outcome.payload, &head.method) };
        let mut response = good.unwrap_or_else(|| {
            cx.note(|| {
                let says = "the function failed or gave no answer that could be sent: 502";
                fact("result", says).setting(function, "Handler").row("LAM-UR-05")
            });
            Response::text(502, "application/json", "Internal Server Error")
        });
        let found = self.state.functions.get(&waiting.function);
        let url = found.and_then(|one| one.urls.get(&waiting.qualifier));
        if let Some(cors) = url.and_then(|url| url.cors.as_ref()) {
            let headers = &mut response.head.headers;
            headers.retain(|name, _| !cors::OWN.iter().any(|own| own.eq_ignore_ascii_case(name)));
            cors.add(&head.headers, headers);
        }
        // LAM-UR-07.
        response.head.headers.set("x-amzn-RequestId", id);
        cx.respond(exchange, response);
    }

    /// The run did not even begin.
    pub(crate) fn refuse_url(&mut self, cx: &mut Cx<'_>, exchange: ExchangeId, error: &ApiError) {
        self.live.waiting.remove(&exchange);
        let message = if error.status == 429 {
            let body = json!({"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded",
                "Type": "User", "message": "Rate Exceeded."});
            body.to_string()
        } else {
            json!({"Message": error.message}).to_string()
        };
        let mut response = Response::text(error.status, "application/json", message);
        response.head.headers.append("x-amzn-ErrorType", &error.code);
        cx.respond(exchange, response);
    }
}

/// Why the caller may not; `None` when it may.
fn forbidden(
    cx: &Cx<'_>,
    function: &Function,
    qualifier: &str,
    url: &Url,
    request: &Request,
) -> Option<&'static str> {
    let qualifier = Some(qualifier).filter(|one| !one.is_empty());
    let auth = if url.iam { "AWS_IAM" } else { "NONE" };
    let permits = |principal: &str, source_arn: Option<&str>| {
        ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"].into_iter().all(|action| {
            let url_auth_type = Some(auth);
            let asker = Asker { principal, source_arn, action, url_auth_type };
            function.permits(cx.env, qualifier, asker)
        })
    };
    match &request.identity {
        Identity::Account => None,
        Identity::Service { principal, source_arn } if url.iam => {
            let says = "no statement lets the service that signed invoke the URL and the function";
            (!permits(principal, Some(source_arn))).then_some(says)
        }
        _ if url.iam => Some("the URL asks for a signature and there is none"),
        _ => {
            let says = "no statement lets everybody invoke the URL and the function";
            (!permits("*", None)).then_some(says)
        }
    }
}

/// LAM-UR-01.
fn denied() -> Response {
    let message = "Forbidden. For troubleshooting Function URL authorization issues, see: \
                   https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html";
    let body = json!({"Message": message}).to_string();
    let mut response = Response::text(403, "application/json", body);
    response.head.headers.append("x-amzn-ErrorType", "AccessDeniedException");
    response
}
