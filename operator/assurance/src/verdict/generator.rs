//! The load generator itself: a run whose load did not come, or came late, says nothing about the
//! service.

use crate::{
    dossier::TestResult,
    evidence::{Failure, ProveEvidence},
    standard::Standard,
};

use super::{
    arrivals, closed,
    found::{Found, inconclusive},
    histogram::Histogram,
    load::{Load, Measured, Timeline, exact, ppm},
    say,
};

/// Requests that may be left unsent, in parts per million.
pub const MAX_UNSENT_PPM: u64 = 1_000;

/// Reasons for which nothing may be concluded from the load.
pub fn voids(result: &TestResult, prove: &ProveEvidence, timeline: &Timeline<'_>, load: &Load) -> Vec<Found> {
    let low = too_low(result, timeline, load).or_else(|| arrivals::too_low(result, timeline, prove));
    lagged(&result.standard, prove).into_iter().chain(low).collect()
}

/// 99th percentile of the lag, in microseconds.
pub fn lag_p99(lag_us: &[[u64; 2]]) -> Option<u64> {
    let mut lag = Histogram::default();
    lag.add(lag_us);
    lag.percentile(99)
}

/// The most that it may be, in microseconds: `⌊p99Ms × maxLagPpm / 1000⌋`.
pub fn lag_limit(standard: &Standard) -> u64 {
    u64::from(standard.steady.p99_ms) * u64::from(standard.max_lag_ppm) / 1_000
}

/// Visits that were planned for the whole run: requests that wait for no answer. Of users who wait, what they made by the
/// time that they did not.
pub fn planned(result: &TestResult, timeline: &Timeline<'_>) -> u128 {
    let load = &result.plan.prove.load;
    if let Some(closed) = &load.closed {
        return closed::planned(*closed, result, timeline);
    }
    load.beginning(load.requests(timeline.seconds, timeline.ladder))
}

/// Latency counts from the intended moment, so that lag would be blamed on the service.
fn lagged(standard: &Standard, prove: &ProveEvidence) -> Option<Found> {
    let limit = lag_limit(standard);
    let lag = lag_p99(&prove.lag_us).filter(|lag| *lag > limit)?;
    let (lag, limit) = (say::latency_measured(lag), say::latency(limit));
    Some(inconclusive(
        "GeneratorLagged",
        format!(
            "the load generator was late: 99 % of its requests left within {lag} of their moment, {limit} are allowed; its measurements are void"
        ),
    ))
}

/// Less load than nine tenths of the plan, by more than chance explains: arrivals are a Poisson
/// process, so the count may differ from the plan by a few times its square root.
fn too_low(result: &TestResult, timeline: &Timeline<'_>, load: &Load) -> Option<Found> {
    let planned = planned(result, timeline);
    let due = load.whole.begun;
    (due == 0 || falls_short(due, planned, 4)).then(|| {
        inconclusive(
            "LoadTooLow",
            format!("{due} requests were due where {planned} were planned; the load did not come"),
        )
    })
}

/// Whether `due` is less than nine tenths of `planned`, by more than so many times its square root: more than chance
/// explains.
pub fn falls_short(due: u128, planned: u128, times: u128) -> bool {
    let lacks = planned.saturating_sub(due);
    let share = due.saturating_mul(10) < planned.saturating_mul(9);
    let chance = lacks.saturating_mul(lacks) <= planned.saturating_mul(times * times);
    share && !chance
}

/// Requests that found no place in flight.
pub fn saturated(load: &Load) -> Option<Found> {
    let unsent = load.whole.of(Failure::Unsent);
    let share = unsent_ppm(&load.whole).filter(|ppm| *ppm > MAX_UNSENT_PPM)?;
    let (share, limit) = (say::percent_measured(share), say::percent(MAX_UNSENT_PPM));
    Some(inconclusive(
        "GeneratorSaturated",
        format!(
            "{share} of requests ({unsent}) were never sent, because too many were still without an answer; {limit} is allowed"
        ),
    ))
}

/// Share of unsent requests.
pub fn unsent_ppm(measured: &Measured) -> Option<u64> {
    ppm(measured.of(Failure::Unsent), measured.asked())
}

/// [`planned`], as a figure.
pub fn planned_figure(result: &TestResult, timeline: &Timeline<'_>) -> u64 {
    exact(planned(result, timeline).saturating_mul(9) / 10)
}
