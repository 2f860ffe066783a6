//! Decides what stays in the edge cache: entries by key, bounded in bytes; what was asked for since
//! the last round stays, what was not goes (CF-TTL-13, CF-TTL-14, CF-INV-*).

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use standin_kernel::{Body, Coding, Duration, Headers, Response, Time};

use super::cache_key;
use super::freshness::Life;
use super::generated_page::Reason;

pub(crate) type Key = Arc<[u8]>;

/// Most bytes of heads, keys and bodies in one edge's cache.
const BYTES_MAX: u64 = 256 * 1024 * 1024;

/// What an entry costs besides its key, head and body, in bytes.
const ENTRY_BYTES: u64 = 512;

/// One answer that may be given again.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) status: u16,
    /// As viewers get them, but for `X-Cache`, `Age` and the request's id.
    pub(crate) headers: Headers,
    pub(crate) kept: Kept,
    /// How its body is compressed for viewers; what is kept of it is not (CF-CMP-04).
    pub(crate) coding: Option<Coding>,
    /// When the edge got it, or last heard that it is still right.
    pub(crate) stored: Time,
    pub(crate) life: Life,
    /// The origin failed: served without asking until then (CF-STALE-01).
    pub(crate) unasked_until: Time,
    /// A request in the background refreshes it.
    pub(crate) refreshing: bool,
    /// Its body does not come whole in the background: it is refreshed by a viewer's request.
    pub(crate) in_foreground: bool,
}

/// What is kept of a body.
#[derive(Clone, Debug)]
pub(crate) enum Kept {
    Whole(Body),
    /// The answer to HEAD, and the length it announced.
    HeadOnly(Option<u64>),
    /// A custom error page is shown in its place (CF-CER-13).
    Replaced,
    /// The edge's own page.
    Generated(Reason),
}

/// How an entry may be used at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Fresh,
    /// Stale, but the origin failed a short time ago.
    Unasked,
    /// Stale, served while the background refreshes it.
    WhileRevalidate,
    Stale,
}

impl Entry {
    /// An entry without headers.
    pub(crate) fn new(status: u16, stored: Time, life: Life, kept: Kept) -> Self {
        Self {
            status,
            headers: Headers::new(),
            kept,
            coding: None,
            stored,
            life,
            unasked_until: Time::default(),
            refreshing: false,
            in_foreground: false,
        }
    }

    /// An entry with an answer's status and headers.
    pub(crate) fn of(response: &Response, stored: Time, life: Life, kept: Kept) -> Self {
        let headers = response.head.headers.clone();
        let coding = response.coding;
        Self { headers, coding, ..Self::new(response.head.status, stored, life, kept) }
    }

    pub(crate) fn at(&self, now: Time) -> Use {
        if now < self.until(self.life.fresh_s) {
            Use::Fresh
        } else if now < self.unasked_until {
            Use::Unasked
        } else if now < self.until(self.life.while_revalidate_s) && !self.in_foreground {
            Use::WhileRevalidate
        } else {
            Use::Stale
        }
    }

    /// Whether it may be served although it is stale, because the origin fails. `unreachable`: it
    /// gave no answer at all.
    pub(crate) fn serves_on_error(&self, now: Time, unreachable: bool) -> bool {
        self.status < 400
            && now < self.until(self.life.if_error_s)
            && (unreachable || !self.life.unreachable_only)
    }

    /// Keeps it in use without asking for `span_s`, within the time it may be stale at all.
    pub(crate) fn leave_unasked(&mut self, now: Time, span_s: u64) {
        let until = now + Duration::from_secs(span_s);
        self.unasked_until = until.min(self.until(self.life.if_error_s));
    }

    /// `ETag` and `Last-Modified`; `None` when it has neither, or must be fetched in full.
    pub(crate) fn validators(&self) -> Option<(Option<&str>, Option<&str>)> {
        if self.life.unconditional || self.status >= 400 {
            return None;
        }
        // The origin knows the tag that it gave.
        let etag = self.headers.get("ETag").map(|etag| match self.coding {
            Some(_) => etag.strip_prefix("W/").unwrap_or(etag),
            None => etag,
        });
        let both = (etag, self.headers.get("Last-Modified"));
        (both.0.is_some() || both.1.is_some()).then_some(both)
    }

