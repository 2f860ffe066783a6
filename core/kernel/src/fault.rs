//! What can be broken on purpose, and how. [`fis`] says what AWS Fault Injection Service calls it.

pub mod fis;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::time::{Duration, Time};
use crate::workload::Signal;

pub use fis::{FisError, FisTarget, duration_of, from_fis, target_of, to_fis};

/// How a thing misbehaves. [`Mode::StopTask`], [`Mode::Kill`], [`Mode::Reboot`] and
/// [`Mode::Failover`] happen once; every other mode lasts until it is mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It stops and cannot start again (tasks), or cannot be reached (anything else).
    Stop,
    /// It accepts requests and never answers.
    Hang,
    /// It answers this much later.
    Slow(Duration),
    /// It answers every request with this status.
    Status(u16),
    /// It refuses connections. A database has sessions open as many as it may have.
    Refuse,
    /// ECS stops the tasks the way `StopTask` does; their service starts others.
    StopTask,
    /// The tasks' processes get this signal; their service starts others.
    Kill(Signal),
    /// The network is slower by `by`, give or take `jitter`.
    Latency { by: Duration, jitter: Duration },
    /// This many packets of a hundred are lost; 100 is a cut.
    Loss(u8),
    /// Packets to this port vanish.
    Blackhole(u16),
    /// The bucket, or one object of it, is empty or gone.
    Missing,
    /// Nobody may read the bucket, or one object of it.
    Forbidden,
    /// A revision is deployed whose tasks never accept a connection, and whose health checks fail.
    BadDeployment,
    /// Its certificate has expired: whoever looks at it makes no TLS session.
    CertificateExpired,
    /// A database is rebooted as by `RebootDBInstance`.
    Reboot,
    /// The same with `ForceFailover`: the standby takes over.
    Failover,
}

impl Mode {
    /// Whether it is over as soon as it is done, so that nothing is there to mend.
    pub const fn happens_once(self) -> bool {
        matches!(self, Self::StopTask | Self::Kill(_) | Self::Reboot | Self::Failover)
    }

    /// Whether it lives beside a fault of another kind on the same place: a network may be slow and
    /// lose packets as well.
    pub const fn lives_beside(self, other: Self) -> bool {
        matches!(self, Self::Latency { .. }) && matches!(other, Self::Loss(_))
            || matches!(self, Self::Loss(_)) && matches!(other, Self::Latency { .. })
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stop => f.write_str("stop"),
            Self::Hang => f.write_str("hang"),
            Self::Slow(by) => write!(f, "slow={}s", by.as_secs_f64()),
            Self::Status(status) => write!(f, "status={status}"),
            Self::Refuse => f.write_str("refuse"),
            Self::StopTask => f.write_str("stop-task"),
            Self::Kill(Signal::Kill) => f.write_str("kill"),
            Self::Kill(Signal::Term) => f.write_str("terminate"),
            Self::Latency { by, jitter } if jitter.is_zero() => {
                write!(f, "latency={}s", by.as_secs_f64())
            }
            Self::Latency { by, jitter } => {
                write!(f, "latency={}s/{}s", by.as_secs_f64(), jitter.as_secs_f64())
            }
            Self::Loss(100) => f.write_str("cut"),
            Self::Loss(percent) => write!(f, "loss={percent}%"),
            Self::Blackhole(port) => write!(f, "blackhole={port}"),
            Self::Missing => f.write_str("missing"),
            Self::Forbidden => f.write_str("forbidden"),
            Self::BadDeployment => f.write_str("bad-deployment"),
            Self::CertificateExpired => f.write_str("certificate-expired"),
            Self::Reboot => f.write_str("reboot"),
            Self::Failover => f.write_str("failover"),
        }
    }
}

/// A mode that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a mode; use {MODES}")]
pub struct ModeError(pub String);

/// The modes as they are written, for messages and help.
pub const MODES: &str = "stop, hang, slow=2s, status=500, refuse, stop-task, kill, terminate, \
    latency=200ms (or latency=200ms/10ms with jitter), loss=30%, cut, blackhole=8080, missing, \
    forbidden, bad-deployment or certificate-expired; a function's: error, timeout, throttle, \
    slow=2s; a database's: stop, hang, refuse, kill, reboot, failover";

impl FromStr for Mode {
    type Err = ModeError;

