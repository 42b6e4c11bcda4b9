//! What still answered while a fault acted, and when the rest answered again: each operation of the load by itself. And how
//! often what was struck was tried meanwhile, for each request of users: who asks again and again when nothing answers makes
//! more of them.
//!
//! Requests count in the second in which they were due, so that the seconds in which a fault begins and ends are its own.

mod words;

use std::collections::BTreeMap;

use factory_crds::resilience_standard::FaultKind;
use serde::Serialize;

use crate::{dossier::TestResult, evidence::Class, verdict::drawn};

use super::{
    numbers::{count, decimal, exact, span},
    phases::{Fault, Span},
    text::plain,
};

pub use words::{Words, of as words};

/// An operation in the phase of a fault.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AnsweredReport {
    /// Its name.
    pub operation: String,
    /// Requests that were due while the fault acted: over its lease, or to the end of its phase where it has none.
    pub requests: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// Requests that failed after that, to the end of the phase.
    pub failed_after: u64,
    /// Seconds from the injection to the end of the last second in which one failed; `null` where none did.
    pub last_failed_seconds: Option<u64>,
    /// Whether one failed in the last second of the phase: nobody saw that it answered again.
    pub still_failing: bool,
}

/// How often what was struck was tried while the fault acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TriedReport {
    /// Requests that came to the struck pods, of a fault of answers over HTTP; new connections that the struck pods tried to
    /// open to the peer, of a partition from one, those included that their kernel tried again.
    pub tries: u64,
    /// Requests of users that were due meanwhile.
    pub requests: u64,
}

/// Requests of each operation by second: how many were due, and how many failed.
pub struct Operations {
    names: Vec<String>,
    seconds: BTreeMap<(usize, u64), [u128; 2]>,
}

impl Operations {
    /// Those of `result`, what was drawn included.
    pub fn of(result: &TestResult) -> Self {
        let effective = drawn::effective(result);
        let names = effective.plan.prove.load.operations.iter().map(|operation| operation.name.clone()).collect();
        let mut seconds: BTreeMap<(usize, u64), [u128; 2]> = BTreeMap::new();
        for bucket in result.evidence.prove.iter().flat_map(|prove| &prove.buckets) {
            let Ok(operation) = usize::try_from(bucket.operation) else { continue };
            let failed = bucket.failed.values().fold(0_u128, |sum, one| sum.saturating_add(u128::from(*one)));
            let [all, bad] = seconds.entry((operation, bucket.second.into())).or_default();
            *all = all.saturating_add(failed).saturating_add(u128::from(bucket.good));
            *bad = bad.saturating_add(failed);
        }
        Self { names, seconds }
    }

    /// All that `operation` was asked from second `from` to before `to`, and what of it failed.
    fn between(&self, operation: usize, from: u64, to: u64) -> [u128; 2] {
        let within = if from < to { Some(self.seconds.range((operation, from)..(operation, to))) } else { None };
        within
            .into_iter()
            .flatten()
            .fold([0, 0], |[all, bad], (_, [more, worse])| [all.saturating_add(*more), bad.saturating_add(*worse)])
    }

    /// The last second from `from` to before `to` in which a request of `operation` failed.
    fn last_failed(&self, operation: usize, from: u64, to: u64) -> Option<u64> {
        let within = (from < to).then(|| self.seconds.range((operation, from)..(operation, to)))?;
        within.rev().find(|(_, [_, bad])| *bad > 0).map(|((_, second), _)| *second)
    }

    /// How each fared in the phase `span` of a fault; nothing where none was injected.
    pub fn under(&self, span: &Span<'_>) -> Vec<AnsweredReport> {
        let Some((from, to)) = acts(span) else { return Vec::new() };
        let fared = |(operation, name): (usize, &String)| {
            let [requests, failed] = self.between(operation, from, to);
            let last = self.last_failed(operation, from, span.to);
            AnsweredReport {
                operation: name.clone(),
                requests: exact(requests),
                failed: exact(failed),
                failed_after: exact(self.between(operation, to, span.to)[1]),
                last_failed_seconds: last.map(|last| last - from + 1),
                still_failing: last.is_some_and(|last| last + 1 == span.to),
            }
        };
        self.names.iter().enumerate().map(fared).collect()
    }

    /// How often what the fault of `span` struck was tried meanwhile; nothing of a fault that does not show it.
    pub fn tried(&self, span: &Span<'_>) -> Option<TriedReport> {
        let fault = span.fault.as_ref()?;
        let class = shows_tries(fault)?;
        let (from, to) = acts(span)?;
        let doses = fault.seen.iter().flat_map(|seen| &seen.doses).filter(|dose| dose.class == class);
        let tries =
            doses.flat_map(|dose| &dose.during).fold(0_u128, |sum, [_, count]| sum.saturating_add(u128::from(*count)));
        let requests = (0..self.names.len())
            .fold(0_u128, |sum, operation| sum.saturating_add(self.between(operation, from, to)[0]));
        Some(TriedReport { tries: exact(tries), requests: exact(requests) })
    }
}

/// Which dose of `fault` counts tries, if any.
fn shows_tries(fault: &Fault<'_>) -> Option<Class> {
    match fault.kind {
        FaultKind::HttpReset | FaultKind::HttpDelay | FaultKind::HttpStatus | FaultKind::HttpCut => Some(Class::All),
        FaultKind::Partition if fault.strike?.peer.is_some() => Some(Class::New),
        _ => None,
    }
}

/// The seconds in which the fault of `span` acts, from the first to before the last.
fn acts(span: &Span<'_>) -> Option<(u64, u64)> {
    let fault = span.fault.as_ref()?;
    let (from, to) = match fault.lease() {
        Some((from, to)) => (from / 1_000, to.div_ceil(1_000)),
        None => (fault.seen?.injected_ms? / 1_000, span.to),
    };
    (from < span.to).then_some((from, to.min(span.to)))
}

/// The cells of a row: name, requests, failed, failed after it, and when it answered again.
pub fn row(one: &AnsweredReport, has_lease: bool, words: &Words) -> [String; 5] {
    let after = if has_lease { count(one.failed_after) } else { "–".to_owned() };
    let again = match one.last_failed_seconds {
        None => "–".to_owned(),
        Some(_) if one.still_failing => words.not_again.to_owned(),
        Some(seconds) => span(seconds.saturating_mul(1_000)),
    };
    [plain(&one.operation), count(one.requests), count(one.failed), after, again]
}

/// Tries for each request, with one decimal; nothing without requests.
pub fn for_each(tried: TriedReport) -> Option<String> {
    let tenths = u128::from(tried.tries).saturating_mul(10).checked_div(tried.requests.into())?;
    Some(format!("{} ({} : {})", decimal(exact(tenths), 1), count(tried.tries), count(tried.requests)))
}
