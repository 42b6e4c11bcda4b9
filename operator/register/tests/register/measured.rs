//! What the lab did not measure is no evidence, whoever signs the dossier.

use factory_assurance::{dossier::TestResult, dsse::PrivateKey, evidence::Failure, sample};
use reqwest::StatusCode;

use crate::world::World;

/// Announces the sample, lets `change` have it, and submits it signed with the factory's key; the detail of the refusal.
async fn refused(world: &World, key: &str, change: impl FnOnce(TestResult) -> TestResult) -> String {
    let result = world.announce(sample::passing(), key).await;
    world.submit(world.dossier(&change(result)), key).await.refused(422)
}

#[tokio::test]
async fn evidence_that_the_lab_did_not_sign_is_refused_and_nothing_is_kept() {
    let world = World::start().await;
    let unsigned = refused(&world, "1", |result| TestResult { measurements: None, ..result }).await;
    assert_eq!(unsigned, "dossier: predicate.measurements.verify: lacks: the lab signs what it measured");
    // The factory's own key is none of the lab's, and so is any other.
    for (name, key) in [("2", world.factory_key.clone()), ("3", PrivateKey::generate())] {
        let foreign = refused(&world, name, |result| sample::measured_by(result, &key)).await;
        let expected = "dossier: predicate.measurements.verify: signatures: none of 1 fits a pinned key";
        assert!(foreign.starts_with(expected), "{foreign}");
    }
    // A request fewer that failed than the lab saw.
    let better = refused(&world, "4", |mut result| {
        sample::fail(&mut result, 0, 194..195, Failure::Broken);
        sample::judged(result)
    });
    let better = better.await;
    assert!(better.starts_with("dossier: predicate.measurements.prove: subject: "), "{better}");
    // What was measured in another run of the same bundle.
    let other = world.announce(sample::passing(), "5").await;
    let replayed = refused(&world, "6", |result| TestResult { measurements: other.measurements, ..result }).await;
    assert!(replayed.starts_with("dossier: predicate.measurements.verify: "), "{replayed}");
    assert!(world.get("/api/v1/submissions", "regulator").await.json::<Vec<serde_json::Value>>().is_empty());
    world.submitted(sample::passing(), "7").await;
}

#[tokio::test]
async fn a_register_without_a_key_of_the_lab_takes_nothing_until_it_has_one() {
    let world = World::start().await;
    let result = world.announce(sample::passing(), "1").await;
    let key = world.folder.0.join("lab/key.pub");
    let pem = std::fs::read_to_string(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    // Its pages need none.
    assert_eq!(world.get("/readyz", "").await.status, StatusCode::OK);
    world.submit(world.dossier(&result), "1").await.refused(503);
    std::fs::write(&key, pem).unwrap();
    assert_eq!(world.submit(world.dossier(&result), "1").await.status, StatusCode::CREATED);
}
