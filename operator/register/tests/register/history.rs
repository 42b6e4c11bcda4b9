//! A run that builds on earlier ones builds on all of them that the log has of its risk, and on nothing else.

use factory_assurance::{
    dossier::TestResult,
    plan::EarlierRuns,
    sample,
    wire::{Announced, OTHER_HISTORY, Problem, SubmissionState},
};
use factory_crds::{release::Outcome, resilience_standard::History};
use factory_register::store::audit::audit;
use reqwest::StatusCode;

use crate::{
    log::sql,
    world::{Answer, World, named},
};

const HISTORY: &str = "/api/v1/history";
const SERVICE: &str = "pooled";

/// A run of the service whose standard has so many earlier repetitions count, before it is known what it builds on.
fn asking(mut result: TestResult, release: &str, most_repetitions: u32) -> TestResult {
    result.standard.name = format!("pooling-{most_repetitions}");
    result.standard.history = Some(History { most_repetitions });
    result.subject.release = release.to_owned();
    result
}

fn run(release: &str) -> TestResult {
    asking(named(sample::passing(), SERVICE), release, 3)
}

/// What the register says that `result` builds on.
async fn asked(world: &World, result: &TestResult) -> EarlierRuns {
    let answer = world.post(HISTORY, "factory", "", &sample::announcement(result, 1)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()
}

async fn announced(world: &World, key: &str, result: &TestResult) -> Answer {
    world.issued(&result.standard).await;
    world.post("/api/v1/announcements", "factory", key, &sample::announcement(result, 1)).await
}

/// Asks, announces and submits.
async fn reported(world: &World, mut result: TestResult, key: &str) -> SubmissionState {
    result.plan.prove.history = Some(asked(world, &result).await);
    world.submitted(sample::judged(result), key).await
}

fn refused(answer: &Answer) -> String {
    let detail = answer.refused(409);
    // Whoever asked before another dossier was taken asks again.
    assert_eq!(answer.json::<Problem>().kind, OTHER_HISTORY, "{detail}");
    detail
}

fn counts(history: &EarlierRuns) -> Vec<usize> {
    history.faults.iter().map(|fault| fault.repetitions.len()).collect()
}

#[tokio::test]
async fn a_run_builds_on_every_earlier_run_of_its_risk() {
    let world = World::start().await;
    assert_eq!(counts(&asked(&world, &run("first")).await), [0; 4]);
    let detail = refused(&announced(&world, "left-out", &run("left-out")).await);
    assert!(detail.contains("the plan has none"), "{detail}");

    let passed = reported(&world, run("first"), "first").await;
    assert_eq!(passed.verdict.outcome, Outcome::Passed);
    let failed = reported(&world, asking(named(sample::failing(), SERVICE), "second", 3), "second").await;
    assert_eq!(failed.verdict.outcome, Outcome::Failed);
    let history = asked(&world, &run("third")).await;
    assert_eq!(history.dossiers, [passed.dossier.as_str(), failed.dossier.as_str()], "the failed one too");
    assert_eq!(counts(&history), [2; 4]);
    // The figures are those of the dossiers.
    let lost = |run: usize| {
        let figures = [&passed, &failed][run].verdict.figures.iter();
        figures.filter(|one| one.name == "lostMs").map(|one| one.value.unwrap()).collect::<Vec<_>>()
    };
    for (place, fault) in history.faults.iter().enumerate() {
        let kept: Vec<u64> = fault.repetitions.iter().map(|one| one.lost_ms).collect();
        assert_eq!(kept, [lost(0)[place], lost(1)[place]], "{place}");
    }

    // Only the measured part of an inconclusive one counts.
    let mut unfelt = run("third");
    let prove = unfelt.evidence.prove.as_mut().unwrap();
    prove.faults[2].gone.clear();
    let unfelt = reported(&world, unfelt, "third").await;
    assert_eq!(unfelt.verdict.outcome, Outcome::Inconclusive);
    let history = asked(&world, &run("fourth")).await;
    assert_eq!((counts(&history), history.dossiers.len()), (vec![3, 3, 2, 3], 3));
    audit(&world.database()).await.unwrap();

    // The newest, as many as the standard has count; and it is the same after a restart.
    reported(&world, run("fourth"), "fourth").await;
    let world = world.restart().await;
    let history = asked(&world, &run("fifth")).await;
    assert_eq!(counts(&history), [3; 4]);
    assert!(!history.faults[0].repetitions.iter().any(|one| history.dossiers[one.dossier as usize] == passed.dossier));
    // The third one has no repetition of this fault, so the first is still among the newest three.
    assert_eq!(history.dossiers[history.faults[2].repetitions[0].dossier as usize], passed.dossier);
    audit(&world.database()).await.unwrap();
}

#[tokio::test]
async fn nothing_is_announced_with_another_history_than_that_of_the_log() {
    type Change = fn(&mut EarlierRuns);
    let world = World::start().await;
    reported(&world, run("first"), "first").await;
    reported(&world, asking(named(sample::failing(), SERVICE), "second", 3), "second").await;
    let known = asked(&world, &run("third")).await;
    let changes: [(&str, Change); 6] = [
        ("a failure that is left out", |history| {
            history.faults.iter_mut().for_each(|fault| fault.repetitions.truncate(1));
            history.dossiers.pop();
        }),
        ("a repetition that nobody made", |history| {
            let more = history.faults[0].repetitions[0];
            history.faults[0].repetitions.push(more);
        }),
        ("a better figure", |history| history.faults[2].repetitions[1].lost_ms = 0),
        ("a quicker recovery", |history| history.faults[2].repetitions[1].recovery_ms = Some(0)),
        ("another dossier", |history| history.dossiers[0] = format!("sha256:{}", "0".repeat(64))),
        ("another risk", |history| history.faults[0].risk = history.faults[1].risk.clone()),
    ];
    for (what, change) in changes {
        let mut result = run("third");
        let mut history = known.clone();
        change(&mut history);
        assert_ne!(history, known, "{what}");
        result.plan.prove.history = Some(history);
        refused(&announced(&world, "third", &result).await);
    }
    // What was refused is no attempt and no use of its key.
    let mut result = run("third");
    result.plan.prove.history = Some(known);
    let answer = announced(&world, "third", &result).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);

    // Of a standard that has none count.
    let mut unasked = named(sample::passing(), SERVICE);
    unasked.plan.prove.history = Some(EarlierRuns::default());
    let detail = refused(&announced(&world, "unasked", &unasked).await);
    assert!(detail.contains("the standard has no earlier runs count"), "{detail}");
    let answer = world.post(HISTORY, "factory", "", &sample::announcement(&unasked, 1)).await;
    assert!(answer.refused(422).contains("standard.history"), "{}", answer.text);
    let answer = world.post(HISTORY, "owner", "", &sample::announcement(&result, 1)).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.text);
}

