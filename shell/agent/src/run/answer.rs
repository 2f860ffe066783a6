//! Answers over HTTP: what tracers post, and the agent's own questions.

use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};

use super::{Site, now};
use crate::health::PING_EVERY;

pub(super) type Answer = Response<Full<Bytes>>;

const HEAD_WAIT: Duration = Duration::from_secs(75);
/// Pause after a connection could not be taken.
const AFTER_ERROR: Duration = Duration::from_millis(100);

/// Takes connections for ever.
pub(super) async fn over_tcp<F>(
    site: Rc<Site>,
    listener: TcpListener,
    answer: fn(Rc<Site>, Request<Incoming>) -> F,
) where
    F: Future<Output = Answer> + 'static,
{
    let mut ping = tokio::time::interval(PING_EVERY);
    loop {
        tokio::select! {
            taken = listener.accept() => match taken {
                Ok((stream, _)) => {
                    tokio::task::spawn_local(serve(Rc::clone(&site), stream, answer));
                }
                Err(_) => tokio::time::sleep(AFTER_ERROR).await,
            },
            _ = ping.tick() => site.ping("http"),
        }
    }
}

pub(super) async fn over_unix(site: Rc<Site>, listener: UnixListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::task::spawn_local(serve(Rc::clone(&site), stream, super::tracers::answer));
            }
            Err(_) => tokio::time::sleep(AFTER_ERROR).await,
        }
    }
}

async fn serve<S, F>(site: Rc<Site>, stream: S, answer: fn(Rc<Site>, Request<Incoming>) -> F)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
    F: Future<Output = Answer> + 'static,
{
    let service = service_fn(move |request| {
        let answered = answer(Rc::clone(&site), request);
        async move { Ok::<_, Infallible>(answered.await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WAIT)
        .serve_connection(TokioIo::new(stream), service);
    // How a connection ends is its peer's business.
    let _ = connection.await;
}

pub(super) fn text(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    answer
}

/// The agent's own questions: `/health`, `/status`, `/metrics`.
pub(super) async fn commands(site: Rc<Site>, request: Request<Incoming>) -> Answer {
    let now = now();
    if request.method() != Method::GET {
        return text(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "only GET\n");
    }
    match request.uri().path() {
        "/health" => {
            let health = site.health.borrow();
            let unwell = health.unwell(now);
            let well: Vec<_> = health.parts().filter(|part| !unwell.contains(part)).collect();
            let status =
                if unwell.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            let body = json!({"Healthy": well, "Unhealthy": unwell});
            text(status, "application/json", body.to_string())
        }
        "/status" => {
            let mut status = site.agent.borrow().status(now);
            let queue = site.queue.borrow();
            let (payloads, bytes) = queue.waiting();
            let counts = queue.counts;
            status["Forwarder"] = json!({
                "Delivered": counts.delivered, "Refused": counts.refused,
                "Failures": counts.failures, "GivenUp": counts.given_up,
                "Waiting": payloads, "WaitingBytes": bytes,
            });
            text(StatusCode::OK, "application/json", status.to_string())
        }
        "/metrics" => {
            let body = site.agent.borrow().exposition();
            text(StatusCode::OK, "text/plain; version=0.0.4", body)
        }
        _ => text(StatusCode::NOT_FOUND, "text/plain", "not found\n"),
    }
}
