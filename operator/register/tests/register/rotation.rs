//! The factory's and the regulator's keys are followed by others while the register serves: each signs for its time,
//! and what was taken in that time stays.

use factory_assurance::{
    dsse::{PrivateKey, sign},
    sample,
    term::Term,
    wire::{Procedure, Submission, SubmissionState},
};
use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;

use crate::world::{World, confirmation_by, named};

/// Pins `key` in the folder `of` under `name` from so many hours from now on, until so many.
fn pin(world: &World, (of, name): (&str, &str), key: &PrivateKey, from: Option<i64>, until: Option<i64>) {
    let moment = |hours: Option<i64>| hours.map(|hours| Timestamp::now() + SignedDuration::from_hours(hours));
    let term = Term { key: key.public(), from: moment(from), until: moment(until), seal: None };
    std::fs::write(world.folder.0.join(of).join(name), term.write().unwrap()).unwrap();
}

/// A dossier of the service `name`, signed with `key`.
async fn submission(world: &World, name: &str, key: &PrivateKey) -> Submission {
    let result = world.announce(named(sample::passing(), name), name).await;
    Submission { dossier: sign(&result.into_statement().unwrap(), key).unwrap(), epoch: 1 }
}

async fn submit(world: &World, name: &str, submission: &Submission) -> crate::world::Answer {
    world.post("/api/v1/submissions", "factory", name, submission).await
}

#[tokio::test]
async fn a_dossier_is_taken_in_the_time_of_its_key_and_refused_with_that_time_outside() {
    let world = World::start().await;
    let (old, next) = (world.factory_key.clone(), PrivateKey::generate());
    let (first, second) = (submission(&world, "first", &old).await, submission(&world, "second", &next).await);
    let taken: SubmissionState = submit(&world, "first", &first).await.json();
    // Nobody pinned the next one; then it is published, and begins later.
    let unknown = submit(&world, "second", &second).await.refused(422);
    assert!(unknown.contains("none of 1 fits a pinned key"), "{unknown}");
    pin(&world, ("factory", "key-2.pub"), &next, Some(1), None);
    let early = submit(&world, "second", &second).await.refused(422);
    assert!(early.starts_with("dossier: signatures: the key ") && early.contains(" to -, and it is 2"), "{early}");
    // Both sign for a while.
    pin(&world, ("factory", "key-2.pub"), &next, Some(-1), None);
    pin(&world, ("factory", "key.pub"), &old, None, Some(1));
    assert_eq!(submit(&world, "second", &second).await.status, StatusCode::CREATED);
    let third = submission(&world, "third", &old).await;
    assert_eq!(submit(&world, "third", &third).await.status, StatusCode::CREATED);
    // The former one has ended; what it signed in its time stands.
    pin(&world, ("factory", "key.pub"), &old, None, Some(-1));
    let fourth = submission(&world, "fourth", &old).await;
    let late = submit(&world, "fourth", &fourth).await.refused(422);
    assert!(late.contains(&old.public().id().unwrap()) && late.contains("signs from - to 2"), "{late}");
    let stands: SubmissionState = world.get(&format!("/api/v1/submissions/{}", taken.id), "owner").await.json();
    assert_eq!(stands, taken);
    let confirmed: SubmissionState = world.confirm(&taken).await.json();
    assert_eq!(confirmed.state, Procedure::Registered);
}

#[tokio::test]
async fn a_confirmation_is_taken_in_the_time_of_the_regulators_key() {
    let world = World::start().await;
    let state = world.submitted(sample::passing(), "one").await;
    let (old, next) = (world.regulator_key.clone(), PrivateKey::generate());
    pin(&world, ("regulator", "key.pub"), &old, None, Some(-1));
    pin(&world, ("regulator", "key-2.pub"), &next, Some(-2), None);
    let late = world.confirm(&state).await.refused(422);
    assert!(late.starts_with("confirmation: signatures: the key "), "{late}");
    let path = format!("/api/v1/submissions/{}/confirmation", state.id);
    let answer = world.post(&path, "regulator", "", &confirmation_by(&next, &state)).await;
    assert_eq!(answer.json::<SubmissionState>().state, Procedure::Registered);
}
