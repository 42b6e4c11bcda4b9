//! What judges a run is what its name says: a version of a standard has one content, and what was announced stays.

use factory_assurance::{dossier::TestResult, sample};
use reqwest::StatusCode;
use serde_json::json;

use crate::world::{World, named};

async fn announced(world: &World, key: &str, change: impl FnOnce(&mut TestResult)) -> (StatusCode, String) {
    let mut result = named(sample::passing(), key);
    change(&mut result);
    let answer = world.post("/api/v1/announcements", "factory", key, &sample::announcement(&result, 1)).await;
    (answer.status, answer.text)
}

#[tokio::test]
async fn a_version_of_a_standard_has_one_content() {
    let world = World::start().await;
    let standard = sample::passing().standard;
    world.issued(&standard).await;
    assert_eq!(announced(&world, "one", |_| {}).await.0, StatusCode::CREATED);
    // Lowered in the cluster, under the name that the regulator knows.
    let (status, text) = announced(&world, "two", |result| result.standard.steady.max_failed_ppm *= 50).await;
    assert_eq!(status, StatusCode::CONFLICT, "{text}");
    let rule = format!("standard.steady: not as `{}@{}` was issued", standard.name, standard.version);
    assert!(text.contains(&rule), "{text}");
    // Another version may say so, once it is issued, and is seen to be another one; the first still says what it said.
    let mut lower = standard.clone();
    lower.steady.max_failed_ppm *= 50;
    lower.version.push_str("-2");
    world.issued(&lower).await;
    let (status, text) = announced(&world, "three", |result| result.standard = lower).await;
    assert_eq!(status, StatusCode::CREATED, "{text}");
    let world = world.restart().await;
    assert_eq!(announced(&world, "four", |result| result.standard.min_requests += 1).await.0, StatusCode::CONFLICT);
    assert_eq!(announced(&world, "five", |_| {}).await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn what_the_entry_shall_say_is_announced_by_its_digest() {
    let world = World::start().await;
    let mut announcement = json!(sample::announcement(&sample::passing(), 1));
    announcement["record"] = json!("sha256:none");
    let answer = world.post("/api/v1/announcements", "factory", "one", &announcement).await;
    let detail = answer.refused(422);
    assert!(detail.starts_with("record: must be `sha256:` and 64 digits"), "{detail}");
}
