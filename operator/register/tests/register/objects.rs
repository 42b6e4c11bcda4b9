//! Objects of item 7 that the factory did not build: submitted by their owner, included by the regulator, public like
//! all others, and never permitted to be launched.

use factory_assurance::{
    confirmation::{self, Confirmed},
    dsse::{PrivateKey, sign},
    object::ObjectKind,
    sample,
    wire::{ConfirmationRequest, ExclusionRequest, Procedure, SubmissionState, WithdrawalRequest},
};
use factory_register::{
    api::{
        entries::{PublicEntry, PublicIndex},
        objects::{ObjectState, ObjectStates},
    },
    store::audit::audit,
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    page::Page,
    world::{Answer, EMAIL, World, inclusion_by, named, object_request},
};

const OBJECTS: &str = "/api/v1/objects";
const ENTRY: &str = "/api/v1/entries/social-registry/archive";

async fn submit(world: &World, token: &str, key: &str, change: impl FnOnce(&mut Value)) -> Answer {
    let mut body = object_request();
    change(&mut body);
    world.post(OBJECTS, token, key, &body).await
}

async fn submitted(world: &World, key: &str) -> ObjectState {
    let answer = submit(world, "owner", key, |_| {}).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.json()
}

async fn confirm(world: &World, state: &ObjectState) -> Answer {
    let inclusion = inclusion_by(&world.regulator_key, state);
    world.post(&format!("{OBJECTS}/{}/confirmation", state.id), "regulator", "", &inclusion).await
}

/// An object that is entered, with four events; the path of its entry.
pub async fn entered(world: &World) -> &'static str {
    entered_with(world, "object", |_| {}).await;
    ENTRY
}

