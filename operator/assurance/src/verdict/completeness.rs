//! Whether the evidence is whole, is of this run, and agrees with itself. What is not, is no
//! evidence: no conclusion is drawn from it, good or bad.

mod doses;
mod orders;

use std::collections::BTreeMap;

use crate::{
    dossier::TestResult,
    evidence::{Bucket, Failure, FaultEvidence, ProveEvidence, VerifyEvidence},
    plan::{PhaseRole, Plan},
};

use super::{
    MAX_EXACT, Rules, capacity, comparison, control, drawn,
    found::{Found, inconclusive},
    histogram,
    load::{Load, SLOTS, Timeline},
    say, soak, twin,
};

/// How far the boundary of a phase may be from the planned one, in milliseconds.
const BOUNDARY_MS: u64 = 1_000;

/// The evidence of `factory-lab verify`, and what it lacks.
pub fn of_verify(result: &TestResult) -> (Option<&VerifyEvidence>, Vec<Found>) {
    let Some(verify) = &result.evidence.verify else {
        return (None, vec![inconclusive("EvidenceMissing", "the functional checks left no evidence".to_owned())]);
    };
    let mut lacks = Vec::new();
    lacks.extend(of_another_run("the functional checks", &verify.nonce, &result.announcement.nonce));
    lacks.extend(incomplete(checks(&result.plan, verify)));
    lacks.extend(incomplete(contracts(&result.plan, verify)));
    (Some(verify), lacks)
}

/// The evidence of `factory-lab prove`, and what it lacks.
pub fn of_prove<'a>(
    result: &'a TestResult,
    rules: Rules,
    timeline: &Timeline<'_>,
    load: &Load,
) -> (Option<&'a ProveEvidence>, Vec<Found>) {
    let Some(prove) = &result.evidence.prove else {
        return (None, vec![inconclusive("EvidenceMissing", "the load and the faults left no evidence".to_owned())]);
    };
    let mut lacks = Vec::new();
    lacks.extend(of_another_run("the load", &prove.nonce, &result.announcement.nonce));
    lacks.extend(incomplete(phases(timeline, prove)));
    lacks.extend(incomplete(slots(timeline, prove)));
    lacks.extend(incomplete(faults(&result.plan, prove)));
    lacks.extend(incomplete(control::lacks(result, rules, prove)));
    lacks.extend(incomplete(orders::lack(rules, prove)));
    lacks.extend(incomplete(drawn::lacks(result, prove)));
    for contradiction in [
        out_of_range(rules, prove),
        buckets(&result.plan, timeline, prove),
        latencies(&prove.buckets),
        sums(prove),
        lag(prove, load).or_else(|| capacity::contradiction(prove, timeline, load)),
        moments(rules, prove),
        doses::contradiction(rules, timeline, prove),
        control::contradiction(result, rules, timeline, prove),
        twin::contradiction(result, rules, timeline, prove),
        orders::contradiction(rules, timeline, prove),
        soak::contradiction(timeline, prove),
        drawn::contradiction(result),
        comparison::contradiction(result, prove),
    ] {
        lacks.extend(contradiction.map(|message| inconclusive("EvidenceContradictory", message)));
    }
    (Some(prove), lacks)
}

fn incomplete(lack: Option<String>) -> Option<Found> {
    lack.map(|message| inconclusive("EvidenceIncomplete", message))
}

fn of_another_run(what: &str, nonce: &str, announced: &str) -> Option<Found> {
    (nonce != announced || nonce.is_empty()).then(|| {
        let (found, expected) = (say::quote(nonce), say::quote(announced));
        inconclusive(
            "EvidenceOfAnotherRun",
            format!("{what}: the evidence carries the nonce {found}, announced was {expected}"),
        )
    })
}

/// The first of `planned` that is not matched in its place by `seen`, or the other way round.
pub fn mismatch<'a>(
    what: &str,
    planned: impl Iterator<Item = &'a str>,
    seen: impl Iterator<Item = &'a str>,
) -> Option<String> {
    let (mut planned, mut seen) = (planned, seen);
    let mut place: u64 = 0;
    loop {
        place += 1;
        match (planned.next(), seen.next()) {
            (None, None) => return None,
            (Some(want), Some(found)) if want == found => {}
            (want, found) => {
                let show = |name: Option<&str>| name.map_or("nothing".to_owned(), say::quote);
                return Some(format!("{what} {place}: planned was {}, the evidence has {}", show(want), show(found)));
            }
        }
    }
}