    fn from_str(text: &str) -> Result<Self, ModeError> {
        let mode = match text.split_once('=') {
            None => match text {
                "stop" => Some(Self::Stop),
                "hang" | "timeout" => Some(Self::Hang),
                // As functions fail; anything else answers so.
                "error" => Some(Self::Status(500)),
                "throttle" => Some(Self::Status(429)),
                "refuse" => Some(Self::Refuse),
                "stop-task" => Some(Self::StopTask),
                "kill" => Some(Self::Kill(Signal::Kill)),
                "terminate" => Some(Self::Kill(Signal::Term)),
                "cut" => Some(Self::Loss(100)),
                "missing" => Some(Self::Missing),
                "forbidden" => Some(Self::Forbidden),
                "bad-deployment" => Some(Self::BadDeployment),
                "certificate-expired" => Some(Self::CertificateExpired),
                "reboot" => Some(Self::Reboot),
                "failover" => Some(Self::Failover),
                _ => None,
            },
            Some((name, value)) => with_value(name, value),
        };
        mode.ok_or_else(|| ModeError(text.into()))
    }
}

fn with_value(name: &str, value: &str) -> Option<Mode> {
    match name {
        "slow" => parse_duration(value).map(Mode::Slow),
        "status" => {
            value.parse().ok().filter(|status| (400..600).contains(status)).map(Mode::Status)
        }
        "latency" => {
            let (by, jitter) = value.split_once('/').unwrap_or((value, "0"));
            let (by, jitter) = (parse_duration(by)?, parse_duration(jitter)?);
            (jitter <= by).then_some(Mode::Latency { by, jitter })
        }
        "loss" => {
            let percent = value.strip_suffix('%').unwrap_or(value).parse().ok();
            percent.filter(|percent| (1..=100).contains(percent)).map(Mode::Loss)
        }
        "blackhole" => value.parse().ok().filter(|port| *port != 0).map(Mode::Blackhole),
        _ => None,
    }
}

/// `500ms`, `2s`, `1.5s`, `3m`, `1h`, or bare seconds.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let (number, unit) = match text.find(|c: char| c.is_ascii_alphabetic()) {
        Some(at) => text.split_at(at),
        None => (text, "s"),
    };
    let scale = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    let value: f64 = number.parse().ok()?;
    Duration::try_from_secs_f64(value * scale).ok()
}

/// One thing that is broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// As the user named it: a logical id, a task id, `Distribution/origin`, `A->B`, a zone.
    pub target: String,
    pub place: Place,
    pub mode: Mode,
    /// Mended by itself then.
    pub until: Option<Time>,
}

/// Where a fault lies, in the terms the engine sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Every task of an ECS service, by the service's ARN.
    EcsService(String),
    /// One task, by its ARN.
    EcsTask(String),
    /// The containers of one name, of a service's tasks or of one task.
    Containers { tasks: Box<Self>, container: String },
    /// Every task whose network interface is in one of these subnets: a subnet, or all those of an
    /// Availability Zone.
    Subnets(Vec<String>),
    /// A load balancer, by its DNS name.
    LoadBalancer(String),
    /// A bucket, or one object of it.
    Bucket { bucket: String, key: Option<String> },
    /// The link from a distribution (by id) to one of its origins, or to all with `None`.
    OriginLink { distribution: String, origin: Option<String> },
    /// A Lambda function, by its name.
    Function(String),
    /// The machine of a database instance (by its identifier) in a zone. A standby is in another
    /// one, so that it is not there any more after a failover.
    Database { instance: String, zone: String },
    /// All that is in a Region: tasks, load balancers, buckets, functions. What is everywhere,
    /// CloudFront and Route 53, is not.
    Region(String),
    /// What the checkers of a health check of Route 53 see, by the check's id.
    HealthCheck(String),
    /// The network between one end, by the name its requests bear (distribution id, load
    /// balancer name), and another place.
    Link { from: String, to: Box<Self> },
}

impl Place {
    /// Whether it is made of tasks.
    pub const fn is_tasks(&self) -> bool {
        matches!(
            self,
            Self::EcsService(_) | Self::EcsTask(_) | Self::Subnets(_) | Self::Containers { .. }
        )
    }

