//! The ladder: the steps that must hold are limits, those beyond find the breaking point, and a step that was not asked
//! as planned says nothing.

use factory_assurance::{
    dossier::TestResult,
    evidence::Failure::{Content, Timeout, Unsent},
    plan::{Phase, PhaseRole, Stretch},
    sample,
};
use factory_crds::release::Outcome::{self, Failed, Inconclusive, Passed};

use super::{assert_finds, prove};

/// Tenths of the steps of the sample: at 150, 200 and 300 %.
const AT_150: std::ops::Range<u32> = 360..400;
const AT_200: std::ops::Range<u32> = 400..440;
const AT_300: std::ops::Range<u32> = 440..480;
/// The limit of lag of the sample's standard: 10 % of its 99th percentile.
const LIMIT: u64 = 150_000;

fn climbed(change: impl FnOnce(&mut TestResult)) -> TestResult {
    let mut result = sample::climbed();
    change(&mut result);
    sample::judged(result)
}

fn of_run(result: &TestResult, name: &str) -> Option<u64> {
    result.verdict.figures.iter().find(|figure| figure.phase.is_empty() && figure.name == name).unwrap().value
}

fn held_and_broke(result: &TestResult) -> [Option<u64>; 2] {
    ["heldPercent", "brokeAtPercent"].map(|name| of_run(result, name))
}

/// Answers one of twenty in each of the seconds of a step only after `us`.
fn slow(result: &mut TestResult, seconds: std::ops::Range<u32>, us: u64) {
    for bucket in prove(result).buckets.iter_mut().filter(|bucket| seconds.contains(&bucket.second)) {
        bucket.latency_us[1][0] = us;
    }
}

/// Lets the control be late in the seconds of a step.
fn disturb(result: &mut TestResult, seconds: std::ops::Range<u32>) {
    let control = prove(result).control.as_mut().unwrap();
    for one in control.iter_mut().filter(|one| seconds.contains(&one.second)) {
        one.latency_us = vec![[611, 8], [LIMIT + 1, 2]];
    }
}

