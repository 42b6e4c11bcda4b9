//! `factory-lab spin`: a process whose threads compete for a container's CPU for as long as it lives. They are gone
//! with this process, whatever that dies of, and the kernel ends it by a timer that was set first.

use std::{io::Write as _, sync::mpsc, thread};

use nix::{
    sched::{CpuSet, sched_setaffinity},
    unistd::{Pid, alarm, pause},
};

use super::{StrikeError, cpu::Cpu, hold::HELD};

/// Most threads that compete; more are not done, and said so.
const MOST: usize = 2048;

/// Competes with the container whose first process is `pid`, so that a thread of it that wants to run waits
/// `percent` of the time, for `seconds` or until it is killed. Runs in a process of its own.
pub fn spin(seconds: u32, percent: u64, pid: i32) -> Result<(), StrikeError> {
    // First of all: from here on this process ends by itself, and with it what it does.
    alarm::set(seconds.max(1));
    let cpu = Cpu::of(pid)?;
    let count = on_each(percent);
    if cpu.cpus().len() * count > MOST {
        return Err(StrikeError::Incapable(format!("{count} threads on each of {} CPUs", cpu.cpus().len())));
    }
    cpu.join()?;
    let (sender, started) = mpsc::channel();
    for on in cpu.cpus().iter().flat_map(|on| std::iter::repeat_n(*on, count)) {
        let sender = sender.clone();
        let work = move || {
            // Nobody hears it any more when another one failed.
            drop(sender.send(stay_on(on)));
            drop(sender);
            loop {
                std::hint::spin_loop();
            }
        };
        thread::Builder::new().name("spin".to_owned()).spawn(work).map_err(StrikeError::kernel("start a thread"))?;
    }
    drop(sender);
    started.into_iter().collect::<Result<(), _>>()?;
    println!("{HELD}");
    std::io::stdout().flush().map_err(StrikeError::kernel("say that it holds"))?;
    loop {
        pause();
    }
}

/// Threads of equal weight on one CPU, of which each waits at least `percent` of the time.
fn on_each(percent: u64) -> usize {
    let runs = 100_u64.saturating_sub(percent).max(1);
    usize::try_from(100_u64.div_ceil(runs)).unwrap_or(usize::MAX).max(2)
}

/// Keeps the calling thread on one CPU: those of a container wait where they are put.
fn stay_on(cpu: usize) -> Result<(), StrikeError> {
    let mut only = CpuSet::new();
    let kept = only.set(cpu).and_then(|()| sched_setaffinity(Pid::from_raw(0), &only));
    kept.map_err(StrikeError::kernel("keep a thread on a CPU"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_threads_share_a_cpu_that_each_waits_as_long_as_is_asked() {
        for (percent, threads) in [(30, 2), (50, 2), (67, 4), (75, 4), (80, 5), (90, 10), (95, 20), (100, 100)] {
            assert_eq!(on_each(percent), threads, "{percent} %");
        }
    }
}
