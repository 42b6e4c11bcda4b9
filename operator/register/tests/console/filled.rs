//! A register with something of everything in it, on a Wednesday in June.

use std::sync::atomic::Ordering;

use factory_assurance::{
    delegation::Terms,
    dossier::TestResult,
    dsse::PrivateKey,
    sample::{self, rebuilt},
    wire::{BindingInstruction, ReturnRequest, SubmissionState},
};
use factory_crds::{
    Text,
    resilience_standard::{Indicator, Measure},
};
use factory_register::api::objects::ObjectState;
use jiff::Timestamp;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::world::{AHEAD, World, confirmation_by, inclusion_by, named, object_request, standing};

/// 10:00 in Bishkek on a working day, and no holiday is near.
const NOW: &str = "2026-06-24T04:00:00Z";

/// Sets the register's clock to so many days before [`NOW`].
fn days_ago(days: i64) {
    let now: Timestamp = NOW.parse().unwrap();
    AHEAD.store(now.as_second() - Timestamp::now().as_second() - days * 86_400, Ordering::Relaxed);
}

async fn submitted(world: &World, result: TestResult, service: &str) -> SubmissionState {
    world.submitted(named(with_an_indicator(result), service), service).await
}

async fn registered(world: &World, result: TestResult, service: &str) {
    world.registered(named(with_an_indicator(result), service), service).await;
}

async fn instructed(world: &World, service: &str, due: &str) -> BindingInstruction {
    let wish = json!({
        "participant": "social-registry", "service": service, "finding": "It does not come back after a pod is killed.",
        "basis": "Item 56.7, measurement of 1 June", "due": due, "experiment": "PodKill",
    });
    let answer = world.post("/api/v1/instructions", "regulator", due, &wish).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.json()
}

/// Judged by a standard that defines an indicator.
fn with_an_indicator(mut result: TestResult) -> TestResult {
    result.standard.indicators = vec![Indicator {
        name: "recovery-time".to_owned(),
        definition: Text {
            ky: "Калыбына келүү убактысы".into(),
            ru: "Время восстановления".into(),
            en: "Time to recovery".into(),
        },
        formula: "the longest time from a failure to service".to_owned(),
        unit: "s".to_owned(),
        source: "dossiers".to_owned(),
        period: "month".to_owned(),
        target: "<= 30".to_owned(),
        measure: Some(Measure::RecoveryTime),
        query: None,
        effective_from: None,
        effective_until: None,
    }];
    sample::judged(result)
}

