//! What is seen of the target while it is under load and faults: its pods and its Deployment, with
//! the moment of each change. Watches only; changes nothing.

pub mod deployment;
pub mod follow;
pub mod profile;
pub mod view;

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Label of each pod of a candidate: its component, or the control.
pub const COMPONENT: &str = "app.kubernetes.io/name";

/// The one clock of a run: milliseconds from the start of the load.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
    started_unix_ms: u64,
}

impl Clock {
    /// A clock whose zero is `start`.
    #[must_use]
    pub fn starting(start: Instant) -> Self {
        let ahead = start.saturating_duration_since(Instant::now());
        let unix = (SystemTime::now() + ahead).duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { start, started_unix_ms: u64::try_from(unix.as_millis()).unwrap_or(u64::MAX) }
    }

    /// Start of the load.
    #[must_use]
    pub const fn start(&self) -> Instant {
        self.start
    }

    /// Wall clock at the start of the load, milliseconds since 1970.
    #[must_use]
    pub const fn started_unix_ms(&self) -> u64 {
        self.started_unix_ms
    }

    /// `moment` in milliseconds since the start of the load; 0 before it.
    #[must_use]
    pub fn ms(&self, moment: Instant) -> u64 {
        u64::try_from(moment.saturating_duration_since(self.start).as_millis()).unwrap_or(u64::MAX)
    }

    /// Milliseconds since the start of the load; 0 before it.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.ms(Instant::now())
    }
}
