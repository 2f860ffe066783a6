//! Every case of `tests/golden/review`: a template with something wrong, what the review finds, and
//! that the finding goes when its advice is taken.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use standin_kernel::Duration;
use standin_sim::Stage;
use standin_sim::review::{self, OneByOne, Options, Report, Row, Verdict};
use standin_tests::{root, stage};

/// What a case says above its template.
#[derive(Default)]
struct Head {
    template: Option<String>,
    parameters: Vec<(String, String)>,
    replace: Vec<(String, String)>,
    only: Option<String>,
}

fn head(case: &str) -> (Head, String) {
    let mut head = Head::default();
    let mut rest = String::new();
    let mut old = None;
    for line in case.lines() {
        let Some(said) = line.strip_prefix("#> ") else {
            rest.push_str(line);
            rest.push('\n');
            continue;
        };
        let (word, value) = said.split_once(' ').unwrap_or((said, ""));
        // Line ends inside a value are written as \n.
        let value = value.replace("\\n", "\n");
        match word {
            "template" => head.template = Some(value),
            "only" => head.only = Some(value),
            "parameter" => {
                let (name, value) = value.split_once('=').expect("NAME=VALUE");
                head.parameters.push((name.to_owned(), value.to_owned()));
            }
            "replace" => old = Some(value),
            "with" => head.replace.push((old.take().expect("replace before with"), value)),
            other => panic!("{other} is not known"),
        }
    }
    (head, rest)
}

/// The stage of a case, and how it is reviewed.
fn set(path: &Path, case: &str) -> (Stage, Options) {
    let (head, own) = head(case);
    let (file, mut text) = match &head.template {
        Some(template) => {
            let file = root().join(template);
            let text = read(&file);
            (file, text)
        }
        None => (path.to_owned(), own),
    };
    for (old, new) in &head.replace {
        assert!(text.contains(old), "{}: the template has no {old:?}", path.display());
        text = text.replace(old, new);
    }
    let stage = stage_of(&file, &text, &head.parameters);
    let options = Options { phases: 2, only: head.only, ..Options::default() };
    (stage, options)
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|wrong| panic!("{}: {wrong}", file.display()))
}

fn stage_of(file: &Path, text: &str, parameters: &[(String, String)]) -> Stage {
    stage(file, text, parameters).unwrap_or_else(|wrong| panic!("{}: {wrong}", file.display()))
}

fn diary() -> Stage {
    let file = root().join("stacks/diary/template.yaml");
    stage_of(&file, &read(&file), &[])
}

fn reviewed(stage: &Stage, options: &Options) -> Report {
    review::review(stage, options, &OneByOne).unwrap_or_else(|wrong| panic!("{wrong}"))
}

/// Why a line of the expectation is not so; `None` when it is.
fn wrong(line: &str, stage: &Stage, options: &Options, report: &Report) -> Option<String> {
    let (word, value) = line.split_once(' ').unwrap_or((line, ""));
    let found = |rule: &str| report.findings.iter().find(|finding| finding.rule == rule);
    let rules: Vec<_> = report.findings.iter().map(|finding| finding.rule).collect();
    match word {
        "finding" => {
            let (rule, at) = value.split_once(' ').unwrap_or((value, ""));
            let Some(finding) = found(rule) else { return Some(format!("found only {rules:?}")) };
            let setting = &finding.setting;
            let place = format!("{}.{}", setting.logical_id, setting.property);
            (!at.is_empty() && place != at).then_some(place)
        }
        "no" => found(value).map(|finding| format!("{finding:#?}")),
        "first" => (rules.first() != Some(&value)).then(|| format!("the order is {rules:?}")),
        "cured" => {
            let Some(finding) = found(value) else { return Some(format!("found only {rules:?}")) };
            let changed = match review::apply(stage, &finding.edits) {
                Ok(changed) => changed,
                Err(why) => return Some(why),
            };
            let again = reviewed(&changed, options);
            let mut left = again.findings.iter().filter(|finding| finding.rule == value);
            left.next().map(|finding| format!("after the change: {finding:#?}"))
        }
        "row" => {
            let parts: Vec<&str> = value.split(" | ").collect();
            let [case, cohort, verdict] = parts[..] else { panic!("row CASE | VIEWER | VERDICT") };
            let mut rows = report.rows.iter();
            let row = rows.find(|row| row.case == case && row.cohort == cohort);
            let Some(row) = row else { return Some("there is no such row".into()) };
            let is = format!("{:?}", row.verdict).to_lowercase();
            (is != verdict).then(|| format!("{is}: {:?}", row.worst))
        }
        "broken" => {
            let why = report.broken.clone().unwrap_or_default();
            (!why.contains(value)).then_some(why)
        }
        _ => panic!("{word} is not known"),
    }
}

