//! An owner withdraws a service (21): its own only, once, for everyone to see and for good; what is
//! confirmed afterwards is entered anew.

use factory_assurance::{
    dossier::TestResult,
    sample,
    wire::{Procedure, SubmissionState, WithdrawalRequest},
};
use factory_register::{
    api::entries::{PublicEntry, PublicIndex},
    store::audit::audit,
};
use reqwest::StatusCode;
use serde_json::json;

use crate::{
    page::Page,
    world::{Answer, World, named},
};

const ENTRY: &str = "/api/v1/entries/social-registry/registered-address";
const PAGE: &str = "/entries/social-registry/registered-address?lang=en";
const REASON: &str = "Its work moved to the portal <b>of e-services</b>.";

async fn withdraw(world: &World, token: &str, key: &str, reason: &str) -> Answer {
    let body = WithdrawalRequest { reason: reason.to_owned() };
    world.post(&format!("{ENTRY}/withdrawal"), token, key, &body).await
}

/// The next release of the sample's service.
fn next() -> TestResult {
    let mut result = sample::passing();
    "registered-address-2".clone_into(&mut result.subject.release);
    result
}

async fn state(world: &World, id: &str) -> SubmissionState {
    world.get(&format!("/api/v1/submissions/{id}"), "keeper").await.json()
}

#[tokio::test]
async fn a_withdrawn_service_stays_public_and_says_when_and_why() {
    let world = World::start().await;
    let submission = world.registered(sample::passing(), "one").await;
    let other = world.registered(named(sample::passing(), "other"), "other").await;
    let answer = withdraw(&world, "owner", "key", &format!(" {REASON} ")).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let withdrawn = answer.json::<PublicEntry>().withdrawn.unwrap();
    assert_eq!(withdrawn.reason, REASON);

    let entry: PublicEntry = world.get(ENTRY, "").await.json();
    assert_eq!((entry.dossier, entry.withdrawn.as_ref()), (submission.dossier, Some(&withdrawn)));
    // By the clock of Bishkek.
    let moment: jiff::Timestamp = withdrawn.at.parse().unwrap();
    let day = jiff::tz::Offset::constant(6).to_datetime(moment).date();
    let page = Page::read(&world.get(PAGE, "").await.text).unwrap();
    assert_eq!(page.faults(), Vec::<String>::new());
    assert!(page.text.contains(&format!("Withdrawn on {day}: {REASON} (item 21)")), "{}", page.text);
    let index: PublicIndex = world.get("/api/v1/entries", "").await.json();
    assert_eq!(index.entries.iter().filter(|entry| entry.withdrawn.is_some()).count(), 1);
    assert_eq!(index.entries.len(), 2);
    let index = Page::read(&world.get("/entries?lang=en", "").await.text).unwrap();
    assert!(index.text.contains(&format!("Withdrawn on {day}")), "{}", index.text);

    // The programs read it of the submission, and nobody else's service is concerned.
    let after = state(&world, &submission.id).await;
    assert_eq!((after.state, after.reason.as_str()), (Procedure::Withdrawn, REASON));
    assert_eq!(state(&world, &other.id).await, other);
    let listed: Vec<SubmissionState> = world.get("/api/v1/submissions?state=Withdrawn", "keeper").await.json();
    assert_eq!(listed, [after]);
}

#[tokio::test]
async fn only_who_may_delete_its_manifest_withdraws_a_service() {
    let world = World::start().await;
    let submission = world.registered(sample::passing(), "one").await;
    for token in ["reader", "stranger", "regulator"] {
        let detail = withdraw(&world, token, "key", REASON).await.refused(403);
        assert!(
            detail.contains("has no right `delete` on stateservices.factory.gov.kg in social-registry"),
            "{detail}"
        );
    }
    for token in ["factory", "keeper"] {
        let detail = withdraw(&world, token, "key", REASON).await.refused(403);
        assert!(detail.contains("is a program of the factory and withdraws nothing (item 21)"), "{detail}");
    }
    withdraw(&world, "", "key", REASON).await.refused(401);
    // An owner is one in the participant's own namespace only.
    let body = WithdrawalRequest { reason: REASON.to_owned() };
    world.post("/api/v1/entries/another-body/registered-address/withdrawal", "owner", "key", &body).await.refused(403);
    assert_eq!(state(&world, &submission.id).await, submission);
}

