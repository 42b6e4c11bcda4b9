//! The load engine against real servers on loopback: what it says must be what happened.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that cannot go on may stop

use std::{
    collections::BTreeMap,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use factory_assurance::{
    evidence::{Bucket, Failure, Part},
    plan::{Arrivals, Gaps, LoadOperation, LoadPlan, Phase, PhaseRole, ProvePlan, Stretch},
};
use factory_crds::resilience_standard::Connections;
use factory_lab::{
    load::{Scenario, engine, recorder::Measured, schedule::Shard},
    target::Targets,
};
use serde_json::{Value, json};

use crate::server::{Running, raw, serve};

pub fn operation(path: &str, expect: Value) -> LoadOperation {
    LoadOperation {
        name: format!("GET {path}"),
        request: serde_json::from_value(json!({"method": "GET", "path": path})).unwrap(),
        expect: serde_json::from_value(expect).unwrap(),
        weight: 1,
        after: None,
        carry: BTreeMap::new(),
    }
}

pub fn plan(per_second: u32, seconds: u32, operations: Vec<LoadOperation>) -> ProvePlan {
    ProvePlan {
        load: LoadPlan {
            requests_per_minute: per_second * 60,
            timeout_ms: 3_000,
            max_in_flight: 2_000,
            pause_ms: 0,
            arrivals: None,
            connections: None,
            closed: None,
            drawn: Vec::new(),
            operations,
        },
        phases: vec![Phase { name: "steady".to_owned(), seconds, role: PhaseRole::Steady {} }],
        calls: [].into(),
        rotations: [].into(),
        control: None,
        twin: None,
        comparison: None,
        history: None,
    }
}

/// Runs `plan` against `server`.
pub fn run(plan: &ProvePlan, server: &Running) -> Measured {
    let targets = server.targets();
    generate(&Scenario::new(plan, &targets, Shard::ALONE).unwrap(), &targets)
}

/// Generates the load of `scenario`.
pub fn generate(scenario: &Arc<Scenario>, targets: &Targets) -> Measured {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    engine::run(scenario, targets, "nonce", Instant::now() + Duration::from_millis(100), runtime.handle()).unwrap()
}

pub fn good(measured: &Measured) -> u64 {
    measured.buckets.iter().map(|bucket| bucket.good).sum()
}

pub fn failed(measured: &Measured) -> BTreeMap<Failure, u64> {
    let mut failed = BTreeMap::new();
    for (failure, count) in measured.buckets.iter().flat_map(|bucket| &bucket.failed) {
        *failed.entry(*failure).or_default() += count;
    }
    failed
}

/// The latency that `permille` of all answers do not exceed, in milliseconds.
fn quantile(cells: impl Iterator<Item = [u64; 2]>, permille: u64) -> u64 {
    let mut all = BTreeMap::new();
    for [value, count] in cells {
        *all.entry(value).or_insert(0) += count;
    }
    let rank = (all.values().sum::<u64>() * permille).div_ceil(1000);
    let mut seen = 0;
    let found = all.into_iter().find(|(_, count)| {
        seen += count;
        seen >= rank
    });
    found.unwrap().0 / 1000
}

fn latencies(measured: &Measured) -> impl Iterator<Item = [u64; 2]> {
    measured.buckets.iter().flat_map(|bucket| bucket.latency_us.iter().copied())
}

#[test]
fn everything_that_was_due_is_counted_once_and_where_it_was_due() {
    let server = serve(|router| router.route("/", axum::routing::get(|| async { axum::Json(json!({"id": 1})) })));
    let expect = json!({"status": 200, "headers": {"content-type": "application/json"}, "body": {"id": 1}, "schema": {"type": "object"}});
    let measured = run(&plan(200, 3, vec![operation("/", expect)]), &server);
    let total = good(&measured);
    assert!((500..700).contains(&total), "{total}");
    assert_eq!(failed(&measured), BTreeMap::new());
    assert_eq!(measured.slots.len(), 30);
    assert_eq!(measured.slots.iter().map(|slot| u64::from(slot[0])).sum::<u64>(), total);
    assert_eq!(measured.lag_us.iter().map(|cell| cell[1]).sum::<u64>(), total);
    for bucket in &measured.buckets {
        let slots = &measured.slots[bucket.second as usize * 10..][..10];
        assert_eq!(slots.iter().map(|slot| u64::from(slot[0])).sum::<u64>(), bucket.good);
        assert_eq!(bucket.latency_us.iter().map(|cell| cell[1]).sum::<u64>(), bucket.good);
        assert!(bucket.latency_us.windows(2).all(|pair| pair[0][0] < pair[1][0]));
    }
    // Visits are short, so that load spreads over pods; and longer than one request, as those of users.
    let connections = server.connections() as u64;
    assert!(connections >= total / 16 && connections < total / 2, "{connections} of {total}");
}

/// Requests that were due in each second.
pub fn seconds(measured: &Measured) -> Vec<u64> {
    let seconds = measured.slots.chunks(10);
    seconds.map(|slots| slots.iter().map(|slot| u64::from(slot[0] + slot[1])).sum()).collect()
}

#[test]
fn a_rush_comes_when_it_is_planned() {
    let server = serve(|router| router.route("/", axum::routing::get(|| async { "ok" })));
    let mut plan = plan(100, 3, vec![operation("/", json!({"status": 200}))]);
    let stretches = [400_000, 3_000_000, 1_000_000].map(|ppm| Stretch::level(1, ppm));
    plan.load.arrivals = Some(Arrivals { gaps: Gaps::Drawn, stretches: stretches.to_vec() });
    let measured = run(&plan, &server);
    let came = seconds(&measured);
    // 40, 300 and 100 are planned: five deviations of each.
    let planned = [8..=72, 213..=387, 50..=150];
    assert!(came.iter().zip(planned).all(|(came, planned)| planned.contains(came)), "{came:?}");
    assert_eq!(good(&measured), came.iter().sum::<u64>());
}

#[test]
fn connections_are_kept_as_the_plan_says() {
    for keeping in [Connections::Fresh, Connections::Kept] {
        let server = serve(|router| router.route("/", axum::routing::get(|| async { "ok" })));
        let mut plan = plan(50, 2, vec![operation("/", json!({"status": 200}))]);
        plan.load.connections = Some(keeping);
        plan.load.max_in_flight = 5;
        let measured = run(&plan, &server);
        let (good, connections) = (good(&measured), server.connections() as u64);
        assert!(good > 50);
        let as_planned = if keeping == Connections::Fresh { connections == good } else { connections <= 5 };
        assert!(as_planned, "{keeping:?}: {connections} for {good}");
    }
}

#[test]
fn generators_that_share_a_load_count_together_what_one_would_have_counted() {
    let server = serve(|router| router.route("/", axum::routing::get(|| async { "ok" })));
    let operations = vec![operation("/", json!({"status": 200})), operation("/?page=2", json!({"status": 200}))];
    let (plan, targets) = (plan(150, 2, operations), server.targets());
    let due = |measured: &Measured| {
        let of = |bucket: &Bucket| (bucket.second, bucket.operation, bucket.good + bucket.failed.values().sum::<u64>());
        (measured.buckets.iter().map(of).collect::<Vec<_>>(), seconds(measured))
    };
    let part = |index| {
        let measured = generate(&Scenario::new(&plan, &targets, Shard { index, of: 3 }).unwrap(), &targets);
        Part { nonce: "nonce".to_owned(), index, of: 3, measured }
    };
    let merged = Measured::of(vec![part(2), part(0), part(1)]).unwrap();
    assert_eq!(due(&merged), due(&run(&plan, &server)));
}

#[test]
fn a_load_is_drawn_from_what_a_service_says_of_itself_and_held_against_it() {
    let number = |format: &str| json!({"200": {"content": {"application/json": {"schema": {"type": format}}}}});
    let described = json!({"openapi": "3.1.0", "paths": {
        "/true": {"get": {"responses": number("integer")}},
        "/lie": {"get": {"responses": number("string")}},
        "/write": {"post": {"responses": number("integer")}},
    }});
    let server = serve(|router| {
        let seven = || axum::routing::get(|| async { axum::Json(7) });
        router
            .route("/openapi.json", axum::routing::get(move || async move { axum::Json(described) }))
            .route("/empty.json", axum::routing::get(|| async { axum::Json(json!({"openapi": "3.1.0", "paths": {}})) }))
            .route("/true", seven())
            .route("/lie", seven())
    });
    let figures = command(&server, &["--rate", "100", "--seconds", "2", "--openapi", "/openapi.json"], |_| {});
    let failed: Vec<_> = figures["failed"].as_object().unwrap().keys().collect();
    assert_eq!(failed, ["Content"], "{figures}");
    let (good, bad) = (figures["good"].as_u64().unwrap(), figures["failed"]["Content"].as_u64().unwrap());
    assert!(good > 50 && bad > 50, "{figures}");
    for (path, why) in [("/none", "status 404"), ("/empty.json", "no operation"), ("x y", "request.path")] {
        let output = Command::new(env!("CARGO_BIN_EXE_factory-lab"))
            .args(["load", "--rate", "1", "--url", &server.url(), "--openapi", path])
            .output()
            .unwrap();
        let line = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && line.contains("--openapi") && line.contains(why), "{line}");
    }
}

