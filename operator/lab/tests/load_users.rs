//! The closed model of an announced plan: users who wait, think, and do one thing after another, shared by generators.

#![allow(clippy::unwrap_used)] // a test that cannot go on may stop

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json,
    extract::Path,
    routing::{get, post},
};
use factory_assurance::plan::{Closed, LoadOperation, ProvePlan};
use factory_lab::load::{Scenario, recorder::Measured, schedule::Shard};
use serde_json::json;

use crate::{
    load::{failed, generate, operation, plan, run},
    server::{Running, serve},
};

/// `users` who think for `think_ms`, for `seconds`.
fn of_users(users: u32, think_ms: u32, seconds: u32, operations: Vec<LoadOperation>) -> ProvePlan {
    let mut plan = plan(users * 1_000 / think_ms, seconds, operations);
    plan.load.closed = Some(Closed { users, think_ms });
    plan.load.max_in_flight = users;
    plan
}

/// Who is inside now, and the most there ever were.
#[derive(Clone, Default)]
struct Inside {
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Inside {
    async fn stay(&self, time: Duration) {
        self.most.fetch_max(self.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        tokio::time::sleep(time).await;
        self.now.fetch_sub(1, Ordering::SeqCst);
    }

    fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

/// Takes a ticket and shows it, each in 20 ms; of those that are taken, every fourth is forgotten.
fn office(inside: &Inside) -> Running {
    let (taking, showing, taken) = (inside.clone(), inside.clone(), Arc::new(AtomicUsize::new(0)));
    serve(move |router| {
        let take = move || async move {
            taking.stay(Duration::from_millis(20)).await;
            Json(json!({"id": taken.fetch_add(1, Ordering::SeqCst)}))
        };
        let show = move |Path(id): Path<usize>| async move {
            showing.stay(Duration::from_millis(20)).await;
            Json(json!({"id": if id.is_multiple_of(4) { 0 } else { id }}))
        };
        router.route("/tickets", post(take)).route("/tickets/{id}", get(show))
    })
}

fn visit() -> Vec<LoadOperation> {
    let take = json!({"name": "take", "weight": 1, "carry": {"id": "/id"},
        "request": {"method": "POST", "path": "/tickets"}, "expect": {"status": 200}});
    let show = json!({"name": "show", "weight": 0, "after": 0,
        "request": {"method": "GET", "path": "/tickets/{{id}}"}, "expect": {"status": 200, "body": {"id": "{{id}}"}}});
    [take, show].map(|operation| serde_json::from_value(operation).unwrap()).into()
}

fn due(measured: &Measured, operation: u32) -> u64 {
    let of = measured.buckets.iter().filter(|bucket| bucket.operation == operation);
    of.map(|bucket| bucket.good + bucket.failed.values().sum::<u64>()).sum()
}

#[test]
fn a_user_does_one_thing_after_another_also_in_a_visit() {
    let inside = Inside::default();
    let server = office(&inside);
    let measured = run(&of_users(5, 20, 3, visit()), &server);
    let (taken, shown) = (due(&measured, 0), due(&measured, 1));
    // Whoever has taken a ticket looks at it next, good or not; at the end five may be on their way.
    assert!(shown <= taken && taken <= shown + 5, "{taken} and {shown}");
    assert!(inside.most() <= 5, "{}", inside.most());
    // Five users, 40 ms for each request at least: at most 375 in three seconds, and not far fewer.
    assert!((60..=500).contains(&(taken + shown)), "{taken} and {shown}");
    assert!(!failed(&measured).contains_key(&factory_assurance::evidence::Failure::Unsent));
}

/// What the verdict holds against the plan: requests come by the time in which users do not wait.
#[test]
fn users_ask_as_often_as_the_time_that_they_do_not_wait_allows() {
    let server = serve(|router| {
        let slow = || async {
            tokio::time::sleep(Duration::from_millis(150)).await;
            "ok"
        };
        router.route("/", get(slow))
    });
    let measured = run(&of_users(20, 100, 4, vec![operation("/", json!({"status": 200}))]), &server);
    let waited: u64 = measured.buckets.iter().flat_map(|bucket| &bucket.latency_us).map(|[us, count]| us * count).sum();
    let planned = (20 * 4_000_000_u64).saturating_sub(waited) / 100_000;
    let asked = due(&measured, 0);
    // What is under way at the end has waited less than it will have.
    let most = planned + 5 * planned.isqrt() + 20 * 2;
    assert!(asked + 5 * planned.isqrt() >= planned && asked <= most, "{asked} of {planned}");
    // By the clock alone there would have been 800.
    assert!(asked < 500, "{asked}");
}

#[test]
fn generators_share_the_users_and_nobody_is_two_of_them() {
    for (index, users) in [(0, 2), (1, 1)] {
        let inside = Inside::default();
        let server = office(&inside);
        let (plan, targets) = (of_users(3, 20, 1, visit()), server.targets());
        let measured = generate(&Scenario::new(&plan, &targets, Shard { index, of: 2 }).unwrap(), &targets);
        assert!(due(&measured, 0) > 0);
        assert!(inside.most() <= users, "{index}: {}", inside.most());
    }
}
