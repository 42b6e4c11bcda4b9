//! The Merkle tree over the log: grown with each event, read for proofs, and signed as checkpoints.
//!
//! *Architecture invariant:* no checkpoint is signed that contradicts one that the database has.

use std::ops::Range;

use factory_assurance::{
    canonical,
    log::{
        Checkpoint, Hash, Leaf, Link,
        hash::NoHash,
        note::Signer,
        proof::{Consistency, Inclusion, consistency_ranges, inclusion_ranges},
        served::{Events, PUBLIC_KINDS, PublicEvent, ServedEvent},
        tree::{Edge, Place, cover, join},
    },
};
use futures::TryStreamExt as _;
use sqlx::{Row as _, SqliteConnection, SqlitePool};

use super::{Store, StoreError, audit, writing::row_number};

/// Bytes of events that are read for one answer, beside the first event.
const MOST_BYTES: usize = 16 * 1024 * 1024;

impl Store {
    /// The signed checkpoint of the log as it is now.
    pub async fn checkpoint(&self, origin: &str, signer: &Signer) -> Result<String, StoreError> {
        let key = signer.verifier().to_string();
        let newest: Option<String> = sqlx::query_scalar(
            "SELECT note FROM checkpoints WHERE key = ? AND size = (SELECT COALESCE(MAX(seq), 0) FROM events)",
        )
        .bind(&key)
        .fetch_optional(&self.readers)
        .await?;
        if let Some(note) = newest {
            return Ok(note);
        }
        // With the lock: what is signed is on the disk, and nobody signs beside it.
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let size: i64 =
            sqlx::query_scalar("SELECT COALESCE(MAX(seq), 0) FROM events").fetch_one(&mut *transaction).await?;
        let size = size.unsigned_abs();
        let edge = edge(&mut transaction, size).await?;
        if let Some((signed_size, signed)) = last_signed(&mut transaction).await? {
            let history = |now: String| StoreError::History { size: signed_size, signed: signed.clone(), now };
            if signed_size > size {
                return Err(history(format!("the log has {size} events")));
            }
            // Whatever the table holds: it is signed only if what was signed is proven to be its beginning.
            let before: Hash = signed.parse().map_err(|error: NoHash| StoreError::Tree(error.to_string()))?;
            let hashes = hashes(&mut transaction, &consistency_ranges(signed_size, size)).await?;
            let proof = Consistency { from: signed_size, to: size, hashes };
            proof.verify(&before, &edge.root()).map_err(|error| history(error.to_string()))?;
        }
        let checkpoint = Checkpoint { origin: origin.to_owned(), size, root: edge.root() };
        let note = checkpoint.signed(signer);
        sqlx::query("INSERT OR IGNORE INTO checkpoints (size, key, root, note) VALUES (?, ?, ?, ?)")
            .bind(row_number(size))
            .bind(key)
            .bind(checkpoint.root.to_string())
            .bind(&note)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(note)
    }

