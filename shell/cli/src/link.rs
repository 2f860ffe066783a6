//! How a command reaches a run: in the same process, or over the API port of one that is running.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use standin_host::{Driver, Question, answer};
use standin_kernel::http::{Framing, RequestHead, read_response, write_request};
use standin_kernel::{ApiError, Method, ServiceName, Value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Failure;

/// A run that can be asked.
#[derive(Debug, Clone)]
pub(crate) enum Link {
    Local(Rc<Driver>),
    Remote(Endpoint),
}

/// Where a running Standin listens; kept in the state folder while it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Endpoint {
    pub(crate) pid: u32,
    pub(crate) edge_port: u16,
    #[serde(default)]
    pub(crate) tls_port: u16,
    pub(crate) api_port: u16,
    /// 0: no name servers.
    #[serde(default)]
    pub(crate) dns_port: u16,
}

/// Where a run listens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    /// For viewers without TLS, and with it.
    pub(crate) edge: u16,
    pub(crate) tls: u16,
    pub(crate) api: u16,
}

impl Endpoint {
    fn path(state_dir: &Path) -> PathBuf {
        state_dir.join("endpoint.json")
    }

    pub(crate) fn write(&self, state_dir: &Path) -> std::io::Result<()> {
        let text = serde_json::to_string(self).map_err(std::io::Error::other)?;
        std::fs::write(Self::path(state_dir), text)
    }

    pub(crate) fn remove(state_dir: &Path) {
        let _ = std::fs::remove_file(Self::path(state_dir));
    }

    fn read(state_dir: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(Self::path(state_dir)).ok()?;
        serde_json::from_str(&text).ok()
    }
}

impl Link {
    /// The run of a state folder, if it is up and really the one that wrote the file.
    pub(crate) async fn running(state_dir: &Path) -> Option<Self> {
        let endpoint = Endpoint::read(state_dir)?;
        let link = Self::Remote(endpoint.clone());
        let hello = link.ask(Question::Hello).await.ok()?;
        (hello["pid"] == endpoint.pid).then_some(link)
    }

    /// The same, or a message that says how to start one.
    pub(crate) async fn required(state_dir: &Path) -> Result<Self, Failure> {
        Self::running(state_dir).await.ok_or_else(|| {
            let dir = state_dir.display();
            format!("nothing runs with the state folder {dir}; start it with `standin up`").into()
        })
    }

    pub(crate) async fn ask(&self, question: Question) -> Result<Value, Failure> {
        match self {
            Self::Local(driver) => Ok(answer(driver, question).await?),
            Self::Remote(endpoint) => remote(endpoint.api_port, &question).await,
        }
    }

    /// Calls an AWS operation.
    pub(crate) async fn call(
        &self,
        service: ServiceName,
        operation: &str,
        input: Value,
    ) -> Result<Value, Failure> {
        let operation = operation.to_owned();
        self.ask(Question::Call { service, operation, input }).await
    }

    pub(crate) fn ports(&self) -> Ports {
        match self {
            Self::Local(driver) => Ports {
                edge: driver.edge_port.get(),
                tls: driver.tls_port.get(),
                api: driver.api_port.get(),
            },
            Self::Remote(endpoint) => {
                Ports { edge: endpoint.edge_port, tls: endpoint.tls_port, api: endpoint.api_port }
            }
        }
    }
}

async fn remote(api_port: u16, question: &Question) -> Result<Value, Failure> {
    let body = serde_json::to_vec(question)?;
    let mut head = RequestHead::get(&format!("127.0.0.1:{api_port}"), "/_standin");
    head.method = Method::Post;
    head.headers.append("Content-Type", "application/json");
    let mut bytes = Vec::new();
    write_request(&mut bytes, &head, Framing::Length(body.len() as u64));
    bytes.extend_from_slice(&body);
    let mut stream = TcpStream::connect(("127.0.0.1", api_port)).await?;
    stream.write_all(&bytes).await?;
    let mut reply = Vec::new();
    loop {
        if let Some(read) = read_response(&reply, false)? {
            let length = usize::try_from(read.announced.unwrap_or(0))?;
            if reply.len() >= read.length + length {
                let body = &reply[read.length..read.length + length];
                let value: Value = serde_json::from_slice(body)?;
                return if read.head.status == 200 { Ok(value) } else { Err(refusal(&value)) };
            }
        }
        if stream.read_buf(&mut reply).await? == 0 {
            return Err("the running Standin closed the connection without an answer".into());
        }
    }
}

fn refusal(value: &Value) -> Failure {
    let text = |name: &str| value[name].as_str().unwrap_or("").to_owned();
    ApiError { code: text("code"), message: text("message"), status: 400 }.into()
}

/// The code of an operation's refusal, if that is what the failure is.
pub(crate) fn refused(failure: &Failure) -> Option<&ApiError> {
    failure.downcast_ref::<ApiError>()
}
