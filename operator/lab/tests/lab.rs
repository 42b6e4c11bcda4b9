//! The lab against real servers on loopback. Faults are tried on a real cluster by the journeys.

mod hostile;
mod load;
mod server;
mod verify;