fn checks(plan: &Plan, verify: &VerifyEvidence) -> Option<String> {
    let planned = &plan.verify.checks;
    mismatch(
        "check",
        planned.iter().map(|check| check.name.as_str()),
        verify.checks.iter().map(|check| check.name.as_str()),
    )
    .or_else(|| {
        let (check, _) =
            planned.iter().zip(&verify.checks).find(|(check, seen)| seen.steps.len() > check.steps.len())?;
        Some(format!("check {}: the evidence has more steps than the plan", say::quote(&check.name)))
    })
}

fn contracts(plan: &Plan, verify: &VerifyEvidence) -> Option<String> {
    let planned: Vec<String> =
        plan.verify.descriptions.iter().map(|one| format!("{}{}", one.component, one.path)).collect();
    let seen: Vec<String> = verify.contracts.iter().map(|one| format!("{}{}", one.component, one.path)).collect();
    mismatch("description", planned.iter().map(String::as_str), seen.iter().map(String::as_str)).or_else(|| {
        let one = verify.contracts.iter().find(|one| one.unreadable.is_none() && one.digest.is_empty())?;
        Some(format!("description {}: its digest is missing", say::quote(&format!("{}{}", one.component, one.path))))
    })
}

/// Phases by name and order, without a gap, each where the plan has it.
fn phases(timeline: &Timeline<'_>, prove: &ProveEvidence) -> Option<String> {
    let planned = timeline.spans.iter().map(|span| span.phase.name.as_str());
    mismatch("phase", planned, prove.phases.iter().map(|phase| phase.name.as_str())).or_else(|| {
        let mut end = None;
        timeline.spans.iter().zip(&prove.phases).find_map(|(span, seen)| {
            let name = say::quote(&seen.name);
            let gap = end.is_some_and(|end| end != seen.from_ms);
            end = Some(seen.to_ms);
            let far = |seconds: u64, ms: u64| seconds.saturating_mul(1_000).abs_diff(ms) > BOUNDARY_MS;
            if gap {
                Some(format!("phase {name} does not begin where the one before it ended"))
            } else if seen.to_ms < seen.from_ms || far(span.from, seen.from_ms) || far(span.to, seen.to_ms) {
                Some(format!(
                    "phase {name} lasted from {} to {}; planned was {} s to {} s",
                    say::seconds(seen.from_ms),
                    say::seconds(seen.to_ms),
                    span.from,
                    span.to,
                ))
            } else {
                None
            }
        })
    })
}

/// A slot for every tenth of a second of the plan.
fn slots(timeline: &Timeline<'_>, prove: &ProveEvidence) -> Option<String> {
    let (planned, seen) = (timeline.seconds.saturating_mul(SLOTS), prove.slots.len() as u64);
    (planned != seen).then(|| format!("the load has {seen} tenths of a second, planned were {planned}"))
}

/// Evidence for every fault of the plan, in its order.
fn faults(plan: &Plan, prove: &ProveEvidence) -> Option<String> {
    let planned = plan
        .prove
        .phases
        .iter()
        .filter(|phase| matches!(phase.role, PhaseRole::Fault { .. }))
        .map(|phase| phase.name.as_str());
    mismatch("fault", planned, prove.faults.iter().map(|fault| fault.phase.as_str()))
}

/// A number that canonical JSON does not keep exactly is not the number that was signed.
fn out_of_range(rules: Rules, prove: &ProveEvidence) -> Option<String> {
    let moments = |fault: &FaultEvidence| {
        let gone = fault.gone.iter().map(|pod| pod.at_ms);
        let ordered = fault.ordered_ms.filter(|_| rules.begins_with_the_order());
        gone.chain(fault.injected_ms).chain(fault.ready_again_ms).chain(ordered).any(too_large)
    };
    let cells = |cells: &[[u64; 2]]| cells.iter().flatten().copied().any(too_large);
    let of_doses = |fault: &FaultEvidence| {
        fault.ended_ms.is_some_and(too_large)
            || fault.doses.iter().any(|dose| cells(&dose.before) || cells(&dose.during))
    };
    let bucket = |bucket: &Bucket| {
        too_large(bucket.good) || bucket.failed.values().copied().any(too_large) || cells(&bucket.latency_us)
    };
    let any = too_large(prove.started_unix_ms)
        || prove.phases.iter().any(|phase| too_large(phase.from_ms) || too_large(phase.to_ms))
        || prove.buckets.iter().chain(prove.twin.iter().flat_map(|twin| &twin.buckets)).any(bucket)
        || cells(&prove.lag_us)
        || prove.step_lag_us.iter().any(|step| cells(step))
        || prove.profile.as_ref().is_some_and(|profile| capacity::numbers(profile).any(too_large))
        || soak::numbers(prove).any(too_large)
        || comparison::numbers(prove).any(too_large)
        || prove.faults.iter().any(moments)
        || prove
            .control
            .iter()
            .flatten()
            .any(|one| too_large(one.good) || too_large(one.failed) || cells(&one.latency_us))
        || rules >= Rules::V2 && prove.faults.iter().any(of_doses);
    any.then(|| format!("a number is larger than {MAX_EXACT}, the largest that canonical JSON keeps exactly"))
}

