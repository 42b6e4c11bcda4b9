//! Judges answers of which more counts than the status, and writes the lines of progress, on a
//! thread of its own: neither a body that is parsed nor a full pipe may delay the next request. What
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

use super::{
    LoadError, Scenario,
    schedule::Due,
    tally::{Second, Tally},
};
use crate::connection::Answer;

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
    unjudged: Arc<AtomicUsize>,
    waiting: VecDeque<Note>,
    thread: JoinHandle<Tally>,
}

impl Recorder {
    /// Starts the thread.
    pub fn start(scenario: &Arc<Scenario>, tally: Tally) -> Result<Self, LoadError> {
        let (messages, inbox) = mpsc::channel();
        let unjudged = Arc::new(AtomicUsize::new(0));
        let (scenario, freed) = (Arc::clone(scenario), Arc::clone(&unjudged));
        let thread = thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(move || count(&scenario, tally, &inbox, &freed))?;
        Ok(Self { messages, unjudged, waiting: VecDeque::new(), thread })
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

    /// Hands over what waited, as far as there is memory; how many.
    pub fn retry(&mut self) -> usize {
        let mut handed = 0;
        for note in std::mem::take(&mut self.waiting) {
            handed += usize::from(self.judge(note));
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

fn count(scenario: &Scenario, mut tally: Tally, inbox: &mpsc::Receiver<Message>, unjudged: &AtomicUsize) -> Tally {
    for message in inbox {
        match message {
            Message::Judge(Note { due, lag_us, latency_us, answer }) => {
                let failure = scenario.failure(&due, &answer);
                tally.count(&due, Some(lag_us), failure, Some(latency_us));
                unjudged.fetch_sub(answer.body.len(), Ordering::Relaxed);
            }
            Message::Second(number, mut second) => {
                second.merge(&tally.second());
                tally.settle(scenario.settled(number));
                progress(scenario, number, &second);
            }
        }
    }
    tally
}

fn progress(scenario: &Scenario, second: u64, Second { good, failed, latency }: &Second) {
    let phase = scenario.phase_at((second * 1000).saturating_sub(1));
    let p99_us = latency.quantile(990).unwrap_or_default();
    tracing::info!(target: "progress", second, phase, rate = good + failed, good, failed, p99_us);
}
