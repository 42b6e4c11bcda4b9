//! Each operation of the load by itself. Limits of all requests together say nothing of one that is hardly asked, or
//! always fails: its weight hides it.
//!
//! A single phase of a short run has too few requests of a rare operation to say anything, so all steady phases are
//! taken together, and all fault phases.

use crate::{
    dossier::TestResult,
    evidence::ProveEvidence,
    plan::{LoadOperation, LoadPlan, PhaseRole},
};

use super::{
    closed,
    excess::excludes_chance,
    found::{Found, failed, inconclusive},
    load::{Measured, Timeline},
    say, steady,
};

/// Requests of each operation in all phases of one kind.
struct Together {
    /// Where in the run.
    place: &'static str,
    /// One for each operation of the plan, of what was asked alone: who left something out while waiting for one answer is
    /// no second chance event.
    measured: Vec<Measured>,
    /// How many requests of each were left out by users who waited.
    omitted: Vec<u128>,
    /// Whether each of these phases can be concluded from. A phase that is void, or has too few requests in all, has
    /// a finding of its own, and what is missing of an operation then says nothing new.
    is_whole: bool,
}

/// What is found of each operation, in the order of the plan; `heard` says of each phase of the timeline whether
/// anything may be concluded from it.
pub fn check(result: &TestResult, prove: &ProveEvidence, timeline: &Timeline<'_>, heard: &[bool]) -> Vec<Found> {
    let load = &result.plan.prove.load;
    let together =
        |place, is_meant: fn(&PhaseRole) -> bool| Together::of(place, prove, timeline, heard, is_meant, load);
    let steady = together("in the steady state", |role| matches!(role, PhaseRole::Steady {} | PhaseRole::Soak { .. }));
    let faults = together("in the faults", |role| matches!(role, PhaseRole::Fault { .. }));
    let weights = load.each();
    let all: u64 = weights.iter().fold(0, |sum: u64, weight| sum.saturating_add(*weight));
    let mut found = Vec::new();
    for (index, operation) in load.operations.iter().enumerate() {
        let weight = weights.get(index).copied().unwrap_or(0);
        let least = least(steady::least(&result.standard), weight, all);
        let name = name(index, operation);
        let of_steady = steady.measured.get(index).and_then(|measured| {
            failing(&steady, measured, result.standard.steady.max_failed_ppm, &name)
                .or_else(|| hardly_asked(&steady, index, least, &name))
                .or_else(|| never_served(&steady, measured, &name))
        });
        let of_faults = hardly_asked(&faults, index, least, &name);
        found.extend(of_steady.into_iter().chain(of_faults));
    }
    found
}

impl Together {
    fn of(
        place: &'static str,
        prove: &ProveEvidence,
        timeline: &Timeline<'_>,
        heard: &[bool],
        is_meant: fn(&PhaseRole) -> bool,
        load: &LoadPlan,
    ) -> Self {
        let meant: Vec<bool> = timeline.spans.iter().map(|span| is_meant(&span.phase.role)).collect();
        let is_heard = |phase: usize| heard.get(phase).copied().unwrap_or(false);
        let is_of = |phase: usize| meant.get(phase).copied().unwrap_or(false);
        let mut measured = vec![Measured::default(); load.operations.len()];
        let mut omitted = vec![0_u128; load.operations.len()];
        let is_counted = |second| timeline.phase_at(second).is_some_and(|phase| is_of(phase) && is_heard(phase));
        for bucket in &prove.buckets {
            let Some(index) = usize::try_from(bucket.operation).ok().filter(|index| *index < omitted.len()) else {
                continue;
            };
            if is_counted(bucket.second.into()) {
                measured[index].add(bucket);
            }
            closed::left_out(bucket, load, timeline, |one| {
                if is_counted(one.second) {
                    omitted[index] = omitted[index].saturating_add(one.good).saturating_add(one.failed);
                }
            });
        }
        let is_whole = meant.contains(&true) && (0..meant.len()).all(|phase| !is_of(phase) || is_heard(phase));
        Self { place, measured, omitted, is_whole }
    }
}

/// Its share of the requests that a phase must have, rounded up; one at least.
fn least(of_phase: u64, weight: u64, all: u64) -> u128 {
    let share = u128::from(of_phase).saturating_mul(weight.into());
    if all == 0 { 1 } else { share.div_ceil(all.into()).max(1) }
}

/// More of its requests failed than the steady state may cost, and not by chance.
fn failing(together: &Together, measured: &Measured, limit_ppm: u32, name: &str) -> Option<Found> {
    if !excludes_chance(measured.failures(), measured.total(), limit_ppm) {
        return None;
    }
    let share = say::percent_measured(measured.failed_ppm()?);
    let (place, causes, limit) = (together.place, measured.failures_in_words(), say::percent(limit_ppm.into()));
    let message = format!("{place}, {share} of requests of {name} failed ({causes}); the standard allows {limit}");
    Some(failed("OperationFailuresTooHigh", message))
}

/// It was asked too seldom to say anything, and not because users waited for its answers.
fn hardly_asked(together: &Together, index: usize, least: u128, name: &str) -> Option<Found> {
    let (total, omitted) = (together.measured.get(index)?.total(), *together.omitted.get(index)?);
    (together.is_whole && total.saturating_add(omitted) < least).then(|| {
        let place = together.place;
        let message = format!("{place}, {name} was asked {total} times; fewer than {least} are no evidence");
        inconclusive("OperationHardlyAsked", message)
    })
}

/// Too few failed to blame the service, and nothing says that it can answer.
fn never_served(together: &Together, measured: &Measured, name: &str) -> Option<Found> {
    (together.is_whole && measured.good == 0).then(|| {
        let (place, causes) = (together.place, measured.failures_in_words());
        let message = format!("{place}, no request of {name} was answered as it should be ({causes})");
        inconclusive("OperationNeverServed", message)
    })
}

/// ``operation 2 of the load (`GET /`)``: names may be alike.
fn name(index: usize, operation: &LoadOperation) -> String {
    format!("operation {} of the load ({})", index + 1, say::quote(&operation.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_operation_must_be_asked_is_its_share_of_what_a_phase_must_have() {
        for (of_phase, weight, all, want) in [
            (20, 1, 41, 1),
            (20, 8, 41, 4),
            (1_000, 1, 7, 143),
            (50, 1, 2, 25),
            (0, 1, 2, 1),
            (1, 1, 0, 1),
            (1, 0, 5, 1),
        ] {
            assert_eq!(least(of_phase, weight, all), want, "{of_phase} × {weight} / {all}");
        }
        assert_eq!(least(u64::MAX, u64::MAX, 1), u128::from(u64::MAX) * u128::from(u64::MAX));
    }
}
