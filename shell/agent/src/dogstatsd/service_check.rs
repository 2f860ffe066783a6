//! Reads a service check: `_sc|name|status|d:ts|h:host|#tags|m:message`.

use super::Malformed;
use super::fields::{Origin, tags};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Ok,
    Warning,
    Critical,
    Unknown,
}

impl Status {
    pub const fn number(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceCheck {
    pub name: String,
    pub status: Status,
    /// Seconds of the epoch; `None`: when it came.
    pub timestamp_s: Option<i64>,
    pub host: Option<String>,
    pub message: String,
    pub tags: Vec<String>,
    pub origin: Origin,
}

pub(super) fn read(line: &str) -> Result<ServiceCheck, Malformed> {
    let rest = line.strip_prefix("_sc|").ok_or(Malformed::CheckShape)?;
    // The message comes last and may hold anything (DD-DS-11).
    let (rest, message) = rest.split_once("|m:").unwrap_or((rest, ""));
    let mut fields = rest.split('|');
    let name = fields.next().filter(|name| !name.is_empty()).ok_or(Malformed::CheckShape)?;
    let status = match fields.next() {
        Some("0") => Status::Ok,
        Some("1") => Status::Warning,
        Some("2") => Status::Critical,
        Some("3") => Status::Unknown,
        _ => return Err(Malformed::CheckShape),
    };
    let mut check = ServiceCheck {
        name: name.to_owned(),
        status,
        timestamp_s: None,
        host: None,
        message: message.replace("\\n", "\n"),
        tags: Vec::new(),
        origin: Origin::default(),
    };
    for field in fields {
        if let Some(text) = field.strip_prefix('#') {
            check.tags = tags(text, &mut check.host, &mut check.origin);
        } else if let Some(at) = field.strip_prefix("d:") {
            check.timestamp_s = at.parse().ok().filter(|at| *at > 0);
        } else if let Some(host) = field.strip_prefix("h:") {
            check.host = Some(host.to_owned());
        } else {
            check.origin.take(field);
        }
    }
    Ok(check)
}
