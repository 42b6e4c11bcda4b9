//! The ladder: steps of load above the declared rate, and up to which of them the steady limits hold. The steps up to
//! the one that the standard asks for are limits; those beyond find the breaking point, and fail nothing.
//!
//! A step is asked while the service may be going under, so its evidence is held against the generator and the control
//! for itself alone. What comes after a step that broke says nothing: the service was not sound when it began.

mod planned;

use crate::{
    dossier::TestResult,
    evidence::{Failure, Profile, ProveEvidence},
    standard::Standard,
};

pub use planned::check;

use super::{
    Rules, control,
    found::{Found, failed, inconclusive},
    generator, histogram,
    load::{Load, Measured, Span, Timeline},
    say, steady,
};

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The steady limits were kept in it.
    Held,
    /// One was not.
    Broke,
    /// There is not enough evidence to say.
    Unknown,
    /// It came after one that broke.
    Untold,
}

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its rate in percent of the declared one.
    pub percent: u32,
    /// What became of it.
    pub state: State,
}

/// All steps of a plan, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ladder {
    /// The steps.
    pub steps: Vec<Step>,
}

impl Ladder {
    /// Of a run from which nothing can be concluded.
    pub fn unknown(timeline: &Timeline<'_>) -> Self {
        let percents = timeline.spans.iter().filter_map(Span::percent);
        Self { steps: percents.map(|percent| Step { percent, state: State::Unknown }).collect() }
    }

    /// The highest step that held with all before it: 0 where the first one broke, none where nothing is known of it.
    pub fn held(&self) -> Option<u32> {
        let held = self.steps.iter().take_while(|step| step.state == State::Held).last();
        let none = self.steps.first().filter(|step| step.state == State::Broke).map(|_| 0);
        held.map_or(none, |step| Some(step.percent))
    }

    /// The first step that broke.
    pub fn broke_at(&self) -> Option<u32> {
        self.steps.iter().find(|step| step.state == State::Broke).map(|step| step.percent)
    }
}

/// What became of the ladder of `result`, and what is found of the steps that must hold.
pub fn climb(
    result: &TestResult,
    rules: Rules,
    prove: &ProveEvidence,
    timeline: &Timeline<'_>,
    load: &Load,
) -> (Vec<Found>, Ladder) {
    let must_hold = result.standard.capacity.as_ref().map(|capacity| capacity.headroom_percent);
    let (mut found, mut ladder) = (Vec::new(), Ladder::default());
    let steps = timeline.spans.iter().zip(&load.phases).filter_map(|(span, part)| Some((span, part, span.percent()?)));
    for ((span, measured, percent), lag_us) in steps.zip(&prove.step_lag_us) {
        let (state, of_step) = if ladder.broke_at().is_some() {
            (State::Untold, Vec::new())
        } else {
            step(result, rules, prove, span, measured, lag_us)
        };
        ladder.steps.push(Step { percent, state });
        if must_hold.is_some_and(|must| percent <= must) {
            found.extend(of_step);
        }
    }
    if must_hold.is_some() && !ladder.steps.is_empty() {
        found.extend(unplaced(result, prove));
    }
    (found, ladder)
}

fn step(
    result: &TestResult,
    rules: Rules,
    prove: &ProveEvidence,
    span: &Span<'_>,
    measured: &Measured,
    lag_us: &[[u64; 2]],
) -> (State, Vec<Found>) {
    let void = control::voids(result, rules, prove, span)
        .or_else(|| unasked(result, span, measured, lag_us))
        .or_else(|| steady::too_few(&result.standard, span, measured));
    if let Some(void) = void {
        return (State::Unknown, vec![void]);
    }
    let found = beyond(&result.standard, span, measured);
    (if found.is_empty() { State::Held } else { State::Broke }, found)
}

