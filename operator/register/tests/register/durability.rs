//! What was acknowledged survives `kill -9`: the program serves its callers over HTTP and is killed in the
//! middle of it, again and again over the same database; the callers ask on as soon as it is back. At the end
//! every acknowledged submission is there, once, and the whole log holds.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use factory_assurance::{dsse::PrivateKey, wire::SubmissionState};
use factory_register::{
    metrics::Metrics,
    store::{Filter, Store, audit::audit},
};
use jiff::Timestamp;
use reqwest::Client;
use serde_json::json;
use tokio::sync::{mpsc, watch};

use crate::{
    load::Load,
    program::{Cluster, Program},
    server::{Database, on_postgres},
    world::{Folder, pinned, provider},
};

/// Killings over one database, unless this variable says how many.
const ROUNDS: usize = 5;
const ROUNDS_VARIABLE: &str = "REGISTER_DURABILITY_ROUNDS";
/// File that gets the figures, as every group of `make bench` writes them.
const OUTPUT_VARIABLE: &str = "REGISTER_DURABILITY_OUTPUT";
/// Callers at the same time.
const CALLERS: usize = 4;
/// Longest that the register may be away after a kill, in ms.
const LONGEST_AWAY: f64 = 5000.0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_submission_survives_kill_9() {
    let folder = Folder::new();
    let place = Database::new(&folder.0).await;
    let rounds = std::env::var(ROUNDS_VARIABLE).map_or(ROUNDS, |text| text.parse().unwrap());
    let (factory_key, regulator_key) = (PrivateKey::generate(), PrivateKey::generate());
    pinned(&folder.0, &factory_key, &regulator_key);
    provider();
    let cluster = Cluster::start(&folder.0).await;
    let mut program = Program::new(&cluster, &folder.0, &place.address);
    let mut running = program.start().await;

    let client = Client::builder().no_proxy().build().unwrap();
    let key = client.get(format!("{}/api/v1/log/key", program.address)).send().await.unwrap().text().await.unwrap();
    let ((starts, started), (acknowledged, mut acknowledgements)) = (watch::channel(1), mpsc::unbounded_channel());
    let load = Arc::new(Load {
        client,
        address: program.address.clone(),
        factory_key,
        regulator_key,
        log: key.trim().parse().unwrap(),
        started,
        acknowledged,
        enough: AtomicBool::new(false),
        cut: AtomicU64::new(0),
        found: AtomicU64::new(0),
        submissions: Mutex::default(),
    });
    load.issue().await;
    let callers: Vec<_> = (0..CALLERS)
        .map(|number| {
            let load = Arc::clone(&load);
            tokio::spawn(async move { load.caller(number).await })
        })
        .collect();

    let (mut away, mut writes) = (Vec::new(), 0);
    for round in 0..rounds {
        // Another number each time, so that the kill comes at other moments.
        for _ in 0..5 + round * 7 % 11 {
            acknowledgements.recv().await.unwrap();
            writes += 1;
        }
        let killed = Instant::now();
        running.kill();
        running = program.start().await;
        away.push(killed.elapsed());
        starts.send_modify(|starts| *starts += 1);
    }
    load.enough.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.unwrap();
    }
    while acknowledgements.try_recv().is_ok() {
        writes += 1;
    }
    let cut = load.cut.load(Ordering::Relaxed);
    assert!(cut >= rounds as u64, "{rounds} kills cut off {cut} requests: they did not come under load");

    let submissions = std::mem::take(&mut *load.submissions.lock().unwrap());
    for state in &submissions {
        let held: SubmissionState = load.get(&format!("/api/v1/submissions/{}", state.id)).await.json();
        assert_eq!(held, *state);
    }
    running.kill();
    is_there_once(&place, &submissions).await;
    let found = load.found.load(Ordering::Relaxed);
    let longest = away.iter().max().copied().unwrap_or_default();
    println!(
        "{rounds} kills, {cut} requests cut off, {found} of them written all the same; {writes} writes acknowledged, all of \
         them there once: {} submissions; back after {} ms at most",
        submissions.len(),
        longest.as_millis()
    );
    tell(rounds, writes, longest);
}

/// Each of `submissions` is in the database once and nothing else is, and the log holds. No list has more than
/// 1000 of them.
async fn is_there_once(place: &Database, submissions: &[SubmissionState]) {
    let store = Store::open(&place.location(), Timestamp::now, Metrics::default().commits()).await.unwrap();
    let held = store.submissions(&Filter::default()).await.unwrap();
    assert_eq!(held.len(), submissions.len());
    for held in held {
        assert_eq!(store.dossier(&held).await.unwrap().payload_digest().unwrap(), held.summary.dossier);
        let state = store.state_of(held).await.unwrap();
        assert_eq!(submissions.iter().filter(|acknowledged| **acknowledged == state).count(), 1, "{state:?}");
    }
    store.close().await;
    audit(&place.location()).await.unwrap();
}

/// Writes the figures where they are asked for; who does so has seen that nothing was lost.
fn tell(rounds: usize, writes: u64, longest: Duration) {
    let Some(file) = std::env::var_os(OUTPUT_VARIABLE) else { return };
    let database = if on_postgres() { "PostgreSQL" } else { "SQLite" };
    let away = longest.as_secs_f64() * 1000.0;
    let kept = format!("{rounds} kills under load, {database}: of {writes} acknowledged writes are there, once");
    let figures = json!([
        {"name": kept, "value": 100, "unit": "%", "peer": "goal", "peerValue": 100, "ratio": 1, "goal": "at least 100", "holds": true},
        {"name": format!("longest time away after a kill, {database}"), "value": away, "unit": "ms", "peer": "goal",
            "peerValue": LONGEST_AWAY, "ratio": away / LONGEST_AWAY, "goal": format!("at most {LONGEST_AWAY}"), "holds": away <= LONGEST_AWAY},
    ]);
    std::fs::write(file, serde_json::to_string_pretty(&figures).unwrap()).unwrap();
}
