//! Takes connections until it is told to stop, then ends the requests under way and returns.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::entries::Entries;
use crate::log;
use crate::metrics::{Answered, Metrics};
use crate::route::{Answer, answer};
use crate::settings::Settings;

/// Longer than the 60 s a load balancer keeps an idle connection: were it shorter, a request could
/// meet a connection that is just being closed, and its viewer a 502.
const HEAD_WAIT: Duration = Duration::from_secs(75);
/// Less than the 30 s a container is given between SIGTERM and SIGKILL.
const DRAIN_WAIT: Duration = Duration::from_secs(20);
/// Pause after a connection could not be taken, so that it is not tried in a tight circle.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until SIGTERM or SIGINT.
pub(crate) async fn run(settings: &Settings, store: Arc<Entries>) -> Result<(), String> {
    let listening = async {
        let listener = TcpListener::bind(settings.listen).await?;
        let address = listener.local_addr()?;
        io::Result::Ok((listener, address))
    };
    let (listener, address) =
        listening.await.map_err(|why| format!("cannot listen on {}: {why}", settings.listen))?;
    let no_signals = |why: io::Error| format!("no signals: {why}");
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    log(&format!("listening on {address}, entries in {}", store.place()));

    let (stop, stopping) = watch::channel(false);
    let metrics = Arc::new(Metrics::to(settings.agent));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            taken = listener.accept() => match taken {
                Ok((stream, _)) => {
                    let (store, metrics) = (Arc::clone(&store), Arc::clone(&metrics));
                    connections.spawn(serve(stream, store, metrics, stopping.clone()));
                }
                Err(why) => {
                    log(&format!("cannot take a connection: {why}"));
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        }
    }
    drop(listener);
    // Connections that ended already do not listen.
    let _ = stop.send(true);
    log(&format!("stopping, {} connections open", connections.len()));
    let drained = tokio::time::timeout(DRAIN_WAIT, async {
        while connections.join_next().await.is_some() {}
    });
    match drained.await {
        Ok(()) => log("stopped"),
        Err(_) => log(&format!("stopped, {} connections cut off", connections.len())),
    }
    Ok(())
}

async fn serve(
    stream: TcpStream,
    store: Arc<Entries>,
    metrics: Arc<Metrics>,
    mut stopping: watch::Receiver<bool>,
) {
    let service = service_fn(|request| respond(&store, &metrics, request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WAIT)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // How a connection ends is its peer's business: broken and well ended are the same here.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopping.wait_for(|stop| *stop) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

async fn respond(
    store: &Arc<Entries>,
    metrics: &Metrics,
    request: Request<Incoming>,
) -> Result<Answer, Infallible> {
    let start = Instant::now();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let answer = answer(store, request).await;
    let took_ms = start.elapsed().as_secs_f64() * 1000.0;
    let status = answer.status().as_u16();
    // A load balancer asks every few seconds; its questions would drown the others.
    if path != "/healthz" || !answer.status().is_success() {
        log(&format!("{method} {path} {status} {took_ms:.1}ms"));
        metrics.answered(Answered { method: method.as_str(), status, took_ms });
    }
    Ok(answer)
}
