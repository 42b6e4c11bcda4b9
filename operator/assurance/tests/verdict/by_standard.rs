//! The plan must be the one that the standard asks of this service: a service of another class, all the time in the
//! world for an answer, a request a minute or a warm-up that never ends would make any service pass.

use factory_assurance::{
    dossier::TestResult,
    plan::{Phase, PhaseRole, requests_per_minute},
    sample,
};
use factory_crds::release::Outcome::{Inconclusive, Passed};

use super::{after, assert_finds};

type Change = fn(&mut TestResult);

fn load(result: &mut TestResult) -> &mut factory_assurance::standard::StandardLoad {
    result.standard.load.as_mut().unwrap()
}

/// Changes of the passing sample after which the plan is another than the standard asks for, and what is said.
const TABLE: &[(Change, &str)] = &[
    (
        |r| r.record.class = "critical".to_owned(),
        "the standard is for services of class `basic`, and this one is of class `critical`",
    ),
    (|r| r.plan.prove.load.timeout_ms = u32::MAX, "an answer may take 4294967.295 s; the standard asks for 5 s"),
    (|r| load(r).timeout_ms = 5_001, "an answer may take 5 s; the standard asks for 5.001 s"),
    (
        |r| r.availability.simultaneous_users = 101,
        "the load is 1200 requests a minute; by the standard 101 simultaneousUsers make 1212",
    ),
    (|r| load(r).warm_up_seconds = 1, "phase `warm-up` warms up for 2 s; the standard allows 1 s"),
    (|r| load(r).steady_seconds = 6, "phase `steady-before` is steady for 5 s; the standard requires 6 s"),
    (|r| r.standard.class = None, "the standard does not say for which class it is, or under which load"),
    (|r| r.standard.load = None, "the standard does not say for which class it is, or under which load"),
];

#[test]
fn another_plan_than_the_standard_asks_for_proves_nothing() {
    for (change, said) in TABLE {
        let verdict = after(change);
        assert_finds(&verdict, Inconclusive, &["PlanIncomplete"], said);
        assert_eq!(verdict.findings[0].message, *said);
    }
}

#[test]
fn the_first_and_second_rules_do_not_ask_for_it() {
    for rules in ["factory.gov.kg/verdict/v1", "factory.gov.kg/verdict/v2"] {
        for (change, said) in TABLE {
            let verdict = after(|result| {
                change(result);
                result.rules = rules.to_owned();
            });
            assert_finds(&verdict, Passed, &[], said);
        }
    }
}

#[test]
fn what_is_stricter_or_just_as_much_is_enough() {
    for change in [
        (|r: &mut TestResult| load(r).warm_up_seconds = 3) as Change,
        |r| load(r).steady_seconds = 4,
        |r| load(r).think_time_ms = 4_999,
    ] {
        assert_finds(&after(change), Passed, &[], "at least as much");
    }
}

/// Of the two findings that a warm-up in the middle makes, this one says why nothing in it would be judged.
#[test]
fn a_warm_up_may_hide_nothing_in_the_middle() {
    let mut result = sample::passing();
    let rest = Phase { name: "a-break".to_owned(), seconds: 1, role: PhaseRole::WarmUp {} };
    result.plan.prove.phases.insert(3, rest);
    let said = "phase `a-break` is a warm-up, and not the first phase: nothing in it would be judged";
    assert!(result.judge().findings.iter().any(|finding| finding.message == said), "{:#?}", result.judge());
}

#[test]
fn the_rate_is_the_one_that_the_plan_is_composed_with() {
    for (users, think, want) in [
        (200, 5_000, 2_400),
        (300, 5_000, 3_600),
        (1, 3_600_000, 1),
        (0, 5_000, 1),
        (7, 0, 420_000),
        (u32::MAX, 1, u32::MAX),
    ] {
        assert_eq!(requests_per_minute(users, think), want, "{users} users, {think} ms");
    }
}
