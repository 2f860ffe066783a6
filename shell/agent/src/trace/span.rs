//! What a span is, and where it stands in its trace.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer};

/// One span, as tracers write it; what is not known is passed over.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Span {
    #[serde(deserialize_with = "or_empty")]
    pub service: String,
    #[serde(deserialize_with = "or_empty")]
    pub name: String,
    #[serde(deserialize_with = "or_empty")]
    pub resource: String,
    #[serde(deserialize_with = "or_empty")]
    pub trace_id: u64,
    #[serde(deserialize_with = "or_empty")]
    pub span_id: u64,
    #[serde(deserialize_with = "or_empty")]
    pub parent_id: u64,
    /// Nanoseconds of the epoch.
    #[serde(deserialize_with = "or_empty")]
    pub start: i64,
    /// Nanoseconds.
    #[serde(deserialize_with = "or_empty")]
    pub duration: i64,
    #[serde(deserialize_with = "or_empty")]
    pub error: i32,
    #[serde(deserialize_with = "or_empty")]
    pub meta: BTreeMap<String, String>,
    #[serde(deserialize_with = "or_empty")]
    pub metrics: BTreeMap<String, f64>,
    /// `web`, `sql` and so on.
    #[serde(rename = "type", deserialize_with = "or_empty")]
    pub kind: String,
}

/// Some tracers write nil where nothing is to be said.
fn or_empty<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    from: D,
) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

const PRIORITY: &str = "_sampling_priority_v1";
const TOP_LEVEL: &str = "_top_level";

impl Span {
    /// -1 and 2 are the user's own word, 0 and 1 the tracer's (DD-TR-08).
    pub fn priority(&self) -> Option<i32> {
        let priority = self.metrics.get(PRIORITY)?;
        [-1, 0, 1, 2].into_iter().find(|known| f64::from(*known) == *priority)
    }

    pub(super) fn is_top_level(&self) -> bool {
        self.is_set(TOP_LEVEL)
    }

    pub(super) fn is_measured(&self) -> bool {
        self.is_set("_dd.measured")
    }

    fn is_set(&self, metric: &str) -> bool {
        self.metrics.get(metric).is_some_and(|value| *value == 1.0)
    }
}

/// The place of the root: the span without a parent, else the first whose parent is not here.
pub(super) fn root(trace: &[Span]) -> Option<usize> {
    let here: BTreeSet<u64> = trace.iter().map(|span| span.span_id).collect();
    let without = trace.iter().position(|span| span.parent_id == 0);
    without
        .or_else(|| trace.iter().position(|span| !here.contains(&span.parent_id)))
        .or_else(|| (!trace.is_empty()).then_some(0))
}

/// Marks where a trace enters a service, unless the tracer has done so.
pub(super) fn mark_top_level(trace: &mut [Span]) {
    if trace.iter().any(Span::is_top_level) {
        return;
    }
    let services: BTreeMap<u64, String> =
        trace.iter().map(|span| (span.span_id, span.service.clone())).collect();
    for span in trace {
        if services.get(&span.parent_id).is_none_or(|parent| *parent != span.service) {
            span.metrics.insert(TOP_LEVEL.into(), 1.0);
        }
    }
}
