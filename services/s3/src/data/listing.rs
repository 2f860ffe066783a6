//! Which keys of a bucket a listing shows, and where the next page begins; and the listing as XML
//! for readers who ask for a bucket itself (S3-EP-01, S3-ACC-02).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Bound;

use super::error_document::element;
use super::key::encode;
use crate::error::{Refusal, Result, invalid_argument};
use crate::state::{Bucket, Content, Object, Version};

/// Most entries on one page.
pub(crate) const KEYS_MAX: usize = 1000;

/// What is asked of a listing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ask<'a> {
    pub(crate) prefix: Cow<'a, str>,
    /// Keys are shown up to it, as common prefixes.
    pub(crate) delimiter: Option<Cow<'a, str>>,
    /// Begin behind this key or common prefix.
    pub(crate) after: Option<Cow<'a, str>>,
    pub(crate) max: usize,
}

/// One page of a listing.
#[derive(Debug, Default)]
pub(crate) struct Page<'a> {
    pub(crate) entries: Vec<Entry<'a>>,
    pub(crate) prefixes: Vec<&'a str>,
    /// The last entry or common prefix, when there is more behind it.
    pub(crate) next: Option<&'a str>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) key: &'a str,
    pub(crate) version: &'a Version,
    pub(crate) content: &'a Content,
}

/// Keys in the order of their bytes; deleted ones are not shown.
pub(crate) fn page<'a>(objects: &'a BTreeMap<String, Object>, ask: &Ask<'_>) -> Page<'a> {
    let mut page = Page::default();
    let mut last: Option<&'a str> = None;
    let prefix = ask.prefix.as_ref();
    let start = match ask.after.as_deref() {
        Some(after) if after >= prefix => Bound::Excluded(after),
        _ => Bound::Included(prefix),
    };
    let live = objects
        .range::<str, _>((start, Bound::Unbounded))
        .take_while(|(key, _)| key.starts_with(prefix))
        .filter_map(|(key, object)| Some((key.as_str(), object.content()?)));
    for (key, (version, content)) in live {
        let common = ask.delimiter.as_deref().and_then(|by| common_prefix(key, prefix.len(), by));
        if common.is_some_and(|common| {
            page.prefixes.last() == Some(&common) || ask.after.as_deref() == Some(common)
        }) {
            continue;
        }
        if page.entries.len() + page.prefixes.len() == ask.max {
            page.next = last;
            break;
        }
        match common {
            Some(common) => page.prefixes.push(common),
            None => page.entries.push(Entry { key, version, content }),
        }
        last = Some(common.unwrap_or(key));
    }
    page
}

fn common_prefix<'a>(key: &'a str, from: usize, delimiter: &str) -> Option<&'a str> {
    if delimiter.is_empty() {
        return None;
    }
    let at = key.get(from..)?.find(delimiter)?;
    key.get(..from + at + delimiter.len())
}

/// A continuation token for what comes behind `last`.
pub(crate) fn token(last: &str) -> String {
    let mut token = String::from("1");
    for byte in last.bytes() {
        token.push_str(&format!("{byte:02x}"));
    }
    token
}

/// The key a continuation token stands for.
pub(crate) fn read_token(token: &str) -> Result<String> {
    let wrong = || {
        let message = "The continuation token provided is incorrect";
        invalid_argument(message, "continuation-token", token)
    };
    let digits = token.strip_prefix('1').filter(|rest| rest.len() % 2 == 0).ok_or_else(wrong)?;
    let byte = |pair: &[u8]| {
        let pair = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(pair, 16).ok()
    };
    let bytes: Option<Vec<u8>> = digits.as_bytes().chunks_exact(2).map(byte).collect();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(wrong)
}

/// Reads `max-keys`.
pub(crate) fn max_keys(text: Option<&str>) -> Result<usize, Refusal> {
    let Some(text) = text else { return Ok(KEYS_MAX) };
    let wrong = || {
        let message = "Provided max-keys not an integer or within integer range";
        invalid_argument(message, "max-keys", text)
    };
    text.parse::<u32>()
        .ok()
        .filter(|&max| max <= i32::MAX as u32)
        .map(|max| usize::try_from(max).unwrap_or(KEYS_MAX).min(KEYS_MAX))
        .ok_or_else(wrong)
}

/// How a listing is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form<'a> {
    /// `list-type=2`
    pub(super) second: bool,
    /// `encoding-type=url`
    pub(super) encoded: bool,
    /// As asked: `marker`, `continuation-token`, `start-after`.
    pub(super) marker: Option<&'a str>,
    pub(super) token: Option<&'a str>,
    pub(super) start_after: Option<&'a str>,
}

