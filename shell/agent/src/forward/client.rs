//! Posts one payload to an intake, and says how that ended.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{Outcome, Transaction};
use crate::payload::AGENT_VERSION;
use crate::settings::{Destination, Url};

/// An answer's body is read this far.
const MOST_ANSWER_BYTES: usize = 64 << 10;

/// How a request ended, and what was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    pub outcome: Outcome,
    pub body: Bytes,
}

/// Posts a payload; the key stands in a header and nowhere else (DD-IN-03).
pub async fn post(one: &Transaction, timeout: Duration) -> Posted {
    let payload = &one.payload;
    let mut request = head(&one.to, payload.route.path())
        .method("POST")
        .header(header::CONTENT_TYPE, payload.route.content_type());
    if let Some(encoding) = payload.encoding {
        request = request.header(header::CONTENT_ENCODING, encoding);
    }
    if payload.route.content_type() == "application/x-protobuf" {
        request = request.header("dd-agent-payload", "5.0.0");
    }
    send(&one.to.url, request, payload.body.clone(), timeout).await
}

/// Asks for a path.
pub async fn get(to: &Destination, path: &str, timeout: Duration) -> Posted {
    send(&to.url, head(to, path).method("GET"), Bytes::new(), timeout).await
}

fn head(to: &Destination, path: &str) -> hyper::http::request::Builder {
    let mut request = Request::builder()
        .uri(format!("{}{path}", to.url.path))
        .header(header::HOST, format!("{}:{}", to.url.host, to.url.port))
        .header(header::USER_AGENT, format!("datadog-agent/{AGENT_VERSION}"))
        .header("dd-agent-version", AGENT_VERSION);
    if let Ok(mut key) = header::HeaderValue::from_str(&to.key) {
        key.set_sensitive(true);
        request = request.header("dd-api-key", key);
    }
    request
}

/// One request over a connection of its own.
pub(crate) async fn send(
    url: &Url,
    request: hyper::http::request::Builder,
    body: Bytes,
    timeout: Duration,
) -> Posted {
    let failed = Posted { outcome: Outcome::Failed, body: Bytes::new() };
    let Ok(request) = request.body(Full::new(body)) else { return failed };
    let exchange = async {
        let host = url.host.trim_start_matches('[').trim_end_matches(']');
        let stream = TcpStream::connect((host, url.port)).await.ok()?;
        let io = TokioIo::new(stream);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.ok()?;
        let talk = async {
            let response = sender.send_request(request).await.ok()?;
            let status: StatusCode = response.status();
            let limited = http_body_util::Limited::new(response.into_body(), MOST_ANSWER_BYTES);
            let body = limited.collect().await.map(http_body_util::Collected::to_bytes);
            Some(Posted {
                outcome: Outcome::Status(status.as_u16()),
                body: body.unwrap_or_default(),
            })
        };
        tokio::pin!(talk);
        tokio::select! {
            posted = &mut talk => posted,
            // The connection may end before the answer is taken from it.
            _ = connection => talk.await,
        }
    };
    tokio::time::timeout(timeout, exchange).await.ok().flatten().unwrap_or(failed)
}
