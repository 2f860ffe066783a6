//! `standin review`: for every fault, what do viewers see and for how long, from the template
//! alone.

mod compare;
mod html;
mod text;

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use clap::{Args, ValueEnum};
use standin_kernel::fault::parse_duration;
use standin_kernel::{Bytes, Duration};
use standin_sim::review::{self, Report, Row, Workers};
use standin_sim::{Object, Stage};

use crate::Failure;
use crate::template::TemplateFile;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The template [default: template.yaml here]; several with --compare
    #[arg(value_name = "TEMPLATE")]
    templates: Vec<PathBuf>,
    /// Put templates side by side: when the page comes and goes, what it says, who passes, what
    /// breaks it [default: all of stacks/patterns]
    #[arg(long, conflicts_with_all = ["only", "fail_on", "report"])]
    compare: bool,
    /// Print the comparison as Markdown
    #[arg(long, requires = "compare", conflicts_with = "json")]
    markdown: bool,
    /// Values of the template's parameters
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair, num_args = 1..)]
    parameters: Vec<(String, String)>,
    /// Only faults whose name contains this
    #[arg(long, value_name = "FAULT")]
    only: Option<String>,
    /// Seed of everything random
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many phases of health checks, error caches and the like each fault begins at
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = phases)]
    phases: usize,
    /// Also every two faults of different things at once
    #[arg(long)]
    pairs: bool,
    /// How long each fault lasts
    #[arg(long = "lasts", value_name = "TIME", default_value = "120s", value_parser = time)]
    lasts: Duration,
    /// Fail (exit code 1) when some viewer has more of this than so many seconds: raw-error, hang,
    /// until-page, wait, sorry-after, stale
    #[arg(long, value_name = "KIND=TIME", value_parser = limit, num_args = 1..)]
    fail_on: Vec<Limit>,
    /// Language of the output
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
    /// Also write a page with all timelines, which needs no other file
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Print JSON (docs/review.md says what it holds)
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Lang {
    Ja,
    #[default]
    En,
}

impl Lang {
    const fn of<'t>(self, en: &'t str, ja: &'t str) -> &'t str {
        match self {
            Self::En => en,
            Self::Ja => ja,
        }
    }
}

/// A bound on one measure.
#[derive(Clone, Debug, PartialEq)]
struct Limit {
    kind: &'static str,
    seconds: f64,
}

const KINDS: [&str; 6] = ["raw-error", "hang", "until-page", "wait", "sorry-after", "stale"];

impl Limit {
    /// The worst of the measure in a row, in seconds.
    fn measured(&self, row: &Row) -> f64 {
        let worst = &row.worst;
        match self.kind {
            "raw-error" => worst.raw_error_s,
            "hang" => worst.hang_s,
            "until-page" => worst.until_page_s.unwrap_or(f64::INFINITY),
            "wait" => worst.wait_max_s,
            "sorry-after" => worst.sorry_after_s,
            _ => worst.stale_s,
        }
    }

    fn is_broken_by(&self, row: &Row) -> bool {
        self.measured(row) > self.seconds
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn phases(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| (1..=240).contains(count));
    count.ok_or_else(|| "a whole number from 1 to 240".into())
}

fn time(text: &str) -> Result<Duration, String> {
    let time = parse_duration(text).ok_or("write it as 90s or 2m")?;
    if time.is_zero() || time > Duration::from_secs(3600) {
        return Err("at least a moment, at most an hour".into());
    }
    Ok(time)
}

fn limit(text: &str) -> Result<Limit, String> {
    let (name, value) = text.split_once('=').ok_or("write it as raw-error=5s")?;
    let kind = KINDS.iter().find(|kind| **kind == name);
    let kind = kind.ok_or_else(|| format!("{name} is not measured; {} are", KINDS.join(", ")))?;
    let time = parse_duration(value).ok_or("write it as raw-error=5s")?;
    Ok(Limit { kind, seconds: time.as_secs_f64() })
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, Failure> {
    let begun = Instant::now();
    let how = review::Options {
        seed: options.seed,
        phases: options.phases,
        lasts: options.lasts,
        only: options.only.clone(),
        pairs: options.pairs,
        ..review::Options::default()
    };
    if options.compare {
        return compare::run(options, &how);
    }
    if options.templates.len() > 1 {
        return Err("one template at a time; --compare puts several side by side".into());
    }
    let template = options.templates.first().map(PathBuf::as_path);
    let (stage, shown) = stage(template, &options.parameters)?;
    let report = review::review(&stage, &how, &Threads)?;
    let broken = broken_rows(options, &report);
    if let Some(path) = &options.report {
        let page = html::page(&report, &shown, &how, options.lang);
        std::fs::write(path, page)
            .map_err(|wrong| format!("cannot write {}: {wrong}", path.display()))?;
    }
    if options.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        let took = begun.elapsed().as_secs_f64();
        print!("{}", text::report(&report, &shown, &how, options.lang));
        eprintln!("reviewed in {took:.1} s");
    }
    for line in &broken {
        eprintln!("standin: {line}");
    }
    let passed = broken.is_empty() && report.broken.is_none();
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One thread for each processor; each takes the next piece that nobody has begun.
struct Threads;

impl Workers for Threads {
    fn map<T: Send>(&self, count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
        let next = AtomicUsize::new(0);
        let take = || {
            let mut done = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= count {
                    return done;
                }
                done.push((at, work(at)));
            }
        };
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(count);
        let mut done: Vec<(usize, T)> = std::thread::scope(|scope| {
            let running: Vec<_> = (0..threads).map(|_| scope.spawn(take)).collect();
            let joined = running.into_iter().map(|thread| match thread.join() {
                Ok(done) => done,
                Err(panicked) => std::panic::resume_unwind(panicked),
            });
            joined.flatten().collect()
        });
        done.sort_by_key(|(at, _)| *at);
        done.into_iter().map(|(_, result)| result).collect()
    }
}

/// A line for each row that breaks a limit.
fn broken_rows(options: &Options, report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    for limit in &options.fail_on {
        for row in report.rows.iter().filter(|row| limit.is_broken_by(row)) {
            let measured = text::seconds(Some(limit.measured(row)).filter(|it| it.is_finite()));
            lines.push(format!(
                "{} is {measured}, more than {}: {}, {}",
                limit.kind,
                text::seconds(Some(limit.seconds)),
                row.case,
                row.cohort
            ));
        }
    }
    lines
}

/// What the template sets, and the template's name.
fn stage(
    template: Option<&Path>,
    parameters: &[(String, String)],
) -> Result<(Stage, String), Failure> {
    let mut template = TemplateFile::read(template)?;
    let stack = template.stack_name();
    template.bind(&stack, parameters)?;
    let mut objects = Vec::new();
    for (bucket, folder) in template.folders() {
        for (key, file) in standin_host::fill::keys_below(folder)? {
            let body = Bytes::from(std::fs::read(&file)?);
            let content_type = standin_host::fill::content_type(&file).to_owned();
            objects.push(Object { bucket: bucket.to_owned(), key, content_type, body });
        }
    }
    let stack = template.stack_input(&stack, parameters);
    let shown = stack["Standin"]["File"].as_str().unwrap_or("template").to_owned();
    let evaluator = Some(crate::evaluator());
    let (keys, handlers) = (standin_sim::Keys::new(), diary_rehearsal::handlers());
    Ok((Stage { stack, objects, keys, evaluator, handlers }, shown))
}
