//! What a pass means. Everything between a measurement and a verdict that others must be able to
//! repeat stands here: the plan of a run, the raw evidence, the rules, the dossier and its
//! signatures.
//!
//! *Architecture invariant:* pure. No client, no clock, no file, no network: the register, the
//! operator, the command line and a second implementation all compute the same verdict from the
//! same bytes. All figures that are judged are integers, so that no rounding can differ.

pub mod bundle;
pub mod canonical;
pub mod confirmation;
pub mod delegation;
pub mod dossier;
pub mod dsse;
pub mod evidence;
pub mod grounds;
pub mod issuance;
pub mod live;
pub mod log;
pub mod measurement;
pub mod object;
pub mod plan;
pub mod provenance;
pub mod report;
pub mod risk;
#[cfg(any(test, feature = "sample"))]
pub mod sample;
pub mod signing;
pub mod standard;
pub mod statement;
pub mod survived;
pub mod term;
pub mod verdict;
pub mod wire;
