//! One of the two runs: its steady seconds, each with its requests, and the figures over all of them.

use std::collections::BTreeMap;

use crate::{
    dossier::TestResult,
    report::{
        numbers::ppm,
        phases,
        requests::{self, Requests, percentile},
    },
};

use super::{Figure, bootstrap::block};

/// Fewer steady seconds than these, and blocks of them say nothing about noise.
const LEAST_SECONDS: usize = 6;

/// Requests of one second, latencies by their index in [`Side::values`].
pub struct Second {
    /// All that were due.
    pub total: u128,
    /// Those that failed.
    pub failed: u128,
    /// Samples by index of their value.
    pub cells: Vec<(usize, u128)>,
}

/// The steady state of a run.
pub struct Side {
    /// Seconds of each steady phase, in order.
    pub phases: Vec<Vec<Second>>,
    /// Every latency that was seen, rising.
    pub values: Vec<u64>,
    whole: Requests,
    parts: Vec<Requests>,
}

impl Side {
    /// Of `result`. Only seconds in which a request was due are there, whatever the plan claims.
    pub fn of(result: &TestResult) -> Self {
        let seconds = requests::by_second(result.evidence.prove.as_ref());
        let spans = phases::spans(result);
        let steady: Vec<(u64, u64)> = spans
            .iter()
            .filter(|span| span.is_steady() && span.from < span.to)
            .map(|span| (span.from, span.to))
            .collect();
        let parts: Vec<Requests> = steady.iter().map(|(from, to)| requests::between(&seconds, *from, *to)).collect();
        let mut whole = Requests::default();
        for part in &parts {
            whole.add(part);
        }
        let values: Vec<u64> = whole.latency.keys().copied().collect();
        let places: BTreeMap<u64, usize> = values.iter().enumerate().map(|(index, value)| (*value, index)).collect();
        let second = |requests: &Requests| Second {
            total: requests.total(),
            failed: requests.failures(),
            cells: requests.latency.iter().filter_map(|(value, count)| Some((*places.get(value)?, *count))).collect(),
        };
        let phases = steady
            .iter()
            .map(|(from, to)| seconds.range(from..to).map(|(_, requests)| second(requests)).collect())
            .collect();
        Self { phases, values, whole, parts }
    }

    /// Number of steady seconds.
    pub fn seconds(&self) -> usize {
        self.phases.iter().map(Vec::len).sum()
    }

    /// Number of blocks that the bootstrap draws of it.
    pub fn blocks(&self) -> usize {
        self.phases.iter().map(|phase| phase.len() / block(phase.len())).sum()
    }

    /// Whether noise can be estimated.
    pub fn is_enough(&self) -> bool {
        self.seconds() >= LEAST_SECONDS && !self.values.is_empty()
    }

    /// `figure` over all steady seconds.
    pub fn value(&self, figure: Figure) -> Option<u64> {
        of(&self.whole, figure)
    }

    /// Largest difference of `figure` between two of its steady phases.
    pub fn drift(&self, figure: Figure) -> u64 {
        let values: Vec<u64> = self.parts.iter().filter_map(|part| of(part, figure)).collect();
        let least = values.iter().min().copied().unwrap_or(0);
        values.iter().max().map_or(0, |most| most - least)
    }

    /// `figure` of seconds drawn again: `sums` holds samples by index of their value.
    pub fn drawn(&self, figure: Figure, sums: &[u128], answered: u128, failed: u128, total: u128) -> u64 {
        match figure {
            Figure::Failed => ppm(failed, total).unwrap_or(0),
            Figure::Percentile(percent) => {
                let cells = self.values.iter().copied().zip(sums.iter().copied());
                percentile(cells, answered, percent).unwrap_or(0)
            }
        }
    }
}

fn of(requests: &Requests, figure: Figure) -> Option<u64> {
    match figure {
        Figure::Failed => requests.failed_ppm(),
        Figure::Percentile(percent) => requests.percentile(percent),
    }
}
