//! Judges answers and counts them, on a thread of its own: parsing a body must not delay the next
//! request. Everything is counted by the intended moment, in integers; nothing is concluded.

use std::{
    collections::BTreeMap,
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use factory_assurance::evidence::{Bucket, Failure, SLOT_MS, Slot};
use tokio::sync::OwnedSemaphorePermit;

use super::{
    LoadError, Scenario,
    schedule::Due,
    sparse::{Grid, Sparse},
};
use crate::connection::Answer;

/// What became of one request.
#[derive(Debug)]
pub enum Seen {
    /// A complete answer in time, still to be judged.
    Answer {
        /// The answer.
        answer: Answer,
        /// From the intended moment, in microseconds.
        latency_us: u64,
    },
    /// None.
    Failed(Failure),
    /// It found no place and never left.
    Unsent,
}

/// One request, for the recorder.
#[derive(Debug)]
pub struct Note {
    /// The request.
    pub due: Due,
    /// How late it left, in microseconds; `None` when it never did.
    pub lag_us: Option<u64>,
    /// What became of it.
    pub seen: Seen,
    /// Memory of the answer, given back when it is judged.
    pub budget: Option<OwnedSemaphorePermit>,
}

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// By second and operation.
    pub buckets: Vec<Bucket>,
    /// One for each tenth of a second, gapless.
    pub slots: Vec<Slot>,
    /// Lag of sending in microseconds.
    pub lag_us: Vec<[u64; 2]>,
}

#[derive(Default)]
struct Cell {
    good: u64,
    failed: BTreeMap<Failure, u64>,
    latency: Sparse,
}

/// Figures of the last second, for people who watch.
#[derive(Default)]
struct Second {
    good: u64,
    failed: u64,
    latency: Sparse,
}

/// Counts a run.
pub struct Recorder {
    scenario: Arc<Scenario>,
    start: Instant,
    grid: Grid,
    cells: BTreeMap<(u32, u32), Cell>,
    slots: Vec<Slot>,
    lag: Sparse,
    second: Second,
}

impl Recorder {
    /// An empty count of a load that begins at `start`.
    pub fn new(scenario: Arc<Scenario>, start: Instant) -> Result<Self, LoadError> {
        let slots = usize::try_from(scenario.length_ms().div_ceil(SLOT_MS)).unwrap_or(usize::MAX);
        Ok(Self {
            grid: Grid::new().map_err(|_| LoadError::Died("histogram"))?,
            scenario,
            start,
            cells: BTreeMap::new(),
            slots: vec![[0, 0]; slots],
            lag: Sparse::default(),
            second: Second::default(),
        })
    }

    /// Counts until nobody can send any more; writes a line of progress each second.
    #[must_use]
    pub fn count(mut self, inbox: &mpsc::Receiver<Note>) -> Measured {
        let mut next = self.start + Duration::from_secs(1);
        loop {
            match inbox.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Ok(note) => self.note(&note),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
            if Instant::now() >= next {
                self.progress();
                next += Duration::from_secs(1);
            }
        }
        self.measured()
    }

    fn note(&mut self, note: &Note) {
        if let Some(lag) = note.lag_us {
            self.lag.record(&self.grid, lag);
        }
        let (failure, latency) = match &note.seen {
            Seen::Answer { answer, latency_us } => {
                let operation = self.scenario.operations.get(note.due.operation);
                (operation.and_then(|operation| operation.expectation.failure(answer)), Some(*latency_us))
            }
            Seen::Failed(failure) => (Some(*failure), None),
            Seen::Unsent => (Some(Failure::Unsent), None),
        };
        let second = u32::try_from(note.due.at_us / 1_000_000).unwrap_or(u32::MAX);
        let operation = u32::try_from(note.due.operation).unwrap_or(u32::MAX);
        let cell = self.cells.entry((second, operation)).or_default();
        let slot = usize::try_from(note.due.at_us / (SLOT_MS * 1000)).ok().and_then(|slot| self.slots.get_mut(slot));
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
        if let Some(latency) = latency {
            cell.latency.record(&self.grid, latency);
            self.second.latency.record(&self.grid, latency);
        }
    }

    fn progress(&mut self) {
        let Second { good, failed, latency } = std::mem::take(&mut self.second);
        let ms = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let phase = self.scenario.phase_at(ms.saturating_sub(1));
        let p99_us = latency.quantile(990).unwrap_or_default();
        tracing::info!(target: "progress", second = ms / 1000, phase, rate = good + failed, good, failed, p99_us);
    }

    fn measured(self) -> Measured {
        let bucket = |((second, operation), cell): ((u32, u32), Cell)| Bucket {
            second,
            operation,
            good: cell.good,
            failed: cell.failed,
            latency_us: cell.latency.cells(),
        };
        Measured { buckets: self.cells.into_iter().map(bucket).collect(), slots: self.slots, lag_us: self.lag.cells() }
    }
}
