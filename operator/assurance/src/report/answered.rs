//! What still answered while a fault acted, and when the rest answered again: each operation of the load by itself, of what
//! was asked. What users left out while they waited is not in it; the verdict counts that as well.
//!
//! Requests count in the second in which they were due, so that the seconds in which a fault begins and ends are its own.
//! A plan may have as many operations and faults as it likes: nothing here is longer than the evidence.

mod words;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{dossier::TestResult, verdict::drawn};

use super::{
    Language,
    numbers::{count, exact, span},
    phases::Span,
    text::plain,
};

pub use words::Words;

/// The table under a fault.
pub struct Section {
    /// Its words.
    pub words: &'static Words,
    /// A row for each operation: place and name, requests, failed, failed after it, and when it answered again.
    pub rows: Vec<[String; 5]>,
}

/// An operation of which something was due in the phase of a fault.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AnsweredReport {
    /// Its place in the load, from 0; what was drawn stands behind what the plan has.
    pub index: usize,
    /// Its name; two may have the same.
    pub operation: String,
    /// Requests that were due while the fault acted: over its lease, or to the end of its phase where it has none.
    pub requests: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// Requests that failed after that, to the end of the phase.
    pub failed_after: u64,
    /// Seconds from the injection to the end of the last second in which one failed; `null` where none did.
    pub last_failed_seconds: Option<u64>,
    /// Whether one was answered in a second after that, or none failed.
    pub seen_to_answer: bool,
}

/// How an operation fared.
#[derive(Default)]
struct Fared {
    requests: u128,
    failed: u128,
    failed_after: u128,
    last_failed: Option<u64>,
    answered_since: bool,
}

/// Requests of each operation by second: how many were due, and how many failed.
pub struct Operations {
    names: Vec<String>,
    seconds: BTreeMap<(u64, usize), [u128; 2]>,
}

impl Operations {
    /// Those of `result`, what was drawn included.
    pub fn of(result: &TestResult) -> Self {
        let planned = result.plan.prove.load.operations.iter().map(|operation| operation.name.clone());
        let names = planned.chain(drawn::operations(result).map(|operation| operation.name)).collect();
        let mut seconds: BTreeMap<(u64, usize), [u128; 2]> = BTreeMap::new();
        for bucket in result.evidence.prove.iter().flat_map(|prove| &prove.buckets) {
            let Ok(operation) = usize::try_from(bucket.operation) else { continue };
            let [all, bad] = seconds.entry((bucket.second.into(), operation)).or_default();
            *all = all.saturating_add(bucket.asked());
            *bad = bad.saturating_add(bucket.failures());
        }
        Self { names, seconds }
    }

    /// How each fared in the phase `span` of a fault; nothing where none was injected.
    pub fn under(&self, span: &Span<'_>) -> Vec<AnsweredReport> {
        let Some((from, to)) = acts(span) else { return Vec::new() };
        let mut fared: BTreeMap<usize, Fared> = BTreeMap::new();
        for ((second, operation), [all, bad]) in self.seconds.range((from, 0)..(span.to, 0)) {
            let one = fared.entry(*operation).or_default();
            if *second < to {
                one.requests = one.requests.saturating_add(*all);
                one.failed = one.failed.saturating_add(*bad);
            } else {
                one.failed_after = one.failed_after.saturating_add(*bad);
            }
            if *bad > 0 {
                (one.last_failed, one.answered_since) = (Some(*second), false);
            } else if *all > 0 {
                one.answered_since = true;
            }
        }
        let told = |(index, one): (usize, Fared)| {
            Some(AnsweredReport {
                index,
                operation: self.names.get(index)?.clone(),
                requests: exact(one.requests),
                failed: exact(one.failed),
                failed_after: exact(one.failed_after),
                last_failed_seconds: one.last_failed.map(|last| last - from + 1),
                seen_to_answer: one.answered_since,
            })
        };
        fared.into_iter().filter_map(told).collect()
    }
}

/// The seconds of the phase `span` in which its fault acts, from the first to before the last.
fn acts(span: &Span<'_>) -> Option<(u64, u64)> {
    let fault = span.fault.as_ref()?;
    let (from, to) = match fault.lease() {
        Some((from, to)) => (from / 1_000, to.div_ceil(1_000)),
        None => (fault.seen?.injected_ms? / 1_000, span.to),
    };
    let from = from.max(span.from);
    (from < span.to).then_some((from, to.min(span.to)))
}

/// The table of the fault of `span` in `language`; nothing where none was injected, or nothing was asked.
pub fn section(operations: &Operations, span: &Span<'_>, language: Language) -> Option<Section> {
    let words = words::of(language);
    let has_lease = span.fault.as_ref()?.lease().is_some();
    let rows: Vec<_> = operations.under(span).iter().map(|one| row(one, has_lease, words)).collect();
    (!rows.is_empty()).then_some(Section { words, rows })
}

fn row(one: &AnsweredReport, has_lease: bool, words: &Words) -> [String; 5] {
    let after = if has_lease { count(one.failed_after) } else { "–".to_owned() };
    let again = match one.last_failed_seconds {
        None => "–".to_owned(),
        Some(_) if !one.seen_to_answer => words.not_again.to_owned(),
        Some(seconds) => span(seconds.saturating_mul(1_000)),
    };
    let name = format!("{}. {}", one.index.saturating_add(1), plain(&one.operation));
    [name, count(one.requests), count(one.failed), after, again]
}
