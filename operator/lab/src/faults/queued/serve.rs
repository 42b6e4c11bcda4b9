//! Packets in the hands of a thread: it takes them from a queue of the kernel, lets each become what a
//! [`Treatment`] says, and lets it go when that says, at once or later.

use std::{
    cmp::Ordering as Order,
    collections::BinaryHeap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use nfq::{Message, Queue, Verdict};

use crate::strike::StrikeError;

/// Number of the queue; each network namespace has its own.
pub const NUMBER: u16 = 64023;
/// Most packets that wait; more pass at once.
const MOST: u32 = 8192;
/// `NF_INET_PRE_ROUTING` of the kernel: where packets come.
const PREROUTING: u8 = 0;
/// From one look at the queue to the next: the library offers nothing to wait on.
const LOOK: Duration = Duration::from_micros(300);

/// What becomes of packets. Of those that are let go at the same moment the first that came is the first
/// that goes.
pub trait Treatment: Send + 'static {
    /// Bytes of a packet that it reads, at least 1: none at all would mean all to the kernel.
    fn reads(&self) -> u16;

    /// What becomes of `packet`, from its head of IP on, which came into the queue `now`; moments do not go back.
    fn treat(&mut self, packet: &[u8], way: Way, now: Instant) -> Fate;
}

/// Which way a packet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the pod.
    Coming,
    /// From it.
    Leaving,
}

/// What becomes of one packet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fate {
    /// How long it waits.
    pub wait: Duration,
    /// What it becomes; it stays as it is where nothing is said.
    pub becomes: Option<Vec<u8>>,
}

/// A queue that is served until this is dropped.
#[derive(Debug)]
pub struct Serving {
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Serving {
    /// Serves the queue of the calling thread's network namespace.
    pub fn start(mut treatment: impl Treatment) -> Result<Self, StrikeError> {
        let failed = StrikeError::kernel::<std::io::Error>;
        let mut queue = Queue::open().map_err(failed("open a queue of packets"))?;
        queue.bind(NUMBER).map_err(StrikeError::kernel::<std::io::Error>("bind a queue of packets"))?;
        queue
            .set_queue_max_len(NUMBER, MOST)
            .map_err(StrikeError::kernel::<std::io::Error>("size a queue of packets"))?;
        // A full queue lets packets pass: a delay that drops would be another fault.
        queue.set_fail_open(NUMBER, true).map_err(StrikeError::kernel::<std::io::Error>("open a full queue"))?;
        queue
            .set_copy_range(NUMBER, treatment.reads())
            .map_err(StrikeError::kernel::<std::io::Error>("say what is read of packets"))?;
        queue.set_nonblocking(true);
        let ended = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&ended);
        let serve = move || serve(&mut queue, &mut treatment, &stop);
        let thread = thread::Builder::new().name("queue".to_owned()).spawn(serve).map_err(StrikeError::kernel::<
            std::io::Error,
        >(
            "start a thread"
        ))?;
        Ok(Self { ended, thread: Some(thread) })
    }
}

/// A packet that waits.
struct Held {
    due: Instant,
    number: u64,
    message: Message,
}

impl Held {
    /// The one that goes first is the greatest.
    fn key(&self) -> std::cmp::Reverse<(Instant, u64)> {
        std::cmp::Reverse((self.due, self.number))
    }
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Held {}

impl PartialOrd for Held {
    fn partial_cmp(&self, other: &Self) -> Option<Order> {
        Some(self.cmp(other))
    }
}

impl Ord for Held {
    fn cmp(&self, other: &Self) -> Order {
        self.key().cmp(&other.key())
    }
}

fn serve(queue: &mut Queue, treatment: &mut impl Treatment, ended: &AtomicBool) {
    let (mut held, mut number) = (BinaryHeap::new(), 0);
    while !ended.load(Ordering::Relaxed) {
        // Until there is nothing more, or too much came at once and some was let pass.
        while let Ok(mut message) = queue.recv() {
            let now = Instant::now();
            let way = if message.get_hook() == PREROUTING { Way::Coming } else { Way::Leaving };
            let fate = treatment.treat(message.get_payload(), way, now);
            if let Some(other) = fate.becomes {
                message.set_payload(other);
            }
            number += 1;
            held.push(Held { due: now + fate.wait, number, message });
        }
        release(queue, &mut held, |due| due <= Instant::now());
        let next = held.peek().map_or(LOOK, |held| held.due.saturating_duration_since(Instant::now()));
        thread::sleep(next.min(LOOK));
    }
    // Whatever still waits goes at once.
    release(queue, &mut held, |_| true);
}

/// Lets go what is due.
fn release(queue: &mut Queue, held: &mut BinaryHeap<Held>, is_due: impl Fn(Instant) -> bool) {
    while held.peek().is_some_and(|held| is_due(held.due)) {
        if let Some(Held { mut message, .. }) = held.pop() {
            message.set_verdict(Verdict::Accept);
            // A packet whose connection is gone has no verdict any more.
            drop(queue.verdict(message));
        }
    }
}
