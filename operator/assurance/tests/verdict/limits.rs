//! Every limit, from both sides. The sample has 100 requests in each steady phase (seconds 2–7 and
//! 31–36) and 120 in each fault phase: 7–13 and 13–19 of `registry`, 19–25 and 25–31 of `web`.

use factory_assurance::{
    dossier::TestResult,
    evidence::Failure,
    plan::{Arrivals, Gaps, Stretch},
    sample,
};
use factory_crds::{
    release::Outcome::{self, Failed, Inconclusive, Passed},
    resilience_standard::{ArrivalKind, ArrivalRule, Spike},
};

use super::{after, assert_finds, fault, paced, prove, verify};

type Change = fn(&mut TestResult);

/// A change of the passing sample, the outcome and the codes of the findings that follow.
const TABLE: &[(&str, Change, Outcome, &[&str])] = &[
    (
        "1 of 100 failed, 10000 ppm allowed",
        |r| {
            fail(r, 20..21);
            r.standard.steady.max_failed_ppm = 10_000;
        },
        Passed,
        &[],
    ),
    (
        "1 of 100 failed, 9999 ppm allowed",
        |r| {
            fail(r, 20..21);
            r.standard.steady.max_failed_ppm = 9_999;
        },
        Failed,
        &["SteadyFailuresTooHigh"],
    ),
    ("1 of 100 failed after the faults", |r| fail(r, 320..321), Failed, &["SteadyFailuresTooHigh"]),
    ("failures in the warm-up cost nothing", |r| fail(r, 0..10), Passed, &[]),
    (
        "p95 at its limit",
        |r| {
            slow(r, 500_000, 6);
        },
        Passed,
        &[],
    ),
    (
        "p95 beyond its limit",
        |r| {
            slow(r, 500_001, 6);
        },
        Failed,
        &["SteadyP95TooHigh"],
    ),
    (
        "five of 100 are beyond p95",
        |r| {
            slow(r, 500_001, 5);
        },
        Passed,
        &[],
    ),
    (
        "p99 at its limit",
        |r| {
            slow(r, 1_500_000, 2);
        },
        Passed,
        &[],
    ),
    (
        "p99 beyond its limit",
        |r| {
            slow(r, 1_500_001, 2);
        },
        Failed,
        &["SteadyP99TooHigh"],
    ),
    (
        "one of 100 is beyond p99",
        |r| {
            slow(r, 1_500_001, 1);
        },
        Passed,
        &[],
    ),
    ("as many requests as are needed", |r| r.standard.min_requests = 100, Passed, &[]),
    ("one request too few", |r| r.standard.min_requests = 101, Inconclusive, &["TooFewRequests", "TooFewRequests"]),
    ("one too few in faults too", |r| r.standard.min_requests = 121, Inconclusive, &["TooFewRequests"; 6]),
    ("a fault at its cost: 6 of 120", |r| fail(r, 230..234), Passed, &[]),
    ("a fault beyond its cost: 7 of 120", |r| fail(r, 230..235), Failed, &["FaultCostTooHigh"]),
    (
        "recovery at what was declared",
        |r| {
            outage(r);
            r.availability.recovery_time = "1s260ms".parse().unwrap();
        },
        Passed,
        &[],
    ),
    (
        "recovery beyond what was declared",
        |r| {
            outage(r);
            r.availability.recovery_time = "1s259ms".parse().unwrap();
        },
        Failed,
        &["RecoveryTooSlow"],
    ),
    (
        "while recovering, the larger of the two shares may fail",
        |r| {
            outage(r);
            r.standard.faults[0].max_failed_ppm = 33_334;
            r.standard.steady.max_failed_ppm = 100_000;
            r.availability.recovery_time = "0s".parse().unwrap();
        },
        Passed,
        &[],
    ),
    (
        "down until the end of the window",
        |r| {
            fail(r, 249..250);
            sample::fail(r, 1, 248..250, Failure::Status);
        },
        Failed,
        &["RecoveryTooSlow"],
    ),
    ("lag at its limit", |r| prove(r).lag_us[1][0] = 150_000, Passed, &[]),
    ("lag beyond its limit", |r| prove(r).lag_us[1][0] = 150_001, Inconclusive, &["GeneratorLagged"]),
    (
        "one in 720 unsent",
        |r| {
            sample::fail(r, 0, 0..1, Failure::Unsent);
        },
        Inconclusive,
        &["GeneratorSaturated"],
    ),
    ("the load at nine tenths of its plan", |r| paced(r, 1_334), Passed, &[]),
    ("the load as far from its plan as chance explains", |r| paced(r, 1_393), Passed, &[]),
    ("the load beyond both", |r| paced(r, 1_394), Inconclusive, &["LoadTooLow"]),
    ("half of the load follows the other, as far from its plan as chance explains", |r| visits(r, 1_483), Passed, &[]),
    ("half of the load follows the other, beyond that", |r| visits(r, 1_484), Inconclusive, &["LoadTooLow"]),
    ("a rush as far from its plan as chance explains", |r| rush(r, 1_424_999), Passed, &[]),
    (
        "a rush that did not come, in a run that has enough in all",
        |r| rush(r, 1_425_000),
        Inconclusive,
        &["LoadTooLow"],
    ),
    ("injected a fifth into the phase", |r| fault(r, "pod-kill-web").injected_ms = Some(20_200), Passed, &[]),
    ("injected later", |r| fault(r, "pod-kill-web").injected_ms = Some(20_201), Inconclusive, &["FaultOutOfTime"]),
    ("injected at the start", |r| injected(r, 19_000), Passed, &[]),
    ("injected before", |r| injected(r, 18_999), Inconclusive, &["FaultOutOfTime"]),
    ("ordered before", |r| fault(r, "pod-kill-web").ordered_ms = Some(18_999), Inconclusive, &["FaultOutOfTime"]),
    ("gone in the last moment", |r| fault(r, "pod-kill-web").gone[0].at_ms = 24_999, Passed, &[]),
    ("gone after the window", |r| fault(r, "pod-kill-web").gone[0].at_ms = 25_000, Inconclusive, &["FaultNotFelt"]),
    ("a phase that begins a second late", |r| boundary(r, 1_000), Passed, &[]),
    ("a phase that begins later", |r| boundary(r, 1_001), Inconclusive, &["EvidenceIncomplete"]),
];