#[tokio::test]
async fn what_is_no_reason_is_refused_by_its_field() {
    let world = World::start().await;
    world.registered(sample::passing(), "one").await;
    let long = "я".repeat(501);
    for (reason, rule) in [
        (" ", "reason: must say in 1 to 500 characters why (item 21), not in 0"),
        (long.as_str(), "not in 501"),
        ("a\nb", "reason: must be one line of plain text, without the character U+000A"),
        ("a\u{202e}b", "U+202E"),
    ] {
        let detail = withdraw(&world, "owner", "key", reason).await.refused(422);
        assert!(detail.starts_with("reason: ") && detail.contains(rule), "{detail}");
    }
    let path = format!("{ENTRY}/withdrawal");
    world.post(&path, "owner", "key", &json!({"reason": REASON, "at": "2020-01-01"})).await.refused(400);
    let detail = world.post(&path, "owner", "", &json!({"reason": REASON})).await.refused(400);
    assert!(detail.starts_with("Idempotency-Key: "), "{detail}");
    world.get(&path, "owner").await.refused(405);
    assert_eq!(world.get(ENTRY, "").await.json::<PublicEntry>().withdrawn, None);
}

#[tokio::test]
async fn a_withdrawal_is_made_once_and_survives_a_restart() {
    let world = World::start().await;
    let detail = withdraw(&world, "owner", "key", REASON).await.refused(404);
    assert!(detail.contains("has no entry social-registry/registered-address"), "{detail}");
    let submission = world.registered(sample::passing(), "one").await;
    let first: PublicEntry = withdraw(&world, "owner", "key", REASON).await.json();
    let events = audit(&world.database()).await.unwrap();
    let world = world.restart().await;
    for key in ["key", "another"] {
        let again = withdraw(&world, "owner", key, REASON).await;
        assert_eq!((again.status, again.json::<PublicEntry>()), (StatusCode::OK, first.clone()), "{key}");
    }
    let detail = withdraw(&world, "owner", "key", "another reason").await.refused(409);
    assert!(detail.contains("`key` was used before, with another body"), "{detail}");
    let detail = withdraw(&world, "owner", "another", "another reason").await.refused(409);
    assert!(detail.contains("is withdrawn already: with another reason, which stays"), "{detail}");
    // Nor does the regulator's confirmation, sent again, undo it.
    let detail = world.confirm(&submission).await.refused(409);
    assert!(detail.contains("is Withdrawn already"), "{detail}");
    assert_eq!(audit(&world.database()).await.unwrap(), events);
}

#[tokio::test]
async fn requests_at_the_same_moment_withdraw_once() {
    let world = World::start().await;
    world.registered(sample::passing(), "one").await;
    let keys: Vec<String> = (0..8).map(|key| key.to_string()).collect();
    let answers = futures::future::join_all(keys.iter().map(|key| withdraw(&world, "owner", key, REASON))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count(), 1);
    assert!(answers.iter().all(|answer| answer.json::<PublicEntry>() == answers[0].json::<PublicEntry>()));
    audit(&world.database()).await.unwrap();
}

#[tokio::test]
async fn a_service_that_is_entered_again_is_in_force_and_its_history_stays() {
    let world = World::start().await;
    let first = world.registered(sample::passing(), "one").await;
    // With the regulator while the entry is withdrawn: not concerned.
    let waiting = world.submitted(next(), "two").await;
    let withdrawn: PublicEntry = withdraw(&world, "owner", "key", REASON).await.json();
    assert_eq!(state(&world, &waiting.id).await, waiting);
    let second: SubmissionState = world.confirm(&waiting).await.json();
    assert_eq!(second.state, Procedure::Registered);

    let entry: PublicEntry = world.get(ENTRY, "").await.json();
    assert_eq!((entry.dossier, entry.withdrawn), (second.dossier.clone(), None));
    let page = world.get(PAGE, "").await.text;
    assert!(page.contains(&first.dossier) && page.contains("Its work moved"), "{page}");
    assert!(!page.contains("class=\"withdrawn\""), "{page}");
    assert_eq!(state(&world, &first.id).await.state, Procedure::Withdrawn);

    // The first wish, sent again, is the first withdrawal and touches nothing of the second entry.
    let again = withdraw(&world, "owner", "key", REASON).await;
    assert_eq!((again.status, again.json::<PublicEntry>()), (StatusCode::OK, withdrawn));
    assert_eq!(state(&world, &second.id).await, second);
    // A new one is another withdrawal.
    let last: PublicEntry = withdraw(&world, "owner", "new", REASON).await.json();
    assert_eq!(last.dossier, second.dossier);
    audit(&world.database()).await.unwrap();
}

#[tokio::test]
async fn with_the_newest_entry_everything_that_was_confirmed_before_it_ends() {
    let world = World::start().await;
    let first = world.registered(sample::passing(), "one").await;
    let second = world.registered(next(), "two").await;
    withdraw(&world, "owner", "key", REASON).await;
    for id in [&first.id, &second.id] {
        assert_eq!(state(&world, id).await.state, Procedure::Withdrawn);
    }
    let world = world.restart().await;
    assert!(world.get(ENTRY, "").await.json::<PublicEntry>().withdrawn.is_some());
}