    /// Why a mode makes no sense here, in a few words; `None` when it does.
    pub fn refuses(&self, mode: Mode) -> Option<&'static str> {
        let tasks = self.is_tasks();
        match (mode, self) {
            (Mode::Stop, Self::Region(_)) => None,
            (Mode::Stop | Mode::Kill(_), Self::Containers { .. }) => None,
            (_, Self::Containers { .. }) => Some("a container knows only stop, kill and terminate"),
            (_, Self::Region(_)) => Some("a Region is lost as a whole or not at all"),
            (
                Mode::Stop | Mode::Hang | Mode::Refuse | Mode::Reboot | Mode::Failover,
                Self::Database { .. },
            )
            | (Mode::Kill(Signal::Kill), Self::Database { .. }) => None,
            (_, Self::Database { .. }) => {
                Some("a database knows only stop, hang, refuse, kill, reboot and failover")
            }
            (Mode::Reboot | Mode::Failover, _) => Some("only databases are rebooted"),
            (Mode::StopTask | Mode::Kill(_) | Mode::Blackhole(_), _) if !tasks => {
                Some("only tasks know it")
            }
            (Mode::Hang | Mode::Slow(_) | Mode::Status(429 | 500), Self::Function(_)) => None,
            (_, Self::Function(_)) => {
                Some("a function knows only error, timeout, throttle and slow")
            }
            (Mode::Missing | Mode::Forbidden, Self::Bucket { .. }) => None,
            (Mode::Missing | Mode::Forbidden, _) => Some("only buckets and their objects know it"),
            (Mode::BadDeployment, Self::EcsService(_)) => None,
            (Mode::BadDeployment, _) => Some("only services of ECS are deployed"),
            (Mode::CertificateExpired, Self::LoadBalancer(_) | Self::OriginLink { .. }) => None,
            (Mode::CertificateExpired, _) => {
                Some("only load balancers and origins of distributions show a certificate")
            }
            (_, Self::Bucket { key: Some(_), .. }) => {
                Some("an object knows only missing and forbidden")
            }
            (Mode::Hang | Mode::Status(_) | Mode::Slow(_), Self::Link { .. }) => {
                Some("a network knows only stop, cut, refuse, loss and latency")
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_read_back_what_they_print() {
        let written = [
            "stop",
            "hang",
            "slow=2s",
            "slow=0.5s",
            "status=500",
            "refuse",
            "stop-task",
            "kill",
            "terminate",
            "latency=0.2s",
            "latency=0.2s/0.01s",
            "loss=7%",
            "cut",
            "blackhole=8080",
            "missing",
            "forbidden",
            "bad-deployment",
            "certificate-expired",
            "reboot",
            "failover",
        ];
        for text in written {
            assert_eq!(text.parse::<Mode>().map(|mode| mode.to_string()), Ok(text.to_string()));
        }
        for text in [
            "",
            "slow",
            "slow=fast",
            "status=200",
            "status=x",
            "burn",
            "loss=0",
            "loss=101",
            "latency=1s/2s",
            "blackhole=0",
            "kill=9",
        ] {
            assert_eq!(text.parse::<Mode>(), Err(ModeError(text.into())));
        }
    }

    #[test]
    fn a_container_dies_or_cannot_start_and_knows_nothing_else() {
        let tasks = Box::new(Place::EcsTask("t".into()));
        let container = Place::Containers { tasks, container: "agent".into() };
        for mode in [Mode::Stop, Mode::Kill(Signal::Kill), Mode::Kill(Signal::Term)] {
            assert_eq!(container.refuses(mode), None, "{mode}");
        }
        for mode in [Mode::Hang, Mode::StopTask, Mode::Status(500), Mode::Missing] {
            assert!(container.refuses(mode).is_some(), "{mode}");
        }
    }

    #[test]
    fn functions_have_words_of_their_own() {
        let function = Place::Function("f".into());
        for (word, mode) in [
            ("error", Mode::Status(500)),
            ("throttle", Mode::Status(429)),
            ("timeout", Mode::Hang),
            ("slow=1s", Mode::Slow(Duration::from_secs(1))),
        ] {
            assert_eq!(word.parse(), Ok(mode));
            assert_eq!(function.refuses(mode), None);
        }
        assert!(function.refuses(Mode::Loss(100)).is_some());
        assert!(function.refuses(Mode::StopTask).is_some());
    }

    #[test]
    fn databases_and_nothing_else_are_rebooted() {
        let database = Place::Database { instance: "d".into(), zone: "z".into() };
        for text in ["stop", "hang", "refuse", "kill", "reboot", "failover"] {
            assert_eq!(database.refuses(text.parse().unwrap()), None, "{text}");
        }
        for text in ["terminate", "stop-task", "cut", "slow=1s", "missing"] {
            assert!(database.refuses(text.parse().unwrap()).is_some(), "{text}");
        }
        assert!(Place::EcsService("s".into()).refuses(Mode::Reboot).is_some());
        assert!(Mode::Failover.happens_once());
    }

    #[test]
    fn durations_take_units() {
        assert_eq!(parse_duration("1.5s"), Some(Duration::from_millis(1500)));
        assert_eq!(parse_duration("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(parse_duration("3m"), Some(Duration::from_secs(180)));
        assert_eq!(parse_duration("-1s"), None);
        assert_eq!(parse_duration("3 days"), None);
    }
}
