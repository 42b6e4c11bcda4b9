//! Journeys that take the factory's programs away: each has the cluster to itself.

mod outage;

/// Is held for the length of a journey.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
