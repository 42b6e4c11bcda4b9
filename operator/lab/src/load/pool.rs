//! Which open connections to one component wait for a request, and which of them may carry it.
//! Connections are kept for a short while as the visit of a user keeps them: a fresh one goes to
//! whichever pod the Service picks, so that load spreads over all pods and finds new ones.

use std::time::{Duration, Instant};

use factory_crds::resilience_standard::Connections;

use super::addresses::Addresses;

/// A connection is used for a visit of this length,
const VISIT: Duration = Duration::from_secs(1);
/// of so many requests at most.
const REQUESTS_OF_VISIT: u32 = 16;
/// Most idle connections that are kept.
const MAX_IDLE: usize = 256;

/// Whether a connection of that age that carried so many requests may carry another.
#[must_use]
pub fn allows(keeping: Connections, age: Duration, requests: u32) -> bool {
    match keeping {
        Connections::Visits => requests < REQUESTS_OF_VISIT && age < VISIT,
        Connections::Kept => true,
        Connections::Fresh => false,
    }
}

/// Most connections that wait.
const fn most(keeping: Connections) -> usize {
    match keeping {
        Connections::Visits | Connections::Fresh => MAX_IDLE,
        // There are never more than places, and each of those may have one.
        Connections::Kept => usize::MAX,
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
    keeping: Connections,
    idle: Vec<Idle>,
}

impl Pool {
    /// An empty pool.
    #[must_use]
    pub const fn new(addresses: Addresses, keeping: Connections) -> Self {
        Self { addresses, keeping, idle: Vec::new() }
    }

    /// The connection that was used last, and whether its visit goes on.
    pub fn take(&mut self, now: Instant) -> Option<(usize, bool)> {
        let idle = self.idle.pop()?;
        Some((idle.token, allows(self.keeping, now.saturating_duration_since(idle.since), 0)))
    }

    /// Keeps a connection that carried `requests`; false if it is to be closed.
    #[must_use]
    pub fn keep(&mut self, idle: Idle, requests: u32, now: Instant) -> bool {
        let kept = allows(self.keeping, now.saturating_duration_since(idle.since), requests)
            && self.idle.len() < most(self.keeping);
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
        let over = |idle: &mut Idle| !allows(keeping, now.saturating_duration_since(idle.since), 0);
        self.idle.extract_if(.., over).map(|idle| idle.token).collect()
    }
}