#[test]
fn each_limit_holds_at_itself_and_breaks_one_step_beyond() {
    for (what, change, outcome, codes) in TABLE {
        assert_finds(&after(change), *outcome, codes, what);
    }
}

#[test]
fn findings_are_said_as_a_person_would_say_them() {
    let table: &[(Change, &str)] = &[
        (
            |r| sample::fail(r, 0, 195..235, Failure::Connect),
            "web: when one of its pods was killed, 35 % of requests failed (42 of 120: 40 no connection, 2 broken connection); the standard allows 5 %",
        ),
        (
            |r| {
                outage(r);
                r.availability.recovery_time = "1s".parse().unwrap();
            },
            "web: after one of its pods was killed, it served again after 1.3 s; declared recoveryTime is 1 s",
        ),
        (
            |r| {
                sample::fail(r, 0, 305..310, Failure::Connect);
                r.standard.faults[1].max_failed_ppm = 41_667;
            },
            "web: after its pods were replaced one by one, it did not serve again within the 6 s watched",
        ),
        (
            |r| sample::fail(r, 1, 21..24, Failure::Status),
            "in the steady state before any fault, 3 % of requests failed (3 of 100: 3 wrong status); the standard allows 0.1 %",
        ),
        (
            |r| {
                slow(r, 1_500_001, 2);
            },
            "in the steady state before any fault, 99 % of answers came within 1501 ms; the standard asks for 1500 ms",
        ),
        (
            |r| prove(r).lag_us[1][0] = 212_345,
            "the load generator was late: 99 % of its requests left within 213 ms of their moment, 150 ms are allowed; its measurements are void",
        ),
        (
            |r| verify(r).checks[0].steps[1].status = Some(500),
            "check `issue-certificate`, step 2 (GET /v1/certificates/{{id}}): status 500, expected 200",
        ),
        (
            |r| verify(r).checks[0].steps[0].mutants[1].rejected = false,
            "check `issue-certificate`, step 1 (POST /v1/certificates): it also accepts an answer with an empty body, so it proves nothing",
        ),
        (
            |r| verify(r).contracts[0].operations[1].answers.clear(),
            "web/openapi.json: no answer was seen of GET /v1/certificates/{id}",
        ),
        (
            |r| {
                r.plan.prove.phases.remove(5);
            },
            "the plan lacks rolling-restart of component `web`, which the standard requires",
        ),
        (
            |r| fault(r, "rolling-restart-web").gone.truncate(1),
            "web: rolling-restart was not felt: 1 of 2 ready pods went within the 6 s of its phase; 2 must",
        ),
        (|r| refuse(r), "web: pod-kill could not be injected: forbidden and 1 more"),
    ];
    for (change, said) in table {
        let verdict = after(change);
        assert_eq!(verdict.findings.first().map(|finding| finding.message.as_str()), Some(*said), "{verdict:#?}");
    }
}

