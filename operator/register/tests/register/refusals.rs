//! What does not hold is refused with the first thing that does not, and nothing of it is written.

use factory_assurance::{
    dossier::TestResult,
    dsse::{Envelope, PrivateKey, sign},
    evidence::Failure,
    sample,
    wire::{Submission, SubmissionState},
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::world::{World, confirmation_by, named};

/// The statement in `dossier`, changed and signed again.
fn edited(dossier: &Envelope, key: &PrivateKey, change: impl FnOnce(&mut Value)) -> Envelope {
    let mut statement: Value = serde_json::from_slice(&dossier.payload_bytes().unwrap()).unwrap();
    change(&mut statement);
    sign(&statement, key).unwrap()
}

/// Announces a run, changes its dossier, submits it, and answers what the register says.
async fn refusal(change: impl FnOnce(&mut TestResult)) -> String {
    let world = World::start().await;
    let mut result = world.announce(sample::passing(), "one").await;
    change(&mut result);
    let measured = sample::measured_by(sample::judged(result), sample::lab());
    let detail = world.submit(world.dossier(&measured), "one").await.refused(422);
    let all: Vec<SubmissionState> = world.get("/api/v1/submissions", "factory").await.json();
    assert!(all.is_empty());
    detail
}

#[tokio::test]
async fn a_dossier_signed_with_another_key_is_refused() {
    let world = World::start().await;
    let result = world.announce(sample::passing(), "one").await;
    for key in [&PrivateKey::generate(), &world.regulator_key] {
        let dossier = sign(&result.clone().into_statement().unwrap(), key).unwrap();
        let detail = world.submit(dossier, "one").await.refused(422);
        assert!(detail.starts_with("dossier: signatures: none of 1 fits a pinned key"), "{detail}");
    }
    assert_eq!(world.submit(world.dossier(&result), "one").await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn an_edited_verdict_is_refused() {
    let world = World::start().await;
    let result = world.announce(sample::failing(), "one").await;
    let forged = edited(&world.dossier(&result), &world.factory_key, |statement| {
        statement["predicate"]["verdict"] = json!({"outcome": "Passed", "findings": [], "figures": []});
    });
    let detail = world.submit(forged, "one").await.refused(422);
    assert!(detail.starts_with("dossier: predicate.verdict: says"), "{detail}");
    assert!(detail.contains("but the evidence gives"), "{detail}");
}

#[tokio::test]
async fn flipped_evidence_under_an_honest_verdict_is_refused() {
    let world = World::start().await;
    let mut result = world.announce(sample::passing(), "one").await;
    for bucket in &mut result.evidence.prove.as_mut().unwrap().buckets {
        bucket.failed.insert(Failure::Status, bucket.good);
        bucket.good = 0;
    }
    // Not judged again: the verdict still says that it passed.
    let detail = world.submit(world.dossier(&result), "one").await.refused(422);
    assert!(detail.starts_with("dossier: predicate.verdict: says"), "{detail}");
}

#[tokio::test]
async fn what_was_not_announced_so_is_refused_by_the_part_that_differs() {
    type Change = fn(&mut TestResult);
    let changes: [(&str, Change); 12] = [
        ("evidence.verify.nonce", |result| result.evidence.verify.as_mut().unwrap().nonce = "00".repeat(32)),
        ("evidence.prove.nonce", |result| result.evidence.prove.as_mut().unwrap().nonce = "00".repeat(32)),
        ("announcement.nonce", |result| result.announcement.nonce = "00".repeat(32)),
        ("announcement.attempt", |result| result.announcement.attempt += 1),
        ("subject", |result| result.subject.commit = "0".repeat(40)),
        ("bundle", |result| result.bundle.configuration = format!("sha256:{}", "00".repeat(32))),
        ("standard", |result| result.standard.steady.max_failed_ppm += 1),
        ("plan", |result| result.plan.prove.load.requests_per_minute -= 1),
        ("plan", |result| result.plan.prove.phases.truncate(3)),
        ("rules", |result| "factory.gov.kg/verdict/v1".clone_into(&mut result.rules)),
        ("record", |result| result.record.host.push_str(".example")),
        // Promised less, after it was measured.
        ("record", |result| {
            result.availability.simultaneous_users -= 1;
            result.record.data.availability = result.availability.clone();
        }),
    ];
    for (field, change) in changes {
        let detail = refusal(change).await;
        assert!(detail.starts_with(&format!("dossier: {field}: not as announced under ")), "{field}: {detail}");
    }
}

#[tokio::test]
async fn results_without_an_announcement_are_no_evidence() {
    let detail = refusal(|result| "never-announced".clone_into(&mut result.announcement.id)).await;
    assert!(detail.contains("no run was announced under `never-announced`"), "{detail}");
}

#[tokio::test]
async fn indicators_that_were_not_tested_and_contacts_in_the_open_are_refused() {
    let detail = refusal(|result| result.record.data.availability.simultaneous_users *= 100).await;
    assert!(detail.starts_with("dossier: availability: "), "{detail}");
    let detail = refusal(|result| "a@agency.gov.kg".clone_into(&mut result.record.data.protection[0].email)).await;
    assert!(detail.starts_with("dossier: record.data.protection[0].email: item 17.7"), "{detail}");
}

#[tokio::test]
async fn another_kind_of_statement_other_rules_and_unknown_fields_are_refused() {
    type Change = fn(&mut Value);
    let world = World::start().await;
    let result = world.announce(sample::passing(), "one").await;
    let dossier = world.dossier(&result);
    let changes: [(&str, Change); 5] = [
        ("dossier: predicateType", |statement| statement["predicateType"] = json!("https://slsa.dev/provenance/v1")),
        ("dossier: _type", |statement| statement["_type"] = json!("https://in-toto.io/Statement/v0.1")),
        ("dossier: subject", |statement| statement["subject"][0]["digest"]["sha256"] = json!("00".repeat(32))),
        ("dossier: predicate.rules", |statement| statement["predicate"]["rules"] = json!("factory.gov.kg/verdict/v0")),
        ("dossier: payload", |statement| statement["predicate"]["waiver"] = json!(true)),
    ];
    for (start, change) in changes {
        let detail = world.submit(edited(&dossier, &world.factory_key, change), "one").await.refused(422);
        assert!(detail.starts_with(start), "{start}: {detail}");
    }
}

#[tokio::test]
async fn one_announcement_has_one_dossier() {
    let world = World::start().await;
    let result = world.announce(sample::passing(), "one").await;
    assert_eq!(world.submit(world.dossier(&result), "one").await.status, StatusCode::CREATED);
    let mut second = result;
    second.evidence.prove.as_mut().unwrap().started_unix_ms += 1;
    let detail = world
        .submit(world.dossier(&sample::measured_by(sample::judged(second), sample::lab())), "two")
        .await
        .refused(409);
    assert!(detail.contains("already has the dossier sha256:"), "{detail}");
}

#[tokio::test]
async fn a_confirmed_submission_is_not_sent_back() {
    let world = World::start().await;
    let state = world.registered(sample::passing(), "one").await;
    let path = format!("/api/v1/submissions/{}/return", state.id);
    let detail = world.post(&path, "regulator", "", &json!({"reason": "too late"})).await.refused(409);
    assert!(detail.contains("what was confirmed cannot be returned"), "{detail}");
    let after: SubmissionState = world.get(&format!("/api/v1/submissions/{}", state.id), "regulator").await.json();
    assert_eq!(after, state);
}

#[tokio::test]
async fn a_confirmation_by_another_key_or_of_something_else_confirms_nothing() {
    let world = World::start().await;
    let state = world.submitted(sample::passing(), "one").await;
    let other = world.submitted(named(sample::passing(), "other"), "two").await;
    let path = format!("/api/v1/submissions/{}/confirmation", state.id);
    for key in [&PrivateKey::generate(), &world.factory_key] {
        let detail = world.post(&path, "regulator", "", &confirmation_by(key, &state)).await.refused(422);
        assert!(detail.contains("signatures: none of 1"), "{detail}");
    }
    let detail = world.post(&path, "regulator", "", &world.confirmation(&other)).await.refused(422);
    assert!(detail.starts_with("confirmation: subject"), "{detail}");
    let mut resource = state.clone();
    "registered-address-9".clone_into(&mut resource.subject.release);
    let detail = world.post(&path, "regulator", "", &world.confirmation(&resource)).await.refused(422);
    assert!(detail.starts_with("confirmation: predicate.resourceUri"), "{detail}");
    let after: SubmissionState = world.get(&format!("/api/v1/submissions/{}", state.id), "regulator").await.json();
    assert_eq!(after, state);
}

#[tokio::test]
async fn bodies_keys_and_names_that_are_none_are_refused_by_their_field() {
    let world = World::start().await;
    let announce = "/api/v1/announcements";
    let good = serde_json::to_value(sample::announcement(&sample::passing(), 1)).unwrap();
    let with = |pointer: &str, value: Value| {
        let mut body = good.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    for (pointer, value, status, field) in [
        ("/subject/participant", json!("a/b"), 422, "subject.participant"),
        ("/subject/service", json!(""), 422, "subject.service"),
        ("/subject/release", json!("../x"), 422, "subject.release"),
        ("/bundle/images/web", json!("registry/web:latest"), 422, "bundle.images.web"),
        ("/bundle/images", json!({}), 422, "bundle.images"),
        ("/epoch", json!(1_u64 << 53), 422, "epoch"),
        ("/epoch", json!(-1), 400, "body"),
        ("/plan", json!(null), 400, "body"),
    ] {
        let detail = world.post(announce, "factory", "key", &with(pointer, value)).await.refused(status);
        assert!(detail.starts_with(&format!("{field}: ")), "{pointer}: {detail}");
    }
    let long = "k".repeat(201);
    for key in ["", long.as_str()] {
        let detail = world.post(announce, "factory", key, &good).await.refused(400);
        assert!(detail.starts_with("Idempotency-Key: "), "{detail}");
    }
    let reason = json!({"reason": " \n"});
    let state = world.submitted(sample::passing(), "one").await;
    let path = format!("/api/v1/submissions/{}/return", state.id);
    let detail = world.post(&path, "regulator", "", &reason).await.refused(422);
    assert!(detail.starts_with("reason: "), "{detail}");
    world.post("/api/v1/submissions/none/return", "regulator", "", &json!({"reason": "x"})).await.refused(404);
    world.get("/api/v1/submissions/none", "factory").await.refused(404);
    world.get("/api/v2", "factory").await.refused(404);
    world.get(announce, "factory").await.refused(405);
}

#[tokio::test]
async fn bodies_without_end_are_refused_by_their_size() {
    let world = World::start().await;
    let dossier = world.dossier(&sample::passing());
    let mut large = serde_json::to_value(Submission { dossier, epoch: 1 }).unwrap();
    // With the rest of the document just above the limit, so that nothing is left unread in between.
    large["dossier"]["payload"] = json!("A".repeat(32 * 1024 * 1024));
    world.post("/api/v1/submissions", "factory", "one", &large).await.refused(413);
    world
        .post("/api/v1/submissions/x/return", "regulator", "", &json!({"reason": "A".repeat(256 * 1024)}))
        .await
        .refused(413);
    assert_eq!(world.get("/readyz", "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn without_a_pinned_key_nothing_is_taken_or_confirmed_until_it_is_back() {
    let world = World::start().await;
    let state = world.submitted(sample::passing(), "one").await;
    let result = world.announce(named(sample::passing(), "other"), "two").await;
    let [factory, regulator] = ["factory", "regulator"].map(|name| world.folder.0.join(name).join("key.pub"));
    for key in [&factory, &regulator] {
        std::fs::rename(key, key.with_extension("away")).unwrap();
    }
    world.submit(world.dossier(&result), "two").await.refused(503);
    world.confirm(&state).await.refused(503);
    world.get("/readyz", "").await.refused(503);
    for key in [&factory, &regulator] {
        std::fs::rename(key.with_extension("away"), key).unwrap();
    }
    assert_eq!(world.submit(world.dossier(&result), "two").await.status, StatusCode::CREATED);
    assert_eq!(world.confirm(&state).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_body_that_says_it_is_something_else_is_refused() {
    let world = World::start().await;
    world.issued(&sample::passing().standard).await;
    let body = serde_json::to_vec(&sample::announcement(&sample::passing(), 1)).unwrap();
    for (kind, status) in
        [("text/plain", 415), ("application/x-www-form-urlencoded", 415), ("application/json; charset=utf-8", 201)]
    {
        let request = world.request(reqwest::Method::POST, "/api/v1/announcements", "factory");
        let request = request.header("idempotency-key", "one").header("content-type", kind).body(body.clone());
        let answer = crate::world::send(request).await;
        assert_eq!(answer.status.as_u16(), status, "{kind}: {}", answer.text);
    }
}

#[tokio::test]
async fn an_announcement_outside_its_schema_is_refused_and_not_written() {
    let world = World::start().await;
    let mut body = json!(sample::announcement(&sample::passing(), 1));
    body["standard"]["steady"]["maxFailedPpm"] = json!(u32::MAX);
    let detail = world.post("/api/v1/announcements", "factory", "one", &body).await.refused(422);
    assert!(detail.starts_with("body: /standard/steady/maxFailedPpm: "), "{detail}");
}

#[tokio::test]
async fn an_address_with_a_nul_is_refused() {
    let world = World::start().await;
    for path in ["/api/v1/entries/a%00/b", "/api/v1/entries?q=%00", "/api/v1/entries.csv?q=a%00"] {
        assert!(world.get(path, "").await.refused(400).contains("U+0000"), "{path}");
    }
}
