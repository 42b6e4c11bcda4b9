//! Takes over events that another database has held, as they were: numbers, times, actors, hashes and
//! checkpoints. Each is proven before it is written, and the views and the tree are made again from them.
//!
//! *Architecture invariant:* nothing is taken that does not follow from what was taken before it.

use serde::{Deserialize, Serialize};

use super::{
    Location, StoreError,
    both::{Pool, Rows, Transaction, on},
    plaintexts::{self, Plaintext},
    tree, views,
    writing::{self, row_number},
};
use crate::log::{Link, LogError, ORIGIN, Walk, event::Event};
use factory_assurance::log::{Checkpoint, note::Verifier, tree::Edge};

/// Why a log could not be taken over. The database is as it was, or ends with an earlier event of the same log.
#[derive(Debug, thiserror::Error)]
pub enum TakingError {
    /// One of the databases failed or does not hold.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file cannot be read or written.
    #[error("{file}: {source}")]
    File {
        /// Its name.
        file: String,
        /// Cause.
        source: std::io::Error,
    },
    /// A line of a backup is none.
    #[error("line {line}: {found}")]
    Line {
        /// From 1.
        line: u64,
        /// What is wrong with it.
        found: String,
    },
    /// The file was cut off.
    #[error("the backup ends after line {line}, event {event}, and its last line is missing: it was cut off")]
    Cut {
        /// Lines that are there.
        line: u64,
        /// The last event that is there.
        event: u64,
    },
    /// The first event that does not hold.
    #[error("event {seq} does not hold: {source}")]
    Event {
        /// Its number.
        seq: u64,
        /// Why not.
        source: Box<StoreError>,
    },
    /// A checkpoint is not one of this log.
    #[error("the checkpoint of {size} events does not hold: {found}")]
    Checkpoint {
        /// Its size.
        size: i64,
        /// Why not.
        found: String,
    },
    /// There is something already.
    #[error("database: {location} has {events} events already, must be empty")]
    NotEmpty {
        /// Which one.
        location: Location,
        /// How many.
        events: u64,
    },
    /// Two databases hold two logs.
    #[error("event {seq} of {to} is not that of {from}: these are two logs, and nothing was copied")]
    Parted {
        /// The last event of the one that should follow.
        seq: u64,
        /// The database that is copied.
        from: Location,
        /// The database that should follow.
        to: Location,
    },
}

impl From<sqlx::Error> for TakingError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<LogError> for TakingError {
    fn from(error: LogError) -> Self {
        Self::Store(error.into())
    }
}

/// What a log came to, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Number of events.
    pub events: u64,
    /// Those of them that were copied now.
    pub new: u64,
    /// Checkpoints that were seen, each held against the events.
    pub checkpoints: u64,
    /// Root of the tree over all events, in base64.
    pub root: String,
}

/// A checkpoint that was signed, as its table has it.
#[derive(Clone, Debug, Deserialize, Serialize, sqlx::FromRow)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    pub(super) size: i64,
    key: String,
    root: String,
    note: String,
}

impl Kept {
    /// All of them, the smallest first.
    pub(super) async fn all(rows: &mut Rows<'_>) -> Result<Vec<Self>, StoreError> {
        let query = "SELECT size, key, root, note FROM checkpoints ORDER BY size, key";
        Ok(on!(rows, db => sqlx::query_as(query).fetch_all(db).await)?)
    }

    /// Holds it against the tree of its size: the root, and what was signed.
    pub(super) fn hold(&self, edge: &Edge) -> Result<(), TakingError> {
        let wrong = |found: String| TakingError::Checkpoint { size: self.size, found };
        let (size, root) = (edge.size(), edge.root());
        if (self.size, self.root.as_str()) != (row_number(size), root.to_string().as_str()) {
            return Err(wrong(format!("its root is {}, but the {size} events give {root}", self.root)));
        }
        let key: Verifier = self.key.parse().map_err(|error| wrong(format!("key `{}`: {error}", self.key)))?;
        let said = Checkpoint::open(&self.note, &key).map_err(|error| wrong(error.to_string()))?;
        if (said.size, said.root) == (size, root) {
            Ok(())
        } else {
            Err(wrong(format!("what was signed has {} events and the root {}", said.size, said.root)))
        }
    }
}

/// A transaction that takes events over. Dropped without [`Taking::commit`], it leaves nothing behind.
pub(super) struct Taking {
    transaction: Transaction,
    walk: Walk,
    edge: Edge,
}

impl Taking {
    /// Goes on after what the database has.
    pub(super) async fn begin(writer: &Pool) -> Result<Self, StoreError> {
        let mut transaction = writer.write().await?;
        let head: Option<(i64, String)> = on!(transaction, db => {
            sqlx::query_as("SELECT seq, this FROM events ORDER BY seq DESC LIMIT 1").fetch_optional(db).await
        })?;
        let (seq, this) = head.unwrap_or_else(|| (0, ORIGIN.to_owned()));
        let edge = tree::edge(&mut transaction.executor(), seq.unsigned_abs()).await?;
        Ok(Self { transaction, walk: Walk::after(seq.unsigned_abs(), this), edge })
    }

    /// Number of the last event that is there.
    pub(super) const fn seq(&self) -> u64 {
        self.walk.seq()
    }

    /// Hash of the last event that is there.
    pub(super) fn head(&self) -> &str {
        self.walk.head()
    }

    /// The tree over what is there.
    pub(super) const fn edge(&self) -> &Edge {
        &self.edge
    }

    /// Takes the next event.
    pub(super) async fn event(&mut self, link: &Link, this: &str, bytes: &[u8]) -> Result<(), TakingError> {
        let seq = link.seq;
        self.next(link, this, bytes).await.map_err(|source| TakingError::Event { seq, source: Box::new(source) })
    }

    async fn next(&mut self, link: &Link, this: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.walk.step(link, this, Some(bytes))?;
        let event = Event::read(&link.kind, bytes)?;
        let rows = &mut self.transaction.executor();
        writing::event(rows, link, bytes, this).await?;
        tree::append(rows, &mut self.edge, &link.leaf_of(this)).await?;
        views::apply(rows, row_number(link.seq), &link.actor, &event).await
    }

    /// Keeps a checkpoint that [`Kept::hold`] has proven.
    pub(super) async fn checkpoint(&mut self, kept: &Kept) -> Result<(), StoreError> {
        let Kept { size, key, root, note } = kept;
        tree::signed(&mut self.transaction.executor(), size.unsigned_abs(), key, root, note).await
    }

    /// Keeps a text beside the log.
    pub(super) async fn plaintext(&mut self, plaintext: &Plaintext) -> Result<(), StoreError> {
        plaintext.keep(&mut self.transaction.executor()).await
    }

    /// Holds the texts that are there against the log.
    pub(super) async fn hold_plaintexts(&mut self) -> Result<(), StoreError> {
        plaintexts::hold(&mut self.transaction.executor()).await
    }

    pub(super) async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }
}
