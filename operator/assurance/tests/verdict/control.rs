//! The control beside the candidate: where it moves, nothing is concluded from that phase alone, good or bad.

use factory_assurance::{
    dossier::TestResult,
    evidence::{ControlSecond, Failure},
    sample,
};
use factory_crds::release::Outcome::{self, Failed, Inconclusive, Passed};

use super::{assert_finds, prove};

/// The seconds of the phase `name`, as they are planned.
fn seconds(result: &mut TestResult, name: &str) -> std::ops::Range<usize> {
    let span = prove(result).phases.iter().find(|span| span.name == name).unwrap();
    usize::try_from(span.from_ms / 1_000).unwrap()..usize::try_from(span.to_ms / 1_000).unwrap()
}

/// Its seconds in the phase `name`.
fn control<'a>(result: &'a mut TestResult, name: &str) -> &'a mut [ControlSecond] {
    let seconds = seconds(result, name);
    &mut prove(result).control.as_mut().unwrap()[seconds]
}

/// Answers so many of ten requests of each second of `name` within `us`, and the others at once.
fn slow(result: &mut TestResult, name: &str, count: u64, us: u64) {
    for one in control(result, name) {
        one.latency_us = vec![[611, 10 - count], [us, count]];
    }
}

/// The limit of lag of the sample's standard: 15 % of its 99th percentile.
const LIMIT: u64 = 150_000;

type Case = (&'static str, fn(&mut TestResult), Outcome, &'static [&'static str]);

const CASES: [Case; 13] = [
    ("a quiet control", |_| {}, Passed, &[]),
    ("one of twenty beyond the limit", |r| slow_once(r, 1), Passed, &[]),
    ("more than one of twenty", |r| slow_once(r, 3), Inconclusive, &["ControlMoved"]),
    ("all at the limit", |r| slow(r, "pod-kill-web", 10, LIMIT), Passed, &[]),
    ("all beyond the limit", |r| slow(r, "pod-kill-web", 10, LIMIT + 1), Inconclusive, &["ControlMoved"]),
    ("moved while nothing is judged", |r| slow(r, "warm-up", 10, LIMIT + 1), Passed, &[]),
    ("a moved steady state", |r| slow(r, "steady-after", 1, LIMIT + 1), Inconclusive, &["ControlMoved"]),
    (
        "requests that were not answered",
        |r| {
            for one in control(r, "rolling-restart-registry") {
                (one.good, one.failed, one.latency_us) = (9, 1, vec![[611, 9]]);
            }
        },
        Inconclusive,
        &["ControlMoved"],
    ),
    (
        "a second in which nobody asked",
        |r| control(r, "steady-before")[1] = ControlSecond { second: 3, good: 0, failed: 0, latency_us: Vec::new() },
        Inconclusive,
        &["ControlMissing"],
    ),
    ("none was found", |r| prove(r).control = None, Inconclusive, &["EvidenceIncomplete"]),
    ("none was planned", |r| r.plan.prove.control = None, Inconclusive, &["EvidenceContradictory"]),
    (
        "answers without a latency",
        |r| control(r, "steady-before")[0].latency_us[0][1] -= 1,
        Inconclusive,
        &["EvidenceContradictory"],
    ),
    (
        "a second after the end",
        |r| control(r, "steady-after")[4].second = 1_000,
        Inconclusive,
        &["EvidenceContradictory"],
    ),
];

/// So many late answers in the twenty of the first two seconds of a phase of five.
fn slow_once(result: &mut TestResult, count: u64) {
    control(result, "steady-before")[0].latency_us = vec![[611, 10 - count], [LIMIT + 1, count]];
}

#[test]
fn a_phase_counts_only_while_the_control_is_quiet() {
    for (what, change, outcome, codes) in CASES {
        let mut result = sample::watched();
        change(&mut result);
        assert_finds(&result.judge(), outcome, codes, what);
    }
}

#[test]
fn a_phase_in_which_the_control_moved_says_nothing_bad_either_and_others_are_judged_all_the_same() {
    let mut result = sample::watched();
    let slots = |result: &mut TestResult, name: &str| {
        let seconds = seconds(result, name);
        let slot = |second: usize| u32::try_from(second * 10).unwrap();
        slot(seconds.start)..slot(seconds.end)
    };
    let of_fault = slots(&mut result, "pod-kill-web");
    sample::fail(&mut result, 0, of_fault, Failure::Timeout);
    assert_eq!(result.judge().outcome, Failed, "without a moved control it is the service's");
    slow(&mut result, "pod-kill-web", 10, LIMIT + 1);
    let verdict = result.judge();
    assert_finds(&verdict, Inconclusive, &["ControlMoved"], "with it");
    let said = &verdict.findings[0].message;
    assert!(said.starts_with("phase `pod-kill-web`: the control") && said.contains("151 ms"), "{said}");

    let of_steady = slots(&mut result, "steady-after");
    sample::fail(&mut result, 0, of_steady, Failure::Timeout);
    assert_finds(
        &result.judge(),
        Failed,
        &["SteadyFailuresTooHigh", "OperationFailuresTooHigh", "ControlMoved"],
        "another phase",
    );
}

#[test]
fn how_quickly_it_answered_stands_beside_each_phase_that_is_judged() {
    let mut result = sample::watched();
    slow(&mut result, "steady-before", 1, 7_007);
    let figures = result.judge().figures;
    let of_control: Vec<_> = figures.iter().filter(|figure| figure.name == "controlP95Us").collect();
    assert_eq!(of_control.len(), result.plan.prove.phases.len() - 1, "all but the warm-up");
    assert_eq!((of_control[0].value, of_control[0].limit), (Some(7_007), Some(LIMIT)));
    assert_eq!(of_control[1].value, Some(2_047));
    assert!(sample::passing().verdict.figures.iter().all(|figure| figure.name != "controlP95Us"));
}
