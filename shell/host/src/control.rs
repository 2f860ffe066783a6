//! Standin's own endpoint on the API port, under `/_standin/`: what the CLI asks a running stack.
//! Everything that AWS has an operation for goes through that operation.

use std::net::SocketAddr;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use standin_kernel::fault::{Mode, parse_duration};
use standin_kernel::{ApiError, Identity, Request, RequestHead, ServiceName, Value, json};

use crate::driver::Driver;
use crate::http::fetch::fetch;

/// A question to a running Standin, one variant for each `/_standin/` path.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
pub enum Question {
    /// Is anybody there, and who?
    Hello,
    /// Call an operation by name.
    Call {
        service: ServiceName,
        operation: String,
        input: Value,
    },
    /// Break a target: mode as `stop`, `hang`, `slow=2s`, `status=500`, `refuse`.
    Break {
        target: String,
        mode: String,
        lasts: Option<String>,
    },
    Repair {
        target: Option<String>,
    },
    Faults,
    /// What can be broken.
    Breakable,
    /// Ask a URL as a viewer and say why the answer is what it is.
    Explain {
        url: String,
        method: Option<String>,
    },
    /// Trace every request from now on, or stop.
    Trace {
        on: bool,
    },
    /// Why the answers with these `X-Amz-Cf-Id`s were what they were.
    Facts {
        request_ids: Vec<String>,
    },
    /// Fill a bucket (by name) with a folder of this machine.
    Fill {
        bucket: String,
        folder: std::path::PathBuf,
    },
    /// The address that name servers give for a host, and for how many seconds.
    LookUp {
        host: String,
    },
    /// Whether viewers of a path come over TLS: the site wants it, or speaks it.
    WantsTls {
        host: String,
        path: String,
    },
    /// The log files of containers.
    Logs,
    /// Stop everything and end.
    Shutdown,
}

/// Answers a question.
pub async fn answer(driver: &Rc<Driver>, question: Question) -> Result<Value, ApiError> {
    match question {
        Question::Hello => Ok(hello(driver)),
        Question::Call { service, operation, input } => {
            driver.call(service, &operation, input).await
        }
        Question::Break { target, mode, lasts } => {
            let mode: Mode = mode.parse().map_err(|wrong| invalid(format!("{wrong}")))?;
            let lasts = match lasts {
                None => None,
                Some(text) => Some(parse_duration(&text).ok_or_else(|| {
                    invalid(format!("'{text}' is not a length of time; use 30s, 2m or 1h"))
                })?),
            };
            driver.break_target(target, mode, lasts).await
        }
        Question::Repair { target } => driver.repair(target).await,
        Question::Faults => Ok(json!(driver.engine().faults_shown())),
        Question::Breakable => Ok(json!(driver.engine().breakable())),
        Question::Explain { url, method } => explain(driver, &url, method.as_deref()).await,
        Question::Trace { on } => {
            driver.trace_all(on);
            Ok(json!({"tracing": on}))
        }
        Question::Facts { request_ids } => Ok(facts(driver, &request_ids)),
        Question::Fill { bucket, folder } => crate::fill::fill(driver, &bucket, &folder).await,
        Question::LookUp { host } => Ok(crate::dns::look_up(driver, &host)),
        Question::WantsTls { host, path } => {
            let host = standin_kernel::http::host_without_port(&host);
            Ok(json!(driver.engine().wants_tls(host, None, &path)))
        }
        Question::Logs => Ok(logs(driver)),
        Question::Shutdown => {
            driver.shut_down();
            Ok(json!({"stopping": true}))
        }
    }
}

fn hello(driver: &Driver) -> Value {
    let engine = driver.engine();
    json!({
        "standin": env!("CARGO_PKG_VERSION"),
        "pid": std::process::id(),
        "region": engine.env().region,
        "account": engine.env().account,
        "edge_port": driver.edge_port.get(),
        "authority": crate::tls::authority_file(&driver.state_dir),
        "resolver": driver.resolvers.first().ok(),
        "no_resolver": driver.resolvers.first().err(),
        "now": driver.now().iso8601(),
    })
}

