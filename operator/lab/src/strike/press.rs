//! `factory-lab press`: a process that takes a container's memory for as long as it lives. It is gone with
//! this process, whatever that dies of, and the kernel ends it by a timer that was set first.

use std::{fs, io::Write as _};

use nix::unistd::{alarm, pause};

use super::{StrikeError, hold::HELD, memory::Memory};

/// When memory runs out, the service's processes are to feel it: those of pods have a higher score.
const SCORE: &str = "0";

/// Fills the memory of the container whose first process is `pid` up to `percent` of its limit, for
/// `seconds` or until it is killed. Runs in a process of its own.
pub fn press(seconds: u32, percent: u64, pid: i32) -> Result<(), StrikeError> {
    // First of all: from here on this process ends by itself, and with it what it does.
    alarm::set(seconds.max(1));
    let memory = Memory::of(pid)?;
    // Where a runtime with more rights set the score it stays: then this process may be ended first, and what
    // is measured says that the fault was not felt.
    drop(fs::write("/proc/self/oom_score_adj", SCORE));
    memory.join()?;
    let wanted = memory.limit() / 100 * percent.min(100);
    let missing = wanted.saturating_sub(memory.used().unwrap_or(wanted));
    // Written, or the kernel would only promise it.
    let taken = vec![1_u8; usize::try_from(missing).unwrap_or(0)];
    println!("{HELD}");
    std::io::stdout().flush().map_err(StrikeError::kernel("say that it holds"))?;
    loop {
        pause();
        std::hint::black_box(&taken);
    }
}
