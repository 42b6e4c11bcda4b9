//! Rotations of secrets: felt where pods came with all of the values that follow, and never by anything less.

use std::collections::BTreeSet;

use factory_assurance::{
    dossier::TestResult,
    evidence::{Class, Dose, Failure},
    plan::Rotation,
    sample,
    survived::survived,
};
use factory_crds::{
    release::Outcome::{self, Failed, Inconclusive, Passed},
    resilience_standard::FaultKind,
};

use super::{assert_finds, fault, second_verifier::assert_agree, varied};

const PHASE: &str = "secret-rotation-web";

fn rotated(change: impl FnOnce(&mut TestResult)) -> TestResult {
    let mut result = sample::rotated();
    change(&mut result);
    sample::judged(result)
}

/// While it took place, and both of two requests.
fn away(result: &mut TestResult) {
    for operation in [0, 1] {
        sample::fail(result, operation, 195..215, Failure::Status);
    }
}

pub fn vectors() -> Vec<(&'static str, TestResult)> {
    vec![
        ("v3-rotated", rotated(|_| {})),
        ("v3-rotated-cost-too-high", rotated(away)),
        ("v3-rotated-not-felt", rotated(|r| fault(r, PHASE).doses[2].during = vec![[0, 1], [1, 1]])),
        ("v3-rotated-unknown", rotated(|r| drop(fault(r, PHASE).doses.remove(1)))),
        ("v3-rotated-in-part", rotated(|r| drop(fault(r, PHASE).doses.pop()))),
        ("v3-rotated-contradictory", rotated(|r| fault(r, PHASE).doses[0].during = vec![[1, 2]])),
        ("v3-rotated-plan-incomplete", rotated(|r| r.plan.prove.rotations.clear())),
    ]
}

type Sabotage = fn(&mut Vec<Dose>);

/// Of the doses of two pods that went, and of two that came.
const SABOTAGE: &[(&str, Sabotage)] = &[
    ("nothing measured at all", Vec::clear),
    ("nobody looked before", |d| drop(d.drain(..2))),
    ("nobody looked at those that came", |d| d.truncate(2)),
    ("pods that were merely replaced", |d| d[2..].iter_mut().for_each(|dose| dose.during = vec![[0, 2]])),
    ("one of two pods was merely replaced", |d| d[3].during = vec![[0, 2]]),
    ("one of two variables", |d| d[2..].iter_mut().for_each(|dose| dose.during = vec![[0, 1], [1, 1]])),
    ("one of two variables in one pod", |d| d[2].during = vec![[0, 1], [1, 1]]),
    ("a variable is gone", |d| d[2].during = vec![[1, 1]]),
    ("more variables than there are", |d| d[2].during = vec![[1, 3]]),
    ("counts of nothing", |d| d[2].during = vec![[1, 0]]),
    ("rotated before it already", |d| d[..2].iter_mut().for_each(|dose| dose.before = vec![[1, 2]])),
    ("one pod was rotated before it already", |d| d[1].before = vec![[1, 2]]),
    ("one variable was rotated before it already", |d| d[0].before = vec![[0, 1], [1, 1]]),
    ("the two sides exchanged", |d| {
        for dose in d {
            std::mem::swap(&mut dose.before, &mut dose.during);
        }
    }),
    ("the pods that went say that they came", |d| {
        d[..2].iter_mut().for_each(|dose| dose.during = vec![[1, 2]]);
    }),
    ("pods of another run", |d| d.iter_mut().for_each(|dose| dose.pod.push_str("-of-yesterday"))),
    ("one pod came, told twice", |d| d[3].pod = d[2].pod.clone()),
    ("one pod came, told twice by class", |d| {
        (d[3].pod, d[3].class) = (d[2].pod.clone(), Class::New);
    }),
    ("what pods felt of packets", |d| d.iter_mut().for_each(|dose| dose.class = Class::Pooled)),
    ("values that are neither", |d| d[2].during = vec![[1, 2], [2, 1]]),
    ("values that fall", |d| d[2].during = vec![[1, 2], [0, 0]]),
    ("counts that overflow", |d| d[2].during[0][1] = u64::MAX),
    ("a surge that never went on", |d| drop(d.pop())),
];

#[test]
fn a_rotation_that_came_to_all_pods_is_felt_and_nothing_else_is() {
    assert_finds(&sample::rotated().verdict, Passed, &[], "as it was asked");
    assert!(SABOTAGE.len() >= 20);
    for (what, sabotage) in SABOTAGE {
        let verdict = rotated(|r| sabotage(&mut fault(r, PHASE).doses)).verdict;
        assert_eq!(verdict.outcome, Inconclusive, "{what}: {:?}", verdict.findings);
        let codes: Vec<&str> = verdict.findings.iter().map(|finding| finding.code.as_str()).collect();
        let refused = |code: &&str| matches!(*code, "FaultNotFelt" | "FaultDoseUnknown" | "EvidenceContradictory");
        assert!(codes.iter().any(refused), "{what}: {codes:?}");
    }
}