fn facts(driver: &Driver, request_ids: &[String]) -> Value {
    let engine = driver.engine();
    let of = |id: &String| {
        let facts = driver.facts_of(id)?;
        let located: Vec<Value> = facts.iter().map(|fact| engine.located(fact)).collect();
        Some((id.clone(), json!(located)))
    };
    Value::Object(request_ids.iter().filter_map(of).collect())
}

/// The log files of containers: a folder a task, a file a container.
fn logs(driver: &Driver) -> Value {
    let mut logs = Vec::new();
    let names = |folder: &std::path::Path| -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
        paths.sort();
        paths
    };
    for task in names(&driver.state_dir.join("logs")) {
        for file in names(&task).iter().filter(|file| file.extension().is_some_and(|e| e == "log"))
        {
            let name =
                |path: &std::path::Path| path.file_stem().map(|s| s.to_string_lossy().into_owned());
            logs.push(json!({"task": name(&task), "container": name(file), "path": file}));
        }
    }
    json!(logs)
}

/// Asks a URL (or a bare path of the first distribution) as a viewer on this machine.
async fn explain(driver: &Rc<Driver>, url: &str, method: Option<&str>) -> Result<Value, ApiError> {
    let (tls, host, target) = split_url(url)
        .ok_or_else(|| invalid(format!("'{url}' is not a URL; use http://host/path or /path")))?;
    let mut head = RequestHead::get(&host, &target);
    // A bare path is asked for as by a viewer who has followed the site's redirects once.
    let tls = tls || (url == target && driver.engine().wants_tls(&host, None, head.path()));
    if let Some(method) = method {
        head.method = standin_kernel::Method::parse(&method.to_ascii_uppercase());
    }
    head.headers.append("User-Agent", concat!("standin/", env!("CARGO_PKG_VERSION")));
    head.headers.append("Accept", "*/*");
    let request = Request {
        head,
        peer: SocketAddr::from(([127, 0, 0, 1], 0)),
        tls,
        has_body: false,
        identity: Identity::Anonymous,
        port: driver.edge_port.get(),
    };
    let fetched = fetch(driver, request).await.map_err(|error| {
        ApiError::new(
            "NoAnswer",
            502,
            format!("the connection was closed without an answer: {error}"),
        )
    })?;
    let engine = driver.engine();
    let facts: Vec<Value> = fetched.facts.iter().map(|fact| engine.located(fact)).collect();
    let headers: Vec<Value> = fetched
        .head
        .headers
        .iter()
        .map(|(name, value)| json!([name, String::from_utf8_lossy(value)]))
        .collect();
    Ok(json!({
        "url": url,
        "status": fetched.head.status,
        "headers": headers,
        "body_bytes": fetched.body.len(),
        "decisions": facts,
    }))
}

/// Scheme, host (with port as sent) and target.
fn split_url(url: &str) -> Option<(bool, String, String)> {
    if url.starts_with('/') {
        return Some((false, "localhost".into(), url.into()));
    }
    let (tls, rest) = match url.split_once("://") {
        Some(("http", rest)) => (false, rest),
        Some(("https", rest)) => (true, rest),
        Some(_) => return None,
        None => (false, url),
    };
    let (host, target) = match rest.find(['/', '?']) {
        Some(at) if rest[at..].starts_with('/') => (&rest[..at], rest[at..].to_owned()),
        Some(at) => (&rest[..at], format!("/{}", &rest[at..])),
        None => (rest, "/".to_owned()),
    };
    let target = target.split_once('#').map_or(target.clone(), |(before, _)| before.to_owned());
    (!host.is_empty() && !host.contains(char::is_whitespace))
        .then(|| (tls, host.to_owned(), target))
}

fn invalid(message: String) -> ApiError {
    ApiError::new("ValidationError", 400, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let parts =
            |url| split_url(url).map(|(tls, host, target)| format!("{tls} {host} {target}"));
        assert_eq!(parts("/a?b").as_deref(), Some("false localhost /a?b"));
        assert_eq!(parts("https://x.example:8443").as_deref(), Some("true x.example:8443 /"));
        assert_eq!(parts("http://x/a#frag").as_deref(), Some("false x /a"));
        assert_eq!(parts("x.example?q=1").as_deref(), Some("false x.example /?q=1"));
        assert_eq!(parts("ftp://x/"), None);
        assert_eq!(parts("http:///a"), None);
    }
}
