//! The lab: asks a candidate as its users would, breaks it the way the world will, and measures
//! both. Stands between `deploy` and `report` on the path of a release: takes an announced plan,
//! hands back evidence.
//!
//! `verify` holds the candidate against its manifest; `prove` puts it under load and faults; `strike`
//! carries out on a node what `prove` orders; `null` is the control that `prove` asks meanwhile, `twin` the proxy that must be refused. The shared parts are `request`, `connection` and
//! `expectation`.
//!
//! *Architecture invariant:* the lab concludes nothing. It has no limit and no verdict, and never
//! reads the standard; the plan is carried out as announced.

pub mod connection;
pub mod control;
pub mod expectation;
pub mod faults;
pub mod key;
pub mod load;
pub mod measure;
pub mod null;
pub mod prove;
pub mod random;
pub mod reference;
pub mod request;
pub mod results;
pub mod schema;
pub mod strike;
pub mod target;
pub mod trust;
pub mod twin;
pub mod verify;
