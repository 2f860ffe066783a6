//! The endpoint on the API port: Standin's own questions, and AWS's operations by their wire
//! protocols. Control traffic only, so hyper serves it.

use std::convert::Infallible;
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

/// Serves the API port until the driver ends. With `credentials`, requests have to be signed.
pub(crate) async fn run(
    driver: Rc<Driver>,
    listener: TcpListener,
    credentials: Option<Rc<Credentials>>,
) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let (driver, credentials) = (driver.clone(), credentials.clone());
        spawn_local(async move {
            let service = service_fn(move |request| {
                let (driver, credentials) = (driver.clone(), credentials.clone());
                async move {
                    let credentials = credentials.as_deref();
                    Ok::<_, Infallible>(serve(&driver, credentials, request).await)
                }
            });
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn serve(
    driver: &Rc<Driver>,
    credentials: Option<&Credentials>,
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
        return own(driver, &parts, &body).await;
    }
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