#[tokio::test]
async fn what_is_of_another_image_strike_load_or_service_counts_for_nothing() {
    type Change = fn(&mut TestResult);
    let world = World::start().await;
    reported(&world, run("first"), "first").await;
    assert_eq!(counts(&asked(&world, &run("second")).await), [1; 4]);
    let changes: [(&str, Change, [usize; 4]); 6] = [
        (
            "image",
            |r| {
                let image = format!("registry.example.test/demo/web@sha256:{}", "0".repeat(64));
                r.bundle.images.insert("web".to_owned(), image);
            },
            [0; 4],
        ),
        ("manifests", |r| r.bundle.manifests = format!("sha256:{}", "0".repeat(64)), [0; 4]),
        ("load", |r| r.plan.prove.load.requests_per_minute += 60, [0; 4]),
        ("service", |r| r.subject.service = "neighbour".to_owned(), [0; 4]),
        ("participant", |r| r.subject.participant = "neighbour".to_owned(), [0; 4]),
        ("window of one", |r| r.plan.prove.phases[2].seconds += 1, [0, 1, 1, 1]),
    ];
    for (what, change, want) in changes {
        let mut result = run("second");
        change(&mut result);
        assert_eq!(counts(&asked(&world, &result).await), want, "{what}");
    }
    // Another commit, another record and another version of the standard with the same limits are the same risk.
    let mut same = run("second");
    same.subject.commit = "0".repeat(40);
    same.record.host = "another.example.test".to_owned();
    same.standard.version = "2".to_owned();
    assert_eq!(counts(&asked(&world, &same).await), [1; 4]);
}

