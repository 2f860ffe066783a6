//! Writes series for `/api/v2/series`.

use super::proto::{MetricPoint, MetricSeries, Resource, as_field_1};
use super::{Limits, Payload, Piece, Route, pack};
use crate::aggregate::{Kind, Series};
use crate::settings::Compression;

const LIMITS: Limits = Limits { raw_bytes: 5 << 20, compressed_bytes: 512_000, points: 10_000 };

/// The payloads, and how many points fitted into none.
pub fn series_v2(all: &[Series], compression: Compression) -> (Vec<Payload>, u64) {
    let pieces = all.iter().flat_map(|series| {
        // A single series may have more points than a payload.
        series.points.chunks(LIMITS.points).map(|points| piece(series, points))
    });
    pack(Route::SeriesV2, pieces, [b"", b"", b""], LIMITS, compression)
}

fn piece(series: &Series, points: &[(u64, f64)]) -> Piece {
    let host = &series.context.host;
    let resource = || Resource { kind: "host".into(), name: host.clone() };
    let message = MetricSeries {
        resources: (!host.is_empty()).then(resource).into_iter().collect(),
        metric: series.context.name.clone(),
        tags: series.context.tags.clone(),
        points: points
            .iter()
            .map(|(at, value)| MetricPoint { value: *value, timestamp: at.cast_signed() })
            .collect(),
        kind: match series.kind {
            Kind::Count => 1,
            Kind::Rate => 2,
            Kind::Gauge => 3,
        },
        source_type_name: "System".into(),
        interval: series.interval_s.cast_signed(),
    };
    Piece { bytes: as_field_1(&message), points: points.len() }
}
