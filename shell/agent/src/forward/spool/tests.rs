//! Holds what waits on disk to the ledger.

use std::path::PathBuf;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::settings::Settings;

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("standin-agent-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut all: Vec<_> =
            fs::read_dir(&self.0).unwrap().map(|one| one.unwrap().path()).collect();
        all.sort();
        all
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn settings(folder: &Folder, bytes: &str) -> Settings {
    let variables = [
        ("STANDIN_INTAKE_URL", "http://127.0.0.1:9"),
        ("DD_API_KEY", "0123456789abcdef"),
        ("DD_FORWARDER_STORAGE_MAX_SIZE_IN_BYTES", bytes),
        ("DD_FORWARDER_STORAGE_PATH", folder.0.to_str().unwrap()),
        // However full the disk of this machine is.
        ("DD_FORWARDER_STORAGE_MAX_DISK_RATIO", "1"),
    ];
    let variables: Vec<(String, String)> =
        variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Settings::read(&variables).unwrap()
}

fn open(settings: &Settings) -> Spool {
    Spool::open(&settings.forwarder, settings.intake.clone()).unwrap().unwrap()
}

fn transaction(settings: &Settings, second: u64) -> Transaction {
    let body = Bytes::from(vec![7; 100]);
    let payload = Payload { route: Route::SeriesV2, body, encoding: Some("zstd"), items: 3 };
    let to = settings.intake.metrics[0].clone();
    Transaction { to, payload, created: Time::from_seconds(second), failures: 0 }
}

#[test]
fn dd_rt_04_what_is_on_disk_comes_back_the_newest_first_with_the_key_of_today() {
    let folder = Folder::new("order");
    let settings = settings(&folder, "100000");
    let mut spool = open(&settings);
    let all: Vec<_> = [1, 3, 2].map(|second| transaction(&settings, second)).into();
    assert_eq!(spool.keep(&all).unwrap(), 0);
    for file in folder.files() {
        assert_eq!(file.extension().unwrap(), "retry");
        let text = fs::read(file).unwrap();
        assert!(!text.windows(16).any(|part| part == b"0123456789abcdef"), "a key is on disk");
    }
    // As after a restart.
    let mut spool = open(&settings);
    let mut seconds = Vec::new();
    while let Some(one) = spool.take_newest().unwrap() {
        assert_eq!(one, transaction(&settings, one.created.seconds()));
        seconds.push(one.created.seconds());
    }
    assert_eq!(seconds, [3, 2, 1]);
    assert!(folder.files().is_empty());
}

#[test]
fn dd_rt_04_the_oldest_make_room_and_what_is_too_large_is_lost() {
    let folder = Folder::new("room");
    let settings = settings(&folder, "700");
    let mut spool = open(&settings);
    let all: Vec<_> = (1..=5).map(|second| transaction(&settings, second)).collect();
    let lost = spool.keep(&all).unwrap();
    let files = folder.files();
    assert_eq!(files.len() as u64 + lost, 5);
    let bytes: u64 = files.iter().map(|file| file.metadata().unwrap().len()).sum();
    assert!(lost > 0 && bytes <= 700, "{bytes}");
    assert_eq!(spool.take_newest().unwrap().unwrap().created.seconds(), 5);
}

#[test]
fn dd_rt_04_a_disk_that_is_full_takes_nothing() {
    let folder = Folder::new("full");
    let mut settings = settings(&folder, "100000");
    settings.forwarder.disk_share = 0.0;
    let mut spool = open(&settings);
    assert_eq!(spool.keep(&[transaction(&settings, 1)]).unwrap(), 1);
    assert!(folder.files().is_empty());
}

#[test]
fn dd_rt_04_without_a_size_nothing_is_kept_on_disk() {
    let folder = Folder::new("off");
    let settings = settings(&folder, "0");
    assert!(Spool::open(&settings.forwarder, settings.intake.clone()).unwrap().is_none());
    assert!(!folder.0.exists());
}

#[test]
fn dd_rt_04_old_files_and_files_that_cannot_be_read_are_thrown_away() {
    let folder = Folder::new("old");
    let settings = settings(&folder, "100000");
    let mut spool = open(&settings);
    spool.keep(&[transaction(&settings, 1)]).unwrap();
    let old = SystemTime::now() - Duration::from_secs(11 * 86_400);
    let file = fs::File::options().write(true).open(&folder.files()[0]).unwrap();
    file.set_modified(old).unwrap();
    fs::write(folder.0.join("5.retry"), "no head").unwrap();
    let mut spool = open(&settings);
    assert_eq!(folder.files().len(), 1);
    assert!(spool.take_newest().unwrap().is_none());
    assert!(folder.files().is_empty());
}

proptest! {
    #[test]
    fn any_file_is_read_or_thrown_away(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let folder = Folder::new("any");
        let _ = decode(&bytes, &settings(&folder, "1").intake);
    }
}
