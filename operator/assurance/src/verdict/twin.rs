//! The twin: a service that is too late on purpose, asked and judged as the service is. When the gates pass it, they
//! are asleep, or what was measured is not what happened: nothing is concluded from the run, good or bad.

use crate::{
    dossier::TestResult,
    evidence::{Failure, ProveEvidence},
    plan::{PhaseRole, TwinPlan, twin::percent},
};

use super::{
    Rules, completeness,
    found::{Found, inconclusive},
    load::{Load, Measured, Span, Timeline},
    say,
    steady::{self, Gate},
};

/// Code of the finding beside which there is no other.
const PASSED: &str = "TwinPassed";

/// The gates that it must not get through: those of the service.
#[derive(Clone, Copy)]
struct Gates {
    late: Gate,
    failing: Gate,
}

const GATES: Gates = Gates { late: steady::p95, failing: steady::failures };

/// What became of a twin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Refused in each steady phase.
    Refused,
    /// Passed in one.
    Passed,
    /// Nobody knows.
    Missing,
}

/// The twin of `result`, if one was planned and `rules` know it.
pub fn planned(result: &TestResult, rules: Rules) -> Option<&TwinPlan> {
    result.plan.prove.twin.as_ref().filter(|_| rules >= Rules::V2)
}

/// How late the twin of `result` was told to be, in percent of the limit, and what became of it; `None` where none
/// was planned.
pub fn state(result: &TestResult) -> Option<(u32, State)> {
    let rules = Rules::named(&result.rules)?;
    planned(result, rules)?;
    let drawn = percent(&result.announcement.nonce);
    let Some(prove) = &result.evidence.prove else { return Some((drawn, State::Missing)) };
    let timeline = Timeline::of(&result.plan.prove.phases);
    if contradiction(result, rules, &timeline, prove).is_some() {
        return Some((drawn, State::Missing));
    }
    let load = Load::of(Some(prove), &result.plan.prove.load, &timeline);
    let found = voids(result, rules, prove, &timeline, &load);
    let state = match (found.is_empty(), silences(&found)) {
        (true, _) => State::Refused,
        (false, true) => State::Passed,
        (false, false) => State::Missing,
    };
    Some((drawn, state))
}

/// What in its evidence contradicts the plan, the nonce or itself.
pub fn contradiction(
    result: &TestResult,
    rules: Rules,
    timeline: &Timeline<'_>,
    prove: &ProveEvidence,
) -> Option<String> {
    let seen = prove.twin.as_ref()?;
    let Some(plan) = planned(result, rules) else {
        return Some("the plan has no twin, and the evidence has one".to_owned());
    };
    let drawn = percent(&result.announcement.nonce);
    if seen.percent != drawn {
        return Some(format!("the twin held answers back until {} % of the limit; drawn was {drawn} %", seen.percent));
    }
    let of_plan = seen.buckets.iter().find_map(|bucket| {
        let (second, operation) = (bucket.second, bucket.operation);
        if operation != plan.operation {
            Some(format!("second {second}: operation {operation} was asked; planned was {}", plan.operation))
        } else if u64::from(second) >= timeline.seconds {
            Some(format!("second {second}: the plan ends after {} s", timeline.seconds))
        } else {
            None
        }
    });
    let lack = of_plan.or_else(|| completeness::latencies(&seen.buckets))?;
    Some(format!("the twin, {lack}"))
}

/// Why nothing can be concluded from the load, by the twin.
pub fn voids(
    result: &TestResult,
    rules: Rules,
    prove: &ProveEvidence,
    timeline: &Timeline<'_>,
    load: &Load,
) -> Vec<Found> {
    knocked(GATES, result, rules, prove, timeline, load)
}

/// Whether `found` leaves nothing else to be said of the run.
pub fn silences(found: &[Found]) -> bool {
    found.iter().any(|one| one.finding.code == PASSED)
}

/// Within which time, in microseconds, 95 % of its requests of the phase of `span` were answered; one that ran out
/// of time never was. `None` where more did, or nothing came of any.
pub fn answered_within(prove: &ProveEvidence, span: &Span<'_>) -> Option<u64> {
    let twin = measured(prove, span);
    twin.latency.percentile_of(judgeable(&twin), 95)
}

/// Its requests in the phase of `span`.
fn measured(prove: &ProveEvidence, span: &Span<'_>) -> Measured {
    let mut sum = Measured::default();
    for bucket in prove.twin.iter().flat_map(|twin| &twin.buckets) {
        if (span.from..span.to).contains(&u64::from(bucket.second)) {
            sum.add(bucket);
        }
    }
    sum
}

