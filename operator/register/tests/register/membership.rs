//! Requests for access to the register (14, 23): anyone asks without an account, the regulator alone decides, each
//! decision is in the log, and who asked can be forgotten.

use factory_register::{
    api::membership::{AccessStatus, HeldAccess, HeldAccesses},
    store::{audit::audit, membership::Standing},
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::world::{Answer, World, plenty};

const REQUESTS: &str = "/api/v1/access-requests";
const CONTACT: &str = "bermet@example.kg";

fn request() -> Value {
    json!({
        "organisation": "Land <b>Registry</b>", "registrationNumber": "77", "basis": "Statute of 2021",
        "wants": "Enter the cadastre.", "language": "ky", "name": "Bermet Usenova", "contact": CONTACT,
    })
}

async fn ask(world: &World, key: &str, change: impl FnOnce(&mut Value)) -> Answer {
    let mut body = request();
    change(&mut body);
    world.post(REQUESTS, "", key, &body).await
}

async fn asked(world: &World, key: &str) -> AccessStatus {
    let answer = ask(world, key, |_| {}).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.json()
}

async fn decide(world: &World, id: &str, token: &str, decision: Value) -> Answer {
    world.post(&format!("{REQUESTS}/{id}/decision"), token, "", &decision).await
}

#[tokio::test]
async fn access_is_asked_for_granted_and_taken_and_all_of_it_is_in_the_log() {
    let world = World::start().await;
    let status = asked(&world, "one").await;
    assert_eq!((status.state, status.participant.as_str()), (Standing::Received, ""));
    let held: HeldAccesses = world.get(REQUESTS, "regulator").await.json();
    assert_eq!((held.requests.len(), held.requests[0].contact.as_deref()), (1, Some(CONTACT)));
    let grant = json!({"act": "Grant", "participant": "land-registry"});
    let granted: HeldAccess = decide(&world, &status.id, "regulator", grant.clone()).await.json();
    assert_eq!((granted.status.state, &*granted.status.participant), (Standing::Granted, "land-registry"));
    assert_eq!(decide(&world, &status.id, "regulator", grant).await.json::<HeldAccess>(), granted, "again");
    let path = format!("{REQUESTS}/{}", status.id);
    assert_eq!(world.get(&path, "").await.json::<AccessStatus>(), granted.status);
    let page = world.get(&format!("{}?lang=en", status.page), "").await.text;
    assert!(page.contains("Access granted") && page.contains("land-registry") && !page.contains(CONTACT), "{page}");
    assert!(!page.contains("Land <b>"), "a text is not escaped");
    let take = json!({"act": "Take", "reason": "It was merged."});
    let taken: HeldAccess = decide(&world, &status.id, "regulator", take).await.json();
    assert_eq!((taken.status.state, &*taken.status.reason), (Standing::Taken, "It was merged."));
    let events = world.get("/api/v1/log/events?from=1", "").await.text;
    // Their leaves alone are public, and nobody is named in one.
    assert_eq!(events.matches("\"leaf\"").count(), 3, "{events}");
    assert!(!events.contains("Land") && !events.contains(CONTACT), "{events}");
    audit(&world.database()).await.unwrap();
    let world = world.restart().await;
    assert_eq!(world.get(&path, "").await.json::<AccessStatus>(), taken.status);
}

#[tokio::test]
async fn the_regulator_alone_decides_and_what_was_decided_stays() {
    let world = World::start().await;
    let status = asked(&world, "one").await;
    for token in ["owner", "reader", "stranger", "factory", "keeper"] {
        world.get(REQUESTS, token).await.refused(403);
        let grant = json!({"act": "Grant", "participant": "land-registry"});
        decide(&world, &status.id, token, grant).await.refused(403);
        world
            .post(&format!("{REQUESTS}/{}/forgetting", status.id), token, "", &json!({"reason": "x"}))
            .await
            .refused(403);
    }
    world.get(REQUESTS, "").await.refused(401);
    for (decision, says) in [
        (json!({"act": "Grant"}), "participant: must be lower-case"),
        (json!({"act": "Grant", "participant": "A/b"}), "participant: must be lower-case"),
        (json!({"act": "Grant", "participant": "a", "reason": "x"}), "reason: must be empty"),
        (json!({"act": "Refuse"}), "reason: must have 1 to 500"),
        (json!({"act": "Refuse", "reason": "x", "participant": "a"}), "participant: must be empty"),
        (json!({"act": "Refuse", "reason": "a\u{202e}b"}), "reason: must be one line of plain text, not `U+202E`"),
    ] {
        let refused = decide(&world, &status.id, "regulator", decision).await.refused(422);
        assert!(refused.contains(says), "{refused}");
    }
    let refused = decide(&world, &status.id, "regulator", json!({"act": "Take", "reason": "x"})).await.refused(409);
    assert!(refused.contains("only access that was granted can be taken"), "{refused}");
    let refuse = json!({"act": "Refuse", "reason": "No power is named."});
    assert_eq!(decide(&world, &status.id, "regulator", refuse).await.status, StatusCode::OK);
    let grant = json!({"act": "Grant", "participant": "land-registry"});
    let refused = decide(&world, &status.id, "regulator", grant.clone()).await.refused(409);
    assert!(refused.contains("what was decided stays"), "{refused}");
    decide(&world, "none", "regulator", grant).await.refused(404);
    world.get(&format!("{REQUESTS}/none"), "").await.refused(404);
    world.get("/access/none", "").await;
}

#[tokio::test]
async fn what_is_no_request_is_refused_by_its_field_and_floods_end() {
    let world = World::start().await;
    for (field, value, says) in [
        ("organisation", "", "organisation: must have 1 to 500"),
        ("registrationNumber", " ", "registrationNumber: must have 1 to 500"),
        ("basis", "a\u{1b}b", "basis: must be one line of plain text, not `U+001B`"),
        ("wants", "a\nb", "wants: must be one line"),
        ("language", "de", "language: must be ky, ru or en"),
        ("name", "", "name: must have"),
        ("contact", "", "contact: must have"),
    ] {
        let refused = ask(&world, "key", |body| body[field] = json!(value)).await.refused(422);
        assert!(refused.contains(says), "{field}: {refused}");
    }
    let status = asked(&world, "one").await;
    assert_eq!(ask(&world, "one", |_| {}).await.json::<AccessStatus>(), status, "the same under the same key");
    for field in ["basis", "contact"] {
        let refused = ask(&world, "one", |body| body[field] = json!("other")).await.refused(409);
        assert!(refused.contains("`one` was used before"), "{refused}");
    }
    let few = World::start_with(factory_register::api::Settings {
        claims_per_address: std::num::NonZeroU32::new(2).unwrap(),
        ..plenty()
    })
    .await;
    for key in ["one", "two"] {
        asked(&few, key).await;
    }
    ask(&few, "three", |_| {}).await.refused(429);
}

#[tokio::test]
async fn who_asked_can_be_forgotten() {
    let world = World::start().await;
    let status = asked(&world, "one").await;
    let path = format!("{REQUESTS}/{}/forgetting", status.id);
    world.post(&path, "regulator", "", &json!({"reason": ""})).await.refused(422);
    for _ in 0..2 {
        let forgotten: HeldAccess = world.post(&path, "regulator", "", &json!({"reason": "She asked."})).await.json();
        assert_eq!((forgotten.name, forgotten.contact, forgotten.status.state), (None, None, Standing::Received));
    }
    // Nobody learns by sending it again that it was the same.
    ask(&world, "one", |_| {}).await.refused(409);
    audit(&world.database()).await.unwrap();
}
