//! Packets that wait: a thread takes them from a queue of the kernel and lets each go after the delay,
//! in the order in which they came.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use nfq::{Message, Queue, Verdict};

use super::wander::Wait;
use crate::strike::StrikeError;

/// Number of the queue; each network namespace has its own.
pub const NUMBER: u16 = 64023;
/// Most packets that wait; more pass at once.
const MOST: u32 = 8192;
/// From one look at the queue to the next: the library offers nothing to wait on.
const LOOK: Duration = Duration::from_micros(300);
/// Bytes of a packet that are copied; none is read, and none at all would mean all.
const COPIED: u16 = 1;

/// A queue that is served until this is dropped.
#[derive(Debug)]
pub struct Waiting {
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Waiting {
    /// Serves the queue of the calling thread's network namespace.
    pub fn start(wait: Wait) -> Result<Self, StrikeError> {
        let failed = StrikeError::kernel::<std::io::Error>;
        let mut queue = Queue::open().map_err(failed("open a queue of packets"))?;
        queue.bind(NUMBER).map_err(StrikeError::kernel::<std::io::Error>("bind a queue of packets"))?;
        queue
            .set_queue_max_len(NUMBER, MOST)
            .map_err(StrikeError::kernel::<std::io::Error>("size a queue of packets"))?;
        // A full queue lets packets pass: a delay that drops would be another fault.
        queue.set_fail_open(NUMBER, true).map_err(StrikeError::kernel::<std::io::Error>("open a full queue"))?;
        // Packets are let go as they are.
        queue.set_copy_range(NUMBER, COPIED).map_err(StrikeError::kernel::<std::io::Error>("read no packet"))?;
        queue.set_nonblocking(true);
        let ended = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&ended);
        let serve = move || serve(&mut queue, wait, &stop);
        let thread = thread::Builder::new().name("delay".to_owned()).spawn(serve).map_err(StrikeError::kernel::<
            std::io::Error,
        >(
            "start a thread"
        ))?;
        Ok(Self { ended, thread: Some(thread) })
    }
}

fn serve(queue: &mut Queue, mut wait: Wait, ended: &AtomicBool) {
    let mut waiting: VecDeque<(Instant, Message)> = VecDeque::new();
    while !ended.load(Ordering::Relaxed) {
        // Until there is nothing more, or too much came at once and some was let pass.
        while let Ok(message) = queue.recv() {
            let now = Instant::now();
            waiting.push_back((now + wait.of(now), message));
        }
        release(queue, &mut waiting, Instant::now());
        let next = waiting.front().map_or(LOOK, |(due, _)| due.saturating_duration_since(Instant::now()));
        thread::sleep(next.min(LOOK));
    }
    // Whatever still waits goes at once.
    release(queue, &mut waiting, Instant::now() + wait.longest());
}

/// Lets go what is due at `now`.
fn release(queue: &mut Queue, waiting: &mut VecDeque<(Instant, Message)>, now: Instant) {
    while waiting.front().is_some_and(|(due, _)| *due <= now) {
        if let Some((_, mut message)) = waiting.pop_front() {
            message.set_verdict(Verdict::Accept);
            // A packet whose connection is gone has no verdict any more.
            drop(queue.verdict(message));
        }
    }
}
