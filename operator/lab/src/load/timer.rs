//! A timer of the kernel that wakes an event loop within microseconds: the time limits of the loop
//! itself, and those of async runtimes, count whole milliseconds, which at 5,000 requests a second
//! would be five of them sent at once.

use std::{
    io,
    os::fd::{AsRawFd as _, OwnedFd},
    time::{Duration, Instant},
};

use mio::{Interest, Registry, Token, unix::SourceFd};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};

/// One timer.
#[derive(Debug)]
pub struct Timer {
    descriptor: OwnedFd,
    armed: Option<Instant>,
}

impl Timer {
    /// A timer that wakes the loop of `registry` with `token`.
    pub fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        let descriptor = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        registry.register(&mut SourceFd(&descriptor.as_raw_fd()), token, Interest::READABLE)?;
        Ok(Self { descriptor, armed: None })
    }

    /// Wakes the loop at `moment`, or before: waking too early costs one look, and a timer that is
    /// pushed back with each answer would cost a call for each.
    pub fn wake_by(&mut self, moment: Instant, now: Instant) -> io::Result<()> {
        if self.armed.is_some_and(|armed| armed > now && armed <= moment) {
            return Ok(());
        }
        // A length of nothing would disarm it.
        let left = moment.saturating_duration_since(now).max(Duration::from_nanos(1));
        let value =
            Timespec { tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX), tv_nsec: left.subsec_nanos().into() };
        let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: value };
        // Setting it takes back what it had to say before, so that it is never read.
        timerfd_settime(&self.descriptor, TimerfdTimerFlags::empty(), &once)?;
        self.armed = Some(moment);
        Ok(())
    }
}
