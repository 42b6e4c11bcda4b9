//! Fills a register's database in bulk: chain, tree and views as the register itself writes them, which it
//! checks when it starts over them.

use std::{path::Path, sync::mpsc, time::Instant};

use factory_assurance::{
    canonical,
    log::{
        Hash,
        link::{Link, ORIGIN},
        tree::{Edge, Place},
    },
    sample,
};
use factory_register::log::event::{EntryMade, EpochRaised, Event, Summary};
use sqlx::{Connection as _, QueryBuilder, Sqlite, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::world::{PARTICIPANT, named};

/// Rows in one statement: SQLite takes 32766 values.
const AT_ONCE: usize = 2000;
/// Events in one transaction.
const TOGETHER: usize = 20 * AT_ONCE;
/// Transactions that are hashed ahead of the one that is written.
const AHEAD: usize = 2;
const TIME: &str = "2026-03-04T05:06:07Z";

/// The name of the service of entry `number`.
pub fn service(number: u64) -> String {
    format!("service-{number}")
}

/// What one transaction writes.
#[derive(Default)]
struct Batch {
    /// Place in the chain, canonical bytes, and the hash over both.
    events: Vec<(Link, Vec<u8>, String)>,
    nodes: Vec<(Place, Hash)>,
    /// Numbers of those events that are entries.
    entries: Vec<u64>,
}

/// Writes `events` events into the empty `database`, the first `entries` of them entries. One thread makes the chain
/// and the tree, another writes them.
pub fn fill(database: &Path, entries: u64, events: u64) {
    let database = database.to_owned();
    let started = Instant::now();
    let (sender, batches) = mpsc::sync_channel(AHEAD);
    let hashing = std::thread::spawn(move || hash(entries, events, &sender));
    // The caller stands on a thread that must not block.
    let filling = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(write(&database, batches));
    });
    hashing.join().unwrap();
    filling.join().unwrap();
    println!("  filled in {:.0} s", started.elapsed().as_secs_f64());
}

/// Every event in its place, batch by batch.
fn hash(entries: u64, events: u64, batches: &mpsc::SyncSender<Batch>) {
    let model = sample::passing();
    let (mut edge, mut prev, mut batch) = (Edge::default(), ORIGIN.to_owned(), Batch::default());
    for seq in 1..=events {
        let event = if seq <= entries { entry(&model, seq) } else { Event::Epoch(EpochRaised { epoch: seq }) };
        let bytes = event.bytes().unwrap();
        let sha256 = canonical::sha256(&bytes);
        let kind = event.kind().to_owned();
        let link = Link { seq, time: TIME.to_owned(), kind, actor: "bench".to_owned(), sha256, prev };
        let this = link.this().unwrap();
        batch.nodes.extend(edge.push(link.leaf_of(&this).hash().unwrap()));
        if seq <= entries {
            batch.entries.push(seq);
        }
        prev = this.clone();
        batch.events.push((link, bytes, this));
        if batch.events.len() == TOGETHER || seq == events {
            batches.send(std::mem::take(&mut batch)).unwrap();
        }
    }
}

async fn write(database: &Path, batches: mpsc::Receiver<Batch>) {
    let options = SqliteConnectOptions::new().filename(database).foreign_keys(false).pragma("synchronous", "OFF");
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    for Batch { events, nodes, entries } in batches {
        let mut transaction = connection.begin().await.unwrap();
        for rows in events.chunks(AT_ONCE) {
            let mut insert =
                QueryBuilder::<Sqlite>::new("INSERT INTO events (seq, time, kind, actor, bytes, sha256, prev, this) ");
            insert.push_values(rows, |mut row, (link, bytes, this)| {
                row.push_bind(number(link.seq)).push_bind(&link.time).push_bind(&link.kind).push_bind(&link.actor);
                row.push_bind(bytes).push_bind(&link.sha256).push_bind(&link.prev).push_bind(this);
            });
            insert.build().execute(&mut *transaction).await.unwrap();
        }
        for rows in nodes.chunks(AT_ONCE) {
            let mut insert = QueryBuilder::<Sqlite>::new("INSERT INTO tree (level, position, hash) ");
            insert.push_values(rows, |mut row, (place, hash)| {
                row.push_bind(i64::from(place.level))
                    .push_bind(number(place.position))
                    .push_bind(hash.as_bytes().as_slice());
            });
            insert.build().execute(&mut *transaction).await.unwrap();
        }
        for rows in entries.chunks(AT_ONCE) {
            let mut insert = QueryBuilder::<Sqlite>::new("INSERT INTO entries (seq, participant, service, search) ");
            insert.push_values(rows, |mut row, seq| {
                row.push_bind(number(*seq)).push_bind(PARTICIPANT).push_bind(service(*seq)).push_bind(service(*seq));
            });
            insert.build().execute(&mut *transaction).await.unwrap();
        }
        transaction.commit().await.unwrap();
    }
    connection.close().await.unwrap();
}

/// Integers of the database are signed; no log is that long.
fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap()
}

fn entry(model: &factory_assurance::dossier::TestResult, number: u64) -> Event {
    let result = named(model.clone(), &service(number));
    Event::Entry(Box::new(EntryMade {
        submission: format!("submission-{number}"),
        summary: Summary {
            subject: result.subject,
            bundle: result.bundle.digest().unwrap(),
            standard: "basic@2".to_owned(),
            dossier: format!("sha256:{number:064}"),
            attempt: 1,
            verdict: result.verdict,
            missing: Vec::new(),
        },
        record: result.record,
        confirmed_by: "Regulator of the ecosystem".to_owned(),
        confirmed_at: TIME.to_owned(),
        under: None,
        sealed_by: None,
    }))
}