/// Enters an object whose submission under `key` is the sample with a `change`.
pub async fn entered_with(world: &World, key: &str, change: impl FnOnce(&mut Value)) {
    let answer = submit(world, "owner", key, change).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    assert_eq!(confirm(world, &answer.json()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_object_is_submitted_included_and_public_and_says_that_no_test_was_needed() {
    let world = World::start().await;
    let state = submitted(&world, "one").await;
    assert_eq!((state.state, state.kind, state.entry.as_ref()), (Procedure::Submitted, ObjectKind::Resource, None));
    assert!(state.due.is_some());
    assert_eq!(state.people[0].email.as_deref(), Some(EMAIL));
    assert!(state.register.protection[0].email.starts_with("sha256:"), "{:?}", state.register.protection);
    let all: ObjectStates = world.get(OBJECTS, "regulator").await.json();
    assert_eq!(all.objects.len(), 1);
    world.get(ENTRY, "").await.refused(404);
    let entered: ObjectState = confirm(&world, &state).await.json();
    assert_eq!(
        (entered.state, entered.entry.as_deref()),
        (Procedure::Registered, Some("/entries/social-registry/archive"))
    );
    assert_eq!(confirm(&world, &state).await.json::<ObjectState>(), entered, "confirmed again");

    let entry: PublicEntry = world.get(ENTRY, "").await.json();
    let untested = entry.untested.as_ref().unwrap();
    assert_eq!((untested.items.as_str(), &untested.evidence), ("7, 57, 63.2", &state.evidence));
    assert_eq!((entry.class.as_str(), entry.dossier.as_str(), entry.bundle.as_str()), ("resource", &*state.digest, ""));
    assert_eq!((entry.confirmed_by.as_str(), entry.verdict.as_ref()), ("Regulator of the ecosystem", None));
    let page = Page::read(&world.get("/entries/social-registry/archive?lang=en", "").await.text).unwrap();
    assert_eq!(page.faults(), Vec::<String>::new());
    for text in ["No test by the factory was needed", &state.explanation, "Act of acceptance", "57, 63.2", "17.9"] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    for text in ["kubectl factory verify dossier.json", "Inconclusive", "Passed", EMAIL, "Anna Asanova"] {
        assert!(!page.text.contains(text), "{text}: {}", page.text);
    }
    let table = world.get("/api/v1/entries.csv", "").await.text;
    assert!(table.contains("social-registry,archive,") && table.contains(",NotNeeded,"), "{table}");
    let linked: Value = world.get(&format!("{ENTRY}/entry.jsonld"), "").await.json();
    assert_eq!(linked["@type"], "dcat:Dataset");
    let label = linked["dct:provenance"]["label"]["en"].as_str().unwrap();
    assert_eq!(label, format!("No test by the factory was needed (items 7, 57, 63.2): {}", state.explanation));
    let feed = world.get("/entries.atom?lang=en", "").await.text;
    assert!(feed.contains("Entered: Archive of addresses") && feed.contains("No test by the factory"), "{feed}");
    for (search, found) in [("archive", 1), ("nothing", 0)] {
        let index: PublicIndex = world.get(&format!("/api/v1/entries?q={search}"), "").await.json();
        assert_eq!(index.entries.len(), found, "{search}");
    }
    let proof = world.get(&format!("{ENTRY}/proof"), "").await;
    assert!(proof.status.is_success(), "{}", proof.text);
    audit(&world.database()).await.unwrap();
    let world = world.restart().await;
    assert_eq!(world.get(ENTRY, "").await.json::<PublicEntry>(), entry);
}

#[tokio::test]
async fn a_service_for_users_gets_neither_an_entry_nor_a_permit_in_this_way() {
    let world = World::start().await;
    let refused = submit(&world, "owner", "service", |body| body["kind"] = json!("Service")).await.refused(422);
    assert!(refused.contains("every other service is a state service, which the factory tests"), "{refused}");
    let state = submitted(&world, "one").await;
    // A confirmation, which a permit is made from, does not pass for an inclusion.
    let confirmed = Confirmed {
        resource: "social-registry/archive/1",
        bundle: &state.digest,
        dossier: &state.digest,
        standard: "basic@1",
    };
    let statement = confirmation::statement(&confirmed, "Regulator", "2026-03-04T05:06:07Z");
    let wrong = ConfirmationRequest { confirmation: sign(&statement, &world.regulator_key).unwrap() };
    let path = format!("{OBJECTS}/{}/confirmation", state.id);
    world.post(&path, "regulator", "", &wrong).await.refused(422);
    confirm(&world, &state).await.json::<ObjectState>();
    // What the permit keeper and the operator ask for does not have it.
    for token in ["keeper", "factory"] {
        assert!(world.get("/api/v1/submissions", token).await.json::<Vec<SubmissionState>>().is_empty());
        world.get(&format!("/api/v1/submissions/{}", state.id), token).await.refused(404);
        world.get(&format!("/api/v1/submissions/{}/dossier", state.id), token).await.refused(404);
        world.get(&format!("{OBJECTS}/{}", state.id), token).await.refused(403);
    }
    // Nor does an inclusion confirm what was tested, on either address.
    let tested = world.submitted(sample::passing(), "tested").await;
    let inclusion = inclusion_by(&world.regulator_key, &state);
    world
        .post(&format!("/api/v1/submissions/{}/confirmation", tested.id), "regulator", "", &inclusion)
        .await
        .refused(422);
    let path = format!("/api/v1/submissions/{}/confirmation", state.id);
    world.post(&path, "regulator", "", &world.confirmation(&tested)).await.refused(404);
}

#[tokio::test]
async fn what_the_factory_tests_is_entered_by_a_release_only() {
    let world = World::start().await;
    world.registered(sample::passing(), "tested").await;
    let refused = submit(&world, "owner", "two", |body| body["name"] = json!("registered-address")).await.refused(409);
    assert!(refused.contains("is tested by the factory"), "{refused}");
    // Also when the release came between submission and confirmation.
    let state = submitted(&world, "one").await;
    world.submitted(named(sample::passing(), "archive"), "archive").await;
    let refused = confirm(&world, &state).await.refused(409);
    assert!(refused.contains("is tested by the factory"), "{refused}");
    world.get(ENTRY, "").await.refused(404);
}

#[tokio::test]
async fn each_acts_for_itself() {
    let world = World::start().await;
    for token in ["reader", "stranger", "regulator", "factory", "keeper"] {
        submit(&world, token, "one", |_| {}).await.refused(403);
    }
    submit(&world, "", "one", |_| {}).await.refused(401);
    submit(&world, "owner", "one", |body| body["participant"] = json!("another-body")).await.refused(403);
    let state = submitted(&world, "one").await;
    let inclusion = inclusion_by(&world.regulator_key, &state);
    for token in ["owner", "stranger", "factory", "keeper"] {
        let path = format!("{OBJECTS}/{}", state.id);
        world.post(&format!("{path}/confirmation"), token, "", &inclusion).await.refused(403);
        world.post(&format!("{path}/return"), token, "", &json!({"reason": "x"})).await.refused(403);
        world.post(&format!("{path}/forgetting"), token, "", &json!({"reason": "x"})).await.refused(403);
    }
    // Contacts are for whoever speaks for the participant, not for whoever may look at it.
    for token in ["stranger", "reader", "factory", "keeper"] {
        world.get(&format!("{OBJECTS}/{}", state.id), token).await.refused(403);
        world.get(&format!("{OBJECTS}?participant=social-registry"), token).await.refused(403);
    }
    world.get(OBJECTS, "owner").await.refused(403);
    assert_eq!(world.get(&format!("{OBJECTS}?participant=social-registry"), "owner").await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_does_not_hold_is_named() {
    let world = World::start().await;
    let cases: [(&str, Value, u16, &str); 7] = [
        ("/explanation", json!(""), 422, "explanation: must be one line"),
        ("/register/users", json!([]), 422, "register: must have the data of each of the nine groups"),
        ("/register/protection/0/email", json!("anna"), 422, "register.protection.0.email: "),
        ("/titles/en", json!("a\u{202e}b"), 422, "titles.en: must be plain text, not `U+202E`"),
        ("/evidence/0/digest", json!("sha256:1"), 422, "evidence[0].digest: "),
        ("/basis", json!("TrustService"), 422, "basis: must be NoStateService"),
        ("/kind", json!("Thing"), 400, "unknown variant `Thing`"),
    ];
    for (pointer, value, code, says) in cases {
        let answer = submit(&world, "owner", "key", |body| *body.pointer_mut(pointer).unwrap() = value).await;
        let refused = answer.refused(code);
        assert!(refused.contains(says), "{pointer}: {refused}");
    }
    let state = submitted(&world, "one").await;
    assert_eq!(
        submit(&world, "owner", "one", |_| {}).await.json::<ObjectState>(),
        state,
        "the same under the same key"
    );
    for change in [
        |body: &mut Value| body["explanation"] = json!("Another."),
        |body: &mut Value| body["register"]["protection"][0]["email"] = json!("other@gov.kg"),
    ] {
        let refused = submit(&world, "owner", "one", change).await.refused(409);
        assert!(refused.contains("`one` was used before"), "{refused}");
    }
    let refused = submit(&world, "owner", "two", |_| {}).await.refused(409);
    assert!(refused.contains("waits for the regulator already"), "{refused}");
    // Signed with another key, or about another object.
    let path = format!("{OBJECTS}/{}/confirmation", state.id);
    world.post(&path, "regulator", "", &inclusion_by(&PrivateKey::generate(), &state)).await.refused(422);
    let other: ObjectState = submit(&world, "owner", "other", |body| body["name"] = json!("other")).await.json();
    let refused = world.post(&path, "regulator", "", &inclusion_by(&world.regulator_key, &other)).await.refused(422);
    assert!(refused.contains("subject: "), "{refused}");
    world
        .post(&format!("{OBJECTS}/none/confirmation"), "regulator", "", &inclusion_by(&world.regulator_key, &state))
        .await
        .refused(404);
}

#[tokio::test]
async fn what_was_decided_stays_and_a_change_is_another_entry() {
    let world = World::start().await;
    let state = submitted(&world, "one").await;
    let path = format!("{OBJECTS}/{}/return", state.id);
    world.post(&path, "regulator", "", &json!({"reason": " "})).await.refused(422);
    let reason = json!({"reason": "The act is of another year."});
    let returned: ObjectState = world.post(&path, "regulator", "", &reason).await.json();
    assert_eq!((returned.state, returned.reason.as_str()), (Procedure::Returned, "The act is of another year."));
    assert_eq!(world.post(&path, "regulator", "", &reason).await.json::<ObjectState>(), returned, "again");
    confirm(&world, &state).await.refused(409);
    // The owner mends it, and later changes it (21): the history stays.
    let second = submitted(&world, "two").await;
    assert_eq!(confirm(&world, &second).await.status, StatusCode::OK);
    world.post(&path.replace(&state.id, &second.id), "regulator", "", &reason).await.refused(409);
    let third: ObjectState =
        submit(&world, "owner", "three", |body| body["explanation"] = json!("Changed.")).await.json();
    assert_eq!(world.get(ENTRY, "").await.json::<PublicEntry>().untested.unwrap().explanation, second.explanation);
    confirm(&world, &third).await;
    assert_eq!(world.get(ENTRY, "").await.json::<PublicEntry>().untested.unwrap().explanation, "Changed.");
    let wish = WithdrawalRequest { reason: "It was merged.".to_owned() };
    let ended = world.post(&format!("{ENTRY}/withdrawal"), "owner", "end", &wish).await;
    assert_eq!(ended.status, StatusCode::CREATED, "{}", ended.text);
    for id in [&second.id, &third.id] {
        let ended: ObjectState = world.get(&format!("{OBJECTS}/{id}"), "owner").await.json();
        assert_eq!((ended.state, ended.reason.as_str()), (Procedure::Withdrawn, "It was merged."));
    }
    // It comes back by another submission, and the regulator can exclude it.
    let fourth = submitted(&world, "four").await;
    confirm(&world, &fourth).await;
    let exclusion = ExclusionRequest { reason: "It is false.".to_owned(), item: "21".to_owned() };
    let excluded = world.post(&format!("{ENTRY}/exclusion"), "regulator", "out", &exclusion).await;
    assert_eq!(excluded.status, StatusCode::CREATED, "{}", excluded.text);
    assert_eq!(excluded.json::<PublicEntry>().withdrawn.unwrap().item.as_deref(), Some("21"));
    audit(&world.database()).await.unwrap();
}

#[tokio::test]
async fn its_people_can_be_forgotten_and_every_proof_holds() {
    let world = World::start().await;
    let state = submitted(&world, "one").await;
    confirm(&world, &state).await;
    let proof = world.get(&format!("{ENTRY}/proof"), "").await.text;
    assert!(!proof.contains(EMAIL) && !world.get("/api/v1/log/events?from=1", "regulator").await.text.contains(EMAIL));
    let path = format!("{OBJECTS}/{}/forgetting", state.id);
    world.post(&path, "regulator", "", &json!({"reason": " "})).await.refused(422);
    let reason = json!({"reason": "She asked for it."});
    for _ in 0..2 {
        let forgotten: ObjectState = world.post(&path, "regulator", "", &reason).await.json();
        assert_eq!((forgotten.people[0].email.as_ref(), forgotten.people[0].name.as_ref()), (None, None));
        assert_eq!((&*forgotten.people[0].position, &forgotten.digest), (&*state.people[0].position, &state.digest));
    }
    assert_eq!(world.get(ENTRY, "").await.json::<PublicEntry>().dossier, state.digest);
    audit(&world.database()).await.unwrap();
}
