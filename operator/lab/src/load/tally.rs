//! Counts what became of requests: by the intended moment, in integers; nothing is concluded. Two
//! tallies of one run merge into what one would have counted.

use std::collections::BTreeMap;

pub use factory_assurance::evidence::Measured;
use factory_assurance::evidence::{Bucket, Failure, SLOT_MS, Slot};

use super::{
    schedule::Due,
    sparse::{Grid, Sparse},
};

#[derive(Debug, Default)]
struct Cell {
    good: u64,
    failed: BTreeMap<Failure, u64>,
    latency: Sparse,
}

/// Figures of a second, for people who watch.
#[derive(Debug, Default)]
pub struct Second {
    /// Good requests.
    pub good: u64,
    /// All others.
    pub failed: u64,
    /// Of those that were answered.
    pub latency: Sparse,
}

impl Second {
    /// Adds what another tally counted meanwhile.
    pub fn merge(&mut self, other: &Self) {
        self.good += other.good;
        self.failed += other.failed;
        self.latency.merge(&other.latency);
    }
}

/// A count of one run.
#[derive(Debug)]
pub struct Tally {
    grid: Grid,
    cells: BTreeMap<(u32, u32), Cell>,
    slots: Vec<Slot>,
    /// Of what was due before the ladder, and of each of its steps.
    lags: Vec<Sparse>,
    /// Where these steps begin, in microseconds.
    steps_us: Vec<u64>,
    second: Second,
    settled: u32,
}

impl Tally {
    /// An empty count of a run of `length_ms`, with steps of a ladder that begin at `steps_ms`.
    pub fn new(length_ms: u64, steps_ms: &[u64]) -> Result<Self, hdrhistogram::CreationError> {
        let slots = usize::try_from(length_ms.div_ceil(SLOT_MS)).unwrap_or(usize::MAX);
        Ok(Self {
            grid: Grid::new()?,
            cells: BTreeMap::new(),
            slots: vec![[0, 0]; slots],
            lags: (0..=steps_ms.len()).map(|_| Sparse::default()).collect(),
            steps_us: steps_ms.iter().map(|ms| ms.saturating_mul(1_000)).collect(),
            second: Second::default(),
            settled: 0,
        })
    }

    /// Counts one request: how late it left, if it did; whether it failed; and from the intended
    /// moment to the end of its answer, if there was one.
    pub fn count(&mut self, due: &Due, lag_us: Option<u64>, failure: Option<Failure>, latency_us: Option<u64>) {
        let step = self.steps_us.partition_point(|from| *from <= due.at_us);
        if let Some((lag, of_step)) = lag_us.zip(self.lags.get_mut(step)) {
            of_step.record(&self.grid, lag);
        }
        let second = u32::try_from(due.at_us / 1_000_000).unwrap_or(u32::MAX);
        let operation = u32::try_from(due.operation).unwrap_or(u32::MAX);
        let cell = self.cells.entry((second, operation)).or_default();
        let slot = usize::try_from(due.at_us / (SLOT_MS * 1000)).ok().and_then(|slot| self.slots.get_mut(slot));
        if let Some(failure) = failure {
            *cell.failed.entry(failure).or_default() += 1;
            self.second.failed += 1;
        } else {
            cell.good += 1;
            self.second.good += 1;
        }
        if let Some(slot) = slot {
            let side = &mut slot[usize::from(failure.is_some())];
            *side = side.saturating_add(1);
        }
        if let Some(latency) = latency_us {
            cell.latency.record(&self.grid, latency);
            self.second.latency.record(&self.grid, latency);
        }
    }

    /// What was counted since this was last asked.
    pub fn second(&mut self) -> Second {
        std::mem::take(&mut self.second)
    }

    /// Puts what was due before `second` into the form that takes least memory: nothing will be added
    /// to it, as a rule, and a long load must not take more than it has to say.
    pub fn settle(&mut self, second: u32) {
        if second > self.settled {
            for cell in self.cells.range_mut((self.settled, 0)..(second, 0)).map(|(_, cell)| cell) {
                cell.latency.settle();
            }
            self.settled = second;
        }
    }

    /// Adds the count of another tally of the same run.
    pub fn merge(&mut self, other: Self) {
        for (key, cell) in other.cells {
            let mine = self.cells.entry(key).or_default();
            mine.good += cell.good;
            for (failure, count) in cell.failed {
                *mine.failed.entry(failure).or_default() += count;
            }
            mine.latency.merge(&cell.latency);
        }
        for (mine, slot) in self.slots.iter_mut().zip(other.slots) {
            for (mine, count) in mine.iter_mut().zip(slot) {
                *mine = mine.saturating_add(count);
            }
        }
        for (mine, lag) in self.lags.iter_mut().zip(&other.lags) {
            mine.merge(lag);
        }
    }

    /// All of it, as the evidence has it.
    #[must_use]
    pub fn measured(self) -> Measured {
        let bucket = |((second, operation), cell): ((u32, u32), Cell)| Bucket {
            second,
            operation,
            good: cell.good,
            failed: cell.failed,
            latency_us: cell.latency.cells(),
        };
        let buckets = self.cells.into_iter().map(bucket).collect();
        let mut lags = self.lags.iter().map(Sparse::cells);
        Measured { buckets, slots: self.slots, lag_us: lags.next().unwrap_or_default(), step_lag_us: lags.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn two_tallies_merge_into_what_one_would_have_counted() {
        let mut random = Random::seeded("test", "tally");
        let (mut whole, mut parts) = (
            Tally::new(3_000, &[1_000, 2_000]).unwrap(),
            [(); 2].map(|()| Tally::new(3_000, &[1_000, 2_000]).unwrap()),
        );
        for number in 0..30_000_u64 {
            let due = Due { at_us: number * 100, operation: usize::try_from(random.below(2)).unwrap(), step: None };
            let latency = random.below(1 << 20);
            let (lag, failure, latency) = match random.below(10) {
                0 => (None, Some(Failure::Unsent), None),
                1 => (Some(3), Some(Failure::Timeout), None),
                2 => (Some(2), Some(Failure::Status), Some(latency)),
                _ => (Some(random.below(900)), None, Some(latency)),
            };
            whole.count(&due, lag, failure, latency);
            let part = &mut parts[usize::try_from(random.below(2)).unwrap()];
            part.count(&due, lag, failure, latency);
            if number % 5_000 == 0 {
                // What is settled can be added to all the same.
                part.settle(3);
            }
        }
        let [mut one, other] = parts;
        one.merge(other);
        let (one, whole) = (one.measured(), whole.measured());
        assert_eq!(one, whole);
        // A request belongs to the step in which it was due, and all that were sent left with some lag.
        let seconds = std::iter::once(&whole.lag_us).chain(&whole.step_lag_us);
        let lags: Vec<u64> = seconds.map(|cells| cells.iter().map(|[_, count]| count).sum()).collect();
        let sent = |second: u32| {
            let own = whole.buckets.iter().filter(|bucket| bucket.second == second);
            let unsent = |bucket: &Bucket| bucket.failed.get(&Failure::Unsent).copied().unwrap_or(0);
            own.map(|bucket| bucket.good + bucket.failed.values().sum::<u64>() - unsent(bucket)).sum::<u64>()
        };
        assert_eq!(lags, [sent(0), sent(1), sent(2)]);
    }
}
