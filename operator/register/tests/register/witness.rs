//! The witness beside a register whose database is changed by hand: every kind of tampering is found by
//! what the API shows afterwards, and nothing else raises an alarm.

mod standards;
mod views;

use factory_assurance::{
    canonical,
    log::{Checkpoint, Link, link::ORIGIN, note, tree::Edge},
    sample,
};
use factory_register::{
    arguments,
    store::Location,
    witness::{Alarm, Seen, Witness, WitnessError},
};
use sqlx::{Connection as _, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{
    log::{filled, sql},
    objects,
    server::{Database, server},
    world::{World, log_signer, named},
};

/// Whoever owns the file can remove these.
const TRIGGERS: &str = "DROP TRIGGER events_never_change; DROP TRIGGER events_are_never_removed;
    DROP TRIGGER events_follow_one_another; DROP TRIGGER tree_never_changes;
    DROP TRIGGER tree_is_never_removed; DROP TRIGGER checkpoints_never_change;
    DROP TRIGGER checkpoints_are_never_removed";

pub fn options(world: &World) -> arguments::Witness {
    arguments::Witness {
        register: world.address.clone(),
        log_key: log_signer().verifier(),
        state: world.folder.0.join("witness"),
        name: "witness.test".to_owned(),
        every: "1m".parse().unwrap(),
        reread: "1h".parse().unwrap(),
        once: true,
        regulator_keys: None,
        ca: None,
    }
}

fn witness(world: &World) -> Witness {
    Witness::begin(options(world)).unwrap()
}

fn alarm(seen: Result<Seen, WitnessError>) -> Alarm {
    match seen {
        Err(WitnessError::Alarm(alarm)) => *alarm,
        other => panic!("no alarm: {other:?}"),
    }
}

#[tokio::test]
async fn a_log_that_only_grows_is_cosigned_again_and_again() {
    let world = filled().await;
    let mut first = witness(&world);
    assert_eq!(first.look(true).await.unwrap(), Seen { size: 11, new: 11, reread: 0, entries: 1 });
    world.registered(named(sample::passing(), "later"), "later").await;
    assert_eq!(first.look(false).await.unwrap(), Seen { size: 15, new: 4, reread: 0, entries: 0 });
    let key = first.verifier();
    drop(first);
    // Another process goes on from the folder.
    let mut again = witness(&world);
    assert_eq!(again.known(), 15);
    assert_eq!(again.verifier(), key);
    assert_eq!(again.look(true).await.unwrap(), Seen { size: 15, new: 0, reread: 15, entries: 2 });
    let kept = std::fs::read_to_string(options(&world).state.join("checkpoint")).unwrap();
    let pinned = [log_signer().verifier(), again.verifier()];
    assert_eq!(note::open(&kept, &pinned).unwrap().signed_by, ["register.test/log", "witness.test"]);
    assert_eq!(std::fs::read_dir(options(&world).state.join("checkpoints")).unwrap().count(), 2);
}

#[tokio::test]
async fn a_look_that_was_cut_short_is_made_again() {
    let world = filled().await;
    witness(&world).look(false).await.unwrap();
    let leaves = options(&world).state.join("leaves");
    let mut more = std::fs::read(&leaves).unwrap();
    more.extend_from_slice(&[7; 50]);
    std::fs::write(&leaves, more).unwrap();
    world.submitted(named(sample::passing(), "later"), "later").await;
    assert_eq!(witness(&world).look(true).await.unwrap().size, 13);
    assert_eq!(std::fs::read(&leaves).unwrap().len(), 13 * 33);
    // What it knew cannot be lost unseen.
    std::fs::write(&leaves, [0; 33]).unwrap();
    let error = Witness::begin(options(&world)).unwrap_err().to_string();
    assert!(error.contains("1 leaves, and the checkpoint beside it is of 13 events"), "{error}");
}

/// An entry that no test by the factory stands behind is an entry like all others.
#[tokio::test]
async fn an_object_is_held_against_the_log_as_a_service_is() {
    let world = filled().await;
    let path = objects::entered(&world).await;
    assert_eq!(witness(&world).look(true).await.unwrap().entries, 2);
    let reason = serde_json::json!({"reason": "It was merged."});
    assert_eq!(world.post(&format!("{path}/withdrawal"), "owner", "gone", &reason).await.status.as_u16(), 201);
    witness(&world).look(true).await.unwrap();
    sql(&world.database(), &[TRIGGERS, "DELETE FROM entries WHERE service = 'archive'"]).await.unwrap();
    world.get(path, "").await.refused(404);
    let found = alarm(witness(&world).look(true).await).to_string();
    assert!(found.contains("the public index shows nothing for social-registry/archive"), "{found}");
}

#[tokio::test]
async fn a_register_that_is_away_is_no_alarm() {
    let world = filled().await;
    let mut witness = witness(&world);
    let world = world.restart().await;
    assert!(matches!(witness.look(true).await, Err(WitnessError::Ask(_))));
    assert!(!options(&world).state.join("alarm").exists());
}

#[tokio::test]
async fn every_change_in_the_database_raises_an_alarm_that_stands() {
    for (statement, told) in [
        (
            "UPDATE events SET bytes = CAST(replace(CAST(bytes AS TEXT), 'mend', 'keep') AS BLOB) WHERE kind = 'return'",
            "event 9 is not the one",
        ),
        (
            "UPDATE events SET bytes = CAST(replace(CAST(bytes AS TEXT), 'confirmedBy', 'confirmedBx') AS BLOB) WHERE kind = 'entry'",
            "event 6 is not the one",
        ),
        ("UPDATE events SET actor = 'other' WHERE seq = 2", "event 2 is not the one"),
        ("UPDATE events SET time = '2020-01-01T00:00:00Z' WHERE seq = 3", "event 3 is not the one"),
        ("UPDATE events SET kind = 'withdrawal' WHERE seq = 2", "event 2 is not the one"),
        ("UPDATE events SET prev = this WHERE seq = 6", "event 6 is not the one"),
        ("DELETE FROM events WHERE seq = 11", "the register cannot show its log"),
        ("DELETE FROM events WHERE seq = 11; DELETE FROM checkpoints", "the log had 11 events and now has 10"),
        ("DELETE FROM events WHERE seq = 4", "event 4 of 11 is not shown"),
        ("DELETE FROM events WHERE seq < 4", "event 1 of 11 is not shown"),
        (
            "UPDATE events SET seq = 100 WHERE seq = 6; UPDATE events SET seq = 6 WHERE seq = 7; UPDATE events SET seq = 7 WHERE seq = 100",
            "event 6 is not the one",
        ),
        ("UPDATE checkpoints SET note = replace(note, '11', '12')", "checkpoint: the signature that names"),
        ("DELETE FROM entries", "the public index shows nothing for"),
        ("UPDATE entries SET service = 'other'", "the public index shows nothing for"),
        ("UPDATE events SET seq = seq + 100 WHERE seq > 3", "the register cannot show its log"),
        ("UPDATE tree SET hash = zeroblob(32) WHERE level = 3; DELETE FROM checkpoints", "two logs were signed"),
        ("DELETE FROM tree; DELETE FROM checkpoints", "the register cannot show its log"),
    ] {
        let world = filled().await;
        witness(&world).look(true).await.unwrap();
        sql(&world.database(), &[TRIGGERS, statement]).await.unwrap();
        let found = alarm(witness(&world).look(true).await).to_string();
        assert!(found.contains(told), "{statement}: {found}");
        // It stays until a person has looked into it.
        match Witness::begin(options(&world)) {
            Err(WitnessError::Alarm(standing)) => assert!(standing.to_string().contains(&found), "{standing}"),
            other => panic!("{statement}: the alarm does not stand: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_withdrawal_that_is_hidden_or_reads_otherwise_raises_an_alarm() {
    for (statement, told) in [
        ("UPDATE withdrawals SET reason = 'another'", "; the log says entry 6, withdrawn by event 12"),
        ("DELETE FROM withdrawals", "the public index shows entry 6 for"),
    ] {
        let world = filled().await;
        let subject = sample::passing().subject;
        let path = format!("/api/v1/entries/{}/{}/withdrawal", subject.participant, subject.service);
        let answer = world.post(&path, "owner", "key", &serde_json::json!({"reason": "it moved"})).await;
        assert_eq!(answer.status.as_u16(), 201, "{}", answer.status);
        witness(&world).look(true).await.unwrap();
        sql(&world.database(), &[statement]).await.unwrap();
        let found = alarm(witness(&world).look(true).await).to_string();
        assert!(found.contains(told), "{statement}: {found}");
    }
}

#[tokio::test]
async fn what_was_public_stays_public() {
    let world = filled().await;
    witness(&world).look(true).await.unwrap();
    // As a register whose program was changed would show it; here the witness is told that it had seen more.
    let leaves = options(&world).state.join("leaves");
    let mut seen = std::fs::read(&leaves).unwrap();
    assert_eq!((seen[33 + 32], seen[5 * 33 + 32]), (0, 1), "an epoch is not public, the entry is");
    seen[33 + 32] = 1;
    std::fs::write(&leaves, seen).unwrap();
    assert!(matches!(alarm(witness(&world).look(true).await), Alarm::Changed(2)));
}

#[tokio::test]
async fn one_folder_has_one_witness() {
    let world = filled().await;
    let first = witness(&world);
    let error = Witness::begin(options(&world)).unwrap_err().to_string();
    assert!(error.contains("another witness is at work"), "{error}");
    drop(first);
    witness(&world);
}

#[tokio::test]
async fn what_is_no_note_is_no_evidence() {
    let world = filled().await;
    let mut options = options(&world);
    // A page of the register in the place of its log, as a door before it could answer.
    options.register = format!("{}/entries?q=", world.address);
    let seen = Witness::begin(options).unwrap().look(true).await;
    assert!(matches!(seen, Err(WitnessError::Ask(_))), "{seen:?}");
    assert!(!world.folder.0.join("witness/alarm").exists());
}

#[tokio::test]
async fn a_history_that_was_rewritten_with_all_its_hashes_raises_an_alarm() {
    // The whole log again, without what one event said: chain, tree and checkpoints fit together.
    for grows in [false, true] {
        let world = filled().await;
        let signed = world.get("/api/v1/log/checkpoint", "").await.text;
        witness(&world).look(true).await.unwrap();
        sql(&world.database(), &[TRIGGERS, "DELETE FROM checkpoints; DELETE FROM tree"]).await.unwrap();
        rewrite(&world.database(), 9, "mend it", "keep it").await;
        let world = world.restart().await;
        if grows {
            world.submitted(named(sample::passing(), "later"), "later").await;
        }
        let again = world.get("/api/v1/log/checkpoint", "").await.text;
        let key = log_signer().verifier();
        assert_ne!(Checkpoint::open(&signed, &key).unwrap().root, Checkpoint::open(&again, &key).unwrap().root);
        match alarm(witness(&world).look(false).await) {
            Alarm::Forked { size: 11, .. } if !grows => {}
            Alarm::Rewritten { from: 11, to: 13, .. } if grows => {}
            other => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn an_old_copy_that_was_put_back_and_went_on_raises_an_alarm() {
    let world = filled().await;
    witness(&world).look(true).await.unwrap();
    let (world, copy) = copied(world).await;
    world.registered(named(sample::passing(), "later"), "later").await;
    witness(&world).look(false).await.unwrap();
    let world = world.restart_over(copy).await;
    match alarm(witness(&world).look(false).await) {
        Alarm::Shorter { known: 15, found: 11 } => {}
        other => panic!("{other}"),
    }
    std::fs::remove_file(options(&world).state.join("alarm")).unwrap();
    for name in ["x", "y", "z"] {
        world.submitted(named(sample::passing(), name), name).await;
    }
    match alarm(witness(&world).look(false).await) {
        Alarm::Rewritten { from: 15, to: 17, .. } => {}
        other => panic!("{other}"),
    }
}

/// A copy of the database of `world`, as whoever keeps it can make one.
async fn copied(world: World) -> (World, Database) {
    let Some(name) = world.place.name().map(str::to_owned) else {
        let (copy, folder) = (Database::new(&world.folder.0.join("copy")).await, world.folder.0.join("copy"));
        std::fs::create_dir(folder).unwrap();
        sql(&world.database(), &[&format!("VACUUM INTO '{}'", copy.address)]).await.unwrap();
        return (world, copy);
    };
    let copy = Database::on(server()).await;
    let to = copy.name().unwrap();
    let statements = [format!("DROP DATABASE {to}"), format!("CREATE DATABASE {to} TEMPLATE {name}")];
    let copying = async {
        for statement in &statements {
            server().administer(statement).await;
        }
    };
    (world.restart_after(copying).await, copy)
}

/// The same over a connection to either database.
macro_rules! rewrite_over {
    ($connection:expr, $seq:ident, $old:ident, $new:ident) => {{
        let mut connection = $connection;
        let rows: Vec<(i64, String, String, String, Vec<u8>)> =
            sqlx::query_as("SELECT seq, time, kind, actor, bytes FROM events ORDER BY seq")
                .fetch_all(&mut connection)
                .await
                .unwrap();
        let (mut prev, mut edge) = (ORIGIN.to_owned(), Edge::default());
        for (seq, time, kind, actor, bytes) in rows {
            let text = String::from_utf8(bytes).unwrap();
            let bytes = if seq == $seq { text.replace($old, $new) } else { text }.into_bytes();
            let sha256 = canonical::sha256(&bytes);
            let link = Link { seq: seq.unsigned_abs(), time, kind, actor, sha256, prev: prev.clone() };
            prev = link.this().unwrap();
            sqlx::query("UPDATE events SET bytes = $1, sha256 = $2, prev = $3, this = $4 WHERE seq = $5")
                .bind(&bytes)
                .bind(&link.sha256)
                .bind(&link.prev)
                .bind(&prev)
                .bind(seq)
                .execute(&mut connection)
                .await
                .unwrap();
            for (place, hash) in edge.push(link.leaf().unwrap().hash().unwrap()) {
                sqlx::query("INSERT INTO tree (level, position, hash) VALUES ($1, $2, $3)")
                    .bind(i64::from(place.level))
                    .bind(i64::try_from(place.position).unwrap())
                    .bind(hash.as_bytes().as_slice())
                    .execute(&mut connection)
                    .await
                    .unwrap();
            }
        }
        connection.close().await.unwrap();
    }};
}

/// Writes another text into event `seq` and computes everything that follows from it anew.
async fn rewrite(database: &Location, seq: i64, old: &str, new: &str) {
    match database {
        Location::File(path) => {
            let options = SqliteConnectOptions::new().filename(path).foreign_keys(false);
            rewrite_over!(SqliteConnection::connect_with(&options).await.unwrap(), seq, old, new);
        }
        Location::Server(options) => {
            rewrite_over!(PgConnection::connect_with(options).await.unwrap(), seq, old, new);
        }
    }
}
