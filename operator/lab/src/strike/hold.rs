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
        signal::{Signal, kill},
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
        // It may have ended by its timer already. One that has something to give back hears this and gives it.
        if matches!(self.process.try_wait(), Ok(None))
            && let Ok(pid) = i32::try_from(self.process.id())
        {
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
        drop(self.process.wait());
    }
}

impl Holder {
    /// Lets `processes` stand still for `lease`; returns when they do.
    pub fn start(processes: &[i32], lease: Duration) -> Result<Self, StrikeError> {
        let processes: Vec<_> = processes.iter().map(ToString::to_string).collect();
        Self::spawn("hold", &processes, lease)
    }

    /// Takes up to `percent` of something of a container for `lease`, as `verb` does with `arguments`; returns when it
    /// is taken.
    pub fn taking(
        verb: &'static str,
        percent: u64,
        arguments: &[String],
        lease: Duration,
    ) -> Result<Self, StrikeError> {
        let percent = ["--percent".to_owned(), percent.to_string()];
        Self::spawn(verb, &[&percent, arguments].concat(), lease)
    }

    /// Whether it still holds.
    pub fn lives(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// This program with another verb, which ends by itself.
    fn spawn(verb: &'static str, arguments: &[String], lease: Duration) -> Result<Self, StrikeError> {
        let failed = StrikeError::kernel::<std::io::Error>;
        let program = std::env::current_exe().map_err(failed("find this program"))?;
        // Timers of this kind know whole seconds; the end of the lease itself is the owner's to keep.
        let seconds = lease.as_millis().div_ceil(1000).max(1).to_string();
        let mut process = Command::new(program)
            .args([verb, "--seconds", &seconds])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(StrikeError::kernel("start a holder"))?;
        let (said, why) = (process.stdout.take(), process.stderr.take());
        let holder = Self { process };
        let mut line = String::new();
        if let Some(said) = said {
            BufReader::new(said).read_line(&mut line).map_err(StrikeError::kernel("hear a holder"))?;
        }
        if line.trim() == HELD {
            return Ok(holder);
        }
        // It ends by itself and says why, behind its own name.
        drop(holder);
        line.clear();
        if let Some(why) = why {
            BufReader::new(why).read_line(&mut line).map_err(StrikeError::kernel("hear a holder"))?;
        }
        let said = line.split_once(": ").map_or(line.as_str(), |(_, why)| why).trim();
        Err(StrikeError::Tool {
            tool: verb,
            said: if said.is_empty() { "it was ended".to_owned() } else { said.to_owned() },
        })
    }
}