    fn until(&self, span_s: u64) -> Time {
        self.stored + Duration::from_secs(span_s)
    }

    fn bytes(&self, key: &[u8]) -> u64 {
        let lines: usize =
            self.headers.iter().map(|(name, value)| name.len() + value.len() + 16).sum();
        let body = match &self.kept {
            Kept::Whole(Body::Bytes(bytes)) => bytes.len(),
            _ => 0,
        };
        ENTRY_BYTES + (key.len() + lines + body) as u64
    }
}

#[derive(Clone, Debug)]
struct Slot {
    entry: Entry,
    bytes: u64,
    /// Asked for since the clock's hand last passed.
    used: bool,
    /// Which of the hand's stops is this slot's.
    stop: u64,
}

/// The cache of one edge.
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    slots: BTreeMap<Key, Slot>,
    /// The clock: where the hand stops, oldest first. Stops of entries that are gone are passed by.
    clock: VecDeque<(Key, u64)>,
    last_stop: u64,
    bytes: u64,
    bytes_max: u64,
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            slots: BTreeMap::new(),
            clock: VecDeque::new(),
            last_stop: 0,
            bytes: 0,
            bytes_max: BYTES_MAX,
        }
    }
}

impl Cache {
    #[cfg(test)]
    pub(crate) fn with_room(bytes_max: u64) -> Self {
        Self { bytes_max, ..Self::default() }
    }

    /// The entry, marked as used.
    pub(crate) fn get(&mut self, key: &[u8]) -> Option<&mut Entry> {
        let slot = self.slots.get_mut(key)?;
        slot.used = true;
        Some(&mut slot.entry)
    }

    pub(crate) fn peek(&self, key: &[u8]) -> Option<&Entry> {
        self.slots.get(key).map(|slot| &slot.entry)
    }

    pub(crate) fn insert(&mut self, key: Key, entry: Entry) {
        self.remove(&key);
        let bytes = entry.bytes(&key);
        if bytes > self.bytes_max {
            return;
        }
        self.bytes += bytes;
        self.last_stop += 1;
        let stop = self.last_stop;
        self.clock.push_back((Arc::clone(&key), stop));
        self.slots.insert(key, Slot { entry, bytes, used: false, stop });
        self.make_room();
    }

    pub(crate) fn remove(&mut self, key: &[u8]) {
        if let Some(slot) = self.slots.remove(key) {
            self.bytes -= slot.bytes;
        }
    }

    /// Removes all entries whose keys begin like this.
    pub(crate) fn remove_all(&mut self, beginning: &[u8]) {
        let from = (Bound::Included(beginning), Bound::Unbounded);
        let keys: Vec<Key> = self
            .slots
            .range::<[u8], _>(from)
            .take_while(|(key, _)| key.starts_with(beginning))
            .map(|(key, _)| Arc::clone(key))
            .collect();
        for key in keys {
            self.remove(&key);
        }
    }

    /// Moves the hand until everything fits.
    fn make_room(&mut self) {
        if self.clock.len() > 2 * self.slots.len() + 64 {
            let slots = &self.slots;
            self.clock.retain(|(key, stop)| slots.get(key).is_some_and(|slot| slot.stop == *stop));
        }
        while self.bytes > self.bytes_max {
            let Some((key, stop)) = self.clock.pop_front() else { return };
            let Some(slot) = self.slots.get_mut(&key) else { continue };
            if slot.stop != stop {
                continue;
            }
            if std::mem::take(&mut slot.used) {
                self.clock.push_back((key, stop));
            } else {
                self.remove(&key);
            }
        }
    }
}

