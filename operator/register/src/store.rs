//! The database: one file of `SQLite` that holds the log and its views. Whatever it has acknowledged
//! is on the disk.
//!
//! One connection writes, in transactions that begin with the lock; others only read. An event and
//! the rows that follow from it are written together or not at all.
//!
//! *Architecture invariant:* nothing here updates or deletes an event, and no view row is written
//! that could not be written again from the log ([`audit`]).

mod announce;
pub mod audit;
pub mod cases;
mod decide;
mod entries;
mod read;
mod submit;
mod tree;
mod views;
mod withdraw;
mod writing;

use std::{path::Path, time::Duration};

use jiff::Timestamp;
use prometheus_client::metrics::histogram::Histogram;
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::watch;

use crate::log::{LogError, event::EventError};
use factory_assurance::{canonical::NotCanonical, wire::Procedure};

pub use entries::{Change, Entry, EntryList};
pub use read::{Filter, Held};
pub use submit::Ready;
pub use withdraw::Wish;

/// Readers at the same time.
const READERS: u32 = 4;
/// Rows that are read before they are asked for: one may have 30 MB.
const READ_AHEAD: usize = 1;
/// How long a statement waits for a lock.
const BUSY: Duration = Duration::from_secs(10);

/// Tells the time of an event.
pub type Clock = fn() -> Timestamp;

/// The register's database.
#[derive(Debug)]
pub struct Store {
    writer: SqlitePool,
    readers: SqlitePool,
    /// Number of the last committed event.
    head: watch::Sender<u64>,
    clock: Clock,
    commits: Histogram,
}

/// What is wrong with the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// `SQLite` refused or failed.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("database: migrations: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A setting on which durability rests does not hold.
    #[error("database: PRAGMA {pragma} is `{found}`, must be `{expected}`")]
    Setting {
        /// Which one.
        pragma: &'static str,
        /// As it is.
        found: String,
        /// As it must be.
        expected: &'static str,
    },
    /// The log does not hold.
    #[error("log: {0}")]
    Log(#[from] LogError),
    /// An event cannot be read.
    #[error("log: {0}")]
    Event(#[from] EventError),
    /// A view does not follow from the log.
    #[error("view `{table}` does not follow from the log: has {found}, the log gives {expected}")]
    View {
        /// Which table.
        table: &'static str,
        /// The first row that differs, as it stands there.
        found: String,
        /// As it follows.
        expected: String,
    },
    /// The tree lacks a subtree, or one is not what the events give.
    #[error("tree: {0}")]
    Tree(String),
    /// The log is not what was signed.
    #[error("a checkpoint of {size} events was signed with the root {signed}, but {now}: history was changed")]
    History {
        /// Size of the checkpoint.
        size: u64,
        /// The root that was signed.
        signed: String,
        /// How it is now.
        now: String,
    },
    /// A row holds what this version cannot read.
    #[error("database: a row cannot be read: {0}")]
    Row(String),
    /// An event could not be sealed.
    #[error(transparent)]
    NotCanonical(#[from] NotCanonical),
}

/// Why a write was refused. Nothing of it was written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another leader has taken over.
    #[error(
        "epoch: {found} is lower than {seen}, which the register has already seen from {actor}: another leader has taken over"
    )]
    Epoch {
        /// Who wrote.
        actor: String,
        /// As it came.
        found: u64,
        /// The highest so far.
        seen: u64,
    },
    /// The same key, another body.
    #[error("Idempotency-Key: `{0}` was used before, with another body")]
    Key(String),
    /// One announcement, two dossiers.
    #[error("announcement {announcement} already has the dossier {dossier}")]
    SecondDossier {
        /// Id of the announcement.
        announcement: String,
        /// Digest of the dossier that it has.
        dossier: String,
    },
    /// No submission has this id.
    #[error("no submission has the id `{0}`")]
    Unknown(String),
    /// The service has no entry.
    #[error("the register has no entry {participant}/{service}, so there is nothing to withdraw")]
    NoEntry {
        /// Participant.
        participant: String,
        /// Name of the service.
        service: String,
    },
    /// The entry has been withdrawn.
    #[error("{participant}/{service} is withdrawn already: with another reason, which stays")]
    Withdrawn {
        /// Participant.
        participant: String,
        /// Name of the service.
        service: String,
    },
    /// The decision has been taken.
    #[error("submission {id} is {state:?} already: {rule}")]
    Decided {
        /// Id of the submission.
        id: String,
        /// Where it stands.
        state: Procedure,
        /// What follows.
        rule: &'static str,
    },
}

impl From<sqlx::Error> for WriteError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<NotCanonical> for WriteError {
    fn from(error: NotCanonical) -> Self {
        Self::Store(error.into())
    }
}

/// What a write came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Written<T> {
    /// It was written now.
    Now(T),
    /// It had been written before; this is what was answered then.
    Before(T),
}

impl Store {
    /// Opens or makes the database at `path`, brings its schema up to date, checks the settings on
    /// which durability rests, and walks the chain of the log's hashes.
    pub async fn open(path: &Path, clock: Clock, commits: Histogram) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            // Without it, a row replaced by INSERT OR REPLACE is deleted unseen by triggers.
            .pragma("recursive_triggers", "ON");
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        sqlx::migrate!().run(&writer).await?;
        check_settings(&writer).await?;
        tree::complete(&writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.create_if_missing(false).pragma("query_only", "ON").row_buffer_size(READ_AHEAD))
            .await?;
        let head = audit::walk_chain(&readers).await?;
        Ok(Self { writer, readers, head: watch::Sender::new(head), clock, commits })
    }

    /// Tells of each commit by the number of its last event.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }

    /// Closes the database after what is under way.
    pub async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
    }
}

async fn check_settings(writer: &SqlitePool) -> Result<(), StoreError> {
    let settings = [
        ("journal_mode", "PRAGMA journal_mode", "wal"),
        ("synchronous", "SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous", "2"),
        ("foreign_keys", "SELECT CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys", "1"),
        ("recursive_triggers", "SELECT CAST(recursive_triggers AS TEXT) FROM pragma_recursive_triggers", "1"),
    ];
    for (pragma, query, expected) in settings {
        let found: String = sqlx::query_scalar(query).fetch_one(writer).await?;
        if found != expected {
            return Err(StoreError::Setting { pragma, found, expected });
        }
    }
    Ok(())
}
