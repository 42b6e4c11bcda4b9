//! Journeys of many releases: `make test-long`. Those that keep the lab busy for minutes stand beside each other, and the
//! factory lets one of them at the lab at a time; those that take its programs away have the cluster to themselves.

mod broken_off;
mod capacity;
mod comparison;
mod corpus;
mod drawn;
mod faults;
mod generators;
mod history;
mod impossible;
mod killed;
mod leases;
mod mended;
mod removed;
mod rotation;
mod soak;

use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};

/// How many journeys stand beside each other: more candidates than theirs have no room on the nodes.
const AT_ONCE: u32 = 3;
static TURNS: Semaphore = Semaphore::const_new(AT_ONCE as usize);

/// A turn of a journey that shares the cluster: held for its length.
async fn beside() -> Result<SemaphorePermit<'static>, AcquireError> {
    TURNS.acquire().await
}

/// A turn of one that takes away, or changes, what others need: it waits until nobody has one, and nobody gets one meanwhile.
async fn alone() -> Result<SemaphorePermit<'static>, AcquireError> {
    TURNS.acquire_many(AT_ONCE).await
}
