//! Holds the store to its word: order, removal, batches, the lock.

use serde_json::json;

use super::*;
use crate::scratch::Scratch;

fn record(kind: &str, id: &str, document: Option<serde_json::Value>) -> Record {
    Record { kind: kind.into(), id: id.into(), document }
}

#[test]
fn loads_by_service_then_kind_then_id() {
    let scratch = Scratch::new();
    let store = Store::open(scratch.path()).unwrap();
    assert!(store.load().unwrap().is_empty());
    store
        .save(&[
            (ServiceName::Platform, record("role", "r", Some(json!(1)))),
            (ServiceName::S3, record("object", "b", Some(json!(2)))),
            (ServiceName::S3, record("object", "a", Some(json!(3)))),
            (ServiceName::S3, record("bucket", "z", Some(json!(4)))),
            (ServiceName::Elbv2, record("rule", "x", Some(json!(5)))),
        ])
        .unwrap();
    drop(store);
    let loaded = Store::open(scratch.path()).unwrap().load().unwrap();
    let keys: Vec<_> = loaded
        .iter()
        .map(|(service, record)| format!("{service}/{}/{}", record.kind, record.id))
        .collect();
    let expected = ["elbv2/rule/x", "s3/bucket/z", "s3/object/a", "s3/object/b", "platform/role/r"];
    assert_eq!(keys, expected);
    assert_eq!(loaded[2].1.document, Some(json!(3)));
}

#[test]
fn a_record_without_document_is_forgotten() {
    let scratch = Scratch::new();
    let store = Store::open(scratch.path()).unwrap();
    let kept = (ServiceName::Ecs, record("task", "1", Some(json!({"a": 1}))));
    let gone = (ServiceName::Ecs, record("task", "2", Some(json!({"a": 2}))));
    store.save(&[kept.clone(), gone]).unwrap();
    store.save(&[(ServiceName::Ecs, record("task", "2", None))]).unwrap();
    assert_eq!(store.load().unwrap(), [kept]);
}

#[test]
fn a_second_standin_is_told_who_holds_the_directory() {
    let scratch = Scratch::new();
    let first = Store::open(scratch.path()).unwrap();
    let refused = Store::open(scratch.path()).unwrap_err();
    let text = refused.to_string();
    assert!(
        text.ends_with(&format!("is in use by another Standin (process {})", std::process::id())),
        "{text}"
    );
    drop(first);
    Store::open(scratch.path()).unwrap();
}

#[test]
fn the_lock_lives_as_long_as_the_writer() {
    let scratch = Scratch::new();
    let writer = Store::open(scratch.path()).unwrap().writer().unwrap();
    assert!(matches!(Store::open(scratch.path()), Err(StoreError::InUse { .. })));
    writer.close().unwrap();
    Store::open(scratch.path()).unwrap();
}

#[test]
fn the_last_word_on_a_record_wins_and_every_batch_is_told() {
    let scratch = Scratch::new();
    let writer = Store::open(scratch.path()).unwrap().writer().unwrap();
    let (told, heard) = mpsc::channel();
    for number in 0..100 {
        let told = told.clone();
        let document = (number != 99).then(|| json!(number));
        let batch = vec![
            (ServiceName::S3, record("object", "same", document)),
            (ServiceName::S3, record("object", &format!("{number:03}"), Some(json!(number)))),
        ];
        writer.submit(batch, move |result| {
            told.send((number, result.is_ok())).unwrap();
        });
    }
    writer.close().unwrap();
    let heard: Vec<_> = heard.try_iter().collect();
    let expected: Vec<_> = (0..100).map(|number| (number, true)).collect();
    assert_eq!(heard, expected);
    let loaded = Store::open(scratch.path()).unwrap().load().unwrap();
    assert_eq!(loaded.len(), 100);
    assert!(loaded.iter().all(|(_, record)| record.id != "same"));
}

#[test]
fn a_flush_is_told_after_what_was_submitted_before_it() {
    let scratch = Scratch::new();
    let writer = Store::open(scratch.path()).unwrap().writer().unwrap();
    let (told, heard) = mpsc::channel();
    let earlier = told.clone();
    writer.submit(vec![(ServiceName::S3, record("object", "a", Some(json!(1))))], move |_| {
        earlier.send("written").unwrap();
    });
    writer.submit(Vec::new(), move |_| {
        told.send("flushed").unwrap();
    });
    assert_eq!(heard.recv().unwrap(), "written");
    assert_eq!(heard.recv().unwrap(), "flushed");
}

#[test]
fn a_record_of_a_service_not_known_here_is_named() {
    let scratch = Scratch::new();
    let store = Store::open(scratch.path()).unwrap();
    let write = store.database.begin_write().unwrap();
    write.open_table(RECORDS).unwrap().insert(("queue", "k", "i"), b"1".as_slice()).unwrap();
    write.commit().unwrap();
    let text = store.load().unwrap_err().to_string();
    assert!(text.starts_with("the record queue/k/i cannot be read"), "{text}");
}
