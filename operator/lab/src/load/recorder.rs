//! Judges answers of which more counts than the status, makes what follows them in a visit, and writes
//! the lines of progress, on a thread of its own: neither a body that is parsed nor a full pipe may delay the next request. What
//! waits to be judged takes bounded memory.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
};

use factory_assurance::evidence::Failure;
use mio::Waker;

use super::{
    LoadError, Scenario,
    schedule::Due,
    tally::{Second, Tally},
    visits::Step,
};
use crate::{connection::Answer, target::Targets};

pub use super::tally::Measured;

/// Answers that wait to be judged take at most this much memory.
const UNJUDGED: usize = 64 << 20;

/// An answer to be judged.
#[derive(Debug)]
pub struct Note {
    /// What it answers.
    pub due: Due,
    /// How late that left, in microseconds.
    pub lag_us: u64,
    /// From the intended moment to the end of the answer, in microseconds.
    pub latency_us: u64,
    /// The answer.
    pub answer: Answer,
    /// The step that it answers, if that followed another request in its visit.
    pub step: Option<Step>,
}

enum Message {
    Judge(Note),
    /// A second is over; what the loop counted in it by itself.
    Second(u64, Second),
}

/// The loop's end of the recorder.
#[derive(Debug)]
pub struct Recorder {
    messages: mpsc::Sender<Message>,
    /// What follows the answers that something may follow, one for each of them.
    followers: mpsc::Receiver<Vec<Step>>,
    /// How many of those are still to come.
    awaited: usize,
    unjudged: Arc<AtomicUsize>,
    waiting: VecDeque<Note>,
    thread: JoinHandle<Tally>,
}

impl Recorder {
    /// Starts the thread. `waker` wakes the loop when something follows.
    pub fn start(scenario: &Arc<Scenario>, targets: &Targets, tally: Tally, waker: Waker) -> Result<Self, LoadError> {
        let (messages, inbox) = mpsc::channel();
        let (followed, followers) = mpsc::channel();
        let unjudged = Arc::new(AtomicUsize::new(0));
        let judge = Judge {
            scenario: Arc::clone(scenario),
            targets: targets.clone(),
            tally,
            unjudged: Arc::clone(&unjudged),
            followed,
            waker,
        };
        let thread = thread::Builder::new().name("recorder".to_owned()).spawn(move || judge.count(&inbox))?;
        Ok(Self { messages, followers, awaited: 0, unjudged, waiting: VecDeque::new(), thread })
    }

    /// What follows each of the answers that were judged meanwhile and that something may follow; nothing where the answer
    /// was not good.
    pub fn followers(&mut self) -> Vec<Vec<Step>> {
        let mut all = Vec::new();
        while let Ok(steps) = self.followers.try_recv() {
            self.awaited = self.awaited.saturating_sub(1);
            all.push(steps);
        }
        all
    }

    /// Whether something may still follow.
    #[must_use]
    pub const fn awaits(&self) -> bool {
        self.awaited > 0
    }

    /// An answer that something may follow was handed over.
    pub const fn await_followers(&mut self) {
        self.awaited += 1;
    }

    /// Hands `note` over. False when it waits for memory: its request then keeps its place.
    #[must_use]
    pub fn judge(&mut self, note: Note) -> bool {
        let size = note.answer.body.len();
        if !self.waiting.is_empty() || self.unjudged.load(Ordering::Relaxed) + size > UNJUDGED {
            self.waiting.push_back(note);
            return false;
        }
        self.unjudged.fetch_add(size, Ordering::Relaxed);
        // The recorder outlives the loop; if it died, joining it tells.
        drop(self.messages.send(Message::Judge(note)));
        true
    }

    /// Hands over what waited, as far as there is memory; the operations of these.
    pub fn retry(&mut self) -> Vec<usize> {
        let mut handed = Vec::new();
        for note in std::mem::take(&mut self.waiting) {
            let operation = note.due.operation;
            handed.extend(self.judge(note).then_some(operation));
        }
        handed
    }

    /// Whether something waits for memory.
    #[must_use]
    pub fn is_full(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Second number `number` is over.
    pub fn second(&self, number: u64, second: Second) {
        drop(self.messages.send(Message::Second(number, second)));
    }

    /// Waits until all is judged, and adds it to what the loop counted.
    pub fn join(self, mut tally: Tally) -> Result<Measured, LoadError> {
        drop(self.messages);
        tally.merge(self.thread.join().map_err(|_| LoadError::Died("recorder"))?);
        Ok(tally.measured())
    }
}

/// What the thread works with.
struct Judge {
    scenario: Arc<Scenario>,
    targets: Targets,
    tally: Tally,
    unjudged: Arc<AtomicUsize>,
    followed: mpsc::Sender<Vec<Step>>,
    waker: Waker,
}

impl Judge {
    fn count(mut self, inbox: &mpsc::Receiver<Message>) -> Tally {
        for message in inbox {
            match message {
                Message::Judge(note) => {
                    let size = note.answer.body.len();
                    self.judge(note);
                    self.unjudged.fetch_sub(size, Ordering::Relaxed);
                }
                Message::Second(number, mut second) => {
                    second.merge(&self.tally.second());
                    self.tally.settle(self.scenario.settled(number));
                    if self.scenario.told {
                        progress(&self.scenario, number, &second);
                    }
                }
            }
        }
        self.tally
    }

    fn judge(&mut self, Note { due, lag_us, latency_us, answer, step }: Note) {
        let all = &self.scenario.operations;
        let Some(operation) = all.get(due.operation) else { return };
        let mut failure = match &step {
            Some(step) => step.expectation.failure(&answer),
            None => self.scenario.failure(&due, &answer),
        };
        if !operation.next.is_empty() {
            let good = failure.is_none();
            let steps = good.then(|| Step::following(step, &answer, operation, all, &self.targets)).flatten();
            // What lacks a value that the next request needs is not good.
            if good && steps.is_none() {
                failure = Some(Failure::Content);
            }
            // The loop ends only after all of these; if it died, joining it tells.
            drop(self.followed.send(steps.unwrap_or_default()));
            drop(self.waker.wake());
        }
        self.tally.count(&due, Some(lag_us), failure, Some(latency_us));
    }
}

fn progress(scenario: &Scenario, second: u64, Second { good, failed, latency }: &Second) {
    let phase = scenario.phase_at((second * 1000).saturating_sub(1));
    let p99_us = latency.quantile(990).unwrap_or_default();
    tracing::info!(target: "progress", second, phase, rate = good + failed, good, failed, p99_us);
}
