//! Holds the database against itself: the chain of the log's hashes, and the views against the log
//! that they follow from. What was edited, removed or reordered in SQL is named by its event or row.

use std::path::Path;

use futures::TryStreamExt as _;
use sqlx::{
    Connection as _, Row as _, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteRow},
};

use super::{
    StoreError,
    tree::{self, Signed},
    views,
};
use crate::log::{Link, Walk, event::Event};
use factory_assurance::log::tree::Edge;

/// What an audit found in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// Number of events.
    pub events: u64,
    /// Hash of the last one.
    pub head: String,
}

/// Walks the chain of hashes without the events' contents, and holds the tree over it against the one
/// that is kept and against every checkpoint that was signed; answers the number of events. Quick enough
/// for every start.
pub(super) async fn walk_chain(readers: &SqlitePool) -> Result<u64, StoreError> {
    let mut walk = Walk::default();
    let mut edge = Edge::default();
    let mut signed = Signed::read(&mut *readers.acquire().await?).await?;
    let mut rows =
        sqlx::query("SELECT seq, time, kind, actor, sha256, prev, this FROM events ORDER BY seq").fetch(readers);
    while let Some(row) = rows.try_next().await? {
        let (link, this) = link(&row)?;
        walk.step(&link, &this, None)?;
        edge.push(link.leaf_of(&this).hash()?);
        signed.hold(&edge)?;
    }
    signed.end(walk.seq())?;
    tree::hold(&mut *readers.acquire().await?, &edge).await?;
    Ok(walk.seq())
}

/// Reads the whole database at `path`: every event's contents against its hash, and every view
/// against what the log gives.
pub async fn audit(path: &Path) -> Result<Audit, StoreError> {
    let options = SqliteConnectOptions::new().filename(path).pragma("query_only", "ON");
    let mut database = SqliteConnection::connect_with(&options).await?;
    // The views alone, in memory: their references to events are not carried over.
    let scratch = SqliteConnectOptions::new().in_memory(true).foreign_keys(false);
    let mut scratch = SqliteConnection::connect_with(&scratch).await?;
    sqlx::migrate!().run(&mut scratch).await?;
    let mut walk = Walk::default();
    let mut edge = Edge::default();
    let mut signed = Signed::read(&mut database).await?;
    let mut rows = sqlx::query("SELECT seq, time, kind, actor, bytes, sha256, prev, this FROM events ORDER BY seq")
        .fetch(&mut database);
    while let Some(row) = rows.try_next().await? {
        let (link, this) = link(&row)?;
        let bytes: Vec<u8> = row.try_get("bytes")?;
        walk.step(&link, &this, Some(&bytes))?;
        tree::append(&mut scratch, &mut edge, &link.leaf_of(&this)).await?;
        signed.hold(&edge)?;
        views::apply(&mut scratch, row.try_get("seq")?, &link.actor, &Event::read(&link.kind, &bytes)?).await?;
    }
    drop(rows);
    signed.end(walk.seq())?;
    for (table, query) in views::VIEWS {
        let found: Vec<String> = sqlx::query_scalar(query).fetch_all(&mut database).await?;
        let expected: Vec<String> = sqlx::query_scalar(query).fetch_all(&mut scratch).await?;
        if found != expected {
            return Err(difference(table, &found, &expected));
        }
    }
    Ok(Audit { events: walk.seq(), head: walk.head().to_owned() })
}

fn difference(table: &'static str, found: &[String], expected: &[String]) -> StoreError {
    let at = (0..=found.len().max(expected.len())).find(|&at| found.get(at) != expected.get(at)).unwrap_or_default();
    let show =
        |rows: &[String]| rows.get(at).map_or_else(|| "no row".to_owned(), |row| row.chars().take(200).collect());
    StoreError::View { table, found: show(found), expected: show(expected) }
}

pub(super) fn link(row: &SqliteRow) -> Result<(Link, String), StoreError> {
    let link = Link {
        seq: row.try_get::<i64, _>("seq")?.unsigned_abs(),
        time: row.try_get("time")?,
        kind: row.try_get("kind")?,
        actor: row.try_get("actor")?,
        sha256: row.try_get("sha256")?,
        prev: row.try_get("prev")?,
    };
    Ok((link, row.try_get("this")?))
}
