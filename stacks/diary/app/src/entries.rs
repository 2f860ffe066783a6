//! Where the entries are kept: in a file, or in a PostgreSQL database when the environment names
//! one.

use std::io;
use std::sync::Arc;

use crate::database::Database;
use crate::entry::{Accepted, Entry};
use crate::settings::Place;
use crate::store::Store;

/// How a migration is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    Well,
    /// In a failure, with nothing done: to rehearse what comes of one.
    Rehearsed,
}

pub(crate) fn rehearsed() -> io::Error {
    io::Error::other("the migration fails on purpose")
}

#[derive(Debug)]
pub(crate) enum Entries {
    File(Arc<Store>),
    Database(Database),
}

impl Entries {
    pub(crate) fn new(place: &Place) -> Self {
        match place {
            Place::Folder(folder) => Self::File(Arc::new(Store::new(folder))),
            Place::Database(address) => Self::Database(Database::new(address.clone())),
        }
    }

    /// Where that is, for the log.
    pub(crate) fn place(&self) -> String {
        match self {
            Self::File(store) => store.path().display().to_string(),
            Self::Database(database) => database.place(),
        }
    }

    /// An error with what it is about.
    pub(crate) fn trouble(&self, why: &io::Error) -> String {
        format!("{}: {why}", self.place())
    }

    /// Makes it ready, with the diary's first entries if it is empty; gives what is in it then.
    pub(crate) async fn migrate(&self, ends: Ends) -> io::Result<Arc<Vec<Entry>>> {
        match self {
            Self::File(_) if ends == Ends::Rehearsed => Err(rehearsed()),
            Self::File(store) => blocking(store, Store::prepare).await,
            Self::Database(database) => database.migrate(ends).await,
        }
    }

    /// All entries as they are now, the newest first.
    pub(crate) async fn all(&self) -> io::Result<Arc<Vec<Entry>>> {
        match self {
            Self::File(store) => blocking(store, Store::entries).await,
            Self::Database(database) => database.entries().await,
        }
    }

    /// Adds an entry under the next number of its day.
    pub(crate) async fn add(&self, accepted: Accepted) -> io::Result<Entry> {
        match self {
            Self::File(store) => blocking(store, move |store| store.add(accepted)).await,
            Self::Database(database) => database.add(accepted).await,
        }
    }
}

/// Works on a thread that may wait for the disk.
async fn blocking<T: Send + 'static>(
    store: &Arc<Store>,
    work: impl FnOnce(&Store) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let store = Arc::clone(store);
    tokio::task::spawn_blocking(move || work(&store)).await.map_err(io::Error::other)?
}
