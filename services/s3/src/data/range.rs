//! Which bytes of an object a `Range` asks for (S3-GET-04), or a number of a part (S3-GET-14): one
//! range, one part, or the whole object.

use crate::error::{Refusal, Result, invalid_part_number, invalid_range, invalid_request};
use crate::state::Content;

/// What a `Range` header comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// No range, several ranges, or one that cannot be read: all of it, with 200.
    Whole,
    /// `length` bytes from `offset`, with 206. Never empty, never beyond the object.
    Bytes { offset: u64, length: u64 },
    /// No byte of the object is asked for: 416.
    Unsatisfiable,
}

/// Reads the value of a `Range` header for an object of `size` bytes.
pub(crate) fn part(range: &str, size: u64) -> Part {
    let Some(asked) = range.trim().strip_prefix("bytes=") else { return Part::Whole };
    let Some((first, last)) = asked.split_once('-') else { return Part::Whole };
    let (Ok(first), Ok(last)) = (number(first), number(last)) else { return Part::Whole };
    match (first, last) {
        (None, None) => Part::Whole,
        // The last so many bytes.
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

/// Offset and length of what is asked for, if it is not the whole object.
pub(crate) fn asked(
    content: &Content,
    range: Option<&str>,
    part_number: Option<&str>,
) -> Result<Option<(u64, u64)>> {
    let size = content.length;
    match (range, part_number) {
        (None, None) => Ok(None),
        (Some(range), None) => match part(range, size) {
            Part::Unsatisfiable => Err(invalid_range(range, size)),
            Part::Bytes { offset, length } => Ok(Some((offset, length))),
            Part::Whole => Ok(None),
        },
        (None, Some(number)) => numbered(content, number),
        (Some(_), Some(_)) => {
            let message = "Cannot specify both Range header and partNumber query parameter";
            Err(invalid_request(message))
        }
    }
}

/// Where a part lies; an object that was put whole is its only part.
fn numbered(content: &Content, number: &str) -> Result<Option<(u64, u64)>> {
    let whole = [content.length];
    let parts = if content.parts.is_empty() { &whole[..] } else { &content.parts };
    let before = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    let missing = || -> Refusal { invalid_part_number(number, parts.len()) };
    let before = before.filter(|before| *before < parts.len()).ok_or_else(missing)?;
    let offset = parts.iter().take(before).sum();
    // An empty object has no range.
    Ok(parts.get(before).filter(|length| **length > 0).map(|length| (offset, *length)))
}

/// `bytes 2-5/10`
pub(crate) fn content_range(offset: u64, length: u64, size: u64) -> String {
    format!("bytes {offset}-{}/{size}", offset + length - 1)
}

/// A number, or nothing; anything else is no range. What is too large for us is the end.
fn number(text: &str) -> Result<Option<u64>, ()> {
    match text {
        "" => Ok(None),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(Some(digits.parse().unwrap_or(u64::MAX)))
        }
        _ => Err(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn s3_get_04_one_range_or_the_whole() {
        let bytes = |offset, length| Part::Bytes { offset, length };
        let table = [
            ("bytes=0-3", bytes(0, 4)),
            ("bytes=4-", bytes(4, 6)),
            ("bytes=-3", bytes(7, 3)),
            ("bytes=-99", bytes(0, 10)),
            ("bytes=8-99", bytes(8, 2)),
            ("bytes=9-9", bytes(9, 1)),
            ("bytes=20-", Part::Unsatisfiable),
            ("bytes=10-10", Part::Unsatisfiable),
            ("bytes=-0", Part::Unsatisfiable),
            ("bytes=0-1,4-5", Part::Whole),
            ("bytes=5-2", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("lines=1-2", Part::Whole),
        ];
        for (asked, expected) in table {
            assert_eq!(part(asked, 10), expected, "{asked}");
        }
        assert_eq!(part("bytes=0-", 0), Part::Unsatisfiable);
        assert_eq!(part("bytes=-1", 0), Part::Unsatisfiable);
        assert_eq!(content_range(7, 3, 10), "bytes 7-9/10");
    }

    proptest! {
        #[test]
        fn a_part_never_exceeds_the_object(
            first in proptest::option::of(any::<u64>()),
            last in proptest::option::of(any::<u64>()),
            size: u64,
        ) {
            let show = |number: Option<u64>| number.map_or_else(String::new, |n| n.to_string());
            let asked = format!("bytes={}-{}", show(first), show(last));
            if let Part::Bytes { offset, length } = part(&asked, size) {
                prop_assert!(length > 0);
                prop_assert!(offset < size);
                prop_assert!(length <= size - offset);
                if let Some(first) = first {
                    prop_assert_eq!(offset, first);
                }
            }
        }

        #[test]
        fn any_text_is_read(asked in ".*", size: u64) {
            if let Part::Bytes { offset, length } = part(&asked, size) {
                prop_assert!(length > 0 && length <= size - offset);
            }
        }
    }
}
