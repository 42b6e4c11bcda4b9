//! The Merkle tree over the log: grown with each event, read for proofs, and signed as checkpoints.
//!
//! *Architecture invariant:* no checkpoint is signed that contradicts one that the database has.

use std::ops::Range;

use factory_assurance::{
    canonical,
    log::{
        Checkpoint, Hash, Leaf, Link,
        hash::NoHash,
        proof::{Consistency, Inclusion, consistency_ranges, inclusion_ranges},
        served::{Events, PUBLIC_KINDS, PublicEvent, ServedEvent},
        tree::{Edge, Place, cover, join},
    },
};
use futures::TryStreamExt as _;

use super::{
    Store, StoreError, audit,
    both::{Pool, Rows, changed, on},
    keys,
    writing::row_number,
};
use crate::signer::{self, Keyring};

/// Bytes of events that are read for one answer, beside the first event.
const MOST_BYTES: usize = 16 * 1024 * 1024;

impl Store {
    /// The checkpoint of the log as it is now, signed by the key of `keyring` that signs now.
    pub async fn checkpoint(&self, keyring: &Keyring) -> Result<String, StoreError> {
        let key = self.signer(keyring).await?.verifier().to_string();
        let newest: Option<(i64, String)> = on!(self.readers, db => {
            sqlx::query_as(
                "SELECT size, note FROM checkpoints WHERE key = $1 AND size = (SELECT COALESCE(MAX(seq), 0) FROM events)",
            )
            .bind(&key)
            .fetch_optional(db)
            .await
        })?;
        if let Some((size, note)) = newest {
            self.saw(size.unsigned_abs());
            return Ok(note);
        }
        // With the lock: what is signed is on the disk, and nobody signs beside it.
        let mut transaction = self.writer.write().await?;
        let rows = &mut transaction.executor();
        let size: i64 =
            on!(rows, db => sqlx::query_scalar("SELECT COALESCE(MAX(seq), 0) FROM events").fetch_one(db).await)?;
        let size = size.unsigned_abs();
        // As it stands under the lock: nothing is signed by a key that has handed over.
        let signer = keys::current(rows, keyring).await?;
        let edge = edge(rows, size).await?;
        if let Some((signed_size, signed)) = last_signed(rows).await? {
            let history = |now: String| StoreError::History { size: signed_size, signed: signed.clone(), now };
            if signed_size > size {
                return Err(history(format!("the log has {size} events")));
            }
            // Whatever the table holds: it is signed only if what was signed is proven to be its beginning.
            let before: Hash = signed.parse().map_err(|error: NoHash| StoreError::Tree(error.to_string()))?;
            let hashes = hashes(rows, &consistency_ranges(signed_size, size)).await?;
            let proof = Consistency { from: signed_size, to: size, hashes };
            proof.verify(&before, &edge.root()).map_err(|error| history(error.to_string()))?;
        }
        let checkpoint = Checkpoint { origin: keyring.name().to_owned(), size, root: edge.root() };
        let note = signer::signed(checkpoint.clone(), signer.clone()).await?;
        let key = signer.verifier().to_string();
        signed(rows, size, &key, &checkpoint.root.to_string(), &note).await?;
        transaction.commit().await?;
        self.saw(size);
        Ok(note)
    }

    /// Under which name checkpoints were signed, once one was.
    pub async fn origin(&self) -> Result<Option<String>, StoreError> {
        let query = "SELECT key FROM checkpoints ORDER BY size DESC LIMIT 1";
        let key: Option<String> = on!(self.readers, db => sqlx::query_scalar(query).fetch_optional(db).await)?;
        // As C2SP writes a key: name, id and the key itself.
        Ok(key.map(|key| key.split('+').next().unwrap_or_default().to_owned()))
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
        const FROM: &str = "SELECT seq, time, kind, actor, bytes, sha256, prev, this FROM events WHERE seq >= $1 ORDER BY seq LIMIT $2";
        // A driver may read all rows that were asked for, also when nobody takes them any more.
        const LENGTHS: &str = "SELECT CAST(LENGTH(bytes) AS BIGINT) FROM events WHERE seq >= $1 ORDER BY seq LIMIT $2";
        let (from_row, most) = (row_number(from), i64::from(most));
        let lengths: Vec<i64> =
            on!(self.readers, db => sqlx::query_scalar(LENGTHS).bind(from_row).bind(most).fetch_all(db).await)?;
        let mut before = 0;
        let fits = lengths.iter().take_while(|length| {
            let fits = before <= MOST_BYTES;
            before += usize::try_from(**length).unwrap_or(MOST_BYTES);
            fits
        });
        let most = row_number(fits.count() as u64);
        let mut rows: audit::Events<'_> =
            on!(self.readers, db => sqlx::query_as(FROM).bind(from_row).bind(most).fetch(db));
        let mut events = Vec::new();
        while let Some(row) = rows.try_next().await? {
            let (link, _, bytes) = row.parts();
            // What is missing is not skipped.
            if link.seq != from + events.len() as u64 {
                break;
            }
            events.push(tokio::task::spawn_blocking(move || serve(link, &bytes)).await.map_err(joined)??);
        }
        Ok(Events { from, events })
    }

    /// The public event with this number.
    pub async fn public_event(&self, seq: u64) -> Result<Option<PublicEvent>, StoreError> {
        Ok(self.served(seq, 1).await?.events.pop().and_then(|event| event.public))
    }

