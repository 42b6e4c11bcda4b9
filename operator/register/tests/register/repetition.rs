//! A repeated request is the same request: also in parallel, from the next leader, and after a
//! restart.

use factory_assurance::{
    sample,
    wire::{Announced, ReturnRequest, Submission, SubmissionState},
};
use reqwest::StatusCode;

use crate::world::{World, confirmation_by, named};

const ANNOUNCEMENTS: &str = "/api/v1/announcements";

#[tokio::test]
async fn a_repeated_announcement_is_the_same_also_from_the_next_leader_and_after_a_restart() {
    let world = World::start().await;
    world.issued(&sample::passing().standard).await;
    let first = world.post(ANNOUNCEMENTS, "factory", "one", &sample::announcement(&sample::passing(), 1)).await;
    assert_eq!(first.status, StatusCode::CREATED);
    let world = world.restart().await;
    for epoch in [1, 2, 2, 7] {
        let again = world.post(ANNOUNCEMENTS, "factory", "one", &sample::announcement(&sample::passing(), epoch)).await;
        assert_eq!(again.status, StatusCode::OK);
        assert_eq!(again.json::<Announced>(), first.json::<Announced>());
    }
}

#[tokio::test]
async fn another_body_under_the_same_key_is_refused() {
    let world = World::start().await;
    world.announce(sample::passing(), "one").await;
    let mut other = sample::announcement(&sample::passing(), 1);
    other.plan.prove.load.requests_per_minute -= 1;
    let detail = world.post(ANNOUNCEMENTS, "factory", "one", &other).await.refused(409);
    assert!(detail.contains("`one` was used before, with another body"), "{detail}");

    let first = world.submitted(named(sample::passing(), "first"), "two").await;
    let second = world.announce(named(sample::passing(), "second"), "three").await;
    let detail = world.submit(world.dossier(&second), "two").await.refused(409);
    assert!(detail.contains("`two`"), "{detail}");
    let state: SubmissionState = world.get(&format!("/api/v1/submissions/{}", first.id), "factory").await.json();
    assert_eq!(state, first);
}

#[tokio::test]
async fn a_leader_that_was_replaced_writes_nothing_more_not_even_a_repetition() {
    let world = World::start().await;
    let result = world.announce(sample::passing(), "one").await;
    let body = |epoch| sample::announcement(&sample::passing(), epoch);
    assert_eq!(world.post(ANNOUNCEMENTS, "factory", "one", &body(5)).await.status, StatusCode::OK);
    for (key, epoch) in [("one", 4), ("new", 4), ("new", 0)] {
        let detail = world.post(ANNOUNCEMENTS, "factory", key, &body(epoch)).await.refused(412);
        assert!(detail.starts_with(&format!("epoch: {epoch} is lower than 5")), "{detail}");
    }
    let old = Submission { dossier: world.dossier(&result), epoch: 4 };
    world.post("/api/v1/submissions", "factory", "one", &old).await.refused(412);
    let world = world.restart().await;
    world.post("/api/v1/submissions", "factory", "one", &old).await.refused(412);
    let new = Submission { epoch: 5, ..old };
    assert_eq!(world.post("/api/v1/submissions", "factory", "one", &new).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_repeated_submission_is_the_same_under_any_key_and_in_any_state() {
    let world = World::start().await;
    let result = world.announce(sample::passing(), "one").await;
    let dossier = world.dossier(&result);
    let first = world.submit(dossier.clone(), "one").await;
    assert_eq!(first.status, StatusCode::CREATED);
    let first: SubmissionState = first.json();
    let world = world.restart().await;
    for key in ["one", "another", "one"] {
        let again = world.submit(dossier.clone(), key).await;
        assert_eq!((again.status, again.json::<SubmissionState>()), (StatusCode::OK, first.clone()));
    }
    let confirmed: SubmissionState = world.confirm(&first).await.json();
    assert_eq!(world.submit(dossier, "one").await.json::<SubmissionState>(), confirmed);
}

#[tokio::test]
async fn decisions_are_taken_once() {
    let world = World::start().await;
    let state = world.submitted(named(sample::passing(), "first"), "one").await;
    let confirmed: SubmissionState = world.confirm(&state).await.json();
    assert_eq!(world.confirm(&state).await.json::<SubmissionState>(), confirmed);
    // Another person is told who did, with the same signature or one of their own.
    for request in [world.confirmation(&state), confirmation_by(&world.regulator_key, &state)] {
        let path = format!("/api/v1/submissions/{}/confirmation", state.id);
        let detail = world.post(&path, "deputy", "", &request).await.refused(409);
        assert!(detail.contains("was confirmed by regulator at 20"), "{detail}");
    }

    let state = world.submitted(named(sample::passing(), "second"), "two").await;
    let path = format!("/api/v1/submissions/{}/return", state.id);
    let reason = |text: &str| ReturnRequest { reason: text.to_owned() };
    let returned: SubmissionState = world.post(&path, "regulator", "", &reason("mend it")).await.json();
    assert_eq!(world.post(&path, "regulator", "", &reason(" mend it ")).await.json::<SubmissionState>(), returned);
    world.post(&path, "regulator", "", &reason("mend something else")).await.refused(409);
    // Whatever a database or a reader could take for something else is no reason.
    for text in ["mend\0it", "mend\u{202e}it", "mend\u{1b}[2Jit"] {
        let detail = world.post(&path, "regulator", "", &reason(text)).await.refused(422);
        assert!(detail.starts_with("reason: must be plain text, not `U+"), "{detail}");
    }
}

#[tokio::test]
async fn requests_at_the_same_moment_come_to_one_thing_or_to_different_attempts() {
    let world = World::start().await;
    let body = sample::announcement(&sample::passing(), 1);
    world.issued(&body.standard).await;
    let same = futures::future::join_all((0..12).map(|_| world.post(ANNOUNCEMENTS, "factory", "same", &body))).await;
    assert_eq!(same.iter().filter(|answer| answer.status == StatusCode::CREATED).count(), 1);
    assert!(same.iter().all(|answer| answer.json::<Announced>() == same[0].json::<Announced>()));

    let keys: Vec<String> = (0..12).map(|key| key.to_string()).collect();
    let others =
        futures::future::join_all(keys.iter().map(|key| world.post(ANNOUNCEMENTS, "factory", key, &body))).await;
    let mut attempts: Vec<u32> = others.iter().map(|answer| answer.json::<Announced>().attempt).collect();
    attempts.sort_unstable();
    assert_eq!(attempts, (2..14).collect::<Vec<_>>());

    let dossier = world.dossier(&sample::announced(sample::passing(), &same[0].json()));
    let submitted = futures::future::join_all((0..6).map(|_| world.submit(dossier.clone(), "same"))).await;
    assert_eq!(submitted.iter().filter(|answer| answer.status == StatusCode::CREATED).count(), 1);
    assert!(submitted.iter().all(|answer| answer.json::<SubmissionState>() == submitted[0].json::<SubmissionState>()));
}