type Case = (&'static str, fn(&mut TestResult), Outcome, &'static [&'static str], [Option<u64>; 2]);

const CASES: [Case; 15] = [
    ("every step held", |_| {}, Passed, &[], [Some(300), None]),
    (
        "the first one broke",
        |r| sample::fail(r, 0, AT_150, Timeout),
        Failed,
        &["CapacityFailuresTooHigh"],
        [Some(0), Some(150)],
    ),
    (
        "the one that must hold broke",
        |r| sample::fail(r, 0, AT_200, Timeout),
        Failed,
        &["CapacityFailuresTooHigh"],
        [Some(150), Some(200)],
    ),
    ("one beyond it broke", |r| sample::fail(r, 0, AT_300, Timeout), Passed, &[], [Some(200), Some(300)]),
    (
        "what comes after one that broke says nothing",
        |r| {
            sample::fail(r, 0, AT_150, Timeout);
            sample::fail(r, 0, AT_200, Timeout);
            disturb(r, 44..48);
        },
        Failed,
        &["CapacityFailuresTooHigh"],
        [Some(0), Some(150)],
    ),
    ("one stray failure", |r| sample::fail(r, 0, 400..401, Content), Passed, &[], [Some(300), None]),
    (
        "two failures where the share allows less than one",
        |r| sample::fail(r, 0, 400..402, Content),
        Failed,
        &["CapacityFailuresTooHigh"],
        [Some(150), Some(200)],
    ),
    ("slow", |r| slow(r, 40..44, 1_500_001), Failed, &["CapacityP99TooHigh"], [Some(150), Some(200)]),
    ("as slow as the limit", |r| slow(r, 40..44, 1_500_000), Passed, &[], [Some(300), None]),
    (
        "the control moved",
        |r| {
            sample::fail(r, 0, AT_200, Timeout);
            disturb(r, 40..44);
        },
        Inconclusive,
        &["ControlMoved"],
        [Some(150), None],
    ),
    ("the control moved beyond what must hold", |r| disturb(r, 44..48), Passed, &[], [Some(200), None]),
    (
        "the generator was late",
        |r| {
            sample::fail(r, 0, AT_200, Timeout);
            prove(r).step_lag_us[1][1][0] = LIMIT + 1;
        },
        Inconclusive,
        &["StepNotAsked"],
        [Some(150), None],
    ),
    ("requests found no place", |r| sample::fail(r, 0, AT_150, Unsent), Inconclusive, &["StepNotAsked"], [None, None]),
    ("half of the load came", |r| halve(r, 36..40), Inconclusive, &["StepNotAsked"], [None, None]),
    ("nobody knows what it ran on", |r| prove(r).profile = None, Inconclusive, &["ProfileMissing"], [Some(300), None]),
];

/// Takes all requests of the first operation out of the first step.
fn halve(result: &mut TestResult, seconds: std::ops::Range<u32>) {
    let prove = prove(result);
    prove.buckets.retain(|bucket| !(seconds.contains(&bucket.second) && bucket.operation == 0));
    for slot in &mut prove.slots[360..400] {
        *slot = [1, 0];
    }
    prove.step_lag_us[0] = vec![[85, 40]];
}

#[test]
fn a_ladder_says_up_to_where_the_limits_hold_and_fails_below_the_headroom_alone() {
    for (what, change, outcome, codes, figures) in CASES {
        let result = climbed(change);
        assert_finds(&result.verdict, outcome, codes, what);
        assert_eq!(held_and_broke(&result), figures, "{what}");
    }
}

#[test]
fn a_later_step_that_must_hold_fails_even_where_an_earlier_one_is_void() {
    let result = climbed(|r| {
        disturb(r, 36..40);
        sample::fail(r, 0, AT_200, Timeout);
    });
    assert_finds(&result.verdict, Failed, &["CapacityFailuresTooHigh", "ControlMoved"], "void, then broken");
    assert_eq!(held_and_broke(&result), [None, Some(200)]);
    let said = &result.verdict.findings[0].message;
    assert_eq!(
        said,
        "phase `capacity-200`: at 200 % of the declared rate, 25 % of requests failed (40 of 160: 40 no answer in time); the standard allows 0.1 %"
    );
}

/// A step never reaches back: the run before it is judged as if there were none.
#[test]
fn nothing_of_the_ladder_touches_what_comes_before_it() {
    let plain = sample::watched();
    let broken = climbed(|r| {
        sample::fail(r, 0, 360..480, Unsent);
        for step in &mut prove(r).step_lag_us {
            step[1][0] = 9_000_000;
        }
    });
    for name in ["requests", "unsentPpm", "lagP99Us"] {
        let of = |result: &TestResult| {
            let figures = result.verdict.figures.clone().into_iter();
            figures.filter(|figure| figure.name == name && !figure.phase.starts_with("capacity")).collect::<Vec<_>>()
        };
        assert_eq!(of(&plain), of(&broken), "{name}");
    }
    assert_finds(&broken.verdict, Inconclusive, &["StepNotAsked", "StepNotAsked"], "both that must hold");
}

/// A rate that rises at the end is no reason to ask less before it.
#[test]
fn the_declared_rate_must_be_reached_before_the_ladder() {
    let result = climbed(|r| {
        r.plan.prove.load.arrivals.as_mut().unwrap().stretches[0] = Stretch::level(36, 999_999);
    });
    assert_finds(&result.verdict, Inconclusive, &["PlanIncomplete"], "never reached");
    assert!(result.verdict.findings[0].message.contains("declared users"));
}

fn role(result: &mut TestResult, index: usize) -> &mut Phase {
    let phases = &mut result.plan.prove.phases;
    let first = phases.len() - 3;
    &mut phases[first + index]
}

fn stretches(result: &mut TestResult) -> &mut Vec<Stretch> {
    &mut result.plan.prove.load.arrivals.as_mut().unwrap().stretches
}

type Lack = (fn(&mut TestResult), &'static str);

const LACKS: [Lack; 9] = [
    (|r| r.standard.capacity.as_mut().unwrap().steps_percent = vec![150, 175, 200], "lacks the step of 175 %"),
    (
        |r| r.standard.capacity.as_mut().unwrap().step_seconds = 5,
        "the step of 150 % lasts 4 s; the standard requires 5 s",
    ),
    (|r| r.standard.capacity.as_mut().unwrap().headroom_percent = 160, "asks that 160 % hold, and has no such step"),
    (|r| role(r, 0).role = PhaseRole::Capacity { percent: 100 }, "100 % is no step above the declared rate"),
    (|r| role(r, 1).role = PhaseRole::Capacity { percent: 150 }, "a step of 150 % does not rise above 150 %"),
    (|r| role(r, 2).role = PhaseRole::Steady {}, "`capacity-300` comes after a step of the ladder, and is none"),
    (|r| stretches(r)[1] = Stretch::level(4, 1_490_000), "`capacity-150`: the load is not at 150 %"),
    (|r| (stretches(r)[2].seconds, stretches(r)[3].seconds) = (5, 3), "`capacity-200`: the load is not at 200 %"),
    (|r| r.plan.prove.load.arrivals = None, "`capacity-150`: the load is not at 150 %"),
];

#[test]
fn a_plan_asks_the_whole_ladder_at_its_end_and_at_the_rates_that_it_names() {
    for (change, lack) in LACKS {
        let result = climbed(change);
        assert_eq!(result.verdict.outcome, Inconclusive, "{lack}");
        let found = result.verdict.findings.iter().find(|finding| finding.code == "PlanIncomplete");
        assert!(found.is_some_and(|finding| finding.message.contains(lack)), "{lack}: {:#?}", result.verdict.findings);
    }
}

#[test]
fn evidence_of_another_ladder_than_the_planned_is_none() {
    let wrong: [(fn(&mut TestResult), &str); 4] = [
        (|r| drop(prove(r).step_lag_us.pop()), "2 histograms of lag of the 3 steps"),
        (|r| prove(r).step_lag_us[2][0][1] += 1, "phase `capacity-300`: 241 lags of 240 requests"),
        (|r| prove(r).step_lag_us[0].reverse(), "phase `capacity-150`: the values of the histogram of lag"),
        (|r| prove(r).profile.as_mut().unwrap().nodes[0].memory_bytes = u64::MAX, "a number is larger than"),
    ];
    for (change, said) in wrong {
        let result = climbed(change);
        assert_finds(&result.verdict, Inconclusive, &["EvidenceContradictory"], said);
        assert!(result.verdict.findings[0].message.contains(said), "{:?}", result.verdict.findings);
        assert_eq!(held_and_broke(&result), [None, None], "{said}");
    }
}

#[test]
fn a_component_that_the_profile_does_not_place_is_named() {
    let result = climbed(|r| prove(r).profile.as_mut().unwrap().nodes[0].pods[1].count = 0);
    assert_finds(&result.verdict, Inconclusive, &["ProfileMissing"], "web has no pod");
    assert!(result.verdict.findings[0].message.ends_with("has no pod of component `web`"));
}

/// What a standard without a ladder says of a dossier that has one: it is shown, and limits nothing.
#[test]
fn without_a_ladder_in_the_standard_its_steps_are_shown_and_limit_nothing() {
    let result = climbed(|r| {
        r.standard.capacity = None;
        prove(r).profile = None;
        sample::fail(r, 0, AT_200, Timeout);
    });
    assert_finds(&result.verdict, Passed, &[], "nothing is asked of it");
    assert_eq!(held_and_broke(&result), [Some(150), Some(200)]);
}
