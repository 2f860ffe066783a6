//! Decides which stored bodies are removed: those that no record on the disk names, and that were
//! not stored a moment ago.
//!
//! Only the disk is asked, never what a service holds in memory: a record that takes a name away
//! counts when it is durable, so a body that is named again after `kill -9` is there.

use std::time::Duration;

use standin_kernel::BlobId;

use crate::blobs::Blobs;
use crate::store::{Store, StoreError};

/// How long a body rests before it can be garbage: longer than any call takes from storing the
/// body to the record that names it.
pub(crate) const REST: Duration = Duration::from_secs(300);

/// Removes what nobody names; whether something is left that rests.
pub(crate) fn collect(store: &Store, blobs: &Blobs, rest: Duration) -> Result<bool, StoreError> {
    let named = store.named_bodies()?;
    let unreadable = |source| StoreError::Io { path: "blobs".into(), source };
    let mut left = false;
    for id in blobs.ids().map_err(unreadable)? {
        if !named.contains(&id) {
            left |= !blobs.remove_unnamed(id, rest).map_err(unreadable)?;
        }
    }
    blobs.forget_rested(rest);
    Ok(left)
}

/// The bodies a document may name: 64 hexadecimal digits in a row, wherever they stand.
pub(crate) fn names_in(document: &[u8]) -> impl Iterator<Item = BlobId> {
    let runs = document.split(|byte| !byte.is_ascii_hexdigit()).filter(|run| run.len() == 64);
    runs.filter_map(|text| std::str::from_utf8(text).ok().and_then(BlobId::from_hex))
}

#[cfg(test)]
mod tests {
    use standin_kernel::{Bytes, Record, Rng, ServiceName, json};

    use super::*;
    use crate::scratch::Scratch;

    fn object(key: &str, body: Option<BlobId>) -> (ServiceName, Record) {
        let document = body.map(|id| json!({"versions": [{"content": {"blob": id.hex()}}]}));
        (ServiceName::S3, Record { kind: "object".into(), id: key.into(), document })
    }

    #[test]
    fn what_no_record_names_goes_once_it_has_rested() {
        let scratch = Scratch::new();
        let store = Store::open(scratch.path()).unwrap();
        let blobs = Blobs::at(scratch.path(), 1 << 20).unwrap();
        let put = |text: &'static str| blobs.put(&Bytes::from(text)).unwrap();
        let (kept, gone) = (put("kept"), put("gone"));
        store.save(&[object("a", Some(kept)), object("b", Some(gone))]).unwrap();
        assert!(!collect(&store, &blobs, REST).unwrap());
        assert_eq!(blobs.ids().unwrap().len(), 2);
        store.save(&[object("b", None)]).unwrap();
        assert!(collect(&store, &blobs, REST).unwrap());
        assert_eq!(blobs.get(gone).unwrap(), "gone");
        assert!(!collect(&store, &blobs, Duration::ZERO).unwrap());
        assert_eq!(blobs.ids().unwrap(), [kept]);
        assert_eq!(blobs.cached(gone), None);
        // The same body, stored anew, rests anew; in another run nothing rests.
        let again = put("gone");
        assert!(collect(&store, &blobs, REST).unwrap());
        assert_eq!(blobs.get(again).unwrap(), "gone");
        let later = Blobs::at(scratch.path(), 0).unwrap();
        assert!(!collect(&store, &later, REST).unwrap());
        assert_eq!(later.ids().unwrap(), [kept]);
    }

    #[test]
    fn a_name_is_found_in_any_member() {
        let id = BlobId([0xab; 32]);
        let document = json!({"Archive": id.hex(), "etag": "ab", "sha": "ab".repeat(33)});
        let found: Vec<BlobId> = names_in(document.to_string().as_bytes()).collect();
        assert_eq!(found, [id]);
    }

    /// Kills at every record written: objects come, are copied, overwritten and deleted, and after
    /// each write that reached the disk a collection runs and the run ends.
    #[test]
    fn whatever_reached_the_disk_names_bodies_that_are_there() {
        for seed in 0..20 {
            let scratch = Scratch::new();
            let mut chance = Rng::new(seed);
            let mut objects: Vec<Option<BlobId>> = vec![None; 4];
            for _ in 0..30 {
                let store = Store::open(scratch.path()).unwrap();
                let blobs = Blobs::at(scratch.path(), 0).unwrap();
                let key = usize::try_from(chance.below(4)).unwrap();
                let body = match chance.below(3) {
                    0 => None,
                    1 => Some(blobs.put(&Bytes::from(vec![u8::try_from(key).unwrap()])).unwrap()),
                    _ => objects[usize::try_from(chance.below(4)).unwrap()],
                };
                // The body is stored, the record is not: a collection in between.
                collect(&store, &blobs, REST).unwrap();
                objects[key] = body;
                store.save(&[object(&key.to_string(), body)]).unwrap();
                collect(&store, &blobs, Duration::ZERO).unwrap();
                for id in objects.iter().flatten() {
                    blobs.get(*id).unwrap();
                }
                let named = store.named_bodies().unwrap();
                assert!(blobs.ids().unwrap().iter().all(|id| named.contains(id)));
            }
        }
    }
}
