//! The database, one file of `SQLite` or one database of a `PostgreSQL` server: it holds the log and its
//! views. Whatever it has acknowledged is on the disk.
//!
//! One connection writes, in transactions that begin with the lock; others only read. An event and
//! the rows that follow from it are written together or not at all. How a query is written so that both
//! databases understand it: `store/both.rs`.
//!
//! *Architecture invariant:* nothing here updates or deletes an event, and no view row is written
//! that could not be written again from the log ([`audit`]).

mod announce;
pub mod audit;
pub mod backup;
mod both;
pub mod cases;
pub mod claims;
mod decide;
pub mod delegations;
mod entries;
pub mod grounds;
pub mod history;
mod instructions;
pub mod issued;
mod keys;
pub mod kpis;
mod location;
pub mod measured;
pub mod membership;
pub mod migrate;
pub mod objects;
mod observed;
pub mod participants;
mod plaintexts;
mod postgres;
mod read;
pub mod reference;
mod sqlite;
mod standards;
pub mod statistics;
mod submit;
mod taking;
mod tree;
mod views;
mod withdraw;
mod writing;

use jiff::Timestamp;
use prometheus_client::metrics::histogram::Histogram;
use tokio::sync::watch;

use both::Pool;

use crate::{
    log::{LogError, event::EventError},
    signer::SignerError,
};
use factory_assurance::{canonical::NotCanonical, wire::Procedure};

pub use announce::Prepared;
pub use entries::{Change, Entry, EntryList, Said};
pub use instructions::{Instruction, Issue, Proven, Which};
pub use location::{Location, LocationError};
pub use read::{Filter, Held};
pub use submit::Ready;
pub use taking::{Taken, TakingError};
pub use withdraw::Wish;

/// Tells the time of an event.
pub type Clock = fn() -> Timestamp;

/// The register's database.
#[derive(Debug)]
pub struct Store {
    writer: Pool,
    readers: Pool,
    /// Number of the last committed event.
    head: watch::Sender<u64>,
    clock: Clock,
    commits: Histogram,
}

