//! The lab against real servers on loopback. Faults are tried on a real cluster by the journeys.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that cannot go on may stop

mod capacity;
mod comparison;
mod eviction;
mod guard;
mod hostile;
mod load;
mod load_closed;
mod load_company;
mod load_drawn;
mod load_hostile;
mod load_spoken;
mod load_users;
mod node;
mod server;
mod twin;
mod verify;
