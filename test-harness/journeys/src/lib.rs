//! Journeys: what people do with the factory, from outside, on a real cluster. The demo and the
//! end-to-end tests are written in these words.
//!
//! Off the path from manifest to register: this crate stands where a service team, the regulator,
//! a platform engineer and a citizen stand.
//!
//! *Architecture invariant:* black box. It knows `factory-crds`, the cluster's API, the addresses of
//! register and services, the command `kubectl-factory` and the cosign that auditors have; never the
//! operator's code.

pub mod auditor;
pub mod browser;
pub mod cluster;
pub mod corpus;
pub mod escort;
pub mod events;
pub mod experiment;
pub mod failure;
pub mod fence;
pub mod images;
pub mod job_clock;
pub mod killing;
pub mod leases;
pub mod live;
pub mod manifest;
pub mod overhead;
pub mod people;
pub mod programs;
pub mod register;
pub mod result;
pub mod road;
pub mod rotated;
pub mod scene;
pub mod sources;
pub mod standard;
pub mod struck;
pub mod tool;
pub mod waiting;
pub mod web;

pub use cluster::Cluster;
pub use failure::{Failure, ensure};
pub use manifest::Manifest;
pub use people::{People, Person};
