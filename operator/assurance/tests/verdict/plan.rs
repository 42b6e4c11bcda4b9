//! A plan that leaves out what the standard requires proves nothing, however well it was carried out.

use factory_assurance::{
    dossier::TestResult,
    plan::{Arrivals, Gaps, Stretch},
};
use factory_crds::release::Outcome;

use super::after;

type Change = fn(&mut TestResult);

fn follows(result: &mut TestResult, index: usize, before: u32) {
    let operation = &mut result.plan.prove.load.operations[index];
    (operation.after, operation.weight) = (Some(before), 0);
}

/// Stretches of so many seconds at such shares.
fn arrive(result: &mut TestResult, stretches: &[(u32, u32)]) {
    let stretches = stretches.iter().map(|(seconds, ppm)| Stretch::level(*seconds, *ppm)).collect();
    result.plan.prove.load.arrivals = Some(Arrivals { gaps: Gaps::Drawn, stretches });
}

#[test]
fn a_plan_that_does_not_ask_enough_proves_nothing() {
    let table: &[(&str, Change)] = &[
        ("no operation", |r| r.plan.prove.load.operations.clear()),
        ("no rate", |r| r.plan.prove.load.requests_per_minute = 0),
        ("an operation without weight", |r| r.plan.prove.load.operations[0].weight = 0),
        ("an operation that follows itself", |r| follows(r, 1, 1)),
        ("an operation that follows a later one", |r| follows(r, 0, 1)),
        ("an operation that follows and begins", |r| {
            follows(r, 1, 0);
            r.plan.prove.load.operations[1].weight = 1;
        }),
        ("arrivals without a stretch", |r| arrive(r, &[])),
        ("a stretch without length", |r| arrive(r, &[(0, 1_000_000), (36, 1_000_000)])),
        ("arrivals that end before the run", |r| arrive(r, &[(35, 1_000_000)])),
        ("arrivals that end after it", |r| arrive(r, &[(37, 1_000_000)])),
        ("a load that never reaches what is declared", |r| arrive(r, &[(36, 999_999)])),
        ("no check", |r| r.plan.verify.checks.clear()),
        ("a check without a step", |r| r.plan.verify.checks[0].steps.clear()),
        ("no description", |r| r.plan.verify.descriptions.clear()),
        ("no phase", |r| r.plan.prove.phases.clear()),
        ("a phase without length", |r| r.plan.prove.phases[0].seconds = 0),
        ("two phases of one name", |r| r.plan.prove.phases[6].name = "steady-before".to_owned()),
        ("no steady state before", |r| {
            r.plan.prove.phases.remove(1);
        }),
        ("no steady state after", |r| {
            r.plan.prove.phases.pop();
        }),
        ("a fault less", |r| {
            r.plan.prove.phases.remove(2);
        }),
        ("a window too short", |r| r.standard.faults[0].window_seconds = 7),
        ("a component that no fault strikes", |r| {
            r.bundle.images.insert("batch".to_owned(), String::new());
        }),
        ("no component", |r| r.bundle.images.clear()),
        ("a standard without faults", |r| r.standard.faults.clear()),
        ("a fault without limits", |r| {
            r.standard.faults.pop();
        }),
    ];
    for (what, change) in table {
        let verdict = after(change);
        assert_ne!(verdict.outcome, Outcome::Passed, "{what}");
        assert!(verdict.findings.iter().any(|finding| finding.code == "PlanIncomplete"), "{what}: {verdict:#?}");
    }
}
