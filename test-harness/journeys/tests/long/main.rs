//! Journeys of many releases, each by itself: `make test-long`. They take the factory's programs away or keep the lab
//! busy for minutes, so each has the cluster to itself.

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

/// Is held for the length of a journey.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
