//! The steady state: what the service costs its users while nothing is broken, before the first
//! fault, after the last, and in a soak.

use factory_crds::resilience_standard::SteadyLimits;

use crate::standard::Standard;

use super::{
    found::{Found, failed, inconclusive},
    load::{Measured, Span, Timeline},
    say,
};

/// Holds one steady phase against the steady limits.
pub fn check(standard: &Standard, timeline: &Timeline<'_>, span: &Span<'_>, measured: &Measured) -> Vec<Found> {
    if let Some(few) = too_few(standard, span, measured) {
        return vec![few];
    }
    let place = place(timeline, span);
    let gates: [Gate; 3] = [failures, p95, p99];
    gates.into_iter().filter_map(|gate| gate(&standard.steady, measured, place)).collect()
}

/// One limit of a steady phase: what it has against what was measured, said of a place in the run.
pub type Gate = fn(&SteadyLimits, &Measured, &str) -> Option<Found>;

/// How many requests may fail.
pub fn failures(limits: &SteadyLimits, measured: &Measured, place: &str) -> Option<Found> {
    let share = measured.failed_more_than(limits.max_failed_ppm)?;
    let limit = say::percent(limits.max_failed_ppm.into());
    Some(failed("SteadyFailuresTooHigh", format!("{place}, {share}; the standard allows {limit}")))
}

/// The 95th percentile of latency.
pub fn p95(limits: &SteadyLimits, measured: &Measured, place: &str) -> Option<Found> {
    Some(failed("SteadyP95TooHigh", measured.slower_than(95, limits.p95_ms, place)?))
}

fn p99(limits: &SteadyLimits, measured: &Measured, place: &str) -> Option<Found> {
    Some(failed("SteadyP99TooHigh", measured.slower_than(99, limits.p99_ms, place)?))
}

/// No evidence in a phase that is judged.
pub fn too_few(standard: &Standard, span: &Span<'_>, measured: &Measured) -> Option<Found> {
    let least = least(standard);
    let total = measured.total();
    (total < u128::from(least)).then(|| {
        let name = say::quote(&span.phase.name);
        inconclusive(
            "TooFewRequests",
            format!("phase {name}: {total} requests were due; fewer than {least} are no evidence"),
        )
    })
}

/// Requests that a judged phase must have: at least one, whatever the standard says.
pub fn least(standard: &Standard) -> u64 {
    standard.min_requests.max(1)
}

/// Where in the run: a service that is slow before anything is broken has another fault than one
/// that does not come back.
fn place(timeline: &Timeline<'_>, span: &Span<'_>) -> &'static str {
    if span.soak().is_some() {
        return "in the soak";
    }
    match timeline.faults() {
        Some((first, _)) if span.to <= first => "in the steady state before any fault",
        Some((_, last)) if span.from >= last => "in the steady state after the last fault",
        Some(_) => "in the steady state between two faults",
        None => "in the steady state",
    }
}
