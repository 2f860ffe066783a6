//! A list of header lines in one buffer: order and spelling are kept, look-up ignores case.

use std::fmt;

/// Header lines. Names are ASCII tokens; values are bytes without CR and LF.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Entry {
    start: u32,
    name: u16,
    value: u32,
}

impl Headers {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn with_capacity(lines: usize, bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), entries: Vec::with_capacity(lines) }
    }

    /// A copy to which some lines will be added: `lines` of them with `bytes` together.
    #[must_use]
    pub fn clone_with_room(&self, lines: usize, bytes: usize) -> Self {
        let mut copy = Self::with_capacity(self.entries.len() + lines, self.bytes.len() + bytes);
        copy.bytes.extend_from_slice(&self.bytes);
        copy.entries.extend_from_slice(&self.entries);
        copy
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The first value under `name`, as text; `None` too when it is not UTF-8.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_bytes(name).and_then(|value| std::str::from_utf8(value).ok())
    }

    pub fn get_bytes(&self, name: &str) -> Option<&[u8]> {
        self.entries
            .iter()
            .find(|entry| self.name_is(**entry, name))
            .map(|entry| self.value_of(*entry))
    }

    pub fn contains(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| self.name_is(*entry, name))
    }

    /// All values under `name` that are UTF-8, in order.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.iter()
            .filter(move |(have, _)| have.eq_ignore_ascii_case(name))
            .filter_map(|(_, value)| std::str::from_utf8(value).ok())
    }

    /// Adds a line at the end. Control characters that would break the line are dropped.
    pub fn append(&mut self, name: &str, value: impl AsRef<[u8]>) {
        let value = value.as_ref();
        let start = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(name.as_bytes());
        let before = self.bytes.len();
        if memchr::memchr3(b'\r', b'\n', 0, value).is_some() {
            self.bytes.extend(value.iter().filter(|byte| !matches!(byte, b'\r' | b'\n' | 0)));
        } else {
            self.bytes.extend_from_slice(value);
        }
        self.entries.push(Entry {
            start,
            name: u16::try_from(name.len()).unwrap_or(u16::MAX),
            value: u32::try_from(self.bytes.len() - before).unwrap_or(u32::MAX),
        });
    }

    /// Replaces every line under `name` by one.
    pub fn set(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.remove(name);
        self.append(name, value);
    }

    /// Removes every line under `name`; says whether there was one.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.entries.len();
        let bytes = &self.bytes;
        self.entries.retain(|entry| !name_of(bytes, *entry).eq_ignore_ascii_case(name.as_bytes()));
        before != self.entries.len()
    }

    /// Keeps the lines for which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &[u8]) -> bool) {
        let bytes = &self.bytes;
        self.entries.retain(|entry| {
            let name = std::str::from_utf8(name_of(bytes, *entry)).unwrap_or("");
            keep(name, value_of(bytes, *entry))
        });
    }

    /// Lines in order, names as they were sent.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.entries.iter().map(|entry| {
            let name = std::str::from_utf8(name_of(&self.bytes, *entry)).unwrap_or("");
            (name, self.value_of(*entry))
        })
    }

    /// Bytes of all lines as HTTP/1 has them: `name: value` and the end of the line.
    pub fn wire_bytes(&self) -> usize {
        let line = |entry: &Entry| {
            let (name, value) = (name_of(&self.bytes, *entry), self.value_of(*entry));
            name.len() + value.len() + ": \r\n".len()
        };
        self.entries.iter().map(line).sum()
    }

    fn name_is(&self, entry: Entry, name: &str) -> bool {
        name_of(&self.bytes, entry).eq_ignore_ascii_case(name.as_bytes())
    }

    fn value_of(&self, entry: Entry) -> &[u8] {
        value_of(&self.bytes, entry)
    }
}

fn name_of(bytes: &[u8], entry: Entry) -> &[u8] {
    let start = entry.start as usize;
    &bytes[start..start + usize::from(entry.name)]
}

fn value_of(bytes: &[u8], entry: Entry) -> &[u8] {
    let start = entry.start as usize + usize::from(entry.name);
    &bytes[start..start + entry.value as usize]
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.iter().map(|(name, value)| (name, String::from_utf8_lossy(value)));
        f.debug_map().entries(lines).finish()
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Headers {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(lines: I) -> Self {
        let mut headers = Self::new();
        for (name, value) in lines {
            headers.append(name, value);
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_up_without_case_and_keeps_order() {
        let mut headers = Headers::from_iter([("Host", "a"), ("X-A", "1"), ("x-a", "2")]);
        assert_eq!(headers.get("HOST"), Some("a"));
        assert_eq!(headers.get_all("X-a").collect::<Vec<_>>(), ["1", "2"]);
        headers.set("x-A", "3");
        assert_eq!(headers.get_all("X-a").collect::<Vec<_>>(), ["3"]);
        assert!(headers.remove("host") && !headers.remove("host"));
        assert_eq!(headers.len(), 1);
    }

    #[test]
    fn a_value_cannot_start_a_line_of_its_own() {
        let mut headers = Headers::new();
        headers.append("X", "a\r\nEvil: yes");
        assert_eq!(headers.get("X"), Some("aEvil: yes"));
    }
}