/// What is wrong with the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It refused or failed.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("database: migrations: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A setting on which durability rests does not hold.
    #[error("database: {setting} is `{found}`, must be {rule}")]
    Setting {
        /// Which one.
        setting: &'static str,
        /// As it is.
        found: String,
        /// As it must be.
        rule: &'static str,
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
    /// An announced run builds on other repetitions than those that the log had before it.
    #[error(
        "log: announcement {announcement}: plan.prove.history: {found}; that does not follow from the log before it"
    )]
    BuildsOn {
        /// Id of the announcement.
        announcement: String,
        /// The first difference.
        found: String,
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
    /// The key that the log was handed over to is not there, or is none.
    #[error("checkpoint key: {0}")]
    Key(#[from] SignerError),
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
    /// A version of a standard, two contents.
    #[error(
        "standard.{field}: not as `{standard}` was announced before; a standard that is changed gets another version"
    )]
    Standard {
        /// `<name>@<version>`.
        standard: String,
        /// The first field that differs.
        field: String,
    },
    /// The bundle has had its attempts.
    #[error(
        "standard.maxAttempts: {most}: bundle {bundle} has had as many attempts as {standard} allows; what is changed is another bundle, and begins at the first"
    )]
    Attempts {
        /// Digest of the bundle.
        bundle: String,
        /// How many it may have.
        most: u32,
        /// Name and version of the standard that says so.
        standard: String,
    },
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
    #[error("the register has no entry {participant}/{service}, so there is nothing to withdraw or exclude")]
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
    /// A key signs for one term.
    #[error("the log is signed by {current}: {found} has signed it before and handed it over")]
    HandedOver {
        /// The key that signs.
        current: String,
        /// The one that has ended.
        found: String,
    },
    /// Another person has confirmed it.
    #[error("submission {id} was confirmed by {by} at {at} already: that confirmation stands")]
    Confirmed {
        /// Id of the submission.
        id: String,
        /// User name of whoever did.
        by: String,
        /// When, RFC 3339.
        at: String,
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
    /// Nothing was ever submitted for the service.
    #[error("service: `{participant}/{service}`: must be a service of which the register has a submission")]
    NoService {
        /// Participant.
        participant: String,
        /// Name of the service.
        service: String,
    },
    /// No instruction has this id.
    #[error("no instruction has the id `{0}`")]
    NoInstruction(String),
    /// The instruction has ended.
    #[error("instruction {id} is {state} already: {rule}")]
    Ended {
        /// Id of the instruction.
        id: String,
        /// Where it stands.
        state: String,
        /// What follows.
        rule: &'static str,
    },
    /// An instruction is overdue, and the standard freezes what does not carry it out.
    #[error(
        "{participant}/{service}: the instruction of event {event} was due on {due}, and the standard confirms nothing before a release that survives {experiment} (item 56.7)"
    )]
    Frozen {
        /// Participant.
        participant: String,
        /// Name of the service.
        service: String,
        /// Number of the instruction's event.
        event: u64,
        /// When it was due.
        due: String,
        /// Fault that it asks for.
        experiment: String,
    },
    /// Nothing can be done so with a claim.
    #[error(transparent)]
    Claim(#[from] claims::ClaimError),
    /// Nothing can be done so with an object that the factory did not build.
    #[error(transparent)]
    Object(#[from] objects::ObjectError),
    /// Nothing can be done so with a request for access.
    #[error(transparent)]
    Access(#[from] membership::AccessError),
    /// Nothing can be done so with a delegation.
    #[error(transparent)]
    Delegation(#[from] delegations::DelegationError),
    /// The regulator has not issued the standard, or not so.
    #[error(transparent)]
    Issued(#[from] issued::IssuedError),
    /// A run is not compared with what was confirmed last.
    #[error(transparent)]
    Reference(#[from] reference::ReferenceError),
    /// A run builds on other repetitions than those in the log.
    #[error(transparent)]
    History(#[from] history::HistoryError),
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

/// Cuts what was read, one more than the `most` that are shown, to those; whether there are more.
pub(crate) fn cut<T>(found: &mut Vec<T>, most: u32) -> bool {
    let more = found.len() > most as usize;
    found.truncate(most as usize);
    more
}

impl Store {
    /// Opens or makes the database at `location`, brings its schema up to date, checks the settings on
    /// which durability rests, and walks the chain of the log's hashes.
    pub async fn open(location: &Location, clock: Clock, commits: Histogram) -> Result<Self, StoreError> {
        let (writer, readers) = opened(location).await?;
        tree::complete(&writer).await?;
        let head = audit::walk_chain(&readers).await?;
        Ok(Self { writer, readers, head: watch::Sender::new(head), clock, commits })
    }

    /// Tells of each commit by the number of its last event.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }

    /// Tells those who wait of what was seen to be committed, by whichever register over this database.
    fn saw(&self, seq: u64) {
        // Another may have told of a later one already.
        self.head.send_if_modified(|head| {
            let grew = seq > *head;
            *head = seq.max(*head);
            grew
        });
    }

    /// Closes the database after what is under way.
    pub async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
    }
}

/// Opens or makes the database at `location` with the schema of today: its writer, and its readers.
async fn opened(location: &Location) -> Result<(Pool, Pool), StoreError> {
    match location {
        Location::File(path) => sqlite::open(path).await,
        Location::Server(options) => postgres::open(options).await,
    }
}

/// Opens the database at `location`, which must be there, for reading alone.
async fn reading(location: &Location) -> Result<Pool, StoreError> {
    match location {
        Location::File(path) => sqlite::open_to_read(path).await,
        Location::Server(options) => postgres::open_to_read(options).await,
    }
}