const fn too_large(number: u64) -> bool {
    number > MAX_EXACT
}

/// Requests of operations or seconds that are not planned.
fn buckets(plan: &Plan, timeline: &Timeline<'_>, prove: &ProveEvidence) -> Option<String> {
    let operations = plan.prove.load.operations.len() as u64;
    prove.buckets.iter().find_map(|bucket| {
        if u64::from(bucket.operation) >= operations {
            Some(format!(
                "second {}: operation {} is not in the plan, which has {operations}",
                bucket.second, bucket.operation
            ))
        } else if u64::from(bucket.second) >= timeline.seconds {
            Some(format!("second {}: the plan ends after {} s", bucket.second, timeline.seconds))
        } else {
            None
        }
    })
}

/// One latency for each request that was answered in full, in histograms whose values rise. An
/// answer that was given up because it was too long is `Content` and may have none.
pub fn latencies(buckets: &[Bucket]) -> Option<String> {
    buckets.iter().find_map(|bucket| {
        let of = |cause| bucket.failed.get(&cause).copied().map_or(0, u128::from);
        let least = u128::from(bucket.good) + of(Failure::Status);
        let most = least + of(Failure::Content);
        let place = format!("second {}, operation {}", bucket.second, bucket.operation);
        if !histogram::rises(&bucket.latency_us) {
            return Some(format!("{place}: the values of the histogram of latency do not rise"));
        }
        let count = histogram::count(&bucket.latency_us);
        let fits = (least..=most).contains(&count);
        (!fits).then(|| format!("{place}: {count} latencies of {most} answered requests"))
    })
}

/// The same requests in buckets and in slots, second by second.
fn sums(prove: &ProveEvidence) -> Option<String> {
    let mut seconds: BTreeMap<u64, [u128; 4]> = BTreeMap::new();
    for bucket in &prove.buckets {
        let sum = seconds.entry(u64::from(bucket.second)).or_default();
        sum[0] = sum[0].saturating_add(u128::from(bucket.good));
        sum[1] = sum[1].saturating_add(bucket.failures());
    }
    for (slot, [good, failed]) in (0_u64..).zip(&prove.slots) {
        let sum = seconds.entry(slot / SLOTS).or_default();
        sum[2] += u128::from(*good);
        sum[3] += u128::from(*failed);
    }
    let (second, [good, failed, slot_good, slot_failed]) = seconds
        .into_iter()
        .find(|(_, [good, failed, slot_good, slot_failed])| good != slot_good || failed != slot_failed)?;
    Some(format!(
        "second {second}: {good} good and {failed} failed requests by operation, {slot_good} and {slot_failed} by tenth of a second"
    ))
}

/// One lag for each request that was sent.
fn lag(prove: &ProveEvidence, load: &Load) -> Option<String> {
    if !histogram::rises(&prove.lag_us) {
        return Some("the values of the histogram of lag do not rise".to_owned());
    }
    let sent = load.whole.asked().saturating_sub(load.whole.of(Failure::Unsent));
    let count = histogram::count(&prove.lag_us);
    (count != sent).then(|| format!("{count} lags of {sent} requests that were sent"))
}

/// Readiness, and the end of the fault, after the injection, never before.
fn moments(rules: Rules, prove: &ProveEvidence) -> Option<String> {
    let before = |fault: &FaultEvidence, moment: Option<u64>| match (fault.injected_ms, moment) {
        (Some(injected), Some(moment)) => moment < injected,
        (None, Some(_)) => true,
        (_, None) => false,
    };
    prove.faults.iter().find_map(|fault| {
        let phase = say::quote(&fault.phase);
        if before(fault, fault.ready_again_ms) {
            Some(format!("phase {phase}: ready again before anything was injected"))
        } else if rules >= Rules::V2 && before(fault, fault.ended_ms) {
            Some(format!("phase {phase}: over before anything was injected"))
        } else {
            None
        }
    })
}