    async fn hashes(&self, ranges: &[Range<u64>]) -> Result<Vec<Hash>, StoreError> {
        hashes(&mut self.readers.acquire().await?.executor(), ranges).await
    }
}

/// The hash over the leaves of each of `ranges`.
async fn hashes(rows: &mut Rows<'_>, ranges: &[Range<u64>]) -> Result<Vec<Hash>, StoreError> {
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
pub(super) async fn edge(rows: &mut Rows<'_>, size: u64) -> Result<Edge, StoreError> {
    let peaks = nodes(rows, &cover(&(0..size))).await?;
    Edge::restore(size, peaks).ok_or_else(|| StoreError::Tree(format!("no edge of {size}")))
}

/// Grows the tree by the leaf of an event.
pub(super) async fn append(rows: &mut Rows<'_>, edge: &mut Edge, leaf: &Leaf) -> Result<(), StoreError> {
    for (place, hash) in edge.push(leaf.hash()?) {
        changed!(
            rows,
            sqlx::query("INSERT INTO tree (level, position, hash) VALUES ($1, $2, $3)")
                .bind(i64::from(place.level))
                .bind(row_number(place.position))
                .bind(hash.as_bytes().as_slice())
        )?;
    }
    Ok(())
}

/// Makes the tree over events that an earlier version has written, once. A tree that is there is never
/// mended: it would hide what was done to it.
pub(super) async fn complete(writer: &Pool) -> Result<(), StoreError> {
    let mut transaction = writer.write().await?;
    let rows = &mut transaction.executor();
    let query = "SELECT EXISTS (SELECT 1 FROM tree)";
    let is_there: bool = on!(rows, db => sqlx::query_scalar(query).fetch_one(db).await)?;
    if is_there {
        return Ok(());
    }
    let events: Vec<audit::Row> = audit::places(rows).try_collect().await?;
    let mut edge = Edge::default();
    for row in events {
        append(rows, &mut edge, &row.parts().0.leaf()?).await?;
    }
    Ok(transaction.commit().await?)
}

/// Holds the tree that is kept against the `edge` that the events give.
pub(super) async fn hold(rows: &mut Rows<'_>, computed: &Edge) -> Result<(), StoreError> {
    let query = "SELECT COUNT(*) FROM tree WHERE level = 0";
    let leaves: i64 = on!(rows, db => sqlx::query_scalar(query).fetch_one(db).await)?;
    let kept = edge(rows, computed.size()).await?;
    if leaves.unsigned_abs() == computed.size() && kept == *computed {
        return Ok(());
    }
    let (size, root) = (computed.size(), computed.root());
    let found = kept.root();
    Err(StoreError::Tree(format!("it has {leaves} leaves and the root {found}; the {size} events give {root}")))
}

/// The hashes at `places`, in their order.
async fn nodes(rows: &mut Rows<'_>, places: &[Place]) -> Result<Vec<Hash>, StoreError> {
    let list: Vec<_> = places.iter().map(|place| (place.level, place.position)).collect();
    let list = serde_json::to_string(&list).map_err(|error| StoreError::Row(error.to_string()))?;
    // CROSS JOIN, LATERAL: each place is looked up, whatever the planner believes of the lengths.
    let query = rows.either(
        "SELECT tree.hash FROM json_each($1) AS place CROSS JOIN tree
         ON tree.level = json_extract(place.value, '$[0]') AND tree.position = json_extract(place.value, '$[1]')
         ORDER BY place.key",
        "SELECT found.hash FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS place (value, key)
         CROSS JOIN LATERAL (SELECT hash FROM tree
             WHERE level = (place.value ->> 0)::bigint AND position = (place.value ->> 1)::bigint LIMIT 1) AS found
         ORDER BY place.key",
    );
    let hashes: Vec<Vec<u8>> = on!(rows, db => sqlx::query_scalar(query).bind(list).fetch_all(db).await)?;
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

/// Keeps a checkpoint that was signed.
pub(super) async fn signed(
    rows: &mut Rows<'_>,
    size: u64,
    key: &str,
    root: &str,
    note: &str,
) -> Result<(), StoreError> {
    changed!(
        rows,
        sqlx::query("INSERT INTO checkpoints (size, key, root, note) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
            .bind(row_number(size))
            .bind(key)
            .bind(root)
            .bind(note)
    )?;
    Ok(())
}

async fn last_signed(rows: &mut Rows<'_>) -> Result<Option<(u64, String)>, StoreError> {
    let query = "SELECT size, root FROM checkpoints ORDER BY size DESC LIMIT 1";
    let row: Option<(i64, String)> = on!(rows, db => sqlx::query_as(query).fetch_optional(db).await)?;
    Ok(row.map(|(size, root)| (size.unsigned_abs(), root)))
}

/// Every checkpoint that was signed, to be held against a log that is walked.
#[derive(Debug)]
pub(super) struct Signed(std::iter::Peekable<std::vec::IntoIter<(i64, String)>>);

impl Signed {
    /// All of them.
    pub(super) async fn read(rows: &mut Rows<'_>) -> Result<Self, StoreError> {
        let query = "SELECT size, root FROM checkpoints WHERE size > 0 ORDER BY size";
        let all: Vec<(i64, String)> = on!(rows, db => sqlx::query_as(query).fetch_all(db).await)?;
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
