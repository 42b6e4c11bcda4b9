//! The operator: reads what teams declared, observes what is there, and takes the next step of the
//! road for each release. One folder for each driver; `manifests/` holds pure builders.
//!
//! *Architecture invariants:* nothing is decided from a stored phase (only from observed objects
//! and from facts that cannot be observed again, such as digests); the operator can neither confirm
//! a result nor permit a launch; it never parses what a service under test says.

pub mod apply;
pub mod artifacts;
pub mod authority;
pub mod cli;
pub mod collect;
pub mod context;
pub mod error;
pub mod experiment;
pub mod git;
pub mod instructions;
pub mod keys;
pub mod leader;
pub mod manifests;
pub mod metrics;
pub mod participant;
pub mod permit_keeper;
pub mod register;
pub mod release;
pub mod salt;
pub mod serve;
pub mod stage;
pub mod state_service;
pub mod telemetry;
pub mod traces;
pub mod wake;
pub mod withdrawal;
