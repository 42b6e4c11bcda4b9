//! The whole procedure, from announcement to public entry, and the ends that are no entry.

use factory_assurance::{
    canonical,
    dossier::{Dossier, TestResult},
    dsse::Envelope,
    sample,
    wire::{Announced, Procedure, ReturnRequest, SubmissionState},
};
use factory_crds::Outcome;
use factory_register::api::entries::{PublicEntry, PublicIndex};
use reqwest::{Method, StatusCode};

use crate::world::{PARTICIPANT, World, named, send};

#[tokio::test]
async fn a_service_that_passed_and_was_confirmed_is_in_the_public_register() {
    let world = World::start().await;
    let state = world.submitted(sample::passing(), "one").await;
    assert_eq!((state.state, state.verdict.outcome), (Procedure::Submitted, Outcome::Passed));
    assert_eq!((state.missing.as_slice(), state.entry.as_deref()), (&[][..], None));
    world.get("/api/v1/entries/social-registry/registered-address", "").await.refused(404);

    let confirmed: SubmissionState = world.confirm(&state).await.json();
    assert_eq!(confirmed.state, Procedure::Registered);
    assert_eq!(confirmed.confirmation, Some(world.confirmation(&state).confirmation));
    assert_eq!(confirmed.entry.as_deref(), Some("/entries/social-registry/registered-address"));

    let entry: PublicEntry = world.get("/api/v1/entries/social-registry/registered-address", "").await.json();
    let passing = sample::passing();
    assert_eq!((entry.register, entry.titles), (passing.record.data, passing.record.titles));
    assert_eq!((entry.dossier, entry.bundle, entry.verdict), (state.dossier, state.bundle, Some(state.verdict)));
    assert_eq!(
        (entry.confirmed_by.as_str(), entry.confirmed_at.as_str()),
        ("Regulator of the ecosystem", "2026-03-04T05:06:07Z")
    );
    assert_eq!((entry.standard.as_str(), entry.attempt), ("basic@1", 1));
    assert_eq!(world.get("/entries/social-registry/registered-address", "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_dossier_is_handed_out_as_it_came_and_stands_alone() {
    let world = World::start().await;
    let result = world.announce(sample::passing(), "one").await;
    let dossier = world.dossier(&result);
    let state: SubmissionState = world.submit(dossier.clone(), "one").await.json();
    let handed: Envelope = world.get(&format!("/api/v1/submissions/{}/dossier", state.id), "owner").await.json();
    assert_eq!(handed, dossier);
    assert_eq!(canonical::sha256(&handed.payload_bytes().unwrap()), state.dossier);
    let opened: Dossier = handed.open(&[world.factory_key.public()]).unwrap();
    assert_eq!(opened.verify().unwrap(), state.verdict);
}

#[tokio::test]
async fn what_failed_is_kept_for_owner_and_regulator_and_never_confirmed() {
    let world = World::start().await;
    for (key, result, outcome) in
        [("failed", sample::failing(), Outcome::Failed), ("open", sample::inconclusive(), Outcome::Inconclusive)]
    {
        let state = world.submitted(result, key).await;
        assert_eq!((state.state, state.verdict.outcome), (Procedure::Submitted, outcome));
        assert!(!state.verdict.findings.is_empty());
        let detail = world.confirm(&state).await.refused(422);
        assert!(detail.contains("only a dossier that passed can be confirmed"), "{detail}");
        let again: SubmissionState = world.get(&format!("/api/v1/submissions/{}", state.id), "owner").await.json();
        assert_eq!(again, state);
    }
    let index: PublicIndex = world.get("/api/v1/entries", "").await.json();
    assert!(index.entries.is_empty());
}

#[tokio::test]
async fn a_dossier_can_be_sent_back_with_a_reason_and_the_next_attempt_is_counted() {
    let world = World::start().await;
    let state = world.submitted(sample::passing(), "one").await;
    let path = format!("/api/v1/submissions/{}/return", state.id);
    let reason = ReturnRequest { reason: "Item 17.7: the position is not an office of yours.".to_owned() };
    let returned: SubmissionState = world.post(&path, "regulator", "", &reason).await.json();
    assert_eq!((returned.state, returned.reason), (Procedure::Returned, reason.reason.clone()));
    let detail = world.confirm(&state).await.refused(409);
    assert!(detail.contains("a new attempt is needed"), "{detail}");

    let result = world.announce(sample::passing(), "two").await;
    assert_eq!(result.announcement.attempt, 2);
    let second: SubmissionState = world.submit(world.dossier(&result), "two").await.json();
    assert_eq!(world.confirm(&second).await.json::<SubmissionState>().state, Procedure::Registered);
}

#[tokio::test]
async fn an_entry_waits_for_the_missing_groups_of_item_17() {
    let world = World::start().await;
    let mut result = sample::passing();
    result.record.data.users.clear();
    result.record.data.formats.interfaces = vec![" ".to_owned()];
    let state = world.submitted(sample::judged(result), "one").await;
    assert_eq!(state.missing, [2_u8, 9]);
    let confirmed: SubmissionState = world.confirm(&state).await.json();
    assert_eq!((confirmed.state, confirmed.entry), (Procedure::Confirmed, None));
    world.get("/api/v1/entries/social-registry/registered-address", "").await.refused(404);
}

#[tokio::test]
async fn the_newest_confirmed_release_is_the_entry_and_the_older_one_stays_in_the_log() {
    let world = World::start().await;
    let first = world.registered(sample::passing(), "one").await;
    let mut result = sample::passing();
    result.subject.release = "registered-address-2".to_owned();
    let second = world.registered(result, "two").await;
    let index: PublicIndex = world.get("/api/v1/entries", "").await.json();
    assert_eq!(index.entries.len(), 1);
    assert_eq!(index.entries[0].dossier, second.dossier);
    let page = world.get("/entries/social-registry/registered-address", "").await.text;
    assert!(page.contains(&first.dossier) && page.contains(&second.dossier));
}

#[tokio::test]
async fn the_index_is_searched_in_every_language_and_goes_on_in_pages() {
    let world = World::start().await;
    for service in ["queue", "address", "licence"] {
        world.registered(named(sample::passing(), service), service).await;
    }
    let found = async |query: &str| {
        let index: PublicIndex = world.get(&format!("/api/v1/entries?{query}"), "").await.json();
        let names: Vec<_> = index.entries.into_iter().map(|entry| entry.service).collect();
        (names, index.next)
    };
    assert_eq!(found("").await.0, ["licence", "address", "queue"]);
    assert_eq!(found("q=QUEUE").await.0, ["queue"]);
    // «АДРЕСЕ»: letters that SQLite does not fold.
    assert_eq!(found("q=%D0%90%D0%94%D0%A0%D0%95%D0%A1%D0%95+licence").await.0, ["licence"]);
    assert_eq!(found("q=%25").await.0, Vec::<String>::new());
    assert_eq!(found("q=queue+nothing").await.0, Vec::<String>::new());
    let (names, next) = found("limit=2").await;
    assert_eq!(names, ["licence", "address"]);
    let last: PublicIndex = world.get(&next.unwrap(), "").await.json();
    assert_eq!((last.entries[0].service.as_str(), last.next), ("queue", None));
}

#[tokio::test]
async fn submissions_are_listed_by_state_and_participant() {
    let world = World::start().await;
    let first = world.submitted(named(sample::passing(), "one"), "one").await;
    world.registered(named(sample::passing(), "two"), "two").await;
    let listed = async |query: &str| {
        let states: Vec<SubmissionState> = world.get(&format!("/api/v1/submissions{query}"), "factory").await.json();
        states.into_iter().map(|state| state.subject.service).collect::<Vec<_>>()
    };
    assert_eq!(listed("").await, ["two", "one"]);
    assert_eq!(listed("?state=Submitted").await, [first.subject.service.as_str()]);
    assert_eq!(listed("?state=Registered").await, ["two"]);
    assert_eq!(listed(&format!("?participant={PARTICIPANT}&service=one")).await, ["one"]);
    assert_eq!(listed("?participant=other").await, Vec::<String>::new());
    world.get("/api/v1/submissions?state=submitted", "factory").await.refused(400);
    world.get("/api/v1/submissions?stat=Submitted", "factory").await.refused(400);
}

#[tokio::test]
async fn who_waits_for_a_change_is_told_at_the_commit() {
    let world = World::start().await;
    let state = world.submitted(sample::passing(), "one").await;
    let path = format!("/api/v1/submissions/{}?wait=30&not=Submitted", state.id);
    let waiting = tokio::spawn(send(world.request(Method::GET, &path, "keeper")));
    world.until_waiting(1).await;
    // Commits that concern others wake it and do not answer it.
    world.announce(named(sample::passing(), "other"), "other").await;
    assert!(!waiting.is_finished());
    let confirmed: SubmissionState = world.confirm(&state).await.json();
    let told: SubmissionState = waiting.await.unwrap().json();
    assert_eq!(told, confirmed);
    let at_once = world.get(&path, "keeper").await;
    assert_eq!(at_once.json::<SubmissionState>(), confirmed);
}

#[tokio::test]
async fn who_waits_in_vain_or_at_the_end_of_the_server_gets_what_there_is() {
    let world = World::start().await;
    let state = world.submitted(sample::passing(), "one").await;
    let path = format!("/api/v1/submissions/{}", state.id);
    let in_vain: SubmissionState = world.get(&format!("{path}?wait=0&not=Submitted"), "owner").await.json();
    assert_eq!(in_vain, state);
    // No commit of its own can end this wait: only the server's end does, in far less than 30 s.
    let waiting = tokio::spawn(send(world.request(Method::GET, &format!("{path}?wait=30&not=Submitted"), "owner")));
    let started = std::time::Instant::now();
    world.until_waiting(1).await;
    world.stop.send_replace(true);
    world.served.await.unwrap().unwrap();
    assert_eq!(waiting.await.unwrap().json::<SubmissionState>(), state);
    assert!(started.elapsed().as_secs() < 15);
}

#[tokio::test]
async fn a_standard_bounds_the_attempts_at_one_bundle() {
    let world = World::start().await;
    let mut result = sample::passing();
    result.standard.max_attempts = Some(2);
    world.issued(&result.standard).await;
    let announce = async |result: &TestResult, key: &str| {
        world.post("/api/v1/announcements", "factory", key, &sample::announcement(result, 1)).await
    };
    let first: Announced = announce(&result, "one").await.json();
    announce(&result, "two").await.json::<Announced>();
    let detail = announce(&result, "three").await.refused(409);
    assert!(detail.starts_with("standard.maxAttempts: 2: bundle sha256:"), "{detail}");
    // An attempt that was announced is the same attempt, however often it is asked for.
    assert_eq!(announce(&result, "one").await.json::<Announced>(), first);
    // What is changed is another bundle.
    result.bundle.configuration = format!("sha256:{}", "c".repeat(64));
    assert_eq!(announce(&result, "four").await.json::<Announced>().attempt, 1);
}

#[tokio::test]
async fn announcements_of_one_bundle_are_counted_and_their_nonces_differ() {
    let world = World::start().await;
    world.issued(&sample::passing().standard).await;
    let mut nonces = std::collections::BTreeSet::new();
    for attempt in 1..=3 {
        let body = sample::announcement(&sample::passing(), 1);
        let announced: Announced =
            world.post("/api/v1/announcements", "factory", &attempt.to_string(), &body).await.json();
        assert_eq!((announced.attempt, announced.nonce.len()), (attempt, 64));
        assert!(nonces.insert(announced.nonce));
    }
    let other = sample::announcement(&named(sample::passing(), "other"), 1);
    let announced: Announced = world.post("/api/v1/announcements", "factory", "other", &other).await.json();
    assert_eq!(announced.attempt, 1);
}