    /// Whether any checkpoint was signed.
    pub async fn has_signed(&self) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM checkpoints)").fetch_one(&self.readers).await?)
    }

    /// Number of events.
    #[must_use]
    pub fn size(&self) -> u64 {
        *self.head.borrow()
    }

    /// That event `index + 1` is among the first `size`, which the log must have.
    pub async fn inclusion(&self, index: u64, size: u64) -> Result<Inclusion, StoreError> {
        let hashes = self.hashes(&inclusion_ranges(index, size)).await?;
        Ok(Inclusion { index, size, hashes })
    }

    /// That the log of `to` events, which it must have, begins with that of `from`.
    pub async fn consistency(&self, from: u64, to: u64) -> Result<Consistency, StoreError> {
        let hashes = self.hashes(&consistency_ranges(from, to)).await?;
        Ok(Consistency { from, to, hashes })
    }

    /// Up to `most` events from number `from` on as everyone may see them: each hash is computed anew from
    /// what the database holds, so that nothing can be changed in it unseen.
    pub async fn served(&self, from: u64, most: u32) -> Result<Events, StoreError> {
        let mut rows = sqlx::query(
            "SELECT seq, time, kind, actor, bytes, sha256, prev, this FROM events WHERE seq >= ? ORDER BY seq LIMIT ?",
        )
        .bind(row_number(from))
        .bind(most)
        .fetch(&self.readers);
        let (mut events, mut bytes_read) = (Vec::new(), 0);
        while let Some(row) = rows.try_next().await? {
            let (link, _) = audit::link(&row)?;
            let bytes: Vec<u8> = row.try_get("bytes")?;
            // What is missing is not skipped.
            if link.seq != from + events.len() as u64 {
                break;
            }
            bytes_read += bytes.len();
            events.push(tokio::task::spawn_blocking(move || serve(link, &bytes)).await.map_err(joined)??);
            if bytes_read > MOST_BYTES {
                break;
            }
        }
        Ok(Events { from, events })
    }

    /// The public event with this number.
    pub async fn public_event(&self, seq: u64) -> Result<Option<PublicEvent>, StoreError> {
        Ok(self.served(seq, 1).await?.events.pop().and_then(|event| event.public))
    }

    async fn hashes(&self, ranges: &[Range<u64>]) -> Result<Vec<Hash>, StoreError> {
        hashes(&mut *self.readers.acquire().await?, ranges).await
    }
}

/// The hash over the leaves of each of `ranges`.
async fn hashes(rows: &mut SqliteConnection, ranges: &[Range<u64>]) -> Result<Vec<Hash>, StoreError> {
    let covers: Vec<Vec<Place>> = ranges.iter().map(cover).collect();
    let mut found = nodes(rows, &covers.concat()).await?.into_iter();
    Ok(covers.iter().map(|cover| join(&found.by_ref().take(cover.len()).collect::<Vec<_>>())).collect())
}

fn joined(error: tokio::task::JoinError) -> StoreError {
    StoreError::Row(error.to_string())
}

/// The event whose stored place is `stored`, with the digest that its `bytes` have now.
fn serve(stored: Link, bytes: &[u8]) -> Result<ServedEvent, StoreError> {
    let link = Link { sha256: canonical::sha256(bytes), ..stored };
    let place = link.leaf()?;
    let leaf = place.hash()?;
    let public = if PUBLIC_KINDS.contains(&place.kind.as_str()) {
        let event = serde_json::from_slice(bytes).map_err(|error| StoreError::Row(error.to_string()))?;
        Some(PublicEvent { place, event })
    } else {
        None
    };
    Ok(ServedEvent { leaf, public })
}

/// The right edge of the tree of `size` leaves.
pub(super) async fn edge(rows: &mut SqliteConnection, size: u64) -> Result<Edge, StoreError> {
    let peaks = nodes(rows, &cover(&(0..size))).await?;
    Edge::restore(size, peaks).ok_or_else(|| StoreError::Tree(format!("no edge of {size}")))
}

/// Grows the tree by the leaf of an event.
pub(super) async fn append(rows: &mut SqliteConnection, edge: &mut Edge, leaf: &Leaf) -> Result<(), StoreError> {
    for (place, hash) in edge.push(leaf.hash()?) {
        sqlx::query("INSERT INTO tree (level, position, hash) VALUES (?, ?, ?)")
            .bind(place.level)
            .bind(row_number(place.position))
            .bind(hash.as_bytes().as_slice())
            .execute(&mut *rows)
            .await?;
    }
    Ok(())
}

