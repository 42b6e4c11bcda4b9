//! Journeys of many releases: `make test-long`. They keep the lab busy for minutes; builds and launches of some go on while
//! another is in the lab.

mod capacity;
mod comparison;
mod corpus;
mod drawn;
mod faults;
mod history;
mod impossible;
mod mended;
mod rotation;
mod soak;

use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};

/// How many stand beside each other: more candidates than theirs have no room on the nodes.
static TURNS: Semaphore = Semaphore::const_new(3);

/// A journey's turn: held for its length.
async fn beside() -> Result<SemaphorePermit<'static>, AcquireError> {
    TURNS.acquire().await
}
