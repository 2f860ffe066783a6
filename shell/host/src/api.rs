//! The endpoint on the API port: Standin's own questions, and AWS's operations by their wire
//! protocols. Control traffic only, so hyper serves it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::rc::Rc;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use standin_kernel::{ApiError, Value, json};
use standin_wire::sigv4::Credentials;
use tokio::net::TcpListener;
use tokio::task::spawn_local;

use crate::control::{Question, answer};
use crate::driver::Driver;

/// Largest body of a call: an object put in one piece is held in memory until it is stored.
const BODY_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Who may call. Callers of this machine are believed unless they have to sign, too; those from
/// elsewhere sign, and have nothing to ask Standin itself.
pub(crate) struct Callers {
    pub(crate) near: Option<Credentials>,
    /// `None`: nobody listens for them.
    pub(crate) elsewhere: Option<Credentials>,
}

/// Where a connection comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whence {
    ThisMachine,
    Elsewhere,
}

impl Whence {
    /// Both ends of a connection within this machine are loopback addresses: the near end alone
    /// says only which socket was reached.
    fn ends(near: SocketAddr, far: SocketAddr) -> Self {
        match near.ip().is_loopback() && far.ip().is_loopback() {
            true => Self::ThisMachine,
            false => Self::Elsewhere,
        }
    }
}

/// Serves the API port until the driver ends.
pub(crate) async fn run(driver: Rc<Driver>, listener: TcpListener, callers: Rc<Callers>) {
    loop {
        let Ok((stream, far)) = listener.accept().await else { continue };
        let Ok(near) = stream.local_addr() else { continue };
        let from = Whence::ends(near, far);
        let (driver, callers) = (driver.clone(), callers.clone());
        spawn_local(async move {
            let service = service_fn(move |request| {
                let (driver, callers) = (driver.clone(), callers.clone());
                async move { Ok::<_, Infallible>(serve(&driver, &callers, from, request).await) }
            });
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn serve(
    driver: &Rc<Driver>,
    callers: &Callers,
    from: Whence,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, BODY_BYTES_MAX).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => {
            let message = format!("the body is larger than {BODY_BYTES_MAX} bytes");
            return shown(&Err(ApiError::new("RequestEntityTooLarge", 413, message)));
        }
    };
    if parts.uri.path() == "/_standin" {
        if from == Whence::Elsewhere {
            let message = "Standin's own questions are answered on its own machine only";
            return shown(&Err(ApiError::new("AccessDenied", 403, message)));
        }
        return own(driver, &parts, &body).await;
    }
    let credentials = match (from, &callers.elsewhere) {
        (Whence::ThisMachine, _) => callers.near.as_ref(),
        (Whence::Elsewhere, Some(known)) => Some(known),
        (Whence::Elsewhere, None) => {
            let message = "no credentials are known that count from elsewhere";
            return shown(&Err(ApiError::new("AccessDenied", 403, message)));
        }
    };
    crate::aws::serve(driver, credentials, &parts, &body).await
}

/// A question of Standin's own, as JSON. A browser's page must not be able to ask, so the content
/// type has to be one that no form can send.
async fn own(
    driver: &Rc<Driver>,
    parts: &hyper::http::request::Parts,
    body: &Bytes,
) -> Response<Full<Bytes>> {
    let json_sent = parts
        .headers
        .get("content-type")
        .is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
    if parts.method != Method::POST || !json_sent {
        let message = "POST a question as application/json";
        return shown(&Err(ApiError::new("ValidationError", 400, message)));
    }
    match serde_json::from_slice::<Question>(body) {
        Ok(question) => shown(&answer(driver, question).await),
        Err(wrong) => shown(&Err(ApiError::new("ValidationError", 400, wrong.to_string()))),
    }
}

fn shown(reply: &Result<Value, ApiError>) -> Response<Full<Bytes>> {
    let (status, body) = match reply {
        Ok(value) => (StatusCode::OK, value.clone()),
        Err(error) => (
            StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST),
            json!({"code": error.code, "message": error.message}),
        ),
    };
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() = status;
    let json = hyper::header::HeaderValue::from_static("application/json");
    response.headers_mut().insert("content-type", json);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_on_both_ends_is_this_machine() {
        let from =
            |near: &str, far: &str| Whence::ends(near.parse().unwrap(), far.parse().unwrap());
        assert_eq!(from("127.0.0.1:4566", "127.0.0.1:50000"), Whence::ThisMachine);
        assert_eq!(from("127.7.7.7:4566", "127.77.1.2:50000"), Whence::ThisMachine);
        assert_eq!(from("[::1]:4566", "[::1]:50000"), Whence::ThisMachine);
        // A packet from elsewhere to a loopback address, or from a loopback address to elsewhere,
        // is what a network must not carry.
        for (near, far) in [
            ("192.0.2.1:4566", "192.0.2.1:50000"),
            ("192.0.2.1:4566", "192.0.2.9:50000"),
            ("127.0.0.1:4566", "192.0.2.9:50000"),
            ("192.0.2.1:4566", "127.0.0.1:50000"),
            ("[2001:db8::1]:4566", "[2001:db8::2]:50000"),
        ] {
            assert_eq!(from(near, far), Whence::Elsewhere, "{near} {far}");
        }
    }
}
