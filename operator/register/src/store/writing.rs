//! A transaction that appends: the only code that writes events.

use std::time::Instant;

use super::{
    Store, StoreError, WriteError,
    both::{Rows, Transaction, changed, on},
    tree, views,
};
use crate::log::{
    Link, ORIGIN,
    event::{EpochRaised, Event, Sealed},
};
use factory_assurance::log::tree::Edge;

/// A transaction of one actor. Dropped without [`Writing::commit`], it leaves nothing behind.
pub(super) struct Writing<'s> {
    store: &'s Store,
    pub(super) transaction: Transaction,
    actor: String,
    time: String,
    seq: u64,
    this: String,
    edge: Edge,
}

impl<'s> Writing<'s> {
    /// Takes the lock, so that what is read from here on still holds at the commit.
    pub(super) async fn begin(store: &'s Store, actor: &str) -> Result<Self, StoreError> {
        let mut transaction = store.writer.write().await?;
        let head: Option<(i64, String)> = on!(transaction, db => {
            sqlx::query_as("SELECT seq, this FROM events ORDER BY seq DESC LIMIT 1").fetch_optional(db).await
        })?;
        let (seq, this) = head.unwrap_or_else(|| (0, ORIGIN.to_owned()));
        store.saw(seq.unsigned_abs());
        let edge = tree::edge(&mut transaction.executor(), seq.unsigned_abs()).await?;
        Ok(Self {
            store,
            transaction,
            actor: actor.to_owned(),
            time: format!("{:.3}", (store.clock)()),
            seq: seq.unsigned_abs(),
            this,
            edge,
        })
    }

    /// Number of the last event that is there.
    pub(super) const fn number(&self) -> u64 {
        self.seq
    }

    /// When its events are written, RFC 3339.
    pub(super) fn time(&self) -> &str {
        &self.time
    }

    /// Appends an event and writes the rows that follow from it. Answers its number.
    pub(super) async fn append(&mut self, sealed: &Sealed) -> Result<u64, StoreError> {
        let link = Link {
            seq: self.seq + 1,
            time: self.time.clone(),
            kind: sealed.event().kind().to_owned(),
            actor: self.actor.clone(),
            sha256: sealed.sha256().to_owned(),
            prev: self.this.clone(),
        };
        let this = link.this()?;
        let rows = &mut self.transaction.executor();
        event(rows, &link, sealed.bytes(), &this).await?;
        tree::append(rows, &mut self.edge, &link.leaf_of(&this)).await?;
        views::apply(rows, row_number(link.seq), &self.actor, sealed.event()).await?;
        self.seq = link.seq;
        self.this = this;
        Ok(link.seq)
    }

    /// Refuses a write of a leader that another has replaced; remembers a higher epoch.
    pub(super) async fn fence(&mut self, epoch: u64) -> Result<(), WriteError> {
        let seen: Option<i64> = on!(self.transaction, db => {
            sqlx::query_scalar("SELECT epoch FROM epochs WHERE actor = $1").bind(&self.actor).fetch_optional(db).await
        })?;
        let seen = seen.map(i64::unsigned_abs);
        match seen {
            Some(seen) if epoch < seen => Err(WriteError::Epoch { actor: self.actor.clone(), found: epoch, seen }),
            Some(seen) if epoch == seen => Ok(()),
            _ => {
                self.append(&Sealed::of(Event::Epoch(EpochRaised { epoch }))?).await?;
                Ok(())
            }
        }
    }

    /// Puts everything on the disk, then tells those who wait.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        let started = Instant::now();
        self.transaction.commit().await?;
        self.store.commits.observe(started.elapsed().as_secs_f64());
        self.store.saw(self.seq);
        Ok(())
    }
}

/// Writes the row of an event whose place in the chain is `link`.
pub(super) async fn event(rows: &mut Rows<'_>, link: &Link, bytes: &[u8], this: &str) -> Result<(), StoreError> {
    let written = changed!(
        rows,
        sqlx::query(
            "INSERT INTO events (seq, time, kind, actor, bytes, sha256, prev, this) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(row_number(link.seq))
        .bind(&link.time)
        .bind(&link.kind)
        .bind(&link.actor)
        .bind(bytes)
        .bind(&link.sha256)
        .bind(&link.prev)
        .bind(this)
    );
    written?;
    Ok(())
}

/// Integers of both databases are signed; no log is that long.
pub(super) fn row_number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