/// Requests that say something of how late it was: answered, or given up because they took too long.
fn judgeable(twin: &Measured) -> u128 {
    twin.latency.count().saturating_add(twin.of(Failure::Timeout))
}

/// What follows where it knocks at `gates`: if it is passed in any phase, that alone.
fn knocked(
    gates: Gates,
    result: &TestResult,
    rules: Rules,
    prove: &ProveEvidence,
    timeline: &Timeline<'_>,
    load: &Load,
) -> Vec<Found> {
    let Some(plan) = planned(result, rules) else { return Vec::new() };
    let phases = timeline.spans.iter().zip(&load.phases).filter(|(span, _)| span.phase.role == PhaseRole::Steady {});
    let mut found: Vec<Found> = phases
        .filter_map(|(span, service)| {
            let phase = Phase { span, service, twin: measured(prove, span) };
            phase.check(gates, plan, result)
        })
        .collect();
    if silences(&found) {
        found.retain(|one| one.finding.code == PASSED);
    }
    found
}

/// A steady phase, as the service and the twin went through it.
struct Phase<'a> {
    span: &'a Span<'a>,
    service: &'a Measured,
    twin: Measured,
}

impl Phase<'_> {
    fn check(&self, gates: Gates, plan: &TwinPlan, result: &TestResult) -> Option<Found> {
        let (twin, limits) = (&self.twin, &result.standard.steady);
        let place = format!("in phase {}, the twin", say::quote(&self.span.phase.name));
        let (due, judgeable) = (twin.total(), judgeable(twin));
        let wanted = u128::from(plan.requests_per_second) * u128::from(self.span.to - self.span.from);
        let too_few = |count: u128| count.saturating_mul(10) < wanted.saturating_mul(9);
        let refused = |gate: Gate, measured: &Measured| gate(limits, measured, &place).is_some();
        if too_few(due) {
            let message = format!(
                "{place} was asked {due} times where {wanted} were planned; nobody knows whether the gate is awake"
            );
            return Some(inconclusive("TwinMissing", message));
        }
        // A percentile knows answers only; of requests that ran out of time more than it leaves out are as late.
        let ran_out = twin.of(Failure::Timeout).saturating_mul(20) > due && refused(gates.failing, twin);
        if ran_out || refused(gates.late, twin) {
            return None;
        }
        if too_few(judgeable) {
            // Behind it stands the service: where that fails, so does the twin, and the gates said so.
            if refused(gates.failing, self.service) {
                return None;
            }
            let message = format!(
                "{place} gave no answer to {} of {due} requests; nobody knows whether the gate is awake",
                due.saturating_sub(judgeable)
            );
            return Some(inconclusive("TwinMissing", message));
        }
        let limit = say::latency(u64::from(limits.p95_ms) * 1_000);
        let within = match twin.latency.percentile_of(judgeable, 95) {
            Some(us) => format!("95 % of its answers came within {}", say::latency_measured(us)),
            None => "none of its answers is known".to_owned(),
        };
        let message = format!(
            "{place} was passed, which holds each answer back until {} % of the limit of {limit}: {within}; nothing is concluded from this run",
            percent(&result.announcement.nonce)
        );
        Some(inconclusive(PASSED, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    /// What the twin of the sample shows of `gates`.
    fn codes(gates: Gates) -> Vec<String> {
        let result = sample::twinned();
        let prove = result.evidence.prove.as_ref().unwrap();
        let timeline = Timeline::of(&result.plan.prove.phases);
        let load = Load::of(Some(prove), &result.plan.prove.load, &timeline);
        let found = knocked(gates, &result, Rules::V2, prove, &timeline, &load);
        found.into_iter().map(|one| one.finding.code).collect()
    }

    #[test]
    fn a_gate_that_sleeps_is_found_and_one_that_is_awake_is_not() {
        assert_eq!(codes(GATES), Vec::<String>::new());
        let passed = [PASSED, PASSED];
        // A limit in milliseconds, taken for one in seconds.
        let wrong_unit: Gate = |limits, measured, place| {
            let limit = limits.p95_ms.saturating_mul(1_000);
            Some(inconclusive("", measured.slower_than(95, limit, place)?))
        };
        // The limit of another percentile.
        let wrong_limit: Gate =
            |limits, measured, place| Some(inconclusive("", measured.slower_than(95, limits.p99_ms, place)?));
        let asleep: Gate = |_, _, _| None;
        for late in [wrong_unit, wrong_limit, asleep] {
            assert_eq!(codes(Gates { late, ..GATES }), passed);
        }
    }
}
