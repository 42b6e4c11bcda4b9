//! Backups, restores and the way from one database to the other: the same log, with every proof.

use std::path::{Path, PathBuf};

use factory_assurance::{
    log::{Checkpoint, proof::Inclusion},
    sample,
};
use factory_register::{copies, store::audit::audit};

use crate::{
    log::{filled, sql},
    server::{Database, server},
    world::{World, log_signer, named},
};

/// A backup of a register with a few events and two checkpoints.
async fn backed_up() -> (World, PathBuf) {
    let world = World::start().await;
    checkpoint(&world).await;
    let world = grown(world, "first").await;
    checkpoint(&world).await;
    let file = world.folder.0.join("backup");
    let told = copies::backup(&world.database(), &file).await.unwrap();
    assert!(told.starts_with("backed up: 6 events and 2 checkpoints, each hash as it must be; root "), "{told}");
    (world, file)
}

async fn grown(world: World, service: &str) -> World {
    world.registered(named(sample::passing(), service), service).await;
    world
}

async fn checkpoint(world: &World) -> Checkpoint {
    let note = world.get("/api/v1/log/checkpoint", "").await.text;
    Checkpoint::open(&note, &log_signer().verifier()).unwrap()
}

/// Empty databases of both kinds.
async fn empty(folder: &Path) -> [Database; 2] {
    static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    [Database::file(&folder.join(format!("empty-{count}.db"))), Database::on(server()).await]
}

