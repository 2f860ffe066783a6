//! Writes distributions for `/api/beta/sketches`.

use super::proto::{Dogsketch, Sketch, as_field_1};
use super::{Limits, Payload, Piece, Route, pack};
use crate::aggregate::{self, SketchSeries};
use crate::settings::Compression;

const LIMITS: Limits =
    Limits { raw_bytes: 4_000_000, compressed_bytes: 2_500_000, points: usize::MAX };

/// The payloads, and how many sketches fitted into none.
pub fn sketches(all: &[SketchSeries], compression: Compression) -> (Vec<Payload>, u64) {
    let pieces = all.iter().map(|series| {
        let message = Sketch {
            metric: series.context.name.clone(),
            host: series.context.host.clone(),
            tags: series.context.tags.clone(),
            dogsketches: series.points.iter().map(|(at, sketch)| dogsketch(*at, sketch)).collect(),
        };
        Piece { bytes: as_field_1(&message), points: series.points.len() }
    });
    pack(Route::Sketches, pieces, [b"", b"", b""], LIMITS, compression)
}

fn dogsketch(at: u64, sketch: &aggregate::Sketch) -> Dogsketch {
    let (k, n): (Vec<i32>, Vec<u32>) = sketch.bins().unzip();
    Dogsketch {
        ts: at.cast_signed(),
        cnt: n.iter().copied().map(i64::from).sum(),
        min: sketch.min,
        max: sketch.max,
        avg: sketch.average(),
        sum: sketch.sum,
        k,
        n,
    }
}