/// That the generator did not ask for what was planned, if so: then it is not the service of which anything is known.
fn unasked(result: &TestResult, span: &Span<'_>, measured: &Measured, lag_us: &[[u64; 2]]) -> Option<Found> {
    let percent = span.percent()?;
    let late = generator::lag_p99(lag_us).zip(Some(generator::lag_limit(&result.standard)));
    let planned = planned(result, span);
    let unsent = generator::unsent_ppm(measured).filter(|ppm| *ppm > generator::MAX_UNSENT_PPM);
    let why = if let Some((lag, limit)) = late.filter(|(lag, limit)| lag > limit) {
        let (lag, limit) = (say::latency_measured(lag), say::latency(limit));
        format!("99 % of its requests left within {lag} of their moment, {limit} are allowed")
    } else if measured.begun == 0 || generator::falls_short(measured.begun, planned, 5) {
        format!("{} requests were due where {planned} were planned", measured.begun)
    } else {
        let (share, limit) = (say::percent_measured(unsent?), say::percent(generator::MAX_UNSENT_PPM));
        format!("{share} of requests ({}) were never sent; {limit} is allowed", measured.of(Failure::Unsent))
    };
    let phase = say::quote(&span.phase.name);
    Some(inconclusive(
        "StepNotAsked",
        format!(
            "phase {phase}: the load generator could not ask for {percent} % of the declared rate: {why}; nothing is concluded from this step"
        ),
    ))
}

/// Visits that are planned for a step, rounded down twice.
fn planned(result: &TestResult, span: &Span<'_>) -> u128 {
    let load = &result.plan.prove.load;
    let rate = u128::from(load.requests_per_minute) * u128::from(span.percent().unwrap_or(0));
    load.beginning(rate.saturating_mul(u128::from(span.to - span.from)) / 6_000)
}

/// The steady limits that were not kept. A step is short: so many failures as the limit allows, rounded up, are within
/// it, since one stray failure is no end of a capacity.
fn beyond(standard: &Standard, span: &Span<'_>, measured: &Measured) -> Vec<Found> {
    let limits = &standard.steady;
    let (phase, percent) = (say::quote(&span.phase.name), span.percent().unwrap_or(0));
    let place = format!("phase {phase}: at {percent} % of the declared rate");
    let allowed = measured.total().saturating_mul(limits.max_failed_ppm.into()).div_ceil(1_000_000);
    let failures = measured.failed_more_than(limits.max_failed_ppm).filter(|_| measured.failures() > allowed);
    let failures = failures.map(|share| {
        let limit = say::percent(limits.max_failed_ppm.into());
        failed("CapacityFailuresTooHigh", format!("{place}, {share}; the standard allows {limit}"))
    });
    let percentiles = [("CapacityP95TooHigh", 95, limits.p95_ms), ("CapacityP99TooHigh", 99, limits.p99_ms)];
    let slow = percentiles
        .into_iter()
        .filter_map(|(code, percent, limit)| Some(failed(code, measured.slower_than(percent, limit, &place)?)));
    failures.into_iter().chain(slow).collect()
}

/// That it is not known what the ladder ran on: a capacity of nobody knows how many pods is none.
fn unplaced(result: &TestResult, prove: &ProveEvidence) -> Option<Found> {
    let why = match &prove.profile {
        None => "its profile is missing".to_owned(),
        Some(profile) => {
            let absent = result.bundle.images.keys().find(|component| profile.pods(component) == 0)?;
            format!("its profile has no pod of component {}", say::quote(absent))
        }
    };
    Some(inconclusive("ProfileMissing", format!("it is not known on what the ladder was asked: {why}")))
}

/// All numbers of a profile.
pub fn numbers(profile: &Profile) -> impl Iterator<Item = u64> {
    profile.nodes.iter().flat_map(|node| {
        let of_pods = node.pods.iter().flat_map(|pods| pods.cpu_milli.into_iter().chain(pods.memory_bytes));
        [node.cpu_milli, node.memory_bytes].into_iter().chain(of_pods)
    })
}

/// What in the evidence of the ladder contradicts the plan or itself.
pub fn contradiction(prove: &ProveEvidence, timeline: &Timeline<'_>, load: &Load) -> Option<String> {
    let steps = timeline.spans.iter().zip(&load.phases).filter(|(span, _)| span.percent().is_some());
    let (planned, seen) = (steps.clone().count(), prove.step_lag_us.len());
    if planned != seen {
        return Some(format!("{seen} histograms of lag of the {planned} steps of the ladder"));
    }
    steps.zip(&prove.step_lag_us).find_map(|((span, measured), lag_us)| {
        let phase = say::quote(&span.phase.name);
        let sent = measured.asked().saturating_sub(measured.of(Failure::Unsent));
        let count = histogram::count(lag_us);
        if !histogram::rises(lag_us) {
            Some(format!("phase {phase}: the values of the histogram of lag do not rise"))
        } else if count != sent {
            Some(format!("phase {phase}: {count} lags of {sent} requests that were sent"))
        } else {
            None
        }
    })
}