/// A ticket is taken and shown; of those that are taken, every fourth is forgotten.
#[test]
fn visits_carry_what_an_answer_gave_and_lose_what_a_service_forgets() {
    use axum::{
        extract::Path,
        http::StatusCode,
        routing::{get, post},
    };
    let taken = Arc::new(AtomicUsize::new(0));
    let server = serve(move |router| {
        let take = move || async move {
            (StatusCode::CREATED, axum::Json(json!({"id": taken.fetch_add(1, Ordering::Relaxed)})))
        };
        let show = |Path(id): Path<usize>| async move {
            let status = if id.is_multiple_of(4) { StatusCode::NOT_FOUND } else { StatusCode::OK };
            (status, axum::Json(json!({"id": id})))
        };
        router.route("/tickets", post(take)).route("/tickets/{id}", get(show))
    });
    let take = json!({"name": "take", "weight": 1, "carry": {"id": "/id"},
        "request": {"method": "POST", "path": "/tickets"}, "expect": {"status": 201}});
    let show = json!({"name": "show", "weight": 0, "after": 0,
        "request": {"method": "GET", "path": "/tickets/{{id}}"}, "expect": {"status": 200, "body": {"id": "{{id}}"}}});
    let operations = [take, show].map(|operation| serde_json::from_value(operation).unwrap());
    let mut plan = plan(200, 4, operations.into());
    plan.load.pause_ms = 100;
    let measured = run(&plan, &server);
    let of = |operation: u32| measured.buckets.iter().filter(move |bucket| bucket.operation == operation);
    let good = |operation| of(operation).map(|bucket| bucket.good).sum::<u64>();
    let lost: u64 = of(1).filter_map(|bucket| bucket.failed.get(&Failure::Status)).sum();
    // Half of the requests begin a visit: 400 with a deviation of 20. Nearly all are followed before the end.
    let begun = good(0);
    assert!((320..=480).contains(&begun), "{begun}");
    assert!(good(1) + lost <= begun && good(1) + lost >= begun - 40, "{begun}: {} and {lost}", good(1));
    assert_eq!(failed(&measured), BTreeMap::from([(Failure::Status, lost)]));
    assert!(lost * 5 >= begun - 100 && lost * 3 <= begun, "{begun}: {lost}");
    assert_eq!(measured.slots.iter().map(|slot| u64::from(slot[0] + slot[1])).sum::<u64>(), begun + good(1) + lost);
    // A step leaves on time, counted from its own moment.
    assert!(measured.lag_us.iter().map(|cell| cell[1]).sum::<u64>() == begun + good(1) + lost);
}

