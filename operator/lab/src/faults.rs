//! The catalogue of faults. Each is one file beside this one, with the same five steps: preflight,
//! lease, dose, undo, residue. Those here change the API's objects only: their effect ends by
//! itself when the Deployment's controller has replaced the pods, with no process of ours alive
//! (invariant 5). A fault strikes one component of its own candidate and nothing else.
//!
//! `run` carries one out and writes down what happened; it decides nothing about the service.

pub mod pod_kill;
pub mod rolling_restart;
pub mod run;
pub mod target;

use factory_crds::resilience_standard::FaultKind;
use futures::future::BoxFuture;

use crate::measure::view::View;
pub use target::Target;

/// Why a fault could not be injected, or not be undone.
#[derive(Debug, thiserror::Error)]
pub enum FaultError {
    /// There is nothing that it could strike.
    #[error("{0}: {1}")]
    NoTarget(String, &'static str),
    /// The API server refused or did not answer.
    #[error("{action}: {source}")]
    Api {
        /// What was asked of it.
        action: &'static str,
        /// Its answer.
        source: Box<kube::Error>,
    },
    /// The API server did not answer in time.
    #[error("{0}: no answer in time")]
    Slow(&'static str),
}

/// One fault. The steps are called in this order, each at most once but `dose`.
pub trait Fault: Send + Sync {
    /// Looks whether it can be done, and chooses what it strikes in `view`; touches nothing.
    fn preflight(&mut self, target: &Target, view: &View) -> Result<(), FaultError>;

    /// Injects it, in such a way that its effect ends by itself.
    fn lease<'a>(&'a mut self, target: &'a Target) -> BoxFuture<'a, Result<(), FaultError>>;

    /// Whether everything that it strikes was seen to be struck: before that, a component that looks
    /// whole is one that has not felt it yet.
    fn dose(&self, view: &View) -> bool;

    /// Takes back, by identity, what would not end by itself.
    fn undo<'a>(&'a mut self, target: &'a Target) -> BoxFuture<'a, Result<(), FaultError>>;

    /// What is still different from before, one line each.
    fn residue<'a>(&'a mut self, target: &'a Target) -> BoxFuture<'a, Result<Vec<String>, FaultError>>;
}

/// The fault of `kind`, its choices drawn from `nonce` and the name of its `phase`.
#[must_use]
pub fn fault(kind: FaultKind, nonce: &str, phase: &str) -> Box<dyn Fault> {
    match kind {
        FaultKind::PodKill => Box::new(pod_kill::PodKill::new(nonce, phase)),
        FaultKind::RollingRestart => Box::new(rolling_restart::RollingRestart::default()),
    }
}