#[test]
fn what_it_cost_is_judged_where_it_was_felt_and_nowhere_else() {
    let verdict = rotated(away).verdict;
    let said = "web: when its secrets were rotated, ";
    let cost = |finding: &factory_crds::release::Finding| {
        finding.code == "FaultCostTooHigh" && finding.message.starts_with(said)
    };
    assert!(verdict.outcome == Failed && verdict.findings.iter().any(cost), "{:#?}", verdict.findings);
    let mut unfelt = sample::rotated();
    away(&mut unfelt);
    fault(&mut unfelt, PHASE).doses[2..].iter_mut().for_each(|dose| dose.during = vec![[0, 2]]);
    assert_finds(&unfelt.judge(), Inconclusive, &["FaultNotFelt"], "a cost without a dose");
}

#[test]
fn every_pod_must_go_and_recovery_is_counted_from_each() {
    let verdict = rotated(|r| fault(r, PHASE).gone.truncate(1)).verdict;
    let why = "web: secret-rotation was not felt: 1 of 2 ready pods went within the 6 s of its phase; 2 must";
    assert_finds(&verdict, Inconclusive, &["FaultNotFelt"], "one pod stayed");
    assert_eq!(verdict.findings[0].message, why);
    let figure = |name: &str| {
        let verdict = sample::rotated().verdict;
        verdict.figures.into_iter().find(|figure| figure.phase == PHASE && figure.name == name)
    };
    let gone = figure("podsGone").unwrap();
    assert_eq!((gone.value, gone.limit), (Some(2), Some(2)));
    assert!(figure("podsFelt").is_none());
}

#[test]
fn a_plan_rotates_what_the_standard_means_and_nothing_else() {
    let lacks = |change: fn(&mut TestResult)| {
        let verdict = rotated(change).verdict;
        let lacks = verdict.findings.into_iter().filter(|finding| finding.code == "PlanIncomplete");
        lacks.map(|finding| finding.message).collect::<Vec<_>>()
    };
    assert_eq!(
        lacks(|r| r.plan.prove.rotations.clear()),
        ["phase `secret-rotation-web`: secret-rotation of a component of which no value is followed by another"]
    );
    assert_eq!(
        lacks(|r| {
            let of_web: Rotation = r.plan.prove.rotations["web"].clone();
            r.plan.prove.rotations.insert("registry".to_owned(), of_web);
        }),
        ["the plan lacks secret-rotation of component `registry`, which the standard requires"]
    );
}

/// Rules that knew no doses of it do not judge it.
#[test]
fn the_first_rules_do_not_know_it() {
    let verdict = rotated(|r| {
        r.rules = "factory.gov.kg/verdict/v1".to_owned();
        fault(r, PHASE).doses.clear();
    })
    .verdict;
    assert_eq!(verdict.outcome, Outcome::Inconclusive);
    assert!(verdict.findings.iter().any(|finding| finding.code == "PlanIncomplete"), "{:#?}", verdict.findings);
}

/// A component that has nothing to rotate is not one that was left out.
#[test]
fn a_service_survives_it_where_all_that_could_be_rotated_was() {
    let result = sample::rotated();
    let kinds = survived(&result, &result.verdict);
    assert_eq!(kinds, [FaultKind::PodKill, FaultKind::SecretRotation].into());
    let plain = sample::passing();
    assert!(!survived(&plain, &plain.verdict).contains(&FaultKind::SecretRotation));
}

#[test]
fn the_second_verifier_agrees_on_rotations() {
    let mut results: Vec<TestResult> = (0..300).map(varied::rotated).collect();
    for (_, sabotage) in SABOTAGE {
        results.push(rotated(|r| sabotage(&mut fault(r, PHASE).doses)));
    }
    let codes: BTreeSet<&str> =
        results.iter().flat_map(|result| &result.verdict.findings).map(|finding| finding.code.as_str()).collect();
    let expected = ["FaultNotFelt", "FaultDoseUnknown", "FaultCostTooHigh", "EvidenceContradictory", "PlanIncomplete"];
    assert!(expected.into_iter().all(|code| codes.contains(code)), "{codes:?}");
    assert!(results.iter().any(|result| result.verdict.outcome == Passed));
    assert_agree(&results);
}