#[test]
fn a_stall_of_1_4_s_shows_in_the_99th_percentile_although_few_requests_were_sent_meanwhile() {
    let start = Instant::now();
    let server = serve(move |router| {
        router.route(
            "/",
            axum::routing::get(move || async move {
                // Everything that arrives between 2.0 and 3.4 s is answered at 3.4 s.
                let now = start.elapsed();
                if (Duration::from_secs(2)..Duration::from_millis(3_400)).contains(&now) {
                    tokio::time::sleep(Duration::from_millis(3_400).checked_sub(now).unwrap()).await;
                }
                "ok"
            }),
        )
    });
    let measured = run(&plan(100, 10, vec![operation("/", json!({"status": 200}))]), &server);
    // 14 % of all requests fell into the stall: one in ten waited 0.4 s at least, one in a hundred 1.3 s.
    assert!(quantile(latencies(&measured), 500) < 50);
    let (p90, p99) = (quantile(latencies(&measured), 900), quantile(latencies(&measured), 990));
    assert!((250..700).contains(&p90), "{p90}");
    assert!((1_200..1_500).contains(&p99), "{p99}");
    assert_eq!(failed(&measured), BTreeMap::new());
}

/// What `factory-lab load` prints as JSON, against `server` with `arguments`; `trouble` gets its
/// process number as soon as it has connected.
pub fn command(server: &Running, arguments: &[&str], trouble: impl FnOnce(u32)) -> Value {
    let known = server.connections();
    let child = Command::new(env!("CARGO_BIN_EXE_factory-lab"))
        .args(["load", "--json", "--url", &server.url()])
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    while server.connections() == known {
        std::thread::sleep(Duration::from_millis(1));
    }
    trouble(child.id());
    serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn a_starved_generator_says_so_in_its_lag() {
    let server = serve(|router| router.route("/", axum::routing::get(|| async { "ok" })));
    let arguments = ["--rate", "100", "--seconds", "3"];
    let rested = command(&server, &arguments, |_| {});
    let starved = command(&server, &arguments, |process| {
        let signal = |name| Command::new("sh").arg("-c").arg(format!("kill -{name} {process}")).status().unwrap();
        // No processor for a second.
        assert!(signal("STOP").success());
        std::thread::sleep(Duration::from_secs(1));
        assert!(signal("CONT").success());
    });
    let lag_ms = |figures: &Value| figures["lagUs"]["p90"].as_u64().unwrap() / 1000;
    assert!(lag_ms(&rested) < 50, "{rested}");
    assert!((500..1_100).contains(&lag_ms(&starved)), "{starved}");
    // What was due meanwhile left late, and none of it was forgotten.
    assert_eq!(starved["requests"], rested["requests"]);
    assert_eq!(starved["good"], starved["requests"]);
}

#[test]
fn each_way_of_failing_is_counted_as_what_it_is() {
    let server = serve(|router| {
        router
            .route("/", axum::routing::get(|| async { "ok" }))
            .route("/wrong", axum::routing::get(|| async { axum::Json(json!({"id": 2})) }))
            .route("/large", axum::routing::get(|| async { vec![b'x'; (1 << 20) + 1] }))
            .route("/away", axum::routing::get(|| async { axum::response::Redirect::temporary("/") }))
            .route("/slow", axum::routing::get(|| async { tokio::time::sleep(Duration::from_secs(60)).await }))
    });
    let ok = json!({"status": 200});
    let mut plan = plan(
        100,
        2,
        vec![
            operation("/wrong", json!({"status": 200, "body": {"id": 1}})),
            operation("/large", ok.clone()),
            operation("/away", ok.clone()),
            operation("/slow", ok.clone()),
        ],
    );
    plan.load.timeout_ms = 500;
    let measured = run(&plan, &server);
    let of = |operation| {
        let buckets = measured.buckets.iter().filter(move |bucket| bucket.operation == operation);
        buckets
            .flat_map(|bucket| bucket.failed.keys().copied())
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
    };
    assert_eq!(
        [of(0), of(1), of(2), of(3)],
        [[Failure::Content], [Failure::Content], [Failure::Status], [Failure::Timeout]]
    );
    assert_eq!(good(&measured), 0);

    let closing = raw(|_, mut stream| {
        drop(std::io::Write::write_all(&mut stream, b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"));
    });
    let measured = run(&plan_of(&ok), &closing);
    assert_eq!(failed(&measured).into_keys().collect::<Vec<_>>(), [Failure::Broken]);

    let refused = Running::nowhere();
    let measured = run(&plan_of(&ok), &refused);
    assert_eq!(failed(&measured).into_keys().collect::<Vec<_>>(), [Failure::Connect]);
}

fn plan_of(expect: &Value) -> ProvePlan {
    plan(50, 1, vec![operation("/", expect.clone())])
}

#[test]
fn a_server_that_closes_after_every_answer_costs_no_request_and_none_is_sent_twice() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let server = raw(move |_, mut stream| {
        let mut head = [0; 4096];
        if std::io::Read::read(&mut stream, &mut head).is_ok_and(|read| read > 0) {
            counter.fetch_add(1, Ordering::SeqCst);
            drop(std::io::Write::write_all(
                &mut stream,
                b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok",
            ));
        }
    });
    let measured = run(&plan(50, 2, vec![operation("/", json!({"status": 200}))]), &server);
    assert_eq!(failed(&measured), BTreeMap::new());
    assert_eq!(good(&measured), asked.load(Ordering::SeqCst) as u64);
}

#[test]
fn what_finds_no_place_is_counted_as_unsent_and_memory_stays_bounded() {
    let server = serve(|router| {
        router.route("/", axum::routing::get(|| async { tokio::time::sleep(Duration::from_secs(60)).await }))
    });
    let mut plan = plan(100, 2, vec![operation("/", json!({"status": 200}))]);
    plan.load.max_in_flight = 10;
    plan.load.timeout_ms = 1_000;
    let measured = run(&plan, &server);
    let failed = failed(&measured);
    let (timeout, unsent) = (failed[&Failure::Timeout], failed[&Failure::Unsent]);
    assert!((15..=30).contains(&timeout) && unsent > 100, "{failed:?}");
    assert_eq!(measured.lag_us.iter().map(|cell| cell[1]).sum::<u64>(), timeout);
    assert!(server.connections() <= 30);
}

#[test]
fn a_load_that_cannot_be_generated_is_refused_in_one_line_that_names_it() {
    let targets = Running::nowhere().targets();
    let refused = |plan: &ProvePlan| Scenario::new(plan, &targets, Shard::ALONE).unwrap_err().to_string();
    let ok = json!({"status": 200});
    let mut unknown = operation("/", ok.clone());
    unknown.request.component = Some("db".to_owned());
    assert!(refused(&plan(1, 1, vec![unknown])).contains("component `db`"));
    assert!(refused(&plan(1, 1, vec![operation("/ x", ok.clone())])).contains("request.path"));
    assert!(
        refused(&plan(1, 1, vec![operation("/", json!({"status": 200, "schema": {"$ref": "http://x/"}}))]))
            .contains("outside the document")
    );
    assert!(refused(&plan(0, 1, vec![operation("/", ok.clone())])).contains("operations"));
    assert!(refused(&plan(1, 0, vec![operation("/", ok.clone())])).contains("phases"));
    let mut short = plan(1, 2, vec![operation("/", ok)]);
    short.load.arrivals = Some(Arrivals { gaps: Gaps::Even, stretches: vec![Stretch::level(1, 1_000_000)] });
    assert!(refused(&short).contains("load.arrivals: they cover 1000 ms of the 2000 ms"));
    assert!(refused(&plan(1, 1, Vec::new())).contains("operations"));
}
