//! Reads the Agent's own environment variables: what each of them means here, and which of them
//! have no effect.

mod intake;
mod notes;

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use intake::{Destination, Intake, Url};

use crate::aggregate::{self, Aggregates};
use crate::control::Control;
use crate::dogstatsd::Cardinality;
use crate::task::Task;

/// Everything the agent is told, read once at its start.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it listens: the task's address, for that is what `localhost` is to its containers.
    pub address: IpAddr,
    pub task: Task,
    /// `env`, `service`, `version` and the others of `DD_TAGS`: on everything it sends.
    pub tags: Vec<String>,
    /// `DD_DOGSTATSD_TAGS`: on what came by DogStatsD.
    pub dogstatsd_tags: Vec<String>,
    /// None on Fargate, unless `DD_HOSTNAME` says one (DD-SC-02).
    pub hostname: Option<String>,
    pub env: String,
    pub dogstatsd: Dogstatsd,
    pub traces: Traces,
    pub aggregation: aggregate::Settings,
    pub intake: Intake,
    pub payloads: Payloads,
    pub forwarder: Forwarder,
    pub control: Control,
    /// Of the agent's own questions (`agent health`, `agent status`).
    pub command_port: u16,
    /// Whom to ask for maintenance windows.
    pub aws_endpoint: Option<Url>,
    /// Whether the words of `GET /metrics` are kept up.
    pub prometheus: bool,
    /// Lines for its log: what has no effect, and why.
    pub notes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dogstatsd {
    /// 0: none (DD-DS-17).
    pub port: u16,
    pub socket: Option<PathBuf>,
    pub buffer_bytes: usize,
    /// Whether the field `c:` counts (DD-DS-07).
    pub origin_detection: bool,
    pub cardinality: Cardinality,
    /// `DD_STATSD_METRIC_NAMESPACE`, put before every name.
    pub namespace: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Traces {
    /// 0: none (DD-TR-11).
    pub port: u16,
    pub socket: Option<PathBuf>,
    /// How many traces of automatic priority are kept each second (DD-TR-08).
    pub target_tps: f64,
    pub errors_tps: f64,
    pub most_bytes: usize,
    /// `DD_APM_PROBABILISTIC_SAMPLER_SAMPLING_PERCENTAGE`, when that sampler is on.
    pub percentage: Option<f64>,
}

/// Which kinds are sent (DD-CT-04), and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payloads {
    pub series: bool,
    pub events: bool,
    pub service_checks: bool,
    pub sketches: bool,
    /// Series as protobuf on `/api/v2/series`, else as JSON on `/api/v1/series`.
    pub series_v2: bool,
    pub compression: Compression,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    Zstd,
    Deflate,
    None,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Forwarder {
    pub timeout: Duration,
    pub backoff_base_s: f64,
    pub backoff_factor: f64,
    pub backoff_most_s: f64,
    /// By how much a success lowers the number of failures (DD-RT-02).
    pub recovery: u32,
    /// Of payloads that wait in memory (DD-RT-03).
    pub memory_bytes: usize,
    /// Of payloads that wait on disk; 0: none are put there (DD-RT-04).
    pub disk_bytes: u64,
    pub disk: PathBuf,
    /// No more of the whole disk is used than this share of it.
    pub disk_share: f64,
    /// Files older than this are thrown away.
    pub outdated: Duration,
    /// How long the queue may take when the agent stops (DD-RT-05).
    pub stop_timeout: Duration,
    /// Requests under way to one place (DD-RT-06).
    pub in_flight: usize,
    pub flush_whole_on_stop: bool,
}

/// A variable that makes no sense: its name and what it may be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} {what}")]
pub struct Wrong {
    pub name: String,
    pub what: &'static str,
}

/// The environment, looked into by name.
struct Reader<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Settings {
    /// Reads `variables`. Fails with the first that makes no sense.
    pub fn read(variables: &[(String, String)]) -> Result<Self, Wrong> {
        let value = |name: &str| {
            let found = variables.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
        };
        let read = Reader(&value);
        let mut notes = notes::of(variables);
        let intake = Intake::read(&value, &mut notes)?;
        let address =
            read.parsed("STANDIN_TASK_ADDRESS", IpAddr::V4(Ipv4Addr::LOCALHOST), ADDRESS)?;
        let folder = PathBuf::from(read.text("STANDIN_AGENT_DIR", "."));
        let env = read.text("DD_ENV", "");
        let on_fargate = value("ECS_FARGATE").is_some_and(|on| on == "true")
            || value("AWS_EXECUTION_ENV").is_some_and(|kind| kind == "AWS_ECS_FARGATE");
        let hostname = value("DD_HOSTNAME").or_else(|| (!on_fargate).then(|| "standin".into()));
        Ok(Self {
            address,
            task: task(&read)?,
            tags: global_tags(&read),
            dogstatsd_tags: read.words("DD_DOGSTATSD_TAGS"),
            hostname,
            dogstatsd: dogstatsd(&read)?,
            traces: traces(&read)?,
            aggregation: aggregation(&read)?,
            intake,
            payloads: payloads(&read)?,
            forwarder: forwarder(&read, &folder)?,
            control: Control::read(&value)?,
            command_port: read.parsed("DD_CMD_PORT", 5001, PORT)?,
            aws_endpoint: value("AWS_ENDPOINT_URL").and_then(|url| Url::read(&url).ok()),
            prometheus: read.truth("STANDIN_AGENT_PROMETHEUS", true)?,
            env,
            notes,
        })
    }
}

const PORT: &str = "must be a port number";
const ADDRESS: &str = "must be an IP address";
const NUMBER: &str = "must be a number";

fn task(read: &Reader<'_>) -> Result<Task, Wrong> {
    let containers = read.text("STANDIN_TASK_CONTAINERS", "[]");
    let containers = serde_json::from_str(&containers)
        .map_err(|_| wrong("STANDIN_TASK_CONTAINERS", "must be a list of Name, Image and Id"))?;
    Ok(Task {
        arn: read.text("STANDIN_TASK_ARN", ""),
        definition_arn: read.text("STANDIN_TASK_DEFINITION", ""),
        zone: (read.0)("STANDIN_TASK_ZONE"),
        containers,
    })
}

fn global_tags(read: &Reader<'_>) -> Vec<String> {
    let mut tags = read.words("DD_TAGS");
    tags.extend(read.words("DD_EXTRA_TAGS"));
    for (variable, tag) in [("DD_ENV", "env"), ("DD_SERVICE", "service"), ("DD_VERSION", "version")]
    {
        let named = format!("{tag}:");
        if let Some(value) = (read.0)(variable)
            && !tags.iter().any(|known| known.starts_with(&named))
        {
            tags.push(format!("{named}{value}"));
        }
    }
    tags
}

fn dogstatsd(read: &Reader<'_>) -> Result<Dogstatsd, Wrong> {
    let used = read.truth("DD_USE_DOGSTATSD", true)?;
    let port = read.parsed("DD_DOGSTATSD_PORT", 8125, PORT)?;
    let cardinality = read.text("DD_DOGSTATSD_TAG_CARDINALITY", "low");
    let namespace = read.text("DD_STATSD_METRIC_NAMESPACE", "");
    Ok(Dogstatsd {
        port: if used { port } else { 0 },
        socket: (read.0)("DD_DOGSTATSD_SOCKET").filter(|_| used).map(PathBuf::from),
        buffer_bytes: read.parsed("DD_DOGSTATSD_BUFFER_SIZE", 8192, NUMBER)?,
        origin_detection: read.truth("DD_DOGSTATSD_ORIGIN_DETECTION_CLIENT", false)?,
        cardinality: cardinality.parse().map_err(|()| {
            wrong("DD_DOGSTATSD_TAG_CARDINALITY", "must be none, low, orchestrator or high")
        })?,
        namespace: match namespace.as_str() {
            "" => String::new(),
            name if name.ends_with('.') => namespace,
            name => format!("{name}."),
        },
    })
}

fn traces(read: &Reader<'_>) -> Result<Traces, Wrong> {
    let on = read.truth("DD_APM_ENABLED", true)?;
    let port = read.parsed("DD_APM_RECEIVER_PORT", 8126, PORT)?;
    let share = read.truth("DD_APM_PROBABILISTIC_SAMPLER_ENABLED", false)?;
    let percentage =
        read.parsed("DD_APM_PROBABILISTIC_SAMPLER_SAMPLING_PERCENTAGE", 100.0, NUMBER)?;
    let target_tps = match (read.0)("DD_APM_TARGET_TPS") {
        Some(_) => read.parsed("DD_APM_TARGET_TPS", 10.0, NUMBER)?,
        None => read.parsed("DD_APM_MAX_TPS", 10.0, NUMBER)?,
    };
    Ok(Traces {
        port: if on { port } else { 0 },
        socket: (read.0)("DD_APM_RECEIVER_SOCKET").filter(|_| on).map(PathBuf::from),
        target_tps,
        errors_tps: read.parsed("DD_APM_ERROR_TPS", 10.0, NUMBER)?,
        most_bytes: read.parsed("DD_APM_MAX_PAYLOAD_SIZE", 25 << 20, NUMBER)?,
        percentage: share.then_some(percentage),
    })
}

fn aggregation(read: &Reader<'_>) -> Result<aggregate::Settings, Wrong> {
    let aggregates = read.text("DD_HISTOGRAM_AGGREGATES", "max median avg count");
    let percentiles = read.text("DD_HISTOGRAM_PERCENTILES", "0.95");
    let named = Aggregates::named(&split(&aggregates), &split(&percentiles));
    let aggregates = named.map_err(|_| {
        wrong(
            "DD_HISTOGRAM_AGGREGATES or DD_HISTOGRAM_PERCENTILES",
            "must be of max, min, median, avg, sum, count; percentiles between 0 and 1",
        )
    })?;
    Ok(aggregate::Settings {
        expiry_s: read.parsed("DD_DOGSTATSD_EXPIRY_SECONDS", 300, NUMBER)?,
        aggregates,
    })
}

fn payloads(read: &Reader<'_>) -> Result<Payloads, Wrong> {
    let kind = read.text("DD_SERIALIZER_COMPRESSOR_KIND", "zstd");
    Ok(Payloads {
        series: read.truth("DD_ENABLE_PAYLOADS_SERIES", true)?,
        events: read.truth("DD_ENABLE_PAYLOADS_EVENTS", true)?,
        service_checks: read.truth("DD_ENABLE_PAYLOADS_SERVICE_CHECKS", true)?,
        sketches: read.truth("DD_ENABLE_PAYLOADS_SKETCHES", true)?,
        series_v2: read.truth("DD_USE_V2_API_SERIES", true)?,
        compression: match kind.as_str() {
            "zstd" => Compression::Zstd,
            "zlib" | "deflate" => Compression::Deflate,
            "none" => Compression::None,
            _ => return Err(wrong("DD_SERIALIZER_COMPRESSOR_KIND", "must be zstd, zlib or none")),
        },
    })
}

fn forwarder(read: &Reader<'_>, folder: &Path) -> Result<Forwarder, Wrong> {
    const DAY_S: u64 = 86_400;
    let seconds = |name: &str, usual: u64| read.parsed(name, usual, NUMBER);
    let disk = (read.0)("DD_FORWARDER_STORAGE_PATH").map(PathBuf::from);
    Ok(Forwarder {
        timeout: Duration::from_secs(seconds("DD_FORWARDER_TIMEOUT", 20)?),
        backoff_base_s: read.parsed("DD_FORWARDER_BACKOFF_BASE", 2.0, NUMBER)?,
        backoff_factor: read.parsed("DD_FORWARDER_BACKOFF_FACTOR", 2.0, NUMBER)?,
        backoff_most_s: read.parsed("DD_FORWARDER_BACKOFF_MAX", 64.0, NUMBER)?,
        recovery: read.parsed("DD_FORWARDER_RECOVERY_INTERVAL", 2, NUMBER)?,
        memory_bytes: read.parsed(
            "DD_FORWARDER_RETRY_QUEUE_PAYLOADS_MAX_SIZE",
            15 << 20,
            NUMBER,
        )?,
        disk_bytes: seconds("DD_FORWARDER_STORAGE_MAX_SIZE_IN_BYTES", 0)?,
        disk_share: read.parsed("DD_FORWARDER_STORAGE_MAX_DISK_RATIO", 0.8, NUMBER)?,
        disk: disk.unwrap_or_else(|| folder.join("transactions_to_retry")),
        outdated: Duration::from_secs(DAY_S * seconds("DD_FORWARDER_OUTDATED_FILE_IN_DAYS", 10)?),
        stop_timeout: Duration::from_secs(seconds("DD_FORWARDER_STOP_TIMEOUT", 2)?),
        in_flight: 10 * read.parsed("DD_FORWARDER_NUM_WORKERS", 1_usize, NUMBER)?.max(1),
        flush_whole_on_stop: read.truth("DD_DOGSTATSD_FLUSH_INCOMPLETE_BUCKETS", false)?,
    })
}

fn wrong(name: &str, what: &'static str) -> Wrong {
    Wrong { name: name.into(), what }
}

/// Words with spaces or commas between them.
fn split(text: &str) -> Vec<String> {
    let apart = |c: char| c.is_whitespace() || c == ',';
    text.split(apart).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

impl Reader<'_> {
    fn text(&self, name: &str, usual: &str) -> String {
        (self.0)(name).unwrap_or_else(|| usual.into())
    }

    fn words(&self, name: &str) -> Vec<String> {
        (self.0)(name).map(|text| split(&text)).unwrap_or_default()
    }

    fn parsed<T: std::str::FromStr>(
        &self,
        name: &str,
        usual: T,
        what: &'static str,
    ) -> Result<T, Wrong> {
        (self.0)(name).map_or(Ok(usual), |text| text.trim().parse().map_err(|_| wrong(name, what)))
    }

    fn truth(&self, name: &str, usual: bool) -> Result<bool, Wrong> {
        match (self.0)(name).map(|text| text.to_ascii_lowercase()).as_deref() {
            None => Ok(usual),
            Some("true" | "1" | "t" | "yes" | "on") => Ok(true),
            Some("false" | "0" | "f" | "no" | "off") => Ok(false),
            Some(_) => Err(wrong(name, "must be true or false")),
        }
    }
}

#[cfg(test)]
mod tests;
