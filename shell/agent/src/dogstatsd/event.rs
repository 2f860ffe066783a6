//! Reads an event: `_e{5,4}:title|text|d:ts|h:host|k:key|p:low|s:source|t:error|#tags`.

use super::Malformed;
use super::fields::{Origin, tags};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    #[default]
    Normal,
    Low,
}

impl Priority {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AlertType {
    #[default]
    Info,
    Success,
    Warning,
    Error,
}

impl AlertType {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    pub title: String,
    pub text: String,
    /// Seconds of the epoch; `None`: when it came.
    pub timestamp_s: Option<i64>,
    pub host: Option<String>,
    pub aggregation_key: Option<String>,
    pub priority: Priority,
    pub source_type: Option<String>,
    pub alert_type: AlertType,
    pub tags: Vec<String>,
    pub origin: Origin,
}

pub(super) fn read(line: &str) -> Result<Event, Malformed> {
    let rest = line.strip_prefix("_e{").ok_or(Malformed::EventShape)?;
    let (lengths, rest) = rest.split_once("}:").ok_or(Malformed::EventShape)?;
    let (title_bytes, text_bytes) = lengths.split_once(',').ok_or(Malformed::EventShape)?;
    let length = |text: &str| text.parse::<usize>().map_err(|_| Malformed::EventShape);
    let (title_bytes, text_bytes) = (length(title_bytes)?, length(text_bytes)?);
    let title = rest.get(..title_bytes).ok_or(Malformed::EventShape)?;
    let rest = rest[title_bytes..].strip_prefix('|').ok_or(Malformed::EventShape)?;
    let text = rest.get(..text_bytes).ok_or(Malformed::EventShape)?;
    let rest = &rest[text_bytes..];
    // No title, or something glued to the text: the lengths are wrong (DD-DS-09, DD-DS-10).
    if title.is_empty() || !(rest.is_empty() || rest.starts_with('|')) {
        return Err(Malformed::EventShape);
    }
    let lines = |text: &str| text.replace("\\n", "\n");
    let mut event = Event { title: lines(title), text: lines(text), ..Event::default() };
    for field in rest.split('|').skip(1) {
        event.take(field);
    }
    Ok(event)
}

impl Event {
    /// A field that makes no sense is skipped; the event is kept (DD-DS-10).
    fn take(&mut self, field: &str) {
        if let Some(text) = field.strip_prefix('#') {
            self.tags = tags(text, &mut self.host, &mut self.origin);
            return;
        }
        match field.split_once(':') {
            Some(("d", at)) => self.timestamp_s = at.parse().ok().filter(|at| *at > 0),
            Some(("h", host)) => self.host = Some(host.to_owned()),
            Some(("k", key)) => self.aggregation_key = Some(key.to_owned()),
            Some(("p", "low")) => self.priority = Priority::Low,
            Some(("s", source)) => self.source_type = Some(source.to_owned()),
            Some(("t", "error")) => self.alert_type = AlertType::Error,
            Some(("t", "warning")) => self.alert_type = AlertType::Warning,
            Some(("t", "success")) => self.alert_type = AlertType::Success,
            _ => {
                self.origin.take(field);
            }
        }
    }
}
