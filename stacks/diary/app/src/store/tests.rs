//! The store against real files, in folders of their own.

use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::language::Language;

/// A folder that is gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("diary-store-{}-{count}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn store(&self) -> Store {
        Store::new(&self.0)
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.0.join(FILE_NAME)).unwrap()
    }

    fn write(&self, bytes: &[u8]) {
        std::fs::create_dir_all(&self.0).unwrap();
        std::fs::write(self.0.join(FILE_NAME), bytes).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Not there is fine as well.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn accepted(day: &str, title: &str) -> Accepted {
    Accepted {
        day: Day::parse(day).unwrap(),
        language: Language::En,
        title: title.into(),
        text: "a\nb".into(),
    }
}

fn ids(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(Entry::id).collect()
}

#[test]
fn the_first_entries_are_there_once_and_all_of_them_can_be_read() {
    let folder = Folder::new();
    let first = folder.store().prepare().unwrap();
    assert_eq!(first.len(), FIRST.lines().count());
    assert!(first.is_sorted_by_key(|entry| std::cmp::Reverse((entry.day, entry.number))));
    folder.store().prepare().unwrap();
    assert_eq!(folder.text(), FIRST);
}

#[test]
fn what_one_task_adds_the_other_reads_the_newest_first() {
    let folder = Folder::new();
    let (one, other) = (folder.store(), folder.store());
    assert!(other.entries().unwrap().is_empty());
    assert_eq!(one.add(accepted("2026-11-02", "a")).unwrap().id(), "2026-11-02-1");
    assert_eq!(other.add(accepted("2026-11-02", "b")).unwrap().id(), "2026-11-02-2");
    assert_eq!(one.add(accepted("2026-11-01", "c")).unwrap().id(), "2026-11-01-1");
    let expected = ["2026-11-02-2", "2026-11-02-1", "2026-11-01-1"];
    assert_eq!(ids(&one.entries().unwrap()), expected);
    assert_eq!(ids(&other.entries().unwrap()), expected);
}

#[test]
fn tasks_that_write_at_once_lose_nothing() {
    let folder = Folder::new();
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                let store = folder.store();
                for _ in 0..25 {
                    store.add(accepted("2026-11-24", "x")).unwrap();
                }
            });
        }
    });
    let entries = folder.store().entries().unwrap();
    let numbers: Vec<_> = entries.iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, (1..=100).rev().collect::<Vec<_>>());
}

#[test]
fn lines_that_cannot_be_read_are_skipped_and_stay() {
    let folder = Folder::new();
    folder.store().add(accepted("2026-11-24", "good")).unwrap();
    let good = folder.text();
    let mut bytes = b"not json\n\n{\"day\":\"2026-02-30\"}\n\xff\n".to_vec();
    bytes.extend_from_slice(good.as_bytes());
    bytes.extend_from_slice(good.replace("good", "same number").as_bytes());
    folder.write(&bytes);
    let store = folder.store();
    assert_eq!(ids(&store.entries().unwrap()), ["2026-11-24-1"]);
    assert_eq!(store.entries().unwrap()[0].title, "good");
    store.add(accepted("2026-11-24", "next")).unwrap();
    let now = std::fs::read(store.path()).unwrap();
    assert_eq!(now[..bytes.len()], bytes);
    assert_eq!(ids(&folder.store().entries().unwrap()), ["2026-11-24-2", "2026-11-24-1"]);
}

#[test]
fn half_a_line_of_a_writer_that_died_harms_no_other_entry() {
    let folder = Folder::new();
    let store = folder.store();
    store.add(accepted("2026-11-24", "before")).unwrap();
    let before = folder.text();
    store.add(accepted("2026-11-24", "dying")).unwrap();
    let whole = folder.text();
    for cut in before.len() + 1..whole.len() {
        folder.write(&whole.as_bytes()[..cut]);
        let store = folder.store();
        let known: Vec<_> = store.entries().unwrap().iter().map(|entry| entry.number).collect();
        assert_eq!(known, [1], "{cut}");
        // Once only the line's end was missing, the entry counts and keeps its number.
        let number = if cut == whole.len() - 1 { 3 } else { 2 };
        assert_eq!(store.add(accepted("2026-11-24", "after")).unwrap().number, number);
        let entries = folder.store().entries().unwrap();
        assert_eq!(entries[0].title, "after", "{cut}");
        assert_eq!(entries.len(), usize::try_from(number).unwrap(), "{cut}");
        assert!(folder.text().starts_with(&whole[..cut]), "{cut}");
    }
}

#[test]
fn a_line_counts_once_its_end_is_there() {
    let folder = Folder::new();
    folder.store().add(accepted("2026-11-24", "x")).unwrap();
    let whole = folder.text();
    let store = folder.store();
    folder.write(whole.trim_end().as_bytes());
    assert!(store.entries().unwrap().is_empty());
    folder.write(whole.as_bytes());
    assert_eq!(store.entries().unwrap().len(), 1);
}

#[test]
fn a_file_that_was_emptied_or_replaced_is_read_anew() {
    let folder = Folder::new();
    let store = folder.store();
    store.add(accepted("2026-11-24", "x")).unwrap();
    store.add(accepted("2026-11-24", "y")).unwrap();
    let text = folder.text();
    folder.write(b"");
    assert!(store.entries().unwrap().is_empty());
    let new = folder.0.join("new");
    std::fs::write(&new, text.replace("2026-11-24", "2026-11-20")).unwrap();
    std::fs::rename(&new, store.path()).unwrap();
    assert_eq!(ids(&store.entries().unwrap()), ["2026-11-20-2", "2026-11-20-1"]);
    std::fs::remove_file(store.path()).unwrap();
    assert!(store.entries().unwrap().is_empty());
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error_that_names_the_file() {
    let folder = Folder::new();
    folder.write(b"");
    let store = Store::new(&folder.0.join(FILE_NAME).join("below"));
    let why = store.prepare().unwrap_err();
    let place = store.path().display().to_string();
    assert!(place.ends_with("below/entries.jsonl"), "{place}: {why}");
}