/// A list that was right when it was announced stays right, whatever is taken meanwhile.
#[tokio::test]
async fn what_was_announced_holds_when_another_dossier_comes_first() {
    let world = World::start().await;
    let history = asked(&world, &run("one")).await;
    let with = |release: &str, history: &EarlierRuns| {
        let mut result = run(release);
        result.plan.prove.history = Some(history.clone());
        sample::judged(result)
    };
    let slow = world.announce(with("one", &history), "one").await;
    let quick = world.announce(with("two", &history), "two").await;
    assert_eq!(world.submit(world.dossier(&quick), "two").await.status, StatusCode::CREATED);
    // A list that was asked before that is one run short.
    refused(&announced(&world, "three", &with("three", &history)).await);
    assert_eq!(world.submit(world.dossier(&slow), "one").await.status, StatusCode::CREATED);
    // The same announcement is the same, whatever the log has by now.
    let again = announced(&world, "one", &with("one", &history)).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.text);
    assert_eq!(counts(&asked(&world, &run("three")).await), [2; 4]);
}

/// Whoever rules the database can have another list announced, and the audit names the announcement, whatever the rows
/// say when it looks.
#[tokio::test]
async fn a_repetition_that_is_edited_until_a_run_was_announced_is_found() {
    for (harm, mended) in [
        ("UPDATE repetitions SET lost_ms = lost_ms + 7", "UPDATE repetitions SET lost_ms = lost_ms - 7"),
        ("UPDATE repetitions SET service = 'neighbour'", "UPDATE repetitions SET service = 'pooled'"),
    ] {
        let world = World::start().await;
        reported(&world, run("first"), "first").await;
        reported(&world, asking(named(sample::failing(), SERVICE), "second", 3), "second").await;
        audit(&world.database()).await.unwrap();
        sql(&world.database(), &[harm]).await.unwrap();
        let mut result = run("third");
        result.plan.prove.history = Some(asked(&world, &result).await);
        let answer = announced(&world, "third", &result).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        sql(&world.database(), &[mended]).await.unwrap();
        let found = audit(&world.database()).await.unwrap_err().to_string();
        let id = answer.json::<Announced>().id;
        assert!(found.contains(&format!("announcement {id}: plan.prove.history: fault 1 has")), "{harm}: {found}");
    }
}

/// The same where the rows stay as they were made.
#[tokio::test]
async fn a_repetition_that_is_edited_in_the_database_is_found() {
    for harm in [
        "UPDATE repetitions SET lost_ms = 0 WHERE lost_ms > 0",
        "UPDATE repetitions SET recovery_ms = 0 WHERE recovery_ms > 0",
        "UPDATE repetitions SET dossier = 'sha256:another'",
        "UPDATE repetitions SET service = 'neighbour'",
        "DELETE FROM repetitions WHERE place = 2",
    ] {
        let world = World::start().await;
        reported(&world, run("first"), "first").await;
        audit(&world.database()).await.unwrap();
        sql(&world.database(), &[harm]).await.unwrap();
        let found = audit(&world.database()).await.unwrap_err().to_string();
        assert!(found.contains("view `repetitions` does not follow from the log"), "{harm}: {found}");
    }
}
