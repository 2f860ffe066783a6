//! Saburo's diary: a small web service that lists, shows and takes diary entries.
//!
//! `diary-app` serves it; `diary-app migrate` brings its data file, or its tables in the database,
//! to what this version needs, and ends. Nothing in here knows where it runs.

mod database;
mod entries;
mod entry;
mod form;
mod language;
mod metrics;
mod page;
mod route;
mod server;
mod settings;
mod store;

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use entries::{Ends, Entries};
use settings::Settings;

const USAGE: &str = "usage: diary-app [serve | migrate [--rehearse-failure]]

  serve      answer HTTP requests (also without a word)
  migrate    make the entries' place ready, with Saburo's first ones if it is empty, and end;
             --rehearse-failure: take all of it back again, and fail

environment:
  BIND_ADDRESS   address to listen on (0.0.0.0)
  PORT           port to listen on (8080)
  DATA_DIR       folder of the entries (data), unless DATABASE_HOST is set:

  DATABASE_HOST, DATABASE_PORT (5432), DATABASE_NAME (diary), DATABASE_USER (diary),
  DATABASE_PASSWORD                        the PostgreSQL database of the entries

  DD_AGENT_HOST, DD_DOGSTATSD_PORT (8125)  where metrics are sent, if anywhere
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ended = match words.as_slice() {
        [] | ["serve"] => settings().and_then(|settings| serve(&settings)),
        ["migrate"] => settings().and_then(|settings| migrate(&settings, Ends::Well)),
        ["migrate", "--rehearse-failure"] => {
            settings().and_then(|settings| migrate(&settings, Ends::Rehearsed))
        }
        ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("diary-app: {why}");
            ExitCode::FAILURE
        }
    }
}

fn settings() -> Result<Settings, String> {
    Settings::read(|name| std::env::var(name).ok())
}

fn migrate(settings: &Settings, ends: Ends) -> Result<(), String> {
    let store = Entries::new(&settings.place);
    let migrated = runtime()?.block_on(store.migrate(ends));
    let entries = migrated.map_err(|why| store.trouble(&why))?;
    log(&format!("{} is ready with {} entries", store.place(), entries.len()));
    Ok(())
}

fn serve(settings: &Settings) -> Result<(), String> {
    let store = Arc::new(Entries::new(&settings.place));
    runtime()?.block_on(async {
        // A file that cannot be read will not get better by itself; a database may.
        if let (Entries::File(_), Err(why)) = (&*store, store.all().await) {
            return Err(store.trouble(&why));
        }
        server::run(settings, store).await
    })
}

fn runtime() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|why| format!("no runtime: {why}"))
}

/// Writes a line to the log. A log nobody reads any more is no reason to fail.
fn log(line: &str) {
    let now = jiff::Timestamp::from_second(entry::seconds_now()).unwrap_or_default();
    let _ = writeln!(std::io::stdout().lock(), "{now} {line}");
}