/// A claim about the service `queue`, which its sender wants published; answers its id.
async fn claimed(world: &World, key: &str, words: &str) -> String {
    let body = json!({
        "kind": "Claim", "language": "ky", "publish": true, "words": words, "contact": "+996 555 010203",
    });
    let path = "/api/v1/entries/social-registry/queue/claims";
    let answer = world.post(path, "", key, &body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.json::<Value>()["id"].as_str().unwrap().to_owned()
}

/// An object that its owner has submitted.
async fn object(world: &World, name: &str) -> ObjectState {
    let mut object = object_request();
    object["name"] = json!(name);
    object["titles"]["en"] = json!(format!("Object {name}"));
    let answer = world.post("/api/v1/objects", "owner", name, &object).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.json()
}

/// Includes it.
async fn include(world: &World, state: &ObjectState) {
    let path = format!("/api/v1/objects/{}/confirmation", state.id);
    let answer = world.post(&path, "regulator", "", &inclusion_by(&world.regulator_key, state)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

/// Writes a key beside the database.
fn key(world: &World, name: &str, key: &PrivateKey) -> String {
    let path = world.folder.0.join(name);
    std::fs::write(&path, key.to_pem().unwrap()).unwrap();
    path.display().to_string()
}

/// A register to look at, and what in it is what.
pub async fn to_look_at() -> (World, Value) {
    let world = World::start().await;
    days_ago(9);
    let waiting = submitted(&world, sample::passing(), "address-new").await;
    registered(&world, sample::passing(), "address").await;
    let overdue = instructed(&world, "address", "2026-06-20").await;
    days_ago(0);
    let open = instructed(&world, "address", "2026-07-20").await;
    let mut queue = sample::passing();
    queue.record.titles = Text {
        ky: "Кезек номери".into(), ru: "Номер очереди".into(), en: "Queue number".into()
    };
    registered(&world, queue.clone(), "queue").await;
    let terms = Terms { service: Some("queue".to_owned()), ..standing() };
    let delegation = world.delegated(&terms).await;
    let again = world.submitted(rebuilt(named(with_an_indicator(queue), "queue")), "queue-again").await;
    assert!(again.delegated.is_some());
    registered(&world, sample::passing(), "licence").await;
    let path = "/api/v1/entries/social-registry/licence/withdrawal";
    let answer = world.post(path, "owner", "withdrawal", &json!({"reason": "Its work moved to the portal."})).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    registered(&world, sample::passing(), "excluded").await;
    let answer = world
        .post(
            "/api/v1/entries/social-registry/excluded/exclusion",
            "regulator",
            "exclusion",
            &json!({"reason": "It gives out false numbers.", "item": "20.3"}),
        )
        .await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    days_ago(9);
    let object = object(&world, "archive-new").await;
    let entered = self::object(&world, "archive").await;
    days_ago(0);
    include(&world, &entered).await;
    let wish = json!({
        "organisation": "Land Registry", "registrationNumber": "77", "basis": "Statute", "wants": "Enter the cadastre.",
        "language": "en", "name": "Bermet", "contact": "bermet@example.kg",
    });
    let access = world.post("/api/v1/access-requests", "", "access", &wish).await;
    assert_eq!(access.status, StatusCode::CREATED, "{}", access.text);
    let access = access.json::<Value>()["id"].clone();
    let said = claimed(&world, "said", "Кезек номери келбей калды.\nЭки жолу.").await;
    days_ago(5);
    let claim = claimed(&world, "claim", "The number is wrong.").await;
    days_ago(0);
    let path = format!("/api/v1/claims/{said}/decision");
    assert_eq!(world.post(&path, "regulator", "", &json!({"decision": "Publish"})).await.status, StatusCode::OK);
    let path = format!("/api/v1/claims/{said}/answer");
    let answer = json!({"words": "We are sorry: it comes again since yesterday."});
    assert_eq!(world.post(&path, "owner", "", &answer).await.status, StatusCode::OK);
    let failed = submitted(&world, sample::failing(), "broken").await;
    let returned = submitted(&world, sample::passing(), "unsealed").await;
    let path = format!("/api/v1/submissions/{}/return", returned.id);
    let reason = ReturnRequest { reason: "The seal is missing.".to_owned() };
    assert_eq!(world.post(&path, "regulator", "", &reason).await.status, StatusCode::OK);
    let mut unfinished = sample::passing();
    unfinished.record.data.users.clear();
    let incomplete = submitted(&world, sample::judged(unfinished), "unfinished").await;
    let data = json!({
        "overdue": overdue.id, "open": open.id,
        "waiting": waiting.id, "failed": failed.id, "returned": returned.id, "incomplete": incomplete.id,
        "delegation": delegation.id, "claim": claim, "said": said, "object": object.id, "access": access,
        "otherKey": key(&world, "other.pem", &PrivateKey::generate()),
    });
    (world, data)
}

/// A register in which four submissions wait, with the regulator's key and one statement signed elsewhere.
pub async fn to_work_in() -> (World, Value) {
    let world = World::start().await;
    days_ago(0);
    for service in ["to-return", "plain-return", "to-confirm"] {
        submitted(&world, sample::passing(), service).await;
    }
    let state = submitted(&world, sample::passing(), "to-hand-in").await;
    let inclusion = world.folder.0.join("inclusion.json");
    object(&world, "archive-in-browser").await;
    let signed = inclusion_by(&world.regulator_key, &object(&world, "archive-by-file").await).confirmation;
    std::fs::write(&inclusion, serde_json::to_string(&signed).unwrap()).unwrap();
    let envelope = world.folder.0.join("envelope.json");
    let signed = confirmation_by(&world.regulator_key, &state).confirmation;
    std::fs::write(&envelope, serde_json::to_string(&signed).unwrap()).unwrap();
    let data = json!({"key": key(&world, "regulator.pem", &world.regulator_key), "envelope": envelope, "inclusion": inclusion});
    (world, data)
}
