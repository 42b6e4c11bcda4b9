//! Delay: packets to the pod, or from it, wait, on open connections too. The gate marks them, a queue of the kernel
//! hands them to a thread of ours, and that lets each go when its time has come. Without the mark, or
//! without the thread, they pass at once. Jitter is a delay that wanders.

pub mod wander;

use std::time::Duration;

use factory_assurance::evidence::{Class, Dose};
use factory_crds::resilience_standard::Direction;

use super::{
    gated::{Gated, dose},
    queued::Queued,
};
use crate::strike::{
    StrikeError,
    aim::{Aim, Peer},
    gate::Gate,
    tap::Tap,
};
use wander::Wait;

/// Packets come late.
#[derive(Debug)]
pub struct Delay {
    late: Duration,
    wanders: bool,
    aim: Aim,
    queued: Queued,
}

impl Delay {
    /// So many milliseconds, of the packets that `aim` means; to the pod where it says no direction. Where both
    /// ways are meant, each takes half of it, so that an answer is as late.
    #[must_use]
    pub fn new(ms: u64, aim: Aim) -> Self {
        let late = Duration::from_millis(ms);
        let both = aim.direction == Some(Direction::Both);
        let queued = Queued::of(&aim);
        Self { late: if both { late / 2 } else { late }, wanders: false, aim, queued }
    }

    /// Jitter: at most so many milliseconds, now more and now less.
    #[must_use]
    pub fn wandering(ms: u64, aim: Aim) -> Self {
        Self { wanders: true, ..Self::new(ms, aim) }
    }
}

impl Gated for Delay {
    fn gate(&self) -> Gate {
        self.queued.gate(&self.aim)
    }

    fn peer(&self) -> Option<&Peer> {
        self.aim.peer.as_ref()
    }

    fn preflight(&mut self) -> Result<(), StrikeError> {
        self.queued.preflight(|queued| queued.gate(&self.aim))
    }

    fn prepare(&mut self, _: &Tap) -> Result<(), StrikeError> {
        self.queued.serve(if self.wanders { Wait::wandering(self.late) } else { Wait::Always(self.late) })
    }

    fn dose(&mut self, before: &Tap, during: &Tap) -> Result<Vec<Dose>, StrikeError> {
        let way = self.queued.said();
        Ok(vec![
            dose(way, Class::New, before.new_us.cells(), during.new_us.cells()),
            dose(way, Class::Pooled, before.pooled_us.cells(), during.pooled_us.cells()),
        ])
    }

    fn undo(&mut self) -> Vec<StrikeError> {
        self.queued.undo()
    }
}
