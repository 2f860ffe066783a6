//! Decides which bytes of a cached body a `Range` asks for (CF-RNG-01, CF-RNG-03).

use standin_kernel::{Body, Response};

/// What a `Range` header comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// No range, several, or one that cannot be read: all of it, with 200.
    Whole,
    Bytes {
        offset: u64,
        length: u64,
    },
    /// 416
    Unsatisfiable,
}

/// Cuts a whole 200 answer from the cache down to the range. Several ranges give the whole object.
pub(crate) fn cut(mut response: Response, range: &str) -> Response {
    if response.head.status != 200 {
        return response;
    }
    let Some(size) = response.body.length() else { return response };
    match part(range, size) {
        Part::Whole => response,
        Part::Unsatisfiable => {
            response.head.status = 416;
            response.head.headers.set("Content-Range", format!("bytes */{size}"));
            response.body = Body::Empty;
            response
        }
        Part::Bytes { offset, length } => {
            response.head.status = 206;
            let says = format!("bytes {offset}-{}/{size}", offset + length - 1);
            response.head.headers.set("Content-Range", says);
            response.body = slice(response.body, offset, length);
            response
        }
    }
}

fn slice(body: Body, offset: u64, length: u64) -> Body {
    match body {
        Body::Bytes(bytes) => {
            let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            Body::Bytes(bytes.slice(start..start.saturating_add(length).min(bytes.len())))
        }
        Body::Blob { id, offset: start, .. } => Body::Blob { id, offset: start + offset, length },
        other => other,
    }
}

fn part(range: &str, size: u64) -> Part {
    let Some(asked) = range.trim().strip_prefix("bytes=") else { return Part::Whole };
    let Some((first, last)) = asked.split_once('-') else { return Part::Whole };
    let (Some(first), Some(last)) = (number(first), number(last)) else { return Part::Whole };
    match (first, last) {
        (None, None) => Part::Whole,
        (None, Some(count)) => match count.min(size) {
            0 => Part::Unsatisfiable,
            length => Part::Bytes { offset: size - length, length },
        },
        (Some(first), Some(last)) if last < first => Part::Whole,
        (Some(first), _) if first >= size => Part::Unsatisfiable,
        (Some(first), last) => {
            let end = last.map_or(size - 1, |last| last.min(size - 1));
            Part::Bytes { offset: first, length: end - first + 1 }
        }
    }
}

/// `Some(None)` for no digits at all, `None` for what is no number.
fn number(text: &str) -> Option<Option<u64>> {
    match text {
        "" => Some(None),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(Some(digits.parse().unwrap_or(u64::MAX)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use standin_kernel::{BlobId, Bytes};

    use super::*;

    fn of(range: &str) -> (u16, Option<String>, Body) {
        let whole = Response::text(200, "text/plain", Bytes::from_static(b"0123456789"));
        let cut = cut(whole, range);
        let says = cut.head.headers.get("Content-Range").map(str::to_owned);
        (cut.head.status, says, cut.body)
    }

    #[test]
    fn cf_rng_01_a_range_is_cut_from_the_cached_object() {
        let (status, says, body) = of("bytes=2-4");
        assert_eq!((status, says.as_deref()), (206, Some("bytes 2-4/10")));
        assert!(matches!(body, Body::Bytes(bytes) if bytes == "234"));
        assert!(matches!(of("bytes=-3").2, Body::Bytes(bytes) if bytes == "789"));
        assert!(matches!(of("bytes=8-99").2, Body::Bytes(bytes) if bytes == "89"));
        assert_eq!(of("bytes=10-").0, 416);
        let id = BlobId([1; 32]);
        let mut blob = Response::text(200, "text/plain", "");
        blob.body = Body::Blob { id, offset: 100, length: 10 };
        let blob = cut(blob, "bytes=2-4").body;
        assert!(matches!(blob, Body::Blob { offset: 102, length: 3, .. }));
    }

    #[test]
    fn cf_rng_03_ranges_out_of_order_give_the_whole_object() {
        for range in ["bytes=10-20,0-5", "bytes=5-2", "lines=1-2", "bytes=-"] {
            let (status, says, body) = of(range);
            assert_eq!((status, says, body.length()), (200, None, Some(10)), "{range}");
        }
    }

    proptest! {
        #[test]
        fn a_part_never_exceeds_the_object(range in "bytes=[0-9]{0,3}-[0-9]{0,3}", size: u16) {
            let size = u64::from(size);
            if let Part::Bytes { offset, length } = part(&range, size) {
                prop_assert!(length > 0 && offset < size && length <= size - offset);
            }
        }
    }
}
