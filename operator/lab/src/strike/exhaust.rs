//! `factory-lab exhaust`: a process that keeps the limit of descriptors of a container's processes so low that hardly
//! any can be opened, and gives them their limits back when its time has come or when it is told to. A limit has no
//! end of its own in the kernel; so every process whose limit is lowered is held by ptrace with the order to the
//! kernel to end it if this process dies before it gave the limit back. Then the container starts again, with the limit
//! that it always had: the effect never outlives whoever could undo it.

use std::{
    collections::BTreeMap,
    io::Write as _,
    thread,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    sys::{
        ptrace::{self, Options},
        signal::{SigSet, Signal},
        signalfd::{SfdFlags, SignalFd},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::{Gid, Pid, Uid, alarm, setresgid, setresuid},
};
use rustix::process::{Resource, Rlimit, prlimit};

use super::{
    StrikeError,
    descriptors::{self, Descriptors},
    hold::HELD,
    place::Process,
};

/// From one look at the processes to the next: what they close is taken as well, and who is new is held.
const AGAIN: Duration = Duration::from_millis(25);
/// So long after its time the kernel ends this process, should it hang.
const GRACE: u32 = 2;
/// A user or group that `setresuid` leaves as it is.
const SAME: u32 = u32::MAX;

/// Exhausts the descriptors of the container whose first process is `first`, so that `percent` of each limit are in
/// use, for `seconds` or until it gets SIGTERM. Runs in a process of its own.
pub fn exhaust(seconds: u32, percent: u64, first: i32) -> Result<(), StrikeError> {
    let ends = Instant::now() + Duration::from_secs(seconds.max(1).into());
    // Before anything is lowered: from here on the kernel ends this process, and with it whom it holds.
    alarm::set(seconds.max(1).saturating_add(GRACE));
    let told = told_to_end()?;
    let mut held = Held { percent, processes: BTreeMap::new() };
    let lowered = held.lower(first).and_then(|()| keep(&mut held, first, ends, &told));
    held.give_back(first);
    lowered
}

/// Keeps limits low until the time has come, or SIGTERM.
fn keep(held: &mut Held, first: i32, ends: Instant, told: &SignalFd) -> Result<(), StrikeError> {
    println!("{HELD}");
    std::io::stdout().flush().map_err(StrikeError::kernel("say that it holds"))?;
    while Instant::now() < ends && !matches!(told.read_signal(), Ok(Some(_))) {
        pass_on()?;
        // One that went in the middle of it is looked at no more.
        drop(held.lower(first));
        thread::sleep(AGAIN);
    }
    Ok(())
}

/// Hears SIGTERM, which does not end this process any more.
fn told_to_end() -> Result<SignalFd, StrikeError> {
    let mut set = SigSet::empty();
    set.add(Signal::SIGTERM);
    set.thread_block().map_err(StrikeError::kernel("hear when to end"))?;
    SignalFd::with_flags(&set, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
        .map_err(StrikeError::kernel("hear when to end"))
}

/// Processes whose limit is lowered.
struct Held {
    percent: u64,
    /// By id: which, and the soft limit that it had.
    processes: BTreeMap<i32, (Process, u64)>,
}

impl Held {
    /// Lowers the limit of every process of the container that has more room than was asked for.
    fn lower(&mut self, first: i32) -> Result<(), StrikeError> {
        for process in descriptors::processes(first) {
            let Some(now) = Descriptors::of(process, self.percent) else { continue };
            let known = self.processes.get(&process.pid).is_some_and(|(known, _)| *known == process);
            if !known {
                hold(process)?;
                // One that was started meanwhile has its parent's limit; what that had is the container's.
                let inherited = self.processes.values().any(|(held, _)| {
                    Descriptors::of(*held, self.percent).is_some_and(|parent| parent.limit == now.limit)
                });
                let had = if inherited { self.processes.values().map(|(_, had)| *had).max() } else { None };
                self.processes.insert(process.pid, (process, had.unwrap_or(now.limit)));
            }
            if now.lowered < now.limit {
                set(process, now.lowered, now.most)?;
            }
        }
        Ok(())
    }

    /// Gives every process of the container its limit back, and only then lets it go. All are tried.
    fn give_back(&self, first: i32) {
        for (process, had) in self.processes.values() {
            let Some(now) = Descriptors::of(*process, self.percent) else { continue };
            // One that cannot be given its limit back is not let go either: it ends with this process.
            if set(*process, (*had).min(now.most), now.most).is_ok() {
                let _ = let_go(*process);
            }
        }
        // One that was started since the last look has its parent's limit, and is held by nobody.
        let Some(usual) = self.processes.values().map(|(_, had)| *had).max() else { return };
        let fresh =
            descriptors::processes(first).into_iter().filter(|process| !self.processes.contains_key(&process.pid));
        for process in fresh {
            if let Some(now) = Descriptors::of(process, self.percent).filter(|now| now.limit < usual) {
                drop(set(process, usual.min(now.most), now.most));
            }
        }
    }
}

/// Lets every stop of a held process pass as if nobody held it.
fn pass_on() -> Result<(), StrikeError> {
    loop {
        let passed = match waitpid(None, Some(WaitPidFlag::__WALL | WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return Ok(()),
            Ok(WaitStatus::Stopped(pid, signal)) => ptrace::cont(pid, signal),
            // It stopped as a group, or was told to go on: there is nothing to hand on.
            Ok(WaitStatus::PtraceEvent(pid, ..)) => ptrace::cont(pid, None),
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(error) => Err(error),
        };
        match passed {
            Ok(()) | Err(Errno::ESRCH) => {}
            Err(error) => return Err(StrikeError::kernel("hand a signal on")(error)),
        }
    }
}

/// Holds `process`, which goes on: the kernel ends it if this process dies first.
fn hold(process: Process) -> Result<(), StrikeError> {
    match ptrace::seize(Pid::from_raw(process.pid), Options::PTRACE_O_EXITKILL) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(StrikeError::kernel("hold a process")(error)),
    }
}

/// Lets `process` go, which must stand still for that.
fn let_go(process: Process) -> nix::Result<()> {
    let pid = Pid::from_raw(process.pid);
    ptrace::interrupt(pid)?;
    loop {
        match waitpid(pid, Some(WaitPidFlag::__WALL)) {
            // A signal that came just now is handed on with it.
            Ok(WaitStatus::Stopped(_, signal)) => return ptrace::detach(pid, signal),
            Ok(WaitStatus::PtraceEvent(..)) => return ptrace::detach(pid, None),
            Ok(WaitStatus::Exited(..) | WaitStatus::Signaled(..)) => return Ok(()),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Sets the soft limit of `process`. The kernel asks that who does it is the same user, or may do everything.
fn set(process: Process, limit: u64, most: u64) -> Result<(), StrikeError> {
    let failed = StrikeError::kernel::<std::io::Error>;
    let incapable = || StrikeError::Incapable("a process of the container has several users at once".to_owned());
    let Some(pid) = rustix::process::Pid::from_raw(process.pid).filter(|_| process.lives()) else { return Ok(()) };
    let (user, group) = descriptors::owner(process).ok_or_else(incapable)?;
    let same = (Uid::from_raw(SAME), Gid::from_raw(SAME));
    setresgid(group, same.1, same.1).map_err(StrikeError::kernel("become of a process's group"))?;
    setresuid(user, same.0, same.0).map_err(StrikeError::kernel("become a process's user"))?;
    let limits = Rlimit { current: Some(limit), maximum: Some(most) };
    match prlimit(Some(pid), Resource::Nofile, limits) {
        Ok(_) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(failed("set a limit of descriptors")(error.into())),
    }
}
