//! Whether the evidence of a comparison is that of the plan, and agrees with itself.

use std::iter;

use crate::{
    dossier::TestResult,
    evidence::{Bucket, ComparisonEvidence, ControlSecond, Failure, ProveEvidence},
    plan::{
        ComparisonPlan, Reference,
        comparison::{PARTS, Side, Turn},
    },
};

use super::super::{completeness, control, histogram, load::Measured};

/// What in it contradicts the plan or itself.
pub fn contradiction(result: &TestResult, prove: &ProveEvidence) -> Option<String> {
    let seen = prove.comparison.as_ref()?;
    let Some(reference) = result.plan.prove.comparison.as_ref().and_then(ComparisonPlan::reference) else {
        return Some("the plan compares with no release, and the evidence does".to_owned());
    };
    let turns = reference.turns(&result.announcement.nonce);
    let sides = [
        ("the candidate", Side::Candidate, &seen.candidate),
        ("the last confirmed release", Side::Reference, &seen.reference),
    ];
    let of_sides = || {
        let mut odd = sides.into_iter().filter_map(|(name, side, buckets)| {
            let own = turns.iter().filter(|turn| turn.side == side).copied().collect::<Vec<_>>();
            Some(format!("{name}, {}", odd(reference, &own, buckets)?))
        });
        odd.next()
    };
    let found = of_sides()
        .or_else(|| lag(reference, seen, &result.announcement.nonce))
        .or_else(|| control::odd(seen.control.as_deref().unwrap_or_default(), reference.length()))?;
    Some(format!("the comparison: {found}"))
}

/// Requests that were not planned, were due when it was not their side's turn (`own` are those that were), or whose
/// latencies are not theirs.
fn odd(reference: &Reference, own: &[Turn], buckets: &[Bucket]) -> Option<String> {
    let length = reference.length();
    let unplanned = buckets.iter().find_map(|Bucket { second, operation, .. }| {
        if !reference.operations.contains(operation) {
            Some(format!("second {second}: operation {operation} was asked, which was not planned"))
        } else if u64::from(*second) >= length {
            Some(format!("second {second}: the comparison ends after {length} s"))
        } else if !own.iter().any(|turn| (turn.from..turn.to).contains(&u64::from(*second))) {
            Some(format!("second {second}: it was asked in the other's turn"))
        } else {
            None
        }
    });
    unplanned.or_else(|| completeness::latencies(buckets))
}

/// One histogram for each part of each block, with one lag for each request of its turn that was sent.
fn lag(reference: &Reference, seen: &ComparisonEvidence, nonce: &str) -> Option<String> {
    let planned = u64::from(reference.blocks) * u64::from(PARTS);
    if seen.lag_us.len() as u64 != planned {
        return Some(format!("{} histograms of lag of {planned} parts of blocks", seen.lag_us.len()));
    }
    let turns = reference.blocks(nonce).into_iter().flatten();
    turns.zip(&seen.lag_us).enumerate().find_map(|(index, (turn, lag))| {
        let part = index + 1;
        if !histogram::rises(lag) {
            return Some(format!("part {part}: the values of the histogram of lag do not rise"));
        }
        let (count, sent) = (histogram::count(lag), sent(seen, turn));
        (count != sent).then(|| format!("part {part}: {count} lags of {sent} requests that were sent"))
    })
}

/// Requests of `turn` that were sent.
fn sent(seen: &ComparisonEvidence, turn: Turn) -> u128 {
    let buckets = if turn.side == Side::Candidate { &seen.candidate } else { &seen.reference };
    let mut measured = Measured::default();
    for bucket in buckets.iter().filter(|bucket| (turn.from..turn.to).contains(&u64::from(bucket.second))) {
        measured.add(bucket);
    }
    measured.total().saturating_sub(measured.of(Failure::Unsent))
}

/// All numbers in it.
pub fn numbers(prove: &ProveEvidence) -> impl Iterator<Item = u64> {
    let seen = prove.comparison.iter();
    seen.flat_map(move |seen| {
        let buckets = seen.candidate.iter().chain(&seen.reference).flat_map(of_bucket);
        let control = seen.control.iter().flatten().flat_map(of_second);
        buckets.chain(control).chain(seen.lag_us.iter().flat_map(|part| cells(part)))
    })
}

fn of_bucket(bucket: &Bucket) -> impl Iterator<Item = u64> {
    iter::once(bucket.good).chain(bucket.failed.values().copied()).chain(cells(&bucket.latency_us))
}

fn of_second(one: &ControlSecond) -> impl Iterator<Item = u64> {
    [one.good, one.failed].into_iter().chain(cells(&one.latency_us))
}

fn cells(cells: &[[u64; 2]]) -> impl Iterator<Item = u64> {
    cells.iter().flatten().copied()
}
