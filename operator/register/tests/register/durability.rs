//! What was acknowledged, submissions, withdrawals and checkpoints, survives `kill -9`: another process commits and
//! says so, and is killed in the middle of its next write, again and again over the same database.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
};

use factory_assurance::{
    dsse::{PrivateKey, sign},
    sample,
};
use factory_register::{
    intake,
    log::event::{EntryMade, Summary},
    metrics::Metrics,
    store::{Location, Ready, Store, Wish, Written, audit::audit},
};
use jiff::Timestamp;

use crate::{
    server::Database,
    world::{FACTORY, Folder, log_signer, named},
};

const DATABASE: &str = "REGISTER_DURABILITY_DATABASE";
/// Killings over one database, unless this variable says how many.
const ROUNDS: usize = 4;
const ROUNDS_VARIABLE: &str = "REGISTER_DURABILITY_ROUNDS";
/// Acknowledgements before each.
const ACKNOWLEDGED: usize = 5;

async fn open(database: &Location) -> Store {
    Store::open(database, Timestamp::now, Metrics::default().commits()).await.unwrap()
}

/// The entry that follows from a submission of the sample.
fn entry(submission: &str, summary: Summary) -> EntryMade {
    EntryMade {
        submission: submission.to_owned(),
        summary,
        record: sample::passing().record,
        confirmed_by: "regulator".to_owned(),
        confirmed_at: "2026-03-04T05:06:07Z".to_owned(),
    }
}

/// Announces, submits, confirms and withdraws without end. Started by the test below, in a process of its own.
#[tokio::test]
#[ignore = "writes until it is killed; the test below starts it"]
async fn writes_until_it_is_killed() {
    let Ok(database) = std::env::var(DATABASE) else { return };
    let store = open(&database.parse().unwrap()).await;
    let key = PrivateKey::generate();
    for count in 0_u64.. {
        let name = format!("service-{}-{count}", std::process::id());
        let result = named(sample::passing(), &name);
        let run = intake::announced(sample::announcement(&result, 1)).unwrap();
        let Written::Now(announced) = store.announce(FACTORY, &name, 1, run).await.unwrap() else { panic!("new") };
        let dossier = sign(&sample::announced(result, &announced).into_statement().unwrap(), &key).unwrap();
        let opened = intake::open(&dossier, &[key.public()]).unwrap();
        let held = store.announcement(&announced.id).await.unwrap().unwrap();
        let summary = opened.hold_against(&held).unwrap();
        let digest = summary.dossier.clone();
        let ready = Ready::seal(&name, &announced.id, summary.clone(), dossier.clone()).unwrap();
        let Written::Now(id) = store.submit(FACTORY, 1, ready).await.unwrap() else { panic!("new") };
        let participant = summary.subject.participant.clone();
        // What is signed as a confirmation is checked before the store, not by it.
        store.confirm("regulator", &id, dossier, Some(entry(&id, summary))).await.unwrap();
        let wish = Wish { key: name.clone(), participant, service: name, reason: digest.clone(), item: None };
        let Written::Now(_) = store.withdraw("owner", wish).await.unwrap() else { panic!("new") };
        // One that was shown must be one of the log that is there afterwards: the audit holds it against that.
        store.checkpoint("register.test/log", &log_signer()).await.unwrap();
        let mut out = std::io::stdout();
        writeln!(out, "acknowledged {id} {digest}").unwrap();
        out.flush().unwrap();
    }
}

fn writer(database: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "durability::writes_until_it_is_killed", "--ignored", "--nocapture"])
        .env(DATABASE, database)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The first acknowledgements of `writer`, which is killed while it writes on; and those that it
/// had still got out.
fn killed_in_the_middle(mut writer: Child) -> Vec<(String, String)> {
    let mut acknowledged = Vec::new();
    for line in BufReader::new(writer.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        // The test runner prints its own words before the first.
        if let Some((_, words)) = line.split_once("acknowledged ") {
            // A line cut off by the kill is no acknowledgement.
            let Some((id, digest)) = words.split_once(' ').filter(|(_, digest)| digest.len() == 71) else { continue };
            acknowledged.push((id.to_owned(), digest.to_owned()));
        }
        if acknowledged.len() == ACKNOWLEDGED {
            writer.kill().unwrap();
        }
    }
    assert!(!writer.wait().unwrap().success());
    acknowledged
}

#[tokio::test]
async fn every_acknowledged_submission_survives_kill_9() {
    let folder = Folder::new();
    let place = Database::new(&folder.0).await;
    let database = place.location();
    let mut acknowledged: Vec<(String, String)> = Vec::new();
    let rounds = std::env::var(ROUNDS_VARIABLE).map_or(ROUNDS, |text| text.parse().unwrap());
    for _ in 0..rounds {
        let before = acknowledged.len();
        let address = place.address.clone();
        acknowledged.extend(tokio::task::spawn_blocking(move || killed_in_the_middle(writer(&address))).await.unwrap());
        assert!(acknowledged.len() >= before + ACKNOWLEDGED);
        are_there(&database, &acknowledged[before..]).await;
    }
    // What one round lost or bent, no later one mends; so the whole is held against itself once.
    are_there(&database, &acknowledged).await;
    audit(&database).await.unwrap();
    println!("{rounds} kills, {} acknowledged and all there", acknowledged.len());
}

/// Each of `acknowledged` is there as it was acknowledged; the chain holds, or the store would not open.
async fn are_there(database: &Location, acknowledged: &[(String, String)]) {
    let store = open(database).await;
    for (id, digest) in acknowledged {
        let held = store.submission(id).await.unwrap().unwrap_or_else(|| panic!("{id} was acknowledged"));
        assert_eq!(held.summary.dossier, *digest);
        assert_eq!(store.dossier(&held).await.unwrap().payload_digest().unwrap(), *digest);
        let subject = &held.summary.subject;
        let entry = store.entry_of(&subject.participant, &subject.service).await.unwrap().unwrap();
        assert_eq!(entry.withdrawn.unwrap().reason, *digest);
    }
    store.close().await;
}