/// The page as XML.
pub(super) fn xml(bucket: &Bucket, ask: &Ask<'_>, form: Form<'_>) -> String {
    let page = page(&bucket.objects, ask);
    let shown = |key: &str| if form.encoded { encode(key) } else { key.to_owned() };
    let mut xml = String::with_capacity(512 + 256 * page.entries.len());
    xml.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml.push_str("<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    element(&mut xml, "Name", &bucket.settings.name);
    element(&mut xml, "Prefix", &shown(&ask.prefix));
    if form.second {
        let told = [("ContinuationToken", form.token), ("StartAfter", form.start_after)];
        for (name, value) in told {
            if let Some(value) = value {
                element(&mut xml, name, value);
            }
        }
        if let Some(next) = page.next {
            element(&mut xml, "NextContinuationToken", &token(next));
        }
        let count = page.entries.len() + page.prefixes.len();
        element(&mut xml, "KeyCount", &count.to_string());
    } else {
        element(&mut xml, "Marker", &shown(form.marker.unwrap_or("")));
        if let (Some(next), Some(_)) = (page.next, &ask.delimiter) {
            element(&mut xml, "NextMarker", &shown(next));
        }
    }
    element(&mut xml, "MaxKeys", &ask.max.to_string());
    if let Some(delimiter) = &ask.delimiter {
        element(&mut xml, "Delimiter", &shown(delimiter));
    }
    if form.encoded {
        element(&mut xml, "EncodingType", "url");
    }
    element(&mut xml, "IsTruncated", if page.next.is_some() { "true" } else { "false" });
    for entry in &page.entries {
        xml.push_str("<Contents>");
        element(&mut xml, "Key", &shown(entry.key));
        element(&mut xml, "LastModified", &entry.version.modified.iso8601());
        element(&mut xml, "ETag", &format!("\"{}\"", entry.content.etag));
        element(&mut xml, "Size", &entry.content.length.to_string());
        let class = entry.content.storage_class.as_deref().unwrap_or("STANDARD");
        element(&mut xml, "StorageClass", class);
        xml.push_str("</Contents>");
    }
    for prefix in &page.prefixes {
        xml.push_str("<CommonPrefixes>");
        element(&mut xml, "Prefix", &shown(prefix));
        xml.push_str("</CommonPrefixes>");
    }
    xml.push_str("</ListBucketResult>");
    xml
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use standin_kernel::Time;

    use super::*;
    use crate::tests::content;

    fn objects(keys: &[&str]) -> BTreeMap<String, Object> {
        let object = || {
            let id = "null".to_owned();
            let version = Version { id, modified: Time(0), content: Some(content()) };
            Object { versions: vec![version] }
        };
        keys.iter().map(|key| ((*key).to_owned(), object())).collect()
    }

    /// All pages, one after the other.
    fn all(keys: &[&str], delimiter: Option<&str>, max: usize) -> (Vec<String>, Vec<String>) {
        let objects = objects(keys);
        let mut after = None;
        let (mut entries, mut prefixes) = (Vec::new(), Vec::new());
        loop {
            let ask = Ask {
                delimiter: delimiter.map(Cow::Borrowed),
                after: after.map(Cow::Owned),
                max,
                ..Ask::default()
            };
            let page = page(&objects, &ask);
            assert!(page.entries.len() + page.prefixes.len() <= max);
            entries.extend(page.entries.iter().map(|entry| entry.key.to_owned()));
            prefixes.extend(page.prefixes.iter().map(|prefix| (*prefix).to_owned()));
            match page.next {
                Some(next) => after = Some(read_token(&token(next)).unwrap()),
                None => return (entries, prefixes),
            }
        }
    }

    #[test]
    fn common_prefixes_are_shown_once() {
        let keys = ["a/1", "a/2", "b", "c/d/e", "c/f"];
        for max in 1..6 {
            let (entries, prefixes) = all(&keys, Some("/"), max);
            assert_eq!(entries, ["b"], "{max}");
            assert_eq!(prefixes, ["a/", "c/"], "{max}");
        }
        assert_eq!(all(&keys, None, 2).0, keys);
    }

    #[test]
    fn a_prefix_and_a_start_narrow_the_listing() {
        let objects = objects(&["a/1", "a/2", "a/3", "b"]);
        let ask = |prefix, after: Option<&'static str>| Ask {
            prefix: Cow::Borrowed(prefix),
            after: after.map(Cow::Borrowed),
            max: 10,
            ..Ask::default()
        };
        let keys =
            |ask| page(&objects, &ask).entries.iter().map(|entry| entry.key).collect::<Vec<_>>();
        assert_eq!(keys(ask("a/", None)), ["a/1", "a/2", "a/3"]);
        assert_eq!(keys(ask("a/", Some("a/1"))), ["a/2", "a/3"]);
        assert_eq!(keys(ask("b", Some("a/1"))), ["b"]);
        assert_eq!(keys(ask("x", None)), Vec::<&str>::new());
    }

    #[test]
    fn wrong_tokens_and_counts_are_refused() {
        assert_eq!(read_token("zz").unwrap_err().code, "InvalidArgument");
        assert_eq!(read_token("1f").unwrap_err().code, "InvalidArgument");
        assert_eq!(read_token("1é").unwrap_err().code, "InvalidArgument");
        assert_eq!(max_keys(Some("5000")).unwrap(), 1000);
        assert_eq!(max_keys(Some("-1")).unwrap_err().code, "InvalidArgument");
    }

    proptest! {
        #[test]
        fn pages_together_are_the_whole(
            keys in proptest::collection::btree_set("[ab/]{1,4}", 0..20),
            max in 1_usize..5,
        ) {
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            prop_assert_eq!(all(&keys, None, max).0, keys.clone());
            let (entries, prefixes) = all(&keys, Some("/"), max);
            for key in &keys {
                let listed = entries.iter().filter(|entry| entry == key).count();
                let rolled = prefixes.iter().filter(|prefix| key.starts_with(*prefix)).count();
                prop_assert_eq!(listed + rolled, 1, "{}", key);
            }
        }
    }
}
