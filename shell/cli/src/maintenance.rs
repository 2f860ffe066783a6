//! `standin maintenance`: closes and opens a stack's site for planned work, here or on AWS, by the
//! windows that its switch reads.

mod account;
mod show;
mod switch;
mod time;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use diary_window::{
    Conflict, Kind, Message, Moment, Network, Window, check, judge, parse_time, render,
};
use jiff::tz::TimeZone;

use self::account::Account;
use self::switch::Switch;
use crate::{Failure, StateOption};

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    place: Place,
}

/// Whose windows are meant.
#[derive(Debug, Args)]
struct Place {
    /// The stack; needed only when there are several
    #[arg(long, global = true, value_name = "NAME")]
    stack: Option<String>,
    /// Where the stack runs: here, or on AWS by way of the aws command
    #[arg(long, global = true, value_enum, default_value_t)]
    target: Target,
    /// The profile of the aws command, with --target aws
    #[arg(long, global = true, value_name = "NAME")]
    profile: Option<String>,
    /// The region, with --target aws
    #[arg(long, global = true, value_name = "NAME")]
    region: Option<String>,
    /// The time zone in which times are read and printed: Asia/Tokyo, UTC; else this machine's
    #[arg(long, global = true, value_name = "ZONE")]
    zone: Option<String>,
    /// Folder of the run
    #[arg(long, global = true, value_name = "DIR", default_value = ".standin")]
    state_dir: PathBuf,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Target {
    #[default]
    Standin,
    Aws,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Close the site now; again with other words or another end, change that
    On {
        /// When it opens again: +90m, 22:00, 2026-11-24T22:00+09:00; else nobody knows yet
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
        /// Say that something is wrong, not that work was planned
        #[arg(long)]
        emergency: bool,
        #[command(flatten)]
        words: Words,
    },
    /// Open the site: windows that are open end now, those to come stay
    Off,
    /// Close the site from one time to another
    Schedule {
        /// When it closes: +20s, 20:00, 2026-11-24T20:00+09:00, "2026-11-24 20:00 Europe/Paris"
        #[arg(long, value_name = "TIME")]
        from: String,
        /// When it opens again; times from now on (+60s) count from now as well
        #[arg(long, value_name = "TIME")]
        until: String,
        /// What the window is called; a name that is there already is changed
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        #[command(flatten)]
        words: Words,
    },
    /// List the windows that are open or to come
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Take a window away, open or not
    Cancel {
        /// As `list` prints it
        name: String,
    },
    /// Say whether the site is closed, until when, and what the switch knows
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the page that readers would see
    Preview {
        /// The window; else the one that is open or comes next
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// ja or en; else the page with both
        #[arg(long, value_name = "LANGUAGE")]
        language: Option<Language>,
    },
    /// Print a cookie with which an operator sees the site while it is closed
    Pass {
        /// How long it is good for: 2h, 30m
        #[arg(long = "for", value_name = "TIME", default_value = "2h")]
        lasts: String,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Language {
    Ja,
    En,
}

#[derive(Debug, Args)]
struct Words {
    /// What readers are told besides, in Japanese
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
    /// The same in English
    #[arg(long, value_name = "TEXT")]
    message_en: Option<String>,
    /// An address or network that sees the site all the same; may be given several times
    #[arg(long = "operator", value_name = "ADDRESS")]
    operators: Vec<String>,
}

/// The name of the window that `on` makes.
const NOW: &str = "now";

pub(crate) async fn run(options: Options) -> Result<ExitCode, Failure> {
    let zone = time::home(options.place.zone.as_deref())?;
    let account = Account::open(&options.place).await?;
    let switch = Switch::find(account, options.place.stack.as_deref()).await?;
    let now = time::now();
    match options.command {
        Command::On { until, emergency, words } => {
            on(&switch, &zone, now, until.as_deref(), emergency, words).await
        }
        Command::Off => off(&switch, &zone, now).await,
        Command::Schedule { from, until, name, words } => {
            let from = parse_time(&from, now, &zone)?;
            let until = parse_time(&until, now, &zone)?;
            schedule(&switch, &zone, now, from, until, name, words).await
        }
        Command::List { json } => {
            show::list(&switch.windows().await?, now, &zone, json)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Cancel { name } => cancel(&switch, &zone, now, &name).await,
        Command::Status { json } => {
            let (windows, state) = (switch.windows().await?, switch.state().await?);
            show::status(&windows, &state, now, &zone, json)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Preview { name, language } => preview(&switch, now, name, language).await,
        Command::Pass { lasts } => {
            let until = parse_time(&format!("+{lasts}"), now, &zone)?;
            let cookie = diary_switch::cookie(&switch.secret().await?, until);
            println!("diary-operator={cookie}");
            eprintln!("good until {}; for a browser's console:", until.in_zone(&zone));
            eprintln!("  document.cookie = \"diary-operator={cookie}; path=/; secure\"");
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Changes the words of a window where new ones are given.
fn say(window: &mut Window, words: Words) -> Result<(), Failure> {
    let Message { ja, en } = &mut window.message;
    *ja = words.message.unwrap_or_else(|| std::mem::take(ja));
    *en = words.message_en.unwrap_or_else(|| std::mem::take(en));
    if !words.operators.is_empty() {
        let read = words.operators.iter().map(|text| Network::parse(text));
        window.operators = read.collect::<Result<_, _>>()?;
    }
    Ok(())
}

async fn on(
    switch: &Switch,
    zone: &TimeZone,
    now: Moment,
    until: Option<&str>,
    emergency: bool,
    words: Words,
) -> Result<ExitCode, Failure> {
    let windows = switch.windows().await?;
    let until = until.map(|until| parse_time(until, now, zone)).transpose()?;
    let before = windows.iter().find(|window| window.id == NOW && !window.is_over(now));
    let mut window = before.cloned().unwrap_or_else(|| empty(NOW, now));
    window.until = until.or(window.until);
    if emergency {
        window.kind = Kind::Emergency;
    }
    say(&mut window, words)?;
    let changed = before != Some(&window);
    put(switch, zone, now, &windows, &window, changed).await
}

fn empty(id: &str, from: Moment) -> Window {
    Window {
        id: id.to_owned(),
        kind: Kind::Planned,
        from,
        until: None,
        message: Message::default(),
        operators: Vec::new(),
    }
}

async fn schedule(
    switch: &Switch,
    zone: &TimeZone,
    now: Moment,
    from: Moment,
    until: Moment,
    name: Option<String>,
    words: Words,
) -> Result<ExitCode, Failure> {
    let windows = switch.windows().await?;
    let plain = || from.to_string().chars().filter(char::is_ascii_alphanumeric).collect();
    let id: String = name.unwrap_or_else(plain);
    let before = windows.iter().find(|window| window.id == id);
    let mut window = before.cloned().unwrap_or_else(|| empty(&id, from));
    (window.from, window.until) = (from, Some(until));
    say(&mut window, words)?;
    let changed = before != Some(&window);
    put(switch, zone, now, &windows, &window, changed).await
}

/// Writes a window, has the switch take note, and says what holds.
async fn put(
    switch: &Switch,
    zone: &TimeZone,
    now: Moment,
    windows: &[Window],
    window: &Window,
    changed: bool,
) -> Result<ExitCode, Failure> {
    check(window, windows, now).map_err(|conflict| refusal(&conflict, zone))?;
    if !changed {
        println!("nothing to change: {}", show::line(window, zone));
        return Ok(ExitCode::SUCCESS);
    }
    switch.put(window).await?;
    println!("{}", show::line(window, zone));
    switch.take_note().await
}

/// An overlap is told in the user's zone.
fn refusal(conflict: &Conflict, zone: &TimeZone) -> Failure {
    match conflict {
        Conflict::Overlaps { id, from, until } => {
            let (from, until) = (from.in_zone(zone), until.in_zone(zone));
            format!(
                "it would overlap window {id} ({from} to {until}); change that one with --name \
                 {id}, or take it away with `standin maintenance cancel {id}`"
            )
            .into()
        }
        other => other.to_string().into(),
    }
}

async fn off(switch: &Switch, zone: &TimeZone, now: Moment) -> Result<ExitCode, Failure> {
    let windows = switch.windows().await?;
    let open: Vec<&Window> = windows.iter().filter(|window| window.has(now)).collect();
    if open.is_empty() {
        println!("nothing to change: the site is open");
        return Ok(ExitCode::SUCCESS);
    }
    for window in open {
        switch.delete(&window.id).await?;
        println!("ended: {}", show::line(window, zone));
    }
    switch.take_note().await
}

async fn cancel(
    switch: &Switch,
    zone: &TimeZone,
    now: Moment,
    name: &str,
) -> Result<ExitCode, Failure> {
    let windows = switch.windows().await?;
    let Some(window) = windows.iter().find(|window| window.id == name) else {
        println!("nothing to change: there is no window {name}");
        return Ok(ExitCode::SUCCESS);
    };
    switch.delete(name).await?;
    let word = if window.has(now) { "ended" } else { "taken away" };
    println!("{word}: {}", show::line(window, zone));
    switch.take_note().await
}

async fn preview(
    switch: &Switch,
    now: Moment,
    name: Option<String>,
    language: Option<Language>,
) -> Result<ExitCode, Failure> {
    let windows = switch.windows().await?;
    let at = match &name {
        Some(name) => {
            let window = windows.iter().find(|window| window.id == *name);
            window.ok_or_else(|| format!("there is no window {name}"))?.from.max(now)
        }
        None => {
            let judgement = judge(now, &windows);
            let next = judgement.next.map(|next| next.from);
            let open = judgement.open.map(|_| now);
            open.or(next).ok_or("there is no window to preview; `schedule` makes one")?
        }
    };
    let open = judge(at, &windows).open.ok_or("that window is over")?;
    let page = render(&open, &time::readers_zone());
    match language {
        Some(Language::Ja) => print!("{}", page.ja),
        Some(Language::En) => print!("{}", page.en),
        None => print!("{}", page.both),
    }
    Ok(ExitCode::SUCCESS)
}

impl Place {
    fn state(&self) -> StateOption {
        StateOption { state_dir: self.state_dir.clone() }
    }
}