/// Makes the tree over events that an earlier version has written, once. A tree that is there is never
/// mended: it would hide what was done to it.
pub(super) async fn complete(writer: &SqlitePool) -> Result<(), StoreError> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    let is_there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM tree)").fetch_one(&mut *transaction).await?;
    if is_there {
        return Ok(());
    }
    let rows = sqlx::query("SELECT seq, time, kind, actor, sha256, prev, this FROM events ORDER BY seq")
        .fetch_all(&mut *transaction)
        .await?;
    let mut edge = Edge::default();
    for row in &rows {
        append(&mut transaction, &mut edge, &audit::link(row)?.0.leaf()?).await?;
    }
    Ok(transaction.commit().await?)
}

/// Holds the tree that is kept against the `edge` that the events give.
pub(super) async fn hold(rows: &mut SqliteConnection, computed: &Edge) -> Result<(), StoreError> {
    let leaves: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM tree WHERE level = 0").fetch_one(&mut *rows).await?;
    let kept = edge(rows, computed.size()).await?;
    if leaves.unsigned_abs() == computed.size() && kept == *computed {
        return Ok(());
    }
    let (size, root) = (computed.size(), computed.root());
    let found = kept.root();
    Err(StoreError::Tree(format!("it has {leaves} leaves and the root {found}; the {size} events give {root}")))
}

/// The hashes at `places`, in their order.
async fn nodes(rows: &mut SqliteConnection, places: &[Place]) -> Result<Vec<Hash>, StoreError> {
    let list: Vec<_> = places.iter().map(|place| (place.level, place.position)).collect();
    let list = serde_json::to_string(&list).map_err(|error| StoreError::Row(error.to_string()))?;
    // CROSS JOIN: each place is looked up, whatever the planner believes of the lengths.
    let hashes: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT tree.hash FROM json_each(?) AS place CROSS JOIN tree
         ON tree.level = json_extract(place.value, '$[0]') AND tree.position = json_extract(place.value, '$[1]')
         ORDER BY place.key",
    )
    .bind(list)
    .fetch_all(rows)
    .await?;
    if hashes.len() != places.len() {
        return Err(StoreError::Tree(format!(
            "{} of {} subtrees are missing",
            places.len() - hashes.len(),
            places.len()
        )));
    }
    hashes
        .iter()
        .map(|hash| Hash::try_from(hash.as_slice()).map_err(|error| StoreError::Tree(error.to_string())))
        .collect()
}

async fn last_signed(rows: &mut SqliteConnection) -> Result<Option<(u64, String)>, StoreError> {
    let row: Option<(i64, String)> =
        sqlx::query_as("SELECT size, root FROM checkpoints ORDER BY size DESC LIMIT 1").fetch_optional(rows).await?;
    Ok(row.map(|(size, root)| (size.unsigned_abs(), root)))
}

/// Every checkpoint that was signed, to be held against a log that is walked.
#[derive(Debug)]
pub(super) struct Signed(std::iter::Peekable<std::vec::IntoIter<(i64, String)>>);

impl Signed {
    /// All of them.
    pub(super) async fn read(rows: &mut SqliteConnection) -> Result<Self, StoreError> {
        let all: Vec<(i64, String)> =
            sqlx::query_as("SELECT size, root FROM checkpoints WHERE size > 0 ORDER BY size").fetch_all(rows).await?;
        Ok(Self(all.into_iter().peekable()))
    }

    /// Holds those of this size against `edge`.
    pub(super) fn hold(&mut self, edge: &Edge) -> Result<(), StoreError> {
        while let Some((size, signed)) = self.0.next_if(|(size, _)| size.unsigned_abs() == edge.size()) {
            let root = edge.root().to_string();
            if signed != root {
                return Err(StoreError::History {
                    size: size.unsigned_abs(),
                    signed,
                    now: format!("the root is {root}"),
                });
            }
        }
        Ok(())
    }

    /// None may be of a longer log than one of `size` events.
    pub(super) fn end(&mut self, size: u64) -> Result<(), StoreError> {
        match self.0.next() {
            None => Ok(()),
            Some((longer, signed)) => Err(StoreError::History {
                size: longer.unsigned_abs(),
                signed,
                now: format!("the log has {size} events"),
            }),
        }
    }
}
