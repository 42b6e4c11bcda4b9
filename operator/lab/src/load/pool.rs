//! Which open connections to one component wait for a request, and which of them may carry it.
//! Connections are kept for a short while as the visit of a user keeps them: a fresh one goes to
//! whichever pod the Service picks, so that load spreads over all pods and finds new ones.

use std::time::{Duration, Instant};

use super::addresses::Addresses;

/// A connection is used for a visit of this length,
const VISIT: Duration = Duration::from_secs(1);
/// of so many requests at most.
const REQUESTS_OF_VISIT: u32 = 16;
/// Most idle connections that are kept.
const MAX_IDLE: usize = 256;

/// How long connections are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// For a visit.
    Visits,
    /// As long as the other side keeps them.
    Kept,
}

impl Keeping {
    /// Whether a connection of that age that carried so many requests may carry another.
    #[must_use]
    pub fn allows(self, age: Duration, requests: u32) -> bool {
        match self {
            Self::Visits => requests < REQUESTS_OF_VISIT && age < VISIT,
            Self::Kept => true,
        }
    }

    /// Most connections that wait.
    const fn most(self) -> usize {
        match self {
            Self::Visits => MAX_IDLE,
            // There are never more than places, and each of those may have one.
            Self::Kept => usize::MAX,
        }
    }
}

/// A connection that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Idle {
    /// Its number.
    pub token: usize,
    /// Since when it is open.
    pub since: Instant,
}

/// Connections to one component.
#[derive(Debug)]
pub struct Pool {
    /// Where a fresh one goes.
    pub addresses: Addresses,
    keeping: Keeping,
    idle: Vec<Idle>,
}

impl Pool {
    /// An empty pool.
    #[must_use]
    pub const fn new(addresses: Addresses, keeping: Keeping) -> Self {
        Self { addresses, keeping, idle: Vec::new() }
    }

    /// The connection that was used last, and whether its visit goes on.
    pub fn take(&mut self, now: Instant) -> Option<(usize, bool)> {
        let idle = self.idle.pop()?;
        Some((idle.token, self.keeping.allows(now.saturating_duration_since(idle.since), 0)))
    }

    /// Keeps a connection that carried `requests`; false if it is to be closed.
    #[must_use]
    pub fn keep(&mut self, idle: Idle, requests: u32, now: Instant) -> bool {
        let kept = self.keeping.allows(now.saturating_duration_since(idle.since), requests)
            && self.idle.len() < self.keeping.most();
        if kept {
            self.idle.push(idle);
        }
        kept
    }

    /// The other side closed a connection that waited.
    pub fn forget(&mut self, token: usize) {
        self.idle.retain(|idle| idle.token != token);
    }

    /// Takes out the connections whose visit is over.
    pub fn over(&mut self, now: Instant) -> Vec<usize> {
        let keeping = self.keeping;
        let over = |idle: &mut Idle| !keeping.allows(now.saturating_duration_since(idle.since), 0);
        self.idle.extract_if(.., over).map(|idle| idle.token).collect()
    }
}
