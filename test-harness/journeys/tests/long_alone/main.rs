//! Journeys of many releases that take the factory's programs away, or change what others need: each has the cluster to
//! itself.

mod broken_off;
mod generators;
mod killed;
mod leases;
mod removed;

/// Is held for the length of a journey.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
