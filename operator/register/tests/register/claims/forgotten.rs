//! What people wrote is beside the log, follows it wherever it goes, and can be forgotten: every proof holds after.

use factory_assurance::log::{
    Checkpoint,
    proof::{Consistency, Inclusion},
    served::Events,
};
use factory_register::{
    api::claims::{ClaimStatus, HeldClaim},
    copies,
    log::event::ClaimDecision,
    store::{Location, audit::audit},
};
use serde_json::json;

use super::{CONTACT, WORDS, answered, decided, published, taken, world};
use crate::{
    log::sql,
    server::{Database, server},
    world::{World, log_signer},
};

const ANSWER: &str = "Dear Anna, the seal is there again.";

async fn forget(world: &World, id: &str, words: bool) -> HeldClaim {
    let body = json!({"words": words, "reason": "The person asked for it."});
    world.post(&format!("/api/v1/claims/{id}/forgetting"), "regulator", "", &body).await.json()
}

async fn checkpoint(world: &World) -> Checkpoint {
    let note = world.get("/api/v1/log/checkpoint", "").await.text;
    Checkpoint::open(&note, &log_signer().verifier()).unwrap()
}

/// A claim with contact and answer.
async fn answered_claim(world: &World) -> ClaimStatus {
    let claim = taken(world, "one", |_| {}).await;
    decided(world, &claim.id, ClaimDecision::Publish, "").await;
    assert!(answered(world, "owner", &claim.id, ANSWER).await.status.is_success());
    claim
}

/// Whether the database's files hold `text`. Of a server's, nobody knows which they are.
fn holds(database: &Location, text: &str) -> Option<bool> {
    let Location::File(path) = database else { return None };
    let wal = path.with_file_name(format!("{}-wal", path.file_name().unwrap().to_str().unwrap()));
    let files = [std::fs::read(path).unwrap(), std::fs::read(wal).unwrap_or_default()];
    Some(files.iter().any(|bytes| bytes.windows(text.len()).any(|part| part == text.as_bytes())))
}

#[tokio::test]
async fn a_person_is_forgotten_and_every_proof_still_holds() {
    let world = world().await;
    let claim = answered_claim(&world).await;
    let signed = checkpoint(&world).await;
    assert_ne!(holds(&world.database(), CONTACT), Some(false), "the search finds nothing at all");

    let held = forget(&world, &claim.id, false).await;
    assert_eq!((held.contact, held.contact_forgotten, held.words.as_deref()), (None, true, Some(WORDS)));
    assert_ne!(holds(&world.database(), CONTACT), Some(true), "the contact is still in a file");
    let held = forget(&world, &claim.id, true).await;
    assert_eq!((held.words, held.status.answer.unwrap().words), (None, None));
    for text in ["without its seal", "Dear Anna"] {
        assert_ne!(holds(&world.database(), text), Some(true), "{text}");
    }
    let again = forget(&world, &claim.id, true).await;
    assert_eq!(again.words, None);
    assert!(published(&world).await.claims.is_empty());
    answered(&world, "owner", &claim.id, ANSWER).await.refused(409);

    // Each event of the claim is where it was, and the log that was signed is the beginning of today's.
    let now = checkpoint(&world).await;
    assert_eq!(now.size, signed.size + 2);
    for event in 1..=signed.size {
        let events: Events = world.get(&format!("/api/v1/log/events?from={event}&limit=1"), "").await.json();
        let leaf = events.events[0].held(event).unwrap();
        let path = format!("/api/v1/log/inclusion?event={event}&size={}", signed.size);
        world.get(&path, "").await.json::<Inclusion>().verify(&leaf, &signed.root).unwrap();
    }
    let path = format!("/api/v1/log/consistency?from={}&to={}", signed.size, now.size);
    world.get(&path, "").await.json::<Consistency>().verify(&signed.root, &now.root).unwrap();
    audit(&world.database()).await.unwrap();
    let world = world.restart().await;
    assert_eq!(checkpoint(&world).await, now);
}

