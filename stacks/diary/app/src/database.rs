//! Keeps the entries in a PostgreSQL table that all tasks share.
//!
//! One session, opened when it is needed and again after it has broken. Nobody waits long for a
//! database that does not answer: the reader is told so instead.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

use crate::entries::{Ends, rehearsed};
use crate::entry::{Accepted, Day, Entry};
use crate::language::Language;
use crate::settings::DatabaseAddress;
use crate::store::FIRST;

const CONNECT_WAIT: Duration = Duration::from_secs(2);
const ANSWER_WAIT: Duration = Duration::from_secs(3);
/// Another task's migration is waited for, too.
const MIGRATION_WAIT: Duration = Duration::from_secs(60);
/// Two tasks may want the same number at once; so often a new one is tried.
const TRIES: u32 = 5;
/// One task migrates, the others wait; and the list of what was done is there.
const BEGIN: &str = "BEGIN; SELECT pg_advisory_xact_lock(1684627826);
    CREATE TABLE IF NOT EXISTS migration (
        step integer PRIMARY KEY,
        taken timestamptz NOT NULL DEFAULT now()
    )";
const LAST_STEP: &str = "SELECT coalesce(max(step), 0) FROM migration";
const STEP_TAKEN: &str = "INSERT INTO migration (step) VALUES ($1)";
/// From an empty database to the one that this version needs. A step that has been taken
/// somewhere is never changed; another one follows it.
const STEPS: [&str; 1] = ["CREATE TABLE IF NOT EXISTS entry (
    day text NOT NULL,
    number integer NOT NULL,
    language text NOT NULL,
    title text NOT NULL,
    text text NOT NULL,
    PRIMARY KEY (day, number)
)"];
const ALL: &str = "SELECT day, number, language, title, text FROM entry \
                   ORDER BY day DESC, number DESC";
const ADD: &str = "INSERT INTO entry (day, number, language, title, text) \
                   SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4 FROM entry WHERE day = $1 \
                   RETURNING number";
const KEEP: &str = "INSERT INTO entry (day, number, language, title, text) \
                    VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";

#[derive(Debug)]
pub(crate) struct Database {
    address: DatabaseAddress,
    session: Mutex<Option<Arc<Client>>>,
}

impl Database {
    pub(crate) fn new(address: DatabaseAddress) -> Self {
        Self { address, session: Mutex::default() }
    }

    pub(crate) fn place(&self) -> String {
        let DatabaseAddress { host, port, name, .. } = &self.address;
        format!("database {name} at {host}:{port}")
    }

    /// Takes the steps that are missing, all or none, while other tasks wait.
    pub(crate) async fn migrate(&self, ends: Ends) -> io::Result<Arc<Vec<Entry>>> {
        let client = self.session().await?;
        let steps = async {
            client.batch_execute(BEGIN).await?;
            let last = client.query_one(LAST_STEP, &[]).await?.get::<_, i32>(0);
            for (step, number) in STEPS.iter().zip(1..).filter(|(_, number)| *number > last) {
                client.batch_execute(step).await?;
                client.execute(STEP_TAKEN, &[&number]).await?;
            }
            let empty = client.query(ALL, &[]).await?.is_empty();
            let first = FIRST.lines().filter(|_| empty);
            for entry in first.filter_map(|line| serde_json::from_str::<Entry>(line).ok()) {
                let (day, language) = (entry.day.to_string(), entry.language.tag());
                let number = i32::try_from(entry.number).unwrap_or(i32::MAX);
                client
                    .execute(KEEP, &[&day, &number, &language, &entry.title, &entry.text])
                    .await?;
            }
            if ends == Ends::Well { client.batch_execute("COMMIT").await } else { Ok(()) }
        };
        let taken = tokio::time::timeout(MIGRATION_WAIT, steps).await.map_err(|_| self.silent())?;
        taken.map_err(|why| failed(&why))?;
        match ends {
            Ends::Well => self.entries().await,
            // What was done goes with the session.
            Ends::Rehearsed => Err(rehearsed()),
        }
    }

    pub(crate) async fn entries(&self) -> io::Result<Arc<Vec<Entry>>> {
        let client = self.session().await?;
        let rows = self.answered(client.query(ALL, &[])).await?;
        let mut entries = Vec::with_capacity(rows.len());
        for row in rows {
            let (day, number): (String, i32) = (row.get(0), row.get(1));
            let language = if row.get::<_, &str>(2) == "en" { Language::En } else { Language::Ja };
            let Some(day) = Day::parse(&day) else {
                crate::log(&format!("skipped an entry of the day {day:?}"));
                continue;
            };
            let number = u32::try_from(number).unwrap_or_default();
            entries.push(Entry { day, number, language, title: row.get(3), text: row.get(4) });
        }
        Ok(Arc::new(entries))
    }

    pub(crate) async fn add(&self, accepted: Accepted) -> io::Result<Entry> {
        let Accepted { day, language, title, text } = accepted;
        let (day_text, tag) = (day.to_string(), language.tag());
        for _ in 0..TRIES {
            let client = self.session().await?;
            let values: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
                [&day_text, &tag, &title, &text];
            let adding = tokio::time::timeout(ANSWER_WAIT, client.query_one(ADD, &values));
            match adding.await.map_err(|_| self.silent())? {
                Ok(row) => {
                    let number = u32::try_from(row.get::<_, i32>(0)).unwrap_or_default();
                    return Ok(Entry { day, number, language, title, text });
                }
                Err(why) if why.code() == Some(&SqlState::UNIQUE_VIOLATION) => {}
                Err(why) => return Err(failed(&why)),
            }
        }
        Err(io::Error::other("too many entries are written at once"))
    }

    async fn session(&self) -> io::Result<Arc<Client>> {
        let mut session = self.session.lock().await;
        if let Some(client) = session.as_ref().filter(|client| !client.is_closed()) {
            return Ok(Arc::clone(client));
        }
        let DatabaseAddress { host, port, name, user, password } = &self.address;
        let mut config = Config::new();
        config.host(host).port(*port).dbname(name).user(user).password(password);
        config.application_name("diary");
        let connecting = tokio::time::timeout(CONNECT_WAIT, config.connect(NoTls));
        let (client, connection) =
            connecting.await.map_err(|_| self.silent())?.map_err(|why| failed(&why))?;
        // It ends with the session; whoever uses that hears of it.
        tokio::spawn(connection);
        let client = Arc::new(client);
        *session = Some(Arc::clone(&client));
        Ok(client)
    }

    /// The answer, if it comes in time. A session that is silent is not asked again.
    async fn answered<T>(
        &self,
        asked: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> io::Result<T> {
        match tokio::time::timeout(ANSWER_WAIT, asked).await {
            Ok(answer) => answer.map_err(|why| failed(&why)),
            Err(_) => {
                *self.session.lock().await = None;
                Err(self.silent())
            }
        }
    }

    fn silent(&self) -> io::Error {
        io::Error::new(io::ErrorKind::TimedOut, "the database does not answer")
    }
}

/// The database's own words, which hold no password.
fn failed(why: &tokio_postgres::Error) -> io::Error {
    match why.as_db_error() {
        Some(error) => io::Error::other(error.message().to_owned()),
        None => io::Error::other(why.to_string()),
    }
}
