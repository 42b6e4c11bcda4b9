//! A real ladder on loopback: a server that answers at most so many requests a second, and what the verdict says of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that cannot go on may stop

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use factory_assurance::{
    dossier::TestResult,
    evidence::{NodeProfile, PhaseSpan, PodsProfile, Profile, ProveEvidence},
    plan::{Arrivals, Gaps, Phase, PhaseRole, ProvePlan, Stretch, WHOLE_PPM},
    sample,
};
use factory_crds::resilience_standard::Capacity;
use serde_json::json;

use crate::{
    load::{operation, plan, run},
    server::{Running, serve},
};

/// Requests a second of the declared users.
const DECLARED: u32 = 100;
const STEPS: [u32; 3] = [150, 200, 500];
/// What the server can: well above 200 % of that, and well below 500 %.
const MOST: f64 = 290.0;
/// Of which it may have saved so many for a burst.
const SAVED: f64 = 120.0;

/// Answers [`MOST`] requests a second, and says that it is busy to all others.
fn limited() -> Running {
    let bucket = Arc::new(Mutex::new((SAVED, Instant::now())));
    serve(move |router| {
        router.route(
            "/",
            axum::routing::get(move || {
                let bucket = Arc::clone(&bucket);
                async move {
                    let (left, since) = &mut *bucket.lock().unwrap();
                    *left = (*left + since.elapsed().as_secs_f64() * MOST).min(SAVED);
                    *since = Instant::now();
                    if *left < 1.0 {
                        return StatusCode::SERVICE_UNAVAILABLE;
                    }
                    *left -= 1.0;
                    StatusCode::OK
                }
            }),
        )
    })
}

/// Two seconds at the declared rate, and two at each step.
fn climbing() -> ProvePlan {
    let mut plan = plan(DECLARED, 2, vec![operation("/", json!({"status": 200}))]);
    let mut stretches = vec![Stretch::level(2, WHOLE_PPM)];
    for percent in STEPS {
        let (name, role) = (format!("capacity-{percent}"), PhaseRole::Capacity { percent });
        plan.phases.push(Phase { name, seconds: 2, role });
        stretches.push(Stretch::level(2, percent * (WHOLE_PPM / 100)));
    }
    plan.load.arrivals = Some(Arrivals { gaps: Gaps::Drawn, stretches });
    plan
}

/// What the dossier of such a run would be, on machines of which the lab knows.
fn result(plan: ProvePlan, server: &Running, headroom_percent: u32) -> TestResult {
    let measured = run(&plan, server);
    let mut result = sample::passing();
    let pods = |component: &String| PodsProfile {
        component: component.clone(),
        count: 1,
        cpu_milli: None,
        memory_bytes: None,
    };
    let node = NodeProfile {
        cpu_milli: 1_000,
        memory_bytes: 1 << 30,
        architecture: "amd64".to_owned(),
        kernel: "6.1".to_owned(),
        pods: result.bundle.images.keys().map(pods).collect(),
    };
    let mut from_ms = 0;
    let spans = plan.phases.iter().map(|phase| {
        let to_ms = from_ms + u64::from(phase.seconds) * 1_000;
        PhaseSpan { name: phase.name.clone(), from_ms: std::mem::replace(&mut from_ms, to_ms), to_ms }
    });
    result.evidence.prove = Some(ProveEvidence {
        nonce: result.announcement.nonce.clone(),
        started_unix_ms: 1_795_000_000_000,
        phases: spans.collect(),
        buckets: measured.buckets,
        slots: measured.slots,
        lag_us: measured.lag_us,
        step_lag_us: measured.step_lag_us,
        faults: Vec::new(),
        control: None,
        twin: None,
        profile: Some(Profile { nodes: vec![node] }),
        soak: None,
        drawn: None,
        comparison: None,
    });
    result.plan.prove = plan;
    result.standard.capacity = Some(Capacity { steps_percent: STEPS.to_vec(), step_seconds: 2, headroom_percent });
    // The machine that runs the tests may be busy; nobody's latency is the question here.
    (result.standard.steady.p95_ms, result.standard.steady.p99_ms) = (2_000, 2_900);
    result.standard.max_lag_ppm = 1_000_000;
    sample::judged(result)
}

/// Codes of what was found of the ladder, and up to where it held and broke.
fn told(result: &TestResult) -> (Vec<&str>, [Option<u64>; 2]) {
    let codes = result.verdict.findings.iter().map(|finding| finding.code.as_str());
    let of = |name| {
        let mut figures = result.verdict.figures.iter();
        figures.find(|figure| figure.phase.is_empty() && figure.name == name).unwrap().value
    };
    // The plan has no fault, which is another matter.
    (codes.filter(|code| *code != "PlanIncomplete").collect(), [of("heldPercent"), of("brokeAtPercent")])
}

#[test]
fn a_server_that_answers_so_many_a_second_holds_below_that_and_breaks_above() {
    let server = limited();
    let climbed = result(climbing(), &server, 200);
    assert_eq!(told(&climbed), (vec![], [Some(200), Some(500)]), "{:?}", climbed.verdict.findings);
    // The same server where more must hold.
    std::thread::sleep(Duration::from_secs(1));
    let asked_more = result(climbing(), &server, 500);
    assert_eq!(told(&asked_more), (vec!["CapacityFailuresTooHigh"], [Some(200), Some(500)]));
    let said = &asked_more.verdict.findings[0].message;
    assert!(
        said.starts_with("phase `capacity-500`: at 500 % of the declared rate") && said.contains("wrong status"),
        "{said}"
    );
}

#[test]
fn a_generator_that_has_too_few_places_says_nothing_of_the_server() {
    let server = serve(|router| {
        let slow = || async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            StatusCode::OK
        };
        router.route("/", axum::routing::get(slow))
    });
    // Two requests a second each: 310 a second in all, of the 500 that the last step asks.
    let mut plan = climbing();
    plan.load.max_in_flight = 155;
    let climbed = result(plan, &server, 500);
    let (codes, [held, broke]) = told(&climbed);
    assert_eq!((codes, broke), (vec!["StepNotAsked"], None), "{:?}", climbed.verdict.findings);
    assert_eq!(held, Some(200));
}
