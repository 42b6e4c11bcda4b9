//! Fills a register's database in bulk: chain, tree and views as the register itself writes them, which it
//! checks when it starts over them.

use std::{path::Path, time::Instant};

use factory_assurance::{
    canonical,
    log::{
        link::{Link, ORIGIN},
        tree::Edge,
    },
    sample,
};
use factory_register::log::event::{EntryMade, EpochRaised, Event, Summary};
use serde_json::json;
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::world::{PARTICIPANT, named};

/// Events in one statement.
const AT_ONCE: usize = 2000;
const TIME: &str = "2026-03-04T05:06:07Z";

/// The name of the service of entry `number`.
pub fn service(number: u64) -> String {
    format!("service-{number}")
}

/// Writes `events` events into the empty `database`, the first `entries` of them entries.
pub fn fill(database: &Path, entries: u64, events: u64) {
    let database = database.to_owned();
    let started = Instant::now();
    // The caller stands on a thread that must not block.
    let filling = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(write(&database, entries, events));
    });
    filling.join().unwrap();
    println!("  filled in {:.0} s", started.elapsed().as_secs_f64());
}

async fn write(database: &Path, entries: u64, events: u64) {
    let options = SqliteConnectOptions::new().filename(database).foreign_keys(false).pragma("synchronous", "OFF");
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let model = sample::passing();
    let (mut edge, mut prev) = (Edge::default(), ORIGIN.to_owned());
    let mut seq = 0;
    while seq < events {
        let (mut rows, mut nodes, mut views) = (Vec::new(), Vec::new(), Vec::new());
        while seq < events && rows.len() < AT_ONCE {
            seq += 1;
            let event = if seq <= entries { entry(&model, seq) } else { Event::Epoch(EpochRaised { epoch: seq }) };
            let bytes = event.bytes().unwrap();
            let sha256 = canonical::sha256(&bytes);
            let kind = event.kind().to_owned();
            let link = Link { seq, time: TIME.to_owned(), kind, actor: "bench".to_owned(), sha256, prev };
            let this = link.this().unwrap();
            for (place, hash) in edge.push(link.leaf().unwrap().hash().unwrap()) {
                nodes.push(json!([place.level, place.position, canonical::hex(hash.as_bytes())]));
            }
            if seq <= entries {
                views.push(json!([seq, PARTICIPANT, service(seq)]));
            }
            let text = String::from_utf8(bytes).unwrap();
            rows.push(json!([seq, link.time, link.kind, link.actor, text, link.sha256, link.prev, this]));
            prev = this;
        }
        let mut transaction = connection.begin().await.unwrap();
        for (statement, values) in [
            (
                "INSERT INTO events SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, CAST(value ->> 4 AS BLOB), value ->> 5, value ->> 6, value ->> 7 FROM json_each(?)",
                rows,
            ),
            ("INSERT INTO tree SELECT value ->> 0, value ->> 1, unhex(value ->> 2) FROM json_each(?)", nodes),
            ("INSERT INTO entries SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 2 FROM json_each(?)", views),
        ] {
            sqlx::query(statement)
                .bind(serde_json::to_string(&values).unwrap())
                .execute(&mut *transaction)
                .await
                .unwrap();
        }
        transaction.commit().await.unwrap();
    }
    connection.close().await.unwrap();
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
    }))
}
