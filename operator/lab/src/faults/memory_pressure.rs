//! Memory pressure: most of the memory that a container may use is taken, as a leak would or a neighbour in
//! the same pod. A service that needs little more carries on; one that needs much is killed by the kernel,
//! comes back, and is pressed again.

use std::time::Duration;

use super::taken::{Bounded, Taken};
use crate::strike::{StrikeError, hold::Holder, memory::Memory, place::Place};

/// The first container's memory is full.
pub type MemoryPressure = Taken<Memory>;

impl Bounded for Memory {
    const WAY: &'static str = "cgroup";

    fn of(_: &Place, pid: i32) -> Result<Self, StrikeError> {
        Self::of(pid)
    }

    fn take(&self, _: &Place, pid: i32, percent: u64, lease: Duration) -> Result<Holder, StrikeError> {
        Holder::taking("press", percent, &[pid.to_string()], lease)
    }

    fn used(&mut self) -> Option<Vec<u64>> {
        Some(vec![Self::used(self)?.saturating_mul(100) / self.limit()])
    }
}
