//! Two releases on loopback, asked by turns: each in its own turns alone, at the planned rate, with the lag of each part by
//! itself, and the slower one is measured as the slower one.

use std::{thread, time::Duration};

use factory_assurance::{
    evidence::Bucket,
    plan::{Closed, ProvePlan, Reference, comparison::Side},
};
use factory_lab::prove::comparison::{evidence, scenario};
use serde_json::json;

use crate::{
    load::{generate, operation, plan},
    server::{Running, serve},
};

const NONCE: &str = "nonce";

/// Answers with JSON after so long.
fn answering(after: Duration) -> Running {
    serve(move |router| {
        let answer = move || async move {
            tokio::time::sleep(after).await;
            axum::Json(json!({"id": 1}))
        };
        router.route("/", axum::routing::get(answer)).route("/more", axum::routing::get(answer))
    })
}

/// Of three operations the outer two: the first follows nothing, and what is carried from it is left out.
fn asked() -> ProvePlan {
    let of = |path| operation(path, json!({"status": 200, "body": {"id": 1}}));
    let mut middle = of("/only-now");
    middle.weight = 7;
    let mut first = of("/");
    first.carry = [("id".to_owned(), "/id".to_owned())].into();
    let mut plan = plan(100, 1, vec![first, middle, of("/more")]);
    // Users who wait would be asking in the other's turn as well.
    plan.load.closed = Some(Closed::of(20, 50));
    plan
}

fn beside() -> Reference {
    Reference {
        release: "service-1".to_owned(),
        bundle: "sha256:00".to_owned(),
        blocks: 2,
        seconds: 1,
        warm_up_seconds: 1,
        requests_per_minute: 2_400,
        operations: vec![0, 2],
    }
}

fn fastest(buckets: &[Bucket]) -> u64 {
    buckets.iter().flat_map(|bucket| &bucket.latency_us).map(|[value, _]| *value).min().unwrap()
}

#[test]
fn each_is_asked_in_its_turns_alone_and_the_slower_one_is_seen_to_be_slower() {
    let (plan, beside) = (asked(), beside());
    let (now, before) = (answering(Duration::from_millis(60)), answering(Duration::ZERO));
    let (candidate, reference) = thread::scope(|scope| {
        let run = |side, server: &Running| {
            let targets = server.targets();
            let scenario = scenario(&plan, &beside, NONCE, side, &targets).unwrap();
            scope.spawn(move || generate(&scenario, &targets))
        };
        let (candidate, reference) = (run(Side::Candidate, &now), run(Side::Reference, &before));
        (candidate.join().unwrap(), reference.join().unwrap())
    });
    let seen = evidence(&beside, NONCE, candidate, reference, None);
    for (side, buckets) in [(Side::Candidate, &seen.candidate), (Side::Reference, &seen.reference)] {
        let turn = |second: u32| {
            let turns = beside.turns(NONCE);
            turns.into_iter().find(|turn| (turn.from..turn.to).contains(&u64::from(second))).unwrap().side
        };
        assert!(buckets.iter().all(|bucket| turn(bucket.second) == side), "{side:?}: {buckets:?}");
        assert!(buckets.iter().all(|bucket| [0, 2].contains(&bucket.operation) && bucket.failed.is_empty()));
        // 40 a second for five seconds, by chance: four deviations of 14.
        let good: u64 = buckets.iter().map(|bucket| bucket.good).sum();
        assert!((143..=257).contains(&good), "{side:?}: {good}");
    }
    assert!(fastest(&seen.candidate) >= 60_000 && fastest(&seen.reference) < 60_000);
    let turns: Vec<_> = beside.blocks(NONCE).into_iter().flatten().collect();
    assert_eq!(seen.lag_us.len(), turns.len());
    for (turn, lag) in turns.into_iter().zip(&seen.lag_us) {
        let buckets = if turn.side == Side::Candidate { &seen.candidate } else { &seen.reference };
        let own = buckets.iter().filter(|bucket| (turn.from..turn.to).contains(&u64::from(bucket.second)));
        assert_eq!(lag.iter().map(|[_, count]| count).sum::<u64>(), own.map(|bucket| bucket.good).sum::<u64>());
    }
}
