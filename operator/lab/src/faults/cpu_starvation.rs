//! CPU starvation: threads of ours compete with those of a container in its own control group, on each CPU where it
//! may run, as a loop without end in the same container would. Other pods keep the shares that they have. What is
//! measured is how long the container's threads wait when they want to run, as the scheduler counts it; how fast the
//! service still is, users tell.

use std::time::Duration;

use super::taken::{Bounded, Taken};
use crate::strike::{StrikeError, cpu::Cpu, hold::Holder, place::Place};

/// The first container's threads wait for a CPU.
pub type CpuStarvation = Taken<Cpu>;

impl Bounded for Cpu {
    const WAY: &'static str = "cgroup";

    fn of(_: &Place, pid: i32) -> Result<Self, StrikeError> {
        Self::of(pid)
    }

    fn take(&self, _: &Place, pid: i32, percent: u64, lease: Duration) -> Result<Holder, StrikeError> {
        Holder::taking("spin", percent, &[pid.to_string()], lease)
    }

    fn used(&mut self) -> Option<Vec<u64>> {
        Some(self.waited().into_iter().collect())
    }
}
