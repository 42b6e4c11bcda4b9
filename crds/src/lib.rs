//! The custom resources `factory.gov.kg/v1alpha1`: the words in which a state service is
//! described, tested and launched. One kind a file.
//!
//! *Architecture invariant:* this crate knows no client and decides nothing. Rules about one object
//! are CEL in its schema, so that the API server, `kubectl factory lint` and the tests apply the
//! same ones.

pub mod build_strategy;
pub mod condition;
pub mod environment;
pub mod experiment;
pub mod instruction;
pub mod json;
pub mod kinds;
pub mod launch_permit;
pub mod participant;
pub mod release;
pub mod resilience_standard;
pub mod span;
pub mod state_service;
pub mod text;

pub use build_strategy::{BuildStrategy, BuildStrategySpec};
pub use environment::{Environment, EnvironmentSpec};
pub use experiment::{Experiment, ExperimentSpec, ExperimentStatus};
pub use instruction::{Instruction, InstructionSpec};
pub use json::Json;
pub use launch_permit::{LaunchPermit, LaunchPermitSpec};
pub use participant::{Participant, ParticipantSpec, ParticipantStatus};
pub use release::{Outcome, Release, ReleaseSpec, ReleaseStatus};
pub use resilience_standard::{ResilienceStandard, ResilienceStandardSpec};
pub use span::Span;
pub use state_service::{StateService, StateServiceSpec, StateServiceStatus};
pub use text::Text;

/// API group of every kind.
pub const GROUP: &str = "factory.gov.kg";
/// API version of every kind.
pub const VERSION: &str = "v1alpha1";
