//! Functional checks (item 63.2): every expectation held, and none of them would have held for a
//! wrong answer.

use factory_crds::state_service::{Check, Step};

use crate::{
    evidence::{CheckResult, Mutation, StepResult, VerifyEvidence},
    plan::VerifyPlan,
};

use super::{
    found::{Found, failed, inconclusive},
    say,
};

/// Holds each check against its plan. Names and numbers of checks are known to match.
pub fn check(plan: &VerifyPlan, verify: &VerifyEvidence) -> Vec<Found> {
    plan.checks.iter().zip(&verify.checks).flat_map(|(planned, seen)| one_check(planned, seen)).collect()
}

fn one_check(planned: &Check, seen: &CheckResult) -> Vec<Found> {
    let mut found = Vec::new();
    for (index, (step, result)) in planned.steps.iter().zip(&seen.steps).enumerate() {
        let place = format!(
            "check {}, step {} ({} {})",
            say::quote(&planned.name),
            index + 1,
            say::cut(&step.request.method),
            say::cut(&step.request.path),
        );
        if let Some(deviation) = deviation(step, result) {
            found.push(failed("CheckFailed", format!("{place}: {deviation}")));
            return found;
        }
        found.extend(vacuous(&place, step, result));
    }
    if seen.steps.len() < planned.steps.len() {
        let (done, all) = (seen.steps.len(), planned.steps.len());
        let message = format!(
            "check {}: {done} of {all} steps were carried out, and none of them failed",
            say::quote(&planned.name)
        );
        found.push(inconclusive("CheckIncomplete", message));
    }
    found
}

/// What did not hold, in words.
fn deviation(step: &Step, result: &StepResult) -> Option<String> {
    let Some(status) = result.status else {
        return Some(match result.deviations.first() {
            Some(first) => format!("no answer: {}", say::cut(first)),
            None => "no answer".to_owned(),
        });
    };
    if let Some((first, rest)) = result.deviations.split_first() {
        return Some(format!("{}{}", say::cut(first), say::more(rest.len())));
    }
    // The lab should have said so; the status is judged whatever it said.
    let expected = step.expect.status;
    (status != expected).then(|| format!("status {status}, expected {expected}"))
}

/// Accepted mutants that are told of each step; there are no more kinds of them.
const MOST: usize = 3;

/// Mutations that every step must have been tried on.
fn required(step: &Step) -> &'static [Mutation] {
    if step.expect.body.is_some() || step.expect.schema.is_some() {
        &[Mutation::WrongStatus, Mutation::EmptyBody, Mutation::WrongValues]
    } else {
        &[Mutation::WrongStatus]
    }
}

/// An expectation that also accepts a wrong answer, or was never tried on one.
fn vacuous(place: &str, step: &Step, result: &StepResult) -> Vec<Found> {
    let accepted = result.mutants.iter().filter(|mutant| !mutant.rejected).map(|mutant| {
        let wrong = words(mutant.mutation);
        inconclusive("VacuousCheck", format!("{place}: it also accepts an answer with {wrong}, so it proves nothing"))
    });
    let untried = required(step)
        .iter()
        .filter(|mutation| result.mutants.iter().all(|mutant| mutant.mutation != **mutation))
        .map(|mutation| {
            let wrong = words(*mutation);
            inconclusive("CheckNotTried", format!("{place}: it was not tried on an answer with {wrong}"))
        });
    accepted.take(MOST).chain(untried).collect()
}

const fn words(mutation: Mutation) -> &'static str {
    match mutation {
        Mutation::WrongStatus => "a wrong status",
        Mutation::EmptyBody => "an empty body",
        Mutation::WrongValues => "wrong values",
    }
}
