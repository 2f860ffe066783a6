//! What can be broken on purpose, and how.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::time::{Duration, Time};

/// How a thing misbehaves.
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
    /// It refuses connections.
    Refuse,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stop => f.write_str("stop"),
            Self::Hang => f.write_str("hang"),
            Self::Slow(by) => write!(f, "slow={}s", by.as_secs_f64()),
            Self::Status(status) => write!(f, "status={status}"),
            Self::Refuse => f.write_str("refuse"),
        }
    }
}

/// A mode that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a mode; use stop, hang, slow=2s, status=500 or refuse")]
pub struct ModeError(pub String);

impl FromStr for Mode {
    type Err = ModeError;

    fn from_str(text: &str) -> Result<Self, ModeError> {
        let wrong = || ModeError(text.into());
        match text.split_once('=') {
            None => match text {
                "stop" => Ok(Self::Stop),
                "hang" => Ok(Self::Hang),
                "refuse" => Ok(Self::Refuse),
                _ => Err(wrong()),
            },
            Some(("slow", by)) => parse_duration(by).map(Self::Slow).ok_or_else(wrong),
            Some(("status", status)) => match status.parse() {
                Ok(status @ 400..=599) => Ok(Self::Status(status)),
                _ => Err(wrong()),
            },
            Some(_) => Err(wrong()),
        }
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
    /// As the user named it: a logical id, a task id, `Distribution/origin`.
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
    /// A load balancer, by its DNS name.
    LoadBalancer(String),
    Bucket(String),
    /// The link from a distribution (by id) to one of its origins, or to all with `None`.
    OriginLink {
        distribution: String,
        origin: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_read_back_what_they_print() {
        for text in ["stop", "hang", "slow=2s", "slow=0.5s", "status=500", "refuse"] {
            assert_eq!(text.parse::<Mode>().map(|mode| mode.to_string()), Ok(text.to_string()));
        }
        for text in ["", "slow", "slow=fast", "status=200", "status=x", "burn"] {
            assert_eq!(text.parse::<Mode>(), Err(ModeError(text.into())));
        }
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
