//! Reads what tracers post: arrays of traces as msgpack or JSON, and the form with a table of
//! texts.

use std::collections::BTreeMap;

use super::span::Span;
use super::stats::ClientStats;

/// How a path takes traces (DD-TR-02).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `/v0.1/traces`, `/v0.2/traces`: JSON only.
    Json,
    /// `/v0.3/traces`, `/v0.4/traces`: msgpack or JSON.
    Spans,
    /// `/v0.5/traces`: msgpack with a table of texts.
    Table,
}

/// A body that cannot be read, or whose media type the path does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undecodable {
    #[error("the body cannot be decoded")]
    Malformed,
    #[error("the media type is not taken here")]
    MediaType,
}

/// A span of the form with a table: numbers of texts in the place of texts.
type Row =
    (u32, u32, u32, u64, u64, u64, i64, i64, i32, BTreeMap<u32, u32>, BTreeMap<u32, f64>, u32);

/// The traces of a body of `media_type`.
pub fn traces(
    format: Format,
    media_type: &str,
    body: &[u8],
) -> Result<Vec<Vec<Span>>, Undecodable> {
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    let is_msgpack = media_type == "application/msgpack";
    let is_json = matches!(media_type, "application/json" | "text/json" | "");
    let traces: Option<Vec<Option<Vec<Span>>>> = match format {
        Format::Json | Format::Spans if is_json => serde_json::from_slice(body).ok(),
        Format::Json => return Err(Undecodable::MediaType),
        Format::Spans if is_msgpack => whole(body),
        Format::Table if is_msgpack => return table(body),
        Format::Spans | Format::Table => return Err(Undecodable::MediaType),
    };
    let traces = traces.ok_or(Undecodable::Malformed)?;
    Ok(traces.into_iter().flatten().collect())
}

/// What a tracer has counted itself.
pub fn client_stats(body: &[u8]) -> Result<ClientStats, Undecodable> {
    whole(body).ok_or(Undecodable::Malformed)
}

/// One msgpack value that is the whole body.
fn whole<T: serde::de::DeserializeOwned>(body: &[u8]) -> Option<T> {
    rmp_serde::from_slice(body).ok()
}

fn table(body: &[u8]) -> Result<Vec<Vec<Span>>, Undecodable> {
    let (texts, traces): (Vec<String>, Vec<Vec<Row>>) =
        whole(body).ok_or(Undecodable::Malformed)?;
    let text = |at: u32| -> Result<String, Undecodable> {
        let at = usize::try_from(at).map_err(|_| Undecodable::Malformed)?;
        texts.get(at).cloned().ok_or(Undecodable::Malformed)
    };
    let span = |row: Row| -> Result<Span, Undecodable> {
        let (service, name, resource, trace_id, span_id, parent_id, start, duration, error, ..) =
            row;
        let (.., meta, metrics, kind) = row;
        let meta = meta.into_iter().map(|(name, value)| Ok((text(name)?, text(value)?)));
        let metrics = metrics.into_iter().map(|(name, value)| Ok((text(name)?, value)));
        Ok(Span {
            service: text(service)?,
            name: text(name)?,
            resource: text(resource)?,
            trace_id,
            span_id,
            parent_id,
            start,
            duration,
            error,
            meta: meta.collect::<Result<_, Undecodable>>()?,
            metrics: metrics.collect::<Result<_, Undecodable>>()?,
            kind: text(kind)?,
        })
    };
    traces.into_iter().map(|rows| rows.into_iter().map(span).collect()).collect()
}
