//! Reads a metric: `name:value|type|@rate|#tag1:v,tag2|T1656581400|c:id`.

use super::Malformed;
use super::fields::{Origin, tags};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MetricType {
    /// `c`
    Count,
    /// `g`
    Gauge,
    /// `ms`
    Timing,
    /// `h`
    Histogram,
    /// `s`
    Set,
    /// `d`
    Distribution,
}

impl MetricType {
    fn read(text: &str) -> Option<Self> {
        Some(match text {
            "c" => Self::Count,
            "g" => Self::Gauge,
            "ms" => Self::Timing,
            "h" => Self::Histogram,
            "s" => Self::Set,
            "d" => Self::Distribution,
            _ => return None,
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// One or more samples (DD-DS-05).
    Numbers(Vec<f64>),
    /// A member of a set, whole.
    Member(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    pub name: String,
    pub kind: MetricType,
    pub values: Values,
    /// 1 when nothing is said; above 0 (DD-DS-04).
    pub sample_rate: f64,
    pub tags: Vec<String>,
    /// From a tag `host:x`; `Some("")` takes the agent's own away.
    pub host: Option<String>,
    /// Seconds of the epoch; such a value is not aggregated (DD-DS-08).
    pub timestamp_s: Option<i64>,
    pub origin: Origin,
}

pub(super) fn read(line: &str) -> Result<Metric, Malformed> {
    // The first colon ends the name; the values themselves may hold more (DD-DS-02).
    let (name, rest) = line.split_once(':').ok_or(Malformed::Shape)?;
    let (value, rest) = rest.split_once('|').ok_or(Malformed::Shape)?;
    if name.is_empty() || value.is_empty() {
        return Err(Malformed::Shape);
    }
    let mut fields = rest.split('|');
    let kind = fields.next().and_then(MetricType::read).ok_or(Malformed::UnknownType)?;
    let mut metric = Metric {
        name: name.to_owned(),
        kind,
        values: values(kind, value)?,
        sample_rate: 1.0,
        tags: Vec::new(),
        host: None,
        timestamp_s: None,
        origin: Origin::default(),
    };
    // In any order; what is not known is skipped (DD-DS-03).
    for field in fields {
        if let Some(text) = field.strip_prefix('#') {
            metric.tags = tags(text, &mut metric.host, &mut metric.origin);
        } else if let Some(rate) = field.strip_prefix('@') {
            metric.sample_rate = sample_rate(rate)?;
        } else if let Some(at) = field.strip_prefix('T') {
            metric.timestamp_s = Some(timestamp(kind, at)?);
        } else {
            metric.origin.take(field);
        }
    }
    Ok(metric)
}

fn values(kind: MetricType, text: &str) -> Result<Values, Malformed> {
    if kind == MetricType::Set {
        return Ok(Values::Member(text.to_owned()));
    }
    let number = |text: &str| {
        let number: f64 = text.parse().map_err(|_| Malformed::NotANumber)?;
        // Nothing can be added up with these.
        if number.is_finite() { Ok(number) } else { Err(Malformed::NotANumber) }
    };
    // Empty ones are skipped (DD-DS-06).
    let numbers: Vec<f64> =
        text.split(':').filter(|text| !text.is_empty()).map(number).collect::<Result<_, _>>()?;
    if numbers.is_empty() { Err(Malformed::Shape) } else { Ok(Values::Numbers(numbers)) }
}

/// Outside of what makes sense it is taken for 1, as when nothing is said.
fn sample_rate(text: &str) -> Result<f64, Malformed> {
    let rate: f64 = text.parse().map_err(|_| Malformed::SampleRate)?;
    Ok(if rate > 0.0 && rate <= 1.0 { rate } else { 1.0 })
}

fn timestamp(kind: MetricType, text: &str) -> Result<i64, Malformed> {
    let takes = matches!(kind, MetricType::Count | MetricType::Gauge);
    match text.parse::<i64>() {
        Ok(at) if at > 0 && takes => Ok(at),
        _ => Err(Malformed::Timestamp),
    }
}
