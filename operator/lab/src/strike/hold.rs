//! `factory-lab hold`: a process that lets other processes stand still for as long as it lives. The
//! kernel lets them go when it dies, whatever it dies of, and ends it by a timer that was set first.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
    time::Duration,
};

use nix::{
    errno::Errno,
    sys::{
        ptrace,
        wait::{WaitPidFlag, waitpid},
    },
    unistd::{Pid, alarm},
};

use super::{StrikeError, place};

/// What a holder says when everything stands still.
pub(super) const HELD: &str = "held";
/// Most rounds of looking for threads that were started meanwhile.
const ROUNDS: usize = 20;

/// Holds `processes` for `seconds`, or until it is killed. Runs in a process of its own.
pub fn hold(seconds: u32, processes: &[i32]) -> Result<(), StrikeError> {
    // First of all: from here on this process ends by itself, and with it what it does.
    alarm::set(seconds.max(1));
    let mut held = BTreeSet::new();
    for _ in 0..ROUNDS {
        let threads: Vec<_> = processes.iter().flat_map(|pid| place::threads(*pid)).collect();
        let fresh: Vec<_> = threads.into_iter().filter(|thread| !held.contains(thread)).collect();
        if fresh.is_empty() {
            break;
        }
        for thread in fresh {
            stop(thread)?;
            held.insert(thread);
        }
    }
    println!("{HELD}");
    std::io::stdout().flush().map_err(StrikeError::kernel("say that it holds"))?;
    // Who dies while it is held is taken note of, or its own parent would never hear of it.
    loop {
        match waitpid(None, Some(WaitPidFlag::__WALL)) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => return Ok(()),
        }
    }
}

fn stop(thread: i32) -> Result<(), StrikeError> {
    let thread = Pid::from_raw(thread);
    let seized = ptrace::seize(thread, ptrace::Options::empty()).and_then(|()| ptrace::interrupt(thread));
    match seized {
        // Gone in the meantime: it runs no more.
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(StrikeError::kernel("hold a thread")(error)),
    }
}

/// A holder; what it holds goes on when this is dropped.
#[derive(Debug)]
pub struct Holder {
    process: Child,
}

impl Drop for Holder {
    fn drop(&mut self) {
        // It may have ended by its timer already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Holder {
    /// Lets `processes` stand still for `lease`; returns when they do.
    pub fn start(processes: &[i32], lease: Duration) -> Result<Self, StrikeError> {
        let processes: Vec<_> = processes.iter().map(ToString::to_string).collect();
        Self::spawn("hold", &processes, lease, "processes could not be held: the kernel refuses ptrace, or they went")
    }

    /// Takes memory of the container whose first process is `pid`, up to `percent` of its limit, for `lease`;
    /// returns when it is taken.
    pub fn pressing(pid: i32, percent: u64, lease: Duration) -> Result<Self, StrikeError> {
        let arguments = ["--percent".to_owned(), percent.to_string(), pid.to_string()];
        Self::spawn("press", &arguments, lease, "its memory could not be taken: it has no limit, or it went")
    }

    /// Whether it still holds.
    pub fn lives(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// This program with another verb, which ends by itself; `otherwise` says what it means when it does not
    /// say that it holds.
    fn spawn(verb: &str, arguments: &[String], lease: Duration, otherwise: &str) -> Result<Self, StrikeError> {
        let failed = StrikeError::kernel::<std::io::Error>;
        let program = std::env::current_exe().map_err(failed("find this program"))?;
        // Timers of this kind know whole seconds; the end of the lease itself is the owner's to keep.
        let seconds = lease.as_millis().div_ceil(1000).max(1).to_string();
        let mut process = Command::new(program)
            .args([verb, "--seconds", &seconds])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(StrikeError::kernel("start a holder"))?;
        let said = process.stdout.take();
        let holder = Self { process };
        let mut line = String::new();
        if let Some(said) = said {
            BufReader::new(said).read_line(&mut line).map_err(StrikeError::kernel("hear a holder"))?;
        }
        if line.trim() == HELD {
            return Ok(holder);
        }
        Err(StrikeError::Incapable(otherwise.to_owned()))
    }
}
