//! The catalogue of faults. Each is one file beside this one, with the same five steps: preflight,
//! lease, dose, undo, residue. A fault strikes one component of its own candidate and nothing else, and
//! its effect ends with no process of ours alive (invariant 5).
//!
//! Those that change the API's objects end when the Deployment's controller has replaced the pods;
//! `run` carries one out. Those on the node end with a lease that the kernel keeps; `leased` orders one
//! and hears the nodes, where `crate::strike` carries it out. Both write down what happened and decide
//! nothing about the service.

pub mod bandwidth;
pub mod container_kill;
pub mod control_plane_outage;
pub mod corrupt;
pub mod cpu_starvation;
pub mod delay;
pub mod descriptor_exhaustion;
pub mod disk_full;
pub mod dns_answer;
pub mod dns_outage;
pub mod duplicate;
pub mod eviction;
pub mod freeze;
pub mod gated;
pub mod http_answer;
pub mod leased;
pub mod loss;
pub mod memory_pressure;
pub mod nodes;
pub mod packets;
pub mod partition;
pub mod peer;
pub mod pod_kill;
pub mod queued;
pub mod reorder;
pub mod reset;
pub mod rolling_restart;
pub mod run;
pub mod secret_rotation;
pub mod taken;
pub mod target;

use std::time::Duration;

use factory_assurance::{
    evidence::{Dose, FaultEvidence},
    plan::Rotation,
};
use factory_crds::resilience_standard::FaultKind;
use futures::future::BoxFuture;

use crate::{
    measure::view::View,
    strike::{NodeFault, aim::Aim},
};
use corrupt::Corrupt;
use dns_answer::{DnsAnswer, Lie};
use duplicate::Duplicate;
use http_answer::{HttpAnswer, Wrong};
use packets::Packets;
use reorder::Reorder;
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

    /// What the pods were given that were there before, and those that came: of a fault that gives them something.
    fn given(&self, _: &View) -> Vec<Dose> {
        Vec::new()
    }

    /// Takes back, by identity, what would not end by itself.
    fn undo<'a>(&'a mut self, target: &'a Target) -> BoxFuture<'a, Result<(), FaultError>>;

    /// What is still different from before, one line each.
    fn residue<'a>(&'a mut self, target: &'a Target) -> BoxFuture<'a, Result<Vec<String>, FaultError>>;
}

/// What is to be written down of a fault, before anything was done.
pub(crate) fn nothing(phase: &str, view: &View) -> FaultEvidence {
    FaultEvidence {
        phase: phase.to_owned(),
        ordered_ms: None,
        injected_ms: None,
        errors: Vec::new(),
        before: view.seen(),
        gone: Vec::new(),
        ready_again_ms: None,
        residue: Vec::new(),
        ended_ms: None,
        doses: Vec::new(),
        tries: Vec::new(),
    }
}

/// The fault of `kind` on objects of the API, its choices drawn from `nonce` and the name of its
/// `phase`, with what it rotates where that is what it does; `None` for one on the node.
#[must_use]
pub fn of_objects(kind: FaultKind, nonce: &str, phase: &str, rotation: &Rotation) -> Option<Box<dyn Fault>> {
    match kind {
        FaultKind::PodKill => Some(Box::new(pod_kill::PodKill::new(nonce, phase))),
        FaultKind::RollingRestart => Some(Box::new(rolling_restart::RollingRestart::default())),
        FaultKind::Eviction => Some(Box::new(eviction::Eviction::new(nonce, phase))),
        FaultKind::SecretRotation => Some(Box::new(secret_rotation::SecretRotation::new(rotation.clone()))),
        _ => None,
    }
}

/// The fault of `kind` on the node, so strong, on the packets and answers that `aim` means where it acts on packets;
/// `None` for one on objects of the API.
#[must_use]
pub fn on_node(kind: FaultKind, strength: u64, aim: &Aim) -> Option<Box<dyn NodeFault>> {
    let answers = |lie| Some(Box::new(DnsAnswer::new(lie, aim.names.clone())) as Box<dyn NodeFault>);
    let over_http = |wrong| {
        let path = aim.path.as_deref().unwrap_or("/");
        Some(Box::new(HttpAnswer::new(wrong, strength, path)) as Box<dyn NodeFault>)
    };
    match kind {
        FaultKind::PodKill | FaultKind::RollingRestart | FaultKind::Eviction | FaultKind::SecretRotation => None,
        FaultKind::ContainerKill => Some(Box::new(container_kill::ContainerKill::default())),
        FaultKind::Freeze => Some(Box::new(freeze::Freeze::default())),
        FaultKind::Partition => Some(Box::new(partition::Partition::new(aim.clone()))),
        FaultKind::Delay => Some(Box::new(delay::Delay::new(strength, aim.clone()))),
        FaultKind::Jitter => Some(Box::new(delay::Delay::wandering(strength, aim.clone()))),
        FaultKind::Loss => Some(Box::new(loss::Loss::new(strength, aim.clone()))),
        FaultKind::Bandwidth => Some(Box::new(bandwidth::Bandwidth::new(strength, aim.clone()))),
        FaultKind::DnsOutage => Some(Box::new(dns_outage::DnsOutage::default())),
        FaultKind::DnsFailure => answers(Lie::Failure),
        FaultKind::DnsWrongAddress => answers(Lie::WrongAddress),
        FaultKind::DnsDelay => answers(Lie::Late(Duration::from_millis(strength))),
        FaultKind::HttpReset => over_http(Wrong::Reset),
        FaultKind::HttpDelay => over_http(Wrong::Late(aim.late)),
        FaultKind::HttpStatus => over_http(Wrong::Status(aim.status)),
        FaultKind::HttpCut => over_http(Wrong::Cut),
        FaultKind::Duplicate => Some(Box::new(Packets::<Duplicate>::new(strength, aim.clone()))),
        FaultKind::Corrupt => Some(Box::new(Packets::<Corrupt>::new(strength, aim.clone()))),
        FaultKind::Reorder => Some(Box::new(Packets::<Reorder>::new(strength, aim.clone()))),
        FaultKind::ControlPlaneOutage => {
            Some(Box::new(control_plane_outage::ControlPlaneOutage::new(aim.doors.clone())))
        }
        FaultKind::MemoryPressure => Some(Box::new(memory_pressure::MemoryPressure::new(strength))),
        FaultKind::CpuStarvation => Some(Box::new(cpu_starvation::CpuStarvation::new(strength))),
        FaultKind::DiskFull => Some(Box::new(disk_full::DiskFull::new(strength))),
        FaultKind::DescriptorExhaustion => Some(Box::new(descriptor_exhaustion::DescriptorExhaustion::new(strength))),
        FaultKind::Reset => Some(Box::new(reset::Reset::new(strength, aim.clone()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_the_catalogue_is_done_in_exactly_one_way() {
        for kind in FaultKind::ALL {
            let objects = of_objects(kind, "n", "p", &Rotation::new()).is_some();
            let node = on_node(kind, 1, &Aim::default()).is_some();
            assert_eq!((objects, node), (!kind.on_node(), kind.on_node()), "{kind:?}");
        }
    }
}
