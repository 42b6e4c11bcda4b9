//! A transaction that appends: the only code that writes events.

use std::time::Instant;

use sqlx::{Sqlite, Transaction};

use super::{Store, StoreError, WriteError, tree, views};
use crate::log::{
    Link, ORIGIN,
    event::{EpochRaised, Event, Sealed},
};
use factory_assurance::log::tree::Edge;

/// A transaction of one actor. Dropped without [`Writing::commit`], it leaves nothing behind.
pub(super) struct Writing<'s> {
    store: &'s Store,
    pub(super) transaction: Transaction<'static, Sqlite>,
    actor: String,
    time: String,
    seq: u64,
    this: String,
    edge: Edge,
}

impl<'s> Writing<'s> {
    /// Takes the lock, so that what is read from here on still holds at the commit.
    pub(super) async fn begin(store: &'s Store, actor: &str) -> Result<Self, StoreError> {
        let mut transaction = store.writer.begin_with("BEGIN IMMEDIATE").await?;
        let head: Option<(i64, String)> = sqlx::query_as("SELECT seq, this FROM events ORDER BY seq DESC LIMIT 1")
            .fetch_optional(&mut *transaction)
            .await?;
        let (seq, this) = head.unwrap_or_else(|| (0, ORIGIN.to_owned()));
        let edge = tree::edge(&mut transaction, seq.unsigned_abs()).await?;
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
        sqlx::query(
            "INSERT INTO events (seq, time, kind, actor, bytes, sha256, prev, this) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(row_number(link.seq))
        .bind(&link.time)
        .bind(&link.kind)
        .bind(&link.actor)
        .bind(sealed.bytes())
        .bind(&link.sha256)
        .bind(&link.prev)
        .bind(&this)
        .execute(&mut *self.transaction)
        .await?;
        tree::append(&mut self.transaction, &mut self.edge, &link.leaf_of(&this)).await?;
        views::apply(&mut self.transaction, row_number(link.seq), &self.actor, sealed.event()).await?;
        self.seq = link.seq;
        self.this = this;
        Ok(link.seq)
    }

    /// Refuses a write of a leader that another has replaced; remembers a higher epoch.
    pub(super) async fn fence(&mut self, epoch: u64) -> Result<(), WriteError> {
        let seen: Option<i64> = sqlx::query_scalar("SELECT epoch FROM epochs WHERE actor = ?")
            .bind(&self.actor)
            .fetch_optional(&mut *self.transaction)
            .await?;
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
        // Another may have told of a later one already.
        self.store.head.send_if_modified(|head| {
            let grew = self.seq > *head;
            *head = self.seq.max(*head);
            grew
        });
        Ok(())
    }
}

/// Integers of `SQLite` are signed; no log is that long.
pub(super) fn row_number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
