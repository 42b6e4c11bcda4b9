//! The control: a null service on the candidate's nodes, asked all the while. When it moves, something else than the
//! candidate is the reason, and its phase is void: nothing is concluded from it, good or bad.

use crate::{
    dossier::TestResult,
    evidence::{ControlSecond, ProveEvidence},
    plan::{ControlPlan, PhaseRole},
};

use super::{
    Rules,
    found::{Found, inconclusive},
    generator,
    histogram::{self, Histogram},
    load::{Span, Timeline},
    say,
};

/// Percent of its requests that must be answered within the limit. A single late answer of a short phase is noise.
const PERCENT: u8 = 95;

/// The control of `result`, if one was planned and `rules` know it.
pub fn planned(result: &TestResult, rules: Rules) -> Option<&ControlPlan> {
    result.plan.prove.control.as_ref().filter(|_| rules >= Rules::V2)
}

/// That it was planned and left nothing.
pub fn lacks(result: &TestResult, rules: Rules, prove: &ProveEvidence) -> Option<String> {
    (planned(result, rules).is_some() && prove.control.is_none()).then(|| "the control left no evidence".to_owned())
}

/// What in its evidence contradicts the plan or itself.
pub fn contradiction(
    result: &TestResult,
    rules: Rules,
    timeline: &Timeline<'_>,
    prove: &ProveEvidence,
) -> Option<String> {
    let seen = prove.control.as_ref()?;
    if planned(result, rules).is_none() {
        return Some("the plan has no control, and the evidence has one".to_owned());
    }
    odd(seen, timeline.seconds)
}

/// What in the `seconds` of a control that was asked for `length` of them contradicts itself.
pub fn odd(seconds: &[ControlSecond], length: u64) -> Option<String> {
    seconds.iter().find_map(|one| {
        let place = format!("the control, second {}", one.second);
        let count = histogram::count(&one.latency_us);
        if u64::from(one.second) >= length {
            Some(format!("{place}: the plan ends after {length} s"))
        } else if !histogram::rises(&one.latency_us) {
            Some(format!("{place}: the values of the histogram of latency do not rise"))
        } else if count != u128::from(one.good) {
            Some(format!("{place}: {count} latencies of {} answered requests", one.good))
        } else {
            None
        }
    })
}

/// Its requests in the phase of `span`.
fn asked<'a>(prove: &'a ProveEvidence, span: &Span<'_>) -> impl Iterator<Item = &'a ControlSecond> {
    let (from, to) = (span.from, span.to);
    prove.control.iter().flatten().filter(move |one| (from..to).contains(&u64::from(one.second)))
}

/// Within which time, in microseconds, [`PERCENT`] of all its requests of the phase were answered; one that failed
/// never was. `None` where more failed, or nothing was asked.
pub fn answered_within(prove: &ProveEvidence, span: &Span<'_>) -> Option<u64> {
    let mut latency = Histogram::default();
    let mut failed: u128 = 0;
    for one in asked(prove, span) {
        latency.add(&one.latency_us);
        failed = failed.saturating_add(u128::from(one.failed));
    }
    latency.percentile_of(latency.count().saturating_add(failed), PERCENT)
}

/// Why the phase of `span` is void, if it is.
pub fn voids(result: &TestResult, rules: Rules, prove: &ProveEvidence, span: &Span<'_>) -> Option<Found> {
    let plan = planned(result, rules).filter(|_| span.phase.role != (PhaseRole::WarmUp {}))?;
    let phase = format!("phase {}", say::quote(&span.phase.name));
    let add = |sum: u128, number: u64| sum.saturating_add(u128::from(number));
    let due = asked(prove, span).fold(0, |sum, one| add(add(sum, one.good), one.failed));
    let wanted = u128::from(plan.requests_per_second) * u128::from(span.to - span.from);
    if due.saturating_mul(10) < wanted.saturating_mul(9) {
        let message = format!(
            "{phase}: the control was asked {due} times where {wanted} were planned; nobody knows what disturbed it"
        );
        return Some(inconclusive("ControlMissing", message));
    }
    let limit = generator::lag_limit(&result.standard);
    let (limit, within) = (say::latency(limit), answered_within(prove, span).map(|us| (us, us > limit)));
    let moved = match within {
        Some((_, false)) => return None,
        Some((us, true)) => format!("{PERCENT} % of its answers came within {}", say::latency_measured(us)),
        None => {
            let good = asked(prove, span).fold(0, |sum, one| add(sum, one.good));
            format!("it answered {good} of {due} requests")
        }
    };
    let message = format!(
        "{phase}: the control, which does nothing but answer, was disturbed: {moved}, {PERCENT} % within {limit} are required; nothing is concluded from this phase"
    );
    Some(inconclusive("ControlMoved", message))
}

/// How it was disturbed in the `seconds` of a stretch of `length`, beside a comparison; `None` where it was not.
pub fn moved<'a>(
    seconds: impl Iterator<Item = &'a ControlSecond>,
    plan: &ControlPlan,
    length: u64,
    limit: u64,
) -> Option<String> {
    let (mut latency, mut good, mut due) = (Histogram::default(), 0_u128, 0_u128);
    for one in seconds {
        latency.add(&one.latency_us);
        good = good.saturating_add(one.good.into());
        due = due.saturating_add(one.good.into()).saturating_add(one.failed.into());
    }
    let wanted = u128::from(plan.requests_per_second) * u128::from(length);
    if due.saturating_mul(10) < wanted.saturating_mul(9) {
        return Some(format!("the control was asked {due} times where {wanted} were planned"));
    }
    let within = latency.percentile_of(due, PERCENT);
    let moved = match within {
        Some(us) if us <= limit => return None,
        Some(us) => format!("{PERCENT} % of its answers came within {}", say::latency_measured(us)),
        None => format!("it answered {good} of {due} requests"),
    };
    Some(format!("the control was disturbed: {moved}, {PERCENT} % within {} are required", say::latency(limit)))
}