#[tokio::test]
async fn the_log_has_commitments_alone_and_what_waits_is_decided_before_it_is_forgotten() {
    let world = world().await;
    let claim = taken(&world, "one", |_| {}).await;
    let body = json!({"words": true, "reason": "Asked for."});
    let path = format!("/api/v1/claims/{}/forgetting", claim.id);
    let refused = world.post(&path, "regulator", "", &body).await.refused(409);
    assert!(refused.contains("it is decided first, and forgotten then"), "{refused}");
    let refused = world.post(&path, "regulator", "", &json!({"words": false, "reason": " "})).await.refused(422);
    assert!(refused.starts_with("reason: must have 1 to 500 characters"), "{refused}");
    let file = world.folder.0.join("backup");
    copies::backup(&world.database(), &file).await.unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let events: Vec<_> = text.lines().filter(|line| line.starts_with("{\"event\"")).collect();
    assert!(events.len() > 5 && events.iter().any(|event| event.contains(&claim.id)));
    for secret in [CONTACT, "without its seal"] {
        assert!(text.contains(secret) && !events.iter().any(|event| event.contains(secret)), "{secret}");
    }
}

#[tokio::test]
async fn a_text_that_was_changed_or_removed_in_sql_is_named() {
    for (harm, says) in [
        ("DELETE FROM plaintexts WHERE text = 'anna@example.kg'", "has no row, the log gives sha256:"),
        (
            "DROP TRIGGER plaintexts_never_change; UPDATE plaintexts SET text = 'eve@example.kg' WHERE text = 'anna@example.kg'",
            "a text that is not the one that was committed to",
        ),
        (
            "INSERT INTO plaintexts (commitment, salt, text) VALUES ('sha256:00', '00', 'x')",
            "has sha256:00, the log gives no row",
        ),
    ] {
        let world = world().await;
        let claim = answered_claim(&world).await;
        audit(&world.database()).await.unwrap();
        let change = "UPDATE plaintexts SET text = 'eve'";
        assert!(sql(&world.database(), &[change]).await.is_err(), "a text is changed");
        let harm = match (&world.database(), harm.strip_prefix("DROP TRIGGER plaintexts_never_change; ")) {
            (Location::Server(_), Some(rest)) => format!("ALTER TABLE plaintexts DISABLE TRIGGER ALL; {rest}"),
            _ => harm.to_owned(),
        };
        sql(&world.database(), &[&harm]).await.unwrap();
        let error = audit(&world.database()).await.unwrap_err().to_string();
        assert!(error.contains("plaintexts") && error.contains(says), "{error}");
        if harm.contains("eve") {
            // Nor is it shown to anyone.
            world.get(&format!("/api/v1/claims/{}", claim.id), "").await.refused(500);
        }
        let file = world.folder.0.join("backup");
        assert!(copies::backup(&world.database(), &file).await.is_err(), "{harm}");
    }
}

#[tokio::test]
async fn texts_go_with_backups_and_copies_and_what_was_forgotten_does_not() {
    let world = world().await;
    let claim = answered_claim(&world).await;
    let other = taken(&world, "two", |body| body["words"] = json!("It works.")).await;
    let places = [Database::file(&world.folder.0.join("copy.db")), Database::on(server()).await];
    for place in &places {
        copies::copy(&world.database(), &place.location()).await.unwrap();
        audit(&place.location()).await.unwrap();
    }
    forget(&world, &claim.id, true).await;
    let file = world.folder.0.join("backup");
    copies::backup(&world.database(), &file).await.unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("It works.") && !text.contains("Dear Anna"));
    let restored = Database::file(&world.folder.0.join("restored.db"));
    copies::restore(&file, &restored.location()).await.unwrap();
    // A backup that lost a text is no backup.
    let without: Vec<_> = text.lines().filter(|line| !line.contains("It works.")).collect();
    let cut = file.with_extension("cut");
    std::fs::write(&cut, without.join("\n") + "\n").unwrap();
    let empty = Database::file(&world.folder.0.join("empty.db"));
    let error = copies::restore(&cut, &empty.location()).await.unwrap_err().to_string();
    assert!(error.contains("view `plaintexts` does not follow from the log"), "{error}");
    for place in &places {
        // What was copied before it was forgotten goes there as well.
        copies::copy(&world.database(), &place.location()).await.unwrap();
    }
    let expected = audit(&world.database()).await.unwrap();
    let mut world = world;
    for place in places.into_iter().chain([restored]) {
        assert_eq!(audit(&place.location()).await.unwrap(), expected);
        world = world.restart_over(place).await;
        let list: factory_register::api::claims::HeldClaims =
            world.get("/api/v1/claims?waiting=true", "regulator").await.json();
        assert_eq!((list.claims.len(), list.claims[0].words.as_deref()), (1, Some("It works.")));
        assert_eq!(list.claims[0].status.id, other.id);
        let decided: factory_register::api::claims::HeldClaims = world.get("/api/v1/claims", "regulator").await.json();
        assert_eq!((&decided.claims[0].words, &decided.claims[0].contact), (&None, &None));
    }
}