#[test]
fn every_case_is_found_and_cured() {
    let folder = root().join("tests/golden/review");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "txt"));
    files.sort();
    assert!(!files.is_empty());
    // A case takes seconds, and there are many.
    let next = AtomicUsize::new(0);
    let mut failures = Vec::new();
    std::thread::scope(|scope| {
        let workers = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let look = || -> Vec<String> {
            let mine = std::iter::from_fn(|| files.get(next.fetch_add(1, Ordering::Relaxed)));
            mine.flat_map(|file| look_at(file)).collect()
        };
        let looking: Vec<_> = (0..workers).map(|_| scope.spawn(look)).collect();
        for one in looking {
            failures.extend(one.join().expect("a case that can be looked at"));
        }
    });
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// What of a case is not as it says.
fn look_at(file: &Path) -> Vec<String> {
    let text = read(file);
    let (case, expected) = text.split_once("\n----\n").expect("a line of dashes");
    let (stage, options) = set(file, case);
    let report = reviewed(&stage, &options);
    let lines = expected.lines().filter(|line| !line.is_empty());
    lines
        .filter_map(|line| {
            let why = wrong(line, &stage, &options, &report)?;
            Some(format!("{}: {line}\n  {why}", file.display()))
        })
        .collect()
}

/// The reference stack: zero seconds of raw error for page views, whatever single thing fails.
/// Whoever asks for the sorry page by its own name while its bucket is lost sees that, and the row
/// says why.
#[test]
fn the_diary_has_no_bad_verdict_for_readers_of_pages() {
    let stage = diary();
    let options = Options { phases: 2, ..Options::default() };
    let report = reviewed(&stage, &options);
    assert_eq!(report.broken, None);
    assert!(report.rows.len() > 50, "{}", report.rows.len());
    let bucket = |row: &Row| row.case.contains("PagesBucket") || row.case.contains("/pages:");
    let lives_there = |row: &Row| {
        let cohort = report.cohorts.iter().find(|cohort| cohort.name == row.cohort);
        cohort.is_some_and(|cohort| cohort.behind.as_deref() == Some("PagesBucket"))
    };
    for row in report.rows.iter().filter(|row| row.cohort.starts_with("page")) {
        if bucket(row) && lives_there(row) {
            assert!(row.cold && row.because.is_some(), "{}: {:?}", row.case, row.worst);
            assert!(row.worst.raw_error_s > 0.0, "{}: {:?}", row.case, row.worst);
            continue;
        }
        assert_ne!(row.verdict, Verdict::Bad, "{}: {:?}", row.case, row.worst);
        assert_eq!(row.worst.raw_error_s, 0.0, "{}: {:#?}", row.case, row.track);
    }
}

#[test]
fn one_seed_gives_the_same_bytes_twice() {
    let stage = diary();
    let only = Some("Service/1".to_owned());
    let lasts = Duration::from_secs(60);
    let options = Options { phases: 2, only, lasts, ..Options::default() };
    let once = format!("{:?}", reviewed(&stage, &options));
    assert_eq!(once, format!("{:?}", reviewed(&stage, &options)));
    let other = Options { seed: 2, ..options };
    assert_ne!(once, format!("{:?}", reviewed(&stage, &other)));
}

#[test]
fn two_faults_at_once_show_what_one_alone_does_not() {
    let stage = diary();
    let only = "Service: stop + PagesBucket: forbidden".to_owned();
    let options = Options { phases: 2, only: Some(only), pairs: true, ..Options::default() };
    let report = reviewed(&stage, &options);
    let row = report.rows.iter().find(|row| row.cohort == "page /").unwrap();
    // Where the page is not in the cache, and cannot be read, the error stands there as it is.
    assert!(row.cold && row.worst.raw_error_s > 60.0, "{:?}", row.worst);
    assert_eq!(row.verdict, Verdict::Bad);
    let alone = Options { pairs: false, ..options };
    assert!(reviewed(&stage, &alone).rows.is_empty());
}