#[tokio::test]
async fn a_backup_restores_into_either_database_with_every_proof() {
    let (mut world, file) = backed_up().await;
    let signed = checkpoint(&world).await;
    let index = world.get("/api/v1/entries", "").await.text;
    let before = audit(&world.database()).await.unwrap();
    for place in empty(&world.folder.0.clone()).await {
        let told = copies::restore(&file, &place.location()).await.unwrap();
        assert!(told.starts_with("restored: 6 events and 2 checkpoints"), "{told}");
        assert_eq!(audit(&place.location()).await.unwrap(), before);
        // A restore of a restore is the same file, byte by byte.
        let again = file.with_extension("again");
        copies::backup(&place.location(), &again).await.unwrap();
        assert_eq!(std::fs::read(&again).unwrap(), std::fs::read(&file).unwrap());
        std::fs::remove_file(again).unwrap();
        world = world.restart_over(place).await;
        assert_eq!(checkpoint(&world).await, signed);
        assert_eq!(world.get("/api/v1/entries", "").await.text, index);
        for event in 1..=6 {
            let events = world.get(&format!("/api/v1/log/events?from={event}&limit=1"), "").await;
            let leaf = events.json::<factory_assurance::log::served::Events>().events[0].held(event).unwrap();
            let proof: Inclusion = world.get(&format!("/api/v1/log/inclusion?event={event}&size=6"), "").await.json();
            proof.verify(&leaf, &signed.root).unwrap();
        }
        // The log goes on where it was; for the next one this one is away again.
        world.registered(named(sample::passing(), "later"), "later").await;
        assert_eq!(checkpoint(&world).await.size, 10);
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_backup_is_named_and_nothing_is_left() {
    let (world, file) = backed_up().await;
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 1 + 1 + 6 + 1 + 1);
    let without = |at: usize| [&lines[..at], &lines[at + 1..]].concat().join("\n") + "\n";
    let swapped = {
        let mut lines = lines.clone();
        lines.swap(4, 5);
        lines.join("\n") + "\n"
    };
    let header = lines[0];
    let cases = [
        (without(0), "line 1: this is no backup of a register"),
        (text.replace("\"format\":1", "\"format\":2"), "line 1: format: 2, must be 1"),
        ("no JSON\n".to_owned(), "line 1: expected"),
        (String::new(), "ends after line 0, event 0, and its last line is missing"),
        (without(9), "ends after line 9, event 6, and its last line is missing"),
        (text[..text.len() - 20].to_owned(), "ends after line 9, event 6"),
        (text.replace("first-1", "other-1"), "event 3 does not hold: log: event 3: sha256 is"),
        (
            text.replacen("\"actor\":\"regulator\"", "\"actor\":\"another\"", 1),
            "event 1 does not hold: log: event 1: this is",
        ),
        (without(4), "event 4 does not hold: log: event 4 stands where 3 was expected"),
        (swapped, "event 4 does not hold: log: event 4 stands where 3 was expected"),
        (without(8), "line 9: it tells of 6 events, 2 checkpoints"),
        (without(7), "the checkpoint of 6 events does not hold: its root is"),
        (text.replacen("\\n6\\n", "\\n7\\n", 1), "the checkpoint of 6 events does not hold: "),
        (format!("{text}{header}\n"), "line 10: more stands behind the last line"),
        (format!("{header}\n{text}"), "line 2: another backup begins"),
    ];
    let [place, other] = empty(&world.folder.0).await;
    let changed = file.with_extension("changed");
    for (number, (content, told)) in cases.iter().enumerate() {
        std::fs::write(&changed, content).unwrap();
        let place = if number % 2 == 0 { &place } else { &other };
        let error = copies::restore(&changed, &place.location()).await.unwrap_err().to_string();
        assert!(error.contains(told), "{number}: {told}: {error}");
    }
    // None of them left anything: both are still empty, then not any more.
    for place in [place, other] {
        copies::restore(&file, &place.location()).await.unwrap();
        let error = copies::restore(&file, &place.location()).await.unwrap_err().to_string();
        assert!(error.contains("has 6 events already, must be empty"), "{error}");
    }
    let error = copies::backup(&world.database(), &file).await.unwrap_err().to_string();
    assert!(error.contains("there already, must be a new file"), "{error}");
    let error = copies::restore(Path::new("/none"), &world.database()).await.unwrap_err().to_string();
    assert!(error.starts_with("/none: "), "{error}");
}

#[tokio::test]
async fn a_damaged_log_gives_no_backup() {
    let world = filled().await;
    let harm = "DROP TRIGGER events_never_change; UPDATE events SET bytes = CAST(replace(CAST(bytes AS TEXT), 'mend', 'keep') AS BLOB) WHERE kind = 'return'";
    sql(&world.database(), &[harm]).await.unwrap();
    let file = world.folder.0.join("backup");
    let error = copies::backup(&world.database(), &file).await.unwrap_err().to_string();
    assert!(error.contains("event 9: sha256 is"), "{error}");
    assert!(!file.exists());
}

#[tokio::test]
async fn a_log_moves_to_another_database_while_it_is_served_and_goes_on_there() {
    for towards in 0..2 {
        let world = grown(World::start().await, "first").await;
        checkpoint(&world).await;
        let [file, server] = empty(&world.folder.0).await;
        let place = if towards == 0 { file } else { server };
        let copy = async |world: &World| copies::copy(&world.database(), &place.location()).await;
        let told = copy(&world).await.unwrap();
        assert!(
            told.starts_with("both have: 6 events and 1 checkpoints") && told.ends_with("; 6 of them new"),
            "{told}"
        );
        // It was served meanwhile: what came since follows.
        let world = grown(world, "second").await;
        assert!(copy(&world).await.unwrap().ends_with("; 4 of them new"));
        let signed = checkpoint(&world).await;
        let note = world.get("/api/v1/log/checkpoint", "").await.text;
        // A checkpoint without a new event follows as well.
        assert!(copy(&world).await.unwrap().contains("10 events and 2 checkpoints"));
        assert_eq!(audit(&place.location()).await.unwrap(), audit(&world.database()).await.unwrap());
        let (from, to) = (world.database(), place.location());
        let world = world.restart_over(place).await;
        assert_eq!(world.get("/api/v1/log/checkpoint", "").await.text, note);
        let world = grown(world, "third").await;
        let proof: factory_assurance::log::proof::Consistency =
            world.get("/api/v1/log/consistency?from=10&to=14", "").await.json();
        proof.verify(&signed.root, &checkpoint(&world).await.root).unwrap();
        // The first is now behind; it is never copied over the second.
        let error = copies::copy(&from, &to).await.unwrap_err().to_string();
        assert!(error.contains("event 14 of ") && error.contains("these are two logs"), "{error}");
    }
}