/// The beginnings of the keys that an invalidation takes: a `*` at the end is a wildcard, elsewhere
/// it is itself (CF-INV-01); without one, exactly this path and the query strings written out,
/// whatever headers and cookies (CF-INV-02).
pub(crate) fn beginning(distribution_id: &str, path: &str) -> Vec<u8> {
    let mut beginning = Vec::with_capacity(distribution_id.len() + path.len() + 2);
    cache_key::begin(&mut beginning, distribution_id);
    match path.strip_suffix('*') {
        Some(start) => beginning.extend_from_slice(start.as_bytes()),
        None => {
            beginning.extend_from_slice(path.as_bytes());
            beginning.push(0);
        }
    }
    beginning
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(body_bytes: usize) -> Entry {
        let life = Life { fresh_s: 10, while_revalidate_s: 20, if_error_s: 30, ..Life::default() };
        let body = Body::Bytes(vec![b'x'; body_bytes].into());
        Entry::new(200, Time::from_seconds(100), life, Kept::Whole(body))
    }

    fn key(text: &str) -> Key {
        Arc::from(text.as_bytes())
    }

    #[test]
    fn an_entry_ages() {
        let mut entry = entry(1);
        let at = |entry: &Entry, seconds| entry.at(Time::from_seconds(seconds));
        assert_eq!(at(&entry, 109), Use::Fresh);
        assert_eq!(at(&entry, 110), Use::WhileRevalidate);
        assert_eq!(at(&entry, 120), Use::Stale);
        entry.leave_unasked(Time::from_seconds(125), 3);
        assert_eq!(at(&entry, 127), Use::Unasked);
        assert_eq!(at(&entry, 128), Use::Stale);
        entry.leave_unasked(Time::from_seconds(129), 60);
        assert_eq!(at(&entry, 130), Use::Stale);
    }

    #[test]
    fn what_was_used_stays_and_what_was_not_goes() {
        let mut cache = Cache::with_room(5 * 1024);
        for name in ["a", "b", "c"] {
            cache.insert(key(name), entry(1000));
        }
        cache.get(b"a");
        cache.insert(key("d"), entry(1000));
        assert!(cache.peek(b"a").is_some() && cache.peek(b"b").is_none());
        assert!(cache.peek(b"c").is_some() && cache.peek(b"d").is_some());
    }

    #[test]
    fn cf_inv_01_and_02_what_an_invalidation_takes() {
        let stored = ["E\0/a\0G", "E\0/a\0G\0=de", "E\0/a?x=1\0G", "E\0/ab\0G", "E\0/a*b\0G"];
        let left = |path: &str| {
            let mut cache = Cache::default();
            stored.iter().for_each(|name| cache.insert(key(name), entry(1)));
            cache.insert(key("F\0/a\0G"), entry(1));
            cache.remove_all(&beginning("E", path));
            assert!(cache.peek(b"F\0/a\0G").is_some());
            stored.iter().map(|name| cache.peek(name.as_bytes()).is_some()).collect::<Vec<_>>()
        };
        assert_eq!(left("/a"), [false, false, true, true, true]);
        assert_eq!(left("/a?x=1"), [true, true, false, true, true]);
        assert_eq!(left("/a*"), [false; 5]);
        assert_eq!(left("/a*b"), [true, true, true, true, false]);
        assert_eq!(left("/*"), [false; 5]);
        assert_eq!(left("/A"), [true; 5]);
    }

    proptest! {
        #[test]
        fn never_more_bytes_than_there_is_room(
            steps in prop::collection::vec((0_u8..20, 0_usize..3000, any::<bool>()), 0..200),
        ) {
            let mut cache = Cache::with_room(8 * 1024);
            for (name, size, look) in steps {
                let name = format!("k{name}");
                if look {
                    cache.get(name.as_bytes());
                } else {
                    cache.insert(key(&name), entry(size));
                }
                let sum: u64 = cache.slots.values().map(|slot| slot.bytes).sum();
                prop_assert_eq!(sum, cache.bytes);
                prop_assert!(cache.bytes <= cache.bytes_max);
                prop_assert!(cache.clock.len() <= 2 * cache.slots.len() + 65);
                for (key, slot) in &cache.slots {
                    let own = (Arc::clone(key), slot.stop);
                    prop_assert_eq!(cache.clock.iter().filter(|stop| **stop == own).count(), 1);
                }
            }
        }
    }
}