#[test]
fn failures_come_first_then_the_order_of_the_plan() {
    let verdict = after(|result| {
        result.plan.verify.descriptions.clear();
        verify(result).contracts.clear();
        verify(result).checks[0].steps[0].mutants[0].rejected = false;
        sample::fail(result, 0, 70..100, Failure::Timeout);
        fault(result, "pod-kill-registry").residue.push("spec.replicas: differs".to_owned());
        sample::fail(result, 0, 20..21, Failure::Status);
    });
    let codes = ["SteadyFailuresTooHigh", "FaultCostTooHigh", "PlanIncomplete", "VacuousCheck", "ResidueLeft"];
    assert_finds(&verdict, Failed, &codes, "order");
}

#[test]
fn figures_have_their_limits_and_missing_ones_are_missing() {
    let passing = sample::passing().verdict;
    let figure = |verdict: &factory_assurance::verdict::Verdict, phase: &str, name: &str| {
        let found = verdict.figures.iter().find(|figure| figure.phase == phase && figure.name == name).unwrap();
        (found.value, found.limit)
    };
    assert_eq!(figure(&passing, "", "requests"), (Some(720), Some(648)));
    assert_eq!(figure(&passing, "", "lagP99Us"), (Some(1_203), Some(150_000)));
    assert_eq!(figure(&passing, "steady-before", "p99Us"), (Some(12_031), Some(1_500_000)));
    assert_eq!(figure(&passing, "pod-kill-web", "failedPpm"), (Some(16_667), Some(50_000)));
    assert_eq!(figure(&passing, "pod-kill-web", "recoveryMs"), (Some(160), Some(30_000)));
    assert_eq!(figure(&passing, "pod-kill-web", "podsGone"), (Some(1), Some(1)));
    assert_eq!(figure(&passing, "rolling-restart-web", "readyAgainMs"), (Some(3_460), None));
    let missing = sample::inconclusive().verdict;
    assert_eq!(missing.figures.len(), passing.figures.len());
    assert!(missing.figures.iter().all(|figure| figure.value.is_none()));
}

fn fail(result: &mut TestResult, slots: std::ops::Range<u32>) {
    sample::fail(result, 0, slots, Failure::Status);
}

/// Two failures in one tenth of a second, 1.2 s after a pod of `web` was killed.
fn outage(result: &mut TestResult) {
    for operation in [0, 1] {
        sample::fail(result, operation, 202..203, Failure::Connect);
    }
}

/// The last `count` of 100 answers in the first steady phase took `us`.
fn slow(result: &mut TestResult, us: u64, count: u64) {
    let buckets = &mut prove(result).buckets;
    for bucket in
        buckets.iter_mut().filter(|bucket| (2..7).contains(&bucket.second)).take(usize::try_from(count).unwrap())
    {
        bucket.latency_us = vec![[4_011, 9], [us, 1]];
    }
}

/// The second operation follows the first one; so many requests a minute.
fn visits(result: &mut TestResult, per_minute: u32) {
    paced(result, per_minute);
    let load = &mut result.plan.prove.load;
    (load.operations[1].after, load.operations[1].weight) = (Some(0), 0);
}

/// The standard asks for a rush of ten seconds at the share `ppm`, and the plan has it; what came is level.
fn rush(result: &mut TestResult, ppm: u32) {
    let spike = Spike { base_ppm: 1_000_000, peak_ppm: ppm, at_seconds: 6, seconds: 10 };
    let rule = ArrivalRule { kind: ArrivalKind::Spike, spike: Some(spike), ..ArrivalRule::default() };
    result.standard.load.iter_mut().for_each(|load| load.arrivals = Some(rule.clone()));
    let stretches = [(6, 1_000_000), (10, ppm), (20, 1_000_000)].map(|(seconds, ppm)| Stretch::level(seconds, ppm));
    result.plan.prove.load.arrivals = Some(Arrivals { gaps: Gaps::Drawn, stretches: stretches.to_vec() });
}

/// A pod of `web` was killed at `ms`, at once after it was ordered.
fn injected(result: &mut TestResult, ms: u64) {
    let fault = fault(result, "pod-kill-web");
    (fault.ordered_ms, fault.injected_ms) = (Some(ms), Some(ms));
}

/// All boundaries but the first and the last are `ms` late.
fn boundary(result: &mut TestResult, ms: u64) {
    let phases = &mut prove(result).phases;
    phases[2].to_ms += ms;
    phases[3].from_ms += ms;
}

fn refuse(result: &mut TestResult) {
    let fault = fault(result, "pod-kill-web");
    fault.injected_ms = None;
    fault.ready_again_ms = None;
    fault.errors = vec!["forbidden".to_owned(), "again".to_owned()];
}
