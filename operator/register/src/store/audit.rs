//! Holds the database against itself: the chain of the log's hashes, and the views against the log
//! that they follow from. What was edited, removed or reordered in SQL is named by its event or row.

use futures::{TryStreamExt as _, stream::BoxStream};
use sqlx::Row as _;

use super::{
    Location, StoreError,
    both::{Pool, Rows, on},
    history, plaintexts, reading, sqlite,
    tree::{self, Signed},
    views::{self, View},
    writing::row_number,
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

/// A row of `events`.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    seq: i64,
    time: String,
    kind: String,
    actor: String,
    /// Contents, where they were asked for.
    #[sqlx(default)]
    pub(super) bytes: Vec<u8>,
    sha256: String,
    prev: String,
    this: String,
}

impl Row {
    /// Its place in the chain, the hash over it, and its contents.
    pub(super) fn parts(self) -> (Link, String, Vec<u8>) {
        let Self { seq, time, kind, actor, bytes, sha256, prev, this } = self;
        (Link { seq: seq.unsigned_abs(), time, kind, actor, sha256, prev }, this, bytes)
    }
}

/// Rows of `events` as they are read.
pub(super) type Events<'r> = BoxStream<'r, Result<Row, sqlx::Error>>;

/// All events in their order, without their contents.
pub(super) fn places<'r>(rows: &'r mut Rows<'_>) -> Events<'r> {
    const PLACES: &str = "SELECT seq, time, kind, actor, sha256, prev, this FROM events ORDER BY seq";
    on!(rows, db => sqlx::query_as(PLACES).fetch(db))
}

/// The events after number `after`, in their order.
pub(super) fn events<'r>(rows: &'r mut Rows<'_>, after: i64) -> Events<'r> {
    const EVENTS: &str =
        "SELECT seq, time, kind, actor, bytes, sha256, prev, this FROM events WHERE seq > $1 ORDER BY seq";
    on!(rows, db => sqlx::query_as(EVENTS).bind(after).fetch(db))
}

/// Walks the chain of hashes without the events' contents, and holds the tree over it against the one
/// that is kept and against every checkpoint that was signed; answers the number of events. Quick enough
/// for every start.
pub(super) async fn walk_chain(readers: &Pool) -> Result<u64, StoreError> {
    let mut snapshot = readers.snapshot().await?;
    let rows = &mut snapshot.executor();
    let mut walk = Walk::default();
    let mut edge = Edge::default();
    let mut signed = Signed::read(rows).await?;
    let mut events = places(rows);
    while let Some(row) = events.try_next().await? {
        let (link, this, _) = row.parts();
        walk.step(&link, &this, None)?;
        edge.push(link.leaf_of(&this).hash()?);
        signed.hold(&edge)?;
    }
    drop(events);
    signed.end(walk.seq())?;
    tree::hold(rows, &edge).await?;
    Ok(walk.seq())
}

/// Reads the whole database at `location`, as it is at one moment: every event's contents against its hash,
/// every view against what the log gives, and what each announced run builds on against the log before it.
pub async fn audit(location: &Location) -> Result<Audit, StoreError> {
    let database = reading(location).await?;
    // The views alone, in memory and of SQLite, whatever the database is.
    let scratch = sqlite::scratch().await?;
    let audited = hold(&database, &scratch).await;
    database.close().await;
    audited
}

async fn hold(database: &Pool, scratch: &Pool) -> Result<Audit, StoreError> {
    let mut snapshot = database.snapshot().await?;
    let rows = &mut snapshot.executor();
    let mut again = scratch.write().await?;
    let again = &mut again.executor();
    let mut walk = Walk::default();
    let mut edge = Edge::default();
    let mut signed = Signed::read(rows).await?;
    let mut events = events(rows, i64::MIN);
    while let Some(row) = events.try_next().await? {
        let (link, this, bytes) = row.parts();
        walk.step(&link, &this, Some(&bytes))?;
        tree::append(again, &mut edge, &link.leaf_of(&this)).await?;
        signed.hold(&edge)?;
        let event = Event::read(&link.kind, &bytes)?;
        if let Event::Announcement(made) = &event {
            history::hold(again, made).await?;
        }
        views::apply(again, row_number(link.seq), &link.actor, &event).await?;
    }
    drop(events);
    signed.end(walk.seq())?;
    for view in views::VIEWS {
        let (found, expected) = (view_rows(rows, view).await?, view_rows(again, view).await?);
        if found != expected {
            return Err(difference(view.0, &found, &expected));
        }
    }
    plaintexts::hold(rows).await?;
    Ok(Audit { events: walk.seq(), head: walk.head().to_owned() })
}

/// The rows of a view, each as JSON of its columns.
async fn view_rows(rows: &mut Rows<'_>, (table, columns, order): View) -> Result<Vec<String>, StoreError> {
    let hex = rows.either("hex(hash)", "upper(encode(hash, 'hex'))");
    let texts: Vec<String> = columns
        .iter()
        .map(|column| if *column == "hash" { hex.to_owned() } else { format!("CAST({column} AS TEXT)") })
        .collect();
    // By the columns as they are: PostgreSQL takes a bare name for the text that is selected under it.
    let order: Vec<String> = order.iter().map(|column| format!("{table}.{column}")).collect();
    let query = sqlx::AssertSqlSafe(format!("SELECT {} FROM {table} ORDER BY {}", texts.join(", "), order.join(", ")));
    on!(rows, db => {
        let mut lines = Vec::new();
        let mut found = sqlx::query(query).fetch(db);
        while let Some(row) = found.try_next().await? {
            let held = (0..columns.len()).map(|at| row.try_get(at)).collect::<Result<Vec<Option<String>>, _>>()?;
            lines.push(serde_json::to_string(&held).map_err(|error| StoreError::Row(error.to_string()))?);
        }
        Ok(lines)
    })
}

fn difference(table: &'static str, found: &[String], expected: &[String]) -> StoreError {
    let at = (0..=found.len().max(expected.len())).find(|&at| found.get(at) != expected.get(at)).unwrap_or_default();
    let show =
        |rows: &[String]| rows.get(at).map_or_else(|| "no row".to_owned(), |row| row.chars().take(200).collect());
    StoreError::View { table, found: show(found), expected: show(expected) }
}
